"""What was on the same days of earlier years? Numbers that are known ahead, from a series' own past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gatecast.data.features.holidays import DAYS_OF_YEAR, MOVES, NO_DAY, same_date_earlier, same_holiday_earlier
from gatecast.data.panel.arrays import Array, Floats, Ints, blocks
from gatecast.data.panel.grid import DAY, FixedGrid, weekdays
from gatecast.data.panel.panel import Panel

__all__ = ["YearlyLags", "days_of", "deviations", "fit_yearly_lags"]

YEARS = 4  # years that are looked back
LEAST_YEARS = 3  # a series' past has to hold so many of them, or there is nothing to learn
WEEKS = 3  # before and behind a day, whose values tell what is usual then on that day of the week
BESIDE = (-2, -1, 1, 2)  # days beside the day itself
CLIP = 10.0  # standard deviations; what lies further out is an accident, and must not drown everything else
# days that an input may look back less than its years: holidays move, and a deviation needs the weeks behind a day
NEARER = MOVES + 7 * WEEKS + 4


@dataclass(frozen=True)
class YearlyLags:
    """How the same days of earlier years become inputs; learned from the training part by `fit_yearly_lags`.

    Each input is a deviation: by how much a day differed from the same weekday in the three weeks before and behind it.
    So neither level nor trend nor the day of the week is in it, and a day's inputs look back over most of a year.
    Inputs are the same date one to four years ago, the same weekday then, the mean of each, the mean over the days
    beside that date, and the mean over the same holiday where there is a country. Of date and holiday there is also the
    mean over those years alone in which they were a weekend, or not, as they are now: Christmas on a Sunday says little
    of one on a Friday. What is not known is 0.
    """

    scale: float  # standard deviation of the deviations in the training part
    years: tuple[int, ...]  # how many years ago, each one
    country: str | None = None  # whose holidays count, None for nobody's

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the A inputs."""
        each = [f"{what}_{year}_years_ago" for what in ("date", "weekday") for year in self.years]
        means = ["date_before", "weekday_before", *(f"date{shift:+d}_before" for shift in BESIDE)]
        holidays = [] if self.country is None else ["holiday_before", "holiday_alike_before"]
        return (*each, *means, "date_alike_before", *holidays)

    @property
    def reach(self) -> int:
        """How many of the newest points a series' next inputs can depend on, K."""
        return round(DAYS_OF_YEAR * max(self.years)) + NEARER

    def inputs(self, values: Floats, offsets: Ints, first_days: Ints, series: Ints, positions: Ints) -> Array:
        """Return the inputs, float32 `(n, A)`, of n points, which may lie behind the end of their series.

        A point's inputs depend on no value that is less than `horizon` (of `fit_yearly_lags`) points before it.

        Args:
            values: `(N,)` scaled values of S series, NaN where nothing was observed.
            offsets: `(S + 1,)`.
            first_days: `(S,)` the day of each series' first value, counted from 1970.
            series: `(n,)` the series of each point.
            positions: `(n,)` its place in its series.
        """
        deviating = deviations(values, offsets) / (self.scale or 1.0)
        days = first_days[series] + positions
        unique, place = np.unique(days, return_inverse=True)

        def then(earlier: Ints) -> Floats:
            return _at(deviating, offsets, series, earlier[place] - first_days[series])

        columns = self._columns(unique, then) if len(days) else []
        inputs = np.zeros((len(days), len(self.names)), np.float32)
        for k, column in enumerate(columns):
            inputs[:, k] = np.clip(np.nan_to_num(column), -CLIP, CLIP)
        return inputs

    def _columns(self, days: Ints, then: Callable[[Ints], Floats]) -> list[Floats]:
        """Ask what was on these days of earlier years, in the order of `names`."""
        dates = [same_date_earlier(days, year) for year in self.years]
        by_date = [then(date) for date in dates]
        by_weekday = [then(days - 7 * round(DAYS_OF_YEAR * year / 7)) for year in self.years]
        beside = [_mean([then(date + shift) for date in dates]) for shift in BESIDE]
        alike = _mean([then(date) for date in _alike(days, dates)])
        columns = [*by_date, *by_weekday, _mean(by_date), _mean(by_weekday), *beside, alike]
        if self.country is None:
            return columns
        holidays = same_holiday_earlier(days, self.country, self.years)
        means = [_mean([then(day) for day in found]) for found in (holidays, _alike(days, holidays))]
        return [*columns, *means]


def fit_yearly_lags(panel: Panel, values: Array, horizon: int, *, country: str | None = None) -> YearlyLags | None:
    """Learn from the scaled values, `(N,)`, of a panel whether and how the same days of earlier years are inputs.

    They are where steps are days and half of the series (of the training part) hold three years. Years that are not
    known for each step of the horizon are left out.
    """
    years = tuple(year for year in range(1, YEARS + 1) if round(DAYS_OF_YEAR * year) - NEARER >= horizon)
    is_old = np.median(panel.lengths) >= LEAST_YEARS * DAYS_OF_YEAR if panel.n_series else False
    grid = panel.grid
    is_of_days = panel.starts.dtype.kind == "M" and isinstance(grid, FixedGrid) and grid.nanoseconds == DAY
    if not years or not is_old or not is_of_days:
        return None
    deviating = deviations(values, panel.offsets)
    known = deviating[~np.isnan(deviating)]
    return YearlyLags(float(known.std()) if len(known) else 0.0, years, country)


def deviations(values: Array, offsets: Ints) -> Floats:
    """Return by how much daily values, `(N,)`, differ from the median of the same weekday around them, `(N,)`.

    The weekdays are those of the three weeks before and behind; NaN where the value or all of them are missing.
    """
    result = np.empty(len(values))
    for block in blocks(offsets):
        result[block.rows] = values[block.rows] - _usual(values[block.rows], block.offsets)
    return result


def _usual(values: Array, offsets: Ints) -> Floats:
    shifts = [7 * week for week in range(-WEEKS, WEEKS + 1) if week]
    series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    positions = np.arange(len(values)) - offsets[series]
    beside = np.sort([_at(values, offsets, series, positions + shift) for shift in shifts], axis=0)
    # missing ones are sorted behind the others
    n_known = (~np.isnan(beside)).sum(axis=0)
    low, high = np.maximum(n_known - 1, 0) // 2, n_known // 2
    every = np.arange(len(values))
    return np.asarray((beside[low, every] + beside[np.minimum(high, len(shifts) - 1), every]) / 2)


def _at(values: Array, offsets: Ints, series: Ints, positions: Ints) -> Floats:
    """Return values at places in their series, NaN outside of it."""
    inside = (positions >= 0) & (positions < np.diff(offsets)[series])
    return np.append(values, np.nan)[np.where(inside, offsets[series] + positions, -1)].astype(np.float64)


def _alike(days: Ints, earlier: list[Ints]) -> list[Ints]:
    """Keep those earlier days that were a weekend, or not, as the days themselves are; `NO_DAY` for the others."""
    is_weekend = weekdays(days) >= 5
    return [np.where((weekdays(then) >= 5) == is_weekend, then, NO_DAY) for then in earlier]


def _mean(columns: list[Floats]) -> Floats:
    """Return the mean of what is known, NaN where nothing is."""
    stacked = np.stack(columns)
    n_known = (~np.isnan(stacked)).sum(axis=0)
    return np.asarray(np.where(n_known, np.nansum(stacked, axis=0) / np.maximum(n_known, 1), np.nan))


def days_of(times: Array) -> Ints:
    """Count the days from 1970 to each time, datetime64[ns]."""
    return np.asarray(times.astype("datetime64[D]").astype(np.int64))
