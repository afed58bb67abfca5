"""Which learning rate suits a network and its data? The range test of Smith (2017)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatecast.network.calls import in_core
from gatecast.network.wrapper import FINISHED, Source, Trainer

__all__ = ["find_learning_rate", "steepest_rate"]

LOWEST, HIGHEST, STEPS = 1e-5, 1.0, 120
# losses are smoothed with this memory
MEMORY = 0.9
# the loss has exploded once it is so many times the lowest
EXPLODED = 2.0


def find_learning_rate(make: Callable[[], Trainer], source: Source) -> float:
    """Raise the learning rate of a fresh trainer from step to step and see where the loss falls and breaks out.

    Returns a third of the rate at which the smoothed loss was lowest, which is the highest that is safely below the
    outbreak.
    """
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    trainer = make()
    with in_core():
        outcome, taken, records = trainer.run(source, 0, rates)
    n = taken if outcome != FINISHED else len(rates)
    return steepest_rate(rates[:n], records[:n, 0])


def steepest_rate(rates: np.ndarray, losses: np.ndarray) -> float:
    """Choose a learning rate from the losses at rising rates `(n,)`."""
    smooth, mean = np.empty(len(losses)), 0.0
    for n, loss in enumerate(losses):
        mean = MEMORY * mean + (1 - MEMORY) * loss
        smooth[n] = mean / (1 - MEMORY ** (n + 1))
    running = np.minimum.accumulate(smooth)
    broken = np.flatnonzero(smooth > EXPLODED * running)
    until = int(broken[0]) if len(broken) else len(losses)
    lowest = int(np.argmin(losses[:until] if until < 8 else smooth[:until])) if until else 0
    return float(rates[lowest] / 3)
