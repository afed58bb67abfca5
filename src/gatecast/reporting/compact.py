"""How do numbers and times become short plain data, which people and browsers read?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.panel import Panel

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

__all__ = ["rounded", "time_format", "times_of"]

DAYS, MINUTES, SECONDS = "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"


def rounded(values: ArrayLike) -> list[float | None]:
    """Return numbers with six digits that count, None where there is none: more would only make the page longer."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in np.asarray(values, float)]


def time_format(panel: Panel) -> str:
    """Return how the times of a panel are written, as strftime: days, or days with hours and minutes, or all of it."""
    return _format_of(panel.times(0)[:1_000])


def times_of(index: Array | pd.Index, form: str | None = None) -> list[str] | list[int]:
    """Return times as local texts, by strftime's `form` or e.g. "2024-01-31" or "2024-01-31 13:00", or as integers."""
    import pandas as pd

    index = pd.Index(index)
    if not isinstance(index, pd.DatetimeIndex):
        return [item.item() if isinstance(item, np.generic) else item for item in index.tolist()]
    return list(index.tz_localize(None).strftime(form or _format_of(index)))


def _format_of(index: pd.Index) -> str:
    import pandas as pd

    if not isinstance(index, pd.DatetimeIndex):
        return DAYS
    local = index.tz_localize(None)
    if (local == local.normalize()).all():
        return DAYS
    return MINUTES if (local == local.floor("min")).all() else SECONDS
