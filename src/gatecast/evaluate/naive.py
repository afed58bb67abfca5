"""What would a forecast be that costs nothing? The last value, and the value a season ago."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

__all__ = ["naive_scale", "seasonal_naive"]


def seasonal_naive(
    values: np.ndarray, offsets: np.ndarray, origins: np.ndarray, horizon: int, season: int
) -> np.ndarray:
    """Forecast the value of the same step in the newest season that is known at each origin.

    Step k of origin t is `y[t + k - season * ceil(k / season)]` (Hyndman and Athanasopoulos 2021, section 5.2); with
    `season=1` that is the last value. Where a series is younger than a season, the last value stands in.

    Args:
        values: `(N,)` all series, without gaps.
        offsets: `(S + 1,)`.
        origins: `(n,)` positions in `values` of the newest known points.
        horizon: H.
        season: Steps in a season.

    Returns:
        `(n, H)`.

    Examples:
        >>> seasonal_naive(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 4]), np.array([3]), horizon=3, season=2)
        array([[3., 4., 3.]])
    """
    step = np.arange(1, horizon + 1)
    back = step - season * np.ceil(step / season).astype(np.int64)
    positions = origins[:, None] + back
    begins = offsets[np.searchsorted(offsets, origins, side="right") - 1]
    return np.asarray(values[np.where(positions >= begins[:, None], positions, origins[:, None])])


def naive_scale(values: np.ndarray, offsets: np.ndarray, season: int) -> np.ndarray:
    """Return each series' mean absolute change over a season: the denominator of MASE (Hyndman and Koehler 2006).

    Args:
        values: `(N,)` training parts, NaN in gaps.
        offsets: `(S + 1,)`.
        season: Steps in a season; 1 is taken for series that are not longer.

    Returns:
        `(S,)`; NaN where it is zero or cannot be known.
    """
    scales = np.full(len(offsets) - 1, np.nan)
    for s, (begin, end) in enumerate(pairwise(offsets)):
        lag = season if end - begin > season else 1
        change = np.abs(values[begin + lag : end] - values[begin : end - lag])
        seen = change[~np.isnan(change)]
        if len(seen) and seen.mean() > 0:
            scales[s] = seen.mean()
    return scales
