"""Which times do the numbers of a column mean? Serial days of Excel, decimal years, Unix times, weeks, or steps."""

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints, later
from gatecast.data.reading.dates import Dates, parse_digits
from gatecast.data.reading.layouts import read_year_quarters, read_year_weeks

__all__ = ["STEP_NAMES", "decimal_steps", "read_fractions", "read_integers"]

# Integers below these names are steps, even where they could be years.
STEP_NAMES = ("t", "step", "index", "idx", "time_idx", "time_index", "timestep", "time_step")
# Numbers below these names are days, and may be those of a spreadsheet.
DATE_NAMES = ("date", "datetime", "date_time", "day", "datum", "fecha", "日期", "年月日", "日期时间")
EXCEL_BEGIN = np.datetime64("1899-12-30", "ns")
EXCEL_DAYS = (18264, 73050)  # from 1950 to the end of 2099
UNIX_SECONDS = (1e9, 4.2e9)  # from 2001 to 2103
DECIMAL_YEARS = (1500, 2200)
MONTHS, FULL_YEARS = (1, 12.9999), (1900, 2100)
SECOND, DAY = 10**9, 86_400 * 10**9
MAX_DECIMALS = 9
MOST_REGULAR = 0.5  # fractions are steps if more than this share of the differences is the same


def read_integers(numbers: Ints, name: str) -> Dates | None:
    """Read integers as dates, as far as the name of the column and the digits say so; None where they are steps."""
    import pandas as pd

    plain = name.strip().lower()
    for words, read, low, high in (
        (("week", "周", "woche", "kw"), read_year_weeks, 150_001, 220_053),
        (("quarter", "qtr", "季", "quartal"), read_year_quarters, 15_001, 22_004),
    ):
        if any(word in plain for word in words) and len(numbers) and low <= numbers.min() and numbers.max() <= high:
            codes, unique = pd.factorize(numbers)
            dates = read(pd.Series(unique).astype(str))
            if dates is not None and not dates.times.hasnans:
                return Dates(dates.times.take(codes), dates.layout)
    if "period" in plain and len(numbers):
        # those of a fiscal year are called like months
        years, numbered = (part.astype(np.float64) for part in np.divmod(numbers, 1000))
        if _within(years, FULL_YEARS) and _within(numbered, (1, 12)):
            return Dates(pd.DatetimeIndex(_months(years, numbered - 1)), "fiscal year and period")
    if plain in DATE_NAMES and _within(numbers.astype(np.float64), EXCEL_DAYS):
        return Dates(pd.DatetimeIndex(EXCEL_BEGIN + numbers * np.timedelta64(DAY, "ns")), "days of a spreadsheet")
    return None if plain in STEP_NAMES else parse_digits(numbers)


def read_fractions(numbers: Floats, name: str) -> Dates | None:
    """Read finite numbers with fractions as dates: Unix times, serial days of Excel, decimal years; else None."""
    import pandas as pd

    if name.strip().lower() in STEP_NAMES:
        return None
    if _within(numbers, UNIX_SECONDS):
        # a float holds microseconds of today, and no nanoseconds
        times = np.round(numbers * 1e6).astype(np.int64).astype("datetime64[us]").astype("datetime64[ns]")
        return Dates(pd.DatetimeIndex(times), "Unix time in s")
    # quarters of a day may be seconds, too
    if _within(numbers, EXCEL_DAYS) and (name.strip().lower() in DATE_NAMES or _decimals(numbers) > 2):
        whole = np.floor(numbers)
        clock = _rounded((numbers - whole) * 86_400, 0.5 * 10.0 ** -_decimals(numbers) * 86_400)
        times = EXCEL_BEGIN + (whole.astype(np.int64) * DAY + clock).astype("timedelta64[ns]")
        return Dates(pd.DatetimeIndex(times), "days of a spreadsheet")
    if _within(numbers, MONTHS):
        number, year = np.floor(numbers), np.round(numbers % 1 * 1e4)
        # 12.2024, which lost the zero behind it in 1.2020
        if _decimals(numbers) <= 4 and _within(year, FULL_YEARS) and number.max() > number.min():
            return Dates(pd.DatetimeIndex(_months(year, number - 1)), "month and year")
    if _within(numbers, DECIMAL_YEARS):
        years = _decimal_years(numbers)
        return None if years is None else Dates(pd.DatetimeIndex(years), "decimal years")
    return None


