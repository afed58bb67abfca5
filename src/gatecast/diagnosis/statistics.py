"""What do errors say that chance does not? Block bootstrap, Ljung-Box, and what an autoregression still predicts."""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.thresholds import BLOCK_FACTOR, N_BOOTSTRAP

__all__ = ["block_means", "ljung_box_p", "newey_west_z", "ratio_draws", "remainder", "slope_t"]

N_FOLDS = 5


def block_means(values: np.ndarray, seed: int = 0, n_draws: int = N_BOOTSTRAP) -> np.ndarray:
    """Draw means of dependent rows `(n,)` or `(n, k)` by the circular block bootstrap (Politis and Romano 1992)."""
    n = len(values)
    length = max(1, min(round(BLOCK_FACTOR * n ** (1 / 3)), n // 4 or 1))
    n_blocks = -(-n // length)
    starts = np.random.default_rng(seed).integers(n, size=(n_draws, n_blocks))
    sums = np.cumsum(np.concatenate([np.zeros_like(values[:1]), values, values[:length]]), axis=0)
    return np.asarray((sums[starts + length] - sums[starts]).sum(axis=1) / (n_blocks * length))


def ratio_draws(above: np.ndarray, below: np.ndarray, seed: int = 0) -> np.ndarray:
    """Draw ratios of the mean squares of errors `(n,)` of the same points, `(n_draws,)`."""
    means = np.maximum(block_means(np.stack([above**2, below**2], axis=1), seed), np.finfo(float).tiny)
    return np.asarray(means[:, 0] / means[:, 1])


def newey_west_z(values: np.ndarray, regressor: np.ndarray | None = None) -> float:
    """Return how many standard errors the mean, or the slope on a regressor, is away from 0.

    Standard errors are those of Newey and West (1987), with 4 (n / 100)^(2/9) lags, so that errors may hang together.
    """
    n = len(values)
    x = np.ones(n) if regressor is None else regressor - regressor.mean()
    slope = float(x @ values) / float(x @ x)
    rest = values - slope * x - (values.mean() if regressor is not None else 0.0)
    scores = x * rest
    n_lags = int(4 * (n / 100) ** (2 / 9))
    variance = float(scores @ scores)
    for lag in range(1, n_lags + 1):
        variance += 2 * (1 - lag / (n_lags + 1)) * float(scores[lag:] @ scores[:-lag])
    return slope * float(x @ x) / float(np.sqrt(max(variance, np.finfo(float).tiny)))


def slope_t(curve: np.ndarray) -> tuple[float, float, float]:
    """Return slope of a line per step, its ratio to its standard error, and the scatter around it."""
    x = np.arange(len(curve)) - (len(curve) - 1) / 2
    slope = float(x @ curve / (x @ x))
    rest = curve - curve.mean() - slope * x
    scatter = float(np.sqrt(rest @ rest / max(len(curve) - 2, 1)))
    error = max(scatter / float(np.sqrt(x @ x)), 1e-12 * max(abs(float(curve.mean())), 1e-300))
    return slope, slope / error, scatter


def ljung_box_p(residuals: np.ndarray, season: int = 1) -> float:
    """Return how likely uncorrelated errors would look as correlated (Ljung and Box 1978), over 10 lags or two seasons.

    statsmodels has the same test (`acorr_ljungbox`, which the tests compare with), but takes three seconds to load.
    """
    from scipy.special import chdtrc

    n = len(residuals)
    n_lags = max(min(2 * season if season > 1 else 10, n // 5), 1)
    centred = residuals - residuals.mean()
    products = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, n_lags + 1)]) / (centred @ centred)
    q = n * (n + 2) * float(np.sum(products**2 / (n - np.arange(1, n_lags + 1))))
    return float(chdtrc(n_lags, q))


def remainder(residuals: np.ndarray, lags: list[int]) -> float:
    """Return the share of the errors' variance that their own past predicts, out of sample (cross-validated R2).

    A ridge regression on `lags` is learned on all but one of five contiguous parts and judged on that one, in turn.
    What it scores below zero is that it predicts nothing.
    """
    lags = [lag for lag in lags if lag < len(residuals) // 3]
    if not lags:
        return 0.0
    first = max(lags)
    at = np.arange(first, len(residuals))
    x = residuals[at[:, None] - np.array(lags)]
    y = residuals[at]
    fold = np.minimum(np.arange(len(y)) * N_FOLDS // len(y), N_FOLDS - 1)
    wrong = total = 0.0
    for k in range(N_FOLDS):
        seen, judged = fold != k, fold == k
        center_x, center_y = x[seen].mean(axis=0), float(y[seen].mean())
        inputs = x[seen] - center_x
        gram = inputs.T @ inputs
        # as strong as one point for each lag
        gram[np.diag_indices_from(gram)] += np.trace(gram) / len(inputs) + 1e-300
        weights = np.linalg.solve(gram, inputs.T @ (y[seen] - center_y))
        wrong += float(((y[judged] - center_y - (x[judged] - center_x) @ weights) ** 2).sum())
        total += float(((y[judged] - center_y) ** 2).sum())
    return 1 - wrong / total if total > 0 else 0.0
