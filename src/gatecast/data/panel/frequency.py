"""Which frequency do the timestamps have? Infers it over all series, or reads the one that was given.

Times are sorted within each series; series s is `times[offsets[s]:offsets[s + 1]]`.
"""

import datetime
import re
import warnings
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import numpy as np

from gatecast.data.panel.arrays import Array, blocks
from gatecast.data.panel.calendars import calendar_grid
from gatecast.data.panel.find_calendar import day_rule, find_calendar, find_week, gap_share, without_jitter
from gatecast.data.panel.grid import (
    DAY,
    DAY_NAMES,
    MONTH_NAMES,
    BusinessGrid,
    FixedGrid,
    Grid,
    IntegerGrid,
    MonthGrid,
    OffsetGrid,
    month_dates,
    weekdays,
)
from gatecast.data.panel.irregular import raise_irregular
from gatecast.data.panel.stamps import Stamps, within
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ORDER", "Freq", "clear_grid", "infer_grid", "infer_steps", "is_regular", "named_grid"]
__all__ += ["parse_grid", "parse_steps", "plain_freq"]

# as pandas names them
MONTHS, WEEKDAYS = (tuple(name[:3].upper() for name in names) for names in (MONTH_NAMES, DAY_NAMES))
RULES = ("MS", "ME", "BMS", "BME")
MAX_GAP_SHARE = 0.5  # more missing times than times: that is no clear frequency any more
MAX_POINTS = 1_000_000_000
# Spellings of older pandas versions that people still have in their fingers.
OLD_ALIASES = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "d": "D"}
OLD_ALIASES |= {"BM": "BME", "BQ": "BQE", "BA": "BYE", "BY": "BYE", "AS": "YS", "BAS": "BYS"}
Freq: TypeAlias = "str | int | datetime.timedelta | pd.tseries.offsets.BaseOffset"  # what a user may pass
ORDER = "order"  # the frequency of rows whose times say nothing but their order
# what is on the same day of each month: month(15), 3month(30), month(31 F28)
OF_DAY = re.compile(r"(\d*)month\((\d{1,2})(?: F(28))?\)")
# a week's times are a calendar where a frequency leaves more than this share of steps, and thrice those of it, empty
LEAST_GAPS, FEWER_GAPS = 0.05, 3
PERIOD_MONTHS = {"M": 1, "Q": 3, "Y": 12, "A": 12}
# what people call frequencies, and their aliases
WORDS = {
    **dict.fromkeys(("daily", "day", "天", "日"), "D"),
    **dict.fromkeys(("hourly", "hour", "小时"), "h"),
    **dict.fromkeys(("minute", "minutely", "分钟"), "min"),
    **dict.fromkeys(("weekly", "week", "周"), "W"),
    **dict.fromkeys(("monthly", "month", "月"), "MS"),
    **dict.fromkeys(("quarterly", "quarter", "季度"), "QS"),
    **dict.fromkeys(("yearly", "year", "annual", "annually", "年"), "YS"),
    **dict.fromkeys(("business", "business day", "weekday"), "B"),
}


def plain_freq(freq: object) -> str | int | None:
    """Return a frequency as a text or an integer step, which may come as an offset, a duration or a number of NumPy.

    Raises:
        ConfigError: It is none.
    """
    if freq is None or isinstance(freq, str | int):
        return freq
    if isinstance(freq, np.integer) and not isinstance(freq, np.timedelta64):
        return int(freq)
    import pandas as pd

    if isinstance(freq, pd.offsets.BaseOffset):
        return str(freq.freqstr)
    if isinstance(freq, datetime.timedelta | np.timedelta64):
        step = pd.Timedelta(freq)
        if step > pd.Timedelta(0):
            return _duration_alias(step.value)
    raise ConfigError(
        f'`freq` must be a pandas alias, an offset, a duration or a whole step, got {freq!r:.60}. Use for example "D", '
        "or leave it out."
    )


def _duration_alias(nanoseconds: int) -> str:
    days = nanoseconds // DAY
    return _tick_alias(nanoseconds) if nanoseconds % DAY else "D" if days == 1 else f"{days}D"


def infer_grid(stamps: Stamps) -> Grid:
    """Find the one frequency of all series; a `DataError` where the steps are irregular, ambiguous or differ."""
    return _checked(_common_grid(stamps), stamps)


def clear_grid(stamps: Stamps) -> Grid | None:
    """Return the frequency that `infer_steps` would find, None where there is none."""
    return _meant(stamps)[0]


