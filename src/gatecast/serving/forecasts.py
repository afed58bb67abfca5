"""How is a forecast made for a request? By pretrained networks, or by a model that is known; all in one thread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatecast._json import plain
from gatecast.data import Panel
from gatecast.data.reading.covariates import with_static_of
from gatecast.forecaster import LSTMForecaster, PretrainedLSTM
from gatecast.serving.bodies import File
from gatecast.serving.known import known_panel
from gatecast.serving.limits import Limits
from gatecast.serving.schemas import Ahead, Answer, Frame, ModelAhead, Writing
from gatecast.serving.tables import as_data, columns_of, file_future, file_table, json_panel, rows_of, table_of

if TYPE_CHECKING:
    from gatecast.data.reading.files import Table

__all__ = ["PRETRAINED", "file_forecast", "json_forecast", "model_file_forecast", "model_forecast"]

# what forecasts where no model is named
PRETRAINED = "pretrained"


def json_forecast(data: Frame, asked: Ahead, limits: Limits) -> Answer:
    """Forecast a table of a request without training."""
    limits.check_horizon(asked.horizon)
    return _without_training(json_panel(data, asked, limits), asked, limits)


def file_forecast(file: File, asked: Ahead, writing: Writing, limits: Limits) -> Answer:
    """Forecast an uploaded file without training."""
    limits.check_horizon(asked.horizon)
    table = file_table(file, writing, limits, names=asked)
    answer = _without_training(table.panel, asked, limits)
    return _with_facts(answer, table)


def _without_training(panel: Panel, asked: Ahead, limits: Limits) -> Answer:
    limits.check_series(panel.n_series, asked.horizon)
    model: LSTMForecaster[Any] = PretrainedLSTM(asked.horizon, season_length=asked.season_length, n_threads=1)
    model.fit(panel)
    return _answer(PRETRAINED, model, asked.horizon, model.predict(level=asked.level, quantiles=asked.quantiles))


def model_forecast(
    name: str, model: LSTMForecaster[Any], asked: ModelAhead, data: Frame | None, future: Frame | None, limits: Limits
) -> Answer:
    """Forecast with a model that is known, after what it learned from or after newer data of a request."""
    newer = None if data is None else _newer(data, model.fitted_.after, limits)
    ahead = None if future is None else as_data(future, limits, "future")
    return _predicted(name, model, asked, newer, ahead, limits)


def _newer(data: Frame, after: Panel, limits: Limits) -> Any:
    """Return newer data of a model: a panel where they have its columns, which are not guessed again."""
    columns = columns_of(data, limits)
    if not isinstance(columns, dict):
        return columns
    panel = known_panel(columns, after)
    return table_of(columns, after.columns.time) if panel is None else panel


def model_file_forecast(
    name: str, model: LSTMForecaster[Any], asked: ModelAhead, files: dict[str, File], writing: Writing, limits: Limits
) -> Answer:
    """Forecast with a model that is known after the data of an uploaded file."""
    after = model.fitted_.after
    table = None if "file" not in files else file_table(files["file"], writing, limits, like=after)
    panel = None if table is None else with_static_of(table.panel, after)
    ahead = None if "future_file" not in files else file_future(files["future_file"], writing, after)
    answer = _predicted(name, model, asked, panel, ahead, limits)
    return answer if table is None else _with_facts(answer, table)


def _predicted(
    name: str, model: LSTMForecaster[Any], asked: ModelAhead, data: Any, future: Any, limits: Limits
) -> Answer:
    horizon = asked.horizon or model.fitted_.horizon
    limits.check_horizon(horizon)
    limits.check_series(model.fitted_.after.n_series if data is None else 1, horizon)
    asking = _in_pandas(model)
    frame = asking.predict(horizon, data, future=future, level=asked.level, quantiles=asked.quantiles)
    return _answer(name, model, horizon, frame)


def _in_pandas(model: LSTMForecaster[Any]) -> LSTMForecaster[Any]:
    """Let a model that learned from tables of another library answer with those that are here."""
    fitted = model.fitted_
    if fitted.after.backend == "pandas" and not (fitted.after.types or fitted.after.id_parts):
        return model
    other = type(model).from_settings(model.settings_)
    other._fitted = replace(fitted, after=fitted.after.plain())
    other._fit_settings = model.settings_
    return other


def _answer(name: str, model: LSTMForecaster[Any], horizon: int, frame: Any) -> Answer:
    after = model.fitted_.after
    columns = {"id": after.columns.id, "time": after.columns.time, "target": after.columns.target}
    decisions = [] if name != PRETRAINED else list(model.decisions_)
    return Answer(
        model=name, horizon=horizon, freq=after.freq, columns=columns, forecast=rows_of(frame), decisions=decisions
    )


def _with_facts(answer: Answer, table: Table) -> Answer:
    answer.data = plain(table.facts())
    return answer
