"""How do modules of PyTorch become a network, and a network a module?

A module is asked for its parts and their weights (`modules`, `state_dict`), and `make_torch` alone imports PyTorch.
Its kernels are transposed and each gate has two biases, of inputs and state: an LSTM's are added (gates i, f, g, o as
ours), a GRU's stay two (gates r, z, n, ours are z, r, g).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gatecast.exceptions import ConfigError, GatecastError
from gatecast.exchange.plain import Array, PlainNetwork
from gatecast.network.layers.base import Weights
from gatecast.network.spec import LayerSpec

__all__ = ["make_torch", "read_torch", "torch_weights"]

KINDS = {"LSTM": "lstm", "GRU": "gru"}
NAMES = {kind: name for name, kind in KINDS.items()}


def read_torch(module: Any) -> PlainNetwork:
    """Read a module of recurrent layers and linear ones, and compare their outputs; ConfigError for others.

    The module's own `forward` takes windows `(n, steps, 1)`, or `(steps, n, 1)` where its recurrent layers have
    `batch_first=False`, and returns the head's outputs for the last step, `(n, horizon)`.
    """
    if not hasattr(module, "modules") or not hasattr(module, "state_dict"):
        raise ConfigError(
            f"`module` has the type {type(module).__name__}, and a module of PyTorch was expected. Pass a "
            "`torch.nn.Module` of LSTM or GRU layers and Linear layers."
        )
    parts = [part for part in module.modules() if type(part).__name__ in (*KINDS, "Linear")]
    recurrent = [part for part in parts if type(part).__name__ in KINDS]
    linear = [part for part in parts if type(part).__name__ == "Linear"]
    if not recurrent or not linear or parts != [*recurrent, *linear]:
        found = ", ".join(type(part).__name__ for part in parts) or "none of them"
        raise ConfigError(
            f"The module holds {found}, and LSTM or GRU layers followed by Linear layers were expected. Pass such "
            "a module."
        )
    stack: list[LayerSpec] = []
    weights: list[Weights] = []
    for part in recurrent:
        _check_part(part)
        state = _arrays(part)
        kind = KINDS[type(part).__name__]
        for n in range(int(part.num_layers)):
            stack.append(LayerSpec(kind, int(part.hidden_size)))
            weights.append(_recurrent_weights(kind, state, n, int(part.hidden_size)))
    decoder = [LayerSpec("dense", int(part.out_features)) for part in linear[:-1]]
    weights += [_linear_weights(_arrays(part)) for part in linear]
    network = PlainNetwork.of_layers(stack, decoder, weights)
    network.check_reads_values()
    network.check_against(_outputs(module, recurrent[0], network.windows()), "PyTorch")
    return network


def _check_part(part: Any) -> None:
    for name, value in (("bidirectional", False), ("proj_size", 0)):
        if getattr(part, name, value) != value:
            raise ConfigError(
                f"A layer {type(part).__name__} of the module has {name}={getattr(part, name)!r}, and {name}={value!r} "
                "was expected. Train it with that, or train an LSTMForecaster instead."
            )


def _arrays(part: Any) -> dict[str, Array]:
    return {name: _array(tensor) for name, tensor in part.state_dict().items()}


def _array(tensor: Any) -> Array:
    """Return a tensor's numbers, wherever it lies; arrays of NumPy as they are."""
    for step in ("detach", "cpu", "numpy"):
        tensor = getattr(tensor, step)() if hasattr(tensor, step) else tensor
    return np.asarray(tensor)


def _outputs(module: Any, first: Any, windows: Array) -> Array:
    """Run the module in its mode for forecasts, which is left as it was; dropout is off there."""
    like = next(iter(module.state_dict().values()))
    x = windows[..., None] if getattr(first, "batch_first", False) else windows.T[..., None]
    was_training = bool(getattr(module, "training", False))
    module.eval()
    try:
        out = _array(module(like.new_tensor(x) if hasattr(like, "new_tensor") else x))
    finally:
        module.train(was_training)
    return out.reshape(len(windows), -1) if out.size and len(out) in (1, len(windows)) else out


def _recurrent_weights(kind: str, state: dict[str, Array], n: int, units: int) -> Weights:
    kernel, recurrent = state[f"weight_ih_l{n}"].T, state[f"weight_hh_l{n}"].T
    gates = 4 if kind == "lstm" else 3
    none = np.zeros(gates * units, np.float32)
    of_inputs, of_state = (state.get(f"bias_{name}_l{n}", none) for name in ("ih", "hh"))
    if kind == "lstm":
        return {"kernel": kernel, "recurrent_kernel": recurrent, "bias": of_inputs + of_state}
    arrays = {"kernel": kernel, "recurrent_kernel": recurrent, "bias": of_inputs, "recurrent_bias": of_state}
    return {name: _swapped(array) for name, array in arrays.items()}


def _swapped(array: Array) -> Array:
    """Swap the first two of three gates, update and reset, of `(..., 3D)`."""
    by_gate = array.reshape(*array.shape[:-1], 3, -1)
    return by_gate[..., [1, 0, 2], :].reshape(array.shape)


def _linear_weights(state: dict[str, Array]) -> Weights:
    kernel = state["weight"].T
    return {"kernel": kernel, "bias": state.get("bias", np.zeros(kernel.shape[1], np.float32))}


def torch_weights(network: PlainNetwork) -> dict[str, Array]:
    """Return a network's weights as the state of the module that `make_torch` makes, by name."""
    spec = network.spec
    state: dict[str, Array] = {}
    for n, layer in enumerate(spec.stack):
        own = network.layer_weights(n)
        if layer.kind == "gru":
            own = {name: _swapped(array) for name, array in own.items()}
        other = own.get("recurrent_bias", np.zeros_like(own["bias"]))
        named = {"weight_ih_l0": own["kernel"].T, "weight_hh_l0": own["recurrent_kernel"].T}
        named |= {"bias_ih_l0": own["bias"], "bias_hh_l0": other}
        state |= {f"recurrent.{n}.{name}": array for name, array in named.items()}
    linear = [network.layer_weights(n) for n in range(len(spec.stack), len(spec.layers))]
    for n, own in enumerate([*linear, network.head]):
        state |= {f"linear.{n}.weight": own["kernel"].T, f"linear.{n}.bias": own["bias"]}
    return {name: np.ascontiguousarray(array) for name, array in state.items()}


def make_torch(network: PlainNetwork) -> Any:
    """Return a `torch.nn.Module` that takes windows `(n, steps, 1)`; GatecastError where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        raise GatecastError("The model goes to PyTorch, which is not installed. Run `pip install torch`.") from None
    from gatecast.exchange.torch_module import RecurrentForecaster

    spec = network.spec
    if any(layer.kind == "bidirectional" for layer in spec.stack):
        raise ConfigError(
            "This model has bidirectional layers, whose last step PyTorch does not hand on as Keras does, and LSTM or "
            "GRU layers were expected. Use `to_keras` or `to_onnx`."
        )
    stack = [(NAMES[layer.kind], layer.units) for layer in spec.stack]
    module = RecurrentForecaster(stack, [layer.units for layer in spec.decoder], spec.horizon)
    module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in torch_weights(network).items()})
    return module.eval()
