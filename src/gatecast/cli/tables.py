"""How are errors, forecasts and the decisions of a fit shown? As tables, sentences, and fields for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster, Panel
from gatecast.cli.output import Printer, number
from gatecast.cli.wording import in_options
from gatecast.exceptions import ConfigError
from gatecast.metrics.conformal import coverage
from gatecast.model.plan import DISTRIBUTION_LOSSES, hold_out_lengths
from gatecast.model.settings import Settings
from gatecast.model.zero_shot import is_at_once
from gatecast.training.stop import Stop

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.seasonality.seasons import Seasons
    from gatecast.metrics.errors import Evaluation
    from gatecast.model.fitted import FitRecord
    from gatecast.network.spec import NetworkSpec

__all__ = [
    "check_intervals",
    "coverage_words",
    "decisions_report",
    "interval_notes",
    "notes_about",
    "say_decisions",
    "say_errors",
    "say_forecast",
    "validation_coverage",
    "verdict",
]

SHOWN_ROWS = 12
# intervals and quantiles beside the forecast
MOST_COLUMNS = 3
# below this share two errors count as equal
CLOSE = 0.02
RECURRENT = {"lstm": "LSTM", "gru": "GRU", "bidirectional": "bidirectional LSTM"}
SHOWN_IDS = 3


def say_errors(printer: Printer, evaluation: Evaluation, n_test: int, judgement: str) -> None:
    """Print the errors on the test part, and what they mean."""
    ahead = "1 step" if evaluation.horizon == 1 else f"1 to {evaluation.horizon} steps"
    season = f"seasonal naive ({evaluation.season_length} steps ago)"
    called = {"Naive": "naive (the last value)", "SeasonalNaive": season}
    rows = [
        [called.get(name, name), number(score.rmse), number(score.mae), number(score.mase)]
        for name, score in evaluation.scores.items()
    ]
    title = f"Errors on {n_test:,} points held back, {ahead} ahead from {evaluation.n_origins:,} origins"
    printer.table(title, ["forecast", "RMSE", "MAE", "MASE"], rows)
    printer.say(judgement + "\n", style="bold")


def verdict(evaluation: Evaluation) -> str:
    """Compare the LSTM's error with the better naive one, in one sentence."""
    ours, scores = evaluation.rmse, evaluation.scores
    naive = {name: score.rmse for name, score in scores.items() if name != "LSTM"}
    name = min(naive, key=lambda other: naive[other])
    best = naive[name]
    called = {"Naive": "naive", "SeasonalNaive": "seasonal naive"}[name]
    if best == 0 or ours == 0:
        return f"The LSTM's RMSE is {number(ours)} and that of the {called} forecast is {number(best)}."
    change = ours / best - 1
    other_way = (scores["LSTM"].mae - scores[name].mae) * change < 0
    but = "; by the MAE it is the other way round" if other_way else ""
    if abs(change) < CLOSE:
        return f"The LSTM's RMSE is about that of the {called} forecast, which costs nothing and explains itself."
    if change < 0:
        return f"The LSTM's RMSE is {-change:.0%} below that of the {called} forecast, the best of the naive ones{but}."
    size = f"{change:.0%} above" if change < 1 else f"{change + 1:.1f} times"
    better = but or f": on these data the {called} forecast is the better one"
    return f"The LSTM's RMSE is {size} that of the {called} forecast{better}."


def coverage_words(coverage: dict[float, float], where: str) -> str:
    """Say how often intervals held, beside how often they should."""
    held = [f"the {level:g} % interval {100 * share:.1f} %" for level, share in coverage.items()]
    held[0] = held[0].replace("interval", "interval held") + " of what came"
    return f"Measured on {where}: {', '.join(held)}."


def say_forecast(printer: Printer, predicted: pd.DataFrame, panel: Panel, horizon: int, *, is_saved: bool) -> None:
    """Print the first rows of a forecast, with as many intervals and quantiles as a terminal has room for."""
    several = panel.n_series > 1
    shown = predicted.head(SHOWN_ROWS)
    ids, moments, values = ([*shown.iloc[:, n]] for n in range(3))
    more = _uncertain(shown, several)
    rows = [
        [*([str(series)] if several else []), moment, number(value), *(column[n] for column in more.values())]
        for n, (series, moment, value) in enumerate(zip(ids, _moments(moments), values, strict=True))
    ]
    of = f" of {panel.n_series:,} series" if several else f" of {panel.ids[0]}"
    title = f"Forecast{of}, {horizon} {'step' if horizon == 1 else 'steps'} ahead"
    printer.table(
        title, [*([panel.columns.id] if several else []), panel.columns.time, str(predicted.columns[2]), *more], rows
    )
    n_more = len(predicted) - len(rows)
    if n_more:
        printer.say(
            f"... and {n_more:,} more rows" + ("" if is_saved else ": write all of them with --out forecast.csv")
        )
    elif not is_saved:
        printer.say("Write it to a file with --out forecast.csv")


