"""Can the past of a series say more than a linear model takes from it? Teraesvirta's neural network test."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from gatecast.data.panel.arrays import Array, Floats

__all__ = ["Nonlinearity", "teraesvirta"]

# powers and products of more lags would be more than a short series can estimate
MAX_NONLINEAR_LAGS = 3
LEAST_POINTS = 30


@dataclass(frozen=True)
class Nonlinearity:
    """What the test found.

    Attributes:
        statistic: F, NaN where the test is undefined.
        p_value: That a linear autoregression says all there is to say about the mean.
        n_lags: Lags of that autoregression.
        n_lags_nonlinear: Lags whose squares, cubes and products were tried beside it.
    """

    statistic: float
    p_value: float
    n_lags: int
    n_lags_nonlinear: int


def teraesvirta(values: Floats, n_lags: int | None = None) -> Nonlinearity:
    """Test a stationary series `(n,)`, without gaps and seasons, for neglected nonlinearity in the mean.

    Teraesvirta, Lin and Granger (1993): a network of one hidden layer beside a linear autoregression, expanded to third
    order, adds the squares, cubes and products of the lags; an F test says whether they explain anything of its
    residuals. The linear part has `n_lags` lags (as many as have the smallest AIC when absent), the powers
    are those of the first three of them at most. Changing
    variance and heavy tails make the p-value smaller than it should be.

    Returns:
        NaN for a constant series, and for one with fewer than 30 points more than there are coefficients.

    Examples:
        >>> x = np.empty(300)
        >>> x[0] = 0.3
        >>> for t in range(1, 300):  # the logistic map, in which lags say nothing linear
        ...     x[t] = 3.9 * x[t - 1] * (1 - x[t - 1])
        >>> teraesvirta(x).p_value < 1e-6
        True
    """
    nothing = Nonlinearity(np.nan, np.nan, 0, 0)
    spread = np.ptp(values) if len(values) else 0.0
    if len(values) < LEAST_POINTS or not np.isfinite(spread) or spread <= 1e-12 * np.abs(values).max():
        return nothing
    scaled = (values - values.mean()) / values.std()
    p = _order(scaled) if n_lags is None else n_lags
    q = min(p, MAX_NONLINEAR_LAGS)
    lags = np.stack([scaled[p - lag : len(scaled) - lag] for lag in range(1, p + 1)], axis=1)
    linear = np.column_stack([np.ones(len(lags)), lags])
    added = _powers(lags[:, :q])
    n_free = len(lags) - linear.shape[1] - added.shape[1]
    if n_free < LEAST_POINTS:
        return nothing
    rest = _rest(linear, scaled[p:])
    squares, squares_left = float(rest @ rest), float(np.sum(_rest(np.column_stack([linear, added]), rest) ** 2))
    # a linear recursion without noise, such as a sine, leaves rounding errors only
    if squares < 1e-16 * len(lags):
        return nothing
    with np.errstate(divide="ignore"):
        statistic = np.float64((squares - squares_left) / added.shape[1]) / (squares_left / n_free)
    from scipy.special import fdtrc

    return Nonlinearity(float(statistic), float(fdtrc(added.shape[1], n_free, statistic)), p, q)


def _order(scaled: Floats) -> int:
    """Return the number of lags with the smallest AIC, at least 1, by the recursion of Levinson and Durbin."""
    n = len(scaled)
    # Schwert's rule; a tenth of the points at most
    most = max(min(int(12 * (n / 100) ** 0.25), n // 10), 1)
    covariances = np.array([scaled[lag:] @ scaled[: n - lag] / n for lag in range(most + 1)])
    weights, variance = np.empty(0), covariances[0]
    best, smallest = 1, np.inf
    for lag in range(1, most + 1):
        partial = (covariances[lag] - weights @ covariances[lag - 1 : 0 : -1]) / variance
        weights = np.append(weights - partial * weights[::-1], partial)
        variance *= max(1 - partial**2, 1e-12)
        criterion = n * np.log(variance) + 2 * lag
        if criterion < smallest:
            best, smallest = lag, criterion
    return best


def _powers(lags: Floats) -> Floats:
    """Return all products of two and three lags, `(n, m)`."""
    sets = [c for size in (2, 3) for c in combinations_with_replacement(range(lags.shape[1]), size)]
    return np.stack([lags[:, list(c)].prod(axis=1) for c in sets], axis=1)


def _rest(regressors: Array, target: Array) -> Floats:
    weights = np.linalg.lstsq(regressors, target, rcond=None)[0]
    return np.asarray(target - regressors @ weights)
