"""Which routes does the server have, and how do they become an application (ASGI)?"""

from __future__ import annotations

import asyncio
from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gatecast.serving.bodies import JSON, as_json
from gatecast.serving.envelope import Envelope
from gatecast.serving.forecast_routes import FORECAST_ROUTES
from gatecast.serving.job_routes import JOB_ROUTES
from gatecast.serving.kserve import KSERVE_ROUTES
from gatecast.serving.measures import TEXT
from gatecast.serving.model_routes import MODEL_ROUTES
from gatecast.serving.openapi import described
from gatecast.serving.page.routes import PAGE_ROUTES
from gatecast.serving.routes import Route, Router
from gatecast.serving.schemas import Health
from gatecast.serving.service import Service
from gatecast.serving.stream_routes import STREAM_ROUTES

__all__ = ["ROUTES", "make_app"]


def make_app(service: Service) -> Envelope:
    """Make the application that answers for a service.

    Examples:
        >>> app = make_app(Service())
        >>> app.routes.find("GET", "/healthz")[0].name
        'healthz'
    """
    return Envelope(Router((*ROUTES, *HIDDEN)), service)


async def healthz(service: Service, request: Request) -> Response:  # noqa: ARG001  every route gets both
    """Tell that the server works."""
    return as_json(Health(status="ok"))


async def readyz(service: Service, request: Request) -> Response:  # noqa: ARG001
    """Tell whether the server takes requests."""
    return as_json(Health(status=service.state), 200 if service.state == "ready" else 503)


async def metrics(service: Service, request: Request) -> Response:  # noqa: ARG001
    """Tell what is measured."""
    return Response(await asyncio.to_thread(service.measures.text), media_type=TEXT)


ROUTES: tuple[Route, ...] = (
    *STREAM_ROUTES,
    *FORECAST_ROUTES,
    *MODEL_ROUTES,
    *JOB_ROUTES,
    *KSERVE_ROUTES,
    Route("GET", "/metrics", metrics, "metrics", "How does the server do, for Prometheus?", types=("text/plain",)),
    Route("GET", "/healthz", healthz, "healthz", "Does the server work?", Health),
    Route("GET", "/readyz", readyz, "readyz", "Can the server take requests?", Health, problems=(503,)),
)


@cache
def _document() -> bytes:
    return msgspec.json.encode(described(ROUTES))


async def openapi(service: Service, request: Request) -> Response:  # noqa: ARG001
    """Describe the routes."""
    return Response(_document(), media_type=JSON)


HIDDEN = (Route("GET", "/openapi.json", openapi), *PAGE_ROUTES)
