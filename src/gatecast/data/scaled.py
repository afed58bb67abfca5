"""What does the network see where a value is missing? The last one that was observed."""

from __future__ import annotations

import numpy as np

from gatecast.data.arrays import Array, Ints, blocks

__all__ = ["carry_forward"]


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
    if not np.isnan(values).any():
        return values
    filled = np.empty_like(values)
    befores = np.broadcast_to(before, len(offsets) - 1)
    for block in blocks(offsets):
        filled[block.rows] = _carried(values[block.rows], block.offsets, befores[block.series])
    return filled


def _carried(values: Array, offsets: Ints, before: Array) -> Array:
    missing = np.isnan(values)
    newest = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
    lengths = np.diff(offsets)
    is_leading = newest < np.repeat(offsets[:-1], lengths)
    filled = values[np.maximum(newest, 0)]
    filled[is_leading] = np.repeat(before, lengths)[is_leading]
    return filled
