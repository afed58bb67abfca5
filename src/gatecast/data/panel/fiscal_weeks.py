"""Which times are the months of fiscal years of 52 or 53 whole weeks, of which now and then one has a week more?

Such a year ends on the same weekday, the last one of a month or the one nearest to its end, as retailers (4-5-4,
Saturday nearest to the end of January) and many companies count. A frequency is written as
`weeks(4-5-4, Sat nearest to Jan)`, `weeks(4-4-5, last Sat of Sep)` or, for thirteen periods of four weeks,
`weeks(13x4, last Sun of Dec)`.
"""

import re
from dataclasses import dataclass
from itertools import product
from typing import final

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later
from gatecast.data.panel.grid import DAY, MONTHS, WEEKDAYS, Grid, weekdays

__all__ = ["FiscalWeeksGrid", "fiscal_candidates", "parse_fiscal"]

QUARTERS = ("4-4-5", "4-5-4", "5-4-4")
PERIODS = "13x4"
RULE = re.compile(r"([\dx-]+), (?:(\w{3}) nearest to (\w{3})|last (\w{3}) of (\w{3}))")


@final
@dataclass(frozen=True)
class FiscalWeeksGrid(Grid):
    """The months of fiscal years, at their first days; the last month of a year has the week more."""

    pattern: str  # weeks of the months of each quarter, or 13x4
    weekday: int  # on which a year ends, Monday is 0
    month: int  # in which it ends, 1 to 12
    is_nearest: bool  # the weekday nearest to the end of the month, else the last one in it

    @property
    def per_year(self) -> int:
        """Steps of a year."""
        return len(self._weeks)

    @property
    def _weeks(self) -> list[int]:
        """First weeks of the months, from 0."""
        if self.pattern == PERIODS:
            return [4 * period for period in range(13)]
        lengths = [int(weeks) for weeks in self.pattern.split("-")] * 4
        return [sum(lengths[:month]) for month in range(12)]

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return self._count(times) - self._count(starts)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        years, months = np.divmod(self._count(starts) + positions, self.per_year)
        days = later(self._starts(years), 7 * np.array(self._weeks)[months])
        return np.asarray(days.astype("datetime64[ns]") + (starts - starts.astype("datetime64[D]")))

    def _starts(self, years: Ints) -> Array:
        """Return the first days of the fiscal years that follow one that ends in these years since 1970."""
        last = later((12 * years + self.month).astype("datetime64[M]").astype("datetime64[D]"), -1)
        beyond = (weekdays(last) - self.weekday) % 7
        more = 7 * (beyond > 3) if self.is_nearest else 0
        return later(last, more - beyond + 1)

    def _count(self, times: Array) -> Ints:
        days = times.astype("datetime64[D]")
        years = times.astype("datetime64[Y]").astype(np.int64)
        # a year that is nearest to the end of December may begin in January
        years = years - 2 + (self._starts(years - 1) <= days) + (self._starts(years) <= days)
        weeks = (days - self._starts(years)).astype(np.int64) // 7
        months = np.searchsorted(self._weeks, weeks, side="right") - 1
        return np.asarray(years * self.per_year + months)


def fiscal_weeks(pattern: str, weekday: int, month: int, *, is_nearest: bool) -> FiscalWeeksGrid:
    """Name the grid of fiscal years that end on a weekday of a month."""
    day, name = WEEKDAYS[weekday], MONTHS[month - 1]
    rule = f"{day} nearest to {name}" if is_nearest else f"last {day} of {name}"
    return FiscalWeeksGrid(f"weeks({pattern}, {rule})", pattern, weekday, month, is_nearest)


def parse_fiscal(inside: str) -> FiscalWeeksGrid:
    """Read what stands between the brackets of such a frequency; a ValueError where it makes no sense.

    Examples:
        >>> parse_fiscal("4-5-4, Sat nearest to Jan").per_year
        12
    """
    form = RULE.fullmatch(inside)
    if form is None or form[1] not in (*QUARTERS, PERIODS):
        raise ValueError(inside)
    day, month = form[2] or form[4], form[3] or form[5]
    is_nearest = form[2] is not None
    return fiscal_weeks(form[1], WEEKDAYS.index(day.title()), MONTHS.index(month.title()) + 1, is_nearest=is_nearest)


def fiscal_candidates(times: Array) -> list[FiscalWeeksGrid]:
    """Return the calendars of fiscal years that times of whole weeks may have; `gap_share` says which ones do."""
    days = np.unique(weekdays(times))
    steps = np.unique(np.diff(np.unique(times)).astype(np.int64))
    if len(days) > 1 or not len(steps) or steps.min() < 28 * DAY or len(steps) < 2:
        return []
    weekday = (int(days[0]) - 1) % 7
    # the most common first: the ends of January, of December and of quarters
    months = (1, 12, 6, 9, 3, 2, 4, 5, 7, 8, 10, 11)
    return [
        fiscal_weeks(pattern, weekday, month, is_nearest=is_nearest)
        for is_nearest, month, pattern in product((True, False), months, (*QUARTERS, PERIODS))
    ]
