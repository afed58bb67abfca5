"""Which way to look at the values is best? Each one is trained, and judged on the validation part."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from gatecast.fitting.members import MOST_COMPLETE, train_one
from gatecast.network.ensemble import Ensemble
from gatecast.network.wrapper import thread_count
from gatecast.plan import FEW_SERIES, MANY_POINTS
from gatecast.preparation import Preparation
from gatecast.tasks import Task
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import OnLook, TrainingResult
from gatecast.training.stop import Stop

__all__ = ["Choice", "choose"]

# share by which another transform or a higher learning rate must be better to be taken: the same way from another seed
# differs by two or three in a hundred, and a logarithm that was taken by chance does harm
CLEARLY = 0.05
# a longer course is tried where the last look is the best one and better than that at half of the course by this share,
# and taken where its error is smaller by that one: on 24 single series, and on other parts of the laser, longer ones
# that were taken had 50 to 90 % smaller errors, and others at most 16 % smaller ones (and larger ones behind it)
STILL_LEARNING, MUCH = 0.1, 0.25
LEAST_LOOKS = 4
# then it is made so many times as long
LONGER = (4, 16)


def choose(tasks: list[Task], started: float, checkpoint: Checkpoint | None, on_look: OnLook | None = None) -> Choice:
    """Train each way to look at the values and take the one whose errors on the validation part are smallest.

    Errors are compared in the data's units over each series' seasonal change (MASE), since losses under different
    transforms are not comparable. A small panel is trained to the end each time, and what was trained for the choice is
    not trained again; there a higher learning rate is tried too, and a longer course where the validation loss of few
    series still fell fast at the end of one that the library chose. Others are trained for a fifth of the steps.

    Args:
        tasks: One for each way.
        started: When the fit began, of `time.monotonic`.
        checkpoint: Keeps the choice, and may hold what an earlier fit had chosen.
        on_look: Follows the training where there is but one way.
    """
    ways = [*tasks, *(task.with_other_rate() for task in tasks)]
    options = [*ways, *(task.made_longer(factor) for factor in LONGER for task in ways)]
    if checkpoint is not None and checkpoint.choice is not None:
        return Choice(options[checkpoint.choice], list(checkpoint.reasons))
    other = tasks[0].plan.other_rate if tasks[0].validation is not None else None
    if len(tasks) == 1 and not other and not _may_be_longer(tasks[0]):
        return Choice(tasks[0], [])
    n_trials = len(tasks) + bool(other)
    budget = math.inf if math.isinf(tasks[0].deadline) else (tasks[0].deadline - started) * 0.4 / n_trials
    reasons: list[str] = []
    try:
        chosen = _best_way(tasks, budget, reasons, on_look)
        if other:
            faster = _try(ways[len(tasks) + _place(chosen.task, ways)], budget)
            taken = faster.error < chosen.error * (1 - CLEARLY)
            reasons.append(_about_rates(chosen, faster, taken=taken))
            chosen = faster if taken else chosen
        chosen = _long_enough(chosen, options[_place(chosen.task, ways) + len(ways) :: len(ways)], reasons)
    except _InterruptedError as end:
        return Choice(end.trial.task, [], end.trial.result)
    if checkpoint is not None:
        checkpoint.keep_choice(_place(chosen.task, options), reasons)
    # a checkpoint must see the training of every member, so with one the choice is trained again
    is_done = chosen.is_complete and checkpoint is None
    return Choice(chosen.task, reasons, chosen.result if is_done else None)


def _place(task: Task, among: list[Task]) -> int:
    return next(k for k, other in enumerate(among) if other is task)


def _best_way(tasks: list[Task], budget: float, reasons: list[str], on_look: OnLook | None) -> Trial:
    if len(tasks) == 1 and not tasks[0].plan.other_rate:
        return _to_the_end(tasks[0], on_look)
    trials = [_try(task, budget) for task in tasks]
    best = _smallest(trials)
    if len(tasks) > 1:
        reasons.append(_about_values(tasks, trials, best))
    return trials[best]


def _long_enough(chosen: Trial, longer: list[Task], reasons: list[str]) -> Trial:
    """Make the course longer as long as that pays."""
    first = chosen
    for task in longer:
        if not (_may_be_longer(chosen.task) and _is_still_learning(chosen)):
            break
        trial = _to_the_end(task)
        taken = trial.error < chosen.error * (1 - MUCH)
        reasons.append(_about_epochs(chosen, trial, taken=taken))
        if not taken:
            break
        chosen = trial
    if chosen.task.plan.n_members < first.task.plan.n_members:
        reasons.append(_about_members(first.task.plan.n_members))
    return chosen


@dataclass(frozen=True)
class Choice:
    """What a fit goes on with.

    Args:
        task: The way to look at the values that was taken.
        reasons: Why, in sentences.
        result: What was trained for it already, if it needs no more training.
    """

    task: Task
    reasons: list[str]
    result: TrainingResult | None = None


@dataclass(frozen=True)
class Trial:
    """A way to look at the values that was tried.

    Args:
        task: The way.
        result: What training for it gave.
        error: On the validation part (MASE).
        is_complete: Whether it was trained to the end.
    """

    task: Task
    result: TrainingResult
    error: float
    is_complete: bool


class _InterruptedError(Exception):
    """Ctrl-C ended a trial."""

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self.trial = trial


def _try(task: Task, budget: float) -> Trial:
    if task.plan.other_rate is not None and math.isinf(budget) and task.plan.n_steps <= MOST_COMPLETE:
        return _to_the_end(task)
    threads = thread_count(task.settings.n_threads)
    return _trial(task, train_one(task, task.settings.seed, threads, trial=time.monotonic() + budget))


def _to_the_end(task: Task, on_look: OnLook | None = None) -> Trial:
    result = train_one(task, task.settings.seed, thread_count(task.settings.n_threads), on_look=on_look)
    return _trial(task, result, is_complete=True)


def _trial(task: Task, result: TrainingResult, *, is_complete: bool = False) -> Trial:
    if result.stop is Stop.INTERRUPTED:
        raise _InterruptedError(Trial(task, result, math.nan, is_complete=False))
    return Trial(task, result, _mase(task, result.weights), is_complete)


def _may_be_longer(task: Task) -> bool:
    """Tell whether the library chose the epochs of few series, and another training of them takes seconds."""
    is_chosen = task.settings.epochs is None and math.isinf(task.deadline) and task.validation is not None
    is_small = len(task.naive_scales) <= FEW_SERIES and len(task.arrays.targets) < MANY_POINTS
    return is_chosen and is_small and task.plan.n_steps <= max(LONGER) * MOST_COMPLETE


def _is_still_learning(trial: Trial) -> bool:
    losses = trial.result.history["validation_loss"]
    if not trial.is_complete or len(losses) < LEAST_LOOKS:
        return False
    return losses[-1] == min(losses) and losses[-1] < losses[len(losses) // 2 - 1] * (1 - STILL_LEARNING)


def _about_epochs(before: Trial, longer: Trial, *, taken: bool) -> str:
    few, many = before.task.plan.epochs, longer.task.plan.epochs
    errors = f"MASE: {few} {before.error:.3f}, {many} {longer.error:.3f}"
    if taken:
        return f"Epochs {many}: after {few} the validation part was still forecast better and better ({errors})."
    return f"Epochs {few}: {many} were not much better on the validation part ({errors})."


def _about_members(n: int) -> str:
    return f"One network instead of {n}, as so long a course takes its time; `ensemble={n}` asks for all of them."


def _about_rates(before: Trial, faster: Trial, *, taken: bool) -> str:
    rate, other = before.task.plan.learning_rate, faster.task.plan.learning_rate
    return (
        f"Learning rate {other if taken else rate}: the other one was {'worse' if taken else 'not clearly better'} "
        f"on the validation part (MASE: {rate} {before.error:.3f}, {other} {faster.error:.3f})."
    )


def _smallest(trials: list[Trial]) -> int:
    """Return the way with the smallest error; another transform than the first one's must be clearly better."""
    first = trials[0].task.preparation.transform.name
    errors = [
        trial.error if trial.task.preparation.transform.name == first else trial.error / (1 - CLEARLY)
        for trial in trials
    ]
    return int(np.nanargmin(errors)) if np.isfinite(errors).any() else 0


def _about_values(tasks: list[Task], trials: list[Trial], best: int) -> str:
    names = [_name(task.preparation) for task in tasks]
    table = ", ".join(f"{name} {trial.error:.3f}" for name, trial in zip(names, trials, strict=True))
    return f"Values: {names[best]}, which was best on the validation part or not clearly worse (MASE: {table})."


def _name(preparation: Preparation) -> str:
    level = "with" if preparation.value_inputs.level else "without"
    return f"transform {preparation.transform.name} {level} the level"


def _mase(task: Task, weights: np.ndarray) -> float:
    if task.validation is None:
        return math.nan
    network = task.network(weights, thread_count(task.settings.n_threads))
    errors, series = task.validation.errors(Ensemble((network,)), task.preparation)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.abs(errors) / task.naive_scales[series][:, None]
    scaled = scaled[np.isfinite(scaled)]
    return float(scaled.mean()) if len(scaled) else math.nan
