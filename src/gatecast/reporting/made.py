"""What is a report? Facts as plain data, the page that is made of them, and how it can be made again.

For the page charts and words are prepared, and a template joins them and escapes every text.
"""

from __future__ import annotations

import copy
import datetime
import html
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gatecast._files import write_atomically
from gatecast._json import JsonObject
from gatecast.comparison.comparison import BEST
from gatecast.data.panel.panel import Columns, Panel
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.drawing import STYLES, drawing_library, hash_of, own_styles
from gatecast.reporting.figures import figures_of
from gatecast.reporting.words import Words
from gatecast.reporting.work import unfitted
from gatecast.texts.message import Message

__all__ = ["Origin", "Report", "about_recipe", "check_libraries"]

HERE = Path(__file__).parent / "templates"
LIBRARIES = ("gatecast", "numpy", "pandas", "scipy", "statsforecast", "statsmodels", "plotly")


@dataclass(frozen=True)
class Origin:
    """Where a report comes from, beyond model and data.

    Attributes:
        name: Of the data, e.g. of their file; "" for none.
        command: Command line that makes the report again; "" for none.
        code: Python that makes it again; "" to have it written for a table called `data`.
        seconds: What took how long before the report was begun.
        left_out: Models that were not compared because they would take too long.
        shown: Whose forecast is shown: "best" for what the comparison recommends, or the name of a model.
    """

    name: str = ""
    command: str = ""
    code: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    shown: str = BEST


@dataclass(frozen=True, eq=False)
class Report:
    """A report on a fit.

    Attributes:
        facts: Plain data, the same in every language; `to_dict()` returns a copy.
        lang: Language of the page: "en" or "zh".
    """

    facts: JsonObject = field(repr=False)
    lang: str = "en"

    @cached_property
    def html(self) -> str:
        """The page, which needs nothing but itself.

        Raises:
            GatecastError: jinja2 or plotly is not installed.
        """
        return _page(self.facts, self.lang)

    def to_dict(self) -> JsonObject:
        """Return the facts in plain numbers, texts and lists, None where a number is undefined."""
        return copy.deepcopy(self.facts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file; an older one is replaced only once the new one is complete.

        Raises:
            ConfigError: `path` is no path.
            GatecastError: The file cannot be written, or a library is not installed.
        """
        if not isinstance(path, str | os.PathLike):
            raise ConfigError(f'`path` must be a path, got {path!r}. Use for example `"report.html"`.')
        content = self.html.encode("utf-8")
        try:
            write_atomically(path, content)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise GatecastError(
                f"{os.fspath(path)} cannot be written ({reason}), and a file in a folder that exists was expected. "
                "Pass another path."
            ) from None

    def _repr_html_(self) -> str:
        # a frame of its own, so that styles of a notebook and of the page leave each other alone
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" title="gatecast" style="width:100%;height:80vh;border:0"></iframe>'


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


def _page(facts: JsonObject, lang: str) -> str:
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
    environment.globals |= {"t": words.t, "w": words, "lang": lang, "figures": figures}
    # our own files, not texts of users
    files = {name: (HERE / name).read_text("utf-8") for name in ("style.css", "charts.js", "script.js")}
    inline = {"style": files["style.css"], "script": files["charts.js"] + files["script.js"]}
    # the library's texts must not end the script that they stand in
    inline["plotly"] = drawing_library().replace("</script", "<\\/script").replace("<!--", "<\\!--")
    # a browser reads line ends as one character, also before it computes a hash
    inline = {name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in inline.items()}
    heights = [f"#{name} {{ min-height: {figure['layout']['height']}px; }}" for name, figure in figures.items()]
    inline["style"] = "\n".join([inline["style"], *heights])
    markup: dict[str, object] = {name: Markup(text) for name, text in inline.items()}
    markup |= {"policy": _policy(inline), "taken": own_styles()}
    return environment.get_template("report.html.j2").render(f=facts, **markup)


def _policy(inline: Mapping[str, str]) -> str:
    """Return what the page may do: run its own two scripts and apply its own style, which it names by their hashes."""
    scripts = " ".join(hash_of(inline[name]) for name in ("plotly", "script"))
    styles = " ".join((hash_of(inline["style"]), *STYLES))
    others = "img-src data: blob:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {scripts}; style-src 'unsafe-hashes' {styles}; {others}"


def about_recipe(
    model: LSTMForecaster, panel: Panel, facts: JsonObject, origin: Origin, seconds: dict[str, float], lang: str
) -> JsonObject:
    """Gather settings, choices, versions and code."""
    fitted = model.fitted_
    spec, training = fitted.ensemble.spec, facts["training"]
    learned = {} if not fitted.record.is_trained else _learned(training, fitted.record.plan.epochs)
    return {
        "made_at": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "model": repr(unfitted(model, progress=True)),
        "chosen": {
            "horizon": fitted.horizon,
            "lookback": fitted.lookback,
            "season_length": fitted.season_length,
            "transform": fitted.preparation.transform.name,
            "loss": fitted.ensemble.first.loss.loss,
            "layers": [f"{layer['kind'].upper()}({layer['units']})" for layer in facts["memory"].get("layers", [])],
            "n_parameters": spec.n_parameters,
            "ensemble": len(fitted.ensemble.networks),
            **learned,
            **({} if not learned else {"seed": model.settings_.seed}),
        },
        "decisions": [{**asdict(said), "sentence": str(said)} for said in fitted.record.decisions],
        "versions": {"Python": platform.python_version(), **_versions()},
        "machine": {"system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count()},
        "seconds": seconds,
        "command": origin.command,
        "code": origin.code or _python_code(model, panel, lang),
        "needs_data": not origin.code,
    }


def _learned(training: JsonObject, planned: int) -> JsonObject:
    """Say how long training went, of how many epochs were planned, and which weights were kept."""
    facts = {"n": training["n_epochs"], "planned": planned, "kept": training["kept_epoch"]}
    is_last = facts["kept"] is None or training["refit_steps"] is not None
    code = "chosen.epochs_of" if is_last else "chosen.epochs_kept"
    return {"epochs": Message(code, facts).to_dict(), "steps": training["n_steps"]}


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _python_code(model: LSTMForecaster, panel: Panel, lang: str = "en") -> str:
    """Write Python that makes the same report of a training part called `data`, and of what follows it, `test`."""
    has_test = int(panel.lengths.sum()) > int(model.fitted_.lengths.sum())
    more = (", test=test" if has_test else "") + (f", lang={lang!r}" if lang != "en" else "")
    usual = Columns()
    # what is called as usual is found, also in arrays, which have no names
    names = [
        f", {role}_col={getattr(panel.columns, role)!r}"
        for role in ("id", "time", "target")
        if getattr(panel.columns, role) != getattr(usual, role)
    ]
    names += [f", freq={panel.freq!r}"] if panel.freq != 1 else []
    return f"""from gatecast import LSTMForecaster, Network, Training, report

model = {unfitted(model, progress=True)!r}
model.fit(data{"".join(names)})
report(model{more}).save("report.html")"""
