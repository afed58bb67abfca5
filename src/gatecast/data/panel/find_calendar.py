"""Do times that are not evenly spaced follow a calendar of their own, or only a clock that is a little off?"""

from dataclasses import replace

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later
from gatecast.data.panel.calendars import (
    MONDAY,
    QUARTER,
    WEEK,
    CycleGrid,
    DaysOfMonthGrid,
    DaysOfYearGrid,
    quarter_weeks,
    week_of,
    weekday_of_month,
)
from gatecast.data.panel.fiscal_weeks import fiscal_candidates
from gatecast.data.panel.grid import DAY, FixedGrid, Grid, month_dates, weekdays
from gatecast.data.panel.stamps import Stamps

__all__ = ["day_rule", "find_calendar", "find_week", "gap_share", "near_steps", "without_jitter"]

# holidays leave so many of a calendar's times without a row
MOST_GAPS = 0.1
# each of a calendar's times comes in so many of its weeks, months or years
LEAST_SHARE = 0.5
# weeks, months or quarters that show one
LEAST_CYCLES = 3
# times of a week: every five minutes
MOST_SLOTS = 2016
# what can be said in a line
LONGEST_NAME = 160
# share of a step by which a clock may be off
JITTER = 0.2
HOUR = DAY // 24
SECOND = 10**9
MINUTE = 60 * SECOND
# steps that people set, and times at which they start
PLAIN_STEPS = tuple(
    [n * SECOND for n in (1, 2, 5, 10, 15, 20, 30)]
    + [n * MINUTE for n in (1, 2, 3, 5, 10, 15, 20, 30)]
    + [n * HOUR for n in (1, 2, 3, 4, 6, 8, 12)]
    + [DAY]
)


def gap_share(grid: Grid, stamps: Stamps) -> float | None:
    """Return the share of steps without a time; None where times lie beside the grid or twice on a step."""
    positions = stamps.positions(grid)
    for rows, starts in stamps.blocks():
        if (grid.times(starts, positions[rows]) != stamps.times[rows]).any():
            return None
    again = positions[1:] == positions[:-1]
    again[stamps.offsets[1:-1] - 1] = False
    if again.any():
        return None
    return 1 - len(positions) / int((positions[stamps.offsets[1:] - 1] + 1).sum())


def find_calendar(stamps: Stamps) -> Grid | None:
    """Find the calendar of all series: some times of a week, days of a month, weeks of a quarter, days of a year."""
    for find in (find_week, _days_of_month, _nth_weekday, _weeks_of_quarter, _days_of_year):
        grid = find(stamps)
        share = None if grid is None else gap_share(grid, stamps)
        if share is not None and share <= MOST_GAPS:
            return grid
    return _fiscal_weeks(stamps)


def find_week(stamps: Stamps) -> CycleGrid | None:
    """Find the times of a week at which values come."""
    weeks, slots = np.divmod(stamps.times.astype(np.int64) - MONDAY, WEEK)
    n_weeks = int((weeks[stamps.offsets[1:] - 1] - weeks[stamps.offsets[:-1]] + 1).sum())
    found, counts = np.unique(slots, return_counts=True)
    if not 2 <= len(found) <= MOST_SLOTS or n_weeks < LEAST_CYCLES or counts.min() < LEAST_SHARE * n_weeks:
        return None
    grid = week_of(found.tolist())
    return grid if len(str(grid.freq)) <= LONGEST_NAME else None


def day_rule(times: Array) -> str | None:
    """Return the rule of `month_dates` of times that are once a month on the same day, or the last of shorter ones."""
    days = times.astype("datetime64[D]")
    if len(np.unique(times - days)) > 1:
        return None
    months = days.astype("datetime64[M]")
    day = int((days - months.astype("datetime64[D]")).astype(np.int64).max()) + 1
    numbers = months.astype(np.int64)
    rules = (f"D{day}", f"D{day}F28")
    return next((rule for rule in rules if (month_dates(numbers, rule) == days).all()), None)


def _days_of_month(stamps: Stamps) -> Grid | None:
    dates = stamps.times.astype("datetime64[D]")
    if len(np.unique(stamps.times - dates)) > 1:
        return None
    months = dates.astype("datetime64[M]")
    first, behind = months.astype("datetime64[D]"), later(months, 1).astype("datetime64[D]")
    days = (dates - first).astype(np.int64) + 1
    late = days >= 28
    # the last day of a month is one day of the calendar, however it is numbered
    if (behind - dates == np.timedelta64(1, "D"))[late].all():
        days[late] = 31
    numbers = months.astype(np.int64)
    n_months = int((numbers[stamps.offsets[1:] - 1] - numbers[stamps.offsets[:-1]] + 1).sum())
    found, counts = np.unique(days, return_counts=True)
    if not 2 <= len(found) <= 10 or n_months < LEAST_CYCLES or counts.min() < LEAST_SHARE * n_months:
        return None
    return DaysOfMonthGrid(f"month({','.join(map(str, found))})", tuple(found.tolist()))


