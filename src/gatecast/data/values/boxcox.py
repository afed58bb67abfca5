"""Which power makes each series most like a normal distribution? Many series at once.

`scipy.stats.boxcox_normmax` finds it for one series in about 10 milliseconds, which 100,000 series cannot wait for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints, blocks

__all__ = ["HIGHEST_POWER", "LOWEST_POWER", "SHIFT", "BoxCoxRows", "fit_box_cox", "fit_root", "power_of"]

LOWEST_POWER, HIGHEST_POWER = -1.0, 2.0
N_STEPS = 16  # after 16 steps of the golden section a power is known to 0.0014
# medians that are added to a value before its root or logarithm is taken, so that small values say little
SHIFT = 0.1
# between the logarithm, under which trends go on too far, and values as they are, whose season does not grow with them
ROOT = 0.25
# a forecast ends at so many times the largest value; what that and ratios are at most, so that they are numbers
CEILING, LARGEST, MOST_RATIO = 100.0, 1e305, 1e307
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class BoxCoxRows:
    """What was learned of each series, float64, shape `(S,)` each, or one for each of some rows."""

    power: Floats  # the exponent; 1 leaves the series as it is
    shift: Floats  # what is added, in the units of the data
    unit: Floats  # geometric mean of the shifted series, in the units of the data
    floor: Floats  # smallest argument of the power, in units of `unit`
    ceiling: Floats  # largest result of `inverse`, in units of `unit`

    def take(self, index: Ints) -> BoxCoxRows:
        """Return the rows at `index`, shape `(n,)`."""
        return BoxCoxRows(*(array[index] for array in vars(self).values()))

    def forward(self, values: Floats) -> Floats:
        """Transform values, shape `(n, ...)`, one row for each of ours."""
        power, shift, unit, floor, _ = self._columns(values.ndim)
        with np.errstate(over="ignore"):
            ratios = np.minimum((values + shift) / unit, MOST_RATIO)
        logarithms = np.log(np.maximum(ratios, floor))
        return np.where(power == 1, values, power_of(logarithms, power))

    def inverse(self, values: Floats) -> Floats:
        """Bring transformed values back, shape `(n, ...)`; outside the domain they are the limit."""
        power, shift, unit, _, ceiling = self._columns(values.ndim)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            logarithms = np.where(power == 0, values, np.log1p(np.maximum(power * values, -1.0)) / power)
        restored = np.exp(np.minimum(logarithms, np.log(ceiling))) * unit - shift
        return np.where(power == 1, values, restored)

    def _columns(self, ndim: int) -> Iterable[Floats]:
        arrays = vars(self).values()
        # a single row meets all values as it is, as in streams, whose every observation comes here
        return arrays if ndim == 1 or len(self.power) == 1 else [a.reshape(-1, *(1,) * (ndim - 1)) for a in arrays]


def fit_box_cox(values: Floats, offsets: Ints) -> BoxCoxRows:
    """Find the power of maximum likelihood of each series of a training part, `(N,)`, see `BoxCox`; NaN is skipped.

    The likelihood is concave in the power (Kouider and Chen 1995), so a golden section finds its maximum.
    """
    n_series = len(offsets) - 1
    result = BoxCoxRows(*(np.ones(n_series) for _ in range(5)))
    for block in blocks(offsets):
        fitted = _fit_block(values[block.rows], block.offsets)
        for name, array in vars(fitted).items():
            getattr(result, name)[block.series] = array
    return result


def fit_root(values: Floats, offsets: Ints) -> BoxCoxRows:
    """Find the median of each series of a training part, `(N,)`, see `FourthRoot`; NaN is skipped."""
    S, lengths = len(offsets) - 1, np.diff(offsets)
    low, middle, high = np.full((3, S), np.nan)
    for length in np.unique(lengths[lengths > 0]):
        # series of one length are sorted side by side, NaN last
        rows = np.flatnonzero(lengths == length)
        ordered = np.sort(values[offsets[rows, None] + np.arange(length)], axis=1)
        last = length - np.isnan(ordered).sum(axis=1) - 1
        at = np.arange(len(rows))
        low[rows], high[rows] = ordered[:, 0], ordered[at, last]
        middle[rows] = (ordered[at, last // 2] + ordered[at, (last + 1) // 2]) / 2
    bends = (low >= 0) & (middle > 0) & (low < high)
    unit = np.where(bends, middle, 1.0)
    ceiling = np.where(bends, _ceiling(high, unit), 1.0)
    shift = np.where(bends, SHIFT * unit, 0.0)
    return BoxCoxRows(np.where(bends, ROOT, 1.0), shift, unit, np.full(S, SHIFT), ceiling)


def _ceiling(high: Floats, unit: Floats) -> Floats:
    """Return the largest forecasts, in units of `unit`, of series whose largest values are known, `(S,)` each."""
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(np.minimum(high, LARGEST) / unit, LARGEST) * CEILING)


def _fit_block(values: Floats, offsets: Ints) -> BoxCoxRows:
    n_series = len(offsets) - 1
    seen = ~np.isnan(values)
    series = np.repeat(np.arange(n_series), np.diff(offsets))[seen]
    y = values[seen]
    count = np.bincount(series, minlength=n_series)
    low, high = np.full(n_series, np.inf), np.full(n_series, -np.inf)
    np.minimum.at(low, series, y)
    np.maximum.at(high, series, y)
    plain = (count < 3) | ~(low < high)
    low, high = np.where(plain, 1.0, low), np.where(plain, 1.0, high)

    height = np.bincount(series, y - low[series], n_series) / np.maximum(count, 1)
    shift = np.where(low > 0, 0.0, height / 10 - low)
    # a height that rounding swallows, as of subnormal numbers, leaves no room above zero
    plain |= low + shift <= 0
    # a constant series would be shifted to values without a logarithm, and is not transformed
    logarithms = np.log(np.where(plain[series], 1.0, y + shift[series]))
    center = np.bincount(series, logarithms, n_series) / np.maximum(count, 1)
    power = _best_power(logarithms - center[series], series, count)
    unit = np.exp(center)
    # far below the middle of 600 orders of magnitude nothing is left
    least = np.maximum((low + shift) / unit / 10, np.finfo(np.float64).tiny)
    floor, ceiling = np.where(plain, 1.0, least), _ceiling(high + shift, unit)
    return BoxCoxRows(np.where(plain, 1.0, power), np.where(plain, 0.0, shift), unit, floor, ceiling)


def _best_power(logarithms: Floats, series: Ints, count: Ints) -> Floats:
    """Search the power of each series by golden section; the logarithms have mean 0, shape `(n,)`."""
    low, high = np.full(len(count), LOWEST_POWER), np.full(len(count), HIGHEST_POWER)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    of_left, of_right = (_spread(p, logarithms, series, count) for p in (left, right))
    for _ in range(N_STEPS):
        is_left = of_left < of_right
        high, low = np.where(is_left, right, high), np.where(is_left, low, left)
        kept, of_kept = np.where(is_left, left, right), np.where(is_left, of_left, of_right)
        fresh = np.where(is_left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        of_fresh = _spread(fresh, logarithms, series, count)
        left, right = np.where(is_left, fresh, kept), np.where(is_left, kept, fresh)
        of_left, of_right = np.where(is_left, of_fresh, of_kept), np.where(is_left, of_kept, of_fresh)
    return np.asarray((low + high) / 2)


def _spread(power: Floats, logarithms: Floats, series: Ints, count: Ints) -> Floats:
    """Return the variance of each transformed series, shape `(S,)`.

    In units of the geometric mean the log-likelihood is `-n/2 log(variance)`, so the least variance is the most likely.
    """
    bent = power_of(logarithms, power[series])
    n = np.maximum(count, 1)
    bent -= (np.bincount(series, bent, len(count)) / n)[series]
    return np.bincount(series, np.square(bent, out=bent), len(count)) / n


def power_of(logarithms: Floats, power: Floats) -> Floats:
    """Return `(exp(power * logarithms) - 1) / power`, which is `logarithms` at power 0."""
    # squares of exp(300) are still numbers
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = np.expm1(np.minimum(power * logarithms, 300.0)) / power
    return np.where(power == 0, logarithms, bent)
