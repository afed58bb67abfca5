"""What comes next? The forecast with its intervals, of all series or of some that stand for the others."""

from __future__ import annotations

import numpy as np

from gatecast._json import JsonObject
from gatecast.backtesting.combination import mean_of
from gatecast.baselines.base import Baseline
from gatecast.charts.forecasts import newest_part
from gatecast.charts.thinning import envelope
from gatecast.comparison.comparison import MODELS, Comparison, model_named
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.panel import Panel
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.compact import rounded, times_of

__all__ = ["about_forecast"]

LEVELS = (80.0, 95.0)
# up to so many series are all shown
SHOWN = 3
# points of the past in one picture
POINTS = 1_000
NAME = "LSTM"


def about_forecast(model: LSTMForecaster, panel: Panel, ahead: Frame, comparison: Comparison | None) -> JsonObject:
    """Forecast by the model that is recommended, and choose which series are shown.

    These are by the LSTM's errors in a comparison the best, median and worst one.
    """
    other = _recommended(model, comparison)
    if other is None:
        levels = LEVELS if model.fitted_.has_intervals else ()
        table = model.predict(data=panel, future=ahead, level=list(levels) or None)
    else:
        levels = LEVELS
        table = _named_lstm(other.fit(panel).predict(level=list(levels)), other.name)
    chosen = _chosen(panel, comparison)
    return {
        "horizon": model.fitted_.horizon,
        "levels": list(levels),
        "n_series": panel.n_series,
        "model": NAME if other is None else other.name,
        "about": _how(model, panel) if other is None else "forecast.about_other",
        "chosen_by_error": panel.n_series > SHOWN and "rank" in chosen[0],
        "series": [_one(model, panel, table, **choice) for choice in chosen],
    }


def _recommended(model: LSTMForecaster, comparison: Comparison | None) -> Baseline | None:
    """Return the baseline that the comparison recommends, not fitted; None where it is the LSTM, or cannot be made."""
    if comparison is None or NAME not in comparison.backtest.models:
        return None
    name = comparison.board.verdict.recommended
    if name not in MODELS:
        return None
    found = model_named(name, model.fitted_.horizon, model.settings_.seed)
    return found if isinstance(found, Baseline) else None


def _named_lstm(table: Frame, name: str) -> Frame:
    """Give the columns of another model's forecast the names by which charts know them."""
    import narwhals as nw

    renamed: Frame = mean_of({name: nw.from_native(table, eager_only=True)}, None, NAME, LEVELS, None).to_native()
    return renamed


def _how(model: LSTMForecaster, panel: Panel) -> str:
    """Say how the networks know the data: nothing was trained, or all of them, or their first part was learned from."""
    if not model.fitted_.record.is_trained:
        return "forecast.about_pretrained"
    knows_all = int(panel.lengths.sum()) <= int(model.fitted_.lengths.sum())
    return "forecast.about" if knows_all else "forecast.about_read"


def _chosen(panel: Panel, comparison: Comparison | None) -> list[JsonObject]:
    if panel.n_series <= SHOWN:
        return [{"row": s} for s in range(panel.n_series)]
    # the mean MASE of the LSTM in each series, NaN where it is not known
    errors = np.full(panel.n_series, np.nan)
    if comparison is not None and NAME in comparison.backtest.models:
        windows = comparison.board.scores.windows
        own = windows[windows["model"] == NAME].groupby("unique_id", observed=True)[comparison.board.metric].mean()
        errors = np.array([own.get(id_, np.nan) for id_ in panel.ids.tolist()])
    known = np.flatnonzero(np.isfinite(errors))
    if len(known) < SHOWN:
        return [{"row": s} for s in range(SHOWN)]
    order = known[np.argsort(errors[known], kind="stable")]
    places = {"best": 0, "median": (len(order) - 1) // 2, "worst": len(order) - 1}
    return [{"row": int(order[at]), "rank": rank, "error": float(errors[order[at]])} for rank, at in places.items()]


def _one(
    model: LSTMForecaster, panel: Panel, table: Frame, row: int, rank: str = "", error: float | None = None
) -> JsonObject:
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
