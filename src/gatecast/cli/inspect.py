"""What does `gatecast inspect` do? Say what is understood of a table or of a saved model, without training."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from gatecast.cli.commands import InspectOptions
from gatecast.cli.output import Printer
from gatecast.cli.reading import TABLES, load_model, read_known
from gatecast.cli.tables import decisions_report, say_decisions
from gatecast.texts.frequency import frequency_words

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
        printer.say(f"Forecast it with: gatecast forecast {quote(str(options.file))} --horizon 12", wrap=False)


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
    words, freq = frequency_words(facts["freq"]), facts["freq"]
    shown = {
        "horizon": f"{facts['horizon']:,} steps, from the {facts['lookback']:,} before",
        "series": f"{facts['n_series']:,}{_listed(facts['ids'])}",
        "columns": ", ".join(f"{name} ({role})" for role, name in facts["columns"].items()),
        "learned until": f"{facts['end']}",
        "frequency": words if isinstance(freq, int) or words == freq else f"{words} ({freq})",
    }
    if facts["timezone"]:
        shown["time zone"] = facts["timezone"]
    for role, names in facts["covariates"].items():
        if names:
            shown[f"{role} columns"] = ", ".join(names)
    printer.facts(f"{path.name}: a model", shown)
    say_decisions(printer, model)
    more = " --future-file FILE" if facts["covariates"]["future"] else ""
    printer.say(f"Forecast with it: gatecast predict {quote(str(path))}{more}", wrap=False)


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


def _listed(ids: list[str]) -> str:
    return f" ({', '.join(ids)}{', ...' if len(ids) == SHOWN_NAMES else ''})"
