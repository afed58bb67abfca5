"""What must a kind of layer define? Its weights, and in NumPy what it computes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

__all__ = ["Array", "Layer", "Weights", "glorot", "orthonormal_rows", "parts", "sigmoid", "sum_over_steps"]

Array = np.ndarray
Weights = dict[str, Array]


@dataclass(frozen=True)
class Layer(ABC):
    """A layer of a network; kinds are final and stand in `LAYERS`."""

    inputs: int  # numbers that it reads at each step
    units: int = 1
    dilation: int = 1  # the state of step t comes from step t - dilation
    dropout: float = 0.0  # share of the inputs that is dropped
    ends_stack: bool = False  # whether no layer above reads more of it than the steps that are forecast from

    # whether its output at a step depends on other steps
    mixes_steps: ClassVar[bool] = False
    # whether it reads points after a step, so that only windows may use it
    sees_ahead: ClassVar[bool] = False

    @property
    def outputs(self) -> int:
        """Numbers that it puts out at each step."""
        return self.units

    @property
    def state_size(self) -> int:
        """Numbers that are kept between steps."""
        return 0

    @property
    def traced(self) -> tuple[tuple[str, int], ...]:
        """What the core can tell of a step, in its order: names and how many numbers each has."""
        return ()

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight, in the order of the flat vector."""

    @abstractmethod
    def initial(self, rng: np.random.Generator, weights: Weights) -> None:
        """Draw the weights in place; they are zero before."""

    @abstractmethod
    def forward(self, x: Array, weights: Weights) -> Array:
        """Compute the outputs `(B, T, outputs)` from the inputs `(B, T, inputs)`, from a zero state."""

    @abstractmethod
    def backward(self, x: Array, dy: Array, weights: Weights) -> tuple[Array, Weights]:
        """Go back from the gradient of the outputs to those of the inputs and, by name, of the weights."""


def parts(joined: Array, n: int) -> Array:
    """Take `(B, n * D)` apart, gate by gate: `(n, B, D)`."""
    return joined.reshape(len(joined), n, -1).swapaxes(0, 1)


def sum_over_steps(left: Array, right: Array) -> Array:
    """Add up the outer products `(n, m)` of `(B, T, n)` and `(B, T, m)` over all steps of all sequences."""
    return np.asarray(np.einsum("btn,btm->nm", left, right))


def sigmoid(z: Array) -> Array:
    """Logistic function, element by element."""
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def glorot(rng: np.random.Generator, weight: Array) -> None:
    """Draw uniformly within the limits of Glorot and Bengio (2010)."""
    limit = np.sqrt(6.0 / sum(weight.shape))
    weight[:] = rng.uniform(-limit, limit, weight.shape)


def orthonormal_rows(rng: np.random.Generator, weight: Array) -> None:
    """Draw a matrix with orthonormal rows (Saxe et al. 2014)."""
    rows, columns = weight.shape
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    weight[:] = (q * np.sign(np.diag(r))).T
