"""How do layers of Keras become a network, and a network layers of Keras?

Keras is asked for what its layers say of themselves (`get_config`, `get_weights`), and imported by `make_keras` alone.
Kernels and gates have our layout: LSTM i, f, c, o; GRU z, r, h with the reset gate after the product and two biases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatecast.exceptions import ConfigError, GatecastError
from gatecast.exchange.plain import Array, PlainNetwork
from gatecast.network.layers.base import Weights
from gatecast.network.spec import LayerSpec

__all__ = ["KerasLayer", "keras_layers", "make_keras", "network_of", "read_keras"]

# what a layer must say of itself to be one of ours
EXPECTED: dict[str, dict[str, object]] = {
    "LSTM": {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False, "stateful": False},
    "GRU": {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False, "stateful": False},
    "Bidirectional": {"merge_mode": "concat"},
}
EXPECTED["GRU"] |= {"reset_after": True}
IGNORED = ("InputLayer",)


@dataclass(frozen=True)
class KerasLayer:
    """A layer of Keras to be made: its class, its arguments, and its weights in the order of `set_weights`."""

    kind: str
    config: dict[str, Any]
    weights: list[Array] = field(default_factory=list)


def read_keras(model: Any) -> PlainNetwork:
    """Read a Keras model of recurrent layers and a dense head, and compare their outputs; ConfigError for others."""
    if not hasattr(model, "layers") or not hasattr(model, "predict"):
        raise ConfigError(
            f"`model` has the type {type(model).__name__}, and a Keras model was expected. Pass a `keras.Sequential` "
            "of LSTM or GRU layers and a Dense layer."
        )
    network = network_of([layer for layer in model.layers if type(layer).__name__ not in IGNORED], _lookback(model))
    network.check_reads_values()
    network.check_against(np.asarray(model.predict(network.windows()[..., None], verbose=0)), "Keras")
    return network


def network_of(layers: list[Any], lookback: int | None = None) -> PlainNetwork:
    """Return layers of Keras, a dense head last, as a network; ConfigError for others."""
    if not layers or type(layers[-1]).__name__ != "Dense" or layers[-1].get_config().get("activation") != "linear":
        raise ConfigError(
            "The last layer of the Keras model must be a Dense layer without an activation, whose units are the steps "
            "ahead. Pass such a model."
        )
    stack, decoder, weights = _read_layers(layers[:-1])
    return PlainNetwork.of_layers(stack, decoder, [*weights, _dense_weights(layers[-1])], lookback)


def _read_layers(layers: list[Any]) -> tuple[list[LayerSpec], list[LayerSpec], list[Weights]]:
    stack: list[LayerSpec] = []
    decoder: list[LayerSpec] = []
    weights: list[Weights] = []
    for layer in layers:
        kind, config = type(layer).__name__, layer.get_config()
        if kind == "Dropout":
            continue
        if kind == "Dense" and config.get("activation") == "tanh":
            decoder.append(LayerSpec("dense", int(config["units"])))
            weights.append(_dense_weights(layer))
        elif kind in EXPECTED and not decoder:
            _check_config(kind, config)
            own = config["layer"]["config"] if kind == "Bidirectional" else config
            stack.append(LayerSpec(kind.lower(), int(own["units"])))
            weights.append(_recurrent_weights(kind, layer.get_weights(), int(own["units"])))
        else:
            raise ConfigError(
                f"The Keras model has a layer {kind} ({config.get('activation', 'no activation')}) that gatecast does "
                "not have at this place, and LSTM, GRU, Bidirectional LSTM, Dropout and then Dense layers with tanh "
                "were expected. Leave it out, or train an LSTMForecaster instead."
            )
    if not stack:
        raise ConfigError(
            "The Keras model has no recurrent layer, and an LSTM or a GRU was expected. Pass one with it."
        )
    return stack, decoder, weights


def _check_config(kind: str, config: dict[str, Any]) -> None:
    expected = EXPECTED[kind]
    if kind == "Bidirectional":
        inner = config["layer"]
        if inner["class_name"] != "LSTM":
            raise ConfigError(
                f"The Keras model has a Bidirectional layer of {inner['class_name']}, and one of LSTM was expected. "
                "Pass such a model."
            )
        _check_config("LSTM", inner["config"])
    for name, value in expected.items():
        if config.get(name, value) != value:
            raise ConfigError(
                f"A layer {kind} of the Keras model has {name}={config[name]!r}, and {name}={value!r} was expected. "
                "Train it with that, or train an LSTMForecaster instead."
            )


def _recurrent_weights(kind: str, arrays: list[Array], units: int) -> Weights:
    if kind == "Bidirectional":
        half = len(arrays) // 2
        ways = {"forward": arrays[:half], "backward": arrays[half:]}
        return {
            f"{way}.{name}": weight
            for way, own in ways.items()
            for name, weight in _recurrent_weights("LSTM", own, units).items()
        }
    kernel, recurrent, *biases = arrays
    # a layer without a bias has one of zeros
    bias = biases[0] if biases else np.zeros((2, 3 * units) if kind == "GRU" else 4 * units, np.float32)
    weights = {"kernel": kernel, "recurrent_kernel": recurrent}
    return weights | ({"bias": bias[0], "recurrent_bias": bias[1]} if kind == "GRU" else {"bias": bias})


def _dense_weights(layer: Any) -> Weights:
    kernel, *bias = layer.get_weights()
    return {"kernel": kernel, "bias": bias[0] if bias else np.zeros(kernel.shape[1], np.float32)}


def _lookback(model: Any) -> int | None:
    """Return the steps of the model's windows, where it says how many, and check that each holds one value."""
    shape = tuple(getattr(model, "input_shape", None) or (None, None, 1))
    if len(shape) != 3 or shape[2] not in (None, 1):
        raise ConfigError(
            f"The Keras model reads windows of shape {shape}, and (any, steps, 1) was expected: one value at each "
            "step. Train it on windows with the points along the second axis (`x.reshape(n, look_back, 1)`)."
        )
    return None if shape[1] is None else int(shape[1])


