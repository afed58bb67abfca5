"""What does the calendar say about a time: where does it stand in the day, the week and the year, is it a holiday?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import suggest
from gatecast.data.panel.arrays import Array, Floats, later
from gatecast.data.panel.calendars import CycleGrid, DaysOfMonthGrid, DaysOfYearGrid, WeekdayOfMonthGrid
from gatecast.data.panel.fiscal_weeks import FiscalWeeksGrid
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, Grid, IntegerGrid, MonthGrid, OffsetGrid, weekdays
from gatecast.exceptions import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

    from gatecast.data.panel.panel import Panel

__all__ = ["calendar_features", "check_country", "holiday_features", "holidays_of", "is_daily", "wall_clock"]

YEAR = 365 * DAY
OF_OWN = (OffsetGrid, CycleGrid, DaysOfMonthGrid, DaysOfYearGrid, FiscalWeeksGrid, WeekdayOfMonthGrid)
ONE_DAY = np.timedelta64(1, "D")
Features = tuple[tuple[str, ...], Array]


def wall_clock(panel: Panel, times: Array) -> Array:
    """Turn times in the sense of `Panel.starts`, any shape, into what clocks show in the user's zone; steps stay."""
    if panel.timezone is None or times.dtype.kind != "M" or panel.grid.follows_calendar:
        return times
    import pandas as pd

    local = pd.DatetimeIndex(panel.index(times.ravel())).tz_localize(None)
    return local.to_numpy(dtype="datetime64[ns]").reshape(times.shape)


def calendar_features(times: Array, grid: Grid) -> Features:
    """Describe times, `(n,)` as clocks show them, by sine and cosine of their place in the cycles of a frequency.

    The time of day below a day, the day of the week up to days, the day of the year up to weeks, the month for months,
    the quarter for quarters; nothing for years and integer steps. Returns K names and float32 values, `(n, K)`.
    """
    cycles = _cycles(grid) if times.dtype.kind == "M" else ()
    values = np.empty((len(times), 2 * len(cycles)), dtype=np.float32)
    for k, name in enumerate(cycles):
        angle = 2 * np.pi * _place_in(name, times)
        values[:, 2 * k] = np.sin(angle)
        values[:, 2 * k + 1] = np.cos(angle)
    return tuple(f"{name}_{wave}" for name in cycles for wave in ("sin", "cos")), values


def holiday_features(times: Array, grid: Grid, country: str) -> Features:
    """Describe times, `(n,)` as clocks show them, by the public holidays of a country or of its part ("AU-VIC").

    Up to days: whether the day is one, comes before one, comes after one (`gatecast.data.features.holidays` says which
    one). For longer steps: how many are in the step. Nothing for years. Returns K names and float32 values, `(n, K)`.
    A step of weeks called by their Monday begins there, one called by another day ends there, as in pandas; months and
    quarters begin or end at the day that their frequency says.
    """
    code, subdivision = check_country(country)
    if isinstance(grid, IntegerGrid) or times.dtype.kind != "M":
        raise ConfigError(
            f"`country={country!r}` needs dates, and the times are integer steps. Leave it out, or pass dates."
        )
    holidays = np.array([*holidays_of(code, subdivision, times)] if len(times) else [], dtype="datetime64[D]")
    if is_daily(grid):
        days = times.astype("datetime64[D]")
        near = [np.isin(days + shift * ONE_DAY, holidays) for shift in (0, 1, -1)]
        return ("holiday", "day_before_holiday", "day_after_holiday"), np.stack(near, axis=1).astype(np.float32)
    if _is_yearly(grid):
        return (), np.empty((len(times), 0), dtype=np.float32)
    begins, ends = _days_of_steps(times, grid)
    counts = np.searchsorted(holidays, ends) - np.searchsorted(holidays, begins)
    return ("n_holidays",), counts[:, None].astype(np.float32)


def check_country(country: object) -> tuple[str, str | None]:
    """Return the code of a country and its subdivision, if the `holidays` library is there and knows them."""
    library = _library(country)
    known = library.list_supported_countries(include_aliases=True)
    code, _, part = country.strip().partition("-") if isinstance(country, str) else ("", "", "")
    if code.upper() not in known:
        n_countries = len(library.list_supported_countries(include_aliases=False))
        raise ConfigError(
            f"`country` must be the code of one of {n_countries} countries, perhaps with a part as in 'AU-VIC', got "
            f"{country!r}. {_nearest_country(library, code)}"
        )
    code = code.upper()
    parts = {name.upper(): name for name in known[code]}
    if part and part.upper() not in parts:
        near = suggest(part.upper(), parts)
        example = f"{code}-{parts[near]}" if near else code
        raise ConfigError(
            f"`country={country!r}` names no part of {code} that has its own holidays, and one of {len(parts)} was "
            f"expected{': ' + ', '.join(known[code][:12]) if parts else ''}. Use for example `country={example!r}`."
        )
    return code, parts[part.upper()] if part else None


