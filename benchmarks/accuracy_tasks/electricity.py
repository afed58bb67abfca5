"""What are covariates worth that are known ahead? Half-hourly demand with temperature and holidays, and without.

The demand is Victoria's, and its last 56 days are held back. The model is fitted once on what is before them, forecasts
48 half-hours at the first of these days, and again at each next day, with the newer rows as `predict(data=...)`. The
temperature ahead is the one that was measured, so this is the worth of a perfect weather forecast.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import find
from accuracy_tasks.model import Fit, fit
from accuracy_tasks.rows import Options, Row, or_not_available, rows_of

__all__ = ["run"]

TASK = "vic_elec"
HORIZON, N_DAYS, WEEK = 48, 56, 336
FUTURE = ("temperature", "holiday")


def run(options: Options) -> list[Row]:
    """Fit with and without the covariates, and compare."""
    table = read(options)
    rows = rows_of(TASK, [{"MAE": _naive(table["y"].to_numpy())}], ", the week before")
    without = [_scores(table, (), seed) for seed in options.seeds]
    rows += rows_of(TASK, without, ", without covariates")
    names = ("MAE, with covariates", "MAE with / without covariates")
    return rows + or_not_available(TASK, names, partial(_with_future, table, options.seeds, without))


def read(options: Options) -> pd.DataFrame:
    """Read the table, with its covariates as numbers."""
    table = pd.read_parquet(find(options.folder, "vic_elec.parquet")).rename(columns=str.lower)
    table.insert(0, "unique_id", "victoria")
    return table.assign(holiday=table["holiday"].astype(float))


def _with_future(table: pd.DataFrame, seeds: tuple[int, ...], without: list[dict[str, float]]) -> list[Row]:
    scores = [_scores(table, FUTURE, seed) for seed in seeds]
    ratios = tuple(ours["MAE"] / theirs["MAE"] for ours, theirs in zip(scores, without, strict=True))
    ratio = Row(TASK, "MAE with / without covariates", ratios, note="the temperature ahead is the measured one")
    return [*rows_of(TASK, scores, ", with covariates"), ratio]


def _scores(table: pd.DataFrame, future: tuple[str, ...], seed: int) -> dict[str, float]:
    known = table[["unique_id", "ds", "y", *future]]
    n_train = len(table) - N_DAYS * HORIZON
    fitted = fit(known.iloc[:n_train], HORIZON, seed=seed, future=future)
    answers = [_forecast(fitted, known, n_train, day, future) for day in range(N_DAYS)]
    forecast = np.concatenate([answer["LSTM"].to_numpy() for answer, _ in answers])
    seconds = sum(seconds for _, seconds in answers)
    actual = known["y"].to_numpy()[n_train:]
    return {"MAE": float(np.abs(forecast - actual).mean()), "fit": fitted.seconds, "predict": seconds}


def _forecast(
    fitted: Fit, known: pd.DataFrame, n_train: int, day: int, future: tuple[str, ...]
) -> tuple[pd.DataFrame, float]:
    origin = n_train + day * HORIZON
    arguments = {"data": known.iloc[n_train:origin]} if day else {}
    if future:
        arguments["future"] = known.iloc[origin : origin + HORIZON][["unique_id", "ds", *future]]
    return fitted.predict(**arguments)


def _naive(y: np.ndarray) -> float:
    origins = len(y) - HORIZON * np.arange(N_DAYS, 0, -1)
    errors = [y[o : o + HORIZON] - metrics.seasonal_naive(y[:o], WEEK, HORIZON) for o in origins]
    return float(np.abs(errors).mean())
