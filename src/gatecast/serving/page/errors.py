"""How far off would the forecast have been? The newest values are held back, forecast, and compared with what came."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from gatecast._json import JsonObject
from gatecast.backtesting.backtest import MANY_SERIES, backtest
from gatecast.backtesting.record import Backtest
from gatecast.comparison.comparison import model_named
from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.ahead import without_future
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.forecaster import PretrainedLSTM
from gatecast.metrics.naive import seasonal_naive
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File
from gatecast.serving.limits import Limits
from gatecast.serving.page.asked import AskedErrors
from gatecast.serving.page.look import usual_horizon
from gatecast.serving.schemas import Writing
from gatecast.serving.tables import file_table

__all__ = ["held_out_errors"]

OURS, NAIVE = "studio.model_pretrained", "studio.model_naive"
# each takes seconds for a series
SLOWER = {"AutoETS": "studio.model_ets", "AutoARIMA": "studio.model_sarima"}


def held_out_errors(file: File, asked: AskedErrors, writing: Writing, limits: Limits, words: Words) -> JsonObject:
    """Return the errors of the pretrained networks and naive forecasts, or of the slower model that is asked for."""
    table, _ = without_future(file_table(file, writing, limits, names=asked))
    panel, horizon = table.panel, usual_horizon(table.panel, asked)
    limits.check_series(panel.n_series, horizon)
    if int(panel.lengths.max()) <= 2 * horizon:
        return {"rows": [], "slower": [], "about": words.t("studio.errors_short", n=horizon)}
    found = dict(_slow(panel, horizon, asked.model) if asked.model else _fast(panel, horizon, asked))
    rows = [_row(words.t(key), error, words) for key, error in found.items()]
    has_more = not asked.model and find_spec("statsmodels") and panel.n_series < MANY_SERIES
    return {
        "rows": rows,
        "slower": [{"model": name, "label": words.t(key)} for name, key in SLOWER.items()] if has_more else [],
        "about": words.t("studio.errors_about", n=horizon),
    }


def _row(label: str, error: float, words: Words) -> JsonObject:
    return {"model": label, "error": error if np.isfinite(error) else None, "said": words.number(error)}


def _fast(panel: Panel, horizon: int, asked: AskedErrors) -> Iterator[tuple[str, float]]:
    model = PretrainedLSTM(horizon, season_length=asked.season_length, n_threads=1)
    found = _backtest(panel, horizon, model)
    yield OURS, _error(found)
    actual = found.forecasts["y"].to_numpy(float)
    ends = panel.offsets[1:] - horizon - 1
    usable = np.flatnonzero(panel.lengths > horizon)
    season = asked.season_length or choose_seasons(panel).shortest
    values = _filled(panel)
    for key, length in ((NAIVE, 1), ("studio.model_seasonal", season))[: 1 + (season > 1)]:
        naive = seasonal_naive(values, panel.offsets, ends[usable], horizon, length).ravel()
        yield key, float(np.nanmean(np.abs(naive - actual))) if len(naive) == len(actual) else np.nan


def _filled(panel: Panel) -> Floats:
    """Return values in which the last one before each gap stands in it."""
    from gatecast.data.values.gaps import fill_gaps

    return fill_gaps(panel.values, panel.offsets, 1)


def _slow(panel: Panel, horizon: int, name: str) -> Iterator[tuple[str, float]]:
    if name in SLOWER:
        yield SLOWER[name], _error(_backtest(panel, horizon, model_named(name, horizon)))


def _backtest(panel: Panel, horizon: int, model: Any) -> Backtest:
    return backtest(panel, horizon, {"model": model}, n_windows=1, level=None, progress=False)


def _error(found: Backtest) -> float:
    """Return the mean absolute error."""
    missed = found.forecasts["model"].to_numpy(float) - found.forecasts["y"].to_numpy(float)
    return float(np.nanmean(np.abs(missed))) if np.isfinite(missed).any() else np.nan
