"""How does the page come to a browser, and what does it ask for there? Its files, and what it shows of a table.

What the page needs beside forecasts is loaded when somebody opens it: the server is ready sooner without it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from gatecast.serving.bodies import Body, as_json, options, query_fields, read_body
from gatecast.serving.envelope import language_of
from gatecast.serving.model_routes import learned
from gatecast.serving.page.asked import Asked, AskedErrors, AskedModel
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import Route
from gatecast.serving.schemas import Writing
from gatecast.serving.service import Service
from gatecast.texts import LANGUAGES
from gatecast.texts.message import Message

__all__ = ["PAGE_ROUTES"]

HERE = files("gatecast.serving.page")
REPORT = files("gatecast") / "reporting" / "templates"
SCRIPT, STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-cache"}


async def page(service: Service, request: Request) -> Response:
    """Answer the page, and load what the first forecast needs while a file is being chosen."""
    from gatecast.serving.page.look import warm_up

    lang = request.query_params.get("lang", "")
    content = _page(lang if lang in LANGUAGES else language_of(request))
    service.warm_page(warm_up)
    return Response(content, media_type="text/html", headers={**HEADERS, "content-security-policy": _policy()})


async def asset(service: Service, request: Request, name: str) -> Response:  # noqa: ARG001  every route gets both
    """Answer a file of the page."""
    if name not in _assets():
        facts = {"path": request.url.path, "method": request.method}
        raise RequestError(Message("serving.not_here", facts), status=404)
    content, kind, tag = _assets()[name]
    headers = {**HEADERS, "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


async def example_file(service: Service, request: Request, name: str) -> Response:  # noqa: ARG001
    """Answer a table to try the page with."""
    from gatecast.serving.page.examples import example

    content, _ = await service.run(example, name)
    return Response(content, media_type="text/csv", headers=HEADERS)


async def looked(service: Service, request: Request) -> Response:
    """Tell what is understood of a table, and its forecast."""
    from gatecast.reporting.words import Words
    from gatecast.serving.page.look import look
    from gatecast.serving.page.places import set_by_hand

    body = await read_body(request, service.limits)
    asked, writing = set_by_hand(body.fields, Asked, Writing)
    shown, notes = await service.run(look, body.file(), asked, writing, service.limits, Words(language_of(request)))
    return as_json({**shown, "notes": notes})


async def errors(service: Service, request: Request) -> Response:
    """Tell how far off forecasts of the newest values would have been."""
    from gatecast.reporting.words import Words
    from gatecast.serving.page.errors import held_out_errors
    from gatecast.serving.page.places import set_by_hand

    body = await read_body(request, service.limits)
    asked, writing = set_by_hand(body.fields, AskedErrors, Writing)
    words = Words(language_of(request))
    found, _ = await service.run(held_out_errors, body.file(), asked, writing, service.limits, words)
    return as_json(found)


async def trained(service: Service, request: Request, name: str) -> Response:
    """Tell what came of a training; a form may bring a file of what is known ahead."""
    from gatecast.reporting.words import Words
    from gatecast.serving.page.trained import trained_shown

    body = await read_body(request, service.limits) if request.method == "POST" else Body(fields=query_fields(request))
    (asked,) = options(body.fields, AskedModel)
    model, panel, ahead = await learned(service, name)
    future = body.files.get("future_file", ahead)
    found, notes = await service.run(trained_shown, model, panel, future, asked, Words(language_of(request)))
    return as_json({**found, "notes": notes})


# they serve nobody else and are not described
PAGE_ROUTES = (
    Route("GET", "/", page),
    Route("GET", "/assets/{name}", asset),
    Route("GET", "/page/examples/{name}", example_file),
    Route("POST", "/page/look", looked),
    Route("POST", "/page/errors", errors),
    Route("GET", "/page/models/{name}", trained),
    Route("POST", "/page/models/{name}", trained),
)


@cache
def _policy() -> str:
    """Let the page ask its own server, and nobody else."""
    from gatecast.reporting.drawing import STYLES

    return (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-hashes' {' '.join(STYLES)}; "
        "connect-src 'self'; img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _assets() -> dict[str, tuple[bytes, str, str]]:
    """Return the files of the page by name: content, type, and a tag that changes with the content."""
    from gatecast.reporting.drawing import drawing_library

    found = {
        path.name: path.read_bytes() for path in (HERE / "assets").iterdir() if path.name.endswith((".js", ".css"))
    }
    found |= {"report.css": (REPORT / "style.css").read_bytes(), "charts.js": (REPORT / "charts.js").read_bytes()}
    found["plotly.js"] = drawing_library().encode()
    return {
        name: (content, STYLE if name.endswith(".css") else SCRIPT, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        for name, content in found.items()
    }


@cache
def _page(lang: str) -> str:
    from gatecast.reporting.made import check_libraries

    check_libraries()
    import jinja2

    from gatecast.reporting.drawing import own_styles
    from gatecast.reporting.words import Words
    from gatecast.serving.page.examples import example_names

    loader = jinja2.FileSystemLoader(str(HERE / "assets"))
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    words = Words(lang)
    return environment.get_template("page.html.j2").render(
        t=words.t, lang=lang, taken=own_styles(), examples=example_names()
    )
