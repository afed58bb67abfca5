"""What tests of the benchmarks share: where the series sets lie, and modules that are found and forgotten again."""

import os
import sys
from pathlib import Path

import pytest

__all__ = ["DATA", "ROOT", "importable", "needs_data"]

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("GATECAST_DATA", ROOT.parent / "shared" / "data"))
OWN = {"accuracy", "accuracy_tasks", "harness", "sides"}

needs_data = pytest.mark.skipif(
    not (DATA / "m4").is_dir(), reason=f"no data folder at {DATA}: set GATECAST_DATA to where the series sets lie"
)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let a module of tests import the benchmarks' modules, which leave nothing behind."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
