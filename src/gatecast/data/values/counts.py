"""Which series are never below zero, and which of them are counts with many zeros, as sales of spare parts are?"""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints

__all__ = ["are_never_negative", "are_sparse_counts", "mean_of_quantiles", "no_counts"]

# mean steps from one demand to the next above which demand is intermittent (Syntetos, Boylan and Croston 2005)
INTERVAL = 1.32
# zeros, and their least share, that show that zero is the least there can be
LEAST_ZEROS, ZERO_SHARE = 2, 0.05


def no_counts(values: Floats) -> Ints:
    """Return the places of values, `(N,)`, that are no whole numbers from 0 on; NaN is skipped.

    Examples:
        >>> no_counts(np.array([0.0, 2.0, 0.5, np.nan, -1.0])).tolist()
        [2, 4]
    """
    with np.errstate(invalid="ignore"):
        is_other = (values < 0) | (values != np.floor(values)) & ~np.isnan(values)
    return np.flatnonzero(is_other)


def are_sparse_counts(values: Floats, offsets: Ints) -> Array:
    """Tell which series of a panel, `(N,)`, hold whole numbers, none below zero, and many zeros; NaN is skipped.

    Many are more than 24 %: then there are more than 1.32 steps from one demand to the next on average.

    Returns:
        `(S,)` bool.

    Examples:
        >>> are_sparse_counts(np.array([0, 0, 3, 0, 1, 0, 1.5, 0.0]), np.array([0, 5, 8])).tolist()
        [True, False]
    """
    S = len(offsets) - 1
    # most panels hold no zero at all
    if not (values == 0).any():
        return np.zeros(S, bool)
    seen = ~np.isnan(values)
    is_count = ~seen | ((values >= 0) & (values == np.floor(values)))
    observed, zeros, others = _counted(offsets, seen, values == 0, ~is_count)
    # a series of zeros alone shows no demand at all
    return np.asarray((others == 0) & (observed > INTERVAL * (observed - zeros)) & (zeros < observed))


def are_never_negative(values: Floats, offsets: Ints) -> Array:
    """Tell which series of a panel, `(N,)`, end at zero: none of their values is below it, and at least 5 % are zero.

    A series of other numbers above zero, as prices, may go below it one day for all that is known. NaN is skipped.

    Returns:
        `(S,)` bool.

    Examples:
        >>> are_never_negative(np.array([0, 2.5, 0, 4, 3, 2, 1, -1, 0, 0]), np.array([0, 4, 7, 10])).tolist()
        [True, False, False]
    """
    S = len(offsets) - 1
    if not (values == 0).any():
        return np.zeros(S, bool)
    observed, zeros, negative = _counted(offsets, ~np.isnan(values), values == 0, values < 0)
    least = np.maximum(LEAST_ZEROS, ZERO_SHARE * observed)
    return np.asarray((negative == 0) & (zeros >= least) & (zeros < observed))


def _counted(offsets: Ints, *where: Array) -> list[Ints]:
    """Count the points of each series, `(S,)`, where something is so, `(N,)`."""
    S = len(offsets) - 1
    series = np.repeat(np.arange(S), np.diff(offsets))
    return [np.bincount(series, one, S) for one in where]


def mean_of_quantiles(quantiles: Floats, probabilities: Floats) -> Floats:
    """Return the means `(n, H)` of distributions whose quantiles `(n, Q, H)` are known at probabilities `(Q,)`.

    Each quantile stands for the probabilities that are nearer to it than to another one.

    Examples:
        >>> mean_of_quantiles(np.array([[[0.0], [0.0], [6.0]]]), np.array([0.1, 0.5, 0.9])).round(2).tolist()
        [[1.8]]
    """
    ends = np.concatenate([[0.0], (probabilities[1:] + probabilities[:-1]) / 2, [1.0]])
    return np.asarray(np.einsum("nqh,q->nh", quantiles, np.diff(ends)))
