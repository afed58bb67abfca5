"""When was each row observed? Reads the time column of a table, whatever its type."""

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.panel.frequency import is_regular
from gatecast.data.reading.clock_columns import clock_texts, numbered_clock
from gatecast.data.reading.dates import Dates, parse_dates
from gatecast.data.reading.find import Found, column_kind
from gatecast.data.reading.frames import Source, cell_text
from gatecast.data.reading.numbers import parse_numbers
from gatecast.data.reading.numeric_times import decimal_steps, read_fractions, read_integers
from gatecast.data.reading.parts import CLOCK_PARTS, HOUR_ENDING, join_date, part_of
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RowTimes", "local_times", "read_times", "time_text"]

# layouts of integers that are dates in a program, too
SURE = ("%Y%m%d", "days of a spreadsheet", *(f"Unix time in {unit}" for unit in ("ms", "us", "ns")))


@dataclass(frozen=True)
class RowTimes:
    """The time of each row."""

    instants: Array  # int64 steps, or datetime64[ns] (UTC where there is a time zone), shape `(N,)`
    timezone: str | None = None
    layout: str = ""  # how the times are written, "" if they were times already
    order: str = ""  # "day first" or "month first" where that had to be found out
    is_bare: bool = False  # whether they were written without their time zone


def read_times(source: Source, found: Found, next_times: Array | None = None) -> RowTimes:
    """Read the times of all rows; without a time column the rows of each series are counted.

    Where the day or the month may come first, it is as the times go on with one of `next_times`, `(S,)`.
    """
    import pandas as pd

    frame = source.frame
    if not found.dates:
        counted = np.arange(len(frame)) if found.id is None else frame.groupby(found.id, observed=True).cumcount()
        return RowTimes(np.asarray(counted, dtype=np.int64), layout="order of the rows")
    is_single = len(found.dates) == 1
    column = frame[found.dates[0]] if is_single else join_date(frame, found.dates)
    layout = "" if is_single else "a column for each part"
    if not found.clock:
        return _read(source, found.dates, column, layout, next_times)
    if column_kind(frame[found.clock[0]]) == "clock":
        if column_kind(column) != "date":
            days = _read(source, found.dates, column).instants
            column = pd.Series(np.datetime_as_string(days, unit="D"), dtype=object)
        texts = column.astype(str).str.strip() + " " + clock_texts(frame[found.clock[0]])
        return _read(source, found.times, texts, layout, next_times)
    return _with_hours(source, found, _read(source, found.dates, column, layout))


def time_text(time: object) -> str:
    """Write a time shortly: no midnight, no nanoseconds."""
    if not isinstance(time, np.datetime64):
        return str(time)
    text = str(time.astype("datetime64[us]")).replace("T", " ")
    text = text.removesuffix(".000000")
    return text.removesuffix(":00").removesuffix(" 00:00") if text.endswith("00:00:00") else text


def local_times(utc: Array, timezone: str) -> Array:
    """Return what clocks in a time zone show at some times, datetime64[ns]."""
    import pandas as pd

    local = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    return local.to_numpy(dtype="datetime64[ns]")


def _read(
    source: Source, names: tuple[str, ...], column: "pd.Series", layout: str = "", next_times: Array | None = None
) -> RowTimes:
    """Read one column of times, which may have been put together from those of `names`."""
    import pandas as pd

    kind = column_kind(column)
    if kind in ("integer", "number", "number text") and source.date_format is None:
        return _from_numbers(source, names[0], column)
    if kind == "time":
        return _checked(source, names, Dates(_timestamps(column), layout))
    are_texts = pd.api.types.infer_dtype(column, skipna=False) == "string" and column.dtype == object
    texts = column if are_texts else column.where(column.notna(), "").astype(str)
    if part_of(names[0]) == "week" and source.date_format is None:
        texts = _as_weeks(texts)
    dates = parse_dates(texts, source.date_format if not layout else None)
    if dates is None and part_of(names[0]) not in (None, "year"):
        raise DataError(
            f"Column {names[0]!r} holds only a part of a date ({cell_text(column.iloc[0])} at first), and the time of "
            "each row was expected. Add a column with the year, or name another with `time_col=`."
        )
    if dates is None:
        raise DataError(Message("times.no_dates", {"name": names[0], "cell": cell_text(column.iloc[0])}))
    if dates.order == "ambiguous" and next_times is not None:
        dates = _going_on(dates, next_times)
    if dates.order == "ambiguous":
        _raise_ambiguous(source, names[0], str(texts.iloc[0]))
    return _checked(source, names, replace(dates, layout=layout or dates.layout))


