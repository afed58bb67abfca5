"""What is understood of a table, and what comes next in it? All that the page shows at once, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.ahead import without_future
from gatecast.data.reading.files import Table
from gatecast.data.reading.understood import understood
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.exceptions import GatecastError
from gatecast.forecaster import LSTMForecaster, PretrainedLSTM
from gatecast.reporting.ahead import about_series
from gatecast.reporting.figures import figure_told, forecast_told
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File
from gatecast.serving.limits import Limits
from gatecast.serving.page.asked import Asked
from gatecast.serving.page.examples import example
from gatecast.serving.page.places import columns_of, told_at
from gatecast.serving.schemas import Writing
from gatecast.serving.tables import file_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["forecast_shown", "look", "usual_horizon", "warm_up"]

# names of series that can be chosen from
MOST_SERIES = 500
# steps ahead where nobody says how many: whole seasons that are at least a few steps, and this many without a season
FEW_STEPS, STEPS = 6, 12
# a forecast is no longer than such a part of the past
SHARE = 4


def look(file: File, asked: Asked, writing: Writing, limits: Limits, words: Words) -> JsonObject:
    """Return what is understood of a file and its forecast; a problem with its place where either cannot be made."""
    try:
        table, n_ahead = without_future(file_table(file, writing, limits, names=asked))
    except GatecastError as error:
        return {"columns": columns_of(file, writing), "facts": [], "forecast": None, "problem": told_at(error, words)}
    facts = understood(table, n_ahead, words.lang)
    shown: JsonObject = {
        "columns": columns_of(file, writing),
        "facts": [
            [words.t(f"understood.{name}"), words.join(message.say(words.lang) for message in said)]
            for name, said in facts.items()
        ],
        "found": {
            "time_col": table.time_col,
            "target_col": table.target_col,
            "id_col": table.id_col,
            "freq": table.freq,
        },
        "forecast": None,
        "problem": None,
    }
    try:
        shown["forecast"] = _forecast(table, asked, limits, words)
    except GatecastError as error:
        shown["problem"] = told_at(error, words)
    return shown


def usual_horizon(panel: Panel, asked: Asked) -> int:
    """Return how many steps are forecast: as many as are asked for, or whole seasons, where the past is long enough."""
    if asked.horizon is not None:
        return asked.horizon
    season = asked.season_length or choose_seasons(panel).shortest
    whole = season * -(-FEW_STEPS // season) if season > 1 else STEPS
    return max(1, min(whole, int(np.max(panel.lengths)) // SHARE))


def _forecast(table: Table, asked: Asked, limits: Limits, words: Words) -> JsonObject:
    panel = table.panel
    horizon = usual_horizon(panel, asked)
    limits.check_horizon(horizon)
    limits.check_series(panel.n_series, horizon)
    model: LSTMForecaster[Any] = PretrainedLSTM(horizon, season_length=asked.season_length, n_threads=1)
    model.fit(panel)
    decisions = [message.say(words.lang) for message in model.fitted_.record.decisions]
    shown = forecast_shown(model, panel, model.predict(level=asked.level), asked.series, words)
    return {**shown, "season_length": model.fitted_.season_length, "decisions": decisions}


def forecast_shown(
    model: LSTMForecaster[Any], panel: Panel, frame: pd.DataFrame, name: str | None, words: Words
) -> JsonObject:
    """Return a forecast as the page shows it: a chart and a table of one series, and a CSV of all."""
    names = [str(id_) for id_ in panel.ids[:MOST_SERIES].tolist()]
    row = names.index(name) if name in names else 0
    series = about_series(model, panel, frame, row)
    return {
        "horizon": model.fitted_.horizon,
        "n_series": panel.n_series,
        "series": names,
        "shown": names[row],
        "chart": figure_told(forecast_told(series, words)),
        "table": _table(series, words),
        "csv": frame.to_csv(index=False),
    }


def _table(series: JsonObject, words: Words) -> JsonObject:
    bands, number = series["bands"][::-1], words.number
    head = [words.t("table.time"), words.t("table.forecast"), *(words.t("table.band", level=b["level"]) for b in bands)]
    rows = [
        [str(time), number(value), *(f"{number(b['lower'][k])} … {number(b['upper'][k])}" for b in bands)]
        for k, (time, value) in enumerate(zip(series["ahead"], series["forecast"], strict=True))
    ]
    return {"caption": words.t("forecast.table", name=words.name(series["name"])), "head": head, "rows": rows}


def warm_up() -> None:
    """Load what a first forecast needs."""
    look(File("example.csv", example("sine")), Asked(), Writing(), Limits(), Words("en"))
