"""What is forecast at an origin, how far off is it, and which way is better? Each loss with its derivative.

The reference for the core's `origin.hpp`. Arrays end in `(P, H)`, parameters of each step, whatever comes before.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import digamma, gammaln

from gatecast.network.inputs import LossSettings

__all__ = ["COUNTS", "LOSSES", "loss_and_slopes", "parameters", "raw_slopes"]

Array = np.ndarray

# in scaled units, so that no likelihood grows without end
LEAST_SPREAD = 1e-3
# the mean of counts is squareplus(MEAN_BEND * x) / MEAN_BEND: x itself but near zero and below
MEAN_BEND = 10.0
# share of zeros that come at most beside those of a distribution of counts
MOST_ZEROS = 0.99


def squareplus(x: Array) -> Array:
    """A positive number for any x, near x for large ones (Barron 2021)."""
    return np.asarray((x + np.sqrt(x**2 + 4)) / 2)


def squareplus_slope(x: Array) -> Array:
    """The derivative of `squareplus`."""
    return np.asarray((1 + x / np.sqrt(x**2 + 4)) / 2)


def parameters(loss: LossSettings, raw: Array, mixture: Array) -> Array:
    """What the network's outputs `(..., P, H)` stand for, beside a mixture of candidates `(..., H)`.

    Quantiles lie a positive step further out than their neighbours, so that they never cross. A normal distribution has
    mean and deviation, a Student-t distribution has location, scale and more than two degrees of freedom. One of counts
    has a mean above zero, then a dispersion, then a share of zeros.
    """
    out: Array = squareplus(raw)
    middle = loss.middle
    out[..., middle, :] = mixture + raw[..., middle, :]
    if loss.loss == "quantile":
        for q in range(middle + 1, raw.shape[-2]):
            out[..., q, :] += out[..., q - 1, :]
        for q in reversed(range(middle)):
            out[..., q, :] = out[..., q + 1, :] - out[..., q, :]
    elif loss.is_of_counts:
        out[..., 0, :] = squareplus(MEAN_BEND * out[..., 0, :]) / MEAN_BEND
        out[..., 1:2, :] += LEAST_SPREAD
        out[..., 2:, :] = MOST_ZEROS * squareplus_slope(raw[..., 2:, :])
    elif loss.n_parameters > 1:
        out[..., 1:, :] += np.array([LEAST_SPREAD, 2.0], raw.dtype)[: loss.n_parameters - 1, None]
    return out


def raw_slopes(loss: LossSettings, raw: Array, mixture: Array, slopes: Array) -> Array:
    """Derivatives with respect to the network's outputs, from those with respect to the parameters."""
    middle = loss.middle
    if loss.is_of_counts:
        bent = squareplus_slope(MEAN_BEND * (mixture[..., None, :] + raw[..., :1, :]))
        share = MOST_ZEROS * 2 / (raw[..., 2:, :] ** 2 + 4) ** 1.5
        return np.asarray(slopes * np.concatenate([bent, squareplus_slope(raw[..., 1:2, :]), share], axis=-2))
    if loss.loss != "quantile":
        out: Array = slopes * squareplus_slope(raw)
        out[..., 0, :] = slopes[..., 0, :]
        return out
    out = slopes.copy()
    # what moves a quantile moves all beyond it
    for q in reversed(range(middle + 1, raw.shape[-2])):
        out[..., q, :] = slopes[..., q:, :].sum(axis=-2) * squareplus_slope(raw[..., q, :])
    for q in range(middle):
        out[..., q, :] = -slopes[..., : q + 1, :].sum(axis=-2) * squareplus_slope(raw[..., q, :])
    out[..., middle, :] = slopes.sum(axis=-2)
    return out


def loss_and_slopes(loss: LossSettings, at: Array, y: Array, units: Array | float = 1.0) -> tuple[Array, Array]:
    """Each target's loss `(..., H)` and its derivatives `(..., P, H)` by the parameters; zero without a target.

    A scaled unit is `units` pieces, where pieces are counted.
    """
    there = ~np.isnan(y)
    known = np.where(there, y, 0.0)
    if loss.is_of_counts:
        value, slopes = _counts(loss, at, known, np.asarray(units))
    else:
        value, slopes = LOSSES[loss.loss](loss, at, known)
    return np.where(there, value, 0.0), np.where(there[..., None, :], slopes, 0.0)


