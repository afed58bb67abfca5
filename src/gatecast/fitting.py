"""How does a panel become a fitted forecaster? Hold back, choose, train each member, calibrate, remember."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatecast.data.gaps import carry_forward
from gatecast.data.panel import Panel
from gatecast.data.scaling import naive_scale
from gatecast.evaluate.conformal import Conformal, fit_conformal
from gatecast.exceptions import DataError
from gatecast.fitted import Fitted, Learned
from gatecast.network.ensemble import Ensemble
from gatecast.network.initial import initial_weights
from gatecast.network.native import (
    OptimizerSettings,
    make_trainer,
    segment_source,
    thread_count,
    window_source,
)
from gatecast.preparation import Preparation
from gatecast.settings import Settings
from gatecast.tasks import Task, make_tasks, too_large
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.finder import find_learning_rate
from gatecast.training.loop import Course, OnLook, TrainingResult, train
from gatecast.training.progress import Progress, progress_bar
from gatecast.training.schedule import learning_rates
from gatecast.training.stop import Stop
from gatecast.training.validation import Watch

__all__ = ["fit_panel"]

# validation looks during a fit
LOOKS = 25
# share of the steps that each recipe is given before the best one is trained to the end
TRIAL = 0.2
# steps of a trial at most; a plan of no more is tried to its end
MOST_COMPLETE = 1000
# share by which another transform or a higher learning rate must be better to be taken: the same way from another seed
# differs by two or three in a hundred, and a logarithm that was taken by chance does harm
CLEARLY = 0.05
# how long Ctrl-C may go unnoticed while several networks are trained
SIGNAL_SECONDS = 0.2
# share of the time that is left for calibration and memory
RESERVE = 0.1


def fit_panel(
    settings: Settings, panel: Panel, checkpoint: Checkpoint | None = None, on_look: OnLook | None = None
) -> Fitted:
    """Train on all points of a panel but those that are held back.

    Args:
        settings: Checked settings.
        panel: The training part.
        checkpoint: Keeps what was learned so far, and may hold what an earlier fit had learned.
        on_look: Follows the training of a single network, and may end it by raising; see `Course`. What is trained to
            choose between ways to look at the values is not followed.

    Returns:
        What was learned; `learned.stop` says why it ended.

    Raises:
        DataError: The series are too short.
        TrainingError: The loss stopped being a finite number.
        ConfigError: The network does not fit into memory.
    """
    if panel.n_series == 0:
        raise DataError("The data hold no series, and at least one was expected. Pass rows to learn from.")
    started = time.monotonic()
    deadline = math.inf if settings.max_seconds is None else started + settings.max_seconds * (1 - RESERVE)
    tasks, checks = make_tasks(settings, panel, deadline)
    try:
        choice = _choose(tasks, started, checkpoint)
        # what was not chosen makes room
        tasks = [choice.task]
        results = _train_members(choice, checkpoint, on_look)
    except MemoryError:
        raise too_large(settings, tasks[0].plan, tasks[0].spec) from None
    ensemble = Ensemble(tuple(choice.task.network(r.weights, thread_count(settings.n_threads)) for r in results))
    first, reasons = results[0], tuple(choice.reasons)
    learned = Learned(first.history, _stop(results), first.n_steps, reasons, tuple(checks), first.validation_loss)
    return _remember(choice.task, panel, ensemble, learned)


def _choose(tasks: list[Task], started: float, checkpoint: Checkpoint | None) -> Choice:
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
    result = _train_one(task, task.settings.seed, thread_count(task.settings.n_threads), trial=limit)
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


def _train_members(
    choice: Choice, checkpoint: Checkpoint | None, on_look: OnLook | None = None
) -> list[TrainingResult]:
    """Train all members, several at once on one thread each where there are several processors."""
    task, first = choice.task, choice.result
    n, threads = task.plan.n_members, thread_count(task.settings.n_threads)
    if first is not None and (n == 1 or first.stop is Stop.INTERRUPTED):
        return [first]
    members = range(n) if first is None else range(1, n)
    with progress_bar(task.plan.n_steps * len(members), shown=task.settings.progress) as progress:
        if n == 1:
            return [_train_one(task, task.settings.seed, threads, progress, checkpoint, on_look=on_look)]
        workers, halt = min(len(members), threads), threading.Event()
        rounds = math.ceil(len(members) / workers)

        def train_member(member: int, deadline: float) -> TrainingResult:
            seed = _seed(task.settings, member)
            return _train_one(task, seed, max(1, threads // workers), progress, checkpoint, member, deadline, halt=halt)

        with ThreadPoolExecutor(workers) as pool:
            jobs = [
                pool.submit(train_member, member, _share_of_time(task.deadline, turn // workers, rounds))
                for turn, member in enumerate(members)
            ]
            return ([] if first is None else [first]) + _results(jobs, halt)


def _results(jobs: list[Future[TrainingResult]], halt: threading.Event) -> list[TrainingResult]:
    """Wait for all members; Ctrl-C, which arrives here, or the failure of one ends the others too."""
    try:
        pending = set(jobs)
        while pending:
            # a signal that another thread has received is not noticed in an endless wait
            done, pending = wait(pending, timeout=SIGNAL_SECONDS, return_when=FIRST_EXCEPTION)
            for job in done:
                job.result()
        return [job.result() for job in jobs]
    except KeyboardInterrupt:
        halt.set()
        results = [job.result() for job in jobs]
        # members that had not begun have nothing to say
        begun = [result for result in results if result.n_steps]
        return [replace(result, stop=Stop.INTERRUPTED) for result in begun or results]
    except BaseException:
        halt.set()
        raise


def _seed(settings: Settings, member: int) -> int:
    return (settings.seed + member) % 2**63


def _share_of_time(deadline: float, turn: int, turns: int) -> float:
    """Deal out what is left of the time to those that train one after the other."""
    if math.isinf(deadline):
        return deadline
    now = time.monotonic()
    return now + (deadline - now) * (turn + 1) / turns


def _train_one(
    task: Task,
    seed: int,
    n_threads: int,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    member: int = 0,
    deadline: float | None = None,
    trial: float | None = None,
    halt: threading.Event | None = None,
    on_look: OnLook | None = None,
) -> TrainingResult:
    settings, plan = task.settings, task.plan
    trainer = make_trainer(task.spec, initial_weights(task.spec, seed), task.loss, _optimizer(settings), n_threads)
    source = _source(task, seed)
    log = None if checkpoint is None else checkpoint.resume(member, trainer)
    n_steps = plan.n_steps if trial is None else max(60, min(int(plan.n_steps * TRIAL), MOST_COMPLETE))
    course = Course(
        _rates(task, seed, n_threads, source, n_steps) if log is None else log.rates,
        plan.steps_per_epoch,
        check_every=max(1, n_steps // LOOKS),
        patience=settings.patience,
        deadline=trial or deadline or task.deadline,
        averaged=settings.averaging > 0,
        halt=halt,
        on_look=on_look,
    )
    judge = None
    if trial is None and task.validation is not None:
        watch = Watch(task.validation, task.validation.before(settings.horizon), task.preparation)
        judge = lambda w: watch.curves(task.network(w, n_threads))  # noqa: E731
    quiet = progress or Silent()
    save = None if checkpoint is None else checkpoint.saver(member, averaged=course.averaged)
    return train(trainer, source, course, quiet, judge, save, log)


def _optimizer(settings: Settings) -> OptimizerSettings:
    return OptimizerSettings(settings.clip_norm, settings.weight_decay, settings.averaging)


def _rates(task: Task, seed: int, n_threads: int, source: Any, n_steps: int) -> np.ndarray:
    """Return the learning rate of each step; the highest one is found where that was asked for."""

    def make() -> Any:
        return make_trainer(
            task.spec, initial_weights(task.spec, seed), task.loss, _optimizer(task.settings), n_threads
        )

    peak = task.plan.learning_rate or find_learning_rate(make, source)
    return learning_rates(task.settings.schedule, peak, n_steps)


class Silent:
    """Nobody watches."""

    def advance(self, n_steps: int, rmse: float) -> None:
        """Take no note."""


def _source(task: Task, seed: int) -> Any:
    settings, plan, lens = task.settings, task.plan, task.preparation.lens
    if settings.mode == "sequence":
        # a forecast counts once `lookback` points were read: the first one is made at the last of them
        return segment_source(task.arrays, lens, plan.lookback - 1, plan.lessons, plan.batch_size, seed)
    return window_source(
        task.arrays,
        lens,
        plan.lookback,
        settings.horizon,
        plan.batch_size,
        shuffle=settings.shuffle,
        n_dropped=int(settings.drop_last_window),
        seed=seed,
    )


def _stop(results: list[TrainingResult]) -> Stop:
    """Say why training ended: for most of the members, but a time that ran out for one counts."""
    stops = [result.stop for result in results]
    for stop in (Stop.INTERRUPTED, Stop.TIME):
        if stop in stops:
            return stop
    return max(stops, key=stops.count)


def _remember(task: Task, panel: Panel, ensemble: Ensemble, learned: Learned) -> Fitted:
    preparation, season = task.preparation, task.plan.season_length
    arrays = preparation.arrays(panel)
    return Fitted(
        ensemble=ensemble,
        memories=ensemble.read(ensemble.blank(arrays), arrays),
        preparation=preparation,
        after=panel.tail_from(panel.lengths),
        lengths=panel.lengths,
        anchors=preparation.transform.anchors(panel.values, panel.offsets),
        tail=_tail(panel, max(season, 1)),
        years=preparation.newest_years(arrays),
        naive_scales=naive_scale(panel.values, panel.offsets, season),
        lookback=task.plan.lookback,
        season_length=season,
        calibration=_calibrate(task, ensemble),
        learned=learned,
    )


def _calibrate(task: Task, ensemble: Ensemble) -> Conformal | None:
    """Keep the errors on the validation part, in scaled units where the transform bends each value alone."""
    if task.validation is None or not task.validation.n_windows:
        return None
    errors = task.validation.scaled_errors(ensemble, task.preparation)
    return fit_conformal(errors) if np.isfinite(errors).any() else None


def _tail(panel: Panel, n_points: int) -> np.ndarray:
    filled = carry_forward(panel.values, panel.offsets)
    positions = panel.offsets[1:, None] + np.arange(-n_points, 0)
    return np.asarray(filled[np.maximum(positions, panel.offsets[:-1, None])])
