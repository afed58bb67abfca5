"""What does `gatecast inspect` do? Say what is understood of a table or of a saved model, without training."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from gatecast.cli.commands import InspectOptions
from gatecast.cli.output import Printer
from gatecast.cli.reading import TABLES, load_model, read_known, said_frequency
from gatecast.cli.tables import decisions_report, say_decisions
from gatecast.cli.wording import text
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from pathlib import Path

    from gatecast import LSTMForecaster

__all__ = ["inspect"]

# what a model file begins with, behind eight bytes with the length of its header
HEADER = b"{"
SHOWN_NAMES = 6


def inspect(options: InspectOptions) -> None:
    """Run the command."""
    printer = Printer(shown=not options.json)
    if _is_model(options.file):
        _inspect_model(options.file, printer, as_json=options.json)
        return
    table = read_known(printer, options.file, options, options.settings)
    if options.json:
        printer.json({"kind": "table", **table.facts()})
    elif options.file.name != "-":
        command = f"gatecast forecast {quote(str(options.file))} --horizon 12"
        printer.say(text("inspected.forecast_table", command=command), wrap=False)


def _is_model(path: Path) -> bool:
    """Tell a model from a table by its content."""
    if not path.is_file() or path.suffix.lower() in TABLES:
        return False
    with path.open("rb") as file:
        start = file.read(9)
    return start[8:] == HEADER and b"\0" in start[:8]


def _inspect_model(path: Path, printer: Printer, *, as_json: bool) -> None:
    model = load_model(path, "inspect")
    facts = _facts(model)
    if as_json:
        printer.json({"kind": "model", "path": path, **facts, "model": decisions_report(model)})
        return
    ids = "inspected.ids_more" if len(facts["ids"]) == SHOWN_NAMES else "inspected.ids"
    named = zip(("understood.series", "table.time", "understood.target"), facts["columns"].values(), strict=True)
    roles = [text("understood.kind", name=name, kind=Message(key)) for key, name in named]
    shown = {
        "inspected.horizon": text("inspected.horizon_text", horizon=facts["horizon"], lookback=facts["lookback"]),
        "understood.series": text(ids, n=facts["n_series"], names=facts["ids"]),
        "inspected.columns": text("words.all", shown=roles),
        "inspected.until": facts["end"],
        "understood.frequency": said_frequency(facts["freq"]),
    }
    if facts["timezone"]:
        shown["inspected.timezone"] = facts["timezone"]
    for role, names in facts["covariates"].items():
        if names:
            shown[f"inspected.{role}"] = text("words.all", shown=names)
    printer.facts(text("inspected.title", name=path.name), {text(key): fact for key, fact in shown.items()})
    say_decisions(printer, model)
    more = " --future-file FILE" if facts["covariates"]["future"] else ""
    command = f"gatecast predict {quote(str(path))}{more}"
    printer.say(text("inspected.forecast_model", command=command), wrap=False)


def _facts(model: LSTMForecaster) -> dict[str, Any]:
    """Return what a model learned from, ready for JSON."""
    from gatecast.data.reading.times import time_text

    fitted = model.fitted_
    after = fitted.after
    roles = after.roles
    last = after.grid.times(after.starts, after.lengths - 1)
    return {
        "horizon": fitted.horizon,
        "lookback": fitted.lookback,
        "season_length": fitted.season_length,
        "freq": after.freq,
        "timezone": after.timezone,
        "n_series": after.n_series,
        "ids": list(map(str, after.ids[:SHOWN_NAMES].tolist())),
        "columns": {"series": after.columns.id, "time": after.columns.time, "target": after.columns.target},
        "covariates": {role: list(getattr(roles, role)) for role in ("past", "future", "static")},
        "end": time_text(last.max()),
    }
