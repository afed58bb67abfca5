"""What do the routes do that tell of models: which there are, what they forecast, what they remember?"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gatecast._files import write_atomically
from gatecast._json import plain
from gatecast.data import Panel
from gatecast.forecaster import LSTMForecaster
from gatecast.serving.bodies import as_json, decoded, options, read_body
from gatecast.serving.explained import gates_of, report_of
from gatecast.serving.forecast_routes import READS, forecast_of_file, forecast_of_model
from gatecast.serving.kept import read_panels
from gatecast.serving.models import about
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import Answer, Model, ModelAhead, ModelForecastRequest, Models, Writing
from gatecast.serving.service import Service
from gatecast.texts import check_language
from gatecast.texts.message import Message

__all__ = ["MODEL_ROUTES", "learned"]

PAGE = "text/html"
MOST_DIGITS = 8


async def models(service: Service, request: Request) -> Response:  # noqa: ARG001  every route gets both
    """List the models."""
    found, _ = await service.run(lambda: [about(name, service.models.get(name)) for name in service.models.names()])
    return as_json(Models(models=found))


async def model(service: Service, request: Request, name: str) -> Response:  # noqa: ARG001
    """Tell of one model."""
    found, _ = await service.run(lambda: about(name, service.models.get(name)))
    return as_json(found)


async def forecast_with(service: Service, request: Request, name: str) -> Response:
    """Forecast with a model."""
    body = await read_body(request, service.limits)
    if body.json is None:
        asked, writing = options(body.fields, ModelAhead, Writing)
        return await forecast_of_file(service, name, asked, body, writing)
    asked = decoded(body, ModelForecastRequest)
    return await forecast_of_model(service, name, asked, asked.data, asked.future)


async def delete(service: Service, request: Request, name: str) -> Response:  # noqa: ARG001
    """Remove a model."""
    await asyncio.to_thread(service.needed_jobs().remove_model, name)
    return Response(status_code=204)


async def gates(service: Service, request: Request, name: str) -> Response:
    """Tell what the units of a model remember."""
    unique_id, member = request.query_params.get("unique_id"), _member(request)
    found, panel, _ = await learned(service, name)
    told, _ = await service.run(gates_of, found, panel, unique_id, member)
    return as_json(plain(told))


async def report(service: Service, request: Request, name: str) -> Response:
    """Answer the page of a report, which is made once and kept beside the model."""
    lang = check_language(request.query_params.get("lang", "en"))
    jobs = service.needed_jobs()
    found, panel, _ = await learned(service, name)
    file = jobs.folder(jobs.of_model(name) or "") / f"report-{lang}.html"

    def make() -> bytes:
        if not file.exists():
            write_atomically(file, report_of(name, found, panel, lang).encode())
        return file.read_bytes()

    page, _ = await service.run_slowly(make)
    return Response(page, media_type=PAGE)


async def learned(service: Service, name: str) -> tuple[LSTMForecaster[Any], Panel, Panel | None]:
    """Return a model, what it learned from, and the rows about the future that came with that."""

    def read() -> tuple[LSTMForecaster[Any], Panel, Panel | None]:
        found = service.models.get(name)
        job = None if service.jobs is None else service.jobs.of_model(name)
        if service.jobs is None or job is None:
            raise RequestError(Message("serving.no_data", {"name": name}), status=409, field="name")
        return found, *read_panels(service.jobs.folder(job))

    all_of_it, _ = await service.run(read)
    return all_of_it


def _member(request: Request) -> int:
    text = request.query_params.get("member", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        facts = {"what": "Expected `int` >= 0", "field": "member"}
        raise RequestError(Message("serving.unfit", facts), field="member")
    return int(text)


READ, KNOWN = (404, 422, 429, 503), (404, 409, 422, 429, 503)
MODEL_ROUTES = (
    Route("GET", "/v1/models", models, "list_models", "Which models can be asked?", Models, problems=(429, 503)),
    Route(
        "GET",
        "/v1/models/{name}",
        model,
        "get_model",
        "What is a model, and what did it learn from?",
        Model,
        problems=READ,
    ),
    Route(
        "POST",
        "/v1/models/{name}/forecast",
        forecast_with,
        "forecast_with_model",
        "What does a model forecast, after the data that it learned from or after newer ones?",
        Answer,
        ModelForecastRequest,
        Upload((ModelAhead, Writing), ("file", "future_file")),
        {"after its data": {"horizon": 3, "level": 80}},
        problems=(404, *READS),
    ),
    Route(
        "DELETE",
        "/v1/models/{name}",
        delete,
        "delete_model",
        "Remove a model that was trained here, and what it learned from.",
        status=204,
        problems=(404, 409, 422),
    ),
    Route(
        "GET",
        "/v1/models/{name}/gates",
        gates,
        "model_gates",
        "What do the units of a model remember, and for how long?",
        dict,
        problems=KNOWN,
        parameters=(("unique_id", {"type": "string"}), ("member", {"type": "integer", "minimum": 0})),
    ),
    Route(
        "GET",
        "/v1/models/{name}/report",
        report,
        "model_report",
        "A page for everyone about a model, its data and its forecast.",
        types=(PAGE,),
        problems=KNOWN,
        parameters=(("lang", {"type": "string", "enum": ["en", "zh"]}),),
    ),
)
