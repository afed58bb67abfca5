"""Each step's numbers with mean 0 and variance 1, then learned gains and shifts (Ba, Kiros and Hinton 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights

__all__ = ["Norm"]

LEAST = 1e-5


@final
@dataclass(frozen=True)
class Norm(Layer):
    """Weights `gain` and `shift`, one of each for each input."""

    @property
    def outputs(self) -> int:
        """As many as enter."""
        return self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        return {"gain": (self.inputs,), "shift": (self.inputs,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:  # noqa: ARG002  nothing is drawn
        """Begin without a change."""
        weights["gain"][:] = 1.0

    def forward(self, x: Array, weights: Weights) -> Array:
        """Normalise each step."""
        return _normalised(x)[0] * weights["gain"] + weights["shift"]

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back: what would change mean or variance has no effect (Ioffe and Szegedy 2015, section 3)."""
        hat, deviation = _normalised(x)
        d_hat = dy * weights["gain"]
        along = (d_hat * hat).mean(axis=2, keepdims=True)
        dx = (d_hat - d_hat.mean(axis=2, keepdims=True) - hat * along) / deviation
        return dx, {"gain": (dy * hat).sum(axis=(0, 1)), "shift": dy.sum(axis=(0, 1))}


def _normalised(x: Array) -> tuple[Array, Array]:
    """Return the normalised numbers and the deviations by which they were divided."""
    centered = x - x.mean(axis=2, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=2, keepdims=True) + LEAST)
    return centered / deviation, deviation