def infer_steps(stamps: Stamps) -> tuple[Grid, Stamps]:
    """Find the frequency or calendar of all series, and the times that are meant where a clock is a little off.

    Raises:
        DataError: The steps are irregular, ambiguous or differ.
    """
    grid, meant = _meant(stamps)
    return _checked(grid, meant), meant


def _meant(stamps: Stamps) -> tuple[Grid | None, Stamps]:
    """Find the grid of times as they are, or else of those that are meant where a clock is a little off."""
    grid = _common_grid(stamps)
    if grid is not None or stamps.is_integer:
        return grid, stamps
    moved = without_jitter(stamps)
    even = None if moved is None else _common_grid(moved)
    return (None, stamps) if moved is None or even is None else (even, moved)


def _checked(grid: Grid | None, stamps: Stamps) -> Grid:
    """Return the grid that was found, if there is one and each series has it."""
    if grid is None:
        _raise_two_frequencies(stamps)
        raise_irregular(stamps, _common_grid, parse_grid)
    _check_each_series(grid, stamps)
    return grid


def parse_steps(freq: str | int, stamps: Stamps) -> tuple[Grid, Stamps]:
    """Build the grid of a user's `freq`, and the times that are meant where a clock is a little off.

    Where more than half of the steps of a fixed length would be empty, they are those of the week at which values come.
    """
    grid = parse_grid(freq, stamps)
    snapped = replace(stamps, times=grid.snap(stamps.times))
    if not isinstance(grid, FixedGrid) or grid.weekday is not None or grid.nanoseconds > DAY:
        return grid, snapped
    share = gap_share(grid, snapped)
    if share is None:
        moved = without_jitter(stamps)
        return grid, snapped if moved is None or gap_share(grid, moved) is None else moved
    if share > MAX_GAP_SHARE:
        week = find_week(stamps)
        if week is not None and not week.is_even and gap_share(week, stamps) is not None:
            return week, stamps
    return grid, snapped


def is_regular(times: Array) -> bool:
    """Tell whether different times, in any order, lie on one clear frequency."""
    unique = np.unique(times)
    stamps = Stamps(unique, np.array([0, len(unique)]), np.array(["y"], dtype=object))
    return len(unique) > 1 and _common_grid(stamps) is not None


def named_grid(freq: str | int) -> Grid:
    """Build the grid of a frequency that a panel carries; a `ConfigError` where pandas does not know the alias."""
    if isinstance(freq, int) or freq == ORDER:
        return IntegerGrid(freq)
    if (calendar := _month_of_day(freq) or calendar_grid(freq)) is not None:
        return calendar
    from pandas.tseries.offsets import Tick

    offset = _offset(freq)
    # pandas' full code: "QS-JAN" and 2 of "2QS"
    code, n_steps = str(offset.rule_code), int(offset.n)
    prefix, _, anchor = code.partition("-")
    alias = f"{n_steps if n_steps > 1 else ''}{code}"
    if prefix == "D":
        return FixedGrid(alias, n_steps * DAY)
    if prefix == "W":
        return FixedGrid(alias, n_steps * DAY * 7, WEEKDAYS.index(anchor))
    if prefix == "B":
        return BusinessGrid(alias, n_steps)
    period = {"M": 1, "Q": 3, "Y": 12}.get(prefix.removeprefix("B")[:1], 0)
    if period and prefix.removeprefix("B")[1:] in ("S", "E"):
        rule = ("B" if prefix.startswith("B") else "") + "M" + prefix[-1]
        month = MONTHS.index(anchor) + 1 if anchor else 1
        return MonthGrid(alias, rule, n_steps * period, month, period)
    return FixedGrid(alias, int(offset.nanos)) if isinstance(offset, Tick) else OffsetGrid(alias)


