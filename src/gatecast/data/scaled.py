"""What does the network see of a panel? Scaled float32, gaps carried forward."""

from __future__ import annotations

import numpy as np

from gatecast.data.arrays import Array, Floats, Ints
from gatecast.data.panel import Panel
from gatecast.data.scaling import Scaling
from gatecast.network.native import PanelArrays

__all__ = ["carry_forward", "scaled_arrays", "scaled_inputs"]


def carry_forward(values: Array, offsets: Ints, before: Array | float = 0.0) -> Array:
    """Repeat the last observed value through gaps; returns `values` itself where there are none.

    Args:
        values: `(N,)` of S series.
        offsets: `(S + 1,)`.
        before: `(S,)` what was observed last before each series, for those that begin with a gap.

    Examples:
        >>> carry_forward(np.array([np.nan, 1.0, np.nan, 4.0]), np.array([0, 4]), 7.0).tolist()
        [7.0, 1.0, 1.0, 4.0]
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    newest = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    lengths = np.diff(offsets)
    is_leading = newest < np.repeat(offsets[:-1], lengths)
    filled = values[np.maximum(newest, 0)]
    filled[is_leading] = np.repeat(np.broadcast_to(before, lengths.shape), lengths)[is_leading]
    return filled


def scaled_inputs(panel: Panel, scaling: Scaling, before: Array | float = 0.0) -> Array:
    """Return what the network reads, `(N,)` float32; `before` is in scaled units, see `carry_forward`."""
    scaled = scaling.transform(panel.values, panel.offsets).astype(np.float32)
    return carry_forward(scaled, panel.offsets, before)


def scaled_arrays(panel: Panel, scaling: Scaling, units: Floats) -> PanelArrays:
    """Return what training needs: gaps are carried forward in the inputs and missing among the targets."""
    targets = scaling.transform(panel.values, panel.offsets).astype(np.float32)
    return PanelArrays(carry_forward(targets, panel.offsets), targets, panel.offsets.astype(np.int64), units)
