"""What does the network remember? Half-lives, when units forget, how far back forecasts look, and the gates."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from gatecast._json import JsonObject
from gatecast.charts.thinning import block_means
from gatecast.data.panel.panel import Panel
from gatecast.explanation.events import ForgetEvents
from gatecast.explanation.gates import Gates
from gatecast.explanation.importance import LagImportance
from gatecast.explanation.units import HalfLives, duration_message
from gatecast.forecaster import LSTMForecaster
from gatecast.reporting.compact import rounded, times_of
from gatecast.reporting.suspects import evenly

__all__ = ["about_memory"]

# each cell of a heat map stands in the page as a number
COLUMNS, UNITS, DIGITS = 400, 64, 2
# older points change the picture little, and take time
POINTS = 5_000
SHARES = {"shortest": 0.0, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "longest": 1.0}
MOST_PERIODS, MOST_LAGS = 4, 400


def about_memory(model: LSTMForecaster, panel: Panel, row: int) -> JsonObject:
    """Read one series and tell what the network did."""
    one = panel.only(row)
    one = one.tail_from(np.maximum(one.lengths - POINTS, 0))
    gates = model.gates(one)
    lives, events = gates.half_lives(), gates.forget_events()
    return {
        "series": str(panel.ids[row]),
        "n_series": panel.n_series,
        "n_steps": gates.n_steps,
        "member": gates.member,
        "n_members": len(model.fitted_.ensemble.networks),
        "layers": [{"kind": g.kind, "number": g.number, "units": g.n_units} for g in gates.layers],
        "window": gates.window,
        "half_lives": _half_lives(lives, gates.freq),
        "events": _events(events),
        "periods": [
            {"time": _time(period, gates.freq), "n": n, "share": share}
            for period, n, share in gates.spectra().periods()[:MOST_PERIODS]
        ],
        "lags": _lags(model.lag_importance(one)),
        "heat": _heat(gates),
    }


def _half_lives(lives: HalfLives, freq: str | int) -> JsonObject:
    finite = [float(steps) for steps in lives.steps if np.isfinite(steps)]
    return {
        "n": len(lives.steps),
        "n_endless": len(lives.steps) - len(finite),
        "steps": rounded(sorted(finite)),
        "at": [
            {"share": name, "steps": lives.quantile(q), "time": _time(lives.quantile(q), freq)}
            for name, q in SHARES.items()
        ],
    }


def _time(steps: float, freq: str | int) -> JsonObject:
    return asdict(duration_message(steps, freq))


def _events(events: ForgetEvents) -> JsonObject:
    alignments = [
        {"cycle": a.cycle, "n_parts": len(a.labels), "peak": a.peak, "p_value": a.p_value, "is_aligned": a.is_aligned}
        for a in events.alignments
    ]
    return {
        "n": len(events),
        "n_units": int((events.per_unit > 0).sum()),
        "n_all": len(events.units),
        "n_idle": int(events.is_idle.sum()),
        "threshold": events.threshold,
        "alignments": alignments if len(events) else [],
        "messages": [message.to_dict() for message in events.messages],
    }


def _lags(lags: LagImportance) -> JsonObject:
    importance = lags.importance[:MOST_LAGS]
    return {
        "effective": lags.effective_lookback,
        "time": _time(lags.effective_lookback, lags.freq),
        "share": lags.share,
        "is_whole": lags.is_whole,
        "message": lags.message.to_dict(),
        "importance": rounded(importance),
        "top": [{"lag": lag, "share": share, "time": _time(lag, lags.freq)} for lag, share in lags.top(3)],
    }


def _heat(gates: Gates) -> JsonObject:
    """Return what each unit keeps at each time, units sorted by their mean, evenly spaced ones of many."""
    kept = gates.retention
    order = np.argsort(kept.mean(axis=0), kind="stable")
    some = order[evenly(len(order), UNITS)]
    means, firsts = block_means(kept[:, some].astype(float), COLUMNS)
    return {
        "times": times_of(gates.times[firsts]),
        "units": [{"layer": int(gates.units.layer[n]), "unit": int(gates.units.unit[n])} for n in some],
        "n_units": len(order),
        "has_layers": gates.units.has_layers,
        "kept": np.round(means.T, DIGITS).tolist(),
        "mean": float(kept.mean()),
    }
