"""How does a fit go from step to step, and what does it remember of them?"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatecast.exceptions import TrainingError
from gatecast.network.native import FINISHED
from gatecast.training.progress import Progress

__all__ = ["TrainingResult", "train"]

# the core works for about this long before Python hears of it: short enough for a lively bar
SECONDS_PER_CALL = 0.1


@dataclass(frozen=True)
class TrainingResult:
    """What came out of a fit.

    Args:
        weights: `(n_parameters,)`.
        history: For each epoch `loss` (in the data's units, squared for `mse` and `huber`), `rmse` (in the data's
            units) and `scaled_loss` (what was minimised).
        n_steps: Training steps taken.
        interrupted: Whether Ctrl-C ended it early.
    """

    weights: np.ndarray
    history: dict[str, list[float]]
    n_steps: int
    interrupted: bool


def train(trainer: Any, source: Any, rates: np.ndarray, steps_per_epoch: int, progress: Progress) -> TrainingResult:
    """Take one training step for each learning rate.

    Args:
        trainer: From `gatecast.network.native.make_trainer`.
        source: Where its sequences come from.
        rates: `(n_steps,)` learning rates.
        steps_per_epoch: Training steps that make one epoch of the history.
        progress: Is told of every few steps.

    Returns:
        The result; after Ctrl-C that of the steps taken so far, with `interrupted` set.

    Raises:
        TrainingError: The loss or the gradient stopped being a number.
    """
    log = _Log(np.zeros((len(rates), 5)))
    interrupted = False
    try:
        _run_all(trainer, source, rates, steps_per_epoch, progress, log)
    except KeyboardInterrupt:
        interrupted = True
    history = _summarise(log.records[: log.n_steps], steps_per_epoch)
    return TrainingResult(trainer.weights(), history, log.n_steps, interrupted)


@dataclass
class _Log:
    records: np.ndarray  # (n_steps, 5), see make_trainer
    n_steps: int = 0


def _run_all(trainer: Any, source: Any, rates: np.ndarray, steps_per_epoch: int, progress: Progress, log: _Log) -> None:
    per_call = 1
    while log.n_steps < len(rates):
        start = time.perf_counter()
        outcome, taken, part = trainer.run(source, log.n_steps, rates[log.n_steps : log.n_steps + per_call])
        log.records[log.n_steps : log.n_steps + taken] = part[:taken]
        log.n_steps += taken
        if outcome != FINISHED:
            raise TrainingError(_diverged(log.n_steps, len(rates), steps_per_epoch, float(rates[log.n_steps])))
        progress.advance(taken, math.sqrt(part[taken - 1, 2]))
        if time.perf_counter() - start < SECONDS_PER_CALL:
            per_call = min(2 * per_call, 1 << 20)


def _diverged(step: int, n_steps: int, steps_per_epoch: int, rate: float) -> str:
    return (
        f"The loss is not a finite number at training step {step + 1} of {n_steps} "
        f"(epoch {step // steps_per_epoch + 1}), where the learning rate was {rate:.3g}. "
        f"Lower it (`learning_rate={rate / 10:.1g}`), clip the gradient "
        '(`clip_norm=1.0`), or scale the data (`scaling="standard"`).'
    )


def _summarise(records: np.ndarray, steps_per_epoch: int) -> dict[str, list[float]]:
    history: dict[str, list[float]] = {"loss": [], "rmse": [], "scaled_loss": []}
    for start in range(0, len(records), steps_per_epoch):
        scaled, loss, squared, count, _ = records[start : start + steps_per_epoch].T
        total = count.sum()
        history["loss"].append(float(loss @ count / total))
        history["rmse"].append(float(np.sqrt(squared @ count / total)))
        history["scaled_loss"].append(float(scaled @ count / total))
    return history
