"""How good is it on counts with many zeros? Made demand, and car parts where the data folder has them, beside others.

The mean is what is forecast, so its errors are told in two units: absolute ones (MASE), which a forecast of nothing
but zeros makes small, and squared ones (RMSSE), which the mean makes small. The sum of all forecasts over that of what
came shows which way a forecast leans.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import FIRST_DAY, Split, hold_back, read_split
from accuracy_tasks.model import fit
from accuracy_tasks.rows import Options, Rival, Row

__all__ = ["KINDS", "made", "run", "scores"]

TASK = "intermittent"
HORIZON, SEASON, LENGTH, N_SERIES = 12, 12, 51, 300
LEVEL = 80
# as in the Monash archive: 2,674 series of 51 months, of which the last twelve are the test part
CAR_PARTS = "car_parts.parquet"
KINDS = ("parts", "negative binomial", "further zeros")


def run(options: Options) -> list[Row]:
    """Forecast each set once for each seed, and with statistical models."""
    sets = {f"made, {kind}": made(kind) for kind in KINDS}
    if (options.folder / CAR_PARTS).exists():
        sets["car parts"] = read_split(options.folder, CAR_PARTS, HORIZON, SEASON, "MS")
    return [row for name, split in sets.items() for row in _rows(name, split, options.seeds)]


def made(kind: str, n_series: int = N_SERIES, seed: int = 7) -> Split:
    """Make monthly demand of parts whose rates differ, and half of which come into use or leave it.

    Parts are asked for by chance and then in several pieces, a third of them by season; counts are negative binomial;
    or most months are zeros beside a distribution that has few.
    """
    rng = np.random.default_rng(seed)
    t, shape = np.arange(LENGTH), (n_series, LENGTH)
    rates, leaves = np.exp(rng.normal(-1.3, 1.0, n_series)), rng.random(n_series) < 0.5
    course = np.where(leaves, rng.normal(-0.5, 0.8, n_series), 0.0)
    rate = rates[:, None] * np.exp(course[:, None] * (t / LENGTH - 0.3))
    if kind == "parts":
        swing = np.where(rng.random(n_series) < 0.33, 0.6, 0.0)[:, None]
        rate = rate * np.exp(swing * np.sin(2 * np.pi * (t + rng.integers(0, SEASON, n_series)[:, None]) / SEASON))
        pieces = 1 + rng.poisson(np.exp(rng.normal(-0.7, 0.8, n_series))[:, None], shape)
        y = (rng.random(shape) < np.minimum(rate, 0.9)) * pieces
    elif kind == "negative binomial":
        dispersion = np.exp(rng.normal(0.0, 0.7, n_series))[:, None]
        y = rng.negative_binomial(1 / dispersion * np.ones(shape), 1 / (1 + dispersion * rate))
    else:
        is_open = rng.random(shape) < np.exp(rng.normal(-0.8, 0.4, n_series)).clip(0.0, 0.95)[:, None]
        y = is_open * rng.poisson(6 * rate + 1)
    ids = np.repeat([f"part {s:04d}" for s in range(n_series)], LENGTH)
    months = np.tile(pd.date_range(FIRST_DAY, periods=LENGTH, freq="MS"), n_series)
    table = pd.DataFrame({"unique_id": ids, "ds": months, "y": y.ravel().astype(float)})
    return hold_back(table, HORIZON, SEASON)


def scores(split: Split, forecast: np.ndarray) -> dict[str, float]:
    """Score forecasts `(S, H)`; series that repeat their year exactly have no scale and do not count."""
    known = split.scales > 0
    actual, made_of, scales = split.actual[known], forecast[known], split.scales[known]
    squared = np.nanmean((actual - made_of) ** 2, axis=1) / scales**2
    return {
        "MASE": metrics.mase(actual, made_of, scales),
        "RMSSE": float(np.sqrt(squared.mean())),
        "sum": float(forecast.sum() / np.nansum(split.actual)),
    }


def _rows(name: str, split: Split, seeds: tuple[int, ...]) -> list[Row]:
    ours, median = [], []
    for seed in seeds:
        fitted = fit(split.table, HORIZON, seed=seed, ensemble=None)
        table, _ = fitted.predict(level=[LEVEL], quantiles=[0.5])
        low, high = (split.align(table, f"LSTM-{end}-{LEVEL}") for end in ("lo", "hi"))
        held = {f"coverage at {LEVEL} %": metrics.coverage(split.actual, low, high), "seconds": fitted.seconds}
        ours.append(scores(split, split.align(table)) | held)
        median.append(scores(split, split.align(table, "LSTM-ql0.5"))["MASE"])
    others = {"zeros": scores(split, np.zeros(split.actual.shape)), **_statistical(split)}
    rows = [Row(TASK, f"MASE of the median, {name}", tuple(median))]
    for metric in ours[0]:
        rivals = tuple(Rival(model, "same run", found[metric]) for model, found in others.items() if metric in found)
        unit = "s" if metric == "seconds" else ""
        rows.append(Row(TASK, f"{metric}, {name}", tuple(one[metric] for one in ours), unit, rivals=rivals))
    return rows


def _statistical(split: Split) -> dict[str, dict[str, float]]:
    """Score the usual models of intermittent demand, and exponential smoothing."""
    from statsforecast import StatsForecast
    from statsforecast.models import TSB, AutoETS, CrostonSBA

    found = {}
    for model in (CrostonSBA(), TSB(0.1, 0.1), AutoETS(season_length=SEASON)):
        begun = perf_counter()
        table = StatsForecast([model], freq="MS", n_jobs=1).forecast(df=split.table, h=HORIZON)
        seconds = perf_counter() - begun
        found[str(model)] = scores(split, split.align(table, str(model))) | {"seconds": seconds}
    return found
