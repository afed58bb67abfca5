"""Which routes are there, what does each take and answer, and which function does it? OpenAPI is made of this table.

`Router` finds the route of a request. It is a table of its own, as a request to a stream takes hardly longer than a
general router looks for its route.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from gatecast.serving.problems import RequestError
from gatecast.texts.message import Message

__all__ = ["NAME", "PARTS", "Route", "Router", "Upload"]

NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# what the parts of an address may be that name something
PARTS = {"name": NAME, "id": NAME, "job": re.compile("[0-9a-f]{32}")}
PART = re.compile(r"\{(\w+)\}")
MOST_SHOWN = 100


@dataclass(frozen=True)
class Upload:
    """That a route takes a file, alone or in a form, and which options stand beside it."""

    options: tuple[type[Any], ...]
    files: tuple[str, ...] = ("file",)


@dataclass(frozen=True)
class Route:
    """One operation."""

    method: str
    path: str
    work: Callable[..., Awaitable[Response]]  # of the service, the request, and what its address names
    name: str = ""  # of the operation; none where the route serves the page alone and is not described
    summary: str = ""  # the question that it answers
    answer: type[Any] | None = None  # what its answer holds; None for another type than JSON
    request: type[Any] | None = None  # what its body holds as JSON
    upload: Upload | None = None
    examples: dict[str, Any] = field(default_factory=dict)  # bodies by name
    status: int = 200
    problems: tuple[int, ...] = ()  # statuses of problems beside those that every route has
    types: tuple[str, ...] = ()  # types of an answer beside JSON
    errors: dict[int, type[Any]] = field(default_factory=dict)  # what errors hold where they are no problem details
    parameters: tuple[tuple[str, dict[str, Any]], ...] = ()  # names and schemas of what the address may hold

    @property
    def parts(self) -> list[str]:
        """Names of the parts of the address that name something."""
        return PART.findall(self.path)


class Router:
    """The routes of a service, found by method and path.

    Examples:
        >>> async def work(service, request, name): ...
        >>> router = Router([Route("GET", "/v1/models/{name}", work)])
        >>> route, parts = router.find("GET", "/v1/models/sales")
        >>> route.path, parts
        ('/v1/models/{name}', {'name': 'sales'})
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        named: dict[str, dict[str, Route]] = {}
        for route in routes:
            of = named if route.parts else self._exact
            of.setdefault(route.path, {})[route.method] = route
        self._named = [(re.compile(PART.sub(r"(?P<\1>[^/]+)", path)), found) for path, found in named.items()]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route of a request, and what its address names.

        Raises:
            RequestError: There is none (404), not for this method (405), or a name holds other signs than names do.
        """
        methods, parts = self._methods(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            facts = {"path": path[:MOST_SHOWN], "method": method}
            if not methods:
                raise RequestError(Message("serving.not_here", facts), status=404)
            raise RequestError(Message("serving.method", facts), status=405, headers={"allow": ", ".join(methods)})
        for part, value in parts.items():
            if not PARTS[part].fullmatch(value):
                facts = {"what": f"Expected `{PARTS[part].pattern}`", "field": part}
                raise RequestError(Message("serving.unfit", facts), field=part)
        return route, parts

    def _methods(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        methods = self._exact.get(path)
        if methods is not None:
            return methods, {}
        for pattern, found in self._named:
            match = pattern.fullmatch(path)
            if match is not None:
                return found, match.groupdict()
        return {}, {}
