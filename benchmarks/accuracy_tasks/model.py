"""How does the benchmark speak to gatecast? Here alone: with the same settings for every set, and saying what it lacks.

A task chooses the horizon, and names covariates, calendar and holidays where they matter. Everything else is the
library's to choose.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

import gatecast
from gatecast import LSTMForecaster
from harness.processes import THREADS

__all__ = ["SETTINGS", "Fit", "NotAvailableError", "fit", "zero_shot"]

# members that the library trains at most where it is not told how many
MOST_MEMBERS = 5
# the result does not depend on the number of threads, only the seconds do
SETTINGS = {"progress": False, "n_threads": THREADS}


class NotAvailableError(RuntimeError):
    """The installed gatecast cannot do this yet."""


@dataclass(frozen=True)
class Fit:
    """A fitted model and how long the fit took."""

    model: LSTMForecaster
    seconds: float

    def predict(self, **arguments: Any) -> tuple[pd.DataFrame, float]:
        """Forecast, and say how many seconds it took.

        Raises:
            NotAvailableError: This version of `predict` does not know an argument.
        """
        _need(arguments, inspect.signature(LSTMForecaster.predict).parameters, "argument of `LSTMForecaster.predict`")
        start = perf_counter()
        table = self.model.predict(**arguments)
        return table, perf_counter() - start

    def forecast_origins(self, values: np.ndarray, horizon: int) -> np.ndarray:
        """Forecast behind each of `values` `(n,)`, which follow the training part of one series; returns `(n, H)`."""
        stream = self.model.stream()
        out = np.empty((len(values), horizon))
        for row, value in zip(out, values, strict=True):
            row[:] = stream.update(value)
        return out


def fit(
    table: Any,
    horizon: int,
    *,
    seed: int,
    ensemble: int | None = 1,
    future: Sequence[str] = (),
    calendar: bool = False,
    country: str | None = None,
    pretrained: str | None = None,
) -> Fit:
    """Fit a model, or an ensemble of them.

    Args:
        table: Training part.
        horizon: H.
        seed: Number of the repetition. Ensembles get seeds that are `ensemble` apart, so that no two repetitions share
            a member where members are counted up from the seed.
        ensemble: Number of members; None for what the library chooses for few series.
        future: Names of covariates that are known ahead.
        calendar: Whether the calendar is told.
        country: Whose holidays are told.
        pretrained: What the pretrained networks are for; None for what the library chooses.

    Raises:
        NotAvailableError: The installed gatecast has no such setting.
    """
    wanted: dict[str, Any] = {"seed": seed * (ensemble or MOST_MEMBERS)}
    wanted |= {"ensemble": ensemble} if ensemble is not None else {}
    wanted |= {"future": tuple(future)} if future else {}
    wanted |= {"calendar": True} if calendar else {}
    wanted |= {"country": country} if country else {}
    wanted |= {"pretrained": pretrained} if pretrained else {}
    _need(wanted, list(inspect.signature(LSTMForecaster).parameters), "setting of `LSTMForecaster`")
    model = LSTMForecaster(horizon=horizon, **wanted, **SETTINGS)
    start = perf_counter()
    model.fit(table)
    return Fit(model, perf_counter() - start)


def zero_shot(
    table: pd.DataFrame, horizon: int, season: int | Sequence[int], quantiles: Sequence[float], levels: Sequence[int]
) -> tuple[pd.DataFrame, float]:
    """Forecast without training, and say how many seconds it took.

    Args:
        table: Training part, from which nothing is learned.
        horizon: H.
        season: Steps in a season, or several.
        quantiles: Probabilities of the quantiles that are wanted.
        levels: Coverage of the intervals that are wanted, in %.

    Raises:
        NotAvailableError: The installed gatecast cannot forecast without training.
    """
    _need(["forecast"], dir(gatecast), "function")
    start = perf_counter()
    forecast = gatecast.forecast(
        table, horizon, season_length=season, quantiles=quantiles, level=levels, n_threads=THREADS
    )
    return forecast, perf_counter() - start


def _need(wanted: Any, known: Any, what: str) -> None:
    lacking = [name for name in wanted if name not in known]
    if lacking:
        raise NotAvailableError(f"gatecast {gatecast.__version__} has no {what} called `{lacking[0]}`")
