"""What does a model remember, and what is there to say of it to everyone? What the library says of both."""

from __future__ import annotations

from typing import Any

from gatecast._json import JsonObject
from gatecast.data import Panel
from gatecast.explanation.units import duration
from gatecast.forecaster import LSTMForecaster

__all__ = ["gates_of", "report_of"]

SHARES = {"shortest": 0.0, "a_quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "longest": 1.0}


def gates_of(model: LSTMForecaster[Any], panel: Panel, unique_id: str | None, member: int) -> JsonObject:
    """Return how long the units of a model remember a series, when they forget it, and which periods they carry."""
    # an id may be a number, which is a text in an address
    ids = panel.ids.tolist()
    named = next((id_ for id_ in ids if str(id_) == unique_id), unique_id if unique_id is not None else ids[0])
    found = model.gates(panel, named, member=member)
    lives, events, spectra = found.half_lives(), found.forget_events(), found.spectra()
    return {
        "unique_id": found.unique_id,
        "n_steps": found.n_steps,
        "layers": [{"name": layer.name, "kind": layer.kind, "units": layer.n_units} for layer in found.layers],
        "half_life": {
            name: {"steps": lives.quantile(share), "time": lives.text(share)} for name, share in SHARES.items()
        },
        "forget_events": {"n": len(events), "threshold": events.threshold, "per_unit": events.per_unit},
        "periods": [{"steps": p, "time": duration(p, found.freq), "units": n} for p, n, _ in spectra.periods()],
        "units": [
            {"unit": name, "half_life_steps": lives.steps[n], "period_steps": spectra.period[n]}
            for n, name in enumerate(found.units.names)
        ],
        "sentences": [str(lives.message), *map(str, events.messages)],
    }


def report_of(name: str, model: LSTMForecaster[Any], panel: Panel, lang: str) -> str:
    """Return the page of a report on a model and what it learned from."""
    from gatecast.reporting.build import report
    from gatecast.reporting.made import Origin

    return report(model, panel, lang=lang, origin=Origin(name=name)).html