def _uncertain(shown: pd.DataFrame, several: bool) -> dict[str, list[str]]:
    """Return columns for intervals and quantiles: the first few of them."""
    model = str(shown.columns[2])
    levels = [str(name).removeprefix(f"{model}-lo-") for name in shown if str(name).startswith(f"{model}-lo-")]
    columns = {
        f"{level} %": [
            f"{number(low)} to {number(high)}"
            for low, high in zip(shown[f"{model}-lo-{level}"], shown[f"{model}-hi-{level}"], strict=True)
        ]
        # the columns stand from the lowest to the highest, so the widest level comes first
        for level in reversed(levels)
    }
    quantiles = [str(name) for name in shown if str(name).startswith(f"{model}-ql")]
    columns |= {name.removeprefix(f"{model}-"): [number(value) for value in shown[name]] for name in quantiles}
    return dict(list(columns.items())[: MOST_COLUMNS - several])


def _moments(times: list[object]) -> list[str]:
    """Write times as shortly as all of them allow: no midnights, no seconds that are zero."""
    texts = [str(time) for time in times]
    for zeros in (" 00:00:00", ":00"):
        if all(text.count(":") == 2 and text.endswith(zeros) for text in texts):
            return [text.removesuffix(zeros) for text in texts]
    return texts


def check_intervals(settings: Settings, panel: Panel) -> None:
    """Refuse intervals, before anything is trained, where nothing would be held back to measure errors on."""
    if is_at_once(settings, panel) or settings.loss in DISTRIBUTION_LOSSES or hold_out_lengths(settings, panel).any():
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
        "cell": _cell(spec),
        "hidden_size": record.plan.hidden_size,
        "n_layers": record.plan.n_layers,
        "n_parameters": spec.n_parameters,
        "ensemble": len(fitted.ensemble.networks),
        "learning_rate": record.learning_rate,
        "epochs": record.n_epochs,
        "steps": record.n_steps,
        "steps_planned": record.plan.n_steps,
        # under a transform it would be an error of transformed values
        "trained": record.is_trained,
        "train_rmse": record.history["rmse"][-1] if record.is_trained and record.transform == "none" else None,
        "train_loss": record.history["scaled_loss"][-1] if record.is_trained else None,
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
    steps = f"{record.n_steps:,} of {record.plan.n_steps:,} steps. " if record.is_trained else ""
    facts = {
        "seasons": _seasons(record.seasons),
        "values": " ".join(map(str, record.decisions)) or plain,
        "network": _network(model),
        "training": steps + in_options(record.stop.remedy),
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


def _cell(spec: NetworkSpec) -> str:
    return next(layer.kind for layer in spec.stack if layer.kind in RECURRENT)


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
    cell = RECURRENT[_cell(spec)]
    layers = "one layer" if plan.n_layers == 1 else f"{plan.n_layers} layers"
    several = "" if n_networks == 1 else f"{n_networks} networks, whose median is the forecast, each "
    said = f"{several}{cell}, {layers} of {plan.hidden_size} units, {spec.n_parameters:,} weights"
    is_trained = fitted.record.is_trained
    return f"{said}; a forecast counts once {plan.lookback} points were read" if is_trained else said


def _validation(record: FitRecord) -> str:
    if not record.is_trained:
        return "none: the networks learned how wide intervals must be"
    if not record.n_held_out:
        return "none: nothing tells when to stop, and how wide intervals must be"
    n_all, n_some = len(record.hold_out), record.n_series_held_out
    each = record.n_held_out // n_some
    some = f"{n_some:,} of {n_all:,}" if n_some < n_all else f"{n_all:,}"
    series = "" if n_all == 1 else f" of each of {some} series"
    return f"the last {each:,} points{series} told when to stop, and how wide intervals must be"


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
