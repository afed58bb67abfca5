"""What do layers of Keras and modules of PyTorch say of themselves? Doubles without the frameworks, in NumPy.

Their outputs come from loops of their own, written after the frameworks' documentation.
"""

from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Layer:
    """A layer of Keras: its arguments and weights."""

    def __init__(self, *weights: np.ndarray, **config: Any) -> None:
        self.weights, self.config = list(weights), config

    def get_config(self):
        return self.config

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        assert [w.shape for w in weights] == [w.shape for w in self.weights]
        self.weights = list(weights)


class LSTM(Layer):
    def run(self, x):
        kernel, recurrent, bias = self.weights
        h = c = np.zeros((len(x), len(recurrent)))
        states = []
        for t in range(x.shape[1]):
            i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            states.append(h)
        return np.stack(states, axis=1)


class GRU(Layer):
    def run(self, x):
        kernel, recurrent, (bias, inner) = self.weights
        h = np.zeros((len(x), len(recurrent)))
        states = []
        for t in range(x.shape[1]):
            xz, xr, xh = np.split(x[:, t] @ kernel + bias, 3, axis=1)
            hz, hr, hh = np.split(h @ recurrent + inner, 3, axis=1)
            z = sigmoid(xz + hz)
            h = z * h + (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh)
            states.append(h)
        return np.stack(states, axis=1)


class Bidirectional(Layer):
    def run(self, x):
        ahead, back = LSTM(*self.weights[:3]).run(x), LSTM(*self.weights[3:]).run(x[:, ::-1])
        if self.config["layer"]["config"].get("return_sequences"):
            return np.concatenate([ahead, back[:, ::-1]], axis=2)
        return np.concatenate([ahead, back], axis=2)


class Dropout(Layer):
    def run(self, x):
        return x


class Dense(Layer):
    def run(self, x):
        kernel, bias = self.weights
        made = x @ kernel + bias
        return np.tanh(made) if self.config["activation"] == "tanh" else made


class Sequential:
    """A Keras model whose head reads the last step."""

    def __init__(self, *layers: Layer, steps: int | None = None) -> None:
        self.layers, self.input_shape = list(layers), (None, steps, 1)

    def predict(self, x, verbose):
        assert not verbose
        for layer in self.layers:
            x = layer.run(x if x.ndim == 2 or not isinstance(layer, Dense) else x[:, -1])
        return x


KINDS = {"gru": GRU, "bidirectional": Bidirectional}
ONE_LSTM = {"class_name": "LSTM", "config": {"units": 7}}


def golden(name: str) -> tuple[dict[str, np.ndarray], list[Layer]]:
    """Kept values of Keras (see tests/golden/README.md), and the layers that they are of, after their training."""
    with np.load(GOLDEN / f"keras_{name}.npz") as file:
        values = dict(file)
    weights = {int(key.split("/")[1].split(":")[0]): w for key, w in values.items() if key.startswith("final/")}
    *own, kernel, bias = (weights[n] for n in range(len(weights)))
    kind, size = KINDS.get(name, LSTM), 6 if name == "bidirectional" else 3
    stack = [own[n : n + size] for n in range(0, len(own), size)]
    layers: list[Layer] = [kind(*part, units=part[1].shape[0], layer=ONE_LSTM) for part in stack]
    return values, [*layers, Dense(kernel, bias, units=len(bias), activation="linear")]


class Tensor(np.ndarray):
    """A tensor of PyTorch, as far as gatecast asks."""

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return np.asarray(self)

    def new_tensor(self, array):
        return np.asarray(array).view(Tensor)


class Part:
    """A module of PyTorch with a name of its own, its weights and its parts."""

    def __init__(self, state: dict[str, np.ndarray], **facts: Any) -> None:
        self.state = {name: np.asarray(array).view(Tensor) for name, array in state.items()}
        vars(self).update(facts)

    def state_dict(self):
        return self.state


def torch_part(name: str, *args: Any, **facts: Any) -> Part:
    return type(name, (Part,), {})(*args, **facts)


class Module:
    """Recurrent parts and linear ones, computed as PyTorch documents them."""

    training = True

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    def modules(self):
        return [self, *self.parts]

    def state_dict(self):
        return {f"{n}.{name}": w for n, part in enumerate(self.parts) for name, w in part.state.items()}

    def eval(self):
        self.training = False

    def train(self, mode):
        self.training = mode

    def __call__(self, x):
        assert not self.training
        x = np.asarray(x) if self.parts[0].batch_first else np.asarray(x).swapaxes(0, 1)
        for part in (part for part in self.parts if type(part).__name__ != "Linear"):
            for layer in range(part.num_layers):
                x = torch_layer(type(part).__name__, part.state, layer, x)
        x = x[:, -1]
        linear = [part for part in self.parts if type(part).__name__ == "Linear"]
        for n, part in enumerate(linear):
            x = x @ part.state["weight"].T + part.state["bias"]
            x = np.tanh(x) if n < len(linear) - 1 else x
        return x.view(Tensor)


def torch_layer(kind, state, layer, x):
    kernel, recurrent, b, inner = (
        np.asarray(state[f"{name}_l{layer}"]) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    h = c = np.zeros((len(x), recurrent.shape[1]))
    states = []
    for t in range(x.shape[1]):
        of_input, of_state = x[:, t] @ kernel.T + b, h @ recurrent.T + inner
        if kind == "LSTM":
            i, f, g, o = np.split(of_input + of_state, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            (ir, iz, i_n), (hr, hz, hn) = (np.split(one, 3, axis=1) for one in (of_input, of_state))
            z = sigmoid(iz + hz)
            h = (1 - z) * np.tanh(i_n + sigmoid(ir + hr) * hn) + z * h
        states.append(h)
    return np.stack(states, axis=1)
