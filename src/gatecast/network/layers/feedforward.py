"""Which layers have no state? Those that take each step by itself, and the mean over the steps of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from gatecast.network.layers.base import Array, Layer, Weights, glorot, sum_over_steps

__all__ = ["Attention", "Dense", "Dropout", "Norm"]

# added to variances, so that a constant row is not divided by zero
LEAST = 1e-5


@final
@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer with tanh; weights `kernel` (inputs, units) and `bias` (units)."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        return {"kernel": (self.inputs, self.units), "bias": (self.units,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw the kernel."""
        glorot(rng, weights["kernel"])

    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute tanh(x W + b)."""
        return np.asarray(np.tanh(x @ weights["kernel"] + weights["bias"]))

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back: the derivative of tanh is 1 - tanh**2."""
        dz = dy * (1 - self.forward(x, weights) ** 2)
        return dz @ weights["kernel"].T, {"kernel": sum_over_steps(x, dz), "bias": dz.sum(axis=(0, 1))}


@final
@dataclass(frozen=True)
class Dropout(Layer):
    """Inputs left out by chance, alike at all steps (Gal and Ghahramani 2016); none are in forecasts, nor here."""

    @property
    def outputs(self) -> int:
        """As many as enter."""
        return self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Nothing is learned."""
        return {}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw nothing."""

    def forward(self, x: Array, weights: Weights) -> Array:  # noqa: ARG002  there are none
        """Hand the input on."""
        return x

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:  # noqa: ARG002  nor is anything kept
        """Hand the gradient on."""
        return dy, {}


@final
@dataclass(frozen=True)
class Norm(Layer):
    """Each step's numbers with mean 0 and variance 1, then a `gain` and `shift` of each (Ba, Kiros and Hinton 2016)."""

    @property
    def outputs(self) -> int:
        """As many as enter."""
        return self.inputs

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight."""
        return {"gain": (self.inputs,), "shift": (self.inputs,)}

    def initial(self, rng: np.random.Generator, weights: Weights) -> None:  # noqa: ARG002  nothing is drawn
        """Begin without a change."""
        weights["gain"][:] = 1.0

    def forward(self, x: Array, weights: Weights) -> Array:
        """Normalise each step."""
        return _normalised(x)[0] * weights["gain"] + weights["shift"]

    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back: what would change mean or variance has no effect (Ioffe and Szegedy 2015, section 3)."""
        hat, deviation = _normalised(x)
        d_hat = dy * weights["gain"]
        along = (d_hat * hat).mean(axis=2, keepdims=True)
        dx = (d_hat - d_hat.mean(axis=2, keepdims=True) - hat * along) / deviation
        return dx, {"gain": (dy * hat).sum(axis=(0, 1)), "shift": dy.sum(axis=(0, 1))}


def _normalised(x: Array) -> tuple[Array, Array]:
    """Return the normalised numbers and the deviations by which they were divided."""
    centered = x - x.mean(axis=2, keepdims=True)
    deviation = np.sqrt((centered**2).mean(axis=2, keepdims=True) + LEAST)
    return centered / deviation, deviation


@final
@dataclass(frozen=True)
class Attention(Layer):
    """A weighted mean of the states of all steps of a window (Bahdanau et al. 2015; Lin et al. 2017).

    The last output is (sum_t softmax(score)_t h_t, h of the last step), with score_t = tanh(h_t W + b) v.
    """

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