def _going_on(dates: Dates, next_times: Array) -> Dates:
    """Choose the order of day and month in which the first time is one of `next_times`, if only one of them is so."""
    times, other = dates.times, dates.other
    if other is None or times.tz is not None or next_times.dtype.kind != "M":
        return dates
    goes_on = [bool((next_times == read.min().to_datetime64()).any()) for read in (times, other)]
    if goes_on[0] == goes_on[1]:
        return dates
    order = "day first" if goes_on[0] else "month first"
    return replace(dates, times=times if goes_on[0] else other, order=order, other=None)


def _as_weeks(texts: "pd.Series[str]") -> "pd.Series[str]":
    """Write 12/2024 and 2024/12 as weeks, which below the name of one are no months."""
    plain = texts.str.strip().str.replace(r"^(\d{1,2})[-/.](\d{4})$", r"\2-W\1", regex=True)
    return plain.str.replace(r"^(\d{4})[-/.](\d{1,2})$", r"\1-W\2", regex=True)


def _with_hours(source: Source, found: Found, times: RowTimes) -> RowTimes:
    """Add the hour, the minute and the second, which stand in columns of their own, to a date."""
    instants = times.instants
    clock = numbered_clock(source.frame[found.clock[0]], found.clock[0]) if len(found.clock) == 1 else None
    if clock is not None:
        return replace(times, instants=instants + clock, layout=f"{times.layout or 'date'} + time of day")
    is_end = found.clock[0].strip().lower() in HOUR_ENDING
    for name, unit in zip(found.clock, ("h", "m", "s"), strict=False):
        low, high = (0, 59) if unit != "h" else (1, 24) if is_end else (0, 23)
        numbers = parse_numbers(source.frame[name]).floats
        bad = np.flatnonzero(~((numbers >= low) & (numbers <= high)))
        if len(bad):
            _raise_clock(source, name, int(bad[0]), (low, high))
        instants = instants + numbers.astype(np.int64).astype(f"timedelta64[{unit}]")
    parts = ("hour ending" if is_end else "hour", *CLOCK_PARTS[1 : len(found.clock)])
    # Of year, month and day in columns of their own, the hour is one more.
    is_said = len(found.dates) > 1 and not is_end
    layout = times.layout if is_said else " + ".join((times.layout or "date", *parts))
    return replace(times, instants=instants, layout=layout)


def _raise_clock(source: Source, name: str, row: int, limits: tuple[int, int]) -> None:
    number = parse_numbers(source.frame[name].iloc[[row]]).floats[0]
    held = "is empty" if np.isnan(number) else f"holds {number:g}"
    remedy = (
        f"Subtract 1 if the first hour begins at midnight, or rename {name!r} to 'HE' if each hour is called by its end"
        if number == 24
        else "Correct or remove the row"
    )
    raise DataError(
        f"Column {name!r} {held} in {source.where(row)}, and a number from {limits[0]} to {limits[1]} was expected. "
        f"{remedy}."
    )


def _from_numbers(source: Source, name: str, column: "pd.Series") -> RowTimes:
    """Read numbers as dates where they are clear ones, else as steps."""
    numbers = parse_numbers(column, prefer_comma=source.prefer_comma, decimal=source.decimal).floats
    if column.dtype.kind not in "iu" and np.isfinite(numbers).all() and (numbers % 1 != 0).any():
        fractions = read_fractions(numbers, name)
        if fractions is not None:
            return _checked(source, (name,), fractions)
        counted = decimal_steps(numbers)
        if counted is not None:
            return RowTimes(counted[0], layout=counted[1])
    steps = _steps(source, name, column, numbers)
    dates = read_integers(steps, name)
    # In a program 2024 may be a step; eight digits that all are days are dates everywhere, and so are an Excel file's.
    if dates is not None and not dates.times.hasnans:
        instants = _utc(dates.times)
        if source.is_file or dates.layout in SURE or (is_regular(instants) and not is_regular(steps)):
            return RowTimes(instants, None, dates.layout)
    return RowTimes(steps, layout="integer steps")


