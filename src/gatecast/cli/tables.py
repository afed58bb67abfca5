"""How are errors, forecasts and the decisions of a fit shown? As tables, sentences, and fields for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatecast import LSTMForecaster, Panel
from gatecast.cli.output import Printer, number
from gatecast.cli.wording import in_options, joined, text, told
from gatecast.exceptions import ConfigError
from gatecast.metrics.conformal import coverage
from gatecast.model.hold_out import hold_out_lengths
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.model.settings import Settings
from gatecast.model.zero_shot import is_at_once
from gatecast.texts.message import Message
from gatecast.training.stop import Stop

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.seasonality.seasons import Seasons
    from gatecast.metrics.errors import Evaluation
    from gatecast.model.fitted import FitRecord
    from gatecast.network.spec import NetworkSpec

__all__ = [
    "ON_TEST",
    "Decided",
    "check_intervals",
    "coverage_words",
    "decisions_report",
    "in_english",
    "interval_notes",
    "notes_about",
    "say_decisions",
    "say_errors",
    "say_forecast",
    "time_texts",
    "validation_coverage",
    "verdict",
]

SHOWN_ROWS = 12
# intervals and quantiles beside the forecast
MOST_COLUMNS = 3
# below this share two errors count as equal
CLOSE = 0.02
RECURRENT: dict[str, str | Message] = {"lstm": "LSTM", "gru": "GRU", "bidirectional": Message("decided.bidirectional")}
SHOWN_IDS = 3
ON_TEST = Message("judged.on_test")


def in_english(said: Iterable[Message]) -> list[str]:
    """Return messages for programs."""
    return [told(message, "en") for message in said]


def say_errors(printer: Printer, evaluation: Evaluation, n_test: int, judgement: Message) -> None:
    """Print the errors on the test part, and what they mean."""
    season = text("judged.steps_ago", n=evaluation.season_length)
    called = {"Naive": text("judged.last_value"), "SeasonalNaive": season}
    rows = [
        [called.get(name, name), number(score.rmse), number(score.mae), number(score.mase)]
        for name, score in evaluation.scores.items()
    ]
    ahead = Message("judged.ahead_one" if evaluation.horizon == 1 else "judged.ahead", {"n": evaluation.horizon})
    title = text("judged.title", n_test=n_test, ahead=ahead, n_origins=evaluation.n_origins)
    printer.table(title, [text("table.forecast"), "RMSE", "MAE", "MASE"], rows)
    printer.say(told(judgement) + "\n", style="bold")


def verdict(evaluation: Evaluation) -> Message:
    """Compare the LSTM's error with the better naive one, in one sentence."""
    ours, scores = evaluation.rmse, evaluation.scores
    naive = {name: score.rmse for name, score in scores.items() if name != "LSTM"}
    name = min(naive, key=lambda other: naive[other])
    best = naive[name]
    called = Message("judged.naive" if name == "Naive" else "judged.seasonal_naive")
    if best == 0 or ours == 0:
        return Message("judged.exact", {"ours": number(ours), "called": called, "best": number(best)})
    change = ours / best - 1
    other_way = (scores["LSTM"].mae - scores[name].mae) * change < 0
    but = Message("judged.other_way") if other_way else ""
    if abs(change) < CLOSE:
        return Message("judged.about", {"called": called})
    if change < 0:
        return Message("judged.below", {"share": -change, "called": called, "but": but})
    facts = {"called": called, "but": but or Message("judged.better", {"called": called})}
    if change < 1:
        return Message("judged.above", {"share": change, **facts})
    return Message("judged.times", {"times": change + 1, **facts})


def coverage_words(coverage: dict[float, float], where: Message) -> Message:
    """Say how often intervals held, beside how often they should."""
    first, *more = [{"level": level, "held": 100 * share} for level, share in coverage.items()]
    held = [Message("judged.held_first", first), *(Message("judged.held_next", facts) for facts in more)]
    return Message("judged.coverage", {"where": where, "held": held})


def say_forecast(printer: Printer, predicted: pd.DataFrame, panel: Panel, horizon: int, *, is_saved: bool) -> None:
    """Print the first rows of a forecast, with as many intervals and quantiles as a terminal has room for."""
    several = panel.n_series > 1
    shown = predicted.head(SHOWN_ROWS)
    n_ids = len(panel.id_names)
    ids = [*zip(*(shown.iloc[:, n] for n in range(n_ids)), strict=True)]
    moments, values = ([*shown.iloc[:, n]] for n in (n_ids, n_ids + 1))
    more = _uncertain(shown, n_ids + 1, several)
    rows = [
        [*(map(str, series) if several else []), moment, number(value), *(column[n] for column in more.values())]
        for n, (series, moment, value) in enumerate(zip(ids, time_texts(moments), values, strict=True))
    ]
    what = Message("unit.series", {"n": panel.n_series}) if several else str(panel.ids[0])
    title = text("shown.title", what=what, steps=Message("unit.step", {"n": horizon}))
    printer.table(
        title,
        [*(panel.id_names if several else []), panel.columns.time, str(predicted.columns[n_ids + 1]), *more],
        rows,
    )
    n_more = len(predicted) - len(rows)
    if n_more:
        printer.say(text("shown.more" if is_saved else "shown.more_write", n=n_more))
    elif not is_saved:
        printer.say(text("shown.write"))


