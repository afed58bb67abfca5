"""How rare is the error of a forecast among earlier ones of its series? A p-value that holds for any distribution."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque

import numpy as np
from scipy.special import stdtr, stdtrit

from gatecast.data.panel.arrays import Floats, Ints

__all__ = ["Surprise", "promised_sizes", "score_of", "walk"]

# errors that a new one is compared with: the newest ones
MOST_KEPT = 1000
# fewer say nothing about a new one
LEAST_KEPT = 10
# errors that a fit measured stand for at most so many of the series' own
MOST_AT_FIRST = 30
# quantiles of a Student distribution with these degrees of freedom: how far the 90 % quantile of absolute values is
# from 0 in units of the median one falls with them
FREEDOMS = np.array([2.0, 3.0, 4.0, 6.0, 10.0, 30.0])
RATIOS = stdtrit(FREEDOMS, 0.95) / stdtrit(FREEDOMS, 0.75)
# what is taken for a series of which nothing is known, as if so many errors had shown it
USUAL_FREEDOM, SHOWN_BY = 6.0, 50
# an error that is rarer than this share of the false alarms that are asked for is not compared with later ones, ...
CLEARLY = 0.01
# ... unless half of so many newest ones are so rare: then errors have become larger
NEWEST = 20
# the tail of many errors hardly changes with each new one
MANY, EACH = 100, 16
# no error is rarer
LEAST_P = 1e-300


class Surprise:
    """Errors of one series, and how rare a new one is among them.

    A p-value is `(k + u) / (n + 1)`, where k of n earlier errors are larger: if the new one is exchangeable with them,
    it is below any level at most as often as the level says (Vovk, Gammerman and Shafer 2005). The u between 0 and 1 is
    the place between the two nearest errors, or beyond the largest, by the tail of a Student distribution, so that
    levels below `1 / (n + 1)` can be asked for, and anomalies be put in an order. Its scale and degrees of freedom
    follow from the median and the 90 % quantile, which a few anomalies do not move; errors that it calls very rare are
    not compared with later ones.

    Args:
        start: Sizes of errors to begin with, `(n,)`; NaN for none.
        false_alarms: Share of errors of a clean series that are to be called anomalies.
    """

    def __init__(self, start: Floats, false_alarms: float) -> None:
        known = np.sort(start[~np.isnan(start)])
        if len(known) > MOST_AT_FIRST:
            known = np.quantile(known, (np.arange(MOST_AT_FIRST) + 0.5) / MOST_AT_FIRST)
        self._false_alarms = false_alarms
        self._sorted: list[float] = known.tolist()
        self._order = deque(self._sorted)
        self._were_rare: deque[bool] = deque(maxlen=NEWEST)
        self._n_taken = 0
        self._fit()

    def p_value(self, size: float) -> float:
        """Return how rare an error of this size is; NaN where too few are known."""
        n = len(self._sorted)
        if n < LEAST_KEPT or math.isnan(size):
            return math.nan
        at = bisect_left(self._sorted, size)
        if self._scale == 0:
            return (n - at + 1) / (n + 1)
        upper = 0.0 if at == n else self._tail(self._sorted[at])
        lower = self._tail(self._sorted[at - 1] if at else 0.0)
        between = 1.0 if lower <= upper else (self._tail(size) - upper) / (lower - upper)
        return (n - at + min(max(between, 0.0), 1.0)) / (n + 1)

    def limit(self) -> float:
        """Return the size from which on errors are called anomalies; infinite where too few are known."""
        n = len(self._sorted)
        rank = self._false_alarms * (n + 1)
        n_above = min(int(rank), n)
        if n < LEAST_KEPT or (self._scale == 0 and n_above == 0):
            return math.inf
        if self._scale == 0:
            return self._sorted[n - n_above]
        upper = self._tail(self._sorted[n - n_above]) if n_above else 0.0
        lower = self._tail(self._sorted[n - n_above - 1]) if n_above < n else 1.0
        tail = upper + (rank - n_above) * (lower - upper)
        return -self._scale * float(stdtrit(self._freedom, max(tail, LEAST_P) / 2))

    def take(self, size: float) -> None:
        """Compare later errors with this one, too."""
        if math.isnan(size):
            return
        is_rare = len(self._sorted) >= LEAST_KEPT and self._is_clearly_rare(size)
        self._were_rare.append(is_rare)
        if is_rare and 2 * sum(self._were_rare) < NEWEST:
            return
        insort(self._sorted, size)
        self._order.append(size)
        if len(self._order) > MOST_KEPT:
            del self._sorted[bisect_left(self._sorted, self._order.popleft())]
        self._n_taken += 1
        if len(self._order) < MANY or self._n_taken % EACH == 0:
            self._fit()

    def _is_clearly_rare(self, size: float) -> bool:
        return self._scale > 0 and self._tail(size) < CLEARLY * self._false_alarms

    def _tail(self, size: float) -> float:
        """Return how often a Student variable is farther from 0 than this."""
        return 2 * float(stdtr(self._freedom, -size / self._scale))

    def _fit(self) -> None:
        """Find scale and degrees of freedom."""
        n = len(self._sorted)
        if not n:
            self._scale, self._freedom = 0.0, USUAL_FREEDOM
            return
        middle, outer = self._sorted[n // 2], self._sorted[min(int(0.9 * n), n - 1)]
        usual = RATIOS[FREEDOMS == USUAL_FREEDOM][0]
        ratio = (n * outer / middle + SHOWN_BY * usual) / (n + SHOWN_BY) if middle > 0 else RATIOS[0]
        self._freedom = float(np.interp(-ratio, -RATIOS, FREEDOMS))
        self._scale = outer / float(stdtrit(self._freedom, 0.95))


def promised_sizes() -> Floats:
    """Return sizes of errors in units of the spread that a network said, as they are where it says it well."""
    share = (np.arange(MOST_AT_FIRST) + 0.5) / MOST_AT_FIRST
    return np.asarray(stdtrit(USUAL_FREEDOM, 0.5 + share / 2) / stdtrit(USUAL_FREEDOM, 0.9))


def walk(sizes: Floats, offsets: Ints, start: Floats, false_alarms: float) -> tuple[Floats, Floats]:
    """Judge sizes of errors, `(N,)`, each by those before it in its series; each begins with those of `start`.

    Returns p-values and the sizes from which on an error would be an anomaly, `(N,)` each; NaN where nothing is judged.
    """
    p_values, limits = np.full(len(sizes), np.nan), np.full(len(sizes), np.nan)
    for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        surprise = Surprise(start, false_alarms)
        for n, size in enumerate(sizes[begin:end].tolist(), begin):
            limits[n] = surprise.limit()
            p_values[n] = surprise.p_value(size)
            surprise.take(size)
    limits[np.isinf(limits)] = np.nan
    return p_values, limits


def score_of(p_values: Floats) -> Floats:
    """Return how rare errors are as a score that grows: 2 for one clean point in 100, 3 for one in 1,000.

    Examples:
        >>> score_of(np.array([1.0, 0.01, np.nan])).tolist()
        [0.0, 2.0, nan]
    """
    # never -0
    return np.asarray(-np.log10(np.maximum(p_values, LEAST_P)) + 0.0)
