"""How may the future go on, step after step? Paths whose steps hang together as past errors did."""

from __future__ import annotations

import numpy as np

from gatecast.exceptions import ConfigError, DataError
from gatecast.metrics.levels import check_quantiles

__all__ = ["match_quantiles", "ranks", "sample_paths"]


def sample_paths(
    forecasts: np.ndarray, residuals: np.ndarray, scales: np.ndarray, n_paths: int = 100, *, seed: int = 0
) -> np.ndarray:
    """Add whole rows of residuals to forecasts, so that the steps of a path depend on each other as errors did.

    Rows are drawn with replacement, for each series on its own. Where a row was not observed, another row's residual of
    that step stands in. From forecasts `(S, H)` in the data's units, and residuals `(n, H)` in the scales `(S,)` as in
    `Conformal.residuals`, paths `(S, n_paths, H)` are made.
    """
    if n_paths < 1:
        raise ConfigError(f"`n_paths` must be a positive integer, got {n_paths}. Use `n_paths=100`.")
    n_series, horizon = forecasts.shape
    if residuals.shape[1:] != (horizon,) or np.isnan(residuals).all(axis=0).any():
        raise DataError(
            f"`residuals` must have shape (n, {horizon}) and something observed at each step, got shape "
            f"{residuals.shape}. Calibrate with the horizon of the forecasts and on more origins."
        )
    random = np.random.default_rng(seed)
    rows = _filled(residuals, random)
    chosen = random.integers(len(rows), size=(n_series, n_paths))
    return np.asarray(forecasts[:, None, :] + scales[:, None, None] * rows[chosen])


def match_quantiles(paths: np.ndarray, quantiles: object, values: np.ndarray) -> np.ndarray:
    """Give paths `(S, n_paths, H)` the marginal distributions of quantile forecasts and keep the order at each step.

    The Schaake shuffle (Clark et al. 2004; ensemble copula coupling, Schefzik et al. 2013): the r-th smallest value of
    a step becomes its quantile at `(r - 0.5) / n_paths`, by linear interpolation between the `values` `(S, H, Q)` of
    the sorted quantiles. Beyond the outermost ones it is the outermost value, so quantiles near 0 and 1 should be among
    them.
    """
    probabilities = np.array(check_quantiles(quantiles))
    n_series, n_paths, horizon = paths.shape
    if values.shape != (n_series, horizon, len(probabilities)):
        raise ConfigError(
            f"`values` must have shape {(n_series, horizon, len(probabilities))}, one for each series, step and "
            f"quantile, got {values.shape}. Pass the forecasts of these quantiles."
        )
    targets = _interpolated((np.arange(n_paths) + 0.5) / n_paths, probabilities, np.sort(values, axis=2))
    return np.asarray(np.take_along_axis(targets.transpose(0, 2, 1), _order(paths), axis=1))


def ranks(paths: np.ndarray) -> np.ndarray:
    """Return which share of the paths `(S, n_paths, H)` each one exceeds at each step, `(r - 0.5) / n_paths`.

    The quantiles of these probabilities are paths of the same order with another marginal distribution, see
    `match_quantiles`.
    """
    return np.asarray((_order(paths) + 0.5) / paths.shape[1])


def _order(paths: np.ndarray) -> np.ndarray:
    return np.asarray(paths.argsort(axis=1, kind="stable").argsort(axis=1))


def _filled(residuals: np.ndarray, random: np.random.Generator) -> np.ndarray:
    missing = np.isnan(residuals)
    if not missing.any():
        return residuals
    filled = residuals.copy()
    for step in np.flatnonzero(missing.any(axis=0)):
        gaps = missing[:, step]
        filled[gaps, step] = random.choice(residuals[~gaps, step], int(gaps.sum()))
    return filled


def _interpolated(at: np.ndarray, known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate `values`, (..., Q), between probabilities, to (..., n)."""
    if len(known) == 1:
        return np.repeat(values, len(at), axis=-1)
    right = np.clip(np.searchsorted(known, at), 1, len(known) - 1)
    weight = np.clip((at - known[right - 1]) / (known[right] - known[right - 1]), 0.0, 1.0)
    return np.asarray(values[..., right - 1] * (1 - weight) + values[..., right] * weight)
