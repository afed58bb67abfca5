"""What happens to every request, whatever it asks? It gets an id, is let in or not, counted, and ends in an answer.

Errors end as problem details; a failure of the server's own is one too, and tells nothing of the data.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatecast.exceptions import GatecastError
from gatecast.serving.logs import LOG
from gatecast.serving.problems import RequestError, problem
from gatecast.serving.service import Service
from gatecast.texts.message import Message as Text

__all__ = ["Envelope", "answer_problem", "language_of"]

MOST_SHOWN = 100


@dataclass
class Envelope:
    """Wraps the routes of a server."""

    routes: ASGIApp
    service: Service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.routes(scope, receive, send)
            return
        request_id, started, status = uuid4().hex, time.perf_counter(), 0
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        client = "-"
        try:
            client = self.service.access.check(Request(scope))
            await self.routes(scope, receive, sending)
        except GatecastError as error:
            await answer_problem(Request(scope), error)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001  the last line of defence: the next request is answered, too
            _log_mistake(error, request_id)
            if not status:
                mistake = RequestError(Text("serving.mistake"), status=500)
                await answer_problem(Request(scope), mistake)(scope, receive, sending)
        self._ended(scope, request_id, client, status, time.perf_counter() - started)

    def _ended(self, scope: Scope, request_id: str, client: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        facts = {"id": request_id, "client": client, "method": scope["method"], "route": route, "status": status}
        self.service.measures.request(scope["method"] if route != "-" else "-", route, status, seconds)
        LOG.info("request", extra={"facts": {**facts, "ms": round(1e3 * seconds, 1)}})


def _log_mistake(error: Exception, request_id: str) -> None:
    """Note where something failed, without its message, which may hold data."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    LOG.error("mistake", extra={"facts": {"id": request_id, "error": type(error).__name__, "frames": frames}})


def answer_problem(request: Request, error: Exception) -> Response:
    """Answer an error that was raised on purpose."""
    status, content, headers = problem(_told(request, error), language_of(request), _id_of(request))
    return Response(content, status, headers)


def _told(request: Request, error: Exception) -> GatecastError:
    if isinstance(error, GatecastError):
        return error
    facts = {"path": request.url.path[:MOST_SHOWN], "method": request.method}
    if not isinstance(error, HTTPException):
        return RequestError(Text("serving.mistake"), status=500)
    key = {404: "serving.not_here", 405: "serving.method"}.get(error.status_code)
    why: Text | str = Text(key, facts) if key else str(error.detail)
    return RequestError(why, status=error.status_code, headers=error.headers)


def _id_of(request: Request) -> str:
    state: dict[str, Any] = request.scope.get("state", {})
    return str(state.get("request_id", ""))


def language_of(request: Request) -> str:
    """Return the language of the sentences of an answer: Chinese where the client asks for it first."""
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
