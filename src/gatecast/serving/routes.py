"""Which routes are there, what does each take and answer, and which function does it? OpenAPI is made of this table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

__all__ = ["Route", "Upload"]


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
    work: Callable[..., Awaitable[Response]]
    name: str  # of the operation
    summary: str  # the question that it answers
    answer: type[Any] | None = None  # what its answer holds; None for another type than JSON
    request: type[Any] | None = None  # what its body holds as JSON
    upload: Upload | None = None
    examples: dict[str, Any] = field(default_factory=dict)  # bodies by name
    status: int = 200
    problems: tuple[int, ...] = ()  # statuses of problems beside those that every route has
    types: tuple[str, ...] = ()  # types of an answer beside JSON
    errors: dict[int, type[Any]] = field(default_factory=dict)  # what errors hold where they are no problem details
    parameters: tuple[tuple[str, dict[str, Any]], ...] = ()  # names and schemas of what the address may hold
