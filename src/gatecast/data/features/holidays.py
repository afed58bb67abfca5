"""Which holiday is near a day, and when was it in earlier years? By name, since many move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from gatecast.data.features.calendar import check_country, holidays_of
from gatecast.data.panel.arrays import Array, Ints, later

__all__ = ["DAYS_OF_YEAR", "MOVES", "NO_DAY", "holiday_names", "same_date_earlier", "same_holiday_earlier"]

NEAR = 3  # days before and behind a holiday that belong to it
MOVES = 40  # by so many days a holiday may come earlier or later in the year than in another one; Easter moves by 35
NO_DAY = np.iinfo(np.int64).min // 2  # stands for a day that there is not
DAYS_OF_YEAR = 365.25


def same_holiday_earlier(days: Ints, country: str, years: Iterable[int]) -> list[Ints]:
    """Return the days that had the place of `days`, `(n,)` from 1970, beside the same holiday in earlier years.

    A day belongs to the nearest holiday of at most three days away. A day off that stands in for a holiday on a weekend
    has no name of its own. `NO_DAY` where no holiday is near, or where there was none of that name.
    """
    names, dates = _named_holidays(days, country, max(years, default=0))
    nearest = _nearest(dates, days)
    shift = days - dates[nearest]
    found = []
    for year in years:
        wanted = dates - round(DAYS_OF_YEAR * year)
        earlier = np.full(len(dates), NO_DAY)
        for name in np.unique(names):
            own = np.flatnonzero(names == name)
            then = dates[own][_nearest(dates[own], wanted[own])]
            earlier[own] = np.where(np.abs(then - wanted[own]) <= MOVES, then, NO_DAY)
        is_known = (np.abs(shift) <= NEAR) & (earlier[nearest] > NO_DAY)
        found.append(np.where(is_known, earlier[nearest] + shift, NO_DAY))
    return found


def holiday_names(days: Ints, country: str) -> Array:
    """Name the holiday that each day, `(n,)` from 1970, belongs to, and the days from it; None far from any."""
    if not len(days):
        return np.empty(0, dtype=object)
    names, dates = _named_holidays(days, country, 0)
    nearest = _nearest(dates, days)
    shift = days - dates[nearest]
    texts = [f"{name} {n:+d}" if abs(n) <= NEAR else None for name, n in zip(names[nearest], shift, strict=True)]
    return np.array(texts, dtype=object)


def same_date_earlier(days: Ints, n_years: int) -> Ints:
    """Return the same dates some years earlier, 29 February as 1 March."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    of_month = dates - months.astype("datetime64[D]")
    return np.asarray((later(months, -12 * n_years).astype("datetime64[D]") + of_month).astype(np.int64))


def _named_holidays(days: Ints, country: str, n_years: int) -> tuple[Array, Ints]:
    """Return the holidays around some days and in years before, by day, at least one: names and days."""
    found = holidays_of(*check_country(country), days.astype("datetime64[D]"), n_years, observed=False)
    # a name may say in brackets that the day was estimated or moved, and a day may have several
    each = [(day, name.split(" (")[0].strip()) for day, names in found.items() for name in names.split("; ")]
    # of a holiday of several days the first one counts
    seen = set(each)
    each = [(day, name) for day, name in each if (day - timedelta(days=1), name) not in seen]
    each = each or [(date(1900, 1, 1), "")]
    dates = np.array([day for day, _ in each], dtype="datetime64[D]").astype(np.int64)
    return np.array([name for _, name in each], dtype=object), dates


def _nearest(sorted_days: Ints, days: Ints) -> Ints:
    """Return which of some sorted days is nearest to each of others, the earlier one of two."""
    right = np.clip(np.searchsorted(sorted_days, days), 0, len(sorted_days) - 1)
    left = np.maximum(right - 1, 0)
    is_left = np.abs(sorted_days[left] - days) <= np.abs(sorted_days[right] - days)
    return np.where(is_left, left, right)
