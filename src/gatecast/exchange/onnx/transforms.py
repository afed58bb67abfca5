"""How does a graph bend values and bend forecasts back? One class for each of `data.values.transforms.TRANSFORMS`.

ONNX has no log1p and expm1; they are computed from log and exp without a loss of digits (Kahan, in Goldberg 1991).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gatecast.data.values.boxcox import GOLDEN, HIGHEST_POWER, LOWEST_POWER, N_STEPS, ROOT, SHIFT
from gatecast.data.values.transforms import LARGEST_LOGARITHM
from gatecast.exchange.onnx.graph import Array, Graph, Node, Operand
from gatecast.exchange.onnx.values import shifted

__all__ = ["BENDERS", "Bender"]

# takes what a row's own history says and what was learned, `(S,)`; returns what counts for each row
Choose = Callable[[Node, Array], Node]


@dataclass(frozen=True)
class Bender(ABC):
    """A transform of a batch of rows."""

    graph: Graph

    @classmethod
    @abstractmethod
    def of(cls, g: Graph, history: Node, season: int, learned: Mapping[str, Array], choose: Choose) -> Self:
        """Make the transform of histories `(B, T)`; `learned` are the arrays of the model's own."""

    @abstractmethod
    def forward(self, values: Node) -> tuple[Node, int]:
        """Bend values `(B, T)`; also returns how many of the first ones have no result."""

    @abstractmethod
    def inverse(self, values: Node) -> Node:
        """Bring forecasts `(B, H, K)` back."""


@final
@dataclass(frozen=True)
class Identity(Bender):
    """Values stay as they are."""

    @classmethod
    def of(cls, g: Graph, history: Node, season: int, learned: Mapping[str, Array], choose: Choose) -> Self:  # noqa: ARG003
        """Make it."""
        return cls(g)

    def forward(self, values: Node) -> tuple[Node, int]:
        """Return the values."""
        return values, 0

    def inverse(self, values: Node) -> Node:
        """Return the values."""
        return values


@final
@dataclass(frozen=True)
class Log1p(Bender):
    """`log(1 + y)` of values that are not below `lowest`."""

    lowest: float

    @classmethod
    def of(cls, g: Graph, history: Node, season: int, learned: Mapping[str, Array], choose: Choose) -> Self:  # noqa: ARG003
        """Take the lowest value, which all series share."""
        return cls(g, float(learned["lowest"][0]))

    def forward(self, values: Node) -> tuple[Node, int]:
        """Return the logarithms."""
        return _log1p(self.graph, self.graph.most(values, self.lowest)), 0

    def inverse(self, values: Node) -> Node:
        """Return `exp(values) - 1`."""
        return _expm1(self.graph, self.graph.least(values, LARGEST_LOGARITHM))


@dataclass(frozen=True)
class BoxCox(Bender):
    """The power of each row; fields are `(B, 1)`, see `data.values.boxcox.BoxCoxRows`."""

    power: Node
    shift: Node
    unit: Node
    floor: Node
    ceiling: Node

    @classmethod
    def of(cls, g: Graph, history: Node, season: int, learned: Mapping[str, Array], choose: Choose) -> Self:  # noqa: ARG003
        """Find the power of each row's own history."""
        own = cls._fit(g, history)
        return cls(g, **{name: choose(own[name], array) for name, array in learned.items()})

    @classmethod
    def _fit(cls, g: Graph, history: Node) -> dict[str, Node]:
        low, high, n = history.reduce("Min", 1), history.reduce("Max", 1), history.length(1)
        plain = ~(low < high) | (n < 3)
        low, high = g.where(plain, 1.0, low), g.where(plain, 1.0, high)
        height = (history - low).reduce("Mean", 1)
        shift = g.where(low > 0.0, 0.0, height / 10.0 - low)
        logarithms = g.where(plain, history * 0.0, (history + shift)).map("Log")
        logarithms = g.where(plain, 0.0, logarithms)
        center = logarithms.reduce("Mean", 1)
        unit = center.map("Exp")
        power = g.where(plain, 1.0, _best_power(g, logarithms - center))
        return {
            "power": power,
            "shift": g.where(plain, 0.0, shift),
            "unit": unit,
            "floor": (low + shift) / unit / 10.0,
            "ceiling": g.least(high + shift, 1e305) / unit * 100.0,
        }

    def forward(self, values: Node) -> tuple[Node, int]:
        """Transform values; those without a power stay as they are."""
        g = self.graph
        logarithms = g.most((values + self.shift) / self.unit, self.floor).map("Log")
        return g.where(self.power.equals(1.0), values, _power_of(g, logarithms, self.power)), 0

    def inverse(self, values: Node) -> Node:
        """Bring values back; outside the domain they are the limit."""
        g = self.graph
        power, shift, unit, ceiling = (one.unsqueeze(2) for one in (self.power, self.shift, self.unit, self.ceiling))
        bent = _log1p(g, g.most(power * values, -1.0)) / power
        logarithms = g.least(g.where(power.equals(0.0), values, bent), ceiling.map("Log"))
        return g.where(power.equals(1.0), values, logarithms.map("Exp") * unit - shift)


