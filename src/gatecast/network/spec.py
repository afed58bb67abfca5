"""Which shape does a network have, and what are its weights called?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from gatecast._json import JsonObject
from gatecast.network.layers import LAYERS, Layer

__all__ = ["LayerSpec", "NetworkSpec"]


@dataclass(frozen=True)
class LayerSpec:
    """One layer, as it is asked for."""

    kind: str  # a name in `LAYERS`
    units: int = 1
    dilation: int = 1  # the state of step t comes from step t - dilation
    residual: bool = False  # whether the input is added to the output, where both are equally wide
    dropout: float = 0.0  # share of the inputs that is dropped


@dataclass(frozen=True)
class NetworkSpec:
    """The shape of a network."""

    dense_inputs: int  # numbers that enter at each time step
    stack: tuple[LayerSpec, ...]  # layers that go through all steps, the lowest first
    horizon: int
    decoder: tuple[LayerSpec, ...] = ()  # layers that each forecast goes through by itself, before the head
    n_skip_forecasts: int = 0  # J, naive forecasts that the head mixes; 0 for a plain head
    n_parameters_of_step: int = 1  # P, what is forecast of each step: 1 for a point, Q for quantiles
    embeddings: tuple[tuple[int, int], ...] = ()  # (categories, numbers) of each code that enters at each step
    n_ahead_numbers: int = 0  # how many of the numbers are known ahead
    n_ahead_codes: int = 0  # how many of the codes (the first ones) are known ahead
    n_contexts: int = 0  # numbers that the head hands to the future decoder for each step
    future_units: int = 0  # hidden units of the future decoder; 0 where nothing is known ahead

    @classmethod
    def plain(cls, input_size: int, hidden_sizes: Iterable[int], horizon: int) -> NetworkSpec:
        """Describe stacked LSTM layers and a dense head."""
        return cls(input_size, tuple(LayerSpec("lstm", D) for D in hidden_sizes), horizon)

    @property
    def input_size(self) -> int:
        """F, numbers that the first layer reads at each step."""
        return self.dense_inputs + sum(size for _, size in self.embeddings)

    @property
    def output_size(self) -> int:
        """Numbers that the head puts out."""
        return (self.n_skip_forecasts + self.n_parameters_of_step + self.n_contexts) * self.horizon

    @property
    def future_size(self) -> int:
        """X, numbers about each step ahead that the future decoder reads."""
        return self.n_ahead_numbers + sum(size for _, size in self.embeddings[: self.n_ahead_codes])

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of stack and decoder, each knowing what enters."""
        layers: list[Layer] = []
        width = self.input_size
        for n, spec in enumerate((*self.stack, *self.decoder)):
            ends_stack = not any(LAYERS[above.kind].mixes_steps for above in self.stack[n + 1 :])
            layers.append(LAYERS[spec.kind](width, spec.units, spec.dilation, spec.dropout, ends_stack))
            width = layers[-1].outputs
        return tuple(layers)

    def is_residual(self, layer: int) -> bool:
        """Tell whether the input of a layer is added to its output."""
        spec = (*self.stack, *self.decoder)[layer]
        return spec.residual and self.layers[layer].inputs == self.layers[layer].outputs

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight, in the order of the flat vector."""
        shapes: dict[str, tuple[int, ...]] = {}
        for n, size in enumerate(self.embeddings):
            shapes[f"embeddings.{n}"] = size
        for n, layer in enumerate(self.layers):
            shapes |= {f"layers.{n}.{name}": shape for name, shape in layer.shapes().items()}
        shapes["head.kernel"] = (self.layers[-1].outputs, self.output_size)
        shapes["head.bias"] = (self.output_size,)
        if self.future_units:
            shapes["future.kernel"] = (self.n_contexts + self.future_size, self.future_units)
            shapes["future.bias"] = (self.future_units,)
            shapes["future.out"] = (self.future_units, self.n_parameters_of_step)
        return shapes

    @cached_property
    def decays(self) -> np.ndarray:
        """Tell the weights of matrices, which decay, from those of biases and other vectors, `(n_parameters,)`."""
        shapes = self.shapes.values()
        return np.repeat([len(shape) > 1 for shape in shapes], [math.prod(shape) for shape in shapes])

    @cached_property
    def n_parameters(self) -> int:
        """Length of the flat vector of all weights."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @cached_property
    def state_size(self) -> int:
        """Numbers that are kept of a sequence between steps."""
        return sum(layer.state_size for layer in self.layers)

    @property
    def trace_size(self) -> int:
        """Numbers that tell what the recurrent layers of the stack did in a step."""
        return sum(n for layer in self.layers[: len(self.stack)] for _, n in layer.traced)

    @property
    def sees_ahead(self) -> bool:
        """Whether a layer reads points after a step, so that only windows may use it."""
        return any(layer.sees_ahead for layer in self.layers)

    def views(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Name the parts of a flat vector of weights `(n_parameters,)`, each in its own shape, without a copy."""
        views = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            views[name] = flat[start:stop].reshape(shape)
            start = stop
        return views

    def weights_of(self, flat: np.ndarray, layer: int) -> dict[str, np.ndarray]:
        """Name the weights of one layer, without a copy."""
        prefix = f"layers.{layer}."
        return {n.removeprefix(prefix): w for n, w in self.views(flat).items() if n.startswith(prefix)}

    def to_dict(self) -> JsonObject:
        """Return what JSON can hold."""
        return asdict(self)
