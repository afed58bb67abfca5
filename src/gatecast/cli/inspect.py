"""What does `gatecast inspect` do? Say what is understood of a table, or what a model file holds, without training."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from gatecast._files import at_hand
from gatecast._places import Place, Url
from gatecast.cli.commands import InspectOptions
from gatecast.cli.output import Printer
from gatecast.cli.reading import TABLES, read_known, said_frequency
from gatecast.cli.tables import Decided, decisions_report, say_decisions
from gatecast.cli.wording import text
from gatecast.data.panel.joint import roles_of_table
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.model.settings import as_code, changed
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.modelfile import Contents

__all__ = ["inspect"]

# what a model file begins with, behind eight bytes with the length of its header
HEADER = b"{"
SHOWN_NAMES = 6
COVARIATES = ("past", "future", "static")


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


def _is_model(place: Place) -> bool:
    """Tell a model from a table by its content."""
    if place.suffix.lower() in TABLES or not (isinstance(place, Url) or place.is_file()):
        return False
    try:
        with at_hand(place) as here, here.open("rb") as file:
            start = file.read(9)
    except OSError:
        # who reads the table says why it cannot be read
        return False
    return start[8:] == HEADER and b"\0" in start[:8]


def _inspect_model(path: Place, printer: Printer, *, as_json: bool) -> None:
    from gatecast.model.modelfile import read_contents

    contents = read_contents(path)
    header = contents.header
    decided = Decided(header.record, header.spec, header.n_members)
    if as_json:
        printer.json({"kind": "model", "path": path, **_facts(contents), "model": decisions_report(decided)})
        return
    printer.facts(text("inspected.title", name=path.name), {text(key): fact for key, fact in _said(contents).items()})
    say_decisions(printer, decided)
    more = " --future-file FILE" if header.after.future else ""
    command = f"gatecast predict {quote(str(path))}{more}"
    printer.say(text("inspected.forecast_model", command=command), wrap=False)


def _said(contents: Contents) -> dict[str, str]:
    """Return what people read about a model, by the keys of texts."""
    facts = _facts(contents)
    ids = "inspected.ids_more" if facts["n_series"] > SHOWN_NAMES else "inspected.ids"
    named = zip(("understood.series", "table.time", "understood.target"), facts["columns"].values(), strict=True)
    roles = [text("understood.kind", name=name, kind=Message(key)) for key, name in named]
    shown = {
        "inspected.horizon": text("inspected.horizon_text", horizon=facts["horizon"], lookback=facts["lookback"]),
        "understood.series": text(ids, n=facts["n_series"], names=facts["ids"]),
        "inspected.points": f"{facts['n_points']:,}",
        "inspected.columns": text("words.all", shown=roles),
        "inspected.until": facts["end"],
        "understood.frequency": said_frequency(facts["freq"]),
    }
    if facts["timezone"]:
        shown["inspected.timezone"] = facts["timezone"]
    for role, names in facts["covariates"].items():
        if names:
            shown[f"inspected.{role}"] = text("words.all", shown=names)
    shown["inspected.intervals"] = text(f"inspected.{facts['intervals']}")
    if facts["settings"]:
        shown["inspected.settings"] = as_code(facts["settings"])
    file = {"format": contents.format, "size": contents.n_bytes / 1e3, "sha256": contents.sha256}
    return shown | {"inspected.file": text("inspected.file_text", **file)}


def _facts(contents: Contents) -> dict[str, Any]:
    """Return what a model learned from and what its file is, ready for JSON."""
    from gatecast.data.reading.times import time_text

    header, after = contents.header, contents.after
    plan = header.record.plan
    last = after.grid.times(after.starts, after.lengths - 1)
    return {
        "horizon": header.spec.horizon,
        "lookback": plan.lookback,
        "season_length": plan.season_length,
        "freq": after.freq,
        "timezone": after.timezone,
        "n_series": after.n_series,
        "n_points": int(contents.lengths.sum()),
        "ids": list(map(str, after.ids[:SHOWN_NAMES].tolist())),
        "columns": {"series": after.columns.id, "time": after.columns.time, "target": after.columns.target},
        "covariates": {role: list(getattr(roles_of_table(after), role)) for role in COVARIATES},
        "end": time_text(last.max()),
        "loss": header.loss.loss,
        "intervals": _intervals(contents),
        "settings": changed(contents.settings),
        "file": {"format": contents.format, "n_bytes": contents.n_bytes, "sha256": contents.sha256},
    }


def _intervals(contents: Contents) -> str:
    """Tell where the widths of intervals come from."""
    if contents.header.loss.loss in DISTRIBUTION_LOSSES:
        return "learned"
    return "measured" if contents.has_errors else "no_intervals"
