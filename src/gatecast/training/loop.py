"""How does training go from step to step, when are the weights validated, and which of them are kept?"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gatecast.exceptions import TrainingError
from gatecast.network.calls import in_core
from gatecast.network.wrapper import FINISHED, Source, Trainer
from gatecast.texts.message import Message
from gatecast.training.progress import Progress, listeners
from gatecast.training.stop import Stop

__all__ = ["JUDGED", "Log", "OnValidation", "TrainingResult", "TrainingSchedule", "train"]

# the core works for about this long before Python hears of it: short enough for a lively bar
SECONDS_PER_CALL = 0.1
# share of the time limit after which the clock is read again: the speed of the first steps tells little
CLOCK_SHARE = 0.05
# the curve by which weights are judged
JUDGED = "validation_loss"
# a smaller improvement than this share does not count as one
LEAST_GAIN = 1e-4


# is shown the share of the steps that were taken, and what the validation check found
OnValidation = Callable[[float, dict[str, float]], None]


@dataclass(frozen=True)
class TrainingSchedule:
    """What training follows."""

    rates: np.ndarray  # (n_steps,) learning rates
    learning_rate: float  # the highest one that they rise to
    steps_per_epoch: int
    check_every: int = 0  # training steps from one validation check to the next
    patience: int = 0  # validation checks without an improvement after which training ends; 0 to never end early
    deadline: float = math.inf  # of `time.monotonic`
    judges_first: bool = False  # whether the weights before the first step are judged too
    uses_ema: bool = False  # whether the exponential moving average of the weights is what counts
    halt: threading.Event | None = None  # ends training that is not in the main thread, where Ctrl-C arrives
    # is called at each check, with nothing found where nothing is held out; what it raises ends the training
    on_validation: OnValidation | None = None
    remedies: tuple[Message, ...] = ()  # what helps, beside a lower learning rate, where the loss is no number any more


@dataclass
class Log:
    """What happened so far; with the trainer's weights and moments it is all that is needed to go on."""

    rates: np.ndarray  # (n_steps,) learning rates, which a time limit may have shortened
    learning_rate: float  # the highest one of the schedule
    records: np.ndarray  # (n_steps, 5), see `make_trainer`
    n_steps: int = 0  # steps taken
    # step of each validation check, and what it found: `validation_loss` and other curves
    checks: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    best_weights: np.ndarray | None = None
    shortened: bool = False  # whether the time was too short for all steps

    @property
    def best(self) -> tuple[int, float]:
        """Step and loss of the best validation check."""
        return min(zip(self.losses, (step for step, _ in self.checks), strict=True))[::-1]

    @property
    def losses(self) -> list[float]:
        """Validation loss of each check."""
        return [found[JUDGED] for _, found in self.checks]

    def waits(self) -> int:
        """Count the validation checks since the last improvement."""
        best, since = math.inf, 0
        for loss in self.losses:
            improved = loss < best * (1 - LEAST_GAIN) if best > 0 and math.isfinite(best) else loss < best
            best, since = (loss, 0) if improved else (best, since + 1)
        return since


@dataclass(frozen=True)
class TrainingResult:
    """What came out of a training.

    The history has for each epoch `scaled_loss` (what was minimised), `loss` and `rmse` (the same and the root of the
    mean squared error, without the scaling but not without the transform), and for each validation check
    `validation_epoch` and all that `judge` says.
    """

    weights: np.ndarray
    history: dict[str, list[float]]
    n_steps: int  # steps taken
    learning_rate: float  # the highest one of the schedule
    stop: Stop
    validation_loss: float | None  # of the weights; None where nothing was held out
    best_step: int  # whose weights these are


Judge = Callable[[np.ndarray], dict[str, float]]
# the last argument tells whether training ends here
Save = Callable[[Trainer, Log, bool], None]


def train(
    trainer: Trainer,
    source: Source,
    schedule: TrainingSchedule,
    progress: Progress | None,
    judge: Judge | None = None,
    save: Save | None = None,
    log: Log | None = None,
) -> TrainingResult:
    """Take one training step for each learning rate, and keep the weights that are best on the validation set.

    `judge` returns the `validation_loss` of weights, by which the best are chosen, and more curves for the history;
    without it the last weights count. `save` is shown trainer and log now and then and at the end, also after Ctrl-C. A
    `log` is that of an earlier run that is to go on, whose weights and moments the trainer has. After Ctrl-C the result
    is that of the steps taken so far, with `Stop.INTERRUPTED`; TrainingError: the loss or the gradient stopped being a
    number.
    """
    log = log or Log(schedule.rates, schedule.learning_rate, np.zeros((len(schedule.rates), 5)))
    run = _Run(trainer, source, schedule, progress, judge, save, log)
    try:
        stop = run.go()
    except KeyboardInterrupt:
        # steps that the core had finished when it was interrupted count: their records are in the log already
        log.n_steps = trainer.adam_steps
        stop = Stop.INTERRUPTED
    if save is not None:
        save(trainer, log, True)
    return run.result(stop)


# counts the networks that are trained in this process
_NUMBERS = itertools.count()


