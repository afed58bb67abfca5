"""The process that forecasts without training: it says how long one series takes, and very many."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

import gatecast
from harness.processes import THREADS
from sides.many_series import made_table
from sides.memory import held, peak

__all__ = ["ZeroShot"]


class ZeroShot:
    """Forecasts of tables that are made here."""

    def __init__(self, data: dict[str, np.ndarray], horizon: int) -> None:
        del data
        self.horizon = horizon

    def one_series(self, n_points: int, repetitions: int) -> float:
        """Return the median milliseconds of one forecast of one series, after the first uses."""
        values = made_table(1, n_points)["y"].to_numpy() + 100.0
        times = []
        for _ in range(10 + repetitions):
            start = perf_counter()
            self._forecast(values)
            times.append(perf_counter() - start)
        return 1000 * median(times[-repetitions:])

    def small_forecast(self) -> float:
        """Import everything and let all first uses be over; returns the MB that the process holds then."""
        self._forecast(made_table(10, 100))
        return held()

    def make_table(self, n_series: int, n_points: int) -> float:
        """Make the input; returns its size in MB."""
        self.table = made_table(n_series, n_points)
        # rows of a series share its id, which the deep count would count for each row
        return float(self.table.memory_usage(deep=False).sum()) / 1e6

    def many_series(self) -> dict[str, float]:
        start = perf_counter()
        self._forecast(self.table)
        return {"seconds": perf_counter() - start, "peak": peak()}

    def _forecast(self, data: object) -> None:
        gatecast.forecast(data, self.horizon, season_length=12, n_threads=THREADS)
