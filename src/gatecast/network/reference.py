"""What should the native core compute? The same network, loss and optimiser in readable NumPy.

The oracle for the core's tests and for `gatecast doctor`; slow on purpose. Letters: `B` batch, `T` time steps, `F`
input features, `D` hidden units, `H` outputs. The equations are those of the design:

    i, f, o = sigmoid(x W + h U + b)    g = tanh(x W + h U + b)    c' = f c + i g    h' = o tanh(c')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gatecast.network.layers import sigmoid
from gatecast.network.spec import NetworkSpec

__all__ = ["Gradients", "LayerTrace", "adam_step", "clip_factor", "forward", "gradients", "loss_and_slope"]

Array = np.ndarray


@dataclass
class LayerTrace:
    """What one LSTM layer did: its input `x` (B, T, F) and, for each step, gates and states (B, T, D)."""

    x: Array
    i: Array
    f: Array
    g: Array
    o: Array
    c: Array
    h: Array


@dataclass
class Gradients:
    """Mean loss over the targets that count, and its gradients."""

    loss: float
    predictions: Array  # (B, T - first, H)
    weights: Array  # flat
    inputs: Array  # (B, T, F)


def layer_forward(x: Array, W: Array, U: Array, b: Array) -> LayerTrace:
    """Run one LSTM layer over `x` (B, T, F) from a zero state."""
    B, T, _ = x.shape
    D = U.shape[0]
    i, f, g, o, c, h = (np.zeros((B, T, D), x.dtype) for _ in range(6))
    h_before = c_before = np.zeros((B, D), x.dtype)
    for t in range(T):
        z = x[:, t] @ W + h_before @ U + b
        zi, zf, zg, zo = np.split(z, 4, axis=1)
        i[:, t], f[:, t], g[:, t], o[:, t] = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
        c[:, t] = f[:, t] * c_before + i[:, t] * g[:, t]
        h[:, t] = o[:, t] * np.tanh(c[:, t])
        h_before, c_before = h[:, t], c[:, t]
    return LayerTrace(x, i, f, g, o, c, h)


def layer_backward(at: LayerTrace, W: Array, U: Array, dh_above: Array) -> tuple[Array, Array, Array, Array]:
    """Go back through one layer.

    Args:
        at: What the layer did.
        W: Input weights `(F, 4D)`.
        U: Recurrent weights `(D, 4D)`.
        dh_above: Gradient of the loss with respect to `at.h`, `(B, T, D)`, from everything above the layer.

    Returns:
        Gradients of the input, W, U and b.
    """
    B, T, D = at.h.shape
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros(4 * D, W.dtype)
    dx = np.zeros_like(at.x)
    dh_next = dc_next = np.zeros((B, D), W.dtype)
    zero = np.zeros((B, D), W.dtype)
    for t in reversed(range(T)):
        c_before, h_before = (at.c[:, t - 1], at.h[:, t - 1]) if t else (zero, zero)
        i, f, g, o, tanh_c = at.i[:, t], at.f[:, t], at.g[:, t], at.o[:, t], np.tanh(at.c[:, t])
        dh = dh_above[:, t] + dh_next
        dc = dc_next + dh * o * (1 - tanh_c**2)
        dz = np.hstack(
            [
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                dc * i * (1 - g**2),
                dh * tanh_c * o * (1 - o),
            ]
        )
        dW += at.x[:, t].T @ dz
        dU += h_before.T @ dz
        db += dz.sum(axis=0)
        dx[:, t] = dz @ W.T
        dh_next, dc_next = dz @ U.T, dc * f
    return dx, dW, dU, db


def forward(spec: NetworkSpec, flat: Array, x: Array, first: int = 0) -> tuple[Array, list[LayerTrace]]:
    """Run the network over `x` (B, T, F).

    Args:
        spec: Shape of the network.
        flat: All weights, `(spec.n_parameters,)`.
        x: Inputs `(B, T, F)`.
        first: The head speaks from this step on.

    Returns:
        The outputs `(B, T - first, H)` and the trace of each layer.
    """
    weights = spec.views(flat)
    traces = []
    signal = x
    for layer in range(len(spec.hidden_sizes)):
        W, U, b = (weights[f"layers.{layer}.{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
        traces.append(layer_forward(signal, W, U, b))
        signal = traces[-1].h
    return signal[:, first:] @ weights["head.kernel"] + weights["head.bias"], traces


def loss_and_slope(loss: str, error: Array, huber_delta: float) -> tuple[Array, Array]:
    """Each element's loss and its derivative with respect to the prediction.

    `mse` is e², `mae` |e|, `huber` e²/2 up to `huber_delta` and straight beyond (Huber 1964).
    """
    slope = np.clip(error, -huber_delta, huber_delta)
    table: dict[str, Callable[[], tuple[Array, Array]]] = {
        "mse": lambda: (error**2, 2 * error),
        "mae": lambda: (np.abs(error), np.sign(error)),
        "huber": lambda: (slope * (error - slope / 2), slope),
    }
    return table[loss]()


def gradients(
    spec: NetworkSpec, flat: Array, x: Array, y: Array, loss: str = "mse", huber_delta: float = 1.0
) -> Gradients:
    """Compute the mean loss and its gradients.

    Args:
        spec: Shape of the network.
        flat: All weights.
        x: Inputs `(B, T, F)`.
        y: Targets of the last steps, `(B, T - first, H)`; NaN where there is none.
        loss: `mse`, `mae` or `huber`.
        huber_delta: Where the Huber loss becomes straight.

    Returns:
        The mean loss over all targets that are there, the predictions, and the gradients of weights and inputs.
    """
    first = x.shape[1] - y.shape[1]
    predictions, traces = forward(spec, flat, x, first)
    there = ~np.isnan(y)
    error = np.where(there, predictions - np.where(there, y, 0.0), 0.0)
    value, slope = loss_and_slope(loss, error, huber_delta)
    count = max(int(there.sum()), 1)
    d_flat = np.zeros_like(flat)
    dx = _backward(spec, flat, traces, slope / count, d_flat)
    return Gradients(float(value.sum() / count), predictions, d_flat, dx)


def _backward(spec: NetworkSpec, flat: Array, traces: list[LayerTrace], dy: Array, d_flat: Array) -> Array:
    """Fill `d_flat` and return the gradient of the input."""
    weights, d_weights = spec.views(flat), spec.views(d_flat)
    top = traces[-1].h
    first = top.shape[1] - dy.shape[1]
    d_weights["head.kernel"][:] = np.einsum("btd,bth->dh", top[:, first:], dy)
    d_weights["head.bias"][:] = dy.sum(axis=(0, 1))
    dh = np.zeros_like(top)
    dh[:, first:] = dy @ weights["head.kernel"].T
    for layer in reversed(range(len(traces))):
        W, U = weights[f"layers.{layer}.kernel"], weights[f"layers.{layer}.recurrent_kernel"]
        dh, dW, dU, db = layer_backward(traces[layer], W, U, dh)
        d_weights[f"layers.{layer}.kernel"][:] = dW
        d_weights[f"layers.{layer}.recurrent_kernel"][:] = dU
        d_weights[f"layers.{layer}.bias"][:] = db
    return dh


def clip_factor(gradient: Array, clip_norm: float) -> float:
    """What a gradient is multiplied by so that its norm does not exceed `clip_norm` (Pascanu et al. 2013)."""
    norm = float(np.linalg.norm(gradient))
    return clip_norm / norm if 0 < clip_norm < norm else 1.0


def adam_step(
    weights: Array, gradient: Array, moments: Array, step: int, learning_rate: float, epsilon: float = 1e-7
) -> None:
    """Take one step of Adam (Kingma and Ba 2015, section 2, last paragraph), in place.

    Args:
        weights: `(n,)`.
        gradient: `(n,)`.
        moments: `(2, n)`, first and second moments; zeros before the first step.
        step: 1 for the first step.
        learning_rate: Step size before the bias correction.
        epsilon: Added to the root of the second moment.
    """
    beta1, beta2 = 0.9, 0.999
    moments[0] += (gradient - moments[0]) * (1 - beta1)
    moments[1] += (gradient**2 - moments[1]) * (1 - beta2)
    rate = learning_rate * np.sqrt(1 - beta2**step) / (1 - beta1**step)
    weights -= rate * moments[0] / (np.sqrt(moments[1]) + epsilon)
