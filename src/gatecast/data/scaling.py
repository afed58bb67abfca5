"""How are series brought to a common scale, and back? Learned per series, from the training part only."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gatecast.data.arrays import Array, Floats, Ints
from gatecast.exceptions import ConfigError

__all__ = ["KINDS", "Scaling", "fit_scaling"]

KINDS = ("minmax", "standard", "none")


@dataclass(frozen=True)
class Scaling:
    """Per series: `scaled = (y - center) / scale`.

    Attributes:
        center: float64, shape (S,), in the units of the data.
        scale: float64, shape (S,), positive, in the units of the data.
        kind: "minmax" (0..1 over the training part), "standard" (mean 0, standard deviation 1) or "none".

    >>> values, offsets = np.array([1.0, 3.0]), np.array([0, 2])
    >>> fit_scaling(values, offsets, "minmax").transform(values, offsets)
    array([0., 1.])
    """

    center: Floats
    scale: Floats
    kind: str

    def transform(self, values: Array, offsets: Ints) -> Floats:
        """Scale the values of all series, shape (N, ...), to float64 of the same shape. NaN stays NaN."""
        center, scale = self._spread(values, offsets)
        scaled = np.subtract(values, center, dtype=np.float64)
        scaled /= scale
        return scaled

    def inverse(self, values: Array, offsets: Ints) -> Floats:
        """Bring scaled values of all series, shape (N, ...), back to the units of the data, as float64."""
        center, scale = self._spread(values, offsets)
        restored = np.multiply(values, scale, dtype=np.float64)
        restored += center
        return restored

    def _spread(self, values: Array, offsets: Ints) -> tuple[Floats, Floats]:
        # One series needs no copy of its two numbers per value: 10 million points stay affordable.
        if len(self.center) == 1:
            return self.center[:1].reshape((1,) * values.ndim), self.scale[:1].reshape((1,) * values.ndim)
        shape = (-1,) + (1,) * (values.ndim - 1)
        lengths = np.diff(offsets)
        return np.repeat(self.center, lengths).reshape(shape), np.repeat(self.scale, lengths).reshape(shape)


def fit_scaling(values: Floats, offsets: Ints, kind: str = "standard") -> Scaling:
    """Learn a scaling per series; NaN is skipped, a constant series gets scale 1 and so maps to 0.

    Args:
        values: The training part of all series, shape (N,).
        offsets: Series s is `values[offsets[s]:offsets[s + 1]]`, shape (S + 1,).
        kind: "minmax", "standard" or "none".

    Raises:
        ConfigError: The kind is unknown.

    >>> fit_scaling(np.array([5.0, 5.0]), np.array([0, 2]), "standard").scale
    array([1.])
    """
    if kind not in KINDS:
        raise ConfigError(f'`scaling` must be one of {", ".join(KINDS)}, got {kind!r}. Use `scaling="standard"`.')
    fitted = np.array([_fit_one(values[b:e], kind) for b, e in pairwise(offsets)])
    fitted = fitted.reshape(-1, 2).astype(np.float64)
    return Scaling(fitted[:, 0].copy(), fitted[:, 1].copy(), kind)


def _fit_one(series: Floats, kind: str) -> tuple[float, float]:
    """Return center and scale of one series, shape (T,)."""
    seen = series[~np.isnan(series)] if np.isnan(series).any() else series
    if kind == "none" or len(seen) == 0:
        return 0.0, 1.0
    low, high = float(seen.min()), float(seen.max())
    if low == high:
        return low, 1.0
    if kind == "minmax":
        return low, high - low
    mean = float(seen.mean())
    # In units of the range, so that squares of huge numbers do not overflow and of tiny ones do not vanish.
    deviations = (seen - mean) / (high - low)
    return mean, float(np.sqrt(np.mean(np.square(deviations, out=deviations)))) * (high - low)
