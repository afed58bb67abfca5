"""What would a forecast be that costs nothing? The last value, and the value a season ago."""

from __future__ import annotations

import numpy as np

__all__ = ["seasonal_naive"]


def seasonal_naive(
    values: np.ndarray, offsets: np.ndarray, origins: np.ndarray, horizon: int, season: int
) -> np.ndarray:
    """Forecast `(n, H)` the value of the same step in the newest season that is known at each origin.

    Step k of origin t is `y[t + k - season * ceil(k / season)]` (Hyndman and Athanasopoulos 2021, section 5.2); with
    `season=1` that is the last value. Where a series is younger than a season, the last value stands in. Origins are
    positions in `values` `(N,)`, in which `offsets` `(S + 1,)` say where series begin.
    """
    step = np.arange(1, horizon + 1)
    back = step - season * np.ceil(step / season).astype(np.int64)
    positions = origins[:, None] + back
    begins = offsets[np.searchsorted(offsets, origins, side="right") - 1]
    return np.asarray(values[np.where(positions >= begins[:, None], positions, origins[:, None])])
