"""The inside of a side's process: makes the side, then answers calls, one JSON line each, until its input ends."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from harness.processes import processors

__all__: list[str] = []


def _answer(result: Any, folder: Path) -> Any:
    """Arrays travel as a file, everything else as JSON."""
    if isinstance(result, dict) and any(isinstance(value, np.ndarray) for value in result.values()):
        path = folder / "answer.npz"
        np.savez(path, **result)
        return str(path)
    return result


def serve(name: str, folder: Path, options: dict[str, Any]) -> None:
    """Answer calls until standard input ends."""
    # libraries that print must not disturb the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if processors():
        os.sched_setaffinity(0, processors())
    module, _, kind = name.partition(":")
    make = getattr(importlib.import_module(f"sides.{module}"), kind)
    with np.load(folder / "data.npz", allow_pickle=False) as file:
        side = make(dict(file), **options)
    for line in sys.stdin:
        method, arguments = json.loads(line)
        answers.write(json.dumps(_answer(getattr(side, method)(**arguments), folder)) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
