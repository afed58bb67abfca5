"""How is each network trained? Several at once, each from its own seed."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import numpy as np

from gatecast.network.initial import initial_weights
from gatecast.network.wrapper import OptimizerSettings, make_trainer, segment_source, thread_count, window_source
from gatecast.settings import Settings
from gatecast.tasks import Task
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.finder import find_learning_rate
from gatecast.training.loop import Course, OnLook, TrainingResult, train
from gatecast.training.progress import Progress, progress_bar
from gatecast.training.schedule import learning_rates
from gatecast.training.stop import Stop
from gatecast.training.validation import Watch

__all__ = ["LOOKS", "MOST_COMPLETE", "train_members", "train_one"]

# validation looks during a fit
LOOKS = 25
# share of the steps that each recipe is given before the best one is trained to the end
TRIAL = 0.2
# steps of a trial at most; a plan of no more is tried to its end
MOST_COMPLETE = 1000
# how long Ctrl-C may go unnoticed while several networks are trained
SIGNAL_SECONDS = 0.2


def train_members(
    task: Task,
    first: TrainingResult | None = None,
    checkpoint: Checkpoint | None = None,
    on_look: OnLook | None = None,
    slot: int = 0,
) -> list[TrainingResult]:
    """Train all members, several at once on one thread each where there are several processors.

    Args:
        task: What is trained.
        first: The first member, where it was trained already.
        checkpoint: Keeps what was learned so far.
        on_look: Follows a single member, see `Course`.
        slot: Number of the first member in the checkpoint.
    """
    n, threads = task.plan.n_members, thread_count(task.settings.n_threads)
    if first is not None and (n == 1 or first.stop is Stop.INTERRUPTED):
        return [first]
    members = range(n) if first is None else range(1, n)
    with progress_bar(task.plan.n_steps * len(members), shown=task.settings.progress) as progress:
        if n == 1:
            return [train_one(task, task.settings.seed, threads, progress, checkpoint, slot, on_look=on_look)]
        workers, halt = min(len(members), threads), threading.Event()
        rounds = math.ceil(len(members) / workers)

        def train_member(member: int, deadline: float) -> TrainingResult:
            seed, place = _seed(task.settings, member), slot + member
            return train_one(task, seed, max(1, threads // workers), progress, checkpoint, place, deadline, halt=halt)

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


def train_one(
    task: Task,
    seed: int,
    n_threads: int,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    slot: int = 0,
    deadline: float | None = None,
    trial: float | None = None,
    halt: threading.Event | None = None,
    on_look: OnLook | None = None,
) -> TrainingResult:
    """Train a single network; with `trial`, a moment, only for a fifth of the steps and until then."""
    settings, plan = task.settings, task.plan
    trainer = make_trainer(task.spec, initial_weights(task.spec, seed), task.loss, _optimizer(settings), n_threads)
    source = _source(task, seed)
    log = None if checkpoint is None else checkpoint.resume(slot, trainer)
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
    save = None if checkpoint is None else checkpoint.saver(slot, averaged=course.averaged)
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
    settings, plan, value_inputs = task.settings, task.plan, task.preparation.value_inputs
    if settings.mode == "sequence":
        # a forecast counts once `lookback` points were read: the first one is made at the last of them
        return segment_source(task.arrays, value_inputs, plan.lookback - 1, plan.lessons, plan.batch_size, seed)
    return window_source(
        task.arrays,
        value_inputs,
        plan.lookback,
        settings.horizon,
        plan.batch_size,
        shuffle=settings.shuffle,
        n_dropped=int(settings.drop_last_window),
        seed=seed,
    )
