"""What does a backtest say step by step, and level by level? Errors and coverage, and how they vary over origins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import chosen_models
from gatecast.data.panel.arrays import Array, Floats
from gatecast.exceptions import DataError
from gatecast.metrics.levels import level_columns

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.backtesting.record import Backtest

__all__ = ["Coverages", "StepErrors", "coverages", "step_errors"]

# models with fewer of the forecasts are not drawn beside the others
LEAST_SHARE = 0.9
# bands hold four of five origins: the extremes of many origins would only grow with their number
BAND = (0.1, 0.9)


@dataclass(frozen=True)
class StepErrors:
    """Mean absolute errors, `(M, H)`, by step of the horizon over series and origins, of M models, the best first.

    A tenth of the origins lies below `low` and a tenth above `high`. The metric is MASE, or MAE where that is
    undefined; models with less than 90 % of the forecasts are left out.
    """

    models: tuple[str, ...]
    mean: Floats
    low: Floats
    high: Floats
    n_origins: int
    metric: str
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Coverages:
    """How often intervals of the nominal levels held, by model, all `(L,)` in %.

    A tenth of the origins lies below `low` and a tenth above `high`.
    """

    levels: Floats
    measured: dict[str, Floats]
    low: dict[str, Floats]
    high: dict[str, Floats]
    n_origins: int


def step_errors(backtest: Backtest, models: str | Iterable[str] | None = None) -> StepErrors:
    """Average absolute errors, over the series' scale, of each step of the horizon.

    Models are compared in the forecasts that all of them have.

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: No step has a target and forecasts.
    """
    names = chosen_models(backtest, models)
    table = backtest.forecasts
    scales = table["unique_id"].map(dict(backtest.scales)).to_numpy(float)
    is_scaled = bool((scales > 0).any())
    unit = np.where(scales > 0, scales, np.nan) if is_scaled else 1.0
    target = table["y"].to_numpy(float, na_value=np.nan)
    errors = np.stack([np.abs(_column(table, name) - target) / unit for name in names])
    is_seen = np.isfinite(target / unit)
    share = np.isfinite(errors[:, is_seen]).mean(axis=1) if is_seen.any() else np.zeros(len(names))
    kept = np.flatnonzero(share >= LEAST_SHARE)
    shared = np.isfinite(errors[kept]).all(axis=0)
    if not len(kept) or not shared.any():
        raise DataError(
            f"None of {len(names)} models has forecasts of at least {LEAST_SHARE:.0%} of the observed steps, and one "
            "was expected. Look at `backtest.runs` for what failed."
        )
    window, step = _windows(table)
    cubes = [_by_origin(window[shared], step[shared], errors[m][shared], backtest.horizon) for m in kept]
    means = np.stack([_ratio(total.sum(axis=0), count.sum(axis=0)) for total, count in cubes])
    bands = np.stack([_band(total, count) for total, count in cubes])
    order = np.argsort(np.nanmean(means, axis=1), kind="stable")
    return StepErrors(
        tuple(names[kept[m]] for m in order),
        means[order],
        bands[order, 0],
        bands[order, 1],
        len(cubes[0][0]),
        "MASE" if is_scaled else "MAE",
        tuple(name for m, name in enumerate(names) if m not in kept),
    )


def coverages(backtest: Backtest, models: str | Iterable[str] | None = None) -> Coverages:
    """Count how often targets lay within the intervals, the ends included.

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: There are no intervals.
    """
    names = chosen_models(backtest, models)
    table, levels = backtest.forecasts, backtest.levels
    found = {name: [_held(table, name, level) for level in levels] for name in names}
    counted = {name: inside for name, inside in found.items() if any(np.isfinite(held).any() for held in inside)}
    if not counted:
        raise DataError(
            f"The backtest has no intervals of {', '.join(names)}, and at least one was expected. "
            "Make it with `level=[80, 95]`."
        )
    measured, low, high, n_origins = {}, {}, {}, 0
    for name, inside in counted.items():
        measured[name] = np.array([100 * _mean(held) for held in inside])
        ends = [_spread(table, held) for held in inside]
        low[name], high[name] = (100 * np.array([end[k] for end in ends]) for k in (0, 1))
        n_origins = max(n_origins, *(end[2] for end in ends))
    return Coverages(np.array(levels, float), measured, low, high, n_origins)


def _column(table: pd.DataFrame, name: str) -> Floats:
    if name not in table:
        return np.full(len(table), np.nan)
    return np.asarray(table[name].to_numpy(float, na_value=np.nan))


def _windows(table: pd.DataFrame) -> tuple[Array, Array]:
    """Number the windows of each series from its newest, and the steps within each, `(n,)` both."""
    window = table.groupby("unique_id", observed=True)["cutoff"].rank(method="dense", ascending=False)
    # rank by time, not by row: some steps of a window may be missing
    step = table.groupby(["unique_id", "cutoff"], observed=True)["ds"].rank(method="dense")
    return window.to_numpy().astype(np.int64) - 1, step.to_numpy().astype(np.int64) - 1


def _by_origin(window: Array, step: Array, errors: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Add up errors and count them, `(T, H)` both."""
    shape = (int(window.max()) + 1, horizon)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (window, step), errors)
    np.add.at(count, (window, step), 1.0)
    return total, count


def _band(total: Floats, count: Floats) -> Floats:
    """Return the ends of the band over origins, `(2, H)`."""
    by_origin = _ratio(total, count)
    known = np.isfinite(by_origin).any(axis=0)
    ends = np.full((2, total.shape[1]), np.nan)
    ends[:, known] = np.nanquantile(by_origin[:, known], BAND, axis=0)
    return ends


def _ratio(total: Floats, count: Floats) -> Floats:
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _held(table: pd.DataFrame, name: str, level: float) -> Floats:
    """Return 1 where the target was within the interval, 0 where it was not, NaN where one of them is missing."""
    low, high = (_column(table, column) for column in level_columns(name, [level]))
    target = table["y"].to_numpy(float, na_value=np.nan)
    inside = ((low <= target) & (target <= high)).astype(float)
    return np.where(np.isfinite(low) & np.isfinite(high) & np.isfinite(target), inside, np.nan)


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _spread(table: pd.DataFrame, held: Floats) -> tuple[float, float, int]:
    """Return the ends of the band over origins, and their number."""
    window, _ = _windows(table)
    shares = np.array([_mean(held[window == k]) for k in range(int(window.max()) + 1)])
    known = shares[np.isfinite(shares)]
    if not len(known):
        return np.nan, np.nan, 0
    low, high = np.quantile(known, BAND)
    return float(low), float(high), len(known)
