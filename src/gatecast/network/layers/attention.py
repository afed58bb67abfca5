"""A weighted mean of the states of all steps of a window (Bahdanau et al. 2015; Lin et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, sum_over_steps

__all__ = ["Attention"]


@final
@dataclass(frozen=True)
class Attention(Layer):
    """The last output is (sum_t softmax(score)_t h_t, h of the last step), with score_t = tanh(h_t W + b) v."""

    mixes_steps = True
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
        _, shares = _shares(x, weights)
        out = np.zeros((*x.shape[:2], self.outputs), x.dtype)
        out[:, -1, : self.inputs] = (shares[..., None] * x).sum(axis=1)
        out[:, -1, self.inputs :] = x[:, -1]
        return out

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back: a step's score grows where its state lies above the mean along the gradient."""
        hidden, shares = _shares(x, weights)
        d_mean, d_last = dy[:, -1, : self.inputs], dy[:, -1, self.inputs :]
        along = np.einsum("btf,bf->bt", x, d_mean)
        d_scores = shares * (along - (shares * along).sum(axis=1, keepdims=True))
        dz = d_scores[..., None] * weights["score"] * (1 - hidden**2)
        dx = shares[..., None] * d_mean[:, None] + dz @ weights["kernel"].T
        dx[:, -1] += d_last
        d_score = np.einsum("bt,btu->u", d_scores, hidden)
        return dx, {"kernel": sum_over_steps(x, dz), "bias": dz.sum(axis=(0, 1)), "score": d_score}


def _shares(x: Array, weights: Weights) -> tuple[Array, Array]:
    """Return the projections `(B, T, units)` and the steps' weights in the mean `(B, T)`."""
    hidden = np.tanh(x @ weights["kernel"] + weights["bias"])
    scores = hidden @ weights["score"]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, shares / shares.sum(axis=1, keepdims=True)
