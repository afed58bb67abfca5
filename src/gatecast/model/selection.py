"""Which candidate is best? Each one is trained and compared on the validation set."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from gatecast._json import JsonObject, converted
from gatecast.exceptions import ModelFileError
from gatecast.model.candidates import Candidate
from gatecast.model.fitted import Attempt
from gatecast.model.hold_out import FEW_SERIES
from gatecast.model.members import MOST_COMPLETE, train_one
from gatecast.model.plan import MANY_POINTS, Plan
from gatecast.network.wrapper import thread_count
from gatecast.texts.message import Message
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import OnValidation, TrainingResult
from gatecast.training.stop import Stop

__all__ = ["MUCH", "Selection", "clearly_best", "select"]

# share by which another transform or a higher learning rate must be better to be taken: the same one from another seed
# differs by two or three in a hundred, and a logarithm that was taken by chance does harm
CLEARLY = 0.05
# the level does not bend the values: a sine is forecast better with it by 1.5 in a hundred, on its test part too, and
# where the level does harm the validation set says so by nine in a hundred
WITH_LEVEL = 0.01
# a longer training is tried where the last validation check is the best one and better than that at half of the
# training by this share, and taken where its error is smaller by that one: on 24 single series, and on other parts of
# the laser, longer ones that were taken had 50 to 90 % smaller errors, and others at most 16 % smaller ones (and larger
# ones after it)
STILL_LEARNING, MUCH = 0.1, 0.25
LEAST_CHECKS = 4
# then it is made so many times as long
LONGER = (4, 16)


@dataclass(frozen=True)
class Selection:
    """What a fit goes on with."""

    candidate: Candidate  # the candidate that was taken
    decisions: tuple[Message, ...] = ()  # why
    attempts: tuple[Attempt, ...] = ()  # what was compared
    result: TrainingResult | None = None  # what was trained for it already, if it needs no more training

    def to_dict(self, candidates: list[Candidate]) -> JsonObject:
        """Return what a checkpoint keeps, plain values only; the candidates were made from the same data."""
        return {
            "candidate": next(k for k, one in enumerate(candidates) if one.arrays is self.candidate.arrays),
            "plan": asdict(self.candidate.plan),
            "decisions": [asdict(decision) for decision in self.decisions],
            "attempts": [asdict(attempt) for attempt in self.attempts],
        }

    @classmethod
    def from_dict(cls, facts: JsonObject, candidates: list[Candidate]) -> Selection:
        """Return what `to_dict` took apart; ModelFileError where these candidates are not those of that fit."""
        try:
            kept = converted(facts, _Kept)
            candidate = replace(candidates[kept.candidate], plan=kept.plan)
        except (IndexError, ValueError):
            raise _not_of_this_fit() from None
        if kept.candidate < 0 or not _is_choice(kept.plan, candidates[kept.candidate]):
            raise _not_of_this_fit()
        return cls(candidate, kept.decisions, kept.attempts)


@dataclass(frozen=True)
class _Kept:
    """What a checkpoint says of a selection."""

    candidate: int
    plan: Plan
    decisions: tuple[Message, ...]
    attempts: tuple[Attempt, ...]


def _is_choice(plan: Plan, candidate: Candidate) -> bool:
    """Tell whether a candidate may be trained by a plan: only its rate and its length are chosen."""
    own = candidate.plan
    longer = [candidate.trained_longer(factor).plan for factor in LONGER]
    rates = (own.learning_rate, own.other_rate or own.learning_rate)
    return any(plan == replace(one, learning_rate=rate) for one in (own, *longer) for rate in rates)


def _not_of_this_fit() -> ModelFileError:
    return ModelFileError(
        "The checkpoint says that a way to train was selected which this fit does not have. Remove the file to begin "
        "anew, or pass another name."
    )


def select(
    candidates: list[Candidate],
    started: float,
    checkpoint: Checkpoint | None = None,
    on_validation: OnValidation | None = None,
) -> Selection:
    """Train each candidate and take the one whose errors on the validation set are smallest.

    Errors are compared in the data's units over each series' seasonal change (MASE), since losses under different
    transforms are not comparable. A small panel is trained to the end each time, and what was trained for the selection
    is not trained again; there a higher learning rate is tried too, and a longer training where the validation loss of
    few series still fell fast at the end of one that the library chose. Others are trained for a fifth of the steps.
    `checkpoint` may hold the selection of an earlier fit; `on_validation` follows the training of an only candidate.
    """
    if checkpoint is not None and checkpoint.selection is not None:
        return Selection.from_dict(checkpoint.selection, candidates)
    first = candidates[0]
    has_other_rate = bool(first.plan.other_rate) and first.validation is not None
    if len(candidates) == 1 and not has_other_rate and not _may_be_longer(first):
        return Selection(first)
    n_tried = len(candidates) + has_other_rate
    budget = math.inf if math.isinf(first.deadline) else (first.deadline - started) * 0.4 / n_tried
    comparison = _Comparison(budget, on_validation)
    try:
        chosen = comparison.best_inputs(candidates)
        if has_other_rate:
            chosen = comparison.better_rate(chosen)
        chosen = comparison.long_enough(chosen)
    except _InterruptedError as end:
        return Selection(end.candidate, result=end.result)
    selection = Selection(chosen.candidate, tuple(comparison.decisions), tuple(comparison.attempts))
    if checkpoint is not None:
        # a checkpoint must see the training of every member, so with one what was selected is trained again
        checkpoint.selection = selection.to_dict(candidates)
        return selection
    return replace(selection, result=chosen.result if chosen.is_complete else None)


@dataclass(frozen=True)
class _Tried:
    """A candidate that was trained, its error (MASE) on the validation set, and whether it was trained to the end."""

    candidate: Candidate
    result: TrainingResult
    error: float
    is_complete: bool

    @property
    def attempt(self) -> Attempt:
        preparation, result = self.candidate.preparation, self.result
        inputs = preparation.transform.name, preparation.value_inputs.level
        return Attempt(*inputs, result.learning_rate, self.candidate.plan.epochs, result.n_steps, self.error)


class _InterruptedError(Exception):
    """Ctrl-C ended the training of a candidate."""

    def __init__(self, candidate: Candidate, result: TrainingResult) -> None:
        super().__init__()
        self.candidate, self.result = candidate, result


@dataclass
class _Comparison:
    """Trains candidates, each within `budget` seconds, and notes what was decided."""

    budget: float
    on_validation: OnValidation | None
    decisions: list[Message] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def best_inputs(self, candidates: list[Candidate]) -> _Tried:
        if len(candidates) == 1 and not candidates[0].plan.other_rate:
            return self._train(candidates[0], self.on_validation)
        tried = [self._try(candidate) for candidate in candidates]
        margins = [WITH_LEVEL if one.attempt.has_level else CLEARLY for one in tried]
        best = tried[clearly_best([one.error for one in tried], margins)]
        if len(tried) > 1:
            errors = [Message("decision.tried", {"way": one.attempt.inputs, "error": one.error}) for one in tried]
            self.decisions.append(Message("decision.values", {"way": best.attempt.inputs, "tried": errors}))
        return best

    def better_rate(self, before: _Tried) -> _Tried:
        """Train with the higher learning rate too, and take it where it is clearly better."""
        plan = before.candidate.plan
        faster = self._try(replace(before.candidate, plan=replace(plan, learning_rate=plan.other_rate)))
        is_taken = faster.error < before.error * (1 - CLEARLY)
        first, second = before.candidate.plan.learning_rate, faster.candidate.plan.learning_rate
        facts = {"rate": second if is_taken else first, "first": first, "second": second}
        facts |= {"error": before.error, "other": faster.error}
        self.decisions.append(Message("decision.rate_worse" if is_taken else "decision.rate_alike", facts))
        return faster if is_taken else before

    def long_enough(self, before: _Tried) -> _Tried:
        """Train longer as long as that pays."""
        chosen = before
        for factor in LONGER:
            if not (_may_be_longer(chosen.candidate) and is_still_learning(chosen.result, chosen.is_complete)):
                break
            longer = self._train(before.candidate.trained_longer(factor))
            is_taken = longer.error < chosen.error * (1 - MUCH)
            few, many = chosen.candidate.plan.epochs, longer.candidate.plan.epochs
            facts: dict[str, float] = {"n": many if is_taken else few, "other": few if is_taken else many}
            facts |= {"before": chosen.error, "after": longer.error}
            self.decisions.append(Message("decision.longer" if is_taken else "decision.enough", facts))
            if not is_taken:
                break
            chosen = longer
        if chosen.candidate.plan.n_members < before.candidate.plan.n_members:
            self.decisions.append(Message("decision.single", {"n": before.candidate.plan.n_members}))
        return chosen

    def _try(self, candidate: Candidate) -> _Tried:
        plan = candidate.plan
        if plan.other_rate is not None and math.isinf(self.budget) and plan.n_steps <= MOST_COMPLETE:
            return self._train(candidate)
        return self._train(candidate, trial=time.monotonic() + self.budget)

    def _train(
        self, candidate: Candidate, on_validation: OnValidation | None = None, trial: float | None = None
    ) -> _Tried:
        """Train to the end, or for a trial until a moment."""
        seed, threads = candidate.settings.seed, thread_count(candidate.settings.n_threads)
        result = train_one(candidate, seed, threads, trial=trial, on_validation=on_validation)
        if result.stop is Stop.INTERRUPTED:
            raise _InterruptedError(candidate, result)
        error = candidate.mase_of(candidate.judge([result.weights]))
        tried = _Tried(candidate, result, error, is_complete=trial is None)
        self.attempts.append(tried.attempt)
        return tried


def _may_be_longer(candidate: Candidate) -> bool:
    """Tell whether the library chose the epochs of few series, and another training of them takes seconds."""
    is_limited = candidate.settings.epochs is not None or not math.isinf(candidate.deadline)
    is_small = candidate.arrays.n_series <= FEW_SERIES and len(candidate.arrays.targets) < MANY_POINTS
    is_short = candidate.plan.n_steps <= max(LONGER) * MOST_COMPLETE and not candidate.starts
    return is_small and is_short and not is_limited and candidate.validation is not None


def is_still_learning(result: TrainingResult, is_complete: bool = True) -> bool:
    """Tell whether the validation loss still fell fast at the end of a training."""
    losses = result.history["validation_loss"]
    if not is_complete or len(losses) < LEAST_CHECKS:
        return False
    return losses[-1] == min(losses) and losses[-1] < losses[len(losses) // 2 - 1] * (1 - STILL_LEARNING)


def clearly_best(errors: list[float], margins: list[float]) -> int:
    """Return the one with the smallest error; another one than the first must be better by its margin, a share."""
    others = zip(errors[1:], margins[1:], strict=True)
    weighed = [errors[0], *(error / (1 - margin) for error, margin in others)]
    return int(np.nanargmin(weighed)) if np.isfinite(weighed).any() else 0
