"""What stands where nothing was observed? Always something that is known by then."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints, blocks

__all__ = ["carry_by_phase", "carry_forward", "fill_gaps", "prepend"]

DAMPING = 0.5  # share of the change over a season that goes on in each step of a gap


def fill_gaps(values: Array, offsets: Ints, season: int, before: Array | None = None) -> Array:
    """Fill each gap of S series, `(N,)`, by what was a season earlier, moved by half of the newest change over one.

    The change halves with each step of the gap: `y[t] = y[t-m] + (y[t-1] - y[t-1-m]) / 2`. Where a series is too young
    for that, or has no season (m = 1), the last value is repeated; where nothing was observed yet, it is 0. Values
    without gaps are returned themselves. With more than m values `before`, `(S, K)`, the newest last, NaN where there
    were none, the gaps are filled as if each series had been passed as a whole.
    """
    if not np.isnan(values).any():
        return values
    before = np.empty((len(offsets) - 1, 0)) if before is None else before
    filled = np.empty_like(values)
    for block in blocks(offsets):
        filled[block.rows] = _filled(values[block.rows], block.offsets, season, before[block.series])
    return filled


def _filled(values: Array, offsets: Ints, season: int, before: Array) -> Floats:
    joined, bounds = prepend(before, values, offsets)
    filled = _carried(joined, bounds, np.zeros(len(before)))
    if season > 1:
        at = np.flatnonzero(~np.isnan(joined))
        first = np.append(at, len(joined))[np.searchsorted(at, bounds[:-1])]
        is_later = np.arange(len(joined)) > np.repeat(first, np.diff(bounds)) + season
        # each one may need the one before it, and a list is read one by one much faster than an array
        y = filled.tolist()
        for t in np.flatnonzero(np.isnan(joined) & is_later).tolist():
            y[t] = y[t - season] + DAMPING * (y[t - 1] - y[t - 1 - season])
        filled = np.array(y)
    is_own = np.ones(len(joined), bool)
    is_own[bounds[:-1, None] + np.arange(before.shape[1])] = False
    return filled[is_own]


def carry_forward(values: Array, offsets: Ints, before: Array | float = 0.0) -> Array:
    """Repeat the last observed value of S series, `(N,)`, through gaps; returns `values` itself where there are none.

    Series that begin with a gap begin with what was observed last `before`, `(S,)`.
    """
    if not np.isnan(values).any():
        return values
    filled = np.empty_like(values)
    befores = np.broadcast_to(before, len(offsets) - 1)
    for block in blocks(offsets):
        filled[block.rows] = _carried(values[block.rows], block.offsets, befores[block.series])
    return filled


def _carried(values: Array, offsets: Ints, before: Array) -> Array:
    missing = np.isnan(values)
    newest = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    lengths = np.diff(offsets)
    is_leading = newest < np.repeat(offsets[:-1], lengths)
    filled = values[np.maximum(newest, 0)]
    filled[is_leading] = np.repeat(before, lengths)[is_leading]
    return filled


def carry_by_phase(values: Floats, offsets: Ints, lag: int) -> Floats:
    """Replace what is missing in `(N,)` by the last known value of its phase, else by the last known value.

    Causal: a point is filled from earlier points of its series. What has none stays NaN. Points whose positions differ
    by a multiple of `lag` have one phase.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    lengths = np.diff(offsets)
    phase = (np.arange(len(values)) - np.repeat(offsets[:-1], lengths)) % lag
    group = np.repeat(np.arange(len(lengths)), lengths) * lag + phase
    order = np.argsort(group, kind="stable")
    bounds = np.concatenate(([0], np.cumsum(np.bincount(group, minlength=len(lengths) * lag))))
    by_phase = np.empty_like(values)
    by_phase[order] = carry_forward(values[order], bounds, np.nan)
    return np.where(np.isnan(by_phase), carry_forward(values, offsets, np.nan), by_phase)


def prepend(known: Floats, values: Floats, offsets: Ints) -> tuple[Floats, Ints]:
    """Put what was known before each series, `(S, lag)`, in front of it; returns the values and their offsets."""
    n_series, lag = known.shape
    shifted = offsets + lag * np.arange(n_series + 1)
    joined = np.empty(len(values) + known.size)
    joined[np.arange(len(values)) + lag * np.repeat(np.arange(1, n_series + 1), np.diff(offsets))] = values
    joined[shifted[:-1, None] + np.arange(lag)] = known
    return joined, shifted
