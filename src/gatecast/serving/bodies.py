"""What does a request hold? JSON, a form with a file, or a file alone, read into memory up to a limit.

Nothing of an upload is written to a disk, and nothing is left of it when the request is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any, TypeVar

import msgspec
import msgspec.inspect
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gatecast.serving.limits import Limits
from gatecast.serving.problems import RequestError, unfit
from gatecast.texts.message import Message

__all__ = ["FILES", "FORM", "JSON", "Body", "File", "as_json", "decoded", "options", "query_fields", "read_body"]

T = TypeVar("T")
JSON, FORM = "application/json", "multipart/form-data"
# types of files, and the endings that their names get where the client sends none
FILES = {
    "text/csv": ".csv",
    "text/plain": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/x-ndjson": ".jsonl",
    "application/gzip": ".csv.gz",
    "application/octet-stream": "",
}
# what the reader of forms says, and what is said instead
SAID_OF_FORMS = {
    "Too many files": "form_files",
    "Too many fields": "form_fields",
    "must be provided": "form_name",
    "Missing boundary": "form_boundary",
}
MOST_NAME, MOST_FIELDS = 100, 60
FILE_FIELDS = ("file", "future_file")


@dataclass(frozen=True)
class File:
    """An uploaded file; its name only labels it and is no path."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Body:
    """What a request holds: JSON, or files with the fields of a form or of the address."""

    json: bytes | None = None
    files: dict[str, File] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)

    def file(self) -> File:
        """Return the uploaded table; a refusal where there is none."""
        if "file" not in self.files:
            raise RequestError(Message("serving.no_file"), status=422, field="file")
        return self.files["file"]


def as_json(answer: object, status: int = 200) -> Response:
    """Return an answer as JSON; numbers that are none become null."""
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decoded(body: Body, kind: type[T]) -> T:
    """Return what a body holds as JSON; a refusal where it does not fit."""
    try:
        found: T = _decoder(kind).decode(body.json or b"")  # type: ignore[arg-type]
    except msgspec.DecodeError as error:
        raise unfit(error) from None
    except RecursionError:
        raise unfit(msgspec.DecodeError("it is nested too deeply")) from None
    return found


async def read_body(request: Request, limits: Limits) -> Body:
    """Read the body of a request, as what its header says that it is; a refusal where it comes too slowly."""
    try:
        async with asyncio.timeout(limits.seconds):
            return await _read(request, limits)
    except TimeoutError:
        raise RequestError(Message("serving.slow", {"most": limits.seconds}), status=408) from None


async def _read(request: Request, limits: Limits) -> Body:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, FORM, *FILES):
        raise RequestError(Message("serving.media", {"type": kind, "known": [JSON, FORM, *FILES]}), status=415)
    length = request.headers.get("content-length", "")
    if length.isdecimal():
        limits.check_body(int(length[:15]))
    fields = query_fields(request)
    content = await _content(request, limits)
    if kind == FORM:
        return await _form(request, content, limits, fields)
    if kind == JSON:
        return Body(content, fields=fields)
    return Body(files={"file": File(f"upload{FILES[kind]}", content)}, fields=fields)


def query_fields(request: Request) -> dict[str, list[str]]:
    """Return what the address says behind its question mark."""
    if not request.scope["query_string"]:
        return {}
    return {name: request.query_params.getlist(name) for name in request.query_params}


async def _content(request: Request, limits: Limits) -> bytes:
    """Return a whole body; a refusal as soon as it is too long."""
    parts, n_bytes, is_more = [], 0, True
    while is_more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        n_bytes += len(parts[-1])
        limits.check_body(n_bytes)
        is_more = message.get("more_body", False)
    return b"".join(parts)


async def _once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


class _InMemory(MultiPartParser):
    """Keeps files in memory, which a limit on the body bounds, and writes none to a disk."""

    spool_max_size = 1 << 62


async def _form(request: Request, content: bytes, limits: Limits, fields: dict[str, list[str]]) -> Body:
    sizes = {"max_files": len(FILE_FIELDS), "max_fields": MOST_FIELDS, "max_part_size": limits.body}
    try:
        form = await _InMemory(request.headers, _once(content), **sizes).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise RequestError(Message("serving.form", {"why": _told(error)}), status=400) from None
    try:
        return await _taken(form, fields)
    finally:
        await form.close()


def _told(error: Exception) -> Message:
    """Return why a form cannot be read: the reader says it in words of its own, in English alone."""
    said = getattr(error, "message", "")
    n = {"form_files": len(FILE_FIELDS), "form_fields": MOST_FIELDS}
    key = next((key for begin, key in SAID_OF_FORMS.items() if begin in said), "form_broken")
    return Message(f"serving.{key}", {"n": n[key]} if key in n else {})


async def _taken(form: FormData, fields: dict[str, list[str]]) -> Body:
    files, others = {}, {name: list(values) for name, values in fields.items()}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            others.setdefault(name, []).append(value)
        elif name not in FILE_FIELDS:
            raise RequestError(Message("serving.no_file"), field=name[:MOST_NAME])
        else:
            files[name] = File(_label(value.filename or ""), await value.read())
    return Body(files=files, fields=others)


def _label(name: str) -> str:
    r"""Return the last part of a client's name of a file, which is shown and ends as the file does.

    Examples:
        >>> _label("C:\\sales.csv"), _label("../../etc/passwd"), _label("-"), _label("")
        ('sales.csv', 'passwd', 'upload', 'upload')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(letter for letter in last if letter.isprintable())[-MOST_NAME:]
    return shown if shown.strip("-. ") else "upload"


def options(fields: dict[str, list[str]], *kinds: type[Any]) -> list[Any]:
    """Return the fields of a form, or of an address, as these classes, each of which takes its own.

    Examples:
        >>> from gatecast.serving.schemas import ModelAhead
        >>> options({"horizon": ["12"], "level": ["80", "95"]}, ModelAhead)[0].level
        [80.0, 95.0]
    """
    known = {name for kind in kinds for name in kind.__struct_fields__}
    for name in fields:
        if name not in known:
            what = f"Object contains unknown field `{name[:MOST_NAME]}`"
            raise RequestError(
                Message("serving.unfit", {"what": what, "field": name[:MOST_NAME]}), field=name[:MOST_NAME]
            )
    return [_struct(fields, kind) for kind in kinds]


def _struct(fields: dict[str, list[str]], kind: type[T]) -> T:
    names = set(kind.__struct_fields__)  # type: ignore[attr-defined]
    given = {name: values for name, values in fields.items() if name in names}
    lists: frozenset[str] = _lists(kind)  # type: ignore[arg-type]
    plain = {name: values if name in lists or len(values) > 1 else values[0] for name, values in given.items()}
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise unfit(error) from None


@cache
def _lists(kind: type[Any]) -> frozenset[str]:
    """Return the fields that always hold several values."""
    info = msgspec.inspect.type_info(kind)
    found = (own.name for own in info.fields if isinstance(own.type, msgspec.inspect.ListType))  # type: ignore[attr-defined]
    return frozenset(found)
