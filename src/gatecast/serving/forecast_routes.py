"""What do the routes do that forecast and look at tables?"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from gatecast._json import JsonObject, plain
from gatecast.data.reading.ahead import without_future
from gatecast.serving.bodies import JSON, Body, File, options, read_body
from gatecast.serving.forecasts import (
    file_forecast,
    json_forecast,
    model_file_forecast,
    model_forecast,
)
from gatecast.serving.limits import Limits
from gatecast.serving.models import about
from gatecast.serving.problems import unfit
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import (
    Ahead,
    Answer,
    ColumnRoles,
    ForecastRequest,
    Model,
    ModelAhead,
    ModelForecastRequest,
    Models,
    Understood,
    Writing,
)
from gatecast.serving.service import Service
from gatecast.serving.tables import file_table

__all__ = ["NamePath", "as_json", "decoded", "forecast_routes"]

T = TypeVar("T")
NamePath = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100, examples=["sales"])]
MONTHS = [{"ds": f"{2021 + n // 12}-{n % 12 + 1:02d}", "y": 100 + n + 20 * (n % 12 == 6)} for n in range(36)]


def as_json(answer: object, status: int = 200) -> Response:
    """Return an answer as JSON; numbers that are none become null."""
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


def decoded(body: Body, kind: type[T]) -> T:
    """Return what a body holds as JSON; a refusal where it does not fit."""
    try:
        return msgspec.json.decode(body.json or b"", type=kind)
    except msgspec.DecodeError as error:
        raise unfit(error) from None
    except RecursionError:
        raise unfit(msgspec.DecodeError("it is nested too deeply")) from None


def forecast_routes(service: Service) -> list[Route]:
    """Return the routes that forecast and look at tables."""

    async def forecast(request: Request) -> Response:
        body = await read_body(request, service.limits)
        if body.json is None:
            asked, writing = options(body.fields, Ahead, Writing)
            return await _of_file(service, body, asked, writing)
        asked = decoded(body, ForecastRequest)
        if asked.model is not None:
            return await _of_model(service, asked.model, _about_model(asked), asked.data, asked.future)
        return await _answered(service, json_forecast, asked.data, asked, service.limits)

    async def forecast_with(request: Request, name: NamePath) -> Response:
        body = await read_body(request, service.limits)
        if body.json is None:
            asked, writing = options(body.fields, ModelAhead, Writing)
            return await _of_model_file(service, name, asked, body, writing)
        asked = decoded(body, ModelForecastRequest)
        return await _of_model(service, name, asked, asked.data, asked.future)

    async def inspect(request: Request) -> Response:
        body = await read_body(request, service.limits)
        roles, writing = options(body.fields, ColumnRoles, Writing)
        file = File("upload.json", body.json) if body.json is not None else body.file()
        facts, notes = await service.run(_understood, file, roles, writing, service.limits)
        return as_json({**facts, "notes": [*facts["notes"], *notes]})

    async def models(request: Request) -> Response:  # noqa: ARG001  every route gets it
        found, _ = await service.run(lambda: [about(name, service.models.get(name)) for name in service.models.names()])
        return as_json(Models(models=found))

    async def model(request: Request, name: NamePath) -> Response:  # noqa: ARG001
        found, _ = await service.run(lambda: about(name, service.models.get(name)))
        return as_json(found)

    examples = {
        "records": {"data": MONTHS, "horizon": 12, "level": 80},
        "columns": {"data": {"ds": [row["ds"] for row in MONTHS], "y": [row["y"] for row in MONTHS]}, "horizon": 3},
        "numbers": {"data": [row["y"] for row in MONTHS], "horizon": 3, "season_length": 12, "quantiles": [0.1, 0.9]},
    }
    upload = Upload((Ahead, Writing), ("file", "future_file"))
    of_model = Upload((ModelAhead, Writing), ("file", "future_file"))
    return [
        Route(
            "POST",
            "/v1/forecast",
            forecast,
            "forecast",
            "What comes next in these series? Without training, or by a model that is named.",
            Answer,
            ForecastRequest,
            upload,
            examples,
            problems=(404, 413, 415, 422, 429, 503),
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
            problems=(413, 415, 422, 429, 503),
        ),
        Route("GET", "/v1/models", models, "list_models", "Which models can be asked?", Models, problems=(429, 503)),
        Route(
            "GET",
            "/v1/models/{name}",
            model,
            "get_model",
            "What is a model, and what did it learn from?",
            Model,
            problems=(404, 422, 429, 503),
        ),
        Route(
            "POST",
            "/v1/models/{name}/forecast",
            forecast_with,
            "forecast_with_model",
            "What does a model forecast, after the data that it learned from or after newer ones?",
            Answer,
            ModelForecastRequest,
            of_model,
            {"after its data": {"horizon": 3, "level": 80}},
            problems=(404, 413, 415, 422, 429, 503),
        ),
    ]


def _about_model(asked: Ahead) -> ModelAhead:
    return ModelAhead(horizon=asked.horizon, level=asked.level, quantiles=asked.quantiles)


async def _of_file(service: Service, body: Body, asked: Ahead, writing: Writing) -> Response:
    if asked.model is not None:
        return await _of_model_file(service, asked.model, _about_model(asked), body, writing)
    return await _answered(service, file_forecast, body.file(), asked, writing, service.limits)


async def _of_model(service: Service, name: str, asked: ModelAhead, data: object, future: object) -> Response:
    def work() -> Answer:
        return model_forecast(name, service.models.get(name), asked, data, future, service.limits)  # type: ignore[arg-type]

    return await _answered(service, work)


async def _of_model_file(service: Service, name: str, asked: ModelAhead, body: Body, writing: Writing) -> Response:
    def work() -> Answer:
        return model_file_forecast(name, service.models.get(name), asked, body.files, writing, service.limits)

    return await _answered(service, work)


async def _answered(service: Service, work: object, *args: object) -> Response:
    answer, notes = await service.run(work, *args)  # type: ignore[arg-type, var-annotated]
    answer.notes = notes
    service.measures.forecasts(answer.model, max(1, len(answer.forecast) // answer.horizon))
    return as_json(answer)


def _understood(file: File, roles: ColumnRoles, writing: Writing, limits: Limits) -> JsonObject:
    table, n_ahead = without_future(file_table(file, writing, limits, names=roles))
    facts: JsonObject = plain({"kind": "table", **table.facts(), "n_future": n_ahead})
    return facts
