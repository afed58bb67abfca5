"""A layer of gated recurrent units.

The equations (Cho et al. 2014, the reset gate after the product, as Keras and PyTorch have it):

    z, r = sigmoid(x W + b + h U + b')    g = tanh(x W + b + r (h U + b'))    h' = z h + (1 - z) g
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, orthonormal_rows, sigmoid, sum_over_steps

__all__ = ["Gru"]


@dataclass(frozen=True)
class Trace:
    """What a layer did: gates `(B, T, D)`, h U + b' of the candidate, and states `(B, dilation + T, D)`."""

    z: Array
    r: Array
    g: Array
    inner: Array
    h: Array


@final
@dataclass(frozen=True)
class Gru(Layer):
    """Weights `kernel` `(F, 3D)`, `recurrent_kernel` `(D, 3D)`, `bias` and `recurrent_bias` (3D), gates as z, r, g."""

    mixes_steps = True

    @property
    def state_size(self) -> int:
        """H of the last `dilation` steps."""
        return self.dilation * self.units

    @property
    def traced(self) -> tuple[tuple[str, int], ...]:
        """Gates and state: z, r, g, h."""
        return tuple((name, self.units) for name in ("update", "reset", "candidate", "hidden"))

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
        return self.trace(x, weights).h[:, self.dilation :]

    def trace(self, x: Array, weights: Weights) -> Trace:
        """Compute all gates and states."""
        B, T, _ = x.shape
        z, r, g, inner = (np.zeros((B, T, self.units), x.dtype) for _ in range(4))
        h = np.zeros((B, T + self.dilation, self.units), x.dtype)
        for t in range(T):
            before, now = h[:, t], t + self.dilation
            xz, xr, xg = np.split(x[:, t] @ weights["kernel"] + weights["bias"], 3, axis=1)
            hz, hr, inner[:, t] = np.split(before @ weights["recurrent_kernel"] + weights["recurrent_bias"], 3, axis=1)
            z[:, t], r[:, t] = sigmoid(xz + hz), sigmoid(xr + hr)
            g[:, t] = np.tanh(xg + r[:, t] * inner[:, t])
            h[:, now] = z[:, t] * before + (1 - z[:, t]) * g[:, t]
        return Trace(z, r, g, inner, h)

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back through time; the reset gate stands between the two gradients of the candidate's sums."""
        B, T, _ = x.shape
        at = self.trace(x, weights)
        d_outer, d_inner = (np.zeros((B, T, 3 * self.units), x.dtype) for _ in range(2))
        dh = np.zeros_like(at.h)
        for t in reversed(range(T)):
            before, z, r, g = at.h[:, t], at.z[:, t], at.r[:, t], at.g[:, t]
            dh_now = dy[:, t] + dh[:, t + self.dilation]
            dz = dh_now * (before - g) * z * (1 - z)
            dg = dh_now * (1 - z) * (1 - g**2)
            dr = dg * at.inner[:, t] * r * (1 - r)
            d_outer[:, t], d_inner[:, t] = np.hstack([dz, dr, dg]), np.hstack([dz, dr, dg * r])
            dh[:, t] = dh_now * z + d_inner[:, t] @ weights["recurrent_kernel"].T
        d_weights = {
            "kernel": sum_over_steps(x, d_outer),
            "recurrent_kernel": sum_over_steps(at.h[:, :T], d_inner),
            "bias": d_outer.sum(axis=(0, 1)),
            "recurrent_bias": d_inner.sum(axis=(0, 1)),
        }
        return d_outer @ weights["kernel"].T, d_weights
