"""Which cycles does a series pass through: hours, weekdays, months, its season? Where each step stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Ints
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, Grid, MonthGrid
from gatecast.data.panel.panel import Panel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cycle", "cycles_of"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Cycle:
    """Where the T steps of a series stand in a cycle.

    Attributes:
        name: "hour", "weekday", "month" or "season".
        labels: Names of the parts of the cycle, k of them.
        parts: int64 `(T,)` part in which each step lies, 0 to k - 1.
        rounds: int64 `(T,)` how many times the cycle had begun anew by then.
    """

    name: str
    labels: tuple[str, ...]
    parts: Ints
    rounds: Ints


def cycles_of(panel: Panel, season_length: int = 1) -> tuple[Cycle, ...]:
    """Return the cycles of the first series that its frequency tells apart, in local time.

    Examples:
        >>> days = Panel(np.array(["a"]), np.zeros(9), np.array([0, 9]), np.array(["2024-01-01"], "M8[ns]"), "D")
        >>> [(cycle.name, int(cycle.parts[-1]), int(cycle.rounds[-1])) for cycle in cycles_of(days, 7)]
        [('weekday', 1, 1), ('month', 0, 0), ('season', 1, 1)]
    """
    index = panel.times(0)
    has_dates = panel.starts.dtype.kind == "M" and len(index) > 0
    # pandas' stubs do not tell indexes of dates from others
    found = _calendar(index, panel.grid) if has_dates else []  # type: ignore[arg-type]
    if season_length > 1 and len(index):
        steps = np.arange(len(index))
        labels = tuple(str(step) for step in range(season_length))
        found.append(Cycle("season", labels, steps % season_length, steps // season_length))
    return tuple(found)


def _calendar(index: pd.DatetimeIndex, grid: Grid) -> list[Cycle]:
    # days as people there count them
    local = index.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    found = []
    if isinstance(grid, FixedGrid) and grid.nanoseconds < DAY:
        found.append(_cycle("hour", tuple(f"{hour}:00" for hour in range(24)), local.hour, days))
    if isinstance(grid, BusinessGrid) or (isinstance(grid, FixedGrid) and grid.nanoseconds <= DAY):
        # 1970-01-01 was a Thursday
        found.append(_cycle("weekday", WEEKDAYS, local.weekday, (days + 3) // 7))
    if not isinstance(grid, MonthGrid) or grid.n_months < 12:
        found.append(_cycle("month", MONTHS, local.month - 1, local.year))
    return found


def _cycle(name: str, labels: tuple[str, ...], parts: object, rounds: object) -> Cycle:
    counted = np.asarray(rounds, np.int64)
    return Cycle(name, labels, np.asarray(parts, np.int64), counted - counted[0])
