"""Which times does a calendar of its own consist of: opening hours, some weekdays, some days of each month?

A frequency of such a calendar is written as `week(Mon-Sat)`, `week(Mon-Fri 09:00-15:30/30min)`,
`weeks(4-4-5 from 2020-07-05)`, `weeks(4-5-4, Sat nearest to Jan)` (`fiscal_weeks.py`), `month(1,11,21)`,
`month(3 Fri)`, `month(last Fri)` or `year(16D)`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import final

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later
from gatecast.data.panel.fiscal_weeks import parse_fiscal
from gatecast.data.panel.grid import DAY, WEEKDAYS, Grid, weekdays
from gatecast.exceptions import ConfigError

__all__ = ["CycleGrid", "DaysOfMonthGrid", "DaysOfYearGrid", "WeekdayOfMonthGrid"]
__all__ += ["calendar_grid", "quarter_weeks", "week_of", "weekday_of_month"]

WEEK, QUARTER = 7 * DAY, 91 * DAY
MONDAY = 4 * DAY  # 1970-01-05
SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9
FORMS = re.compile(r"(week|weeks|month|year)\((.+)\)")


@final
@dataclass(frozen=True)
class CycleGrid(Grid):
    """The same times in each cycle, as in each week."""

    cycle: int  # nanoseconds
    slots: tuple[int, ...]  # nanoseconds from the start of a cycle, rising
    anchor: int  # nanoseconds from 1970 at which a cycle starts

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return self._count(times) - self._count(starts)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        cycles, slots = np.divmod(self._count(starts) + positions, len(self.slots))
        elapsed = cycles * self.cycle + np.array(self.slots)[slots]
        return np.asarray((self.anchor + elapsed).astype("datetime64[ns]"))

    @property
    def is_below_day(self) -> bool:
        """Whether a day may have several times."""
        return len({slot // DAY for slot in self.slots}) < len(self.slots)

    @property
    def per_day(self) -> int:
        """Times of each day that has any, 0 where days differ."""
        counts = {len(list(day)) for _, day in groupby(self.slots, lambda slot: slot // DAY)}
        return counts.pop() if len(counts) == 1 else 0

    @property
    def is_even(self) -> bool:
        """Whether all times are as far from the next, as those of a fixed step."""
        return len(set(np.diff([*self.slots, self.slots[0] + self.cycle]).tolist())) == 1

    def _count(self, times: Array) -> Ints:
        cycles, rest = np.divmod(times.astype("datetime64[ns]").astype(np.int64) - self.anchor, self.cycle)
        return np.asarray(cycles * len(self.slots) + np.searchsorted(self.slots, rest, side="right") - 1)


@final
@dataclass(frozen=True)
class DaysOfMonthGrid(Grid):
    """Some days of each month, at one time of day; the last day of the month where it is shorter."""

    days: tuple[int, ...]  # 1 to 31, rising

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return self._count(times) - self._count(starts)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        months, slots = np.divmod(self._count(starts) + positions, len(self.days))
        return np.asarray(self._dates(months, np.array(self.days)[slots]) + (starts - starts.astype("datetime64[D]")))

    def _count(self, times: Array) -> Ints:
        months, days = times.astype("datetime64[M]").astype(np.int64), times.astype("datetime64[D]")
        reached = sum((self._dates(months, np.full(months.shape, day)) <= days).astype(np.int64) for day in self.days)
        return np.asarray(months * len(self.days) + reached - 1)

    @staticmethod
    def _dates(months: Ints, days: Ints) -> Array:
        first = months.astype("datetime64[M]").astype("datetime64[D]")
        lengths = ((months + 1).astype("datetime64[M]").astype("datetime64[D]") - first).astype(np.int64)
        return np.asarray(later(first, np.minimum(days, lengths) - 1)).astype("datetime64[ns]")


@final
@dataclass(frozen=True)
class WeekdayOfMonthGrid(Grid):
    """A weekday of each month, such as the third Friday or the last one."""

    weekday: int  # Monday is 0
    nth: int  # 1 to 4, or 0 for the last

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return self._count(times) - self._count(starts)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        dates = self._dates(self._count(starts) + positions)
        return np.asarray(dates.astype("datetime64[ns]") + (starts - starts.astype("datetime64[D]")))

    def _count(self, times: Array) -> Ints:
        months = times.astype("datetime64[M]").astype(np.int64)
        return np.asarray(months - (self._dates(months) > times.astype("datetime64[D]")))

    def _dates(self, months: Ints) -> Array:
        first = (months + (self.nth == 0)).astype("datetime64[M]").astype("datetime64[D]")
        return later(first, (self.weekday - weekdays(first)) % 7 + 7 * (self.nth - 1))


@final
@dataclass(frozen=True)
class DaysOfYearGrid(Grid):
    """Every so many days, counted anew from the first of January, as of composites of satellites."""

    n_days: int

    @property
    def per_year(self) -> int:
        """Steps of a year."""
        return -(-365 // self.n_days)

    def positions(self, times: Array, starts: Array) -> Ints:
        """Count the steps."""
        return self._count(times) - self._count(starts)

    def times(self, starts: Array, positions: Ints) -> Array:
        """Return the times."""
        years, slots = np.divmod(self._count(starts) + positions, self.per_year)
        days = later(years.astype("datetime64[Y]").astype("datetime64[D]"), slots * self.n_days)
        return np.asarray(days.astype("datetime64[ns]") + (starts - starts.astype("datetime64[D]")))

    def _count(self, times: Array) -> Ints:
        years = times.astype("datetime64[Y]")
        days = (times.astype("datetime64[D]") - years.astype("datetime64[D]")).astype(np.int64)
        return np.asarray(years.astype(np.int64) * self.per_year + np.minimum(days // self.n_days, self.per_year - 1))


def calendar_grid(freq: str) -> Grid | None:
    """Build the grid of a calendar that `freq` writes out; None where it is none.

    Raises:
        ConfigError: It is written like one, and makes no sense.
    """
    form = FORMS.fullmatch(freq.strip())
    if form is None:
        return None
    kind, inside = form.groups()
    try:
        grid = _MAKERS[kind](inside)
    except (ValueError, KeyError, IndexError, ZeroDivisionError, OverflowError):
        raise ConfigError(
            f'`freq={freq!r}` describes no calendar, and one like "week(Mon-Fri 09:00-15:30/30min)", '
            '"week(Tue,Thu,Sat)", "weeks(4-4-5 from 2020-07-05)", "month(1,11,21)" or "year(16D)" was expected. '
            "Correct it, or leave it out to have it found."
        ) from None
    return grid


def week_of(slots: Sequence[int]) -> CycleGrid:
    """Name the grid of some times of each week, nanoseconds from Monday's midnight, rising."""
    days = {day: tuple(slot % DAY for slot in group) for day, group in groupby(slots, lambda slot: slot // DAY)}
    texts = []
    for clocks in dict.fromkeys(days.values()):
        names = _day_names([day for day, times in days.items() if times == clocks])
        texts.append(names if clocks == (0,) else f"{names} {_clock_names(clocks)}")
    return CycleGrid(f"week({'; '.join(texts)})", WEEK, tuple(slots), MONDAY)


def quarter_weeks(first: np.datetime64, slots: Sequence[int]) -> CycleGrid:
    """Name the grid of months of 4 or 5 whole weeks, nanoseconds from `first`, the first of which is 0."""
    weeks = np.diff([*slots, QUARTER]) // WEEK
    date = str(first.astype("datetime64[s]")).removesuffix("T00:00:00")
    anchor = int(first.astype("datetime64[ns]").astype(np.int64))
    return CycleGrid(f"weeks({'-'.join(map(str, weeks))} from {date})", QUARTER, tuple(slots), anchor)


def weekday_of_month(weekday: int, nth: int) -> WeekdayOfMonthGrid:
    """Name the grid of a weekday of each month, the first to the fourth, or the last for 0."""
    return WeekdayOfMonthGrid(f"month({nth or 'last'} {WEEKDAYS[weekday]})", weekday, nth)


def _parse_week(inside: str) -> Grid:
    slots: list[int] = []
    for part in inside.split(";"):
        names, _, clocks = part.strip().partition(" ")
        times = _parse_clocks(clocks) if clocks else [0]
        slots += [day * DAY + time for day in _parse_days(names) for time in times]
    return week_of(sorted(set(slots)))


def _parse_weeks(inside: str) -> Grid:
    if "," in inside:
        return parse_fiscal(inside)
    pattern, date = inside.split(" from ")
    weeks = [int(n) for n in pattern.split("-")]
    if sum(weeks) != QUARTER // WEEK or min(weeks) < 1:
        raise ValueError(pattern)
    return quarter_weeks(np.datetime64(date), [0, *(np.cumsum(weeks)[:-1] * WEEK).tolist()])


def _parse_month(inside: str) -> Grid:
    if " " in inside:
        nth, name = inside.split(" ")
        number = 0 if nth == "last" else int(nth)
        if not 0 <= number <= 4:
            raise ValueError(inside)
        return weekday_of_month(WEEKDAYS.index(name.title()), number)
    days = sorted({int(day) for day in inside.split(",")})
    if len(days) < 2 or not 1 <= days[0] <= days[-1] <= 31:
        raise ValueError(inside)
    return DaysOfMonthGrid(f"month({','.join(map(str, days))})", tuple(days))


def _parse_year(inside: str) -> Grid:
    n_days = int(inside.removesuffix("D"))
    if not 1 < n_days < 365:
        raise ValueError(inside)
    return DaysOfYearGrid(f"year({n_days}D)", n_days)


_MAKERS = {"week": _parse_week, "weeks": _parse_weeks, "month": _parse_month, "year": _parse_year}


def _day_names(days: list[int]) -> str:
    """Write days of the week, `Mon-Wed,Fri`."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    texts = [
        f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" if len(run) > 2 else ",".join(WEEKDAYS[d] for d in run)
        for run in runs
    ]
    return ",".join(texts)


def _parse_days(names: str) -> list[int]:
    days: list[int] = []
    for part in names.split(","):
        first, _, last = part.partition("-")
        begin = WEEKDAYS.index(first.strip().title())
        days += range(begin, WEEKDAYS.index(last.strip().title()) + 1) if last else [begin]
    return days


def _clock_names(clocks: Sequence[int]) -> str:
    """Write times of day, as a range where they are evenly spaced."""
    steps = set(np.diff(clocks).tolist())
    if len(clocks) > 2 and len(steps) == 1:
        step = steps.pop()
        unit, size = next((u, s) for u, s in (("h", HOUR), ("min", MINUTE), ("s", SECOND), ("ns", 1)) if step % s == 0)
        return f"{_clock(clocks[0])}-{_clock(clocks[-1])}/{'' if step == size else step // size}{unit}"
    return ",".join(map(_clock, clocks))


def _parse_clocks(text: str) -> list[int]:
    times: list[int] = []
    for part in text.strip().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if not last:
            times.append(_nanoseconds(first))
            continue
        digits = step.rstrip("minsh")
        size = {"h": HOUR, "min": MINUTE, "s": SECOND, "ns": 1}[step[len(digits) :]] * int(digits or 1)
        times += range(_nanoseconds(first), _nanoseconds(last) + 1, size)
    return times


def _clock(time: int) -> str:
    text = f"{time // HOUR:02}:{time % HOUR // MINUTE:02}"
    rest = time % MINUTE
    return text if not rest else f"{text}:{rest // SECOND:02}" + (f".{rest % SECOND:09}" if rest % SECOND else "")


def _nanoseconds(clock: str) -> int:
    hour, minute, *rest = clock.strip().split(":")
    seconds, _, part = (rest[0] if rest else "0").partition(".")
    time = int(hour) * HOUR + int(minute) * MINUTE + int(seconds) * SECOND + int(part.ljust(9, "0") or 0)
    if not 0 <= time < DAY:
        raise ValueError(clock)
    return time
