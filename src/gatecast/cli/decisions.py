"""What did a fit decide, and why? As sentences for people, and as fields for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from gatecast import LSTMForecaster, Panel
from gatecast.cli.output import Printer, number
from gatecast.cli.wording import in_options
from gatecast.exceptions import ConfigError
from gatecast.metrics.conformal import coverage
from gatecast.model.plan import Plan, held_back, make_plan
from gatecast.model.settings import Settings
from gatecast.training.stop import Stop

__all__ = [
    "check_intervals",
    "decisions_report",
    "interval_notes",
    "notes_about",
    "say_decisions",
    "validation_coverage",
]

ENDED = {
    Stop.FINISHED: "all steps were taken",
    Stop.NO_IMPROVEMENT: "the validation loss had stopped falling; the best weights are kept",
    Stop.TIME: "the time was up",
    Stop.INTERRUPTED: "it was interrupted",
}
SHOWN_IDS = 3
# these losses learn how sure a forecast is; the others measure it on the validation part
LEARNED = ("quantile", "normal", "student")


def check_intervals(settings: Settings, panel: Panel) -> None:
    """Make sure, before anything is trained, that intervals will be known.

    Raises:
        ConfigError: Nothing would be held back to measure errors on.
    """
    if settings.loss in LEARNED or held_back(settings, panel).any():
        return
    raise ConfigError(
        f"Intervals were asked for, and nothing of {panel.n_series} series of at most {panel.lengths.max()} points "
        "would be held back to measure errors on. Pass longer series, a smaller `--horizon`, `--validation-size 0.2`, "
        "or `--loss quantile`, which learns them."
    )


def decisions_report(model: LSTMForecaster, panel: Panel) -> dict[str, Any]:
    """Return what a fit decided, for JSON.

    Args:
        model: Fitted on `panel`.
        panel: What it was fitted on.
    """
    fitted = model.fitted_
    learned, spec = fitted.learned, fitted.ensemble.spec
    plan, held = _plan(model, panel), held_back(model.settings_, panel)
    layers = [layer for layer in spec.stack if layer.kind in ("lstm", "gru", "bidirectional")]
    rmse = learned.history["rmse"]
    return {
        "horizon": fitted.horizon,
        "lookback": fitted.lookback,
        "season_length": fitted.season_length,
        "seasons": [asdict(check) for check in learned.seasons] or _given(model),
        "transform": fitted.preparation.transform.name,
        "decisions": list(learned.decisions),
        "cell": layers[0].kind,
        "hidden_size": layers[0].units,
        "n_layers": len(layers),
        "n_parameters": spec.n_parameters,
        "ensemble": len(fitted.ensemble.networks),
        "epochs": len(rmse),
        "steps": learned.n_steps,
        "steps_planned": plan.n_steps,
        # under a transform it would be an error of transformed values
        "train_rmse": rmse[-1] if fitted.preparation.transform.name == "none" else None,
        "train_loss": learned.history["scaled_loss"][-1],
        "validation": {
            "n_points": int(held.sum()),
            "n_series": int((held > 0).sum()),
            "loss": learned.validation_loss,
        },
        "stop": {"reason": str(learned.stop), "remedy": in_options(learned.stop.remedy)},
    }


def say_decisions(printer: Printer, model: LSTMForecaster, panel: Panel) -> None:
    """Print what a fit decided, and why."""
    report = decisions_report(model, panel)
    facts = {"seasons": _seasons(model)}
    given = {"none": "as they are"}.get(report["transform"], report["transform"])
    facts["values"] = " ".join(report["decisions"]) or given
    facts["network"] = _network(report)
    facts["training"] = _training(report)
    facts["validation"] = _validation(report, panel)
    printer.facts("What it decided, and why", facts)


def notes_about(panel: Panel, model: LSTMForecaster, levels: tuple[float, ...]) -> list[str]:
    """Return what keeps a forecast from being what it seems to be, in sentences.

    Args:
        panel: The data.
        model: The one that forecasts.
        levels: Intervals that are shown, in %.
    """
    fitted = model.fitted_
    notes = [_constant(panel), _short(panel, fitted.lookback + fitted.horizon)]
    if model.stop_reason_ is Stop.TIME:
        notes.append(in_options(Stop.TIME.remedy))
    return [note for note in (*notes, *interval_notes(model, levels)) if note]


def interval_notes(model: LSTMForecaster, levels: tuple[float, ...]) -> list[str]:
    """Return what keeps intervals of these levels, in %, from being as sure as they say."""
    calibration = model.fitted_.calibration
    if calibration is None or model.settings_.loss in LEARNED:
        return []
    return [note for note in (calibration.note(level) for level in levels) if note is not None]


def validation_coverage(model: LSTMForecaster, levels: tuple[float, ...]) -> dict[float, float]:
    """Return how often intervals hold on the validation part that gave them their widths; {} where they did not."""
    calibration = model.fitted_.calibration
    if calibration is None or model.settings_.loss in LEARNED:
        return {}
    lower, upper = calibration.bounds(levels)
    errors = calibration.residuals
    return {
        level: coverage(np.broadcast_to(lower[:, n], errors.shape), np.broadcast_to(upper[:, n], errors.shape), errors)
        for n, level in enumerate(levels)
    }


def _plan(model: LSTMForecaster, panel: Panel) -> Plan:
    held = held_back(model.settings_, panel)
    kept = [check.season_length for check in model.fitted_.learned.seasons if check.kept]
    given = model.settings_.seasons
    seasons = tuple(season for season in (kept if given is None else given) if season > 1)
    return make_plan(model.settings_, panel.head(panel.lengths - held), seasons)


def _given(model: LSTMForecaster) -> list[dict[str, Any]]:
    return [
        {"season_length": season, "kept": season > 1, "strength": None, "reason": "It was given."}
        for season in model.settings_.seasons or ()
    ]


def _seasons(model: LSTMForecaster) -> str:
    if model.settings_.seasons is not None:
        return " and ".join(map(str, model.settings_.seasons)) + " steps, as was asked for"
    checks = model.fitted_.learned.seasons
    if not checks:
        return "none: the steps suggest none, and the values do not repeat themselves"
    lines = [f"{check.season_length} {'kept' if check.kept else 'dropped'}: {check.reason}" for check in checks]
    return "\n".join(lines)


def _network(report: dict[str, Any]) -> str:
    cell = {"lstm": "LSTM", "gru": "GRU", "bidirectional": "bidirectional LSTM"}[report["cell"]]
    layers = "one layer" if report["n_layers"] == 1 else f"{report['n_layers']} layers"
    several = "" if report["ensemble"] == 1 else f"{report['ensemble']} networks, whose median is the forecast, each "
    return (
        f"{several}{cell}, {layers} of {report['hidden_size']} units, {report['n_parameters']:,} weights; a forecast "
        f"counts once {report['lookback']} points were read"
    )


def _training(report: dict[str, Any]) -> str:
    ended = ENDED[Stop(report["stop"]["reason"])]
    return f"{report['steps']:,} of {report['steps_planned']:,} steps; it ended because {ended}"


def _validation(report: dict[str, Any], panel: Panel) -> str:
    part = report["validation"]
    if not part["n_points"]:
        return "none: nothing tells when to stop, and how wide intervals must be"
    each = part["n_points"] // part["n_series"]
    some = f"{part['n_series']:,} of {panel.n_series:,}" if part["n_series"] < panel.n_series else f"{panel.n_series:,}"
    series = "" if panel.n_series == 1 else f" of each of {some} series"
    loss = "" if part["loss"] is None else f" (loss {number(part['loss'])})"
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
