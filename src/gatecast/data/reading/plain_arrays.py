"""How do values without times, a list or an array, become a panel?"""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.panel.frequency import ORDER
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.frames import cell_text
from gatecast.data.reading.numbers import not_finite, parse_numbers
from gatecast.exceptions import ConfigError, DataError

__all__ = ["array_panel"]


def _floats(array: Array) -> tuple[Floats, Ints]:
    """Return the values as numbers, and where they are not finite though not missing."""
    # plain numbers do not need pandas, which takes longer to import than a small fit takes
    if array.dtype.kind in "fiu":
        values = array.astype(np.float64, copy=False)
        return values, np.flatnonzero(np.isinf(values))
    import pandas as pd

    column = pd.Series(array)
    values = parse_numbers(column).floats
    return values, not_finite(column, values)


def array_panel(array: Array, backend: str, freq: str | int | None) -> Panel:
    """Wrap values without times: steps count from 0, no table is built, float64 is not copied."""
    step = 1 if freq is None else freq
    is_step = isinstance(step, int) and not isinstance(step, bool) and step > 0
    if not is_step and step != ORDER:
        raise ConfigError(
            f"`freq` must be a positive integer for data without times, got {freq!r}. Leave it out, or "
            "pass a table with times."
        )
    if not len(array):
        raise DataError("The array is empty, and at least one value was expected. Pass a series.")
    values, bad = _floats(array)
    if len(bad):
        raise DataError(
            f"The array holds {len(bad)} {'values that are' if len(bad) > 1 else 'value that is'} not a finite "
            f"number, the first is {cell_text(array[bad[0]])} at index {bad[0]}, and numbers were expected. Correct "
            "them, or pass NaN where a value is missing."
        )
    if np.isnan(values).all():
        raise DataError(
            f"The array holds {len(values)} times NaN and no number, and at least one was expected. Pass a series."
        )
    offsets = np.array([0, len(values)], dtype=np.int64)
    return Panel(np.array(["y"], dtype=object), values, offsets, np.zeros(1, dtype=np.int64), step, backend=backend)
