"""Which columns hold the year, the month, the week, the day or the hour, and which date do they mean together?"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, later
from gatecast.data.reading.layouts import QUARTER, WEEK, YEARS
from gatecast.data.reading.numbers import parse_numbers
from gatecast.data.reading.words import month_number, plain_text, with_chinese_digits

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLOCK_PARTS", "HOUR_ENDING", "PARTS", "find_clock_parts", "find_date_parts", "join_date", "part_of"]
__all__ += ["turning_row"]

HOUR_ENDING = ("he", "hour_ending", "hour ending", "hourending")  # names of an hour that is called by its end: 1 to 24
# Names, in any case, and the smallest and largest number. "min" and "mon" mostly are something else.
PARTS: dict[str, tuple[tuple[str, ...], int, int]] = {
    "year": (
        (
            *("year", "yr", "yyyy", "jahr", "annee", "année", "ano", "año", "anno", "jaar", "rok", "год", "år", "yıl"),
            *("kalenderjahr", "berichtsjahr", "haushaltsjahr", "geschäftsjahr", "wirtschaftsjahr", "gjahr", "exercice"),
            *("年", "年份", "年度", "연도", "년", "년도"),
        ),
        *YEARS,
    ),
    "half": (
        ("half", "half_year", "half year", "halfyear", "semester", "semestre", "halbjahr", "半年", "半期"),
        1,
        2,
    ),
    "quarter": (
        (
            *("quarter", "qtr", "quartal", "trimestre", "trimester", "kwartał", "kwartaal", "kvartal", "квартал"),
            *("季度", "季", "四半期", "분기"),
        ),
        1,
        4,
    ),
    "month": (
        (
            *(
                "month",
                "mnth",
                "monat",
                "mois",
                "mes",
                "mese",
                "mês",
                "maand",
                "miesiąc",
                "месяц",
                "måned",
                "månad",
                "ay",
            ),
            *("berichtsmonat", "monthname", "monatsname", "月", "月份", "월"),
        ),
        1,
        12,
    ),
    "week": (
        (
            *("week", "weeknum", "isoweek", "woche", "kalenderwoche", "kw", "berichtswoche", "semaine", "semana"),
            *("settimana", "tydzień", "неделя", "周", "周次", "周数", "週", "주"),
        ),
        1,
        53,
    ),
    "day": (("day", "jour", "dia", "día", "giorno", "dag", "日", "일"), 1, 31),
    "hour": (("hour", "hr", "hh", "stunde", "heure", "hora", "ora", "小时", "时", "시간", *HOUR_ENDING), 0, 24),
    "day of the year": (
        ("doy", "dayofyear", "day_of_year", "day of year", "yday", "julian_day"),
        1,
        366,
    ),
    "minute": (("minute", "分", "分钟"), 0, 59),
    "second": (("second", "秒"), 0, 59),
    # these are no dates with a year alone, and never the name of a series
    "season": (("season", "saison", "jahreszeit", "季节"), 1, 4),
    "day of the week": (
        ("weekday", "day_of_week", "dayofweek", "dow", "wochentag", "jour_semaine", "星期", "周几", "曜日"),
        0,
        7,
    ),
}
# What names of parts may begin and end with: "Fiscal Year", "month_no".
FISCAL = r"(?:fiscal|fin|financial|fy)[ _-]?"
AROUND = re.compile(rf"^(?:{FISCAL}|(?:calendar|cal|iso)[ _-]?)(?=.)|[ _-]?(?:no|nr|num|number|name|#)\.?$")
HALVES = ("上半年", "下半年")
MERGED = 3  # rows for each year, at the least, that are merged into one cell
# Names that mean a part only beside those of larger ones, and where they hold it.
BESIDE = {"mo": ("month",), "mon": ("month",), "dy": ("day",), "period": ("month", "quarter")}
DATE_PARTS = (
    ("year", "month", "day"),
    ("year", "quarter"),
    ("year", "week"),
    ("year", "day of the year"),
    ("year", "half"),
)
MONTHS_OF = {"month": 1, "quarter": 3, "half": 6}
CLOCK_PARTS = ("hour", "minute", "second")
# How texts write the number of a part, beside the names of months.
WRITTEN = {
    "year": r"(?:FY ?)?(\d{4})(?:年度?|년)?(?:[-/]\d{2,4})?",
    "half": r"(?:H|S|HJ)?([12])(?:\.|st|nd)? ?(?:H|S|HJ|Halbjahr|half)?|第?([12])(?:半年|半期)",
    "quarter": rf"(?:{QUARTER}|第)?\.? ?([1-4])(?:\.|st|nd|rd|th)? ?(?:{QUARTER}|四半期|분기)?",
    "month": r"M(\d{1,2})|(\d{1,2})월",
    "week": rf"(?:{WEEK})?\.? ?(\d{{1,2}})周?",
    "day": r"(\d{1,2})(?:\.|st|nd|rd|th|日|号)?",
    "hour": r"(\d{1,2})(?:时|点|h|:00)?",
}


@lru_cache(maxsize=1024)
def part_of(name: str) -> str | None:
    """Say which part of a time a name promises, None for none."""
    plain = name.strip().lower()
    for known in (plain, AROUND.sub("", plain)):
        part = next((part for part, (names, _, _) in PARTS.items() if known in names), None)
        if part is not None:
            return part
    return None


def is_fiscal(name: str) -> bool:
    """Tell whether a name says that its years, months or weeks are those of a fiscal year."""
    return re.match(FISCAL, name.strip().lower()) is not None


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
        part = next(part for part in ("month", "quarter", "half") if part in numbers)
        month = (numbers[part] - 1) * MONTHS_OF[part] + 1
        months = later(years.astype("datetime64[M]"), month - 1)
        days = later(months.astype("datetime64[D]"), numbers.get("day", 1) - 1)
        valid &= days.astype("datetime64[M]") == months
    # The placeholder of a bad row is the year 1, which nanoseconds cannot hold.
    return pd.Series(np.where(valid, days, np.datetime64("NaT", "D")).astype("datetime64[ns]"))


def turning_row(frame: "pd.DataFrame", names: tuple[str, ...], id_col: str | None) -> int | None:
    """Return the first row of a series whose month goes from 12 to 1, or back, in one year; None if none does.

    That is so below fiscal years, which begin in another month than January.
    """
    chain = _date_chain(frame, list(names))
    if tuple(chain) not in (("year", "month"), ("year", "month", "day")):
        return None
    keys = {part: _numbers(frame, chain[part], part) for part in ("year", "month")}
    series = np.zeros(len(frame), np.int64) if id_col is None else frame[id_col].astype(str).factorize()[0]
    # rows of several series that nothing tells apart yet say nothing
    pairs = {(int(s), *pair) for s, *pair in zip(series, *keys.values(), strict=True)}
    if len(chain) == 2 and len(pairs) < len(frame):
        return None
    order = np.argsort(series, kind="stable")
    year, month, same = keys["year"][order], keys["month"][order], np.diff(series[order]) == 0
    turns = np.flatnonzero(same & (np.diff(year) == 0) & (np.abs(np.diff(month)) == 11))
    n_years = len(np.unique(year[np.isfinite(year)]))
    # a table in no order turns somewhere
    falls = min((np.diff(12 * year + month)[same] > 0).sum(), (np.diff(12 * year + month)[same] < 0).sum())
    is_steady = falls <= 2 * n_years + 1
    return int(order[turns[0] + 1]) if is_steady and 2 * len(turns) >= n_years else None


def _numbers(frame: "pd.DataFrame", name: str, part: str) -> Floats:
    """Return the numbers of a part, shape `(N,)`, also where words or marks say them; NaN where nothing does."""
    import pandas as pd

    column = frame[name]
    plain = parse_numbers(column).floats
    if part == "year":
        plain = _filled_down(plain)
    if part not in WRITTEN or pd.api.types.is_numeric_dtype(column.dtype) or not np.isnan(plain).any():
        return plain
    codes, unique = pd.factorize(column.where(column.notna(), "").astype(str))
    said = np.array([_number(plain_text(text).strip(), part) for text in unique], dtype=np.float64)
    return np.where(np.isnan(plain), said[codes], plain)


def _filled_down(years: Floats) -> Floats:
    """Repeat a year over the empty rows below it, as merged cells are exported: most rows are empty, and no first."""
    there = np.flatnonzero(~np.isnan(years))
    if not len(there) or there[0] > 0 or MERGED * len(there) > len(years):
        return years
    return years[there[np.searchsorted(there, np.arange(len(years)), side="right") - 1]]


def _number(text: str, part: str) -> float:
    """Return the number that a text says of a part: March, 3月, M03, Q2, W05, 第5周; NaN for others."""
    month = month_number(text) if part == "month" else None
    if month is not None:
        return month
    if part == "half" and text in HALVES:
        return 1 + HALVES.index(text)
    found = re.fullmatch(WRITTEN[part], with_chinese_digits(text), re.IGNORECASE)
    return float(next(filter(None, found.groups()))) if found else np.nan


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
        # the months of a fiscal year are none of the calendar
        like = [name for name in names if not chain or is_fiscal(name) == is_fiscal(next(iter(chain.values())))]
        may_be = [name for name in like if part_of(name) == part]
        may_be += [name for name in names if chain and part in BESIDE.get(name.strip().lower(), ())]
        may_be += [name for name in like if name.startswith("Unnamed: ") and _says(frame, name, part)]
        found = next((name for name in may_be if _holds(frame, name, part)), None)
        if found is None:
            break
        chain[part] = found
    return chain


def _says(frame: "pd.DataFrame", name: str, part: str) -> bool:
    """Tell whether a column without a name holds years that repeat, or months in words, as offices write them."""
    if part == "year":
        years = parse_numbers(frame[name]).floats
        return bool(len(years)) and bool(((years >= 1800) & (years <= 2100)).all()) and len(set(years)) < len(years)
    return part == "month" and bool(frame[name].map(lambda cell: month_number(str(cell)) is not None).all())


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