@dataclass
class _Run:
    trainer: Trainer
    source: Source
    schedule: TrainingSchedule
    progress: Progress | None
    judge: Judge | None
    save: Save | None
    log: Log
    per_call: int = 1
    started: float = field(default_factory=lambda: time.monotonic())
    first: int = 0
    clock_seen: float = 0.0
    number: int = field(default_factory=lambda: next(_NUMBERS))  # of the network, in this process

    def go(self) -> Stop:
        log, self.first, self.clock_seen = self.log, self.log.n_steps, self.started
        if self.progress is not None:
            self.progress.advance(log.n_steps, math.nan)
        while True:
            # also the first thing to do where an earlier run was interrupted between a step and its check
            if self._is_due():
                self._validate()
            if self.schedule.patience and log.waits() >= self.schedule.patience:
                return Stop.NO_IMPROVEMENT
            if log.n_steps >= len(log.rates):
                return Stop.TIME if log.shortened else Stop.FINISHED
            if self.save is not None:
                self.save(self.trainer, log, False)
            self._steps(min(self._next_check(), len(log.rates)))
            if self.schedule.halt is not None and self.schedule.halt.is_set():
                return Stop.INTERRUPTED
            self._keep_to_time()

    def _is_due(self) -> bool:
        log = self.log
        is_done = bool(log.checks) and log.checks[-1][0] == log.n_steps
        has_begun = log.n_steps > 0 or self.schedule.judges_first
        return not is_done and has_begun and log.n_steps in (self._next_check(log.n_steps - 1), len(log.rates))

    def _next_check(self, after: int | None = None) -> int:
        every = self.schedule.check_every or len(self.log.rates)
        return ((self.log.n_steps if after is None else after) // every + 1) * every

    def _steps(self, until: int) -> None:
        """Take steps until the next validation check, or until a moment has passed."""
        log = self.log
        start = time.perf_counter()
        n = min(self.per_call, until - log.n_steps)
        ahead = slice(log.n_steps, log.n_steps + n)
        with in_core():
            outcome, taken = self.trainer.run_into(self.source, log.n_steps, log.rates[ahead], log.records[ahead])
        log.n_steps += taken
        if outcome != FINISHED:
            raise TrainingError(self._diverged())
        loss = float(log.records[log.n_steps - 1, 0])
        if self.progress is not None:
            self.progress.advance(taken, loss)
        for listener in listeners():
            listener.on_steps(self.number, log.n_steps, len(log.rates), loss)
        if time.perf_counter() - start < SECONDS_PER_CALL and n == self.per_call:
            self.per_call = min(2 * self.per_call, 1 << 20)

    def weights(self) -> np.ndarray:
        return np.asarray(self.trainer.mean_weights() if self.schedule.uses_ema else self.trainer.weights())

    def _diverged(self) -> Message:
        step, schedule = self.log.n_steps, self.schedule
        rate = float(self.log.rates[step])
        *others, last = (
            Message("remedy.lower", {"setting": {"learning_rate": float(f"{rate / 10:.1g}")}}),
            *schedule.remedies,
        )
        remedies = Message("words.or", {"others": others, "last": last}) if others else last
        facts = {"step": step + 1, "n_steps": len(self.log.rates), "epoch": step // schedule.steps_per_epoch + 1}
        return Message("failure.diverged", facts | {"rate": rate, "remedies": remedies})

    def _validate(self) -> None:
        found = {} if self.judge is None else self._judged(self.judge)
        if self.schedule.on_validation is not None:
            self.schedule.on_validation(self.log.n_steps / len(self.log.rates), found)

    def _judged(self, judge: Judge) -> dict[str, float]:
        weights = self.weights()
        found = judge(weights)
        found[JUDGED] = found[JUDGED] if math.isfinite(found[JUDGED]) else math.inf
        if not self.log.checks or found[JUDGED] < self.log.best[1]:
            self.log.best_weights = weights
        self.log.checks.append((self.log.n_steps, found))
        for listener in listeners():
            listener.on_check(self.number, self.log.n_steps, len(self.log.rates), found)
        return found

    def _keep_to_time(self) -> None:
        """Shorten what is left of the schedule to what the time allows: it still ends at its last learning rate."""
        log, deadline = self.log, self.schedule.deadline
        taken = log.n_steps - self.first
        left = len(log.rates) - log.n_steps
        if math.isinf(deadline) or not left:
            return
        now = time.monotonic()
        if now - self.clock_seen < CLOCK_SHARE * (deadline - self.started) and now < deadline:
            return
        self.clock_seen = now
        affordable = max(0, int((deadline - now) * taken / max(now - self.started, 1e-9)))
        if affordable < left:
            kept = np.linspace(log.n_steps, len(log.rates) - 1, affordable)
            rest = np.interp(kept, np.arange(len(log.rates)), log.rates)
            log.rates = np.concatenate([log.rates[: log.n_steps], rest])
            log.shortened = True

    def result(self, stop: Stop) -> TrainingResult:
        log = self.log
        history = _summarise(log.records[: log.n_steps], self.schedule.steps_per_epoch)
        history["validation_epoch"] = [step / self.schedule.steps_per_epoch for step, _ in log.checks]
        names = log.checks[0][1] if log.checks else (JUDGED,)
        history |= {name: [found[name] for _, found in log.checks] for name in names}
        step, loss = log.best if log.checks else (log.n_steps, None)
        best = self.weights() if log.best_weights is None else log.best_weights
        return TrainingResult(best, history, log.n_steps, log.learning_rate, stop, loss, step)


def _summarise(records: np.ndarray, steps_per_epoch: int) -> dict[str, list[float]]:
    history: dict[str, list[float]] = {"loss": [], "rmse": [], "scaled_loss": []}
    for start in range(0, len(records), steps_per_epoch):
        scaled, loss, squared, count, _ = records[start : start + steps_per_epoch].T
        total = count.sum()
        history["loss"].append(float(loss @ count / total))
        history["rmse"].append(float(np.sqrt(squared @ count / total)))
        history["scaled_loss"].append(float(scaled @ count / total))
    return history
