"""How does a fitted forecaster learn on? A short training of its networks, with its scales, on newer rows or series."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Panel, stacked
from gatecast.data.values.bounds import find_bounds
from gatecast.data.values.gaps import prepend
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.alignment import Alignment, align, match_series, without_overlap
from gatecast.model.candidates import Candidate
from gatecast.model.fitted import FitRecord, Fitted, about_bounds, about_weights
from gatecast.model.hold_out import about_hold_out, hold_out_lengths
from gatecast.model.inputs import Preparation, check_bounds, check_counts
from gatecast.model.members import train_members
from gatecast.model.plan import TrainingData, plan_update
from gatecast.model.settings import SETTINGS, Settings, as_code
from gatecast.model.validation import Origins, Validation
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import PanelArrays, cut, spans
from gatecast.texts.message import Message
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import TrainingResult
from gatecast.training.stop import Stop

__all__ = ["continue_fit", "joined", "settings_like"]

# settings that say how long and how training goes on, and what is done with its forecasts: others are the network's
MAY_DIFFER = (
    *("seed", "n_threads", "progress", "max_seconds", "lower", "upper", "pretrained", "epochs", "batch_size"),
    *("learning_rate", "schedule", "patience", "ema_decay", "clip_norm", "weight_decay", "validation_size"),
    *("shuffle", "refit_full", "checkpoint", "checkpoint_seconds"),
)
# those that a fit chooses where they are left open, and what it chose, in its plan
CHOSEN = {"lookback": "lookback", "hidden_size": "hidden_size", "n_layers": "n_layers", "ensemble": "n_members"}
CHOSEN |= {"loss": "loss"}
# what is left open is that of the model; a horizon always says something
ALWAYS_SAID = ("horizon",)


def settings_like(settings: Settings, theirs: Settings, start: Fitted) -> Settings:
    """Return the settings of a fit that goes on from a model: what was left open is that of the model.

    ConfigError: a setting of the network, or of what it reads, is another one than the model's.
    """
    kept: dict[str, object] = {}
    for name, setting in SETTINGS.items():
        if name in MAY_DIFFER:
            continue
        own, known = getattr(settings, name), getattr(theirs, name)
        used = getattr(start.record.plan, CHOSEN[name]) if name in CHOSEN and known is None else known
        is_open = own == setting.default and name not in ALWAYS_SAID
        if not is_open and _plain(own) not in (_plain(known), _plain(used)):
            passed, there = (as_code({name: _plain(value)}, flat=True) for value in (own, used))
            raise ConfigError(
                f"`{passed}` was passed, and the model to start from has `{there}`, which was expected, as the network "
                "stays the same. Pass that, or fit without `start`."
            )
        kept[name] = known
    return replace(settings, **kept)  # type: ignore[arg-type]


def _plain(value: object) -> object:
    # files hold lists where there were tuples
    return list(value) if isinstance(value, list | tuple) else value


def joined(start: Fitted, past: Panel | None, newer: Panel) -> Panel:
    """Put newer rows behind those that were learned from, where these are at hand, and all known series first.

    Newer rows replace those of the same times. Without the `past` they stand alone, known series without any are empty,
    and the rest of what is known of them is what the model remembers.
    """
    _check_columns(start, newer)
    newer = _placed(start, newer)
    match = match_series(start.after, newer)
    places = {int(row): s for s, row in enumerate(match.rows) if row >= 0}
    pieces = []
    for row in range(start.after.n_series):
        known = start.after.only(row) if past is None else past.only(row)
        if row not in places:
            pieces.append(known)
            continue
        s = places[row]
        rows = replace(newer.only(s), ids=known.ids)
        n_before, lead = int(match.n_before[s]), match.lead[s : s + 1]
        if past is None or n_before >= known.lengths[0]:
            pieces.append(rows)
            continue
        head = known.head(known.lengths - n_before)
        pieces.append(head.followed_by(rows.with_leading_gaps(lead)))
    new = np.flatnonzero(match.rows < 0)
    return stacked([*pieces, newer.rows(new)] if len(new) else pieces, newer)


def _placed(start: Fitted, newer: Panel) -> Panel:
    """Let arrays without times that do not hold the training part begin behind it."""
    match = match_series(start.after, newer)
    later = match.with_untimed(newer, start.lengths, start.tail[:, -1])
    follows = later.n_before < match.n_before
    ends = start.after.starts[np.where(match.rows >= 0, match.rows, 0)]
    return replace(newer, starts=np.where(follows, ends, newer.starts)) if follows.any() else newer


def continue_fit(settings: Settings, start: Fitted, panel: Panel, checkpoint: Checkpoint | None = None) -> Fitted:
    """Train the networks of a model for a short while more, and remember the panel to its end.

    Known series keep their scales, and what the model remembers of them where the panel goes on behind it. The weights
    before the training are judged on the validation set too, and stay where the training did not make them better.
    Pretrained networks, and those that nothing could judge, read the panel alone.
    """
    _check_columns(start, panel)
    check_bounds(panel, settings.limits)
    data, alignment, preparation, arrays = _prepared(settings, start, panel)
    ensemble, results, judged, said = start.ensemble, [], None, Message("decision.update_read")
    if start.record.is_trained:
        candidate = _candidate(data, start, preparation, arrays)
        before = candidate.judge(candidate.starts)
        judged, said = before, Message("decision.update_unjudged")
        if before is not None or _needs_no_validation(settings):
            results = train_members(candidate, checkpoint=checkpoint)
            trained = [result.weights for result in results]
            after = candidate.judge(trained)
            facts = {"n": results[0].n_steps, "before": candidate.mase_of(before), "after": candidate.mase_of(after)}
            is_better = before is None or facts["after"] < facts["before"]
            said = Message("decision.updated" if is_better else "decision.update_kept", facts)
            if before is None:
                said = Message("decision.updated_blind", {"n": results[0].n_steps})
            if is_better:
                ensemble, judged = candidate.ensemble(trained), after
        start = replace(start, record=_record(start.record, candidate, results))
    record = _told(start.record, data, alignment, said, preparation)
    calibration = start.calibration if judged is None else judged.calibration() or start.calibration
    return replace(
        _remembered(start, data, alignment, preparation, arrays, ensemble), calibration=calibration, record=record
    )


def _needs_no_validation(settings: Settings) -> bool:
    """Tell whether a fit holds nothing out because that was asked for."""
    return settings.validation_size == 0 or (settings.validation_size is None and settings.skip == "none")


def _check_columns(start: Fitted, panel: Panel) -> None:
    """Refuse data with other columns than those that the model learned from, or with other kinds of values in them."""
    for role in ("past", "future", "static"):
        known, there = getattr(start.after, role), getattr(panel, role)
        if set(known) != set(there):
            raise DataError(
                f"The data have the `{role}` columns {sorted(there)}, and the model to start from learned from "
                f"{sorted(known)}, which were expected. Pass these, or fit without `start`."
            )
        for name, column in known.items():
            if (column.dtype == object) != (there[name].dtype == object):
                kinds = ("categories", "numbers") if there[name].dtype == object else ("numbers", "categories")
                raise DataError(
                    f"Column {name!r} holds {kinds[0]}, and the model to start from learned {kinds[1]} there, which "
                    "were expected. Convert them, or fit without `start`."
                )


def _prepared(
    settings: Settings, start: Fitted, panel: Panel
) -> tuple[TrainingData, Alignment, Preparation, PanelArrays]:
    """Return what is learned from, where it lies beside what was learned, and how networks read all of it."""
    is_short = panel.lengths < start.lookback + settings.horizon
    overlaps = match_series(start.after, panel).n_before > 0
    alignment = align(start, without_overlap(start, panel) if (is_short & overlaps).any() else panel)
    panel = alignment.panel
    hold_out = hold_out_lengths(settings, panel)
    n_learned = panel.lengths - hold_out
    preparation, arrays = alignment.prepared(n_learned)
    if preparation.encoder is not None:
        preparation.encoder.warn_of_new(panel, arrays.codes)
    if preparation.bounds.limits != settings.limits:
        preparation = replace(preparation, bounds=find_bounds(panel, settings.limits))
    own = naive_scale(panel.head(n_learned).values, panel.head(n_learned).offsets, start.season_length)
    known = alignment.match.of_rows(start.naive_scales, np.nan)
    scales = np.where(np.isfinite(known), known, own)
    loss = start.ensemble.first.loss
    if loss.is_of_counts:
        check_counts(panel, loss.loss)
    settings = replace(settings, loss=loss.loss)
    data = TrainingData(settings, panel, hold_out, start.record.seasons, known_scales=scales)
    return data, alignment, preparation, arrays


def _candidate(data: TrainingData, start: Fitted, preparation: Preparation, arrays: PanelArrays) -> Candidate:
    """Return the model's networks, whose training goes on."""
    settings, first, hold_out = data.settings, start.ensemble.first, data.hold_out
    n_learned = data.panel.lengths - hold_out
    learned = cut(arrays, arrays.offsets[:-1], n_learned)
    if arrays.target_weights is not None:
        learned = replace(learned, target_weights=arrays.target_weights[spans(arrays.offsets[:-1], n_learned)])
    plan = plan_update(data, start.record.plan, len(start.ensemble.networks))
    validation = None
    if data.has_validation:
        reach = plan.lookback + plan.n_targets
        origins = Origins.limited(np.maximum(hold_out - settings.horizon + 1, 0), reach=reach)
        validation = Validation(arrays, data.panel.values, n_learned, origins, reach)
    seconds = math.inf if settings.max_seconds is None else float(settings.max_seconds)
    starts = tuple(network.weights for network in start.ensemble.networks)
    parts = data, plan, first.spec, first.loss, preparation, learned, validation
    return Candidate(*parts, time.monotonic() + seconds, starts)


