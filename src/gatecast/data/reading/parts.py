"""Which columns hold the year, the month, the week, the day or the hour, and which date do they mean together?"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, later
from gatecast.data.reading.layouts import QUARTER, WEEK, YEARS
from gatecast.data.reading.numbers import parse_numbers
from gatecast.data.reading.words import month_number, plain_text, with_chinese_digits

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLOCK_PARTS", "HOUR_ENDING", "find_clock_parts", "find_date_parts", "join_date", "part_of"]

HOUR_ENDING = ("he", "hour_ending", "hour ending", "hourending")  # names of an hour that is called by its end: 1 to 24
# Names, in any case, and the smallest and largest number. "min" and "mon" mostly are something else.
PARTS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "year": (
        ("year", "yr", "yyyy", "jahr", "annee", "année", "ano", "año", "anno", "jaar", "年", "年份", "年度"),
        *YEARS,
    ),
    "quarter": (("quarter", "qtr", "quartal", "季度", "季"), 1, 4),
    "month": (("month", "mnth", "monat", "mois", "mes", "mese", "mês", "maand", "月", "月份"), 1, 12),
    "week": (
        (
            *("week", "weeknum", "week_number", "isoweek", "iso_week", "calendar_week", "woche", "kalenderwoche"),
            *("semaine", "semana", "周", "周次", "周数", "週"),
        ),
        1,
        53,
    ),
    "day": (("day", "jour", "dia", "día", "giorno", "dag", "日"), 1, 31),
    "hour": (("hour", "hr", "stunde", "heure", "hora", "小时", "时", *HOUR_ENDING), 0, 24),
    "day of the year": (
        ("doy", "dayofyear", "day_of_year", "day of year", "yday", "julian_day"),
        1,
        366,
    ),
    "minute": (("minute", "分", "分钟"), 0, 59),
    "second": (("second", "秒"), 0, 59),
}
# Names that mean a part only beside those of larger ones, and where they hold it.
BESIDE = {"mo": ("month",), "mon": ("month",), "dy": ("day",), "period": ("month", "quarter")}
DATE_PARTS = (("year", "month", "day"), ("year", "quarter"), ("year", "week"), ("year", "day of the year"))
CLOCK_PARTS = ("hour", "minute", "second")
# How texts write the number of a part, beside the names of months.
WRITTEN = {
    "year": r"(?:FY ?)?(\d{4})(?:年度?)?",
    "quarter": rf"(?:{QUARTER}|第)?\.? ?([1-4])(?:\.|st|nd|rd|th)? ?(?:{QUARTER})?",
    "month": r"M(\d{1,2})",
    "week": rf"(?:{WEEK})?\.? ?(\d{{1,2}})周?",
    "day": r"(\d{1,2})(?:\.|st|nd|rd|th|日|号)?",
    "hour": r"(\d{1,2})(?:时|点|h|:00)?",
}


def part_of(name: str) -> str | None:
    """Say which part of a time a name promises, None for none."""
    plain = name.strip().lower()
    return next((part for part, (names, _, _) in PARTS.items() if plain in names), None)


def find_date_parts(frame: "pd.DataFrame", names: Iterable[str]) -> tuple[str, ...]:
    """Find the columns of year, month and day, or of year and month, quarter, week or day of the year, among `names`.

    Examples:
        >>> import pandas as pd
        >>> find_date_parts(pd.DataFrame({"DOY": [1, 2], "YEAR": [2024, 2024]}), ["DOY", "YEAR"])
        ('YEAR', 'DOY')
    """
    return tuple(_date_chain(frame, list(names)).values())


def find_clock_parts(frame: "pd.DataFrame", names: Iterable[str]) -> tuple[str, ...]:
    """Find the columns of the hour, and of the minute and the second below it, among `names`."""
    return tuple(_chain(frame, list(names), CLOCK_PARTS).values())


def join_date(frame: "pd.DataFrame", names: tuple[str, ...]) -> "pd.Series[pd.Timestamp]":
    """Put the columns that `find_date_parts` found together; NaT where the calendar has no such day."""
    import pandas as pd

    chain = _date_chain(frame, list(names))
    columns = {part: (_numbers(frame, name, part), _fits(frame, name, part)) for part, name in chain.items()}
    valid = np.logical_and.reduce([fits for _, fits in columns.values()])
    numbers = {part: np.where(valid, values, 1).astype(np.int64) for part, (values, _) in columns.items()}
    years = (numbers["year"] - 1970).astype("datetime64[Y]")
    if "week" in numbers:
        days = _mondays(numbers["year"], numbers["week"])
        valid &= (numbers["week"] <= 52) | (_mondays(numbers["year"] + 1, np.array(1)) > days)
    elif "day of the year" in numbers:
        days = later(years.astype("datetime64[D]"), numbers["day of the year"] - 1)
        valid &= days.astype("datetime64[Y]") == years
    else:
        month = numbers["month"] if "month" in numbers else numbers["quarter"] * 3 - 2
        months = later(years.astype("datetime64[M]"), month - 1)
        days = later(months.astype("datetime64[D]"), numbers.get("day", 1) - 1)
        valid &= days.astype("datetime64[M]") == months
    # The placeholder of a bad row is the year 1, which nanoseconds cannot hold.
    return pd.Series(np.where(valid, days, np.datetime64("NaT", "D")).astype("datetime64[ns]"))


def _numbers(frame: "pd.DataFrame", name: str, part: str) -> Floats:
    """Return the numbers of a part, shape `(N,)`, also where words or marks say them; NaN where nothing does."""
    import pandas as pd

    column = frame[name]
    plain = parse_numbers(column).floats
    if part not in WRITTEN or pd.api.types.is_numeric_dtype(column.dtype) or not np.isnan(plain).any():
        return plain
    codes, unique = pd.factorize(column.where(column.notna(), "").astype(str))
    said = np.array([_number(plain_text(text).strip(), part) for text in unique], dtype=np.float64)
    return np.where(np.isnan(plain), said[codes], plain)


def _number(text: str, part: str) -> float:
    """Return the number that a text says of a part: March, 3月, M03, Q2, W05, 第5周; NaN for others."""
    month = month_number(text) if part == "month" else None
    if month is not None:
        return month
    found = re.fullmatch(WRITTEN[part], with_chinese_digits(text), re.IGNORECASE)
    return float(found[1]) if found else np.nan


def _mondays(years: Array, weeks: Array) -> Array:
    """Return the first days of ISO weeks: the first week of a year is that of January 4th."""
    fourth = later((years - 1970).astype("datetime64[Y]").astype("datetime64[D]"), 3)
    return later(fourth, 7 * (weeks - 1) - (fourth.astype(np.int64) + 3) % 7)


def _date_chain(frame: "pd.DataFrame", names: list[str]) -> dict[str, str]:
    """Return the names of the parts of a date, of the first kind of which there are two."""
    chains = (_chain(frame, names, parts) for parts in DATE_PARTS)
    return next((chain for chain in chains if len(chain) > 1), {})


def _chain(frame: "pd.DataFrame", names: list[str], parts: tuple[str, ...]) -> dict[str, str]:
    """Follow the parts from the largest down, as far as there are columns for them."""
    chain: dict[str, str] = {}
    for part in parts:
        may_be = [name for name in names if part_of(name) == part]
        may_be += [name for name in names if chain and part in BESIDE.get(name.strip().lower(), ())]
        found = next((name for name in may_be if _holds(frame, name, part)), None)
        if found is None:
            break
        chain[part] = found
    return chain


def _holds(frame: "pd.DataFrame", name: str, part: str) -> bool:
    """Tell whether the numbers, except for empty cells, can be the part that the name promises."""
    # a period is a month or a quarter where it is written like one
    if name.strip().lower() == "period" and np.isfinite(parse_numbers(frame[name]).floats).any():
        return False
    fits = _fits(frame, name, part)
    return bool(fits.any()) and bool(fits[np.isfinite(_numbers(frame, name, part))].all())


def _fits(frame: "pd.DataFrame", name: str, part: str) -> Array:
    _, low, high = PARTS[part]
    values = _numbers(frame, name, part)
    return np.asarray((values >= low) & (values <= high) & (values == np.floor(values)))
