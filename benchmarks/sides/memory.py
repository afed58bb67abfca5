"""The process whose memory is measured: a small fit, which imports everything, then a large one."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

from gatecast import LSTMForecaster, Training

__all__ = ["Memory", "held", "peak"]

STATUS = Path("/proc/self/status")


class Memory:
    """Fits in this process, and says in MB how much memory it held at most."""

    def __init__(self, data: dict[str, np.ndarray]) -> None:
        del data

    def small_fit(self) -> float:
        _fit(np.sin(np.arange(2_000) * 0.1))
        return peak()

    def make_array(self, n_points: int) -> float:
        self.values = np.random.default_rng(0).standard_normal(n_points)
        return peak()

    def large_fit(self) -> dict[str, float]:
        start = perf_counter()
        _fit(self.values)
        return {"peak": peak(), "seconds": perf_counter() - start}


def _fit(values: np.ndarray) -> None:
    LSTMForecaster(lookback=336, progress=False, training=Training(epochs=1)).fit(values)


def peak() -> float:
    """Most memory that this process has held, in MB (10**6 bytes)."""
    if STATUS.exists():
        # getrusage would also count the process that started this one
        return _status("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def held() -> float:
    """Memory that this process holds now, in MB; the most so far where the system does not say."""
    return _status("VmRSS") if STATUS.exists() else peak()


def _status(name: str) -> float:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6
