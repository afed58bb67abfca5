"""How does a panel become a fitted forecaster? Divide, plan, select, train each network, calibrate, record."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatecast._files import fingerprint
from gatecast._places import refuse_url
from gatecast._validation import check_path
from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import DataError
from gatecast.model.candidates import Candidate, make_candidates, start_candidate, too_large
from gatecast.model.fitted import FitRecord, Fitted, remember
from gatecast.model.gate import Gate
from gatecast.model.hold_out import about_hold_out, moves_late
from gatecast.model.inputs import check_bounds
from gatecast.model.loss import about_counts, make_loss
from gatecast.model.members import train_members
from gatecast.model.plan import TrainingData, make_plan
from gatecast.model.selection import MUCH, Selection, select
from gatecast.model.settings import Settings
from gatecast.model.validation import Judged
from gatecast.model.zero_shot import is_at_once, why_at_once, zero_shot
from gatecast.pretraining.family import class_of
from gatecast.texts.message import Message
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import OnValidation, TrainingResult
from gatecast.training.stop import Stop

__all__ = ["fit_panel", "make_checkpoint"]

# share of the time that is left for calibration and memory
RESERVE = 0.1
# points in all below which a validation set says little of networks that it chose: on four series of 156 to 228 points
# they were better there by up to a fifth, and worse behind it
SMALL = 300
# share by which networks that were trained from nothing have to be ahead of pretrained ones that were trained on, where
# fewer points than this say so: what chose them is no judge. On a sine of 8,000 it is right about a twentieth
LEAD, FEW_POINTS = 0.15, 2000
# what a comparison with pretrained networks says where these are taken
KEPT = ("decision.start_kept", "decision.pretrained_kept")
# these have no effect on the result and may differ
FREE = ("checkpoint", "checkpoint_seconds", "max_seconds", "n_threads", "progress")


def fit_panel(
    settings: Settings,
    panel: Panel,
    checkpoint: Checkpoint | None = None,
    on_validation: OnValidation | None = None,
    hold_out: Ints | None = None,
) -> Fitted:
    """Train on all points of a panel but those that are held out; `record.stop` says why it ended.

    `hold_out`, `(S,)`, says how many points of each series these are, where that is not chosen. `checkpoint` may hold
    what an earlier fit had learned. `on_validation` follows the training of a single network, and may end it by
    raising; what is trained to select between candidates is not followed.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to learn from.")
    check_bounds(panel, settings.limits)
    order = _order_of_names(panel)
    if (np.diff(order) == 1).all():
        return _fit_in_order(settings, panel, checkpoint, on_validation, hold_out)
    # which series a step learns from is drawn by its place
    held = None if hold_out is None else hold_out[order]
    return _fit_in_order(settings, panel.rows(order), checkpoint, on_validation, held).rows(np.argsort(order))


def _order_of_names(panel: Panel) -> Ints:
    """Return the order in which series are learned from, whatever order they come in: that of names, `(S,)`."""
    ids = panel.ids.tolist()

    def key(s: int) -> tuple[list[tuple[int, str]], str, str]:
        # s2 comes before s10
        parts = re.split(r"([0-9]{1,18})", str(ids[s]))
        return (
            [(int(part), "") if k % 2 else (0, part) for k, part in enumerate(parts)],
            str(ids[s]),
            type(ids[s]).__name__,
        )

    return np.array(sorted(range(len(ids)), key=key), np.int64)


