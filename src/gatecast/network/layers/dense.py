"""A fully connected layer with tanh, each step by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, sum_over_steps

__all__ = ["Dense"]


@final
@dataclass(frozen=True)
class Dense(Layer):
    """Weights `kernel` (inputs, units) and `bias` (units)."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        return {"kernel": (self.inputs, self.units), "bias": (self.units,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw the kernel."""
        glorot(rng, weights["kernel"])

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute tanh(x W + b)."""
        return np.asarray(np.tanh(x @ weights["kernel"] + weights["bias"]))

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back: the derivative of tanh is 1 - tanh**2."""
        dz = dy * (1 - self.forward(x, weights) ** 2)
        return dz @ weights["kernel"].T, {"kernel": sum_over_steps(x, dz), "bias": dz.sum(axis=(0, 1))}