def _steps(source: Source, name: str, column: "pd.Series", numbers: Floats) -> Ints:
    if column.dtype.kind in "iu":
        return column.to_numpy(dtype=np.int64)
    # Beyond 2^53 a float is no exact integer any more.
    bad = np.flatnonzero(~np.isfinite(numbers) | (numbers != np.floor(numbers)) | (np.abs(numbers) > 2**53))
    if len(bad):
        facts = {"name": name, "cell": cell_text(column.iloc[bad[0]]), "where": source.where(int(bad[0]))}
        raise DataError(Message("times.no_step", facts))
    return numbers.astype(np.int64)


def _timestamps(column: "pd.Series") -> "pd.DatetimeIndex":
    import pandas as pd

    if isinstance(column.dtype, pd.PeriodDtype):
        return pd.DatetimeIndex(column.dt.to_timestamp())
    if column.dtype.kind == "M":
        return pd.DatetimeIndex(column)
    if column.dtype == object and len(column) and isinstance(column.iloc[0], pd.Period):
        return pd.PeriodIndex(column).to_timestamp()
    # times of several offsets have no zone in common
    moments = [cell for cell in column if isinstance(cell, datetime.datetime)] if column.dtype == object else []
    offsets = {cell.utcoffset() for cell in moments}
    utc = len(offsets) > 1 and None not in offsets
    times = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce", utc=utc))
    # pandas before 3 has no time that nanoseconds cannot hold
    lost = column[times.isna() & column.notna().to_numpy()]
    if len(lost) and isinstance(lost.iloc[0], datetime.date):
        raise _beyond()
    return times


def _checked(source: Source, names: tuple[str, ...], dates: Dates) -> RowTimes:
    """Name the first row without a time."""
    import pandas as pd

    missing = np.flatnonzero(dates.times.isna())
    if len(missing):
        cells = [source.frame[name].iloc[missing[0]] for name in names]
        empty = [name for name, cell in zip(names, cells, strict=True) if pd.isna(cell) or not str(cell).strip()]
        is_like = dates.layout and len(names) == 1
        facts = {
            "names": [repr(name) for name in empty or names],
            "cells": [repr(str(cell)) for cell in cells],
            "where": source.where(int(missing[0])),
            "how": Message("times.like_others", {"layout": dates.layout}) if is_like else "",
            "rows": Message("times.rows_without", {"n": len(missing)}),
        }
        one, several = ("times.empty", "times.empty_several") if empty else ("times.wrong", "times.wrong_several")
        raise DataError(Message(one if len(empty or names) == 1 else several, facts))
    zone = None if dates.times.tz is None else str(dates.times.tz)
    return RowTimes(_utc(dates.times), zone, dates.layout, dates.order)


def _utc(times: "pd.DatetimeIndex") -> Array:
    import pandas as pd

    plain = times if times.tz is None else times.tz_convert("UTC").tz_localize(None)
    try:
        return plain.as_unit("ns").to_numpy()
    except pd.errors.OutOfBoundsDatetime:
        raise _beyond() from None


def _beyond() -> DataError:
    return DataError(
        "The times reach beyond the years 1678 to 2261, which nanoseconds can hold. "
        "Use integer steps (for example the year) as the time column."
    )


def _raise_ambiguous(source: Source, name: str, first: str) -> None:
    in_python = f'`pd.to_datetime(data[{name!r}], format="%d/%m/%Y")`'
    remedy = Message("times.by_format") if source.is_file else in_python
    raise DataError(Message("times.ambiguous", {"name": name, "first": first, "remedy": remedy}))
