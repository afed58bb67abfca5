"""What did a fit decide, and why? As sentences for people, and as fields for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster, Panel
from gatecast.cli.output import Printer, number
from gatecast.cli.wording import in_options
from gatecast.exceptions import ConfigError
from gatecast.metrics.conformal import coverage
from gatecast.model.plan import DISTRIBUTION_LOSSES
from gatecast.model.settings import Settings
from gatecast.model.training_data import hold_out_lengths
from gatecast.training.stop import Stop

if TYPE_CHECKING:
    from gatecast.data.seasonality.chosen import Seasons
    from gatecast.model.record import FitRecord
    from gatecast.network.spec import LayerSpec, NetworkSpec

__all__ = [
    "check_intervals",
    "decisions_report",
    "interval_notes",
    "notes_about",
    "say_decisions",
    "validation_coverage",
]

RECURRENT = {"lstm": "LSTM", "gru": "GRU", "bidirectional": "bidirectional LSTM"}
SHOWN_IDS = 3


def check_intervals(settings: Settings, panel: Panel) -> None:
    """Refuse intervals, before anything is trained, where nothing would be held back to measure errors on."""
    if settings.loss in DISTRIBUTION_LOSSES or hold_out_lengths(settings, panel).any():
        return
    raise ConfigError(
        f"Intervals were asked for, and nothing of {panel.n_series} series of at most {panel.lengths.max()} points "
        "would be held back to measure errors on. Pass longer series, a smaller `--horizon`, `--validation-size 0.2`, "
        "or `--loss quantile`, which learns them."
    )


def decisions_report(model: LSTMForecaster) -> dict[str, object]:
    """Return what a fit decided, for JSON."""
    fitted = model.fitted_
    record, spec = fitted.record, fitted.ensemble.spec
    return {
        "horizon": fitted.horizon,
        "lookback": record.plan.lookback,
        "season_length": record.plan.season_length,
        "seasons": _seasons_report(record.seasons),
        "transform": record.transform,
        "decisions": [str(decision) for decision in record.decisions],
        "cell": _layers(spec)[0].kind,
        "hidden_size": record.plan.hidden_size,
        "n_layers": record.plan.n_layers,
        "n_parameters": spec.n_parameters,
        "ensemble": len(fitted.ensemble.networks),
        "learning_rate": record.learning_rate,
        "epochs": record.n_epochs,
        "steps": record.n_steps,
        "steps_planned": record.plan.n_steps,
        # under a transform it would be an error of transformed values
        "train_rmse": record.history["rmse"][-1] if record.transform == "none" else None,
        "train_loss": record.history["scaled_loss"][-1],
        "validation": {
            "n_points": record.n_held_out,
            "n_series": record.n_series_held_out,
            "loss": record.validation_loss,
        },
        "stop": {"reason": str(record.stop), "remedy": in_options(record.stop.remedy)},
    }


def say_decisions(printer: Printer, model: LSTMForecaster) -> None:
    """Print what a fit decided, and why."""
    record = model.fitted_.record
    plain = "as they are" if record.transform == "none" else record.transform
    facts = {
        "seasons": _seasons(record.seasons),
        "values": " ".join(map(str, record.decisions)) or plain,
        "network": _network(model),
        "training": f"{record.n_steps:,} of {record.plan.n_steps:,} steps. {in_options(record.stop.remedy)}",
        "validation": _validation(record),
    }
    printer.facts("What it decided, and why", facts)


def notes_about(panel: Panel, model: LSTMForecaster, levels: tuple[float, ...]) -> list[str]:
    """Return what keeps a forecast with intervals of these levels, in %, from being what it seems to be."""
    fitted = model.fitted_
    notes = [_constant(panel), _short(panel, fitted.lookback + fitted.horizon)]
    if model.stop_reason_ is Stop.TIME:
        notes.append(in_options(Stop.TIME.remedy))
    return [note for note in (*notes, *interval_notes(model, levels)) if note]


def interval_notes(model: LSTMForecaster, levels: tuple[float, ...]) -> list[str]:
    """Return what keeps intervals of these levels, in %, from being as sure as they say."""
    calibration = model.fitted_.calibration
    if calibration is None or model.fitted_.learns_intervals:
        return []
    return [note for note in (calibration.note(level) for level in levels) if note is not None]


def validation_coverage(model: LSTMForecaster, levels: tuple[float, ...]) -> dict[float, float]:
    """Return how often intervals hold on the validation set that gave them their widths; {} where they did not."""
    calibration = model.fitted_.calibration
    if calibration is None or model.fitted_.learns_intervals:
        return {}
    lower, upper = calibration.bounds(levels)
    errors = calibration.residuals
    return {
        level: coverage(np.broadcast_to(lower[:, n], errors.shape), np.broadcast_to(upper[:, n], errors.shape), errors)
        for n, level in enumerate(levels)
    }


def _layers(spec: NetworkSpec) -> list[LayerSpec]:
    return [layer for layer in spec.stack if layer.kind in RECURRENT]


def _seasons_report(seasons: Seasons) -> list[dict[str, object]]:
    checks = [
        {"season_length": c.season_length, "kept": c.kept, "strength": c.strength, "reason": str(c.message)}
        for c in seasons.checks
    ]
    given = seasons.lengths if seasons.source == "given" else ()
    return checks + [
        {"season_length": season, "kept": True, "strength": None, "reason": "It was given."} for season in given
    ]


def _seasons(seasons: Seasons) -> str:
    if seasons.source == "given":
        return (" and ".join(map(str, seasons.lengths)) or "1") + " steps, as was asked for"
    if not seasons.checks:
        return "none: the steps suggest none, and the values do not repeat themselves"
    return "\n".join(f"{c.season_length} {'kept' if c.kept else 'dropped'}: {c.message}" for c in seasons.checks)


def _network(model: LSTMForecaster) -> str:
    fitted = model.fitted_
    plan, spec, n_networks = fitted.record.plan, fitted.ensemble.spec, len(fitted.ensemble.networks)
    cell = RECURRENT[_layers(spec)[0].kind]
    layers = "one layer" if plan.n_layers == 1 else f"{plan.n_layers} layers"
    several = "" if n_networks == 1 else f"{n_networks} networks, whose median is the forecast, each "
    return (
        f"{several}{cell}, {layers} of {plan.hidden_size} units, {spec.n_parameters:,} weights; a forecast "
        f"counts once {plan.lookback} points were read"
    )


def _validation(record: FitRecord) -> str:
    if not record.n_held_out:
        return "none: nothing tells when to stop, and how wide intervals must be"
    n_all, n_some = len(record.hold_out), record.n_series_held_out
    each = record.n_held_out // n_some
    some = f"{n_some:,} of {n_all:,}" if n_some < n_all else f"{n_all:,}"
    series = "" if n_all == 1 else f" of each of {some} series"
    loss = "" if record.validation_loss is None else f" (loss {number(record.validation_loss)})"
    return f"the last {each:,} points{series} told when to stop, and how wide intervals must be{loss}"


def _constant(panel: Panel) -> str:
    begins = panel.offsets[:-1][panel.lengths > 0]
    ids = panel.ids[panel.lengths > 0]
    same = np.fmin.reduceat(panel.values, begins) == np.fmax.reduceat(panel.values, begins)
    if not same.any():
        return ""
    if panel.n_series == 1:
        return "The series never changes: its forecast is that value."
    return f"{int(same.sum())} series never change ({_shown(ids[same])}): their forecast is that value."


def _short(panel: Panel, needed: int) -> str:
    short = panel.lengths < needed
    if panel.n_series == 1 or not short.any():
        return ""
    return (
        f"{int(short.sum())} series have fewer than {needed} points ({_shown(panel.ids[short])}): they are forecast by "
        "what the others taught."
    )


def _shown(ids: np.ndarray) -> str:
    shown = ", ".join(repr(name) for name in ids[:SHOWN_IDS].tolist())
    return shown + (f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else "")
