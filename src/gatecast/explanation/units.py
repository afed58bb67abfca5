"""Which unit is meant? Layer, direction and number of each hidden unit, in one order for all that is said of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.texts.message import Message

__all__ = ["Units"]


@dataclass(frozen=True)
class Units:
    """Labels of n units.

    Attributes:
        layer: `(n,)` number of the recurrent layer, counted from 1, the lowest first.
        direction: `(n,)` "forward", or "backward" for the half of a bidirectional layer that reads backwards.
        unit: `(n,)` number within the layer and direction, counted from 0.

    Examples:
        >>> Units(np.array([1, 2]), np.array(["forward", "backward"]), np.array([3, 0])).names
        ('unit 3 of layer 1', 'unit 0 of layer 2 (backward)')
    """

    layer: Array
    direction: Array
    unit: Array

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def names(self) -> tuple[str, ...]:
        """What to call each; the layer is left out where there is one."""
        return tuple(self.name(n) for n in range(len(self)))

    def name(self, n: int) -> str:
        """What to call one of them."""
        return str(self.message(n))

    def message(self, n: int) -> Message:
        """What to call one of them, in any language."""
        is_backward = self.direction[n] == "backward"
        facts = {"unit": int(self.unit[n]), "layer": int(self.layer[n])}
        if self.has_layers:
            return Message("unit_name.of_layer_backward" if is_backward else "unit_name.of_layer", facts)
        return Message("unit_name.backward" if is_backward else "unit_name.alone", facts)

    @property
    def has_layers(self) -> bool:
        """Whether there are several layers."""
        return len(np.unique(self.layer)) > 1

    def columns(self, rows: Array | slice = slice(None)) -> dict[str, Array]:
        """Columns of a table; the direction only where there are two."""
        both = (self.direction == "backward").any()
        found = {"layer": self.layer, "direction": self.direction, "unit": self.unit}
        return {name: column[rows] for name, column in found.items() if both or name != "direction"}
