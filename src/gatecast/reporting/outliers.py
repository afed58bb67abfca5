"""Which points of a series stand far off their neighbours? A robust rule that needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel

__all__ = ["FAR", "NEIGHBOURS", "Outliers", "find_outliers"]

# standard deviations of the deviations, estimated from their median; about two in a billion of a normal distribution
FAR = 6.0
# on each side, a season apart, that a point is compared with
NEIGHBOURS = 2
# standard deviation over median (and over mean) absolute deviation of a normal distribution
OVER_MEDIAN, OVER_MEAN = 1.4826, 1.2533
LEAST_POINTS = 12
MAX_SERIES = 2_000
# as many seasons a series must have for it to be compared with
LEAST_SEASONS = 4
SHOWN = 5


@dataclass(frozen=True)
class Outliers:
    """Points that are far off.

    There are `n` of them in `n_series` of the `n_looked` series that were looked at: all, or 2,000 evenly spaced ones.
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

    Examples:
        >>> y = np.sin(np.arange(100.0))
        >>> y[40] = 30
        >>> found = find_outliers(Panel(np.array(["a"]), y, np.array([0, 100]), np.array([0]), 1))
        >>> found.n, found.positions.tolist()
        (1, [40])
    """
    looked = np.unique(np.linspace(0, panel.n_series - 1, min(panel.n_series, MAX_SERIES)).astype(int))
    seasons = sorted({int(m) for m in season_lengths}) or [1]
    rows, places, scores, usual = [], [], [], []
    n_series = 0
    for s in looked:
        values = panel.series(int(s))
        score, suggested = _worst_case(values, [m for m in seasons if len(values) > LEAST_SEASONS * m])
        far = np.flatnonzero(score > FAR)
        n_series += bool(len(far))
        rows.append(np.full(len(far), s))
        places.append(far)
        scores.append(score[far])
        usual.append(suggested[far])
    series, positions = np.concatenate(rows), np.concatenate(places)
    order = np.argsort(-np.concatenate(scores), kind="stable")[:SHOWN]
    values = panel.values[panel.offsets[series] + positions] if len(series) else np.zeros(0)
    top = series[order], positions[order], values[order], np.concatenate(usual)[order]
    return Outliers(len(series), n_series, len(looked), tuple(seasons), *top)


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