def decimal_steps(numbers: Floats) -> tuple[Ints, str] | None:
    """Count regular numbers with fractions, such as the seconds 0.0, 0.1, 0.2, in their last decimal; None for others.

    Examples:
        >>> decimal_steps(np.array([0.0, 0.1, 0.2, 0.4]))
        (array([0, 1, 2, 4]), 'steps of 0.1')
    """
    decimals = _decimals(numbers)
    if decimals > MAX_DECIMALS or np.abs(numbers).max() * 10.0**decimals > 2**53:
        return None
    steps = np.round(numbers * 10.0**decimals).astype(np.int64)
    differences = np.diff(np.unique(steps))
    _, counts = np.unique(differences, return_counts=True)
    if not len(counts) or counts.max() <= MOST_REGULAR * len(differences):
        return None
    return steps, f"steps of {10.0**-decimals:.{decimals}f}"


def _within(numbers: Floats, limits: tuple[float, float]) -> bool:
    return bool(len(numbers)) and limits[0] <= float(numbers.min()) and float(numbers.max()) <= limits[1]


def _decimals(numbers: Floats) -> int:
    """Return with how many decimals the numbers are written, at most one more than is looked at."""
    return next((n for n in range(MAX_DECIMALS + 1) if np.array_equal(np.round(numbers, n), numbers)), MAX_DECIMALS + 1)


def _rounded(seconds: Floats, error: float) -> Ints:
    """Round seconds to the coarsest usual step that explains them within their error; in nanoseconds."""
    for unit in (3600, 1800, 900, 600, 300, 60, 1):
        rounded = np.round(seconds / unit) * unit
        if np.abs(seconds - rounded).max() <= error + 1e-3:
            return rounded.astype(np.int64) * SECOND
    return np.round(seconds * 1000).astype(np.int64) * (SECOND // 1000)


def _decimal_years(numbers: Floats) -> Array | None:
    """Read years with fractions, shape `(N,)`: twelfths (or their middles) are months, else the day of the year.

    None where the fractions are neither, such as tenths.
    """
    years = np.floor(numbers)
    parts, error = numbers - years, 0.5 * 10.0 ** -_decimals(numbers)
    hundredths = np.round(parts * 100)
    # 1949.01 to 1949.12, where the thirteenth and later hundredths never come, counts months
    if _decimals(numbers) <= 2 and hundredths.min() >= 1 and hundredths.max() <= 12 and len(np.unique(hundredths)) > 2:
        return _months(years, hundredths - 1)
    for shift in (0.0, 0.5):
        months = np.round(parts * 12 - shift)
        if np.abs(parts * 12 - shift - months).max() <= min(12 * error, 0.1) + 1e-6:
            return _months(years, months)
    if _decimals(numbers) <= 2:
        return None
    begin = (years.astype(np.int64) - 1970).astype("datetime64[Y]")
    n_days = (later(begin, 1).astype("datetime64[D]") - begin.astype("datetime64[D]")).astype(np.int64)
    days = np.floor(parts * n_days + np.minimum(n_days * error, 0.4)).astype(np.int64)
    dates: Array = later(begin.astype("datetime64[D]"), days).astype("datetime64[ns]")
    return dates


def _months(years: Floats, months: Floats) -> Array:
    return ((years - 1970) * 12 + months).astype(np.int64).astype("datetime64[M]").astype("datetime64[ns]")