def parse_grid(freq: str | int, stamps: Stamps) -> Grid:
    """Build the grid that a user's `freq` means for these times, or raise a `ConfigError`.

    A bare "W" takes its weekday from the data; "M", "Q" and "Y" take the first or last day from the data.
    """
    if freq == ORDER and stamps.is_integer:
        return named_grid(ORDER)
    if isinstance(freq, str) and freq.strip().isdecimal():
        freq = int(freq)
    if isinstance(freq, bool) or isinstance(freq, int) != stamps.is_integer or (isinstance(freq, int) and freq < 1):
        kind = "a positive integer, as the times are integer steps" if stamps.is_integer else "a pandas alias"
        raise ConfigError(
            f"`freq` must be {kind}, got {freq!r}. Use `freq={'1' if stamps.is_integer else chr(34) + 'D' + chr(34)}`."
        )
    if freq == "W":
        return _week_grid(stamps)
    if isinstance(freq, str) and freq.upper() in PERIOD_MONTHS:
        rule = _month_rule(stamps.times) or "MS"
        return _month_grid(rule, PERIOD_MONTHS[freq.upper()], stamps.starts)
    grid = named_grid(freq)
    own_day = day_rule(stamps.times) if isinstance(grid, MonthGrid) and _month_rule(stamps.times) not in RULES else None
    if isinstance(grid, MonthGrid) and own_day is not None and grid.rule in RULES:
        # values of months that come on another day stay on that day
        return _month_grid(own_day, grid.n_months, stamps.starts)
    return grid


def _month_of_day(freq: str) -> Grid | None:
    """Build the grid of a day of the month, as `_month_grid` names it."""
    form = OF_DAY.fullmatch(freq.strip())
    if form is None or not 1 <= int(form[2]) <= 31:
        return None
    return MonthGrid(freq.strip(), f"D{form[2]}{'F28' if form[3] else ''}", int(form[1] or 1))


def _common_grid(stamps: Stamps) -> Grid | None:
    """Find a frequency or a calendar that leaves few steps empty."""
    if stamps.is_integer or len(stamps.times) == len(stamps.ids):
        return _even_grid(stamps)
    grid = _even_grid(stamps)
    if grid is None:
        return find_calendar(stamps)
    share = gap_share(grid, stamps) or 0.0
    may_be_week = isinstance(grid, BusinessGrid) or (isinstance(grid, FixedGrid) and grid.nanoseconds <= DAY)
    if share <= LEAST_GAPS or not may_be_week:
        return grid
    week = find_week(stamps)
    of_week = None if week is None else gap_share(week, stamps)
    return grid if of_week is None or share <= FEWER_GAPS * of_week else week


def _even_grid(stamps: Stamps) -> Grid | None:
    steps = stamps.steps()
    if len(steps) == 0:
        # One point per series has no step; any grid fits, and nothing can be learned from it anyway.
        return IntegerGrid(1) if stamps.is_integer else FixedGrid("D", DAY)
    lengths, counts = np.unique(steps, return_counts=True)
    common = int(lengths[np.argmax(counts)])
    grid: Grid | None = None
    if stamps.is_integer:
        grid = IntegerGrid(common) if not (lengths % common).any() else None
    else:
        grid = _by_months(stamps) if common >= 28 * DAY else None
        if grid is None and not (lengths % common).any():
            grid = _fixed_grid(common, stamps)
    if grid is None:
        return None
    n_points = int((grid.positions(stamps.last, stamps.starts) + 1).sum())
    return grid if 1 - len(stamps.times) / n_points <= MAX_GAP_SHARE else None


def _fixed_grid(step: int, stamps: Stamps) -> Grid:
    if step == 7 * DAY:
        return _week_grid(stamps)
    if step == DAY and _skips_weekends(stamps):
        return BusinessGrid("B")
    if step % DAY == 0:
        return FixedGrid("D" if step == DAY else f"{step // DAY}D", step)
    return FixedGrid(_tick_alias(step), step)


def _week_grid(stamps: Stamps) -> Grid:
    starts = np.unique(weekdays(stamps.starts))
    return FixedGrid(f"W-{WEEKDAYS[starts[0]]}" if len(starts) == 1 else "7D", 7 * DAY)


def _skips_weekends(stamps: Stamps) -> bool:
    if any((weekdays(stamps.times[block.rows]) >= 5).any() for block in blocks(stamps.offsets)):
        return False
    first, last = stamps.starts.astype("datetime64[D]"), stamps.last.astype("datetime64[D]")
    return bool((np.busday_count(first, last) < (last - first).astype(np.int64)).any())


def _month_rule(times: Array) -> str | None:
    days = times.astype("datetime64[D]")
    if len(np.unique(times - days)) > 1:
        return None
    months = days.astype("datetime64[M]").astype(np.int64)
    known = next((rule for rule in RULES if (month_dates(months, rule) == days).all()), None)
    return known or day_rule(times)


