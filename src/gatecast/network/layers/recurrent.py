"""Which layers carry a state from step to step? LSTM cells, gated recurrent units, and an LSTM for each direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, orthonormal_rows, parts, sigmoid, sum_over_steps

__all__ = ["Bidirectional", "Gru", "Lstm"]


@dataclass(frozen=True)
class LstmTrace:
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
    """LSTM cells (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

        i, f, o = sigmoid(x W + h U + b)    g = tanh(x W + h U + b)    c' = f c + i g    h' = o tanh(c')

    Weights `kernel` `(F, 4D)`, `recurrent_kernel` `(D, 4D)` and `bias` (4D), gates in the order i, f, g, o.
    """

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

    def trace(self, x: Array, weights: Weights) -> LstmTrace:
        """Compute all gates and states."""
        B, T, _ = x.shape
        U, from_inputs = weights["recurrent_kernel"], x @ weights["kernel"] + weights["bias"]
        i, f, g, o = (np.zeros((B, T, self.units), x.dtype) for _ in range(4))
        h, c = (np.zeros((B, T + self.dilation, self.units), x.dtype) for _ in range(2))
        for t in range(T):
            before, now = t, t + self.dilation
            zi, zf, zg, zo = parts(from_inputs[:, t] + h[:, before] @ U, 4)
            i[:, t], f[:, t], g[:, t], o[:, t] = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
            c[:, now] = f[:, t] * c[:, before] + i[:, t] * g[:, t]
            h[:, now] = o[:, t] * np.tanh(c[:, now])
        return LstmTrace(i, f, g, o, c, h)

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


@dataclass(frozen=True)
class GruTrace:
    """What a layer did: gates `(B, T, D)`, h U + b' of the candidate, and states `(B, dilation + T, D)`."""

    z: Array
    r: Array
    g: Array
    inner: Array
    h: Array


@final
@dataclass(frozen=True)
class Gru(Layer):
    """Gated recurrent units (Cho et al. 2014, the reset gate after the product, as Keras and PyTorch have it).

        z, r = sigmoid(x W + b + h U + b')    g = tanh(x W + b + r (h U + b'))    h' = z h + (1 - z) g

    Weights `kernel` `(F, 3D)`, `recurrent_kernel` `(D, 3D)`, `bias` and `recurrent_bias` (3D), gates as z, r, g.
    """

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
        recurrent = {"recurrent_kernel": (D, 3 * D), "bias": (3 * D,), "recurrent_bias": (3 * D,)}
        return {"kernel": (self.inputs, 3 * D), **recurrent}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw as Keras does."""
        glorot(rng, weights["kernel"])
        orthonormal_rows(rng, weights["recurrent_kernel"])

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the hidden states."""
        return self.trace(x, weights).h[:, self.dilation :]

    def trace(self, x: Array, weights: Weights) -> GruTrace:
        """Compute all gates and states."""
        B, T, _ = x.shape
        z, r, g, inner = (np.zeros((B, T, self.units), x.dtype) for _ in range(4))
        h = np.zeros((B, T + self.dilation, self.units), x.dtype)
        from_inputs = x @ weights["kernel"] + weights["bias"]
        for t in range(T):
            before, now = h[:, t], t + self.dilation
            xz, xr, xg = parts(from_inputs[:, t], 3)
            hz, hr, inner[:, t] = parts(before @ weights["recurrent_kernel"] + weights["recurrent_bias"], 3)
            z[:, t], r[:, t] = sigmoid(xz + hz), sigmoid(xr + hr)
            g[:, t] = np.tanh(xg + r[:, t] * inner[:, t])
            h[:, now] = z[:, t] * before + (1 - z[:, t]) * g[:, t]
        return GruTrace(z, r, g, inner, h)

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


@final
@dataclass(frozen=True)
class Bidirectional(Layer):
    """Two LSTMs, one of which reads backwards (Schuster and Paliwal 1997); outputs are `units` of each.

    Where the layer ends the stack, its last output holds what each has read in the end, as Keras does it.
    """

    mixes_steps = True
    sees_ahead = True

    @property
    def outputs(self) -> int:
        """Both directions."""
        return 2 * self.units

    @property
    def _one(self) -> Lstm:
        return Lstm(self.inputs, self.units)

    @property
    def traced(self) -> tuple[tuple[str, int], ...]:
        """Those of an LSTM, for each direction."""
        return tuple((f"{way}.{name}", n) for way in ("forward", "backward") for name, n in self._one.traced)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Those of an LSTM, for each direction."""
        return {f"{way}.{name}": shape for way in ("forward", "backward") for name, shape in self._one.shapes().items()}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw both as an LSTM."""
        for way in ("forward", "backward"):
            self._one.initial(rng, _of(weights, way))

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the states of both directions, each at its own step."""
        ahead = self._one.forward(x, _of(weights, "forward"))
        back = self._one.forward(x[:, ::-1], _of(weights, "backward"))[:, ::-1].copy()
        if self.ends_stack:
            back[:, -1] = back[:, 0]
        return np.concatenate([ahead, back], axis=2)

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back through both directions."""
        d_ahead, d_back = dy[..., : self.units], dy[..., self.units :].copy()
        if self.ends_stack and x.shape[1] > 1:
            d_back[:, 0] += d_back[:, -1]
            d_back[:, -1] = 0.0
        dx, ahead = self._one.backward(x, d_ahead, _of(weights, "forward"))
        dx_back, back = self._one.backward(x[:, ::-1], d_back[:, ::-1], _of(weights, "backward"))
        ways = {"forward": ahead, "backward": back}
        return dx + dx_back[:, ::-1], {f"{way}.{name}": d for way, ds in ways.items() for name, d in ds.items()}


def _of(weights: Weights, way: str) -> Weights:
    return {name.removeprefix(f"{way}."): weight for name, weight in weights.items() if name.startswith(f"{way}.")}
