"""How do values become what a network reads inside a graph, and forecasts values? See `model/inputs.py`.

Each row of a batch is a series of the training part, whose scale is a constant, or one that is scaled by its own
history as `Preparation.with_new` does. What belongs to a series has shape `(B, 1)`, or `(1, 1)` for all rows alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gatecast.data.values.bounds import AUTO, Bounds
from gatecast.data.values.counts import INTERVAL, LEAST_ZEROS, ZERO_SHARE
from gatecast.data.values.ranges import MOST_RANGES
from gatecast.exchange.onnx.graph import Graph, Node
from gatecast.exchange.onnx.transforms import BENDERS, Bender
from gatecast.exchange.onnx.values import shifted
from gatecast.model.fitted import Fitted

__all__ = ["Rows", "prepare_rows"]

# takes what the history says of a series that was never seen, and else what was learned
Choose: TypeAlias = Callable[[Node, np.ndarray], Node]


@dataclass(frozen=True)
class Rows:
    """A batch of series as the networks read them, and what brings their forecasts back."""

    graph: Graph
    values: Node  # `(B, T)` float32, scaled
    missing: Node  # `(B, T)` float32, 1 where a difference has nothing to differ from
    center: Node
    scale: Node
    spread: Node  # float32
    unit: Node
    is_sparse: Node
    lower: Node  # between which values forecasts stay, infinite where there is no bound
    upper: Node
    bender: Bender  # undoes the transform

    def restore(self, scaled: Node) -> Node:
        """Bring scaled forecasts `(B, H, K)` float64 back to the units of the data."""
        unit, center = (one.unsqueeze(2) for one in (self.unit, self.center))
        return self.hold(self.bender.inverse(scaled * unit + center))

    def hold(self, values: Node) -> Node:
        """Move what lies beyond a bound to it, `(B, H, K)`."""
        return self.graph.least(self.graph.most(values, self.lower.unsqueeze(2)), self.upper.unsqueeze(2))


def prepare_rows(g: Graph, fitted: Fitted, history: Node, series: Node) -> Rows:
    """Prepare histories `(B, T)` float64 of the series `(B,)` of the training part; -1 is one that was never seen."""
    preparation = fitted.preparation
    known = g.most(series, 0)

    def of_series(array: np.ndarray) -> Node:
        return g.node(array).take(known, 0).unsqueeze(1)

    unit = of_series(preparation.units)
    # a series that never changed in the training part and does now is scaled by its history too
    differs = (~history.equals(of_series(fitted.tail[:, -1].astype(np.float64)))).cast(np.float64).reduce("Max", 1) > 0
    is_new = (series < 0).unsqueeze(1) | (unit.equals(0.0) & differs)
    low, high = history.reduce("Min", 1), history.reduce("Max", 1)

    def choose(own: Node, learned: np.ndarray) -> Node:
        return g.where(is_new, own, of_series(learned))

    transform, season = preparation.transform, fitted.season_length
    kind = BENDERS[transform.name]
    bender = kind.of(g, history, season, transform.to_arrays(), choose)
    bent, n_missing = bender.forward(history)
    own_center, own_scale, deviation = _own_scaling(g, bent, n_missing, preparation.scaling.kind, season)
    own_spread = g.most(deviation / own_scale, 1e-3)
    sparse, bounded = _own_zeros(g, history)
    lower, upper = _bounds(g, preparation.bounds, bounded, low, choose)
    # how far from its history a forecast may be, see `data.values.ranges`
    edges = np.where(np.isnan(preparation.observed), [np.inf, -np.inf], preparation.observed)
    low_known, high_known = g.least(low, choose(low, edges[:, 0])), g.most(high, choose(high, edges[:, 1]))
    reach = (high_known - low_known) * MOST_RANGES
    center, scale = choose(own_center, preparation.scaling.center), choose(own_scale, preparation.scaling.scale)
    is_missing = g.arange(history.length(1)) < n_missing
    return Rows(
        graph=g,
        values=g.where(is_missing, 0.0, (bent - center) / scale).cast(np.float32),
        missing=(history * 0.0 + is_missing.cast(np.float64)).cast(np.float32),
        center=center,
        scale=scale,
        spread=choose(own_spread, preparation.spreads).cast(np.float32),
        unit=choose(g.where(low.equals(high), own_scale * 0.0, own_scale), preparation.units),
        is_sparse=choose(sparse, preparation.is_sparse),
        lower=g.most(lower, high_known - reach),
        upper=g.least(upper, low_known + reach),
        bender=bender,
    )


def _own_scaling(g: Graph, bent: Node, n_missing: int, kind: str, season: int) -> tuple[Node, Node, Node]:
    """Return center, scale and standard deviation of each row, without its first points; see `data.values.scaling`."""
    bent = bent.cut(1, n_missing)
    low, high = bent.reduce("Min", 1), bent.reduce("Max", 1)
    varies = high > low
    spread = g.where(varies, high - low, 1.0)
    # in units of the range, as in `scaling._moments`
    within = (bent - low) / spread
    mean = within.reduce("Mean", 1)
    centered = within - mean
    deviation = g.where(varies, (centered * centered).reduce("Mean", 1).map("Sqrt") * spread, 1.0)
    if kind == "none":
        return low * 0.0, low * 0.0 + 1.0, deviation
    if kind == "minmax":
        return low, spread, deviation
    if kind == "mean":
        return g.where(varies, 0.0, low), g.where(varies, bent.map("Abs").reduce("Mean", 1), 1.0), deviation
    center = g.where(varies, low + mean * spread, low)
    if kind == "standard":
        return center, deviation, deviation
    change = _mean_change(g, bent, season, n_missing)
    return center, g.where(varies & (change > 0), change, deviation), deviation


def _mean_change(g: Graph, bent: Node, season: int, n_missing: int) -> Node:
    """Return the mean absolute change over a season, or over a step of a series that is not longer, `(B, 1)`."""
    T = bent.length(1)
    # what is missing counts for the length
    lag = g.where(T + n_missing > season, g.node(np.array([season])), np.array([1]))
    before, is_known = shifted(g, bent, lag)
    changes = g.where(is_known, (bent - before).map("Abs"), 0.0)
    return changes.reduce("Sum", 1) / g.most(T - lag, 1).cast(np.float64)


def _bounds(g: Graph, bounds: Bounds, bounded: Node, low: Node, choose: Choose) -> tuple[Node, Node]:
    """Return the bounds of each row; a lower one that was found is left out where the history goes below it."""
    upper = choose(low * 0.0 + bounds.limits.given.get("upper", np.inf), bounds.upper)
    if bounds.limits.lower != AUTO:
        return choose(low * 0.0 + bounds.limits.given.get("lower", -np.inf), bounds.lower), upper
    lower = choose(g.where(bounded, low * 0.0, -np.inf), bounds.lower)
    return g.where(low < lower, -np.inf, lower), upper


def _own_zeros(g: Graph, history: Node) -> tuple[Node, Node]:
    """Tell which rows hold counts with many zeros, and which end at zero; see `data.values.counts`."""

    def number(where: Node) -> Node:
        return where.cast(np.float64).reduce("Sum", 1)

    n, zeros = history.length(1).cast(np.float64), number(history.equals(0.0))
    others = number((history < 0.0) | ~history.equals(history.map("Floor")))
    has_others = zeros < n
    sparse = others.equals(0.0) & (n > (n - zeros) * INTERVAL) & has_others
    enough = zeros >= g.most(n * ZERO_SHARE, float(LEAST_ZEROS))
    return sparse, sparse | (number(history < 0.0).equals(0.0) & enough & has_others)
