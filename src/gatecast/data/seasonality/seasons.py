"""How many steps does a season have: which ones does a frequency suggest, and which do the data show?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, Grid, MonthGrid
from gatecast.data.seasonality.peaks import differenced, season_p_values
from gatecast.data.seasonality.period import find_period
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = ["SeasonCheck", "check_seasons", "find_season", "usual_season", "usual_seasons"]

SECOND, MINUTE, HOUR, WEEK = 10**9, 60 * 10**9, 3600 * 10**9, 7 * DAY
YEAR_DAYS = 365.25

# a series shows a season when chance would do so once in a hundred times, and so many have to
P_VALUE = 0.01
LEAST_SHARE = 0.05
MIN_PERIODS = 3
# what is looked at, so that it takes a fifth of a second: series, points of each, points in all
MAX_SERIES, MAX_POINTS, MAX_TOTAL = 500, 5_000, 600_000
MAX_SERIES_SEARCHED = 40


def usual_season(grid: Grid) -> int:
    """Return the season that people expect at a frequency.

    A day for steps below a day (24 for hours, 48 for half hours), a week for days (7, or 5 for business days), a year
    for weeks, months and quarters `(52, 12, 4)`, 1 (no season) for years and integer steps.

    Examples:
        >>> from gatecast.data.panel.frequency import named_grid
        >>> [usual_season(named_grid(freq)) for freq in ("30min", "D", "MS", 1)]
        [48, 7, 12, 1]
    """
    if isinstance(grid, BusinessGrid):
        return max(1, 5 // grid.n_days)
    if isinstance(grid, MonthGrid):
        return max(1, 12 // grid.n_months)
    if isinstance(grid, FixedGrid):
        for season in (DAY, 7 * DAY, 364 * DAY):
            if grid.nanoseconds < season:
                return max(1, season // grid.nanoseconds)
    return 1


def usual_seasons(grid: Grid) -> tuple[int, ...]:
    """Return all seasons that a frequency may have, shortest first; `check_seasons` says which ones data show.

    A day and a week for steps of five minutes to a day (24 and 168 for hours), an hour and a day for minutes, a minute
    and an hour for seconds, a week and a year for days (7 and 365; 5 for business days), a year for weeks, months and
    quarters `(52, 12, 4)`, none for years and integer steps. Only whole numbers of steps count.
    """
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

    @classmethod
    def from_dict(cls, facts: JsonObject) -> Self:
        """Return the answer that `dataclasses.asdict` took apart."""
        return cls(facts["season_length"], facts["kept"], facts["strength"], Message.from_dict(facts["message"]))


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
        message = Message("season.too_long", {"periods": MIN_PERIODS, "n": season})
        return SeasonCheck(season, False, 0.0, message)
    sample = _spaced(enough, min(MAX_SERIES, MAX_TOTAL // int(lengths[enough].mean()) + 1))
    n_periods = _coarse(lengths[sample] // season)
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


def _coarse(counts: Ints) -> Ints:
    """Round down to three binary digits, so that few distinct lengths remain."""
    shift = np.maximum(np.floor(np.log2(counts)).astype(np.int64) - 2, 0)
    return (counts >> shift) << shift


def find_season(values: Floats, offsets: Ints) -> int | None:
    """Look for a season where the frequency suggests none, as with integer steps; None where there is none.

    Each of at most 40 series is searched (`find_period`); the most common answer is taken if a third of the series
    give it.
    """
    sample = _spaced(np.arange(len(offsets) - 1), MAX_SERIES_SEARCHED)
    found = Counter(find_period(values[offsets[s] : offsets[s + 1]]) for s in sample)
    total = sum(found.values())
    del found[None]
    if not found:
        return None
    season, count = found.most_common(1)[0]
    return season if 3 * count >= total else None
