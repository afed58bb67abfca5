"""Does a covariate know the future? One that moves as the target does at the same time, or later, is a leak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Panel

__all__ = ["SAME", "Leak", "find_leaks"]

# correlation of values and of changes that is taken for the same thing
SAME = 0.999
LEAST_POINTS = 20
MAX_SERIES, MAX_STEPS = 200, 400


@dataclass(frozen=True)
class Leak:
    """A covariate that holds the target.

    The target has its value `steps` after the covariate's time; the correlation is of the changes, and `is_equal` says
    whether the numbers themselves are the same.
    """

    name: str
    steps: int
    correlation: float
    is_equal: bool


def find_leaks(panel: Panel, horizon: int) -> tuple[Leak, ...]:
    """Find covariates that are the target of the same or a later time.

    Values and changes must both correlate at 0.999 or more: two smooth series may do so in their values alone. What is
    known ahead must not be the target of its own time; what is known up to now may be that, but not a later one, unless
    the target itself moves as it did a step before.

    At most 400 steps ahead are looked at.

    Examples:
        >>> y = np.random.default_rng(0).normal(size=60)
        >>> ahead = {"sold": 2 * y}
        >>> panel = Panel(np.array(["a"]), y, np.array([0, 60]), np.array([0]), 1, future=ahead)
        >>> [(leak.name, leak.steps) for leak in find_leaks(panel, 3)]
        [('sold', 0)]
    """
    chosen = np.unique(np.linspace(0, panel.n_series - 1, min(panel.n_series, MAX_SERIES)).astype(int))
    found = []
    for columns, first in ((panel.future, 0), (panel.past, 1)):
        for name, column in columns.items():
            if column.dtype != object:
                found += _leaks_of(panel, chosen, name, column, range(first, min(horizon, MAX_STEPS) + 1))
    return tuple(found)


def _leaks_of(panel: Panel, chosen: np.ndarray, name: str, column: Floats, steps: range) -> list[Leak]:
    for k in steps:
        pairs = [_shifted(panel.series(int(s)), column[panel.offsets[s] : panel.offsets[s + 1]], k) for s in chosen]
        ours, theirs = (np.concatenate(side) for side in zip(*pairs, strict=True))
        if abs(_correlation(ours, theirs)) < SAME:
            continue
        changes = [tuple(map(np.diff, pair)) for pair in pairs]
        moved = _correlation(*(np.concatenate(side) for side in zip(*changes, strict=True)))
        if abs(moved) < SAME or (k > 0 and _is_smooth(panel, chosen, k)):
            continue
        seen = np.isfinite(ours) & np.isfinite(theirs)
        return [Leak(name, k, moved, bool(np.array_equal(ours[seen], theirs[seen])))]
    return []


def _shifted(target: Floats, column: Floats, k: int) -> tuple[Floats, Floats]:
    """Return the target k steps later beside the covariate."""
    return target[k:], column[: len(column) - k]


def _is_smooth(panel: Panel, chosen: np.ndarray, k: int) -> bool:
    changes = [_shifted(np.diff(panel.series(int(s))), np.diff(panel.series(int(s))), k) for s in chosen]
    return abs(_correlation(*(np.concatenate(side) for side in zip(*changes, strict=True)))) > SAME


def _correlation(ours: Floats, theirs: Floats) -> float:
    seen = np.isfinite(ours) & np.isfinite(theirs)
    ours, theirs = ours[seen], theirs[seen]
    if len(ours) < LEAST_POINTS or not ours.std() > 0 or not theirs.std() > 0:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])
