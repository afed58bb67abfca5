"""What does a client hear when a request cannot be answered? A sentence of the library, as problem details (RFC 9457).

A problem names the field of the request that is wrong, where that is known, and the code of its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from gatecast._json import JsonObject
from gatecast.exceptions import ConfigError, DataError, GatecastError, ModelFileError, TimeLimitError
from gatecast.texts.message import Message
from gatecast.texts.sentences import translated

__all__ = ["PROBLEM", "RequestError", "as_request_error", "problem", "unfit"]

PROBLEM = "application/problem+json"
# the argument that an error's sentence is about
ARGUMENT = re.compile(r"^`(\w+)")
# where msgspec found what it could not take
PLACE = re.compile(r" - at `\$\.?(\w*)(.*)`$")
UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")
MISSING_FIELD = re.compile(r"missing required field `([^`]*)`")
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TimeLimitError, 503),
    (ModelFileError, 422),
    (ConfigError, 422),
    (DataError, 422),
    (GatecastError, 422),
)


class RequestError(GatecastError):
    """A request that is not answered: why, with which status, because of which field, and with which headers."""

    def __init__(
        self,
        why: Message | str,
        *,
        status: int = 422,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(why)
        self.status, self.field, self.headers = status, field, dict(headers or {})


def problem(error: GatecastError, lang: str = "en", request_id: str = "") -> tuple[int, bytes, dict[str, str]]:
    """Return the status, the body and the headers that answer a request which failed.

    Examples:
        >>> problem(ConfigError("`horizon` must be a positive integer, got 0. Use `horizon=24`."))[0]
        422
    """
    refusal = as_request_error(error)
    told = refusal.args[0]
    facts: JsonObject = {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": told.say(lang) if isinstance(told, Message) else translated(str(told), lang),
        "error": type(error).__name__,
        "field": refusal.field,
        "code": told.code if isinstance(told, Message) else None,
        "request_id": request_id,
    }
    return refusal.status, msgspec.json.encode(facts), {"content-type": PROBLEM, **refusal.headers}


def as_request_error(error: GatecastError) -> RequestError:
    """Return the refusal that an error of the library means."""
    if isinstance(error, RequestError):
        return error
    told = error.args[0] if error.args else type(error).__name__
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    return RequestError(told, status=status, field=_field(error))


def _field(error: GatecastError) -> str | None:
    """Return the field that an error is about: an argument that it names first, or the data."""
    named = ARGUMENT.match(str(error))
    if named is not None:
        return named[1]
    return "data" if isinstance(error, DataError) else None


def unfit(error: msgspec.DecodeError) -> RequestError:
    """Return the refusal of a request that is no JSON, or not what the OpenAPI document says."""
    if not isinstance(error, msgspec.ValidationError):
        return RequestError(Message("serving.no_json", {"why": str(error)}), status=400)
    said = str(error)
    place = PLACE.search(said)
    what = said[: place.start()] if place is not None else said
    named = UNKNOWN_FIELD.search(what) or MISSING_FIELD.search(what)
    field = named[1] if named is not None else place[1] if place is not None else ""
    return RequestError(Message("serving.unfit", {"what": what, "field": field or "(body)"}), field=field or None)
