"""Which times does a frequency consist of, and at which step of it does a time stand?

All times here are without a time zone: `datetime64[ns]`, or int64 for integer steps.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later

__all__ = [
    "DAY",
    "DAY_NAMES",
    "MONTHS",
    "MONTH_NAMES",
    "WEEKDAYS",
    "BusinessGrid",
    "FixedGrid",
    "Grid",
    "IntegerGrid",
    "MonthGrid",
    "OffsetGrid",
    "month_dates",
    "weekdays",
]

DAY = 86_400_000_000_000
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES: tuple[str, ...] = ("January", "February", "March", "April", "May", "June")
MONTH_NAMES += ("July", "August", "September", "October", "November", "December")
# as frequencies and times name them
WEEKDAYS, MONTHS = (tuple(name[:3] for name in names) for names in (DAY_NAMES, MONTH_NAMES))


@dataclass(frozen=True)
class Grid(ABC):
    """Equidistant times, in the sense of one frequency, counted from a start."""

    freq: str | int

    @abstractmethod
    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the whole steps from `starts` to `times` (same shape, or broadcast)."""

    @abstractmethod
    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the time that is `positions` steps after `starts` (same shape, or broadcast)."""

    def snap(self, times: Array) -> Array:
        """Move times to the day that the frequency means, e.g. the 15th to the first of the month."""
        return times

    @property
    def follows_calendar(self) -> bool:
        """Whether steps are counted in local days, which a change of the clock does not shift."""
        return True


@final
@dataclass(frozen=True)
class IntegerGrid(Grid):
    """Integer steps: `start, start + freq, start + 2 freq, ...`; of "order", the order of the rows, by 1."""

    @property
    def step(self) -> int:
        """The length of a step."""
        return 1 if isinstance(self.freq, str) else self.freq

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return np.asarray((times - starts) // self.step, dtype=np.int64)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        return np.asarray(starts + positions * self.step)


@final
@dataclass(frozen=True)
class FixedGrid(Grid):
    """Steps of a fixed length, seconds to weeks; weeks may end on a `weekday`, Monday being 0."""

    nanoseconds: int
    weekday: int | None = None

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        # More than 292 years overflow a signed difference; times are never before their start.
        elapsed = times.astype(np.int64).astype(np.uint64) - starts.astype(np.int64).astype(np.uint64)
        return np.asarray(elapsed // np.uint64(self.nanoseconds)).astype(np.int64)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        return np.asarray(starts.astype(np.int64) + positions * self.nanoseconds).astype("datetime64[ns]")

    def snap(self, times: Array) -> Array:
        """Move times to the grid's day."""
        if self.weekday is None:
            return times
        ahead = (self.weekday - weekdays(times)) % 7
        return np.asarray(times + (ahead * DAY).astype("timedelta64[ns]"))

    @property
    def follows_calendar(self) -> bool:
        """Whole days follow the local calendar."""
        return self.nanoseconds % DAY == 0


@final
@dataclass(frozen=True)
class BusinessGrid(Grid):
    """Steps of `n_days` business days, Monday to Friday."""

    n_days: int = 1

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        counts = np.busday_count(starts.astype("datetime64[D]"), times.astype("datetime64[D]"))
        return np.asarray(counts // self.n_days, dtype=np.int64)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        days = starts.astype("datetime64[D]")
        moved = np.busday_offset(days, positions * self.n_days, roll="forward")
        return np.asarray(moved.astype("datetime64[ns]") + (starts - days))


@final
@dataclass(frozen=True)
class MonthGrid(Grid):
    """Steps of `n_months` months, on the first or last (business) day of the month, or on the same day of each."""

    rule: str  # "MS", "ME", "BMS", "BME" or "D15", the day of the month, see `month_dates`
    n_months: int
    anchor: int = 1  # a month (1 to 12) that is on the grid
    period: int = 1  # 1, 3 or 12 months after which the anchor comes again

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        months = _months(times) - _months(starts)
        return np.asarray(months // self.n_months, dtype=np.int64)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        dates = month_dates(_months(starts) + positions * self.n_months, self.rule)
        return np.asarray(dates + (starts - starts.astype("datetime64[D]")))

    def snap(self, times: Array) -> Array:
        """Move times to the grid's day."""
        months = _months(times)
        # Months since 1970-01, so January is a multiple of 12.
        late = (months - (self.anchor - 1)) % self.period
        ahead = (self.period - late) % self.period
        months = months - late if self.rule.endswith("S") else months + ahead
        return np.asarray(month_dates(months, self.rule) + (times - times.astype("datetime64[D]")))


@final
@dataclass(frozen=True)
class OffsetGrid(Grid):
    """Another pandas offset, e.g. "SMS" or "bh", step by step."""

    freq: str

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        import pandas as pd

        times, starts = np.broadcast_arrays(times, starts)
        result = np.zeros(times.shape, dtype=np.int64)
        for start in np.unique(starts):
            of_start = starts == start
            grid = pd.date_range(start, times[of_start].max(), freq=self.freq).to_numpy(dtype="datetime64[ns]")
            result[of_start] = np.maximum(np.searchsorted(grid, times[of_start], side="right") - 1, 0)
        return result

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        import pandas as pd

        starts, positions = np.broadcast_arrays(starts, positions)
        result = np.empty(starts.shape, dtype="datetime64[ns]")
        for start in np.unique(starts):
            of_start = starts == start
            first, last = min(int(positions[of_start].min()), 0), int(positions[of_start].max())
            grid: pd.Index = pd.date_range(start, periods=max(last, 0) + 1, freq=self.freq)
            if first < 0:
                grid = pd.date_range(end=start, periods=1 - first, freq=self.freq)[:-1].append(grid)
            result[of_start] = grid.to_numpy(dtype="datetime64[ns]")[positions[of_start] - first]
        return result


def weekdays(times: Array) -> Ints:
    """Return the day of the week of each time, datetime64 or days from 1970; Monday is 0."""
    # 1970-01-01 was a Thursday.
    return np.asarray((times.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def _months(times: Array) -> Ints:
    return times.astype("datetime64[M]").astype(np.int64)


def month_dates(months: Ints, rule: str) -> Array:
    """Return the day of each month (counted from 1970-01) that a rule names, as datetime64[ns].

    "MS" and "ME" are the first and the last day, "BMS" and "BME" the first and the last business day, "D15" the 15th,
    "D31" the last day of each month that is shorter, and "D31F28" the same but the 28th of February in leap years too.
    """
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    last = (months + 1).astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    if rule.startswith("D"):
        day, _, february = rule[1:].partition("F")
        lengths = (last - first).astype(np.int64) + 1
        if february:
            lengths[months % 12 == 1] = int(february)
        return later(first, np.minimum(int(day), lengths) - 1).astype("datetime64[ns]")
    if rule.endswith("S"):
        days = np.busday_offset(first, 0, roll="forward") if rule == "BMS" else first
    else:
        days = np.busday_offset(last, 0, roll="backward") if rule == "BME" else last
    return days.astype("datetime64[ns]")
