"""How does a network forecast inside a graph? Inputs, layers, head, and the mixture of naive forecasts."""

from __future__ import annotations

import numpy as np

from gatecast.exchange.onnx.graph import Graph, Node
from gatecast.exchange.onnx.layers import run_layer
from gatecast.exchange.onnx.values import naive_forecasts, network_inputs
from gatecast.network.inputs import LossSettings
from gatecast.network.memory import TrainedNetwork
from gatecast.network.origins import LEAST_SPREAD, MEAN_BEND

__all__ = ["ensemble_forecast"]


def ensemble_forecast(
    g: Graph, networks: tuple[TrainedNetwork, ...], values: Node, missing: Node, spreads: Node, horizon: int
) -> Node:
    """Return the median of the networks' scaled parameters, `(B, P, horizon)` float32, after values `(B, T)`.

    Each network reads its own forecasts where the horizon is longer than the one that it was trained for.
    """
    return _median(g, [_forecast(g, network, values, missing, spreads, horizon) for network in networks])


def _median(g: Graph, forecasts: list[Node]) -> Node:
    n = len(forecasts)
    if n == 1:
        return forecasts[0]
    joined = g.concat([one.unsqueeze(0) for one in forecasts], 0)
    if n == 2:
        return joined.reduce("Mean", 0).squeeze(0)
    ordered = g.op("TopK", joined, np.array([n]), unused=1, axis=0)
    middle = ordered.cut(0, (n - 1) // 2, n // 2 + 1)
    return middle.reduce("Mean", 0).squeeze(0)


def _forecast(g: Graph, network: TrainedNetwork, values: Node, missing: Node, spreads: Node, horizon: int) -> Node:
    H, blocks = network.spec.horizon, []
    for begin in range(0, horizon, H):
        block = _block(g, network, values, missing, spreads)
        blocks.append(block.cut(2, 0, min(H, horizon - begin)))
        middle = block.cut(1, network.loss.middle, network.loss.middle + 1).squeeze(1)
        values, missing = g.concat([values, middle], 1), g.concat([missing, middle * 0.0], 1)
    return g.concat(blocks, 2)


def _block(g: Graph, network: TrainedNetwork, values: Node, missing: Node, spreads: Node) -> Node:
    """Forecast the steps that a network was trained for, `(B, P, H)`."""
    spec, views = network.spec, network.spec.views(network.weights)
    x = network_inputs(g, network.value_inputs, values, missing, spreads)
    if network.window:
        x = x.cut(1, -network.window)
    for n, (asked, layer) in enumerate(zip((*spec.stack, *spec.decoder), spec.layers, strict=True)):
        if n == len(spec.stack):
            x = x.cut(1, -1)
        y = run_layer(g, asked.kind, layer, spec.weights_of(network.weights, n), x)
        if layer.sees_ahead and layer.ends_stack:
            # only the last step was computed
            x = x.cut(1, -1)
        x = x + y if spec.is_residual(n) else y
    out = x.cut(1, -1).squeeze(1) @ views["head.kernel"] + views["head.bias"]
    J, P, H = spec.n_skip_forecasts, spec.n_parameters_of_step, spec.horizon
    raw = out.cut(1, J * H, (J + P) * H).reshape(-1, P, H)
    if not J:
        return _parameters(g, network.loss, raw, None)
    shares = g.op("Softmax", out.cut(1, 0, J * H).reshape(-1, J, H), axis=1)
    mixture = (shares * naive_forecasts(g, network.value_inputs, values, H)).reduce("Sum", 1)
    return _parameters(g, network.loss, raw, mixture)


def _parameters(g: Graph, loss: LossSettings, raw: Node, mixture: Node | None) -> Node:
    """Return what the head's outputs `(B, P, H)` stand for, beside a mixture `(B, 1, H)`; see `network/origins.py`."""
    P, middle = loss.n_parameters, loss.middle
    of_step = [raw.cut(1, p, p + 1) for p in range(P)]
    out = [(one + (one * one + 4.0).map("Sqrt")) / 2.0 for one in of_step]
    out[middle] = of_step[middle] if mixture is None else mixture + of_step[middle]
    if loss.is_of_counts:
        bent = out[0] * MEAN_BEND
        out[0] = (bent + (bent * bent + 4.0).map("Sqrt")) / (2.0 * MEAN_BEND)
        # dispersion and zeros say how sure a forecast is, and no quantiles are made of them
        return out[0]
    if loss.loss == "quantile":
        for q in range(middle + 1, P):
            out[q] = out[q] + out[q - 1]
        for q in reversed(range(middle)):
            out[q] = out[q + 1] - out[q]
    else:
        for p, least in zip(range(1, P), (LEAST_SPREAD, 2.0), strict=False):
            out[p] = out[p] + least
    return g.concat(out, 1)
