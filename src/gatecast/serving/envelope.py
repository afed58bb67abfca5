"""What happens to every request, whatever it asks? It gets an id, is let in or not, counted, and ends in an answer.

Errors end as problem details; a failure of the server's own is one too, and tells nothing of the data.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from random import getrandbits
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gatecast.exceptions import GatecastError
from gatecast.serving.logs import LOG, log_request
from gatecast.serving.problems import RequestError, problem
from gatecast.serving.routes import Router
from gatecast.serving.service import Service
from gatecast.texts.message import Message as Text

__all__ = ["Envelope", "answer_problem", "language_of"]

# the status of a request whose client went away: nobody hears it, and the log says so
GONE = 499


@dataclass
class Envelope:
    """The routes of a server as an application (ASGI)."""

    routes: Router
    service: Service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id, started, status = f"{getrandbits(128):032x}", time.perf_counter(), 0
        scope["state"] = {"request_id": request_id}

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        request, method, client, path = Request(scope, receive), scope["method"], "-", "-"
        try:
            client = self.service.access.check(method, scope["path"], request.headers)
            route, parts = self.routes.find(method, scope["path"])
            path = route.path
            await (await route.work(self.service, request, **parts))(scope, receive, sending)
        except ClientDisconnect:
            status = status or GONE
        except (GatecastError, HTTPException) as error:
            await answer_problem(request, error)(scope, receive, sending)
        except Exception as error:  # noqa: BLE001  the last line of defence: the next request is answered, too
            _log_mistake(error, request_id)
            if not status:
                mistake = RequestError(Text("serving.mistake"), status=500)
                await answer_problem(request, mistake)(scope, receive, sending)
        seconds = time.perf_counter() - started
        self.service.measures.request(method if path != "-" else "-", path, status, seconds)
        log_request(request_id, client, method, path, status, seconds)


def _log_mistake(error: Exception, request_id: str) -> None:
    """Note where something failed, without its message, which may hold data."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    LOG.error("mistake", extra={"facts": {"id": request_id, "error": type(error).__name__, "frames": frames}})


def answer_problem(request: Request, error: GatecastError | HTTPException) -> Response:
    """Answer an error that was raised on purpose."""
    status, content, headers = problem(_told(error), language_of(request), _id_of(request))
    return Response(content, status, headers)


def _told(error: GatecastError | HTTPException) -> GatecastError:
    if isinstance(error, GatecastError):
        return error
    return RequestError(str(error.detail), status=error.status_code, headers=error.headers)


def _id_of(request: Request) -> str:
    state: dict[str, Any] = request.scope.get("state", {})
    return str(state.get("request_id", ""))


def language_of(request: Request) -> str:
    """Return the language of the sentences of an answer: Chinese where the client asks for it first."""
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
