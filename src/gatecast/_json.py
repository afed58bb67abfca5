"""How do results become what JSON can hold?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["JsonObject", "plain"]

# what JSON calls an object: plain facts by name
JsonObject = dict[str, Any]


def plain(value: object) -> Any:
    """Turn a report into what JSON can hold: NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)
