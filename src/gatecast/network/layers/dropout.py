"""Inputs that are left out by chance, the same ones at all steps of a sequence (Gal and Ghahramani 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights

__all__ = ["Dropout"]


@final
@dataclass(frozen=True)
class Dropout(Layer):
    """No weights; the reference leaves nothing out, as a forecast does."""

    @property
    def outputs(self) -> int:
        """As many as enter."""
        return self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Nothing is learned."""
        return {}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw nothing."""

    def forward(self, x: Array, weights: Weights) -> Array:  # noqa: ARG002  there are none
        """Hand the input on."""
        return x

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:  # noqa: ARG002  nor is anything kept
        """Hand the gradient on."""
        return dy, {}
