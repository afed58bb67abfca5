"""What are the arrays in this package called in annotations, and how is one filled in part?"""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Floats", "Ints", "spread"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def spread(values: Array, places: Ints, n: int) -> Array:
    """Put values at places of an array of n; elsewhere it is NaN, or None among objects.

    >>> spread(np.array([1.0, 2.0]), np.array([2, 0]), 3)
    array([ 2., nan,  1.])
    """
    result = np.full(n, None if values.dtype == object else np.nan, dtype=values.dtype)
    result[places] = values
    return result
