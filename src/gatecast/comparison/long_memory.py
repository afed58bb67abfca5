"""How far back does a series remember? An estimate of its long memory that a strong short memory does not mislead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Floats

__all__ = ["LongMemory", "long_memory"]

LEAST_FREQUENCIES = 30
# short memories that are tried, close together near 1, where they look most like a long one
SHORT = np.concatenate([np.linspace(-0.8, 0.8, 17), np.linspace(0.82, 0.98, 9)])


@dataclass(frozen=True)
class LongMemory:
    """Autocorrelations fall as a power of the lag, `lag^(2d - 1)`, and not exponentially.

    Attributes:
        d: 0 for short memory, up to 0.5 for long memory of a stationary series, 1 for a random walk; NaN where the
            series is too short.
        standard_error: Of d.
        n_frequencies: Frequencies from which it was estimated.

    Examples:
        >>> LongMemory(0.3, 0.1, 25).is_long
        True
    """

    d: float
    standard_error: float
    n_frequencies: int

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
    before.

    Returns:
        NaN where there are fewer than 30 frequencies (120 points, 60 seasons), or the series is a straight line.

    Examples:
        >>> walk = np.random.default_rng(0).normal(size=4000).cumsum()
        >>> [bool(abs(long_memory(y).d - d) < 0.1) for y, d in ((walk, 1), (np.diff(walk), 0))]
        [True, True]
    """
    from scipy.signal import detrend

    n = len(values)
    m = n // (2 * max(season_length, 2))
    if m < LEAST_FREQUENCIES:
        return LongMemory(np.nan, np.nan, m)
    rest = detrend(values)
    unit = np.abs(rest).max()
    if not unit > 1e-10 * np.abs(values).max():
        return LongMemory(np.nan, np.nan, m)
    waves = 2 * np.pi * np.arange(1, m + 1) / n
    power = np.abs(np.fft.rfft(rest / unit)[1 : m + 1]) ** 2
    logs = np.log(4 * np.sin(waves / 2) ** 2)
    fits = [(*_fit_d(power, logs, _short(waves, phi)), phi) for phi in SHORT]
    _, d, phi = min(fits)
    return LongMemory(d, _standard_error(waves, logs, phi), m)


def _short(waves: Floats, phi: float) -> Floats:
    """Return the logarithm of one over the spectrum of the autoregression, `(m,)`."""
    return np.asarray(np.log(1 - 2 * phi * np.cos(waves) + phi**2))


def _fit_d(power: Floats, logs: Floats, short: Floats) -> tuple[float, float]:
    """Return the smallest value of Whittle's objective, its scale concentrated out, and the d that has it."""
    from scipy.optimize import minimize_scalar

    def objective(d: float) -> float:
        shape = d * logs + short
        return float(np.log(np.mean(np.exp(shape) * power)) - shape.mean())

    # up to 1 the estimate is consistent (Velasco 1999); beyond it is drawn towards 1
    found = minimize_scalar(objective, bounds=(-0.5, 1.25), method="bounded")
    return float(found.fun), float(found.x)


def _standard_error(waves: Floats, logs: Floats, phi: float) -> float:
    """Return that of d from the inverse of the information matrix of d and phi."""
    of_phi = 2 * (np.cos(waves) - phi) / (1 - 2 * phi * np.cos(waves) + phi**2)
    information = np.cov(np.stack([-logs, of_phi]), bias=True) * len(waves)
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))
