"""What are the arrays in this package called in annotations, how is one filled in part, and how cut into blocks?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Block", "Floats", "Frame", "Ints", "blocks", "later", "spread"]

Array = npt.NDArray[Any]
Frame = Any  # a table of the library that the data came from
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 250_000  # values that are worked on together, so that they stay in the cache and take hardly any memory


def spread(values: Array, places: Ints, n: int) -> Array:
    """Put values at places of an array of n; elsewhere it is NaN, or None among objects."""
    result = np.full(n, None if values.dtype == object else np.nan, dtype=values.dtype)
    result[places] = values
    return result


def later(times: Any, count: Any) -> Array:
    """Move dates, datetime64 of any unit, by whole numbers of that unit; newer releases of NumPy refuse a bare number.

    Examples:
        >>> later(np.datetime64("2024-01", "M"), 2)
        np.datetime64('2024-03')
    """
    unit, _ = np.datetime_data(times.dtype)
    moved: Array = times + np.asarray(count, np.int64).astype(f"timedelta64[{unit}]")
    return moved


@dataclass(frozen=True)
class Block:
    """Some of many series."""

    series: slice
    rows: slice  # where their values stand
    offsets: Ints  # where each begins and ends among these values

    @property
    def lengths(self) -> Ints:
        """Values of each series."""
        return np.diff(self.offsets)

    def pieces(self) -> Iterator[slice]:
        """Cut the rows into pieces of about `BLOCK`, wherever series begin."""
        return (
            slice(begin, min(begin + BLOCK, self.rows.stop)) for begin in range(self.rows.start, self.rows.stop, BLOCK)
        )


def blocks(offsets: Ints) -> Iterator[Block]:
    """Cut many series into blocks of whole ones, of about `BLOCK` values."""
    begin, n_series = 0, len(offsets) - 1
    while begin < n_series:
        end = int(np.searchsorted(offsets, offsets[begin] + BLOCK, side="right")) - 1
        end = min(max(end, begin + 1), n_series)
        first, last = int(offsets[begin]), int(offsets[end])
        yield Block(slice(begin, end), slice(first, last), offsets[begin : end + 1] - first)
        begin = end