def _fit_in_order(
    settings: Settings,
    panel: Panel,
    checkpoint: Checkpoint | None,
    on_validation: OnValidation | None,
    hold_out: Ints | None,
) -> Fitted:
    # who passes a validation set wants something to be trained
    if is_at_once(settings, panel) and (hold_out is None or settings.pretrained == "only"):
        if checkpoint is not None:
            # so that there is a file to go on from
            checkpoint.write()
        return zero_shot(settings, panel, None if settings.pretrained == "only" else why_at_once(panel))
    if moves_late(settings, panel, hold_out):
        return zero_shot(settings, panel, Message("decision.moves_late"))
    started = time.monotonic()
    deadline = math.inf if settings.max_seconds is None else started + settings.max_seconds * (1 - RESERVE)
    data = TrainingData.of(settings, panel, hold_out)
    is_open = settings.leaves_network_open and panel.weights is None
    # absolute errors of means of counts with many zeros do not say which networks are better
    is_open = is_open and not make_loss(data.settings).is_of_counts
    is_rivalled = settings.pretrained == "auto" and is_open and data.has_validation
    # what is trained first, on from pretrained networks, and again on all points takes about as long each
    n_turns = 1 + is_rivalled + settings.refit_full
    first_deadline, second_deadline = (started + (deadline - started) * min(k / n_turns, 1.0) for k in (1, 2))
    if settings.pretrained == "start":
        if not data.has_validation:
            return zero_shot(settings, panel, Message("decision.start_unjudged"))
        candidates = [start_candidate(data, first_deadline)]
    else:
        candidates = make_candidates(data, make_plan(data), first_deadline)
    with _memory_for(candidates[0]):
        selection = select(candidates, started, checkpoint, on_validation)
        # what was not selected makes room
        del candidates
        results = train_members(selection.candidate, selection.result, checkpoint, on_validation)
        trained = _Trained(selection.candidate, tuple(results))
        trained, said = _against_pretrained(trained, second_deadline, checkpoint, is_rivalled=is_rivalled)
        if said is not None:
            if said.code in KEPT and _stop(trained.results) is not Stop.INTERRUPTED:
                return zero_shot(settings, panel, said)
            selection = replace(selection, decisions=(*selection.decisions, said))
        calibration = None if trained.judged is None else trained.judged.calibration()
        record = _record(settings, selection, trained)
        if record.stop is not Stop.INTERRUPTED and not (gate := Gate.of(trained.candidate, trained.judged)).is_open:
            record, instead = gate.fall_back(record)
            if instead is not None:
                return instead
        if settings.refit_full and data.has_validation and record.stop is not Stop.INTERRUPTED:
            trained, record = _train_again(trained, record, deadline, checkpoint)
    candidate = trained.candidate
    return remember(
        candidate.data.panel, candidate.preparation, candidate.ensemble(trained.weights), calibration, record
    )


def make_checkpoint(
    settings: Settings,
    panel: Panel,
    resume: str | os.PathLike[str] | None,
    start: Fitted | None = None,
    hold_out: Ints | None = None,
) -> Checkpoint | None:
    """Return where a fit is kept, with what is there, or in `resume`, of it; None where nothing was asked for.

    So the same call goes on after an interruption. ModelFileError: there is a file of something else.
    """
    if settings.checkpoint is None and resume is None:
        return None
    for name, path in (("checkpoint", settings.checkpoint), ("resume", resume)):
        if path is not None:
            check_path(name, path)
            refuse_url(name, path)
    kept = {name: value for name, value in settings.values().items() if name not in FREE}
    columns = [*panel.past.values(), *panel.future.values(), *panel.static.values()]
    columns += [] if panel.weights is None else [panel.weights]
    columns += [] if hold_out is None else [hold_out]
    columns += [] if start is None else [network.weights for network in start.ensemble.networks]
    facts = [panel.values, panel.offsets, panel.ids, panel.starts.astype(np.int64), *columns]
    checkpoint = Checkpoint(settings.checkpoint, settings.checkpoint_seconds, fingerprint(kept, facts))
    if resume is not None:
        checkpoint.load(resume)
    elif settings.checkpoint is not None and os.path.exists(settings.checkpoint):
        checkpoint.load(settings.checkpoint)
    return checkpoint


@contextmanager
def _memory_for(candidate: Candidate) -> Iterator[None]:
    error = too_large(candidate.plan, candidate.spec)
    del candidate
    try:
        yield
    except MemoryError:
        raise error from None


@dataclass(frozen=True)
class _Trained:
    """A candidate and what training gave for each of its networks."""

    candidate: Candidate
    results: tuple[TrainingResult, ...]
    slot: int = 0  # number of the first one in a checkpoint

    @property
    def weights(self) -> list[Array]:
        """Weights of each network."""
        return [result.weights for result in self.results]

    @cached_property
    def judged(self) -> Judged | None:
        """What the networks forecast of the validation set."""
        return self.candidate.judge(self.weights)

    @property
    def best_step(self) -> int:
        """After how many steps the networks were best, in the middle of them."""
        return int(np.median([result.best_step for result in self.results]))


def _stop(results: tuple[TrainingResult, ...]) -> Stop:
    """Tell why most of the networks ended; a time that ran out for one, or Ctrl-C, counts for all."""
    stops = [result.stop for result in results]
    for stop in (Stop.INTERRUPTED, Stop.TIME):
        if stop in stops:
            return stop
    return max(stops, key=stops.count)


