"""The process that learns from very many series: it says how long that takes and how much memory it holds."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd

from gatecast import LSTMForecaster, Training
from harness.processes import THREADS
from sides.memory import held, peak

__all__ = ["ManySeries", "made_table"]


class ManySeries:
    """One epoch and one forecast of a table that is made here."""

    def __init__(self, data: dict[str, np.ndarray], horizon: int) -> None:
        del data
        self.horizon = horizon

    def small_fit(self) -> float:
        """Import everything and let all first uses be over; returns the MB that the process holds then."""
        self._model().fit(made_table(10, 100)).predict()
        return held()

    def make_table(self, n_series: int, n_points: int) -> float:
        """Make the input; returns its size in MB."""
        self.table = made_table(n_series, n_points)
        return float(self.table.memory_usage(deep=True).sum()) / 1e6

    def fit(self) -> dict[str, float]:
        start = perf_counter()
        self.model = self._model().fit(self.table)
        return {"seconds": perf_counter() - start, "peak": peak()}

    def predict(self) -> dict[str, float]:
        start = perf_counter()
        self.model.predict()
        return {"seconds": perf_counter() - start, "peak": peak()}

    def _model(self) -> LSTMForecaster:
        return LSTMForecaster(horizon=self.horizon, n_threads=THREADS, progress=False, training=Training(epochs=1))


def made_table(n_series: int, n_points: int) -> pd.DataFrame:
    """Random walks with a season of 12, as `unique_id, ds, y`; float64, and ids as text."""
    rng = np.random.default_rng(0)
    walks = rng.standard_normal((n_series, n_points)).cumsum(axis=1)
    walks += 3 * np.sin(2 * np.pi * np.arange(n_points) / 12)
    ids = np.array([f"series-{n}" for n in range(n_series)], object)
    steps = np.tile(np.arange(n_points), n_series)
    return pd.DataFrame({"unique_id": np.repeat(ids, n_points), "ds": steps, "y": walks.ravel()})
