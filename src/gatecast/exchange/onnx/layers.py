"""Which ONNX operators compute each kind of layer? From inputs `(B, T, F)` to outputs; see `network/layers`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatecast.exchange.onnx.graph import Array, Graph, Node
from gatecast.network.layers import Layer
from gatecast.network.layers.base import Weights
from gatecast.network.layers.feedforward import LEAST

__all__ = ["LAYERS", "run_layer"]

# ONNX has the gates of an LSTM in the order i, o, f, g; ours are i, f, g, o
ONNX_GATES = (0, 3, 1, 2)


def run_layer(g: Graph, kind: str, layer: Layer, weights: Weights, x: Node) -> Node:
    """Compute the outputs of a layer, `(B, T, outputs)`; of one that ends the stack by the whole window, of the last.

    Attention, and a bidirectional layer below nothing that mixes steps, are read at their last step alone.
    """
    return LAYERS[kind](g, layer, weights, x)


def _lstm(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:
    return _dilated(g, layer.dilation, x, lambda part: _run_lstm(g, [weights], layer.units, part).squeeze(1))


def _gru(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:
    def run(part: Node) -> Node:
        bias = np.concatenate([weights["bias"], weights["recurrent_bias"]])
        kernels = (weights["kernel"].T[None], weights["recurrent_kernel"].T[None], bias[None])
        # the reset gate comes after the product, as in Keras and PyTorch
        made = g.op("GRU", part, *map(_float32, kernels), hidden_size=layer.units, linear_before_reset=1)
        return made.squeeze(1)

    return _dilated(g, layer.dilation, x, run)


def _bidirectional(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:
    ways = [
        {name.removeprefix(f"{way}."): weight for name, weight in weights.items() if name.startswith(f"{way}.")}
        for way in ("forward", "backward")
    ]
    # (T, 2, B, D)
    states = _run_lstm(g, ways, layer.units, x.swap(1, 0, 2))
    ahead, back = (states.cut(1, way, way + 1).squeeze(1).swap(1, 0, 2) for way in (0, 1))
    if layer.ends_stack:
        # what each has read in the end
        ahead, back = ahead.cut(1, -1), back.cut(1, 0, 1)
    return g.concat([ahead, back], 2)


def _dropout(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:  # noqa: ARG001  nothing is dropped in forecasts
    return x


def _norm(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:  # noqa: ARG001
    return g.op("LayerNormalization", x, weights["gain"], weights["shift"], axis=-1, epsilon=LEAST)


def _attention(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:  # noqa: ARG001
    hidden = (x @ weights["kernel"] + weights["bias"]).map("Tanh")
    shares = g.op("Softmax", hidden @ weights["score"][:, None], axis=1)
    return g.concat([(shares * x).reduce("Sum", 1), x.cut(1, -1)], 2)


def _dense(g: Graph, layer: Layer, weights: Weights, x: Node) -> Node:  # noqa: ARG001
    return (x @ weights["kernel"] + weights["bias"]).map("Tanh")


LAYERS: dict[str, Callable[[Graph, Layer, Weights, Node], Node]] = {
    "lstm": _lstm,
    "gru": _gru,
    "bidirectional": _bidirectional,
    "dropout": _dropout,
    "norm": _norm,
    "attention": _attention,
    "dense": _dense,
}


def _run_lstm(g: Graph, ways: list[Weights], units: int, x: Node) -> Node:
    """Run an LSTM in one or both directions over `(T, B, F)`; returns `(T, directions, B, D)`."""
    kernels = [np.stack([_gates_of_onnx(way[name]) for way in ways]) for name in ("kernel", "recurrent_kernel", "bias")]
    kernels[2] = np.concatenate([kernels[2], np.zeros_like(kernels[2])], axis=1)
    direction = "forward" if len(ways) == 1 else "bidirectional"
    return g.op("LSTM", x, *map(_float32, kernels), hidden_size=units, direction=direction)


def _gates_of_onnx(weight: Array) -> Array:
    """Return a kernel `(F, 4D)` as `(4D, F)`, or a bias `(4D,)`, with the gates in the order of ONNX."""
    by_gate = weight.reshape(*weight.shape[:-1], 4, -1)[..., ONNX_GATES, :]
    return np.ascontiguousarray(by_gate.reshape(weight.shape).T)


def _float32(array: Array) -> Array:
    return np.ascontiguousarray(array, np.float32)


def _dilated(g: Graph, dilation: int, x: Node, run: Callable[[Node], Node]) -> Node:
    """Run a layer over `(T, B, F)`, where the state of step t comes from step t - dilation.

    That is so many series of their own, which are filled with zeros behind their end, which no step before depends on.
    """
    x = x.swap(1, 0, 2)
    if dilation == 1:
        return run(x).swap(1, 0, 2)
    T, B, F = (x.length(axis) for axis in range(3))
    rows = (T + dilation - 1) / dilation
    padded = g.concat([x, g.zeros(rows * dilation - T, B, F, dtype=np.float32)], 0)
    states = run(padded.reshape(rows, B * dilation, F))
    joined = states.reshape(rows * dilation, B, states.length(2))
    return joined.take(g.arange(T), 0).swap(1, 0, 2)
