"""The processes that forecast the same series with other libraries: nine quantiles of each step, and the seconds.

Each class needs its own library alone. A library that has no batches is given one series after the other.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from harness.processes import THREADS

__all__ = ["Flair", "Fracast", "Gatecast", "Statsforecast"]

# .1 to .9, as nine of them
QUANTILES = np.arange(1, 10) / 10
# rows of a batch: a context of 2,048 points each takes memory
BATCH = 64
FREQUENCIES = {1: "Y", 4: "Q", 7: "D", 12: "M", 24: "H", 48: "30min", 52: "W"}


class _Side:
    """Series, and a forecast of each; the first uses are over before the time is taken."""

    def __init__(self, data: dict[str, np.ndarray], horizon: int, season: int) -> None:
        self.series = np.split(data["values"], np.cumsum(data["lengths"])[:-1])
        self.horizon, self.season = horizon, season

    def forecast(self) -> dict[str, np.ndarray]:
        """Return `forecast` `(S, H, 9)`, `point` `(S, H)` and `seconds`."""
        self.answer(self.series[:1])
        start = perf_counter()
        quantiles = self.answer(self.series)
        seconds = np.array(perf_counter() - start)
        return {"forecast": quantiles, "point": quantiles[:, :, 4], "seconds": seconds}

    def answer(self, series: list[np.ndarray]) -> np.ndarray:
        """Forecast series of different lengths, `(S, H, 9)`."""
        raise NotImplementedError

    def _table(self, series: list[np.ndarray]) -> Any:
        import pandas as pd

        ids = np.repeat(np.arange(len(series)), [len(y) for y in series])
        steps = np.concatenate([np.arange(len(y)) for y in series])
        return pd.DataFrame({"unique_id": ids, "ds": steps, "y": np.concatenate(series)})

    def _columns(self, table: Any, names: list[str]) -> np.ndarray:
        ordered = table.sort_values(["unique_id", "ds"], ignore_index=True)
        return np.asarray(ordered[names], float).reshape(-1, self.horizon, len(names))


class Gatecast(_Side):
    """gatecast's pretrained networks, told the season."""

    def answer(self, series: list[np.ndarray]) -> np.ndarray:
        import gatecast

        table = gatecast.forecast(
            self._table(series),
            self.horizon,
            season_length=self.season,
            quantiles=QUANTILES.tolist(),
            n_threads=THREADS,
        )
        return self._columns(table, [f"LSTM-ql{q:g}" for q in QUANTILES])


class Statsforecast(_Side):
    """A model of statsforecast, in as many processes as others have threads."""

    def __init__(self, data: dict[str, np.ndarray], horizon: int, season: int, model: str) -> None:
        super().__init__(data, horizon, season)
        self.model = model

    def answer(self, series: list[np.ndarray]) -> np.ndarray:
        import statsforecast.models as models
        from statsforecast import StatsForecast

        own = getattr(models, self.model)(season_length=self.season, alias="f")
        many = len(series) > THREADS
        # what a model cannot fit the naive forecast answers
        runner = StatsForecast([own], freq=1, n_jobs=THREADS if many else 1, fallback_model=models.Naive(alias="f"))
        table = runner.forecast(df=self._table(series), h=self.horizon, level=[20, 40, 60, 80])
        names = [f"f-lo-{level}" for level in (80, 60, 40, 20)] + ["f"]
        return self._columns(table, names + [f"f-hi-{level}" for level in (20, 40, 60, 80)])


class Flair(_Side):
    """flaircast's sample paths; it knows seasons by frequencies."""

    def answer(self, series: list[np.ndarray]) -> np.ndarray:
        from flaircast import forecast

        freq = FREQUENCIES[self.season]
        paths = [forecast(y, horizon=self.horizon, freq=freq, seed=0) for y in series]
        return np.stack([np.quantile(of_one, QUANTILES, axis=0).T for of_one in paths])


class Fracast(_Side):
    """fracast's network; series are filled up in front with points that it masks, so that they fit into batches."""

    def __init__(self, data: dict[str, np.ndarray], horizon: int, season: int) -> None:
        super().__init__(data, horizon, season)
        import torch
        from fracast import FracastModel

        torch.set_num_threads(THREADS)
        self.model = FracastModel.from_pretrained(device="cpu")

    def answer(self, series: list[np.ndarray]) -> np.ndarray:
        longest = max(len(y) for y in series)
        rows = np.full((len(series), longest), np.nan, np.float32)
        for row, y in zip(rows, series, strict=True):
            row[longest - len(y) :] = y
        batches = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
        return np.concatenate([self.model.forecast_batch(batch, horizon=self.horizon) for batch in batches])