def _record(record: FitRecord, candidate: Candidate, results: list[TrainingResult]) -> FitRecord:
    """Note what was trained; the plan keeps the points that a forecast reads before it counts."""
    if not results:
        return record
    first, stops = results[0], [result.stop for result in results]
    urgent = [stop for stop in (Stop.INTERRUPTED, Stop.TIME) if stop in stops]
    return replace(
        record,
        plan=replace(candidate.plan, lookback=record.plan.lookback, learning_rate=first.learning_rate),
        patience=int(candidate.settings.patience),
        history=first.history,
        stop=urgent[0] if urgent else max(stops, key=stops.count),
        n_steps=first.n_steps,
        validation_loss=first.validation_loss,
        refit_steps=None,
    )


# decisions that are told anew of the series that there are now
TOLD_ANEW = (
    *("decision.bounded", "decision.limits", "decision.not_held"),
    *("decision.weighted", "decision.future", "decision.update"),
)


def _told(
    record: FitRecord, data: TrainingData, alignment: Alignment, said: Message, preparation: Preparation
) -> FitRecord:
    """Say what the model went on from, and what came of it."""
    kept = [one for one in record.decisions if not one.code.startswith(TOLD_ANEW)]
    known = alignment.match.is_known
    facts = {"n_points": len(data.panel.values), "n_known": int(known.sum()), "n_new": int((~known).sum())}
    done = Message("decision.update", facts), said, *about_weights(data.panel, record)
    decisions = (*kept, *about_hold_out(data.settings, data.hold_out), *done, *about_bounds(preparation.bounds))
    return replace(record, hold_out=tuple(data.hold_out.tolist()), decisions=decisions)


