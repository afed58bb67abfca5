"""Do the real frameworks agree? Their tests run in an environment of their own, which `make test-all` builds."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-frameworks" / "bin" / "python"


@pytest.mark.slow
def test_real_frameworks() -> None:
    assert PYTHON.exists(), "run `make test-all`, which builds this environment"
    tests = ["tests/exchange/real_frameworks.py", "tests/exchange/real_mlflow.py"]
    tests += ["src/gatecast/sktime.py", "src/gatecast/mlflow.py"]
    # warnings of the frameworks themselves are not ours
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=--doctest-modules"]
    ran = subprocess.run(
        [*command, "-W", "default", *tests], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
