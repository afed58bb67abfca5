"""Which shape does a network have, and what are its weights called?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["NetworkSpec"]


@dataclass(frozen=True)
class NetworkSpec:
    """The shape of a network: stacked LSTM layers and a dense head.

    Args:
        input_size: F, numbers that enter at each time step.
        hidden_sizes: D, hidden units of each layer, the lowest first.
        output_size: H, numbers that the head puts out.

    Examples:
        >>> NetworkSpec(1, (50,), 1).n_parameters
        10451
    """

    input_size: int
    hidden_sizes: tuple[int, ...]
    output_size: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each weight, in the order of the flat vector. Gates stand as i, f, g, o."""
        shapes: dict[str, tuple[int, ...]] = {}
        F = self.input_size
        for layer, D in enumerate(self.hidden_sizes):
            shapes[f"layers.{layer}.kernel"] = (F, 4 * D)
            shapes[f"layers.{layer}.recurrent_kernel"] = (D, 4 * D)
            shapes[f"layers.{layer}.bias"] = (4 * D,)
            F = D
        shapes["head.kernel"] = (F, self.output_size)
        shapes["head.bias"] = (self.output_size,)
        return shapes

    @property
    def n_parameters(self) -> int:
        """Length of the flat vector of all weights."""
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    @property
    def state_size(self) -> int:
        """Hidden units of all layers together: the length of a state vector h or c."""
        return sum(self.hidden_sizes)

    def views(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Name the parts of a flat vector of weights, without a copy.

        Args:
            flat: `(n_parameters,)`.

        Returns:
            Views of `flat` by name, each in its own shape.
        """
        views = {}
        start = 0
        for name, shape in self.shapes.items():
            stop = start + int(np.prod(shape))
            views[name] = flat[start:stop].reshape(shape)
            start = stop
        return views
