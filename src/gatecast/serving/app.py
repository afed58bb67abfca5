"""How do routes become an application (ASGI)? FastAPI finds the route, the rest stands in the modules beside this."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gatecast._json import JsonObject
from gatecast.exceptions import GatecastError
from gatecast.serving.bodies import JSON
from gatecast.serving.envelope import Envelope, answer_problem
from gatecast.serving.forecast_routes import as_json, forecast_routes
from gatecast.serving.job_routes import job_routes
from gatecast.serving.kserve import kserve_routes
from gatecast.serving.measures import TEXT
from gatecast.serving.models import NAME
from gatecast.serving.openapi import describe, extra_of, responses_of
from gatecast.serving.page.routes import add_page
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route
from gatecast.serving.schemas import Health
from gatecast.serving.service import Service, noting
from gatecast.serving.stream_routes import stream_routes
from gatecast.texts.message import Message

__all__ = ["make_app", "make_routes"]

# the status of a request whose client went away
GONE = 499


# what the parts of an address may be that name something
PARTS = {"name": NAME, "id": NAME, "job": re.compile("[0-9a-f]{32}")}


class _Direct(APIRoute):
    """Calls the function of a route at once: bodies are decoded there, and what an address names is checked here."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        work = self.endpoint

        async def answer(request: Request) -> Response:
            for part, value in request.path_params.items():
                if not PARTS[part].fullmatch(value):
                    facts = {"what": f"Expected `{PARTS[part].pattern}`", "field": part}
                    raise RequestError(Message("serving.unfit", facts), field=part)
            response: Response = await work(request, **request.path_params)
            return response

        return answer


def make_app(service: Service) -> Envelope:
    """Make the application that answers for a service.

    Examples:
        >>> app = make_app(Service())
        >>> sorted(app.routes.openapi()["paths"])[0]
        '/healthz'
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with noting():
            await service.start()
            yield
            await service.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.router.route_class = _Direct
    routes = make_routes(service)
    for route in routes:
        _add(app, route)
    for kind in (GatecastError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(ClientDisconnect, _gone)
    _add_document(app, routes)
    add_page(app, service)
    return Envelope(app, service)


def make_routes(service: Service) -> list[Route]:
    """Return all routes of a service."""
    return [
        *forecast_routes(service),
        *job_routes(service),
        *stream_routes(service),
        *kserve_routes(service),
        *_health_routes(service),
    ]


def _add(app: FastAPI, route: Route) -> None:
    app.add_api_route(
        route.path,
        route.work,
        methods=[route.method],
        summary=route.summary,
        operation_id=route.name,
        status_code=route.status,
        responses=responses_of(route),
        openapi_extra=extra_of(route),
        response_class=Response,
        response_model=None,
    )


def _add_document(app: FastAPI, routes: list[Route]) -> None:
    make = app.openapi
    made: JsonObject = {}

    def document() -> JsonObject:
        return made or (made.update(describe(make(), routes)) or made)

    app.openapi = document  # type: ignore[method-assign]

    async def openapi(request: Request) -> Response:  # noqa: ARG001
        return Response(msgspec.json.encode(app.openapi()), media_type=JSON)

    app.add_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    # nobody hears it, and the log says so
    return Response(status_code=GONE)


async def _answer(request: Request, error: Exception) -> Response:
    return answer_problem(request, error)


def _health_routes(service: Service) -> list[Route]:
    async def healthz(request: Request) -> Response:  # noqa: ARG001
        return as_json(Health(status="ok"))

    async def readyz(request: Request) -> Response:  # noqa: ARG001
        if service.is_closing:
            return as_json(Health(status="closing"), 503)
        return as_json(Health(status="ready"))

    async def metrics(request: Request) -> Response:  # noqa: ARG001
        text = await asyncio.to_thread(service.measures.text)
        return Response(text, media_type=TEXT)

    return [
        Route("GET", "/metrics", metrics, "metrics", "How does the server do, for Prometheus?", types=("text/plain",)),
        Route("GET", "/healthz", healthz, "healthz", "Does the server work?", Health),
        Route("GET", "/readyz", readyz, "readyz", "Can the server take requests?", Health, problems=(503,)),
    ]
