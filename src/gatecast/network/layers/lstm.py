"""A layer of LSTM cells.

The equations (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    i, f, o = sigmoid(x W + h U + b)    g = tanh(x W + h U + b)    c' = f c + i g    h' = o tanh(c')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, orthonormal_rows, sigmoid

__all__ = ["Lstm"]


@final
@dataclass(frozen=True)
class Lstm(Layer):
    """Weights `kernel` (F, 4D), `recurrent_kernel` (D, 4D) and `bias` (4D), gates in the order i, f, g, o."""

    code = 0

    @property
    def state_size(self) -> int:
        """h and c of the last `dilation` steps."""
        return 2 * self.dilation * self.units

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        D = self.units
        return {"kernel": (self.inputs, 4 * D), "recurrent_kernel": (D, 4 * D), "bias": (4 * D,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw as Keras does; the forget gate's bias is one (Jozefowicz et al. 2015)."""
        glorot(rng, weights["kernel"])
        orthonormal_rows(rng, weights["recurrent_kernel"])
        weights["bias"][self.units : 2 * self.units] = 1.0

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the hidden states."""
        B, T, _ = x.shape
        W, U, b = weights["kernel"], weights["recurrent_kernel"], weights["bias"]
        h, c = (np.zeros((B, T + self.dilation, self.units), x.dtype) for _ in range(2))
        for t in range(T):
            before, now = t, t + self.dilation
            zi, zf, zg, zo = np.split(x[:, t] @ W + h[:, before] @ U + b, 4, axis=1)
            c[:, now] = sigmoid(zf) * c[:, before] + sigmoid(zi) * np.tanh(zg)
            h[:, now] = sigmoid(zo) * np.tanh(c[:, now])
        return h[:, self.dilation :]
