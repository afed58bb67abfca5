"""How small can the error of a forecast be? An estimate of the noise, with its method and its own uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.diagnosis.statistics import block_means
from gatecast.diagnosis.thresholds import BLOCK_FACTOR

__all__ = ["NoiseFloor", "gamma_test", "noise_floor"]

N_NEIGHBOURS = 10
DIMENSIONS = (1, 2, 3, 4, 6)
MAX_POINTS = 4000
LEAST_POINTS = 200
# an estimate must be so many of its standard errors below the linear one to be taken
CLEARLY = 3.0
# and its own error at most this share of it, or the linear one's
SURE = 0.2


@dataclass(frozen=True)
class NoiseFloor:
    """An estimate of the smallest RMSE, one step ahead, with its 95 % interval.

    A linear autoregression is an upper bound of the floor where the series is not linear; the Gamma test is not, but
    it sees few lags. So the smaller one is taken, if it is surely smaller.
    """

    rmse: float
    low: float
    high: float
    method: str  # "linear" or "gamma test"


def noise_floor(values: np.ndarray, linear: np.ndarray) -> NoiseFloor:
    """Estimate the noise of a series `(n,)` by the Gamma test, and from errors `(m,)` of a linear autoregression."""
    squared = linear**2
    draws = block_means(squared)
    best, spread = float(squared.mean()), float(draws.std())
    method = "linear"
    for dimension in DIMENSIONS:
        estimate, error = gamma_test(values, dimension)
        is_sure = error <= max(SURE * estimate, 0.02 * best) and estimate > 0
        if is_sure and best - estimate > CLEARLY * np.hypot(error, spread):
            best, spread, method = estimate, error, "gamma test"
    low, high = max(best - 2 * spread, 0.0), best + 2 * spread
    return NoiseFloor(float(np.sqrt(best)), float(np.sqrt(low)), float(np.sqrt(high)), method)


def gamma_test(values: np.ndarray, dimension: int) -> tuple[float, float]:
    """Estimate the variance of what `dimension` lags do not tell, where the value is a smooth function of them.

    The Gamma test (Stefansson, Koncar and Jones 1997; Evans and Jones 2002): half the mean squared difference of the
    values that follow near neighbours, against the mean squared distance of these neighbours, is a line that meets
    the variance of the noise at distance 0. Neighbours closer in time than twenty steps do not count (Theiler 1986).

    Returns:
        The estimate and its standard error; NaN and infinity for fewer than 200 points.
    """
    from scipy.spatial import KDTree

    y = values[-MAX_POINTS:]
    n = len(y) - dimension
    if n < LEAST_POINTS or not y.std() > 0:
        return float("nan"), float("inf")
    y = (y - y.mean()) / (unit := float(y.std()))
    past = np.lib.stride_tricks.sliding_window_view(y, dimension)[:n]
    target = y[dimension:]
    distance, near = KDTree(past).query(past, N_NEIGHBOURS + 1 + 2 * 20)
    far_in_time = np.abs(near - np.arange(n)[:, None]) > 20
    order = np.argsort(~far_in_time, axis=1, kind="stable")[:, :N_NEIGHBOURS]
    delta = np.take_along_axis(distance, order, axis=1) ** 2
    gamma = (target[np.take_along_axis(near, order, axis=1)] - target[:, None]) ** 2 / 2
    x = delta.mean(axis=0)
    spread = x - x.mean()
    # the intercept of the line is a weighted mean of gamma, point by point
    weights = 1 / N_NEIGHBOURS - x.mean() * spread / max(float(spread @ spread), 1e-300)
    each = gamma @ weights
    length = max(1, round(BLOCK_FACTOR * n ** (1 / 3)))
    blocks = each[: n // length * length].reshape(-1, length).mean(axis=1)
    error = float(blocks.std(ddof=1) / np.sqrt(len(blocks)))
    return float(each.mean()) * unit**2, error * unit**2
