"""A layer of LSTM cells.

The equations (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    i, f, o = sigmoid(x W + h U + b)    g = tanh(x W + h U + b)    c' = f c + i g    h' = o tanh(c')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, orthonormal_rows, sigmoid, sum_over_steps

__all__ = ["Lstm"]


@dataclass(frozen=True)
class Trace:
    """What a layer did: gates `(B, T, D)` and states `(B, dilation + T, D)`, the initial ones first."""

    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    h: Array


@final
@dataclass(frozen=True)
class Lstm(Layer):
    """Weights `kernel` `(F, 4D)`, `recurrent_kernel` `(D, 4D)` and `bias` (4D), gates in the order i, f, g, o."""

    mixes_steps = True

    @property
    def state_size(self) -> int:
        """H and c of the last `dilation` steps."""
        return 2 * self.dilation * self.units

    @property
    def traced(self) -> tuple[tuple[str, int], ...]:
        """Gates and states: i, f, g, o, c, h."""
        return tuple((name, self.units) for name in ("input", "forget", "candidate", "output", "cell", "hidden"))

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
        return self.trace(x, weights).h[:, self.dilation :]

    def trace(self, x: Array, weights: Weights) -> Trace:
        """Compute all gates and states."""
        B, T, _ = x.shape
        W, U, b = weights["kernel"], weights["recurrent_kernel"], weights["bias"]
        i, f, g, o = (np.zeros((B, T, self.units), x.dtype) for _ in range(4))
        h, c = (np.zeros((B, T + self.dilation, self.units), x.dtype) for _ in range(2))
        for t in range(T):
            before, now = t, t + self.dilation
            zi, zf, zg, zo = np.split(x[:, t] @ W + h[:, before] @ U + b, 4, axis=1)
            i[:, t], f[:, t], g[:, t], o[:, t] = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
            c[:, now] = f[:, t] * c[:, before] + i[:, t] * g[:, t]
            h[:, now] = o[:, t] * np.tanh(c[:, now])
        return Trace(i, f, g, o, c, h)

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back through time (Werbos 1990): each step adds to the gradient of the state `dilation` steps before."""
        B, T, _ = x.shape
        at = self.trace(x, weights)
        dz = np.zeros((B, T, 4 * self.units), x.dtype)
        dh, dc = np.zeros_like(at.h), np.zeros_like(at.c)
        for t in reversed(range(T)):
            before, now = t, t + self.dilation
            i, f, g, o, tanh_c = at.i[:, t], at.f[:, t], at.g[:, t], at.o[:, t], np.tanh(at.c[:, now])
            dh_now = dy[:, t] + dh[:, now]
            dc_now = dc[:, now] + dh_now * o * (1 - tanh_c**2)
            d_gates = (dc_now * g, dc_now * at.c[:, before], dc_now * i, dh_now * tanh_c)
            slopes = (i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o))
            dz[:, t] = np.hstack([d * slope for d, slope in zip(d_gates, slopes, strict=True)])
            dh[:, before], dc[:, before] = dz[:, t] @ weights["recurrent_kernel"].T, dc_now * f
        d_weights = {
            "kernel": sum_over_steps(x, dz),
            "recurrent_kernel": sum_over_steps(at.h[:, :T], dz),
            "bias": dz.sum(axis=(0, 1)),
        }
        return dz @ weights["kernel"].T, d_weights