def _by_months(stamps: Stamps) -> Grid | None:
    rule = _month_rule(stamps.times)
    if rule is None:
        return None
    months = stamps.times.astype("datetime64[M]").astype(np.int64)
    lengths, counts = np.unique(within(np.diff(months), stamps.offsets), return_counts=True)
    common = int(lengths[np.argmax(counts)])
    return None if (lengths % common).any() else _month_grid(rule, common, stamps.starts)


def _month_grid(rule: str, n_months: int, starts: Array) -> Grid:
    """Name a step of months: anchored quarters and years where all series agree on the anchor."""
    if rule.startswith("D"):
        day = rule[1:].replace("F", " F")
        return MonthGrid(f"{'' if n_months == 1 else n_months}month({day})", rule, n_months)
    letter = {3: "Q", 12: "Y"}.get(n_months)
    phases = np.unique(starts.astype("datetime64[M]").astype(np.int64) % n_months)
    if letter is None or len(phases) > 1:
        alias = rule if n_months == 1 else f"{n_months}{rule}"
        return MonthGrid(alias, rule, n_months)
    # As pandas names them: quarters that start in January, quarters that end in December.
    month = int(phases[0]) + 1 if rule.endswith("S") or n_months == 12 else int(phases[0]) + 10
    alias = f"{rule.replace('M', letter)}-{MONTHS[month - 1]}"
    return MonthGrid(alias, rule, n_months, month, n_months)


def _check_each_series(grid: Grid, stamps: Stamps) -> None:
    """A daily series among hourly ones is no hourly series with gaps: say so."""
    if len(stamps.ids) == 1:
        return
    positions = stamps.positions(grid)
    for index in np.flatnonzero(np.diff(stamps.offsets) >= 3):
        steps = np.diff(positions[stamps.offsets[index] : stamps.offsets[index + 1]])
        if steps.min() > 1:
            other = _common_grid(stamps.one(int(index)))
            if other is not None:
                # the first of the other series stands for them
                _raise_two(stamps, (int(index == 0), grid), (int(index), other))


def _raise_two(stamps: Stamps, first: tuple[int, Grid], second: tuple[int, Grid]) -> NoReturn:
    one, other = (stamps.ids.tolist()[index] for index in (first[0], second[0]))
    raise DataError(
        f"Series {one!r} has frequency {first[1].freq!r} and series {other!r} has "
        f"{second[1].freq!r}, but all series of one table must share one. Split the table, or resample one of them."
    )


def _raise_two_frequencies(stamps: Stamps) -> None:
    first: tuple[int, Grid] | None = None
    # A thousand series are plenty to find two that differ.
    for index in range(min(len(stamps.ids), 1000) if len(stamps.ids) > 1 else 0):
        one = stamps.one(index)
        grid = _common_grid(one) if len(one.times) >= 3 else None
        if grid is None:
            continue
        if first is None:
            first = (index, grid)
        elif first[1].freq != grid.freq:
            _raise_two(stamps, first, (index, grid))


@lru_cache(maxsize=256)
def _offset(freq: str) -> "pd.tseries.offsets.BaseOffset":
    """Read an alias, also as older versions of pandas spelled it."""
    from pandas.tseries.frequencies import to_offset

    text = freq.strip()
    digits = len(text) - len(text.lstrip("0123456789"))
    head, _, anchor = text[digits:].partition("-")
    head = OLD_ALIASES.get(head, head)
    if head in PERIOD_MONTHS:
        head = {"M": "ME", "Q": "QE"}.get(head, "YE")
    modern = text[:digits] + head + (f"-{anchor}" if anchor else "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            offset = to_offset(modern)
    except ValueError:
        offset = None
    if offset is None or offset.n < 1:
        meant = WORDS.get(re.sub(r"^(?:1|every|per) ?|s$", "", freq.strip().lower()))
        if meant is not None:
            raise ConfigError(f"`freq` must be a pandas alias, got {freq!r}. Use `freq={meant!r}`.") from None
        raise ConfigError(
            f'`freq` must be a pandas alias, got {freq!r}. Use for example "h", "D", "W-SUN", "MS", '
            '"QE-DEC" or "30min".'
        ) from None
    return offset


def _tick_alias(nanoseconds: int) -> str:
    for alias, unit in (("h", DAY // 24), ("min", DAY // 1440), ("s", 10**9), ("ms", 10**6), ("us", 1000)):
        if nanoseconds % unit == 0:
            return alias if nanoseconds == unit else f"{nanoseconds // unit}{alias}"
    return f"{nanoseconds}ns"
