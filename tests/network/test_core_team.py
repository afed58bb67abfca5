"""Does an exception in a worker of the core reach the caller?

A C++ program proves it, since no call from Python throws there.
"""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_exceptions_of_workers_reach_the_caller(tmp_path):
    program = tmp_path / "team"
    sanitizers = os.environ.get("GATECAST_SANITIZE")
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-O1", "-pthread", f"-I{ROOT / 'native/include'}"]
    command += [f"-fsanitize={sanitizers}"] if sanitizers else []
    command += [str(ROOT / "native/tests/team.cpp"), "-o", str(program)]
    # a sanitizer that is loaded for Python is not for the compiler
    own = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run(command, check=True, env=own)
    result = subprocess.run([program], capture_output=True, text=True, env=own, check=False)
    assert (result.returncode, result.stderr) == (0, "")
