"""What comes next? The forecast with its intervals, of all series or of some that stand for the others."""

from __future__ import annotations

import numpy as np

from gatecast._json import JsonObject
from gatecast.backtesting.combination import knows_ahead
from gatecast.backtesting.models import PRETRAINED
from gatecast.charts.forecasts import newest_part
from gatecast.charts.thinning import envelope
from gatecast.comparison.comparison import BEST, Comparison, model_named
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError, DataError
from gatecast.forecaster import Forecaster, LSTMForecaster
from gatecast.model.settings import COVARIATES
from gatecast.reporting.compact import rounded, times_of

__all__ = ["about_forecast", "about_series"]

LEVELS = (80.0, 95.0)
# up to so many series are all shown
SHOWN = 3
# points of the past in one picture
POINTS = 1_000
NAME = "LSTM"


def about_forecast(
    model: LSTMForecaster, panel: Panel, ahead: Frame, comparison: Comparison | None, shown: str = BEST
) -> JsonObject:
    """Forecast by the model that is recommended, or the one that is asked for, and choose which series are shown.

    These are by the LSTM's errors in a comparison the best, median and worst one.
    """
    name = _recommended(comparison) if shown == BEST else shown
    # an LSTM that trained nothing stands in the comparison as the one that never trains
    is_own = name == NAME or (name == PRETRAINED and not model.fitted_.record.is_trained)
    other = None if is_own else _made(name, model)
    if other is None:
        maker: Forecaster = model
        about = _how(model, panel) if is_own else "forecast.about_not_made"
        table, levels = _asked(model, {"data": panel}, ahead)
    else:
        maker, about = other.fit(panel), "forecast.about_other" if shown == BEST else "forecast.about_asked"
        table, levels = _asked(maker, {}, ahead)
    chosen = _chosen(panel, comparison)
    return {
        "horizon": model.fitted_.horizon,
        "levels": list(levels),
        "n_series": panel.n_series,
        "model": name,
        "about": about,
        "metric": "MASE" if comparison is None else comparison.board.metric.upper(),
        "chosen_by_error": panel.n_series > SHOWN and "rank" in chosen[0],
        "series": [about_series(maker, panel, table, **choice) for choice in chosen],
    }


def _recommended(comparison: Comparison | None) -> str:
    if comparison is None or NAME not in comparison.backtest.models:
        return NAME
    return comparison.board.verdict.recommended or NAME


def _made(name: str, model: LSTMForecaster) -> Forecaster | None:
    """Make the model of a name for the columns of the LSTM; None for one of the user's, whose name says nothing."""
    columns = {role: getattr(model.settings_, role) for role in COVARIATES}
    try:
        return model_named(name, model.fitted_.horizon, model.settings_.seed, **columns)
    except ConfigError:
        return None


def _asked(model: Forecaster, known: JsonObject, ahead: Frame) -> tuple[Frame, tuple[float, ...]]:
    """Forecast with intervals where the model has any; return them with their levels in %."""
    if knows_ahead(model):
        known = {**known, "future": ahead}
    try:
        return model.predict(level=list(LEVELS), **known), LEVELS
    except DataError:
        # nothing was held back to measure errors on; what else is wrong comes again
        return model.predict(**known), ()


def _how(model: LSTMForecaster, panel: Panel) -> str:
    """Say how the networks know the data: nothing was trained, or all of them, or their first part was learned from."""
    if model.fitted_.record.is_pretrained:
        return "forecast.about_pretrained"
    knows_all = int(panel.lengths.sum()) <= int(model.fitted_.lengths.sum())
    return "forecast.about" if knows_all else "forecast.about_read"


def _chosen(panel: Panel, comparison: Comparison | None) -> list[JsonObject]:
    if panel.n_series <= SHOWN:
        return [{"row": s} for s in range(panel.n_series)]
    # the mean MASE of the LSTM in each series, NaN where it is not known
    errors = np.full(panel.n_series, np.nan)
    if comparison is not None and NAME in comparison.backtest.models:
        windows, row_name = comparison.board.scores.windows, comparison.backtest.same.get(NAME, NAME)
        own = windows[windows["model"] == row_name].groupby("unique_id", observed=True)[comparison.board.metric].mean()
        errors = np.array([own.get(id_, np.nan) for id_ in panel.ids.tolist()])
    known = np.flatnonzero(np.isfinite(errors))
    if len(known) < SHOWN:
        return [{"row": s} for s in range(SHOWN)]
    order = known[np.argsort(errors[known], kind="stable")]
    places = {"best": 0, "median": (len(order) - 1) // 2, "worst": len(order) - 1}
    return [{"row": int(order[at]), "rank": rank, "error": float(errors[order[at]])} for rank, at in places.items()]


def about_series(
    model: Forecaster, panel: Panel, table: Frame, row: int, rank: str = "", error: float | None = None
) -> JsonObject:
    """Return the newest part of a series and its forecast in `table`, as plain data for a chart."""
    one = panel.only(row)
    line, begin = newest_part(model, one, table, panel.ids[row], None)
    past, values = line.times[begin:], line.values[begin:]
    keep = envelope(values, POINTS // 2)
    return {
        "name": str(panel.ids[row]),
        "rank": rank,
        "error": error,
        "n_shown": len(values),
        "n_points": len(line.values),
        "value_name": line.value_name,
        "time_name": line.time_name,
        "freq": str(line.freq),
        "times": times_of(past[keep]),
        "values": rounded(values[keep]),
        "ahead": times_of(line.forecast_times),
        "forecast": rounded(line.forecast),
        "bands": [
            {"level": band.level, "lower": rounded(band.lower), "upper": rounded(band.upper)} for band in line.bands
        ],
    }
