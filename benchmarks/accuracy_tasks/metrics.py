"""How far off is a forecast, as the competitions count it? sMAPE, MASE, OWA, coverage, and the seasonal naive forecast.

Letters: `S` series, `H` horizon. A test point that is NaN was not observed, and is left out everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

__all__ = [
    "coverage",
    "geometric_mean",
    "mase",
    "mase_of_points",
    "owa",
    "seasonal_naive",
    "seasonal_scale",
    "smape",
    "smape_near_zero",
    "wql",
]


def smape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Return sMAPE in percent: the mean of 200 |y - f| / (|y| + |f|) of each series, averaged (M4, Makridakis 2020).

    Args:
        actual: `(S, H)`.
        forecast: `(S, H)`.
    """
    size = np.abs(actual) + np.abs(forecast)
    # a zero that was forecast as zero is no error
    return _mean_of_series(200 * np.abs(actual - forecast) / np.where(size == 0, 1, size))


def smape_near_zero(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Return sMAPE in the form that Hewamalage et al. (2021, section 4.3) use for NN5, which has zeros.

    The divisor is max(|y| + |f| + 0.1, 0.5 + 0.1), so this is never more than `smape`.
    """
    size = np.maximum(np.abs(actual) + np.abs(forecast) + 0.1, 0.6)
    return _mean_of_series(200 * np.abs(actual - forecast) / size)


def mase(actual: np.ndarray, forecast: np.ndarray, scales: np.ndarray) -> float:
    """Return the mean absolute error of each series over its scale, averaged (Hyndman and Koehler 2006).

    Args:
        actual: `(S, H)`.
        forecast: `(S, H)`.
        scales: `(S,)` of `seasonal_scale`.
    """
    return _mean_of_series(np.abs(actual - forecast) / scales[:, None])


def mase_of_points(actual: np.ndarray, forecast: np.ndarray, scales: np.ndarray) -> float:
    """Return MASE as fev and GIFT-Eval average it: over all observed points, so that gaps take weight from a series.

    Args:
        actual: `(S, H)`.
        forecast: `(S, H)`.
        scales: `(S,)` of `seasonal_scale`.
    """
    return float(np.nanmean(np.abs(actual - forecast) / scales[:, None]))


def wql(actual: np.ndarray, quantiles: np.ndarray, probabilities: Sequence[float]) -> float:
    """Return the weighted quantile loss: 2 x sum of pinball losses / sum of |y|, averaged over the probabilities.

    Args:
        actual: `(S, H)`.
        quantiles: `(S, H, Q)`.
        probabilities: `(Q,)`.
    """
    over = actual[:, :, None] - quantiles
    tau = np.asarray(probabilities)
    losses = np.nansum(np.maximum(tau * over, (tau - 1) * over), axis=(0, 1))
    return float(np.mean(2 * losses / np.nansum(np.abs(actual))))


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean, in which twice as good and twice as bad balance."""
    return float(np.exp(np.mean(np.log(list(values)))))


def owa(smape: float, mase: float, naive2: tuple[float, float]) -> float:
    """Return M4's overall weighted average: the mean of both errors over those of Naive2 (its sMAPE and MASE)."""
    return (smape / naive2[0] + mase / naive2[1]) / 2


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Return how many of the observed points lie between `low` and `high`, in percent."""
    inside = (actual >= low) & (actual <= high)
    return float(100 * inside[~np.isnan(actual)].mean())


def seasonal_scale(history: np.ndarray, season: int) -> float:
    """Return the mean absolute change over a season, over the pairs of `history` `(n,)` that were both observed."""
    return float(np.nanmean(np.abs(history[season:] - history[:-season])))


def seasonal_naive(history: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Repeat the newest observed value of each place in the season.

    Args:
        history: `(n,)`, at least a season; NaN where nothing was observed.
        season: Steps in a season; 1 repeats the last value.
        horizon: H.

    Returns:
        `(H,)`.
    """
    n_seasons = len(history) // season
    # newest season first
    seasons = history[len(history) - n_seasons * season :].reshape(n_seasons, season)[::-1]
    newest = seasons[np.argmax(~np.isnan(seasons), axis=0), np.arange(season)]
    return np.resize(newest, horizon)


def _mean_of_series(errors: np.ndarray) -> float:
    return float(np.nanmean(errors, axis=1).mean())
