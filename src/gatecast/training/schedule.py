"""How does the learning rate change while training goes on?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["SCHEDULES", "learning_rates"]


def constant(progress: np.ndarray) -> np.ndarray:
    """Stay at the peak."""
    return np.ones_like(progress)


def cosine(progress: np.ndarray) -> np.ndarray:
    """Fall from the peak to zero along half a cosine (Loshchilov and Hutter 2017)."""
    return np.asarray(0.5 * (1 + np.cos(np.pi * progress)))


def one_cycle(progress: np.ndarray) -> np.ndarray:
    """Rise from 1/25 to the peak over the first 30 %, then fall to 1/10,000 of it (Smith and Topin 2019)."""
    rise, low, end = 0.3, 1 / 25, 1e-4
    up = low + (1 - low) * cosine(1 - np.minimum(progress / rise, 1))
    down = end + (1 - end) * cosine(np.clip((progress - rise) / (1 - rise), 0, 1))
    return np.where(progress < rise, up, down)


SCHEDULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
}


def learning_rates(schedule: str, peak: float, n_steps: int) -> np.ndarray:
    """Learning rate `(n_steps,)` of every training step, for a name in `SCHEDULES` and the highest rate."""
    progress = np.arange(n_steps) / max(n_steps - 1, 1)
    return peak * SCHEDULES[schedule](progress)
