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

    code = 4

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
        centered = x - x.mean(axis=2, keepdims=True)
        return centered / np.sqrt((centered**2).mean(axis=2, keepdims=True) + LEAST) * weights["gain"] + weights["shift"]
