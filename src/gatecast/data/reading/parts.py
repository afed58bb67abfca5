"""Which columns hold the year, the month, the day or the hour, and which date do they mean together?"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats
from gatecast.data.reading.dates import YEARS
from gatecast.data.reading.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLOCK_PARTS", "HOUR_ENDING", "find_clock_parts", "find_date_parts", "join_date", "part_of"]

HOUR_ENDING = ("he", "hour_ending", "hour ending", "hourending")  # names of an hour that is called by its end: 1 to 24
# Names, in any case, and the smallest and largest number. "min" and "mon" mostly are something else.
PARTS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "year": (("year", "yr", "年", "年份"), *YEARS),
    "quarter": (("quarter", "qtr", "季度", "季"), 1, 4),
    "month": (("month", "mnth", "月", "月份"), 1, 12),
    "day": (("day", "日"), 1, 31),
    "hour": (("hour", "hr", "小时", "时", *HOUR_ENDING), 0, 24),
    "minute": (("minute", "分", "分钟"), 0, 59),
    "second": (("second", "秒"), 0, 59),
}
CLOCK_PARTS = ("hour", "minute", "second")


def part_of(name: str) -> str | None:
    """Say which part of a time a name promises, None for none."""
    plain = name.strip().lower()
    return next((part for part, (names, _, _) in PARTS.items() if plain in names), None)


def find_date_parts(frame: "pd.DataFrame", names: Iterable[str]) -> tuple[str, ...]:
    """Find the columns of year, month and day, of year and month, or of year and quarter, among `names`."""
    names = list(names)
    chains = (_chain(frame, names, parts) for parts in (("year", "month", "day"), ("year", "quarter")))
    return next((chain for chain in chains if len(chain) > 1), ())


def find_clock_parts(frame: "pd.DataFrame", names: Iterable[str]) -> tuple[str, ...]:
    """Find the columns of the hour, and of the minute and the second below it, among `names`."""
    return _chain(frame, list(names), CLOCK_PARTS)


def join_date(frame: "pd.DataFrame", names: tuple[str, ...]) -> "pd.Series[pd.Timestamp]":
    """Put the columns that `find_date_parts` found together; NaT where the calendar has no such day."""
    import pandas as pd

    columns = {part_of(name): (_numbers(frame, name), _fits(frame, name)) for name in names}
    valid = np.logical_and.reduce([fits for _, fits in columns.values()])
    numbers = {part: np.where(valid, values, 1).astype(np.int64) for part, (values, _) in columns.items()}
    month = numbers["month"] if "month" in numbers else numbers["quarter"] * 3 - 2
    months = ((numbers["year"] - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + numbers.get("day", 1) - 1
    valid &= days.astype("datetime64[M]") == months
    # The placeholder of a bad row is the year 1, which nanoseconds cannot hold.
    return pd.Series(np.where(valid, days, np.datetime64("NaT")).astype("datetime64[ns]"))


def _chain(frame: "pd.DataFrame", names: list[str], parts: tuple[str, ...]) -> tuple[str, ...]:
    """Follow the parts from the largest down, as far as there are columns for them."""
    chain: list[str] = []
    for part in parts:
        found = next((name for name in names if part_of(name) == part and _holds(frame, name)), None)
        if found is None:
            break
        chain.append(found)
    return tuple(chain)


def _holds(frame: "pd.DataFrame", name: str) -> bool:
    """Tell whether the numbers, except for empty cells, can be the part that the name promises."""
    fits = _fits(frame, name)
    return bool(fits.any()) and bool(fits[np.isfinite(_numbers(frame, name))].all())


def _fits(frame: "pd.DataFrame", name: str) -> Array:
    _, low, high = PARTS[part_of(name) or ""]
    values = _numbers(frame, name)
    return np.asarray((values >= low) & (values <= high) & (values == np.floor(values)))


def _numbers(frame: "pd.DataFrame", name: str) -> Floats:
    return parse_numbers(frame[name]).floats