def keras_layers(network: PlainNetwork) -> list[KerasLayer]:
    """Describe a network as layers of Keras, the lowest first."""
    spec, made = network.spec, []
    for n, layer in enumerate((*spec.stack, *spec.decoder)):
        weights = network.layer_weights(n)
        if layer.kind == "dense":
            config = {"units": layer.units, "activation": "tanh"}
            made.append(KerasLayer("Dense", config, [weights["kernel"], weights["bias"]]))
            continue
        config = {"units": layer.units, "return_sequences": n < len(spec.stack) - 1}
        made.append(KerasLayer(KINDS[layer.kind], config, _weights_of_keras(layer.kind, weights)))
    head = network.head
    return [*made, KerasLayer("Dense", {"units": spec.horizon}, [head["kernel"], head["bias"]])]


KINDS = {"lstm": "LSTM", "gru": "GRU", "bidirectional": "Bidirectional"}


def _weights_of_keras(kind: str, weights: Weights) -> list[Array]:
    if kind == "gru":
        return [weights["kernel"], weights["recurrent_kernel"], np.stack([weights["bias"], weights["recurrent_bias"]])]
    # of both directions of a bidirectional layer in turn
    return list(weights.values())


def make_keras(network: PlainNetwork) -> Any:
    """Return a `keras.Sequential`; GatecastError where Keras is not installed."""
    try:
        import keras
    except ImportError:
        raise GatecastError(
            "The model goes to Keras, which is not installed. Run `pip install keras` and install one of its backends."
        ) from None
    described = keras_layers(network)
    model = keras.Sequential([keras.Input((network.lookback, 1))])
    for layer in described:
        if layer.kind == "Bidirectional":
            model.add(keras.layers.Bidirectional(keras.layers.LSTM(**layer.config)))
        else:
            model.add(getattr(keras.layers, layer.kind)(**layer.config))
    for theirs, layer in zip(model.layers, described, strict=True):
        theirs.set_weights(layer.weights)
    return model
