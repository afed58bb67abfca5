"""Which seasons count for a table: those given, those of its frequency that it shows, or one that is found?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.calendars import CycleGrid, DaysOfMonthGrid, DaysOfYearGrid, WeekdayOfMonthGrid
from gatecast.data.panel.fiscal_weeks import FiscalWeeksGrid
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, Grid, MonthGrid
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.peaks import differenced, season_p_values
from gatecast.data.seasonality.period import find_period
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = [
    "SeasonCheck",
    "Seasons",
    "check_seasons",
    "choose_seasons",
    "find_longer_season",
    "find_season",
    "usual_seasons",
]

SECOND, MINUTE, HOUR, WEEK = 10**9, 60 * 10**9, 3600 * 10**9, 7 * DAY
YEAR_DAYS = 365.25

P_VALUE = 0.01  # a series shows a season when chance would do so once in a hundred times
LEAST_SHARE = 0.05  # of the series have to show it
MIN_PERIODS = 3
# what is looked at, so that it takes a fifth of a second: series, points of each, points in all
MAX_SERIES, MAX_POINTS, MAX_TOTAL = 500, 5_000, 600_000
MAX_SERIES_SEARCHED = 40
# a longer season that is searched for holds so many of the first one: days of a week, of work, hours of a day, months
# and weeks of a year; it has to be less likely by chance, as several are tried
RATIOS, LONGER_P_VALUE = (5, 7, 12, 24, 52), 1e-6


def usual_seasons(grid: Grid) -> tuple[int, ...]:
    """Return all seasons that a frequency may have, shortest first; `check_seasons` says which ones data show.

    A day and a week for steps of five minutes to a day (24 and 168 for hours), an hour and a day for minutes, a minute
    and an hour for seconds, a week and a year for days (7 and 365; 5 for business days), a year for weeks, months and
    quarters `(52, 12, 4)`, none for years and integer steps. Only whole numbers of steps count. For a calendar of its
    own a day, where all have as many times, and a week, or a year of its months or days.
    """
    if isinstance(grid, CycleGrid):
        n = len(grid.slots)
        return tuple(dict.fromkeys(k for k in (grid.per_day, n) if k > 1)) if grid.cycle == WEEK else (4 * n,)
    if isinstance(grid, DaysOfMonthGrid):
        return (12 * len(grid.days),)
    if isinstance(grid, WeekdayOfMonthGrid):
        return (12,)
    if isinstance(grid, DaysOfYearGrid | FiscalWeeksGrid):
        return (grid.per_year,)
    if isinstance(grid, BusinessGrid):
        return _whole(5, grid.n_days)
    if isinstance(grid, MonthGrid):
        return _whole(12, grid.n_months)
    if not isinstance(grid, FixedGrid):
        return ()
    step = grid.nanoseconds
    # a minute or an hour of fewer than 20 steps is no season that people expect
    short = [span // step for span in (SECOND, MINUTE, HOUR) if span % step == 0 and span >= 20 * step]
    seasons = [*short, *(s for span in (DAY, WEEK) for s in _whole(span, step))]
    if step >= DAY:
        seasons.append(round(YEAR_DAYS * DAY / step))
    return tuple(season for season in seasons[:2] if season > 1)


def _whole(span: int, step: int) -> tuple[int, ...]:
    return (span // step,) if span % step == 0 and span > step else ()


@dataclass(frozen=True)
class SeasonCheck:
    """Whether data show a season."""

    season_length: int  # steps
    kept: bool  # whether enough series show it
    strength: float  # share of the series with at least three full seasons that show it, 0 to 1
    message: Message  # what was found, in one sentence


@dataclass(frozen=True)
class Seasons:
    """The seasons of a table, and how they were found."""

    lengths: tuple[int, ...] = ()  # steps of each season that counts, shortest first
    source: str = "given"  # `given`, `frequency` (those that it suggests and the data show) or `search`
    checks: tuple[SeasonCheck, ...] = ()  # what was found of each season that was looked for

    @property
    def shortest(self) -> int:
        """Steps in the shortest season; 1 where there is none."""
        return self.lengths[0] if self.lengths else 1

    @property
    def longer(self) -> int:
        """Steps in the season after the shortest; 0 where there is none."""
        return self.lengths[1] if len(self.lengths) > 1 else 0

    @property
    def is_exact(self) -> bool:
        """Whether the length is known to the step.

        One that was searched for may be another phase some seasons back, unless a longer season holds many of it.
        """
        return self.source != "search" or len(self.lengths) > 1


def choose_seasons(panel: Panel, given: int | Sequence[int] | None = None) -> Seasons:
    """Return the seasons that count.

    Given ones are taken as they are, 1 for none. Those of the frequency are dropped where the data do not show them;
    where the frequency suggests none, one is searched for, and a longer one beside it. A year of days counts as 364
    where weeks matter too, because it holds whole weeks.
    """
    if given is not None:
        lengths = {int(season) for season in np.atleast_1d(np.asarray(given))}
        return Seasons(tuple(sorted(season for season in lengths if season > 1)))
    usual = usual_seasons(panel.grid)
    if not usual:
        return Seasons(*_searched(panel))
    checks = tuple(check_seasons(panel.values, panel.offsets, usual))
    kept = [check.season_length for check in checks if check.kept]
    return Seasons(tuple(364 if season == 365 and 7 in kept else season for season in kept), "frequency", checks)


def _searched(panel: Panel) -> tuple[tuple[int, ...], str, tuple[SeasonCheck, ...]]:
    first = find_season(panel.values, panel.offsets)
    longer = None if first is None else find_longer_season(panel.values, panel.offsets, first)
    found = tuple(season for season in (first, longer) if season is not None)
    checks = (SeasonCheck(season, True, 1.0, Message("season.found", {"n": season})) for season in found)
    return found, "search", tuple(checks)


def check_seasons(values: Floats, offsets: Ints, seasons: Iterable[int]) -> list[SeasonCheck]:
    """Tell which seasons, in steps, a training part shows: values `(N,)`, NaN where missing; shortest first.

    Series by series, the changes from step to step are tested for peaks of their spectrum at the season's
    harmonics (`season_p_values`; a series without the season shows it once in a hundred times). A season is
    kept when 5 % of the series that have three full seasons show it. A longer season must show
    harmonics that the shorter ones do not have. At most 500 series and their last 5,000 points (or eight
    seasons) are looked at.
    """
    checks: list[SeasonCheck] = []
    for season in sorted(set(seasons)):
        if season < 2:
            raise ConfigError(
                f"Each season must have at least 2 steps, got {season}. Pass `seasons=[24, 168]` for hours."
            )
        shorter = [check.season_length for check in checks if check.kept]
        checks.append(_check_one(values, offsets, season, shorter))
    return checks


def _check_one(values: Floats, offsets: Ints, season: int, shorter: list[int]) -> SeasonCheck:
    n_points = max(MAX_POINTS, 8 * season)
    lengths = np.minimum(np.diff(offsets), n_points)
    enough = np.flatnonzero(lengths >= MIN_PERIODS * season)
    if len(enough) == 0:
        return SeasonCheck(season, False, 0.0, Message("season.too_long", {"periods": MIN_PERIODS, "n": season}))
    sample = _spaced(enough, min(MAX_SERIES, MAX_TOTAL // int(lengths[enough].mean()) + 1))
    n_periods = lengths[sample] // season
    # rounded down to three binary digits, so that few distinct lengths remain
    shift = np.maximum(np.floor(np.log2(n_periods)).astype(np.int64) - 2, 0)
    n_periods = (n_periods >> shift) << shift
    shows = 0
    for count in np.unique(n_periods):
        ends = offsets[1:][sample[n_periods == count]]
        rows = values[ends[:, None] + np.arange(-count * season, 0)]
        shows += int((season_p_values(differenced(rows), season, shorter) < P_VALUE).sum())
    share = shows / len(sample)
    kept = share >= LEAST_SHARE
    return SeasonCheck(season, kept, share, _message(season, shorter, share, len(sample), kept=kept))


def _message(season: int, shorter: list[int], share: float, n_series: int, *, kept: bool) -> Message:
    what = Message(f"season.steps{'_beyond' if shorter else ''}", {"n": season, "shorter": shorter})
    code = f"season.{'shown' if kept else 'not_shown'}"
    if n_series == 1:
        return Message(code, {"season": what})
    return Message(f"{code}_by", {"season": what, "share": share, "n": n_series, "least": LEAST_SHARE})


def _spaced(index: Ints, n: int) -> Ints:
    """Return at most n of them, equally spaced."""
    return index if len(index) <= n else index[np.linspace(0, len(index) - 1, n).astype(np.int64)]


def find_season(values: Floats, offsets: Ints) -> int | None:
    """Look for a season where the frequency suggests none, as with integer steps; None where there is none.

    Each of at most 40 series is searched (`find_period`); the most common answer is taken if a third of the series
    give it.
    """
    return _of_a_third(find_period(y) for y in _searched_series(values, offsets))


def find_longer_season(values: Floats, offsets: Ints, season: int) -> int | None:
    """Look for a longer season beside one that was found, as 168 beside 24; None where there is none.

    Usual multiples of it are tested for harmonics that it does not have itself (`season_p_values`), in the series that
    hold three of them. The most common answer is taken if a third of the series give it. Of made series with a single
    season less than 2 % have another one by this.
    """
    return _of_a_third(_longer_season(y, season) for y in _searched_series(values, offsets))


def _searched_series(values: Floats, offsets: Ints) -> list[Floats]:
    return [values[offsets[s] : offsets[s + 1]] for s in _spaced(np.arange(len(offsets) - 1), MAX_SERIES_SEARCHED)]


def _of_a_third(answers: Iterable[int | None]) -> int | None:
    """Return the most common answer if a third give it."""
    found = Counter(answers)
    total = sum(found.values())
    del found[None]
    if not found:
        return None
    season, count = found.most_common(1)[0]
    return season if 3 * count >= total else None


def _longer_season(y: Floats, season: int) -> int | None:
    """Return the multiple of a season that one series shows most clearly."""
    p_values = {}
    for longer in (ratio * season for ratio in RATIOS):
        n_periods = min(len(y), max(MAX_POINTS, 8 * longer)) // longer
        if n_periods >= MIN_PERIODS:
            rows = y[None, len(y) - n_periods * longer :]
            p_values[longer] = float(season_p_values(differenced(rows), longer, [season])[0])
    best = min(p_values, key=lambda longer: p_values[longer], default=None)
    return best if best is not None and p_values[best] < LONGER_P_VALUE else None