def _mse(_: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    e = at - y[..., None, :]
    return e[..., 0, :] ** 2, 2 * e


def _mae(_: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    e = at - y[..., None, :]
    return np.abs(e[..., 0, :]), np.sign(e)


def _huber(loss: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    """Huber (1964): e**2 / 2 up to `huber_delta`, straight beyond."""
    e = at - y[..., None, :]
    slope = np.clip(e, -loss.huber_delta, loss.huber_delta)
    return (slope * (e - slope / 2))[..., 0, :], slope


def _quantile(loss: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    """Koenker and Bassett (1978), twice, so that the median's loss is the absolute one; the mean over all quantiles."""
    e = at - y[..., None, :]
    level = np.array(loss.quantiles, at.dtype)[:, None]
    slope = np.where(e > 0, 2 * (1 - level), -2 * level) * (e != 0)
    return (e * slope).mean(axis=-2), slope / len(loss.quantiles)


def _normal(_: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    """The negative logarithm of the density."""
    sigma = at[..., 1, :]
    e = (at[..., 0, :] - y) / sigma
    value = np.log(sigma) + np.log(2 * np.pi) / 2 + e**2 / 2
    return value, np.stack([e / sigma, (1 - e**2) / sigma], axis=-2)


def _student(_: LossSettings, at: Array, y: Array) -> tuple[Array, Array]:
    """The negative logarithm of the density of location + scale * t, with nu degrees of freedom."""
    sigma, nu = at[..., 1, :], at[..., 2, :]
    e = (at[..., 0, :] - y) / sigma
    inside = 1 + e**2 / nu
    constant = gammaln(nu / 2) - gammaln((nu + 1) / 2) + np.log(nu * np.pi) / 2
    value = constant + np.log(sigma) + (nu + 1) / 2 * np.log(inside)
    d_e = (nu + 1) * e / (nu * inside)
    d_constant = (digamma(nu / 2) - digamma((nu + 1) / 2)) / 2 + 1 / (2 * nu)
    d_nu = d_constant + np.log(inside) / 2 - d_e * e / (2 * nu)
    return value, np.stack([d_e / sigma, (1 - d_e * e) / sigma, d_nu], axis=-2)


def _counts(loss: LossSettings, at: Array, y: Array, units: Array) -> tuple[Array, Array]:
    """The negative logarithm of a count's probability, told by mean, dispersion and share of further zeros."""
    count, mean = np.maximum(np.floor(y * units + 0.5), 0), at[..., 0, :] * units
    value, slopes = COUNTS[loss.loss](count, mean, *np.moveaxis(at, -2, 0)[1:])
    slopes[..., 0, :] *= units
    return value, slopes


def _poisson(y: Array, mean: Array) -> tuple[Array, Array]:
    return mean - y * np.log(mean) + gammaln(y + 1), (1 - y / mean)[..., None, :]


def _negative_binomial(y: Array, mean: Array, dispersion: Array) -> tuple[Array, Array]:
    """NB2 (Hilbe 2011): the variance is mean + dispersion * mean**2."""
    r = 1 / dispersion
    inside = 1 + dispersion * mean
    value = gammaln(r) + gammaln(y + 1) - gammaln(y + r) + (r + y) * np.log(inside) - y * np.log(dispersion * mean)
    d_r = digamma(y + r) - digamma(r) - np.log(inside) + (mean - y) / (r + mean)
    return value, np.stack([(mean - y) / (mean * inside), r**2 * d_r], axis=-2)


def _zero_inflated(y: Array, mean: Array, dispersion: Array, zeros: Array) -> tuple[Array, Array]:
    """Zeros beside those of a negative binomial distribution with the mean of all (Lambert 1992; Greene 1994)."""
    rest = 1 - zeros
    of_rest, slopes = _negative_binomial(y, mean / rest, dispersion)
    d_mean, d_dispersion = np.moveaxis(slopes, -2, 0)
    probability = np.where(y == 0, zeros, 0) + rest * np.exp(-of_rest)
    share = rest * np.exp(-of_rest) / probability
    d_zeros = np.where(y == 0, (np.exp(-of_rest) - 1) / probability, 1 / rest) + share * d_mean * mean / rest**2
    value = np.where(y == 0, -np.log(probability), of_rest - np.log(rest))
    return value, np.stack([share * d_mean / rest, share * d_dispersion, d_zeros], axis=-2)


COUNTS: dict[str, Callable[..., tuple[Array, Array]]] = {
    "poisson": _poisson,
    "negative-binomial": _negative_binomial,
    "zero-inflated": _zero_inflated,
}

LOSSES: dict[str, Callable[[LossSettings, Array, Array], tuple[Array, Array]]] = {
    "mse": _mse,
    "mae": _mae,
    "huber": _huber,
    "quantile": _quantile,
    "normal": _normal,
    "student": _student,
}
