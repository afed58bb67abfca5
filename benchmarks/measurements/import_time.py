"""How long does `import gatecast` take? Whole processes, less the bare interpreter beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

from harness.goals import Row
from harness.processes import ENVIRONMENT

__all__ = ["run"]

OURS = {"import gatecast": 10, "from gatecast import LSTMForecaster": 10}
PEERS = {"import torch": 3, "import jax": 3, "import keras": 3}


def run() -> list[Row]:
    """Start processes, and take the bare interpreter's time beside each."""
    return [_row(statement, rounds) for statement, rounds in (OURS | PEERS).items()]


def _row(statement: str, rounds: int) -> Row:
    # fills the cache of files and of compiled modules
    _seconds(statement)
    seconds = [_seconds(statement) - _seconds("pass") for _ in range(rounds)]
    note = f"median of {rounds}, less the bare interpreter's time"
    return Row("import_time", statement, median(seconds), "s", min(seconds), max(seconds), note)


def _seconds(statement: str) -> float:
    start = perf_counter()
    environment = {**os.environ, **ENVIRONMENT}
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment, stderr=subprocess.DEVNULL)
    return perf_counter() - start