@final
@dataclass(frozen=True)
class FourthRoot(BoxCox):
    """The fourth root in medians, of rows that are never negative."""

    @classmethod
    def _fit(cls, g: Graph, history: Node) -> dict[str, Node]:
        n = history.length(1)
        ordered = g.op("TopK", history, n, unused=1, axis=1)
        low, high = history.reduce("Min", 1), history.reduce("Max", 1)
        middle = (ordered.take((n - 1) / 2, 1) + ordered.take(n / 2, 1)) / 2.0
        bends = (low >= 0.0) & (middle > 0.0) & (low < high)
        unit = g.where(bends, middle, 1.0)
        return {
            "power": g.where(bends, unit * 0.0 + ROOT, 1.0),
            "shift": g.where(bends, unit * SHIFT, 0.0),
            "unit": unit,
            "floor": unit * 0.0 + SHIFT,
            "ceiling": g.where(bends, g.least(high, 1e305) / unit * 100.0, 1.0),
        }

    def inverse(self, values: Node) -> Node:
        """Bring values back, at least 0 where the root was taken."""
        restored = super().inverse(values)
        is_root = (self.power < 1.0).unsqueeze(2)
        return self.graph.where(is_root, self.graph.most(restored, 0.0), restored)


@final
@dataclass(frozen=True)
class Difference(Bender):
    """The change over `lag` steps."""

    history: Node
    lag: int

    @classmethod
    def of(cls, g: Graph, history: Node, season: int, learned: Mapping[str, Array], choose: Choose) -> Self:  # noqa: ARG003
        """Take the lag, which all series share."""
        return cls(g, history, int(learned["lag"][0]))

    def forward(self, values: Node) -> tuple[Node, int]:
        """Return the differences."""
        return values - shifted(self.graph, values, self.lag)[0], self.lag

    def inverse(self, values: Node) -> Node:
        """Add up forecasts, each beginning from the last value of its phase; the newest where there is none."""
        g, lag = self.graph, self.lag
        places = self.history.length(1) - lag + np.arange(lag)
        newest = self.history.cut(1, -1)
        anchors = g.where(places >= 0, self.history.take(g.most(places, 0), 1), newest).unsqueeze(2)
        B, H, K = (values.length(axis) for axis in range(3))
        rows = (H + lag - 1) / lag
        padded = g.concat([values, g.zeros(B, rows * lag - H, K, dtype=np.float64)], 1)
        seasons = padded.reshape(B, rows, lag, K).running_sum(1) + anchors.unsqueeze(1)
        return seasons.reshape(B, rows * lag, K).take(g.arange(H), 1)


BENDERS: dict[str, type[Bender]] = {
    "none": Identity,
    "log1p": Log1p,
    "box-cox": BoxCox,
    "fourth-root": FourthRoot,
    "difference": Difference,
    "seasonal-difference": Difference,
}


def _log1p(g: Graph, x: Node) -> Node:
    u = x + 1.0
    return g.where(u.equals(1.0), x, u.map("Log") * x / (u - 1.0))


def _expm1(g: Graph, x: Node) -> Node:
    u = x.map("Exp")
    less = u - 1.0
    return g.where(u.equals(1.0), x, g.where(less.equals(-1.0), less, less * x / u.map("Log")))


def _power_of(g: Graph, logarithms: Node, power: Operand) -> Node:
    """Return `(exp(power * logarithms) - 1) / power`, which is `logarithms` at power 0."""
    power = g.node(power, np.float64)
    bent = _expm1(g, g.least(power * logarithms, 300.0)) / power
    return g.where(power.equals(0.0), logarithms, bent)


def _best_power(g: Graph, logarithms: Node) -> Node:
    """Search the power of maximum likelihood by golden section, `(B, 1)`; see `boxcox._best_power`."""
    low = logarithms.reduce("Max", 1) * 0.0 + LOWEST_POWER
    high = low * 0.0 + HIGHEST_POWER
    left, right = high - (high - low) * GOLDEN, low + (high - low) * GOLDEN
    of_left, of_right = _variance(g, left, logarithms), _variance(g, right, logarithms)
    for _ in range(N_STEPS):
        is_left = of_left < of_right
        high, low = g.where(is_left, right, high), g.where(is_left, low, left)
        kept, of_kept = g.where(is_left, left, right), g.where(is_left, of_left, of_right)
        fresh = g.where(is_left, high - (high - low) * GOLDEN, low + (high - low) * GOLDEN)
        of_fresh = _variance(g, fresh, logarithms)
        left, right = g.where(is_left, fresh, kept), g.where(is_left, kept, fresh)
        of_left, of_right = g.where(is_left, of_fresh, of_kept), g.where(is_left, of_kept, of_fresh)
    return (low + high) / 2.0


def _variance(g: Graph, power: Node, logarithms: Node) -> Node:
    bent = _power_of(g, logarithms, power)
    centered = bent - bent.reduce("Mean", 1)
    return (centered * centered).reduce("Mean", 1)
