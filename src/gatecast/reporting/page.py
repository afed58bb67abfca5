"""How do facts become a page? Charts and words are prepared, and a template joins them and escapes every text."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from gatecast._json import JsonObject
from gatecast.exceptions import GatecastError
from gatecast.reporting.figures import figures_of, lives_message
from gatecast.reporting.words import Words

__all__ = ["check_libraries", "page_of"]

HERE = Path(__file__).parent / "templates"


def check_libraries() -> None:
    """Raise a GatecastError where jinja2 or plotly is not installed, so that no page can be made."""
    for name in ("jinja2", "plotly"):
        try:
            import_module(name)
        except ImportError:
            raise GatecastError(
                f"A report is made with jinja2 and plotly, and {name} is not installed. "
                "Run `pip install 'gatecast[report]'`."
            ) from None


def page_of(facts: JsonObject, lang: str) -> str:
    """Return the page."""
    check_libraries()
    import jinja2
    from markupsafe import Markup

    words = Words(lang)
    figures = figures_of(facts, words)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"t": words.t, "w": words, "lang": lang, "figures": figures, "lives_message": lives_message}
    # our own files, not texts of users
    inline = {name: (HERE / f"{name}.{kind}").read_text("utf-8") for name, kind in (("style", "css"), ("script", "js"))}
    # the library's texts must not end the script that they stand in
    source = str(import_module("plotly.offline").get_plotlyjs())
    inline["plotly"] = source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    markup = {name: Markup(text) for name, text in inline.items()}
    return environment.get_template("report.html.j2").render(f=facts, **markup)
