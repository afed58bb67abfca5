"""What do the parameters of a forecast mean, and how far off are they? Points, quantiles and likelihoods in NumPy.

The core's `origin.hpp` computes the same with gradients; here whole arrays of forecasts are judged.
"""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from gatecast.network.inputs import LossSettings

__all__ = ["mean_loss", "quantiles_of"]

Array = np.ndarray


def mean_loss(
    settings: LossSettings,
    parameters: Array,
    actual: Array,
    weights: Array | None = None,
    units: Array | float = 1.0,
) -> float:
    """Return the mean loss of forecasts `(n, P, H)` over all targets `(n, H)` that are not NaN; NaN without any.

    It is weighted where `weights` `(n, H)` are given; a weight of 0 is no target. A scaled unit of each row is `units`,
    `(n, 1)`, pieces, where pieces are counted.
    """
    there = ~np.isnan(actual) if weights is None else ~np.isnan(actual) & (weights > 0)
    if not there.any():
        return float("nan")
    # one row for each target that is there, (m, P)
    rows = np.moveaxis(parameters, 1, 2)[there].astype(np.float64)
    targets = actual[there].astype(np.float64)
    if settings.is_of_counts:
        # of SciPy, whose import takes longer than most fits
        from gatecast.network.origins import loss_and_slopes

        pieces = np.broadcast_to(units, actual.shape)[there]
        losses = loss_and_slopes(settings, rows[:, :, None], targets[:, None], pieces[:, None])[0][:, 0]
    else:
        losses = _losses(settings, rows, targets)
    return float(losses.mean() if weights is None else np.average(losses, weights=weights[there]))


def _losses(settings: LossSettings, rows: Array, actual: Array) -> Array:
    error = rows[:, settings.middle] - actual
    if settings.loss == "quantile":
        levels = np.asarray(settings.quantiles)
        each = rows - actual[:, None]
        return np.asarray((2 * np.where(each > 0, 1 - levels, -levels) * each).mean(axis=1))
    if settings.loss == "normal":
        return np.asarray(np.log(rows[:, 1]) + 0.5 * np.log(2 * np.pi) + 0.5 * (error / rows[:, 1]) ** 2)
    if settings.loss == "student":
        from scipy.stats import t

        return -np.asarray(t.logpdf(-error, rows[:, 2], scale=rows[:, 1]))
    if settings.loss == "mae":
        return np.asarray(np.abs(error))
    if settings.loss == "huber":
        slope = np.clip(error, -settings.huber_delta, settings.huber_delta)
        return np.asarray(slope * (error - slope / 2))
    return np.asarray(error**2)


def quantiles_of(settings: LossSettings, parameters: Array, probabilities: Array) -> Array:
    """Return quantiles `(n, Q, H)` of forecasts `(n, P, H)` that are more than a point, at probabilities `(Q,)`.

    Those between two that were learned lie on a straight line; those beyond the outermost ones go on as a normal
    distribution's would.
    """
    if settings.loss == "quantile":
        return _between(np.asarray(settings.quantiles), parameters.astype(np.float64), probabilities)
    center, spread = parameters[:, None, 0].astype(np.float64), parameters[:, None, 1].astype(np.float64)
    p = probabilities[None, :, None]
    if settings.loss == "normal":
        from scipy.special import ndtri

        return np.asarray(center + spread * ndtri(p))
    from scipy.stats import t

    return np.asarray(center + spread * t.ppf(p, parameters[:, None, 2].astype(np.float64)))


def _between(levels: Array, values: Array, probabilities: Array) -> Array:
    """Interpolate quantiles `(n, P, H)` on the scale of normal deviates, in a straight line also beyond the ends."""
    known, wanted = (_deviates(tuple(some.tolist())) for some in (levels, probabilities))
    if len(known) == 1:
        return np.repeat(values, len(wanted), axis=1)
    above = np.clip(np.searchsorted(known, wanted), 1, len(known) - 1)
    share = (wanted - known[above - 1]) / (known[above] - known[above - 1])
    low, high = values[:, above - 1], values[:, above]
    return np.asarray(low + (high - low) * share[None, :, None])


@lru_cache(maxsize=64)
def _deviates(probabilities: tuple[float, ...]) -> Array:
    """Return what a standard normal variable is below with such probabilities."""
    # SciPy, which has the distribution too, takes a second to import
    deviates = np.array([NormalDist().inv_cdf(p) for p in probabilities])
    deviates.flags.writeable = False
    return deviates