def _uncertain(shown: pd.DataFrame, place: int, several: bool) -> dict[str, list[str]]:
    """Return columns for intervals and quantiles of the forecast in one `place`: the first few of them."""
    model = str(shown.columns[place])
    levels = [str(name).removeprefix(f"{model}-lo-") for name in shown if str(name).startswith(f"{model}-lo-")]
    columns = {
        text("screen.percent", share=level): [
            text("screen.range", low=number(low), high=number(high))
            for low, high in zip(shown[f"{model}-lo-{level}"], shown[f"{model}-hi-{level}"], strict=True)
        ]
        # the columns stand from the lowest to the highest, so the widest level comes first
        for level in reversed(levels)
    }
    quantiles = [str(name) for name in shown if str(name).startswith(f"{model}-ql")]
    columns |= {name.removeprefix(f"{model}-"): [number(value) for value in shown[name]] for name in quantiles}
    return dict(list(columns.items())[: MOST_COLUMNS - several])


def time_texts(times: list[object]) -> list[str]:
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
    raise ConfigError(Message("option.no_intervals", {"n": panel.n_series, "most": int(panel.lengths.max())}))


class Decided(NamedTuple):
    """What a fit did, and the networks that came of it."""

    record: FitRecord
    spec: NetworkSpec
    n_networks: int

    @classmethod
    def of(cls, model: LSTMForecaster) -> Decided:
        """Take it from a fitted model."""
        fitted = model.fitted_
        return cls(fitted.record, fitted.ensemble.spec, len(fitted.ensemble.networks))


def decisions_report(decided: Decided) -> dict[str, object]:
    """Return what a fit decided, for JSON."""
    record, spec, n_networks = decided
    return {
        "horizon": spec.horizon,
        "lookback": record.plan.lookback,
        "season_length": record.plan.season_length,
        "seasons": _seasons_report(record.seasons),
        "transform": record.transform,
        "decisions": [str(decision) for decision in record.decisions],
        "cell": _cell(spec),
        "hidden_size": record.plan.hidden_size,
        "n_layers": record.plan.n_layers,
        "n_parameters": spec.n_parameters,
        "ensemble": n_networks,
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


def say_decisions(printer: Printer, decided: Decided) -> None:
    """Print what a fit decided, and why."""
    record = decided.record
    plain = text("decided.as_they_are") if record.transform == "none" else record.transform
    steps = [Message("decided.steps", {"n": record.n_steps, "n_all": record.plan.n_steps})]
    facts = {
        text("decided.seasons"): _seasons(record.seasons),
        text("decided.values"): joined(record.decisions) or plain,
        text("decided.network"): _network(decided),
        text("decided.training"): joined(
            [*(steps if record.is_trained else []), record.stop.message, record.stop.advice]
        ),
        text("decided.validation"): _validation(record),
    }
    printer.facts(text("decided.title"), facts)


def notes_about(panel: Panel, model: LSTMForecaster, levels: tuple[float, ...]) -> list[Message]:
    """Return what keeps a forecast with intervals of these levels, in %, from being what it seems to be."""
    fitted = model.fitted_
    notes = [_constant(panel), _short(panel, fitted.lookback + fitted.horizon)]
    if model.stop_reason_ is Stop.TIME:
        notes.append(Message("judged.stopped", {"what": Stop.TIME.message, "advice": Stop.TIME.advice}))
    return [note for note in (*notes, *interval_notes(model, levels)) if note is not None]


def interval_notes(model: LSTMForecaster, levels: tuple[float, ...]) -> list[Message]:
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
        return text("decided.season_given", lengths=text("words.and").join(map(str, seasons.lengths)) or "1")
    if not seasons.checks:
        return text("decided.no_season")
    return "\n".join(
        text("decided.season_kept" if c.kept else "decided.season_dropped", n=c.season_length, why=c.message)
        for c in seasons.checks
    )


def _network(decided: Decided) -> str:
    record, spec, n_networks = decided
    plan = record.plan
    network = Message(
        "decided.one" if n_networks == 1 else "decided.several",
        {
            "n_networks": n_networks,
            "cell": RECURRENT[_cell(spec)],
            "layers": Message("decided.layers", {"n": plan.n_layers}),
            "units": plan.hidden_size,
            "weights": spec.n_parameters,
        },
    )
    if record.is_pretrained:
        return told(network)
    return text("decided.counts_from", network=network, lookback=plan.lookback)


def _validation(record: FitRecord) -> str:
    if record.is_pretrained:
        return text("decided.not_validated_learned")
    if not record.n_held_out:
        return text("decided.not_validated")
    n_all, n_some = len(record.hold_out), record.n_series_held_out
    key = "decided.validated_some" if n_some < n_all else "decided.validated_all"
    facts = {"n": record.n_held_out // n_some, "n_some": n_some, "n_all": n_all}
    return text("decided.validated" if n_all == 1 else key, **facts)


def _constant(panel: Panel) -> Message | None:
    begins = panel.offsets[:-1][panel.lengths > 0]
    ids = panel.ids[panel.lengths > 0]
    same = np.fmin.reduceat(panel.values, begins) == np.fmax.reduceat(panel.values, begins)
    if not same.any():
        return None
    if panel.n_series == 1:
        return Message("judged.never_changes")
    return Message("judged.never_change", {"n": int(same.sum()), "names": _shown(ids[same])})


def _short(panel: Panel, needed: int) -> Message | None:
    short = panel.lengths < needed
    if panel.n_series == 1 or not short.any():
        return None
    return Message("judged.short", {"n": int(short.sum()), "needed": needed, "names": _shown(panel.ids[short])})


def _shown(ids: np.ndarray) -> Message:
    """List the first ids; a list is joined in the language that it is said in."""
    shown = [repr(name) for name in ids[:SHOWN_IDS].tolist()]
    n_more = len(ids) - SHOWN_IDS
    return Message("words.more" if n_more > 0 else "words.all", {"shown": shown, "n": n_more})
