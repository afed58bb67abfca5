"""How do facts become a page? Charts and words are prepared, and a template joins them and escapes every text."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from gatecast._json import JsonObject
from gatecast.exceptions import GatecastError
from gatecast.reporting.figures import figures_of, lives_message
from gatecast.reporting.words import Words

__all__ = ["check_libraries", "page_of"]

HERE = Path(__file__).parent / "templates"


def check_libraries() -> None:
    """Make sure that a page can be made.

    Raises:
        GatecastError: jinja2 or plotly is not installed.
    """
    _library("jinja2")
    _library("plotly")


def page_of(facts: JsonObject, lang: str) -> str:
    """Return the page.

    Raises:
        GatecastError: jinja2 or plotly is not installed.
    """
    words = Words(lang)
    figures = figures_of(facts, words)
    jinja2 = _library("jinja2")
    _library("plotly")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"t": words.t, "w": words, "lang": lang, "figures": figures, "lives_message": lives_message}
    # our own files, not texts of users
    texts = {name: (HERE / file).read_text("utf-8") for name, file in (("style", "style.css"), ("script", "script.js"))}
    inline = {
        name: jinja2.utils.markupsafe.Markup(text) for name, text in (texts | {"plotly": _plotly_source()}).items()
    }
    return str(environment.get_template("report.html.j2").render(f=facts, **inline))


def _plotly_source() -> str:
    """Return the library; its texts must not end the script that they stand in."""
    source = str(import_module("plotly.offline").get_plotlyjs())
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _library(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError:
        raise GatecastError(
            f"A report is made with jinja2 and plotly, and {name} is not installed. "
            "Run `pip install 'gatecast[report]'`."
        ) from None
