"""What are the arrays in this package called in annotations?"""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Floats", "Ints"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
