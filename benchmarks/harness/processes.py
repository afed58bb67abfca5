"""How do two programs take turns? Each side lives in a process of its own and does what it is told, one call at a time.

PyTorch, TensorFlow and JAX bring threads and settings that disturb one another; a side that waits for its turn sleeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

__all__ = ["THREADS", "SideError", "SideProcess", "processors"]

THREADS = 2
FOLDER = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "OMP_NUM_THREADS": str(THREADS),
    "MKL_NUM_THREADS": str(THREADS),
    "OPENBLAS_NUM_THREADS": str(THREADS),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "KERAS_BACKEND": "tensorflow",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONPATH": str(FOLDER),
    "PYTHONWARNINGS": "ignore",
}


class SideError(RuntimeError):
    """A side's process raised an error; the message holds the end of its log."""


def processors() -> list[int]:
    """The processors that every side may use: `THREADS` of them, on different cores where there are enough."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    usable = sorted(os.sched_getaffinity(0))
    first_of_core = [cpu for cpu in usable if cpu == min(_siblings(cpu) & set(usable))]
    return (first_of_core + [cpu for cpu in usable if cpu not in first_of_core])[:THREADS]


def _siblings(cpu: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    if not path.exists():
        return {cpu}
    siblings: set[int] = set()
    for part in path.read_text().strip().split(","):
        first, _, last = part.partition("-")
        siblings.update(range(int(first), int(last or first) + 1))
    return siblings | {cpu}


class SideProcess:
    """A side in its own process.

    Args:
        name: Class of the side, as `module:Class` under `sides/`.
        data: Arrays that its constructor is given.
        environment: Variables set for this process only.
        python: Interpreter, where another environment has the side's library.
        options: Further arguments of its constructor, anything that JSON can carry.
    """

    def __init__(
        self,
        name: str,
        data: Mapping[str, np.ndarray] | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        python: Path | None = None,
        **options: Any,
    ) -> None:
        self.name = name
        self._folder = tempfile.TemporaryDirectory(prefix="gatecast-bench-")
        np.savez(self._path("data.npz"), **(data or {}))
        self._log = self._path("log.txt").open("w")
        self._process = subprocess.Popen(
            [str(python or sys.executable), "-m", "harness.serve", name, self._folder.name, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **ENVIRONMENT, **(environment or {})},
        )

    def call(self, method: str, **arguments: Any) -> Any:
        """Call a method of the side and wait for what it returns."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps([method, arguments]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail(method)
        answer = self._process.stdout.readline()
        if not answer:
            self._fail(method)
        return json.loads(answer)

    def timer(self, method: str, **arguments: Any) -> Callable[[int], float]:
        """Make a function of a number of steps that returns the seconds `method` took for them."""
        return lambda steps: float(self.call(method, steps=steps, **arguments))

    def arrays(self, method: str, **arguments: Any) -> dict[str, np.ndarray]:
        """Call a method that returns arrays by name."""
        with np.load(self.call(method, **arguments), allow_pickle=False) as file:
            return dict(file)

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name

    def _fail(self, method: str) -> None:
        self._process.wait()
        end = "\n".join(self._path("log.txt").read_text().splitlines()[-15:])
        raise SideError(f"`{self.name}` failed in `{method}`. The end of its log:\n{end}")

    def __enter__(self) -> SideProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._log.close()
        self._folder.cleanup()
