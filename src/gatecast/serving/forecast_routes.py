"""What do the routes do that forecast and look at tables?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gatecast._json import JsonObject, plain
from gatecast.data.reading.ahead import without_future
from gatecast.serving.bodies import Body, File, as_json, decoded, options, read_body
from gatecast.serving.forecasts import file_forecast, json_forecast, model_file_forecast, model_forecast
from gatecast.serving.limits import Limits
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import (
    Ahead,
    Answer,
    ColumnRoles,
    ForecastRequest,
    ModelAhead,
    Understood,
    Writing,
)
from gatecast.serving.service import Service
from gatecast.serving.tables import file_table

__all__ = ["FORECAST_ROUTES", "MONTHS", "READS", "forecast_of_file", "forecast_of_model"]

# a table in examples
MONTHS = [{"ds": f"{2021 + n // 12}-{n % 12 + 1:02d}", "y": 100 + n + 20 * (n % 12 == 6)} for n in range(36)]
# statuses of problems of what reads a body
READS = (413, 415, 422, 429, 503)


async def forecast(service: Service, request: Request) -> Response:
    """Forecast a table, without training or by a model that is named."""
    body = await read_body(request, service.limits)
    if body.json is None:
        asked, writing = options(body.fields, Ahead, Writing)
        if asked.model is not None:
            return await forecast_of_file(service, asked.model, _about_model(asked), body, writing)
        return await _answered(service, file_forecast, body.file(), asked, writing, service.limits)
    asked = decoded(body, ForecastRequest)
    if asked.model is not None:
        return await forecast_of_model(service, asked.model, _about_model(asked), asked.data, asked.future)
    return await _answered(service, json_forecast, asked.data, asked, service.limits)


async def inspect(service: Service, request: Request) -> Response:
    """Tell what is understood of a table."""
    body = await read_body(request, service.limits)
    roles, writing = options(body.fields, ColumnRoles, Writing)
    file = File("upload.json", body.json) if body.json is not None else body.file()
    facts, notes = await service.run(_understood, file, roles, writing, service.limits)
    return as_json({**facts, "notes": [*facts["notes"], *notes]})


def _about_model(asked: Ahead) -> ModelAhead:
    return ModelAhead(horizon=asked.horizon, level=asked.level, quantiles=asked.quantiles)


async def forecast_of_model(service: Service, name: str, asked: ModelAhead, data: Any, future: Any) -> Response:
    """Answer what a model forecasts, after its own data or after those of a request."""

    def work() -> Answer:
        return model_forecast(name, service.models.get(name), asked, data, future, service.limits)

    return await _answered(service, work)


async def forecast_of_file(service: Service, name: str, asked: ModelAhead, body: Body, writing: Writing) -> Response:
    """Answer what a model forecasts after an uploaded file."""

    def work() -> Answer:
        return model_file_forecast(name, service.models.get(name), asked, body.files, writing, service.limits)

    return await _answered(service, work)


async def _answered(service: Service, work: Callable[..., Answer], *args: Any) -> Response:
    answer, notes = await service.run(work, *args)
    answer.notes = notes
    service.measures.forecasts(answer.model, max(1, len(answer.forecast) // answer.horizon))
    return as_json(answer)


def _understood(file: File, roles: ColumnRoles, writing: Writing, limits: Limits) -> JsonObject:
    table, n_ahead = without_future(file_table(file, writing, limits, names=roles))
    facts: JsonObject = plain({"kind": "table", **table.facts(), "n_future": n_ahead})
    return facts


EXAMPLES = {
    "records": {"data": MONTHS, "horizon": 12, "level": 80},
    "columns": {"data": {"ds": [row["ds"] for row in MONTHS], "y": [row["y"] for row in MONTHS]}, "horizon": 3},
    "numbers": {"data": [row["y"] for row in MONTHS], "horizon": 3, "season_length": 12, "quantiles": [0.1, 0.9]},
}
FORECAST_ROUTES = (
    Route(
        "POST",
        "/v1/forecast",
        forecast,
        "forecast",
        "What comes next in these series? Without training, or by a model that is named.",
        Answer,
        ForecastRequest,
        Upload((Ahead, Writing), ("file", "future_file")),
        EXAMPLES,
        problems=(404, *READS),
    ),
    Route(
        "POST",
        "/v1/inspect",
        inspect,
        "inspect",
        "What is understood of a table: columns, times, frequency, gaps, series, and how it is written?",
        Understood,
        None,
        Upload((ColumnRoles, Writing)),
        problems=READS,
    ),
)
