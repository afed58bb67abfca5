"""How do values differ from those a lag ago, and how do such differences become values again?"""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.values.gaps import carry_by_phase

__all__ = ["anchors_at", "differences", "undo_differences"]


def differences(values: Floats, offsets: Ints, lag: int) -> Floats:
    """Return `y[t] - y[t - lag]` of all series, shape (N,); NaN in the first `lag` steps and where `y[t]` is missing.

    >>> differences(np.array([1.0, 2.0, 4.0, 7.0]), np.array([0, 2, 4]), 1)
    array([nan,  1., nan,  3.])
    """
    result = np.full(len(values), np.nan)
    np.subtract(values[lag:], carry_by_phase(values, offsets, lag)[:-lag], out=result[lag:])
    position = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
    result[position < lag] = np.nan
    return result


def anchors_at(filled: Floats, offsets: Ints, origins: Ints, lag: int) -> Floats:
    """Return the last `lag` values up to each origin, oldest first, shape (n, lag).

    Where a series is younger than the lag, or the value is unknown, the newest value stands in.

    Args:
        filled: From `carry_by_phase`, (N,).
        offsets: (S + 1,).
        origins: Positions of the newest known points, (n,).
        lag: Steps.

    >>> anchors_at(np.array([1.0, 2.0, 3.0]), np.array([0, 3]), np.array([1, 2]), 2)
    array([[1., 2.],
           [2., 3.]])
    """
    positions = origins[:, None] + np.arange(1 - lag, 1)
    begins = offsets[np.searchsorted(offsets, origins, side="right") - 1]
    known = filled[np.maximum(positions, begins[:, None])]
    usable = (positions >= begins[:, None]) & ~np.isnan(known)
    return np.where(usable, known, filled[origins][:, None])


def undo_differences(values: Floats, anchors: Floats) -> Floats:
    """Return `y[k] = values[k] + y[k - lag]`, where the anchors are what came before.

    Args:
        values: (n, H) or (n, H, ...).
        anchors: (n, lag).

    >>> undo_differences(np.array([[1.0, 1.0, 1.0]]), np.array([[10.0, 20.0]]))
    array([[11., 21., 12.]])
    """
    n, horizon = values.shape[:2]
    lag = anchors.shape[1]
    n_seasons = -(-horizon // lag)
    padded = np.zeros((n, n_seasons * lag, *values.shape[2:]))
    padded[:, :horizon] = values
    seasons = padded.reshape(n, n_seasons, lag, *values.shape[2:])
    known = anchors.reshape(n, 1, lag, *(1,) * (values.ndim - 2))
    return np.asarray((seasons.cumsum(axis=1) + known).reshape(padded.shape)[:, :horizon])