def _nth_weekday(stamps: Stamps) -> Grid | None:
    """Find the third Friday, or the last one, of each month."""
    days = np.unique(weekdays(stamps.times))
    if len(days) > 1 or len(np.unique(stamps.times - stamps.times.astype("datetime64[D]"))) > 1:
        return None
    dates = stamps.times.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    weeks = np.unique((dates - months.astype("datetime64[D]")).astype(np.int64) // 7)
    if len(weeks) == 1:
        return weekday_of_month(int(days[0]), int(weeks[0]) + 1) if weeks[0] < 4 else None
    is_last = (dates + np.timedelta64(7, "D")).astype("datetime64[M]") > months
    return weekday_of_month(int(days[0]), 0) if is_last.all() else None


def _weeks_of_quarter(stamps: Stamps) -> Grid | None:
    """Find months of 4, 4 and 5 weeks, in any order."""
    steps = stamps.steps()
    if not len(steps) or (steps % WEEK).any() or steps.min() < 4 * WEEK:
        return None
    first = stamps.starts.min()
    quarters, slots = np.divmod((stamps.times - first).astype(np.int64), QUARTER)
    found = np.unique(slots)
    if len(found) != 3 or quarters.max() + 1 < LEAST_CYCLES:
        return None
    return quarter_weeks(first, found.tolist())


def _fiscal_weeks(stamps: Stamps) -> Grid | None:
    """Find months of whole weeks, of which the last of some years has a week more."""
    if stamps.times.max() - stamps.times.min() < LEAST_CYCLES * np.timedelta64(QUARTER, "ns"):
        return None
    shares = ((gap_share(grid, stamps), grid) for grid in fiscal_candidates(stamps.times))
    return next((grid for share, grid in shares if share is not None and share <= MOST_GAPS), None)


def _days_of_year(stamps: Stamps) -> Grid | None:
    """Find steps of days that begin anew each year."""
    steps, counts = np.unique(stamps.steps(), return_counts=True)
    common = int(steps[np.argmax(counts)]) if len(steps) else 0
    dates = stamps.times.astype("datetime64[D]")
    days = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    n_days = common // DAY
    if common % DAY or not 5 <= n_days <= 100 or (days % n_days).any():
        return None
    return DaysOfYearGrid(f"year({n_days}D)", n_days)


def without_jitter(stamps: Stamps) -> Stamps | None:
    """Move times whose clock is a little off to the steps that they mean; None where they mean none."""
    steps = stamps.steps()
    if not len(steps):
        return None
    typical = float(np.median(steps))
    step = min(PLAIN_STEPS, key=lambda plain: abs(plain - typical))
    if abs(typical - step) > JITTER * step:
        return None
    off = stamps.times.astype(np.int64) % step
    # the middle of a circle
    angle = np.angle(np.exp(2j * np.pi * off / step).mean()) / (2 * np.pi) * step
    beside = (off - round(angle) + step // 2) % step - step // 2
    low, high = round(angle) + int(beside.min()), round(angle) + int(beside.max())
    if high - low > 2 * JITTER * step:
        return None
    phase = _plainest(low, high, step)
    grid = FixedGrid("", step)
    moved = replace(stamps, times=near_steps(grid, stamps.times, phase))
    return None if gap_share(grid, moved) is None else moved


def _plainest(low: int, high: int, step: int) -> int:
    """Return the roundest time between two ends."""
    for unit in (step, HOUR, 30 * MINUTE, 15 * MINUTE, 5 * MINUTE, MINUTE, 15 * SECOND, 5 * SECOND, SECOND):
        if unit <= step and high // unit * unit >= low:
            return high // unit * unit
    return (low + high) // 2


def near_steps(grid: FixedGrid, times: Array, phase: Ints | int) -> Array:
    """Move times to the nearest step where they are at most `JITTER` of one beside it; `phase` is that of a step."""
    step = grid.nanoseconds
    beside = (times.astype(np.int64) - phase + step // 2) % step - step // 2
    return np.asarray(times - np.where(np.abs(beside) <= JITTER * step, beside, 0).astype("timedelta64[ns]"))