def _remembered(
    start: Fitted,
    data: TrainingData,
    alignment: Alignment,
    preparation: Preparation,
    arrays: PanelArrays,
    ensemble: Ensemble,
) -> Fitted:
    """Read the panel to its end and remember what forecasts need, as `remember` does of a panel of its own."""
    panel, rows = alignment.panel, alignment.match.rows
    values, offsets = prepend(alignment.anchors, panel.values, panel.offsets)
    after = panel.tail_from(panel.lengths)
    if after.n_series == start.after.n_series == 1:
        after = replace(after, ids=start.after.ids)
    weight = panel.columns.weight or start.after.columns.weight
    return replace(
        start,
        ensemble=ensemble,
        memories=ensemble.read(alignment.memories, arrays),
        preparation=preparation,
        after=replace(after, columns=replace(after.columns, weight=weight), weights=None),
        lengths=panel.lengths + np.where(alignment.follows, start.lengths[rows], 0),
        anchors=preparation.transform.anchors(values, offsets),
        tail=_tail(alignment, start.tail.shape[1]),
        years=preparation.newest_years(arrays, alignment.years),
        naive_scales=data.naive_scales,
    )


def _tail(alignment: Alignment, n_points: int) -> Floats:
    """Return the newest values of each series, gaps filled, `(S, n_points)`; the first is repeated before them."""
    values, _, edges = alignment.known_values()
    positions = np.maximum(edges[1:, None] + np.arange(-n_points, 0), edges[:-1, None])
    return np.asarray(values[positions])
