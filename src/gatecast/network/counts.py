"""Which whole numbers are likely? Distributions of counts by mean, dispersion and share of further zeros.

Their parameters are those of the core's likelihoods, see `origins.py`; quantiles and ends of intervals are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatecast.network.inputs import LossSettings

__all__ = ["Counts"]

Array = np.ndarray

# below this dispersion counts are Poisson's, which single precision cannot tell from it
LEAST_DISPERSION = 1e-6
# of a series of zeros alone
LEAST_MEAN = 1e-12


@dataclass(frozen=True)
class Counts:
    """Distributions of the counts of n origins and H steps; each array is `(n, H)`, or what can be spread to that."""

    mean: Array  # of all counts, in pieces
    dispersion: Array  # the variance without further zeros is mean + dispersion * mean**2; 0 is Poisson's
    zeros: Array  # share of zeros beside those of the negative binomial distribution
    is_fixed: Array  # where nothing but the mean is possible, as of a series that never changed

    @classmethod
    def of(cls, loss: LossSettings, parameters: Array, mean: Array, is_fixed: Array) -> Counts:
        """Name the parameters `(n, P, H)` of forecasts, whose means in pieces are known."""
        none = np.zeros_like(mean)
        dispersion, zeros = (parameters[:, p] if p < loss.n_parameters else none for p in (1, 2))
        return cls(np.maximum(mean, LEAST_MEAN), dispersion, zeros, is_fixed)

    def wider(self, growth: Array) -> Counts:
        """Return counts of the same means, whose standard deviation is `growth` times as large, at least as large."""
        # the variance without further zeros, over the square of their mean
        relative = self.dispersion + (1 - self.zeros) / self.mean
        return replace(self, dispersion=self.dispersion + (np.maximum(growth, 1.0) ** 2 - 1) * relative)

    def spread(self, axis: int) -> Counts:
        """Put one more axis into all arrays, for several probabilities of each count."""
        return Counts(*(np.expand_dims(part, axis) for part in vars(self).values()))

    def quantile(self, probabilities: Array) -> Array:
        """Return the least counts that are not exceeded with these probabilities."""
        p = np.clip((probabilities - self.zeros) / (1 - self.zeros), 0.0, 1.0)
        mu, r, poisson = self._rest
        with np.errstate(all="ignore"):
            found = np.where(self.dispersion > LEAST_DISPERSION, _negative_binomial().ppf(p, r, r / (r + mu)), 0.0)
            if poisson.any():
                found = np.where(poisson, _poisson().ppf(p, mu), found)
        # of probability 0 SciPy says -1
        return np.where(self.is_fixed, self.mean, np.maximum(found, 0.0))

    def below(self, counts: Array) -> Array:
        """Return the probabilities of less than these whole numbers."""
        mu, r, poisson = self._rest
        with np.errstate(all="ignore"):
            less = np.where(poisson, 0.0, _negative_binomial().cdf(counts - 1, r, r / (r + mu)))
            if poisson.any():
                less = np.where(poisson, _poisson().cdf(counts - 1, mu), less)
        return np.where(counts > 0, self.zeros + (1 - self.zeros) * less, 0.0)

    def intervals(self, levels: Sequence[float]) -> tuple[Array, Array]:
        """Return both ends of intervals, `(n, H, L)`; one of a higher level (they rise, in %) is never narrower."""
        ends = [self.interval(level / 100) for level in levels]
        lower, upper = (np.stack(side, axis=2) for side in zip(*ends, strict=True))
        return np.minimum.accumulate(lower, axis=2), np.maximum.accumulate(upper, axis=2)

    def interval(self, share: float) -> tuple[Array, Array]:
        """Return the ends of intervals that hold a share of the counts, no more than whole numbers make necessary.

        Less than half of what may stay outside lies below; the upper end leaves out the rest. Where the lower end is 0,
        below which there is nothing, that is all of it: a central interval would hold far too much.
        """
        lower = self.quantile(np.asarray((1 - share) / 2))
        return lower, self.quantile(np.minimum(self.below(lower) + share, (1 + share) / 2))

    @property
    def _rest(self) -> tuple[Array, Array, Array]:
        """Mean and number of failures beside further zeros, and where the distribution is Poisson's."""
        poisson = np.asarray(self.dispersion <= LEAST_DISPERSION)
        return self.mean / (1 - self.zeros), 1 / np.maximum(self.dispersion, LEAST_DISPERSION), poisson


def _negative_binomial() -> Any:
    # SciPy's distributions take a second to import
    from scipy.stats import nbinom

    return nbinom


def _poisson() -> Any:
    from scipy.stats import poisson

    return poisson
