"""How does a series remember? Far back beside a strong short memory, and in ways that no linear model takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from gatecast.data.panel.arrays import Array, Floats

__all__ = ["LongMemory", "long_memory", "teraesvirta"]

LEAST_FREQUENCIES = 30
# short memories that are tried, close together near 1, where they look most like a long one
SHORT = np.concatenate([np.linspace(-0.8, 0.8, 17), np.linspace(0.82, 0.98, 9)])
# powers and products of more lags would be more than a short series can estimate
MAX_NONLINEAR_LAGS = 3
LEAST_POINTS = 30


@dataclass(frozen=True)
class LongMemory:
    """Autocorrelations fall as a power of the lag, `lag^(2d - 1)`, and not exponentially.

    d is 0 for short memory, up to 0.5 for long memory of a stationary series, 1 for a random walk; NaN where the series
    is too short.
    """

    d: float
    standard_error: float

    @property
    def is_long(self) -> bool:
        """Whether d is above 0 by more than two standard errors, and below that of a random walk."""
        return bool(2 * self.standard_error < self.d < 1 - 2 * self.standard_error)


def long_memory(values: Floats, season_length: int = 1) -> LongMemory:
    """Estimate d beside a short memory, from the frequencies below half of the season's.

    The series is taken for a fractionally integrated autoregression (1 - phi L) (1 - L)^d y = e (Granger and Joyeux
    1980; Hosking 1981). d and phi minimise Whittle's likelihood (Fox and Taqqu 1986) of the periodogram at periods of
    two seasons and more, or at the lower half of frequencies where there is no season; the standard error is that of
    the information matrix at these frequencies. Without phi it would be the local Whittle estimate (Robinson 1995),
    to which an autoregression with 0.9 looks long in two of three series of 500 points. A linear trend is removed
    before. d is NaN where there are fewer than 30 frequencies (120 points, 60 seasons), or the series is a straight
    line.
    """
    from scipy.signal import detrend

    n = len(values)
    m = n // (2 * max(season_length, 2))
    rest = detrend(values)
    unit = np.abs(rest).max()
    if m < LEAST_FREQUENCIES or not unit > 1e-10 * np.abs(values).max():
        return LongMemory(np.nan, np.nan)
    waves = 2 * np.pi * np.arange(1, m + 1) / n
    power = np.abs(np.fft.rfft(rest / unit)[1 : m + 1]) ** 2
    logs = np.log(4 * np.sin(waves / 2) ** 2)
    # the logarithm of one over the spectrum of each autoregression
    short = [np.log(1 - 2 * phi * np.cos(waves) + phi**2) for phi in SHORT]
    _, d, phi = min((*_fit_d(power, logs, shape), phi) for shape, phi in zip(short, SHORT, strict=True))
    # that of d from the inverse of the information matrix of d and phi
    of_phi = 2 * (np.cos(waves) - phi) / (1 - 2 * phi * np.cos(waves) + phi**2)
    information = np.cov(np.stack([-logs, of_phi]), bias=True) * len(waves)
    return LongMemory(d, float(np.sqrt(np.linalg.inv(information)[0, 0])))


def _fit_d(power: Floats, logs: Floats, short: Floats) -> tuple[float, float]:
    """Return the smallest value of Whittle's objective, its scale concentrated out, and the d that has it."""
    from scipy.optimize import minimize_scalar

    def objective(d: float) -> float:
        shape = d * logs + short
        return float(np.log(np.mean(np.exp(shape) * power)) - shape.mean())

    # up to 1 the estimate is consistent (Velasco 1999); beyond it is drawn towards 1
    found = minimize_scalar(objective, bounds=(-0.5, 1.25), method="bounded")
    return float(found.fun), float(found.x)


def teraesvirta(values: Floats, n_lags: int | None = None) -> tuple[float, float]:
    """Test a stationary series `(n,)`, without gaps and seasons, for neglected nonlinearity in the mean.

    Teraesvirta, Lin and Granger (1993): a network of one hidden layer beside a linear autoregression, expanded to third
    order, adds the squares, cubes and products of the lags; an F test says whether they explain anything of its
    residuals. The linear part has `n_lags` lags (as many as have the smallest AIC when absent), the powers
    are those of the first three of them at most. Changing
    variance and heavy tails make the p-value smaller than it should be.

    Returns:
        F and the p-value that a linear autoregression says all there is to say about the mean; NaN for a constant
        series, and for one with fewer than 30 points more than there are coefficients.
    """
    nothing = (np.nan, np.nan)
    spread = np.ptp(values) if len(values) else 0.0
    if len(values) < LEAST_POINTS or not np.isfinite(spread) or spread <= 1e-12 * np.abs(values).max():
        return nothing
    scaled = (values - values.mean()) / values.std()
    p = _order(scaled) if n_lags is None else n_lags
    lags = np.stack([scaled[p - lag : len(scaled) - lag] for lag in range(1, p + 1)], axis=1)
    linear = np.column_stack([np.ones(len(lags)), lags])
    # all products of two and three lags
    sets = [c for size in (2, 3) for c in combinations_with_replacement(range(min(p, MAX_NONLINEAR_LAGS)), size)]
    added = np.stack([lags[:, list(c)].prod(axis=1) for c in sets], axis=1)
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

    return float(statistic), float(fdtrc(added.shape[1], n_free, statistic))


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


def _rest(regressors: Array, target: Array) -> Floats:
    weights = np.linalg.lstsq(regressors, target, rcond=None)[0]
    return np.asarray(target - regressors @ weights)
