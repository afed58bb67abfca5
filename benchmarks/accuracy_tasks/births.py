"""How good is it on one long daily series? US births: one fit, then twelve forecasts of 30 days, one after the other.

The model is fitted on everything before the first origin. Each forecast is given all of the history up to its origin
(`predict(data=history)`); nothing is fitted again. MASE is scaled by the training part. Births follow holidays and the
course of the year, so the goal is for a model that is told of them; what the default settings reach stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import find
from accuracy_tasks.model import Fit, fit
from accuracy_tasks.rows import Options, Row, or_not_available, rows_of

__all__ = ["run"]

TASK = "us_births"
# what a user who knows what is counted would say
INFORMED = {"calendar": True, "country": "US"}
WITH = "with calendar and holidays"
# what is told, number of networks (None: what the library chooses), and how the row is called
KINDS: tuple[tuple[dict[str, Any], int | None, str], ...] = (
    ({}, None, "default settings"),
    (INFORMED, None, WITH),
    (INFORMED, 1, f"{WITH}, single model"),
)
HORIZON, SEASON, N_ORIGINS = 30, 7, 12


@dataclass(frozen=True)
class Births:
    """The series as `unique_id, ds, y`, sorted."""

    table: pd.DataFrame

    @property
    def origins(self) -> list[int]:
        """How many rows are known at each origin."""
        n = len(self.table)
        return [n - HORIZON * k for k in range(N_ORIGINS, 0, -1)]

    @property
    def train(self) -> pd.DataFrame:
        """Everything before the first origin."""
        return self.table.iloc[: self.origins[0]]

    def mase(self, forecasts: list[np.ndarray]) -> float:
        """Score one forecast `(H,)` for each origin."""
        y = self.table["y"].to_numpy()
        actual = np.stack([y[origin : origin + HORIZON] for origin in self.origins])
        scale = metrics.seasonal_scale(self.train["y"].to_numpy(), SEASON)
        return metrics.mase(actual, np.stack(forecasts), np.full(N_ORIGINS, scale))

    def naive(self) -> list[np.ndarray]:
        """Repeat the newest week at each origin."""
        y = self.table["y"].to_numpy()
        return [metrics.seasonal_naive(y[:origin], SEASON, HORIZON) for origin in self.origins]


def run(options: Options) -> list[Row]:
    """Forecast from each origin, with and without calendar and holidays, and with them by a single network."""
    births = Births(pd.read_parquet(find(options.folder, "us_births.parquet")))
    rows = rows_of(TASK, [{"MASE": births.mase(births.naive())}], ", seasonal naive")
    for told, ensemble, name in KINDS if options.seeds else ():
        measure = partial(_models, births, options.seeds, ensemble, told, name)
        rows += or_not_available(TASK, [f"MASE, {name}"], measure)
    return rows


def _models(births: Births, seeds: tuple[int, ...], ensemble: int | None, told: dict[str, Any], name: str) -> list[Row]:
    fits = [fit(births.train, HORIZON, seed=seed, ensemble=ensemble, **told) for seed in seeds]
    return rows_of(TASK, [_scores(births, fitted) for fitted in fits], f", {name}")


def _scores(births: Births, fitted: Fit) -> dict[str, float]:
    answers = [fitted.predict(data=births.table.iloc[:origin]) for origin in births.origins]
    forecasts = [table["LSTM"].to_numpy() for table, _ in answers]
    return {
        "MASE": births.mase(forecasts),
        "fit": fitted.seconds,
        "predict": sum(seconds for _, seconds in answers),
    }
