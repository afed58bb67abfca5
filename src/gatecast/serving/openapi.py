"""How is the service described for programs? OpenAPI 3.1, made of the routes and the classes that decode requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gatecast import __version__
from gatecast._json import JsonObject
from gatecast.serving.bodies import FILES, FORM, JSON
from gatecast.serving.problems import PROBLEM
from gatecast.serving.routes import Route, Upload
from gatecast.serving.schemas import Problem

__all__ = ["components", "extra_of", "responses_of"]

WHERE = "#/components/schemas/{name}"
# answers without a class of their own
PLAIN: dict[Any, JsonObject] = {dict: {"type": "object"}, list: {"type": "array", "items": {"type": "string"}}}
ALWAYS = (400, 401, 403, 500)
FORM_FILE = {"type": "string", "format": "binary", "description": "A table: CSV, Parquet, a spreadsheet or JSON."}
MEANING = {
    400: "The body cannot be read.",
    401: "A token is missing or unknown.",
    403: "A page of another site asks.",
    404: "There is nothing of this name.",
    408: "The body came too slowly.",
    409: "It does not fit the state of what is there.",
    413: "It is too much for this server.",
    415: "The body has another type.",
    422: "What was passed makes no sense, and `field` says where.",
    429: "As many requests as are allowed are under way: try again.",
    500: "A mistake in the server.",
    503: "It took too long, or the server is ending.",
}


def responses_of(route: Route) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route by status."""
    problem = {PROBLEM: {"schema": _reference(Problem)}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": MEANING[status], "content": problem} for status in sorted(_statuses(route))
    }
    for status, kind in route.errors.items():
        also = found[status]["content"] if status in ALWAYS else {}
        found[status] = {"description": MEANING[status], "content": {**also, JSON: {"schema": _reference(kind)}}}
    content: JsonObject = {name: {"schema": {"type": "string"}} for name in route.types}
    if route.answer in PLAIN:
        content[JSON] = {"schema": PLAIN[route.answer]}
    elif route.answer is not None:
        content[JSON] = {"schema": _reference(route.answer)}
    done: JsonObject = {"description": "Done.", **({"content": content} if content else {})}
    return {route.status: done, **found}


def _statuses(route: Route) -> set[int]:
    takes_body = route.request is not None or route.upload is not None
    return {*ALWAYS, *route.problems, *((408,) if takes_body else ())}


def extra_of(route: Route) -> JsonObject:
    """Return what is said of a route's body."""
    content: JsonObject = {}
    if route.request is not None:
        examples = {name: {"value": value} for name, value in route.examples.items()}
        content[JSON] = {"schema": _reference(route.request), **({"examples": examples} if examples else {})}
    extra: JsonObject = {}
    if route.upload is not None:
        content |= {FORM: {"schema": _form(route.upload)}}
        content |= {name: {"schema": {"type": "string", "format": "binary"}} for name in FILES}
        extra["parameters"] = _parameters(_fields(route.upload))
    elif route.parameters:
        extra["parameters"] = _parameters(route.parameters)
    return {"requestBody": {"required": True, "content": content}, **extra} if content else extra


def _form(upload: Upload) -> JsonObject:
    properties = dict.fromkeys(upload.files, FORM_FILE)
    properties |= dict(_fields(upload))
    return {"type": "object", "properties": properties, "required": ["file"], "additionalProperties": False}


def _parameters(fields: Iterable[tuple[str, JsonObject]]) -> list[JsonObject]:
    """Return what may stand in the address, as may all options of a file that is sent alone."""
    return [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in fields]


def _fields(upload: Upload) -> list[tuple[str, JsonObject]]:
    _, schemas = msgspec.json.schema_components(upload.options, ref_template=WHERE)
    found = [schemas[kind.__name__]["properties"] for kind in upload.options]
    return [(name, _without_null(schema)) for properties in found for name, schema in properties.items()]


def _without_null(schema: JsonObject) -> JsonObject:
    """Leave out what can be left away, but not said, in an address or a form."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    if not kinds:
        return schema
    return {**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}


def components(routes: list[Route]) -> JsonObject:
    """Return the schemas of all classes that routes take and answer."""
    found = {kind for route in routes for kind in (route.request, route.answer, *route.errors.values())}
    kinds = found - {None, *PLAIN}
    _, schemas = msgspec.json.schema_components(
        sorted({*kinds, Problem}, key=lambda kind: kind.__name__), ref_template=WHERE
    )
    return dict(schemas)


def _reference(kind: type[Any]) -> JsonObject:
    return {"$ref": WHERE.format(name=kind.__name__)}


def describe(document: JsonObject, routes: list[Route]) -> JsonObject:
    """Complete the document that FastAPI has made of the routes."""
    schemas = {**document.get("components", {}).get("schemas", {}), **components(routes)}
    schemes = {"token": {"type": "http", "scheme": "bearer", "description": "A token of `--token-file`."}}
    document["components"] = {"schemas": schemas, "securitySchemes": schemes}
    document["security"] = [{"token": []}, {}]
    document["info"] = {
        "title": "gatecast",
        "version": __version__,
        "description": "Forecasts of time series: at once by pretrained networks, or by models that are trained here.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    return document
