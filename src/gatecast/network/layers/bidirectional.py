"""Two LSTMs, one of which reads the sequence backwards (Schuster and Paliwal 1997)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights
from gatecast.network.layers.lstm import Lstm

__all__ = ["Bidirectional"]


@final
@dataclass(frozen=True)
class Bidirectional(Layer):
    """Outputs are (forwards, backwards), `units` each.

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
        named = {f"forward.{name}": d for name, d in ahead.items()} | {
            f"backward.{name}": d for name, d in back.items()
        }
        return dx + dx_back[:, ::-1], named


def _of(weights: Weights, way: str) -> Weights:
    return {name.removeprefix(f"{way}."): weight for name, weight in weights.items() if name.startswith(f"{way}.")}
