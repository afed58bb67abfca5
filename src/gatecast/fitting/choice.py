"""Which way to look at the values is best? Each one is trained, and judged on the validation part."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from gatecast.fitting.members import MOST_COMPLETE, train_one
from gatecast.network.ensemble import Ensemble
from gatecast.network.native import thread_count
from gatecast.preparation import Preparation
from gatecast.tasks import Task
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.loop import TrainingResult
from gatecast.training.stop import Stop

__all__ = ["Choice", "choose"]

# share by which another transform or a higher learning rate must be better to be taken: the same way from another seed
# differs by two or three in a hundred, and a logarithm that was taken by chance does harm
CLEARLY = 0.05


def choose(tasks: list[Task], started: float, checkpoint: Checkpoint | None) -> Choice:
    """Train each way to look at the values and take the one whose errors on the validation part are smallest.

    Errors are compared in the data's units over each series' seasonal change (MASE), since losses under different
    transforms are not comparable. A small panel is trained to the end each time, and what was trained for the choice is
    not trained again; there a higher learning rate is tried too. Others are trained for a fifth of the steps.
    """
    options = [*tasks, *(task.with_other_rate() for task in tasks)]
    if checkpoint is not None and checkpoint.choice is not None:
        return Choice(options[checkpoint.choice], list(checkpoint.reasons))
    other = tasks[0].plan.other_rate if tasks[0].validation is not None else None
    n_trials = (len(tasks) if len(tasks) > 1 or other else 0) + bool(other)
    if not n_trials:
        return Choice(tasks[0], [])
    budget = math.inf if math.isinf(tasks[0].deadline) else (tasks[0].deadline - started) * 0.4 / n_trials
    trials: list[Trial] = []
    for task in tasks:
        trials.append(_try(task, budget))
        if trials[-1].is_interrupted:
            return Choice(task, [], trials[-1].result)
    best = _smallest(trials)
    reasons = [_about_values(tasks, trials, best)] if len(tasks) > 1 else []
    chosen = trials[best]
    if other:
        faster = _try(options[len(tasks) + best], budget)
        if faster.is_interrupted:
            return Choice(faster.task, [], faster.result)
        taken = faster.error < chosen.error * (1 - CLEARLY)
        errors = f"MASE: {chosen.task.plan.learning_rate} {chosen.error:.3f}, {other} {faster.error:.3f}"
        reasons.append(
            f"Learning rate {other if taken else chosen.task.plan.learning_rate}: the other one was "
            f"{'worse' if taken else 'not clearly better'} on the validation part ({errors})."
        )
        best, chosen = (len(tasks) + best, faster) if taken else (best, chosen)
    if checkpoint is not None:
        checkpoint.keep_choice(best, reasons)
    # a checkpoint must see the training of every member, so with one the choice is trained again
    is_done = chosen.is_complete and checkpoint is None
    return Choice(chosen.task, reasons, chosen.result if is_done else None)


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
        error: On the validation part (MASE); NaN where it was interrupted.
        is_complete: Whether it was trained to the end.
    """

    task: Task
    result: TrainingResult
    error: float
    is_complete: bool

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.result.stop is Stop.INTERRUPTED


def _try(task: Task, budget: float) -> Trial:
    is_complete = task.plan.other_rate is not None and math.isinf(budget) and task.plan.n_steps <= MOST_COMPLETE
    limit = None if is_complete else time.monotonic() + budget
    result = train_one(task, task.settings.seed, thread_count(task.settings.n_threads), trial=limit)
    error = math.nan if result.stop is Stop.INTERRUPTED else _mase(task, result.weights)
    return Trial(task, result, error, is_complete)


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
    level = "with" if preparation.lens.level else "without"
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
