"""Which points of a series stand far off their neighbours? A robust rule that needs no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.arrays import Floats, Ints
from gatecast.data.panel import Panel

__all__ = ["FAR", "NEIGHBOURS", "Outliers", "find_outliers"]

# standard deviations of the deviations, estimated from their median; about two in a billion of a normal distribution
FAR = 6.0
# on each side, a season apart, that a point is compared with
NEIGHBOURS = 2
# standard deviation over median (and over mean) absolute deviation of a normal distribution
OVER_MEDIAN, OVER_MEAN = 1.4826, 1.2533
LEAST_POINTS = 12
MAX_SERIES = 2_000
SHOWN = 5


@dataclass(frozen=True)
class Outliers:
    """Points that are far off.

    Attributes:
        n: How many, over all series that were looked at.
        n_series: Series that have some.
        n_looked: Series that were looked at: all, or 2,000 evenly spaced ones.
        season_length: Steps between neighbours that were compared.
        series: `(k,)` rows of those furthest off, the furthest first.
        positions: `(k,)` their positions in their series.
        values: `(k,)` what they are.
        usual: `(k,)` medians of their neighbours.
    """

    n: int
    n_series: int
    n_looked: int
    season_length: int
    series: Ints
    positions: Ints
    values: Floats
    usual: Floats


def find_outliers(panel: Panel, season_length: int = 1) -> Outliers:
    """Find points that are far from the median of themselves and their neighbours at the same place in the season.

    Neighbours are the two before and the two after, a season apart; near the ends as many on each side, so that a trend
    moves no median. Points of the first and the last season have neighbours on one side only and are not judged.

    The deviation from that median is compared with its usual size in the same series: 1.4826 times the median absolute
    deviation, or 1.2533 times the mean one where more than half of the points do not deviate (the modified z-score of
    Iglewicz and Hoaglin 1993, on a running median). More than 6 times that is far off. A trend and a season that
    changes slowly are in the median.

    Args:
        panel: The series.
        season_length: Steps in the season; 1 for none.

    Examples:
        >>> y = np.sin(np.arange(100.0))
        >>> y[40] = 30
        >>> found = find_outliers(Panel(np.array(["a"]), y, np.array([0, 100]), np.array([0]), 1))
        >>> found.n, found.positions.tolist()
        (1, [40])
    """
    looked = np.unique(np.linspace(0, panel.n_series - 1, min(panel.n_series, MAX_SERIES)).astype(int))
    rows, places, scores, usual = [], [], [], []
    n_series = 0
    for s in looked:
        values = panel.series(int(s))
        score, median = _scores(values, season_length if len(values) > 3 * season_length else 1)
        far = np.flatnonzero(score > FAR)
        n_series += bool(len(far))
        rows.append(np.full(len(far), s))
        places.append(far)
        scores.append(score[far])
        usual.append(median[far])
    series, positions = np.concatenate(rows), np.concatenate(places)
    order = np.argsort(-np.concatenate(scores), kind="stable")[:SHOWN]
    values = panel.values[panel.offsets[series] + positions] if len(series) else np.zeros(0)
    top = series[order], positions[order], values[order], np.concatenate(usual)[order]
    return Outliers(len(series), n_series, len(looked), season_length, *top)


def _scores(values: Floats, season: int) -> tuple[Floats, Floats]:
    """Return how far each point is off, in usual deviations, and the median of its neighbours."""
    n = len(values)
    if np.isfinite(values).sum() < LEAST_POINTS:
        return np.zeros(n), values
    reach = NEIGHBOURS * season
    padded = np.concatenate([np.full(reach, np.nan), values, np.full(reach, np.nan)])
    beside = np.stack([padded[k * season : k * season + n] for k in range(2 * NEIGHBOURS + 1)])
    for k in range(NEIGHBOURS):
        # a value counts where its counterpart on the other side is known
        both = np.isfinite(beside[k] + beside[-1 - k])
        beside[k] = np.where(both, beside[k], np.nan)
        beside[-1 - k] = np.where(both, beside[-1 - k], np.nan)
    median = np.where(np.isfinite(values), _median(beside), np.nan)
    away = np.abs(values - median)
    judged = away[season : n - season]
    known = judged[np.isfinite(judged)]
    if not len(known):
        return np.zeros(n), values
    usual = OVER_MEDIAN * float(np.median(known)) or OVER_MEAN * float(known.mean())
    return np.nan_to_num(away / usual) if usual > 0 else np.zeros(n), median


def _median(beside: Floats) -> Floats:
    """Return the median of each column without what is missing; NaN where all is."""
    ordered = np.sort(beside, axis=0)
    count = np.isfinite(beside).sum(axis=0)
    at = np.arange(beside.shape[1])
    low, high = ordered[np.maximum((count - 1) // 2, 0), at], ordered[np.minimum(count // 2, len(beside) - 1), at]
    return np.asarray(np.where(count > 0, low + (high - low) / 2, np.nan))
