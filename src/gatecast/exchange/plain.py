"""Which networks do other frameworks have too? Stacks of recurrent layers that read the value alone, and a dense head.

Weights have one layout here, that of `network/layers`; `keras.py` and `torch.py` translate it. Both compute in float32
as gatecast does, but sum in other orders: outputs agree to a few roundings, about 1e-7 of numbers near 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast.exceptions import ConfigError
from gatecast.model.fitted import Fitted
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs
from gatecast.network.layers.base import Weights
from gatecast.network.memory import TrainedNetwork
from gatecast.network.spec import LayerSpec, NetworkSpec

__all__ = ["Array", "PlainNetwork", "plain_network"]

Array = np.ndarray
# losses of networks that say one number for each step
POINT_LOSSES = ("mse", "mae", "huber")
# windows that a translated network and its original are compared on, and how much they may differ: by roundings
N_COMPARED, SAME = 8, 1e-4


@dataclass(frozen=True)
class PlainNetwork:
    """A network in gatecast's own layout, with the framework that it comes from or goes to."""

    spec: NetworkSpec
    flat: Array  # (n_parameters,) float32
    lookback: int | None = None  # points of a window, where the framework says how many

    @classmethod
    def of_layers(
        cls, stack: list[LayerSpec], decoder: list[LayerSpec], weights: list[Weights], lookback: int | None = None
    ) -> PlainNetwork:
        """Put layers together: the weights of each of stack and decoder, and of the head."""
        *of_layers, head = weights
        first = weights[0].get("kernel", weights[0].get("forward.kernel", head["kernel"]))
        spec = NetworkSpec(len(first), tuple(stack), head["kernel"].shape[1], tuple(decoder))
        named = {f"layers.{n}.{name}": w for n, own in enumerate(of_layers) for name, w in own.items()}
        named |= {f"head.{name}": w for name, w in head.items()}
        flat = np.zeros(spec.n_parameters, np.float32)
        for name, view in spec.views(flat).items():
            if named[name].shape != view.shape:
                raise ConfigError(
                    f"The weights {name!r} have shape {named[name].shape}, and {view.shape} was expected: layers that "
                    "follow on each other. Pass such a network."
                )
            view[...] = named[name]
        return cls(spec, flat, lookback)

    def check_reads_values(self) -> None:
        """Raise a ConfigError where more than one number enters at each step."""
        if self.spec.dense_inputs != 1:
            raise ConfigError(
                f"The network reads {self.spec.dense_inputs} numbers at each step, and one was expected, the value. "
                "Train it on windows with the points along the time axis (`x.reshape(n, look_back, 1)`)."
            )

    def layer_weights(self, layer: int) -> Weights:
        """Return the weights of a layer of stack or decoder."""
        return self.spec.weights_of(self.flat, layer)

    @property
    def head(self) -> Weights:
        """Weights of the dense head: `kernel` and `bias`."""
        views = self.spec.views(self.flat)
        return {"kernel": views["head.kernel"], "bias": views["head.bias"]}

    def forecast(self, windows: Array) -> Array:
        """Forecast `(n, H)` after windows `(n, T)` of scaled values."""
        n, T = windows.shape
        values = np.ascontiguousarray(windows, np.float32).ravel()
        panel = PanelArrays(values, values, np.arange(n + 1, dtype=np.int64) * T, np.ones(n))
        network = TrainedNetwork(self.spec, self.flat, LossSettings(), ValueInputs(), T)
        every = np.arange(n, dtype=np.int64)
        return network.forecast_windows(panel, every, np.full(n, T - 1), self.spec.horizon)[:, 0]

    def windows(self) -> Array:
        """Return windows `(n, T)` on which a translation can be compared with its original."""
        return np.random.default_rng(0).normal(size=(N_COMPARED, self.lookback or 9)).astype(np.float32)

    def check_against(self, theirs: Array, framework: str) -> None:
        """Raise a ConfigError unless the original's outputs for `windows` are ours."""
        ours = self.forecast(self.windows())
        if theirs.shape != ours.shape or not np.allclose(ours, theirs, rtol=SAME, atol=SAME):
            how = f"by {np.abs(ours - theirs).max():.2g}" if theirs.shape == ours.shape else "in shape"
            raise ConfigError(
                f"The outputs of the {framework} network differ {how} from those of its layers one after the other, "
                "and a network was expected whose head reads the last step of its last recurrent layer. Pass one that "
                "computes nothing else."
            )


def plain_network(fitted: Fitted, member: int) -> PlainNetwork:
    """Return a network of a fitted forecaster; a ConfigError where other frameworks have no such layers."""
    networks = fitted.ensemble.networks
    if not 0 <= member < len(networks):
        raise ConfigError(
            f"`member` must be a network of the ensemble, 0 to {len(networks) - 1}, got {member!r}. Use `member=0`."
        )
    network = networks[member]
    spec, kinds = network.spec, {layer.kind for layer in (*network.spec.stack, *network.spec.decoder)}
    is_plain = network.value_inputs == ValueInputs() and not spec.n_skip_forecasts and spec.dense_inputs == 1
    unknown = sorted(kinds - {"lstm", "gru", "bidirectional", "dropout", "dense"})
    bends = [layer for layer in spec.stack if layer.dilation > 1 or layer.residual]
    if not is_plain or unknown or bends or network.loss.loss not in POINT_LOSSES:
        what = "naive forecasts or covariates" if not is_plain else f"layers {unknown}" if unknown else ""
        what = what or ("dilations or residual connections" if bends else f"the loss {network.loss.loss!r}")
        raise ConfigError(
            f"This model has {what}, and recurrent layers that read the value alone with a dense head were expected. "
            'Fit with `network=Network(skip="none")` and a loss of points, or use `to_onnx`, which takes any network.'
        )
    plain = replace(spec, stack=tuple(layer for layer in spec.stack if layer.kind != "dropout"))
    # dropout has no weights
    return PlainNetwork(plain, network.weights, network.window or None)