def _library(country: object) -> ModuleType:
    try:
        import holidays
    except ImportError:
        raise ConfigError(
            f"`country={country!r}` needs the library holidays, which is not installed. "
            "Run `pip install 'gatecast[holidays]'`, or leave `country` out."
        ) from None
    return holidays


def _nearest_country(library: ModuleType, text: str) -> str:
    codes: dict[str, str] = {}
    for key, (name, code, *others) in library.registry.COUNTRIES.items():
        codes |= {alias.lower(): code for alias in (key.replace("_", " "), name, code, *others)}
    near = suggest(text.strip().lower(), codes, least=0.5)
    return f"Did you mean `country={codes[near]!r}`?" if near else "Use for example `country='CN'`."


def holidays_of(
    code: str, subdivision: str | None, times: Array, n_before: int = 0, *, observed: bool = True
) -> dict[date, str]:
    """Return by day the names of the holidays of all years that times, at least one, touch, and of some years before.

    Those `observed` include the days off that stand in for a holiday on a weekend.
    """
    first, last = (int(edge.astype("datetime64[Y]").astype(np.int64)) + 1970 for edge in (times.min(), times.max()))
    years = range(first - n_before - 1, last + 2)
    found = _library(code).country_holidays(code, subdiv=subdivision, years=years, observed=observed)
    return dict(sorted(found.items()))


def _cycles(grid: Grid) -> tuple[str, ...]:
    """Name the cycles that tell the steps of a frequency apart."""
    if isinstance(grid, IntegerGrid) or _is_yearly(grid):
        return ()
    if isinstance(grid, MonthGrid):
        return ("quarter",) if grid.n_months == 3 else ("month",)
    if _is_below_day(grid):
        return ("time_of_day", "day_of_week", "day_of_year")
    is_week = isinstance(grid, FixedGrid) and grid.nanoseconds >= 7 * DAY
    is_week |= isinstance(grid, BusinessGrid) and grid.n_days % 5 == 0
    is_week |= isinstance(grid, OF_OWN) and not is_daily(grid)
    return ("day_of_year",) if is_week else ("day_of_week", "day_of_year")


def _is_below_day(grid: Grid) -> bool:
    if isinstance(grid, OffsetGrid):
        return _letters(grid) in ("BH", "CBH")
    if isinstance(grid, CycleGrid):
        return grid.is_below_day
    return isinstance(grid, FixedGrid) and grid.nanoseconds < DAY


def is_daily(grid: Grid) -> bool:
    """Tell whether a step is at most a day."""
    if isinstance(grid, OffsetGrid):
        return _is_below_day(grid) or _letters(grid) == "C"
    if isinstance(grid, BusinessGrid):
        return grid.n_days == 1
    if isinstance(grid, CycleGrid):
        return grid.cycle == 7 * DAY
    return isinstance(grid, FixedGrid) and grid.nanoseconds <= DAY


def _is_yearly(grid: Grid) -> bool:
    if isinstance(grid, MonthGrid):
        return grid.n_months % 12 == 0
    return isinstance(grid, FixedGrid) and grid.nanoseconds >= YEAR


def _letters(grid: OffsetGrid) -> str:
    return grid.freq.lstrip("0123456789").upper().partition("-")[0]


def _days_of_steps(times: Array, grid: Grid) -> tuple[Array, Array]:
    """Return the first day of each step and the first day behind it, datetime64[D]."""
    if isinstance(grid, MonthGrid):
        months = times.astype("datetime64[M]").astype(np.int64)
        first = months if grid.rule.endswith("S") else months - grid.n_months + 1
        begin, end = (month.astype("datetime64[M]").astype("datetime64[D]") for month in (first, first + grid.n_months))
        return begin, end
    days = times.astype("datetime64[D]")
    if isinstance(grid, FixedGrid):
        n_days = grid.nanoseconds // DAY
        n_before = 0 if grid.weekday in (None, 0) else n_days - 1
        return days - n_before * ONE_DAY, days + (n_days - n_before) * ONE_DAY
    return days, grid.times(times, np.ones(len(times), dtype=np.int64)).astype("datetime64[D]")


def _place_in(cycle: str, times: Array) -> Floats:
    """Return where in a cycle times stand, from 0 to below 1."""
    days = times.astype("datetime64[D]")
    months = times.astype("datetime64[M]").astype(np.int64)
    match cycle:
        case "time_of_day":
            return np.asarray((times - days).astype(np.int64) / DAY)
        case "day_of_week":
            return np.asarray(weekdays(times) / 7)
        case "day_of_year":
            years = times.astype("datetime64[Y]")
            first, next_first = years.astype("datetime64[D]"), later(years, 1).astype("datetime64[D]")
            return np.asarray((days - first) / (next_first - first))
        case "month":
            return np.asarray(months % 12 / 12)
        case _:
            return np.asarray(months % 12 // 3 / 4)
