"""A weighted mean of the states of all steps of a window (Bahdanau et al. 2015; Lin et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot

__all__ = ["Attention"]


@final
@dataclass(frozen=True)
class Attention(Layer):
    """The last output is (sum_t softmax(score)_t h_t, h of the last step), with score_t = tanh(h_t W + b) v."""

    code = 5
    sees_ahead = True

    @property
    def outputs(self) -> int:
        """The mean, and the last state."""
        return 2 * self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        return {"kernel": (self.inputs, self.units), "bias": (self.units,), "score": (self.units,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw projection and scores."""
        glorot(rng, weights["kernel"])
        weights["score"][:] = rng.normal(size=self.units) / np.sqrt(self.units)

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the output of the last step; those of the others are zero, because nothing reads them."""
        scores = np.tanh(x @ weights["kernel"] + weights["bias"]) @ weights["score"]
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        out = np.zeros((*x.shape[:2], self.outputs), x.dtype)
        out[:, -1, : self.inputs] = (shares[..., None] * x).sum(axis=1)
        out[:, -1, self.inputs :] = x[:, -1]
        return out
