"""What does a network read of scaled values, and which naive forecasts does it mix? See `network/reference.py`.

Letters: `B` series, `T` time steps, `H` horizon, `F` inputs, `J` naive forecasts. All is computed for all steps at
once: means over past seasons are differences of running sums, in float64 so that these lose no digits.
"""

from __future__ import annotations

import numpy as np

from gatecast.exchange.onnx.graph import Array, Graph, Node
from gatecast.network.inputs import SeasonalAverage, ValueInputs
from gatecast.network.reference import CLIP_CHANGE, CLIP_LEVEL

__all__ = ["naive_forecasts", "network_inputs", "shifted"]


def shifted(g: Graph, values: Node, lag: int | Node) -> tuple[Node, Node]:
    """Return the values `lag` steps before, `(B, T)`, and where there are such, `(T,)`; elsewhere it is the first."""
    positions = g.arange(values.length(1))
    return values.take(g.most(positions - lag, 0), axis=1), positions >= lag


def network_inputs(g: Graph, reads: ValueInputs, values: Node, missing: Node, spreads: Node) -> Node:
    """Return dense inputs `(B, T, F)` of values `(B, T)`; `missing` `(B, T)` is 1 where nothing was observed."""
    if not reads.lags:
        return values.unsqueeze(2)
    changes = []
    for lag in reads.lags:
        before, is_known = shifted(g, values, lag)
        changes.append(g.where(is_known, values - before, 0.0))
    positions = g.arange(values.length(1))
    for average in reads.averages:
        expected = _average(g, average, values, positions, np.zeros(1, np.int64)).cast(np.float32)
        changes.append(g.where(positions >= average.season, values - expected, 0.0))
    inputs = [_clipped(g, change, CLIP_CHANGE) for change in changes]
    inputs += [_clipped(g, values / spreads, CLIP_LEVEL)] if reads.level else []
    return g.concat([one.unsqueeze(2) for one in (*inputs, missing)], 2)


def naive_forecasts(g: Graph, reads: ValueInputs, values: Node, horizon: int) -> Node:
    """Return naive forecasts `(B, J, H)` from the last step of values `(B, T)`."""
    n, steps = values.length(1), np.arange(1, horizon + 1)
    newest = values.cut(1, -1)
    level = newest * np.ones(horizon, np.float32)
    found = [_skipped(g, m, values, newest, steps) for m in reads.skip_forecasts]
    for back in reads.drifts:
        before = g.least(n - 1, back)
        slope = (newest - values.take(n - 1 - before, axis=1)) / g.most(before, 1).cast(np.float32)
        found.append(newest + slope * steps.astype(np.float32))
    for average in reads.averages:
        made = _average(g, average, values, n, steps - 1).cast(np.float32)
        found.append(g.where(n >= average.season, made, level))
    return g.concat([one.unsqueeze(1) for one in found], 1)


def _clipped(g: Graph, values: Node, limit: float) -> Node:
    return g.least(g.most(values, -limit), limit)


def _skipped(g: Graph, m: int, values: Node, newest: Node, steps: Array) -> Node:
    """Return one naive forecast `(B, H)`; see `ValueInputs.skip_forecasts`."""
    level = np.ones(len(steps), np.float32)
    if m < 0:
        return values.cut(1, m).reduce("Mean", 1) * level
    if m == 0:
        return newest * (0 * level)
    # where they begin before the series, the newest value stands in
    places = values.length(1) - 1 + (steps - m * -(-steps // m))
    return g.where(places >= 0, values.take(g.most(places, 0), axis=1), newest)


def _average(g: Graph, average: SeasonalAverage, values: Node, ends: Node, steps: Array) -> Node:
    """Return a seasonal average as it is known before positions `ends`, `(B, Q)` float64, for steps ahead from 0.

    `ends` and `steps` have length Q or 1. Where there is no whole season, the result has no meaning.
    """
    m, n, newest, _ = average
    values = values.cast(np.float64)
    sums = _sums_before(g, values)
    whole = ends / m
    used = g.least(whole, n)
    at = ends + steps % m
    phases = _phase_sums(g, values, m)
    same_step = (phases.take(at, 1) - phases.take(at - used * m, 1)) / _number(g, used)
    mean = _mean(g, sums, ends - used * m, ends)
    step = _slope(g, average, sums, ends, used) if average.follows else None
    if newest < 0:
        first = mean + _risen(g, average, sums, ends)
    else:
        level = g.least(whole, newest)
        first = _mean(g, sums, ends - level * m, ends)
        if step is not None:
            first = first + step * (1 + (level.cast(np.float64) - 1) / 2)
    if step is not None:
        first = first + step * (steps // m).astype(np.float64)
    return same_step - mean + first


def _number(g: Graph, count: Node) -> Node:
    """Return counts as numbers to divide by, at least 1."""
    return g.most(count, 1).cast(np.float64)


def _sums_before(g: Graph, values: Node) -> Node:
    """Return the sum of all values before each position, `(B, T + 1)`."""
    nothing = g.zeros(values.length(0), g.node(np.array([1])), dtype=np.float64)
    return g.concat([nothing, values.running_sum(1)], 1)


def _mean(g: Graph, sums: Node, begins: Node, ends: Node) -> Node:
    return (sums.take(ends, 1) - sums.take(begins, 1)) / _number(g, ends - begins)


def _phase_sums(g: Graph, values: Node, m: int) -> Node:
    """Return the sum of the values m, 2 m, ... steps before each position, `(B, T + m or more)`."""
    B, T = values.length(0), values.length(1)
    rows = (T + m - 1) / m + 1
    before, behind = (g.zeros(B, n, dtype=np.float64) for n in (g.node(np.array([m])), (rows - 1) * m - T))
    padded = g.concat([before, values, behind], 1)
    return padded.reshape(B, rows, m).running_sum(1).reshape(B, rows * m)


def _slope(g: Graph, average: SeasonalAverage, sums: Node, ends: Node, used: Node) -> Node:
    """Return the slope of the line through the means of the used seasons, `(B, Q)`, by least squares; 0 for one."""
    m, n = average.season, average.n_seasons
    back = np.arange(1, n + 1)
    # (Q, n): where each season begins, the newest first
    begins = ends.unsqueeze(1) - back * m
    means = (sums.take(g.most(begins + m, 0), 1) - sums.take(g.most(begins, 0), 1)) / m
    count = used.cast(np.float64).unsqueeze(1)
    places = (count - 1) / 2 - (back - 1).astype(np.float64)
    weights = g.where(used.unsqueeze(1) >= back, places, 0.0)
    spread = g.most((weights * weights).reduce("Sum", 1), 0.5).squeeze(1)
    return (means * weights).reduce("Sum", 2).squeeze(2) / spread


def _risen(g: Graph, average: SeasonalAverage, sums: Node, ends: Node) -> Node:
    """Return how much higher the last |newest| values are than the same steps of earlier seasons, `(B, Q)`."""
    m, width = average.season, -average.newest
    n_ends = g.least(g.most(ends - width, 0) / m, average.n_seasons)
    places = g.arange(sums.length(1))
    windows = g.where(places >= width, sums - sums.take(g.most(places - width, 0), 1), 0.0)
    phases = _phase_sums(g, windows, m)
    earlier = (phases.take(ends, 1) - phases.take(ends - n_ends * m, 1)) / _number(g, n_ends)
    now = sums.take(ends, 1) - sums.take(g.most(ends - width, 0), 1)
    return g.where(n_ends > 0, (now - earlier) / width, 0.0)
