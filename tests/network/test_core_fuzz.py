"""Does every wrong call of the compiled core end in an exception, instead of a crash or an endless loop?"""

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("fuzz_core.py")
MOST_FAILURES = 20


def run_from(first):
    """Lines that the program printed, and how it ended."""
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(first)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout.splitlines(), process


def test_wrong_calls_end_in_an_exception():
    failures, first, n_calls = [], 0, 0
    while len(failures) < MOST_FAILURES:
        lines, process = run_from(first)
        started, ended = lines[0::2], lines[1::2]
        assert started, process.stderr
        failures += [call for call, end in zip(started, ended, strict=False) if not end.startswith("raised")]
        n_calls += len(ended)
        if lines[-1] == "all done":
            break
        # the process ended inside the last call: go on behind it
        failures.append(f"{started[-1]} ended the process with {process.returncode}: {process.stderr[-2000:]}")
        first = int(started[-1].split()[0]) + 1
    assert not failures
    assert n_calls > 1000