def _record(asked: Settings, selection: Selection, trained: _Trained) -> FitRecord:
    candidate, first = trained.candidate, trained.results[0]
    settings, data = candidate.settings, candidate.data
    held = about_hold_out(data.settings, data.hold_out)
    decisions = (*held, *about_counts(asked, candidate.loss, data.panel), *selection.decisions)
    if candidate.plan.learning_rate is None:
        decisions = (*decisions, Message("decision.rate_found", {"rate": first.learning_rate}))
    return FitRecord(
        plan=replace(candidate.plan, learning_rate=first.learning_rate),
        transform=candidate.preparation.transform.name,
        value_inputs=candidate.preparation.value_inputs,
        seasons=data.seasons,
        hold_out=tuple(data.hold_out.tolist()),
        patience=int(settings.patience),
        history=first.history,
        stop=_stop(trained.results),
        n_steps=first.n_steps,
        validation_loss=first.validation_loss,
        attempts=selection.attempts,
        decisions=decisions,
    )


def _train_again(
    judged: _Trained, record: FitRecord, deadline: float, checkpoint: Checkpoint | None
) -> tuple[_Trained, FitRecord]:
    """Train the same candidate on all points, for as long as was best."""
    candidate = judged.candidate.on_all_points(judged.best_step, deadline)
    results = tuple(train_members(candidate, checkpoint=checkpoint, slot=judged.slot + len(judged.results)))
    if _stop(results) is Stop.INTERRUPTED:
        # what was judged is worth more than what was not trained to its end
        return judged, replace(record, stop=Stop.INTERRUPTED)
    n_steps = results[0].n_steps
    record = replace(record, stop=_stop((*results, judged.results[0])), refit_steps=n_steps)
    return _Trained(candidate, results), record.with_decision(Message("decision.again", {"n": n_steps}))


def _against_pretrained(
    trained: _Trained, deadline: float, checkpoint: Checkpoint | None, *, is_rivalled: bool
) -> tuple[_Trained, Message | None]:
    """Compare what was trained with pretrained networks, where these take part: the result is never worse than they.

    Returns what is best, and why.
    """
    candidate = trained.candidate
    if candidate.starts:
        return trained, _compare_start(trained)
    if not is_rivalled or _stop(trained.results) is Stop.INTERRUPTED:
        return trained, None
    start = start_candidate(candidate.data, deadline)
    # in a checkpoint behind those that were trained, and trained again
    slot = 2 * candidate.plan.n_members
    started = _Trained(start, tuple(train_members(start, checkpoint=checkpoint, slot=slot)), slot)
    if _stop(started.results) is Stop.INTERRUPTED:
        return replace(trained, results=tuple(replace(one, stop=Stop.INTERRUPTED) for one in trained.results)), None
    return _compare_pretrained(trained, started)


def _compare_start(trained: _Trained) -> Message:
    """Say whether pretrained networks are better on the validation set after their training than before."""
    candidate, n = trained.candidate, len(trained.results)
    firsts = [candidate.first_weights(candidate.settings.seed + member) for member in range(n)]
    before, after = candidate.mase_of(candidate.judge(firsts)), candidate.mase_of(trained.judged)
    facts: dict[str, object] = {"before": before, "after": after}
    if not after < before:
        return Message("decision.start_kept", facts)
    own = class_of(candidate.data.seasons.shortest, candidate.data.seasons.longer)
    return Message("decision.started", {"season": own.season, "n": len(candidate.starts), **facts})


def _compare_pretrained(trained: _Trained, started: _Trained) -> tuple[_Trained, Message]:
    """Take what is best on the validation set: networks that were trained, pretrained ones, or these trained on.

    The validation set chose what was trained, so that its errors there are smaller than elsewhere, the more so the
    smaller it is: of few points it has to be better by much than pretrained networks, which never saw it. Of networks
    that were trained from nothing it chose transform, rate and length too: of few points they have to lead.
    """
    start = started.candidate
    before, after = start.mase_of(start.judge(start.starts)), start.mase_of(started.judged)
    error = trained.candidate.mase_of(trained.judged)
    n_points = len(start.data.panel.values)
    limit = before * (1 - MUCH if n_points < SMALL else 1)
    if start.data.encoder is not None:
        # whoever names covariates wants them to count, which they do not before any training
        limit = np.inf
    errors = {"started_better": after, "trained_better": error}
    leads = {"started_better": 0.0, "trained_better": LEAD if n_points < FEW_POINTS else 0.0}
    better = [code for code, mase in errors.items() if mase < limit]
    code = min(better, key=lambda one: errors[one] / (1 - leads[one]), default="pretrained_kept")
    said = Message(f"decision.{code}", {"pretrained": before, "started": after, "trained": error})
    return started if code == "started_better" else trained, said
