"""A layer of gated recurrent units.

The equations (Cho et al. 2014, the reset gate behind the product, as Keras and PyTorch have it):

    z, r = sigmoid(x W + b + h U + b')    g = tanh(x W + b + r (h U + b'))    h' = z h + (1 - z) g
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, orthonormal_rows, sigmoid

__all__ = ["Gru"]


@final
@dataclass(frozen=True)
class Gru(Layer):
    """Weights `kernel` (F, 3D), `recurrent_kernel` (D, 3D), `bias` and `recurrent_bias` (3D), gates as z, r, g."""

    code = 1

    @property
    def state_size(self) -> int:
        """h of the last `dilation` steps."""
        return self.dilation * self.units

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        D = self.units
        return {
            "kernel": (self.inputs, 3 * D),
            "recurrent_kernel": (D, 3 * D),
            "bias": (3 * D,),
            "recurrent_bias": (3 * D,),
        }

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw as Keras does."""
        glorot(rng, weights["kernel"])
        orthonormal_rows(rng, weights["recurrent_kernel"])

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the hidden states."""
        B, T, _ = x.shape
        h = np.zeros((B, T + self.dilation, self.units), x.dtype)
        for t in range(T):
            before = h[:, t]
            xz, xr, xg = np.split(x[:, t] @ weights["kernel"] + weights["bias"], 3, axis=1)
            hz, hr, hg = np.split(before @ weights["recurrent_kernel"] + weights["recurrent_bias"], 3, axis=1)
            z = sigmoid(xz + hz)
            h[:, t + self.dilation] = z * before + (1 - z) * np.tanh(xg + sigmoid(xr + hr) * hg)
        return h[:, self.dilation :]
