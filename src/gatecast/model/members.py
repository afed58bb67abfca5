"""How is each network trained? Several at once, each from its own seed."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace
from functools import partial

from gatecast.model.candidates import Candidate
from gatecast.model.settings import Settings
from gatecast.network.calls import startable_threads
from gatecast.network.wrapper import (
    OptimizerSettings,
    Source,
    Trainer,
    make_trainer,
    segment_source,
    thread_count,
    window_source,
)
from gatecast.texts.message import Message
from gatecast.training.checkpoint import Checkpoint
from gatecast.training.finder import find_learning_rate
from gatecast.training.loop import OnValidation, TrainingResult, TrainingSchedule, train
from gatecast.training.progress import Progress, progress_bar
from gatecast.training.schedule import learning_rates
from gatecast.training.stop import Stop

__all__ = ["CHECKS", "MOST_COMPLETE", "train_members", "train_one"]

# validation checks during a training
CHECKS = 25
# share of the steps that each candidate is given before the best one is trained to the end
TRIAL = 0.2
# steps of a trial at most; a plan of no more is tried to its end
MOST_COMPLETE = 1000
# where the loss diverges: the norm to clip to where the gradient was not clipped, and by how much a norm is lowered
USUAL_CLIP, LOWER_CLIP = 0.2, 4
# how long Ctrl-C may go unnoticed while several networks are trained
SIGNAL_SECONDS = 0.2


def train_members(
    candidate: Candidate,
    first: TrainingResult | None = None,
    checkpoint: Checkpoint | None = None,
    on_validation: OnValidation | None = None,
    slot: int = 0,
) -> list[TrainingResult]:
    """Train all members, several at once on one thread each where there are several processors.

    `first` is the first member where it was trained already, `slot` its number in the checkpoint; `on_validation`
    follows a single member.
    """
    n, threads = candidate.plan.n_members, thread_count(candidate.settings.n_threads)
    if first is not None and (n == 1 or first.stop is Stop.INTERRUPTED):
        return [first]
    members = range(n) if first is None else range(1, n)
    with progress_bar(candidate.plan.n_steps * len(members), shown=candidate.settings.progress) as progress:
        if n == 1:
            seed = candidate.settings.seed
            return [train_one(candidate, seed, threads, progress, checkpoint, slot, on_validation=on_validation)]
        # each worker needs a thread of the core beside its own
        workers, halt = min(len(members), threads), threading.Event()
        workers = min(workers, max(1, startable_threads(2 * workers) // 2))
        rounds = math.ceil(len(members) / workers)

        def train_member(member: int, deadline: float) -> TrainingResult:
            seed, n_threads = (candidate.settings.seed + member) % 2**63, max(1, threads // workers)
            return train_one(candidate, seed, n_threads, progress, checkpoint, slot + member, deadline, halt=halt)

        with ThreadPoolExecutor(workers) as pool:
            # with the listeners of this thread
            jobs = [
                pool.submit(
                    copy_context().run,
                    train_member,
                    member,
                    _share_of_time(candidate.deadline, turn // workers, rounds),
                )
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
        # members that had not begun have no result
        begun = [result for result in results if result.n_steps]
        return [replace(result, stop=Stop.INTERRUPTED) for result in begun or results]
    except BaseException:
        halt.set()
        raise


def _share_of_time(deadline: float, turn: int, turns: int) -> float:
    """Deal out what is left of the time to those that train one after the other."""
    if math.isinf(deadline):
        return deadline
    now = time.monotonic()
    return now + (deadline - now) * (turn + 1) / turns


def train_one(
    candidate: Candidate,
    seed: int,
    n_threads: int,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    slot: int = 0,
    deadline: float | None = None,
    trial: float | None = None,
    halt: threading.Event | None = None,
    on_validation: OnValidation | None = None,
) -> TrainingResult:
    """Train a single network; with `trial`, a moment, only for a fifth of the steps and until then."""
    settings, plan = candidate.settings, candidate.plan
    make = partial(_trainer, candidate, seed, n_threads)
    trainer, source = make(), _source(candidate, seed)
    log = None if checkpoint is None else checkpoint.resume(slot, trainer, plan.n_steps)
    n_steps = plan.n_steps if trial is None else max(60, min(int(plan.n_steps * TRIAL), MOST_COMPLETE))
    peak = log.learning_rate if log is not None else plan.learning_rate or find_learning_rate(make, source)
    schedule = TrainingSchedule(
        learning_rates(settings.schedule, peak, n_steps) if log is None else log.rates,
        peak,
        plan.steps_per_epoch,
        check_every=max(1, n_steps // CHECKS),
        patience=settings.patience,
        deadline=trial or deadline or candidate.deadline,
        uses_ema=settings.ema_decay > 0,
        judges_first=bool(candidate.starts),
        halt=halt,
        on_validation=on_validation,
        remedies=_remedies(settings),
    )
    judge = None
    if trial is None and (validation := candidate.validation) is not None:
        judge = lambda w: validation.curves(candidate.network(w, n_threads), candidate.preparation)  # noqa: E731
    save = None if checkpoint is None else checkpoint.saver(slot, uses_ema=schedule.uses_ema)
    return train(trainer, source, schedule, progress, judge, save, log)


def _trainer(candidate: Candidate, seed: int, n_threads: int) -> Trainer:
    settings, weights = candidate.settings, candidate.first_weights(seed)
    optimizer = OptimizerSettings(settings.clip_norm, settings.weight_decay, settings.ema_decay)
    return make_trainer(candidate.spec, weights, candidate.loss, optimizer, n_threads)


def _remedies(settings: Settings) -> tuple[Message, ...]:
    """List what else helps a training that diverges: what is not in force already."""
    clip = settings.clip_norm / LOWER_CLIP if settings.clip_norm else USUAL_CLIP
    scale = Message("remedy.scale", {"setting": {"scaling": "standard"}})
    clipped = Message("remedy.clip", {"setting": {"clip_norm": float(f"{clip:.1g}")}})
    return (clipped,) if settings.scaling == "standard" else (clipped, scale)


def _source(candidate: Candidate, seed: int) -> Source:
    settings, plan, value_inputs = candidate.settings, candidate.plan, candidate.preparation.value_inputs
    if settings.mode == "sequence":
        # a forecast counts once `lookback` points were read: the first one is made at the last of them
        return segment_source(candidate.arrays, value_inputs, plan.lookback - 1, plan.n_targets, plan.batch_size, seed)
    sizes, n_dropped = (plan.lookback, settings.horizon, plan.batch_size), int(settings.drop_last_window)
    return window_source(
        candidate.arrays, value_inputs, *sizes, shuffle=settings.shuffle, n_dropped=n_dropped, seed=seed
    )
