"""What do the routes do that train models and tell how that goes?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gatecast._json import JsonObject, plain
from gatecast.serving.bodies import Body, as_json, decoded, options, read_body
from gatecast.serving.forecast_routes import MONTHS, READS
from gatecast.serving.forecasts import PRETRAINED
from gatecast.serving.jobs import ENDED, Jobs
from gatecast.serving.kept import Asked
from gatecast.serving.models import about
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import Job, TrainOptions, TrainRequest, Writing
from gatecast.serving.schemas import Jobs as JobList
from gatecast.serving.service import Service
from gatecast.texts.message import Message

__all__ = ["JOB_ROUTES"]

EVENTS = "text/event-stream"
EXAMPLE = '{"max_seconds": 60}'
MOST_EVENT = 10**9


async def train(service: Service, request: Request) -> Response:
    """Take in a request to train, which waits for its turn."""
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


async def list_jobs(service: Service, request: Request) -> Response:  # noqa: ARG001  every route gets both
    """List the trainings."""
    return as_json(JobList(jobs=await asyncio.to_thread(service.needed_jobs().list)))


async def get_job(service: Service, request: Request, job: str) -> Response:  # noqa: ARG001
    """Tell of one training."""
    return as_json(await asyncio.to_thread(_with_model, service, job))


async def cancel_job(service: Service, request: Request, job: str) -> Response:  # noqa: ARG001
    """End a training."""
    return as_json(await service.needed_jobs().cancel(job))


async def job_events(service: Service, request: Request, job: str) -> Response:
    """Tell how a training goes while it goes on."""
    jobs = service.needed_jobs()
    await asyncio.to_thread(jobs.get, job)
    seen = request.headers.get("last-event-id", "")
    after = min(int(seen[:12]), MOST_EVENT) if seen.isascii() and seen.isdecimal() else 0
    return StreamingResponse(_told(jobs, job, after), media_type=EVENTS, headers={"cache-control": "no-store"})


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


NAMED = (404, 409, 422)
JOB_ROUTES = (
    Route(
        "POST",
        "/v1/models",
        train,
        "train_model",
        "Train a model in a process of its own. The answer is a job, which `GET /v1/jobs/{job}` tells of.",
        Job,
        TrainRequest,
        Upload((TrainOptions, Writing)),
        {"train": {"name": "sales", "horizon": 12, "data": MONTHS}},
        202,
        (409, *READS),
    ),
    Route("GET", "/v1/jobs", list_jobs, "list_jobs", "Which trainings are there?", JobList, problems=(409,)),
    Route(
        "GET", "/v1/jobs/{job}", get_job, "get_job", "How far is a training, and what came of it?", Job, problems=NAMED
    ),
    Route(
        "DELETE",
        "/v1/jobs/{job}",
        cancel_job,
        "cancel_job",
        "End a training; one that ended already stays as it is.",
        Job,
        problems=NAMED,
    ),
    Route(
        "GET",
        "/v1/jobs/{job}/events",
        job_events,
        "job_events",
        "How does a training go, as server-sent events: `progress`, a point of a loss curve, and `state`, the job.",
        types=(EVENTS,),
        problems=NAMED,
    ),
)
