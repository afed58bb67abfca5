"""What in the data looks wrong? Points far off their neighbours, and covariates that know the future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel

__all__ = ["FAR", "Leak", "Outliers", "evenly", "find_leaks", "find_outliers"]

# standard deviations of the deviations, estimated from their median; about two in a billion of a normal distribution
FAR = 6.0
# on each side, a season apart, that a point is compared with
NEIGHBOURS = 2
# standard deviation over median (and over mean) absolute deviation of a normal distribution
OVER_MEDIAN, OVER_MEAN = 1.4826, 1.2533
LEAST_POINTS, MAX_SERIES = 12, 2_000
# as many seasons a series must have for it to be compared with
LEAST_SEASONS = 4
SHOWN = 5
# correlation of values and of changes that is taken for the same thing, and of how many points and series
SAME = 0.999
LEAST_PAIRS, MAX_SERIES_OF_LEAKS, MAX_STEPS = 20, 200, 400


def evenly(n: int, most: int) -> Ints:
    """Return `most` evenly spaced places of n, or all of them where they are fewer."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(int))


@dataclass(frozen=True)
class Outliers:
    """Points far off: `n` of them in `n_series` of the `n_looked` series that were looked at.

    The arrays, `(k,)` each, tell of those furthest off, the furthest first: rows of their series, positions in it,
    values, and the usual ones that their neighbours suggest.
    """

    n: int
    n_series: int
    n_looked: int
    season_lengths: tuple[int, ...]
    series: Ints
    positions: Ints
    values: Floats
    usual: Floats


def find_outliers(panel: Panel, season_lengths: Sequence[int] = (1,)) -> Outliers:
    """Find points that are far from what their neighbours at the same place in the season suggest.

    Suggested are the mean of the neighbours before and after, and that of the second ones: a trend moves neither. The
    nearer one counts, so that an outlier among the neighbours makes none of its neighbours one. Points of the first and
    the last season have neighbours on one side only and are not judged. Where there are several seasons, a point must
    be far off by each: a Sunday is far from a Saturday, but not from Sundays.

    The deviation is compared with its usual size in the same series: 1.4826 times the median absolute deviation, or
    1.2533 times the mean one where more than half of the points do not deviate (the modified z-score of Iglewicz and
    Hoaglin 1993, on what neighbours do not explain). More than 6 times that is far off.
    """
    looked = evenly(panel.n_series, MAX_SERIES)
    seasons = sorted({int(m) for m in season_lengths}) or [1]
    found = []
    for s in looked:
        values = panel.series(int(s))
        score, usual = _worst_case(values, [m for m in seasons if len(values) > LEAST_SEASONS * m])
        far = np.flatnonzero(score > FAR)
        found.append((np.full(len(far), s), far, score[far], values[far], usual[far]))
    series, positions, scores, values, usual = (np.concatenate(parts) for parts in zip(*found, strict=True))
    top = np.argsort(-scores, kind="stable")[:SHOWN]
    n_series = len(np.unique(series))
    return Outliers(
        len(series), n_series, len(looked), tuple(seasons), series[top], positions[top], values[top], usual[top]
    )


def _worst_case(values: Floats, seasons: list[int]) -> tuple[Floats, Floats]:
    """Return the scores of the season by which a point is least far off, and what it suggests."""
    found = [_scores(values, season) for season in seasons or [1]]
    scores, suggested = (np.stack(parts) for parts in zip(*found, strict=True))
    least = scores.argmin(axis=0)
    at = np.arange(len(values))
    return scores[least, at], suggested[least, at]


def _scores(values: Floats, season: int) -> tuple[Floats, Floats]:
    """Return how far each point is off, in usual deviations, and what its neighbours suggest."""
    n = len(values)
    if np.isfinite(values).sum() < LEAST_POINTS:
        return np.zeros(n), values
    reach = NEIGHBOURS * season
    padded = np.concatenate([np.full(reach, np.nan), values, np.full(reach, np.nan)])
    steps = [k * season for k in range(1, NEIGHBOURS + 1)]
    suggested = np.stack([(padded[reach + k :][:n] / 2 + padded[reach - k :][:n] / 2) for k in steps])
    distances = np.where(np.isfinite(suggested), np.abs(values - suggested), np.inf)
    nearest = distances.argmin(axis=0)
    usual_value = suggested[nearest, np.arange(n)]
    away = np.abs(values - usual_value)
    known = away[np.isfinite(away)]
    if not len(known):
        return np.zeros(n), usual_value
    usual = OVER_MEDIAN * float(np.median(known)) or OVER_MEAN * float(known.mean())
    # what is not judged is not far off
    return np.nan_to_num(away / usual) if usual > 0 else np.zeros(n), usual_value


@dataclass(frozen=True)
class Leak:
    """A covariate that holds the target of `steps` after its time; the correlation is that of the changes."""

    name: str
    steps: int
    correlation: float
    # whether the numbers themselves are the same
    is_equal: bool


def find_leaks(panel: Panel, horizon: int) -> tuple[Leak, ...]:
    """Find covariates that are the target of the same or a later time, at most 400 steps ahead.

    Values and changes must both correlate at 0.999 or more: two smooth series may do so in their values alone. What is
    known ahead must not be the target of its own time; what is known up to now may be that, but not a later one, unless
    the target itself moves as it did a step before.
    """
    chosen = evenly(panel.n_series, MAX_SERIES_OF_LEAKS)
    found = []
    for columns, first in ((panel.future, 0), (panel.past, 1)):
        for name, column in columns.items():
            if column.dtype != object:
                found += _leaks_of(panel, chosen, name, column, range(first, min(horizon, MAX_STEPS) + 1))
    return tuple(found)


def _leaks_of(panel: Panel, chosen: Ints, name: str, column: Floats, steps: range) -> list[Leak]:
    series = [panel.series(int(s)) for s in chosen]
    for k in steps:
        # the target k steps later beside the covariate
        theirs = [column[panel.offsets[s] : panel.offsets[s + 1]] for s in chosen]
        pairs = [(y[k:], x[: len(x) - k]) for y, x in zip(series, theirs, strict=True)]
        if abs(_correlation(pairs)) < SAME:
            continue
        moved = _correlation([(np.diff(y), np.diff(x)) for y, x in pairs])
        changes = [np.diff(y) for y in series]
        if abs(moved) < SAME or (k > 0 and abs(_correlation([(y[k:], y[: len(y) - k]) for y in changes])) > SAME):
            continue
        return [Leak(name, k, moved, bool(np.array_equal(*_seen(pairs))))]
    return []


def _seen(pairs: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    ours, theirs = (np.concatenate(side) for side in zip(*pairs, strict=True))
    seen = np.isfinite(ours) & np.isfinite(theirs)
    return ours[seen], theirs[seen]


def _correlation(pairs: list[tuple[Floats, Floats]]) -> float:
    ours, theirs = _seen(pairs)
    if len(ours) < LEAST_PAIRS or not ours.std() > 0 or not theirs.std() > 0:
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])
