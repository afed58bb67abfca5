"""How does a table with parts of a time across its header become a long one?

Months or quarters stand beside a year, days beside a month, hours and other times of day beside a date; or years, or
days, stand across and their months, weeks or hours below each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, later
from gatecast.data.panel.panel import Columns
from gatecast.data.reading.dates import parse_dates
from gatecast.data.reading.find import column_kind
from gatecast.data.reading.frames import Source
from gatecast.data.reading.numbers import is_missing, parse_numbers
from gatecast.data.reading.parts import find_date_parts, join_date, part_of
from gatecast.data.reading.words import month_number
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEWEST_YEARS", "assembled", "joined_parts", "long_parts", "parts_below", "where_of"]

HOUR = re.compile(r"(?:h|hr|hour|he|stunde)?[ _]?(\d{1,2})(?:h|时|時)?", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")
QUARTER = re.compile(r"[QT]([1-4])", re.IGNORECASE)
YEAR = re.compile(r"((?:1[6-9]|20)\d{2})年?度?")
FEWEST_CLOCKS = 12
FEWEST_YEARS = 2  # or days, across a header
MINUTES = 24 * 60


@dataclass(frozen=True)
class Across:
    """Columns that are parts of a time."""

    names: tuple[str, ...]  # of these columns
    times: Array  # datetime64[ns], shape `(rows, names)`; NaT where the calendar has none
    used: tuple[str, ...]  # the columns beside them that say the rest of the time


def long_parts(source: Source, free: Sequence[str]) -> Source:
    """Put columns that are parts of a time below each other; a table without any is returned as it is."""
    for find in (_days, _months, _hours):
        across = find(source, free)
        if across is not None:
            return _unstacked(source, across)
    return source


def parts_below(source: Source, free: Sequence[str]) -> Source | None:
    """Put years or days across, whose months, weeks or hours stand below each other, below each other, too."""
    for find in (_below_years, _below_days):
        across = find(source, free)
        if across is not None:
            return _unstacked(source, across)
    return None


def _days(source: Source, free: Sequence[str]) -> Across | None:
    """Find the days of a month, 1 to 31, beside a year and a month."""
    days = {name: int(name) for name in free if re.fullmatch(r"0?[1-9]|[12]\d|3[01]", name.strip())}
    beside = find_date_parts(source.frame, [name for name in free if name not in days])
    if [part_of(name) for name in beside] != ["year", "month"] or not {*range(1, 29)} <= {*days.values()}:
        return None
    first = join_date(source.frame, beside).to_numpy()[:, None].astype("datetime64[D]")
    dates = later(first, np.array([*days.values()]) - 1)
    times = np.where(dates.astype("datetime64[M]") == first.astype("datetime64[M]"), dates, np.datetime64("NaT", "D"))
    return Across(tuple(days), times.astype("datetime64[ns]"), beside)


def _months(source: Source, free: Sequence[str]) -> Across | None:
    """Find a column for each month, or for each quarter, beside the year."""
    year = next((name for name in free if part_of(name) == "year"), None)
    months = {name: month for name in free if (month := _month_of(name)) is not None}
    if len(set(months.values())) < 12 or len(months) > 12:
        quarters = ((name, QUARTER.fullmatch(name.strip())) for name in free)
        months = {name: 3 * int(quarter[1]) - 2 for name, quarter in quarters if quarter}
        if len(months) != 4:
            return None
    if year is None:
        return None
    first = (_years(source, year) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    times = later(first[:, None], np.array([*months.values()]) - 1)
    return Across(tuple(months), times.astype("datetime64[ns]"), (year,))


def _hours(source: Source, free: Sequence[str]) -> Across | None:
    """Find all hours of a day, or other even times of it, beside a date; hours 1 to 24 by their beginnings."""
    minutes = {name: minute for name in free if (minute := _minute_of(name)) is not None}
    found, dates = sorted(minutes.values()), [name for name in free if name not in minutes]
    step = MINUTES // max(len(found), 1)
    if len(found) < FEWEST_CLOCKS or found not in (_even(0, step), _even(step, step)):
        return None
    dates = [name for name in dates if column_kind(source.frame[name]) in ("date", "time")]
    if len(dates) != 1:
        return None
    days = _dates(source, dates[0])
    if days is None:
        return None
    is_counted = found[0] > 0 and not any(":" in name for name in minutes)
    at = np.array([*minutes.values()]) - step * is_counted
    return Across(tuple(minutes), days[:, None] + at.astype("timedelta64[m]"), (dates[0],))


def _below_years(source: Source, free: Sequence[str]) -> Across | None:
    """Find years across and a column of their months, quarters or weeks, each once for each series."""
    years = {name: int(found[1]) for name in free if (found := YEAR.fullmatch(name.strip()))}
    part = next((name for name in free if part_of(name) in ("month", "quarter", "week", "half")), None)
    if len(years) < FEWEST_YEARS or part is None or 2 * len(years) <= len(free) - 1:
        return None
    frame = source.frame
    times = []
    for year in years.values():
        beside = frame[[part]].assign(year=year)
        names = find_date_parts(beside, ["year", part])
        # the month of a total is empty, and so is the 53rd week of most years
        times.append(
            join_date(beside, names).to_numpy() if len(names) == 2 else np.full(len(frame), np.datetime64("NaT", "ns"))
        )
    if np.isnat(times).all():
        return None
    return Across(tuple(years), np.stack(times, axis=1), (part,))


def _below_days(source: Source, free: Sequence[str]) -> Across | None:
    """Find dates across and a column of the hours of a day, or of other times of it."""
    import pandas as pd

    if sum(any(char.isdigit() for char in name) for name in free) < FEWEST_YEARS:
        return None
    clock = next((name for name in free if part_of(name) == "hour" or column_kind(source.frame[name]) == "clock"), None)
    names = [name for name in free if name != clock and any(char.isdigit() for char in name)]
    if clock is None or len(names) < FEWEST_YEARS or 2 * len(names) <= len(free) - 1:
        return None
    dates = parse_dates(pd.Series(names, dtype=object), source.date_format, digits=False)
    minutes = [_minute_of(str(cell)) for cell in source.frame[clock]]
    clear = dates is not None and dates.order != "ambiguous" and dates.times.tz is None and not dates.times.hasnans
    if dates is None or not clear or None in minutes:
        return None
    # hours from 1 to 24 are called by their ends
    late = 60 if max(filter(None, minutes), default=0) == MINUTES and 0 not in minutes else 0
    at = (np.array(minutes, dtype=np.int64) - late).astype("timedelta64[m]")
    return Across(tuple(names), dates.times.to_numpy()[None, :] + at[:, None], (clock,))


def _even(first: int, step: int) -> list[int]:
    return [*range(first, first + MINUTES, step)]


def _minute_of(name: str) -> int | None:
    """Return the minute of a day that a name means."""
    clock, hour = CLOCK.fullmatch(name.strip()), HOUR.fullmatch(name.strip())
    if clock is not None:
        return 60 * int(clock[1]) + int(clock[2])
    return 60 * int(hour[1]) if hour is not None else None


def _dates(source: Source, name: str) -> Array | None:
    """Return the dates of the rows, datetime64[ns], shape `(rows,)`; None where they are not clear."""
    column = source.frame[name]
    if column_kind(column) == "time":
        times = column.to_numpy()
        return times if times.dtype.kind == "M" else None
    dates = parse_dates(column.where(column.notna(), "").astype(str), source.date_format)
    clear = dates is not None and dates.order != "ambiguous" and dates.times.tz is None and not dates.times.hasnans
    return dates.times.to_numpy() if dates is not None and clear else None


def _month_of(name: str) -> int | None:
    plain = name.strip()
    if plain.isdecimal():
        return int(plain) if 1 <= int(plain) <= 12 else None
    return month_number(plain)


def _years(source: Source, name: str) -> Array:
    column = source.frame[name]
    years = parse_numbers(column).floats
    is_year = np.isfinite(years) & (years % 1 == 0) & (years >= 1600) & (years <= 2200)
    if not is_year.all():
        bad = int(np.flatnonzero(~is_year)[0])
        raise DataError(
            f"Column {name!r} holds {str(column.iloc[bad])!r} in {source.where(bad)}, beside a column for each "
            "month or quarter, and a year was expected. Correct or remove the row."
        )
    return years.astype(np.int64)


def _unstacked(source: Source, across: Across) -> Source:
    """Put the columns below each other; texts beside them name the series where times repeat."""
    import pandas as pd

    frame = source.frame
    ids = [str(name) for name in frame.columns if name not in across.names and name not in across.used]
    ids = [name for name in ids if column_kind(frame[name]) == "text"]
    series = joined_parts(frame, ids[:1]) if ids and frame[list(across.used)].duplicated().any() else None
    values = frame[list(across.names)].melt(var_name="part", value_name="value", ignore_index=False)
    row, column = values.index.to_numpy(), np.repeat(np.arange(len(across.names)), len(frame))
    times = pd.DatetimeIndex(across.times[row, column])
    name = None if series is None else ids[0]
    long = assembled(name, None if series is None else series[row], times, values["value"], row)
    return replace(source, frame=long.drop(columns="row"), where=where_of(source, long["row"].to_numpy()))


def joined_parts(frame: pd.DataFrame, names: Sequence[str], mark: str = "/") -> Array:
    """Join the texts of columns, `(rows,)`, without those that are empty."""
    texts = [[str(cell).strip() for cell in frame[name].where(frame[name].notna(), "")] for name in names]
    joined = np.empty(len(frame), dtype=object)
    joined[:] = [mark.join(filter(None, cells)) for cells in zip(*texts, strict=True)]
    return joined


def assembled(
    name: str | None, series: Array | None, times: pd.DatetimeIndex, values: pd.Series, row: Array
) -> pd.DataFrame:
    """Make the long table, series by series, without rows that hold no value."""
    import pandas as pd

    default = Columns()
    columns = {} if name is None else {name: series}
    long = pd.DataFrame({**columns, default.time: times, default.target: values.to_numpy(), "row": row})
    return long[~is_missing(long[default.target])].sort_values("row", kind="stable").reset_index(drop=True)


def where_of(source: Source, rows: Array) -> Callable[[int], Message]:
    """Return how rows of the long table are called, by those of the table that they come from."""
    return lambda row: source.where(int(rows[row]))
