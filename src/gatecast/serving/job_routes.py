"""What do the routes do that train models, tell how that goes, and show what came of it?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gatecast._files import write_atomically
from gatecast._json import JsonObject, plain
from gatecast.serving.bodies import Body, options, read_body
from gatecast.serving.explained import gates_of, report_of
from gatecast.serving.forecast_routes import MONTHS, NamePath, as_json, decoded
from gatecast.serving.forecasts import PRETRAINED
from gatecast.serving.jobs import ENDED, Jobs
from gatecast.serving.kept import Asked, read_panel
from gatecast.serving.models import about
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import Job, TrainOptions, TrainRequest, Writing
from gatecast.serving.schemas import Jobs as JobList
from gatecast.serving.service import Service
from gatecast.texts import check_language
from gatecast.texts.message import Message

__all__ = ["EVENTS", "job_routes", "learned"]

EVENTS, PAGE = "text/event-stream", "text/html"
JobPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of a training.")]
EXAMPLE = '{"max_seconds": 60}'
MOST_EVENT = 10**9


def job_routes(service: Service) -> list[Route]:
    """Return the routes about training."""

    async def train(request: Request) -> Response:
        jobs = service.needed_jobs()
        asked = _asked(await read_body(request, service.limits))
        service.limits.check_horizon(asked.options.horizon)
        _check_name(service, jobs, asked.options.name)

        def add() -> Job:
            # what cannot be learned from is said now, and not by a job that fails
            asked.panel(service.limits)
            return jobs.add(asked)

        job, _ = await service.run(add)
        jobs.wake()
        return as_json(job, 202)

    async def list_jobs(request: Request) -> Response:  # noqa: ARG001  every route gets it
        return as_json(JobList(jobs=await asyncio.to_thread(service.needed_jobs().list)))

    async def get_job(request: Request, job: JobPath) -> Response:  # noqa: ARG001
        return as_json(await asyncio.to_thread(_with_model, service, job))

    async def cancel_job(request: Request, job: JobPath) -> Response:  # noqa: ARG001
        return as_json(await service.needed_jobs().cancel(job))

    async def job_events(request: Request, job: JobPath) -> Response:
        jobs = service.needed_jobs()
        await asyncio.to_thread(jobs.get, job)
        seen = request.headers.get("last-event-id", "")
        after = min(int(seen[:12]), MOST_EVENT) if seen.isascii() and seen.isdecimal() else 0
        return StreamingResponse(_told(jobs, job, after), media_type=EVENTS, headers={"cache-control": "no-store"})

    async def delete(request: Request, name: NamePath) -> Response:  # noqa: ARG001
        await asyncio.to_thread(service.needed_jobs().remove_model, name)
        return Response(status_code=204)

    async def gates(request: Request, name: NamePath) -> Response:
        unique_id, member = request.query_params.get("unique_id"), _member(request)
        model, panel = await learned(service, name)
        found, _ = await service.run(gates_of, model, panel, unique_id, member)
        return as_json(plain(found))

    async def report(request: Request, name: NamePath) -> Response:
        lang = check_language(request.query_params.get("lang", "en"))
        return Response(await _report(service, name, lang), media_type=PAGE)

    reads = (404, 422, 429, 503)
    body = (413, 415, 422, 429, 503)
    upload, asked = Upload((TrainOptions, Writing)), {"train": {"name": "sales", "horizon": 12, "data": MONTHS}}
    return [
        Route(
            "POST",
            "/v1/models",
            train,
            "train_model",
            "Train a model in a process of its own. The answer is a job, which `GET /v1/jobs/{job}` tells of.",
            Job,
            TrainRequest,
            upload,
            asked,
            202,
            (409, *body),
        ),
        Route("GET", "/v1/jobs", list_jobs, "list_jobs", "Which trainings are there?", JobList, problems=(409,)),
        Route(
            "GET",
            "/v1/jobs/{job}",
            get_job,
            "get_job",
            "How far is a training, and what came of it?",
            Job,
            problems=(404, 409, 422),
        ),
        Route(
            "DELETE",
            "/v1/jobs/{job}",
            cancel_job,
            "cancel_job",
            "End a training; one that ended already stays as it is.",
            Job,
            problems=(404, 409, 422),
        ),
        Route(
            "GET",
            "/v1/jobs/{job}/events",
            job_events,
            "job_events",
            "How does a training go, as server-sent events: `progress`, a point of a loss curve, and `state`, the job.",
            types=(EVENTS,),
            problems=(404, 409, 422),
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
            problems=(*reads, 409),
            parameters=(("unique_id", {"type": "string"}), ("member", {"type": "integer", "minimum": 0})),
        ),
        Route(
            "GET",
            "/v1/models/{name}/report",
            report,
            "model_report",
            "A page for everyone about a model, its data and its forecast.",
            types=(PAGE,),
            problems=(*reads, 409),
            parameters=(("lang", {"type": "string", "enum": ["en", "zh"]}),),
        ),
    ]


def _check_name(service: Service, jobs: Jobs, name: str) -> None:
    """Refuse a name that is not to be taken: that of a model of the command line, or of the pretrained networks."""
    is_file = name in service.models.names() and jobs.of_model(name) is None
    if is_file or name == PRETRAINED:
        raise RequestError(Message("serving.taken", {"name": name}), status=409, field="name")


def _asked(body: Body) -> Asked:
    if body.json is not None:
        asked = decoded(body, TrainRequest)
        kept = {name: getattr(asked, name) for name in TrainOptions.__struct_fields__}
        return Asked(TrainOptions(**kept), asked.data)
    file, fields = body.file(), dict(body.fields)
    settings = _settings(fields.pop("settings", ["{}"])[-1])
    chosen, writing = options(fields, TrainOptions, Writing)
    return Asked(msgspec.structs.replace(chosen, settings=settings), file=file, writing=writing)


def _settings(text: str) -> JsonObject:
    try:
        found: JsonObject = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise RequestError(Message("serving.settings_json", {"example": EXAMPLE}), field="settings") from None
    return found


def _with_model(service: Service, job: str) -> Job:
    jobs = service.needed_jobs()
    found = jobs.get(job)
    if found.state == "done" and jobs.of_model(found.name) == job:
        found.model = about(found.name, service.models.get(found.name))
    return found


async def _told(jobs: Jobs, job: str, after: int) -> AsyncIterator[bytes]:
    async for number, kind, facts in jobs.events(job, after):
        yield f"id: {number}\nevent: {kind}\ndata: {json.dumps(plain(facts))}\n\n".encode()
        if kind == "state" and facts["state"] in ENDED:
            return


async def _report(service: Service, name: str, lang: str) -> bytes:
    """Return the page of a report, which is made once and kept beside the model."""
    jobs = service.needed_jobs()
    model, panel = await learned(service, name)
    file = jobs.folder(jobs.of_model(name) or "") / f"report-{lang}.html"

    def make() -> bytes:
        if not file.exists():
            write_atomically(file, report_of(name, model, panel, lang).encode())
        return file.read_bytes()

    page, _ = await service.run_slowly(make)
    return page


async def learned(service: Service, name: str) -> tuple[Any, Any]:
    """Return a model and what it learned from."""

    def read() -> tuple[Any, Any]:
        model = service.models.get(name)
        job = None if service.jobs is None else service.jobs.of_model(name)
        if service.jobs is None or job is None:
            raise RequestError(Message("serving.no_data", {"name": name}), status=409, field="name")
        return model, read_panel(service.jobs.folder(job))

    found, _ = await service.run(read)
    return found


def _member(request: Request) -> int:
    text = request.query_params.get("member", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        facts = {"what": "Expected `int` >= 0", "field": "member"}
        raise RequestError(Message("serving.unfit", facts), field="member")
    return int(text)
