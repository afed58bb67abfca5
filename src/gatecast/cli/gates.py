"""What does `gatecast gates` do? Say what the hidden units of a saved model remember, and when they forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast.cli.commands import GatesOptions
from gatecast.cli.output import Printer, check_outputs, write_table
from gatecast.cli.reading import check_model, load_model, read_like_training, say_table
from gatecast.cli.wording import text, told
from gatecast.data.reading.covariates import with_static_of
from gatecast.exceptions import ConfigError
from gatecast.explanation.units import duration, duration_message
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.explanation import ForgetEvents, Gates, HalfLives, LagImportance, Spectra

__all__ = ["gates"]

SHARES = {"shortest": 0.0, "a quarter": 0.25, "median": 0.5, "three quarters": 0.75, "longest": 1.0}
MOST_PERIODS = 5


def gates(options: GatesOptions) -> None:
    """Run the command."""
    check_model(options.model, "gates")
    if options.data is None:
        facts = {"path": str(options.model), "command": f"`gatecast gates {options.model} DATA.csv`"}
        raise ConfigError(Message("option.gates_without_data", facts))
    check_outputs({"the model file": options.model, "the data file": options.data}, {"--out": options.out})
    printer = Printer(shown=not options.json)
    model = load_model(options.model, "gates")
    table = read_like_training(options.data, options, model.fitted_)
    say_table(printer, table)
    panel = with_static_of(table.panel, model.fitted_.after).plain()
    # an id may be a number, which is text on the command line
    unique_id = next((id_ for id_ in panel.ids.tolist() if str(id_) == options.unique_id), options.unique_id)
    found = model.gates(panel, unique_id, member=options.member)
    lives, events, spectra = found.half_lives(), found.forget_events(options.threshold), found.spectra()
    lags = model.lag_importance(panel, found.unique_id, member=options.member)
    if options.out is not None:
        write_table(found.to_frame(), options.out, raw_cells=options.raw_cells)
    if options.json:
        report = _report(found, lives, events, spectra) | {"lags": _lags(lags)}
        printer.json({"data": table.facts(), **report, "files": {"out": options.out}})
        return
    _say(printer, found, lives, events, spectra)
    printer.say(lags.message)
    printer.file("written.gates", options.out)


def _say(printer: Printer, found: Gates, lives: HalfLives, events: ForgetEvents, spectra: Spectra) -> None:
    layers = [
        text("remembered.layer", name=layer.name, n=layer.n_units, kind=layer.kind.upper()) for layer in found.layers
    ]
    printer.say(text("remembered.about", id=found.unique_id, n=found.n_steps, layers=layers) + "\n")
    rows = []
    for name, share in SHARES.items():
        steps = lives.quantile(share)
        key = f"remembered.{name.replace(' ', '_')}"
        rows.append([text(key), told(duration_message(steps, found.freq)), f"{steps:,.2f}"])
    printer.table(text("remembered.lives"), ["", text("remembered.time"), text("remembered.steps")], rows)
    sentence = told(lives.message)
    printer.say(sentence[:1].upper() + sentence[1:] + "\n")
    printer.say("\n".join(map(told, events.messages)) + "\n")
    n_all = len(found.units)
    rows = [
        [told(duration_message(period, found.freq)), text("remembered.of", n=n, n_all=n_all), f"{share:.0%}"]
        for period, n, share in spectra.periods()[:MOST_PERIODS]
    ]
    columns = [text("remembered.period"), text("remembered.units"), text("remembered.power")]
    printer.table(text("remembered.periods"), columns, rows)


def _lags(lags: LagImportance) -> dict[str, object]:
    return {
        "effective_lookback_steps": lags.effective_lookback,
        "effective_lookback": lags.text,
        "share": lags.share,
        "most_important": [{"lag": lag, "share": share} for lag, share in lags.top()],
        "importance": lags.importance,
    }


def _report(found: Gates, lives: HalfLives, events: ForgetEvents, spectra: Spectra) -> dict[str, object]:
    per_unit = [
        {
            "unit": name,
            "layer": found.units.layer[n],
            "direction": found.units.direction[n],
            "half_life_steps": lives.steps[n],
            "half_life": lives.texts[n],
            "forget_events": events.per_unit[n],
            "period_steps": spectra.period[n],
            "period_share": spectra.share[n],
        }
        for n, name in enumerate(found.units.names)
    ]
    half_life = {
        name.replace(" ", "_"): {"steps": lives.quantile(share), "time": lives.text(share)}
        for name, share in SHARES.items()
    }
    alignments = [
        {"cycle": a.cycle, "labels": a.labels, "events": a.counts, "steps": a.steps, "p_value": a.p_value}
        for a in events.alignments
    ]
    return {
        "unique_id": found.unique_id,
        "n_steps": found.n_steps,
        "layers": [{"name": x.name, "kind": x.kind, "units": x.n_units} for x in found.layers],
        "half_life": half_life,
        "forget_events": {"n": len(events), "threshold": events.threshold, "alignments": alignments},
        "periods": [{"steps": p, "time": duration(p, found.freq), "units": n} for p, n, _ in spectra.periods()],
        "units": per_unit,
    }
