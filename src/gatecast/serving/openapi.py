"""How is the service described for programs? OpenAPI 3.1, made of the routes and the classes that decode requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from gatecast import __version__
from gatecast._json import JsonObject
from gatecast.serving.bodies import FILES, FORM, JSON
from gatecast.serving.problems import PROBLEM
from gatecast.serving.routes import PARTS, Route, Upload
from gatecast.serving.schemas import Problem

__all__ = ["described"]

WHERE = "#/components/schemas/{name}"
# answers without a class of their own
PLAIN: dict[Any, JsonObject] = {dict: {"type": "object"}, list: {"type": "array", "items": {"type": "string"}}}
EXAMPLES = {"name": "sales", "id": "sensor-7"}
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


def described(routes: Sequence[Route]) -> JsonObject:
    """Return the document about some routes."""
    paths: JsonObject = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    about = "Forecasts of time series: at once by pretrained networks, or by models that are trained here."
    licence = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    schemes = {"token": {"type": "http", "scheme": "bearer", "description": "A token of `--token-file`."}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "gatecast", "version": __version__, "description": about, "license": licence},
        "paths": paths,
        "components": {"schemas": _components(routes), "securitySchemes": schemes},
        "security": [{"token": []}, {}],
    }


def _responses(route: Route) -> JsonObject:
    """Return the answers of a route by status."""
    problem = {PROBLEM: {"schema": _reference(Problem)}}
    found: JsonObject = {
        str(status): {"description": MEANING[status], "content": problem} for status in sorted(_statuses(route))
    }
    for status, kind in route.errors.items():
        also = found[str(status)]["content"] if status in ALWAYS else {}
        found[str(status)] = {"description": MEANING[status], "content": {**also, JSON: {"schema": _reference(kind)}}}
    content: JsonObject = {name: {"schema": {"type": "string"}} for name in route.types}
    if route.answer in PLAIN:
        content[JSON] = {"schema": PLAIN[route.answer]}
    elif route.answer is not None:
        content[JSON] = {"schema": _reference(route.answer)}
    done: JsonObject = {"description": "Done.", **({"content": content} if content else {})}
    return {str(route.status): done, **found}


def _statuses(route: Route) -> set[int]:
    takes_body = route.request is not None or route.upload is not None
    return {*ALWAYS, *route.problems, *((408,) if takes_body else ())}


def _body(route: Route) -> JsonObject:
    """Return what is said of a route's body."""
    content: JsonObject = {}
    if route.request is not None:
        examples = {name: {"value": value} for name, value in route.examples.items()}
        content[JSON] = {"schema": _reference(route.request), **({"examples": examples} if examples else {})}
    if route.upload is not None:
        content |= {FORM: {"schema": _form(route.upload)}}
        content |= {name: {"schema": {"type": "string", "format": "binary"}} for name in FILES}
    return {"requestBody": {"required": True, "content": content}} if content else {}


def _parameters(route: Route) -> list[JsonObject]:
    """Return what the address holds, which may be all options of a file that is sent alone."""
    named = [{"name": part, "in": "path", "required": True, "schema": _part(part)} for part in route.parts]
    fields = _fields(route.upload) if route.upload is not None else route.parameters
    return named + [{"name": name, "in": "query", "required": False, "schema": schema} for name, schema in fields]


def _part(part: str) -> JsonObject:
    schema: JsonObject = {"type": "string", "pattern": f"^{PARTS[part].pattern}$"}
    return schema | ({"examples": [EXAMPLES[part]]} if part in EXAMPLES else {})


def _form(upload: Upload) -> JsonObject:
    properties = dict.fromkeys(upload.files, FORM_FILE)
    properties |= dict(_fields(upload))
    return {"type": "object", "properties": properties, "required": ["file"], "additionalProperties": False}


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


def _components(routes: Iterable[Route]) -> JsonObject:
    """Return the schemas of all classes that routes take and answer."""
    found = {kind for route in routes for kind in (route.request, route.answer, *route.errors.values())}
    kinds = found - {None, *PLAIN}
    _, schemas = msgspec.json.schema_components(
        sorted({*kinds, Problem}, key=lambda kind: kind.__name__), ref_template=WHERE
    )
    return dict(schemas)


def _reference(kind: type[Any]) -> JsonObject:
    return {"$ref": WHERE.format(name=kind.__name__)}


def _operation(route: Route) -> JsonObject:
    parameters = _parameters(route)
    return {
        "summary": route.summary,
        "operationId": route.name,
        **({"parameters": parameters} if parameters else {}),
        **_body(route),
        "responses": _responses(route),
    }
