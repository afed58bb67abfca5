"""What does the network see of a panel? Scaled float32, gaps carried forward."""

from __future__ import annotations

import numpy as np

from gatecast.data.arrays import Array, Floats
from gatecast.data.panel import Panel
from gatecast.data.scaling import Scaling
from gatecast.network.native import PanelArrays

__all__ = ["carry_forward", "scaled_arrays", "scaled_inputs"]


def carry_forward(values: Array) -> Array:
    """Repeat the last observed value through gaps; returns `values` itself where there are none.

    Args:
        values: `(N,)` of panels, so that each series begins with an observed value.

    Examples:
        >>> carry_forward(np.array([1.0, np.nan, np.nan, 4.0])).tolist()
        [1.0, 1.0, 1.0, 4.0]
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    newest = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))))
    return np.asarray(values[newest])


def scaled_inputs(panel: Panel, scaling: Scaling) -> Array:
    """Return what the network reads, `(N,)` float32."""
    return carry_forward(scaling.transform(panel.values, panel.offsets).astype(np.float32))


def scaled_arrays(panel: Panel, scaling: Scaling, units: Floats) -> PanelArrays:
    """Return what training needs: gaps are carried forward in the inputs and missing among the targets."""
    targets = scaling.transform(panel.values, panel.offsets).astype(np.float32)
    return PanelArrays(carry_forward(targets), targets, panel.offsets.astype(np.int64), units)
