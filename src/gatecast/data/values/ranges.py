"""How far from its history may a forecast be? So that no growth that was learned goes on without end."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints

__all__ = ["MOST_RANGES", "limits_of", "observed_range", "union"]

# a forecast ends so many times the range of the history, its highest less its lowest value, away from each value of it
MOST_RANGES = 100.0


def observed_range(values: Floats, offsets: Ints) -> Floats:
    """Return the lowest and the highest value of each series of a panel, `(S, 2)`; NaN where none was observed.

    Examples:
        >>> observed_range(np.array([3.0, 1.0, np.nan, 7.0]), np.array([0, 3, 4, 4])).tolist()
        [[1.0, 3.0], [7.0, 7.0], [nan, nan]]
    """
    found = np.full((len(offsets) - 1, 2), np.nan)
    some = np.flatnonzero(np.diff(offsets))
    if len(some):
        found[some] = np.stack([edge.reduceat(values, offsets[some]) for edge in (np.fmin, np.fmax)], axis=1)
    return found


def union(ours: Floats, theirs: Floats) -> Floats:
    """Return the range of each series over two pieces of it, `(S, 2)`."""
    return np.stack([np.fmin(ours[:, 0], theirs[:, 0]), np.fmax(ours[:, 1], theirs[:, 1])], axis=1)


def limits_of(observed: Floats) -> tuple[Array, Array]:
    """Return between which values forecasts are, `(S,)` each, by the range of each series, `(S, 2)`.

    Examples:
        >>> limits_of(np.array([[1.0, 3.0], [np.nan, np.nan]]))
        (array([-197.,  -inf]), array([201.,  inf]))
    """
    low, high = observed[:, 0], observed[:, 1]
    reach = MOST_RANGES * (high - low)
    lowest, highest = high - reach, low + reach
    return np.where(np.isnan(lowest), -np.inf, lowest), np.where(np.isnan(highest), np.inf, highest)
