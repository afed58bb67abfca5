"""How do results become what JSON can hold, and how does what was read become what it must be?"""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

import numpy as np

__all__ = ["JsonObject", "converted", "parsed", "plain"]

# what JSON calls an object: plain facts by name
JsonObject = dict[str, Any]

T = TypeVar("T")
# objects and lists within each other; what gatecast writes has eight
MOST_NESTED = 50


def parsed(text: str | bytes) -> JsonObject:
    """Return the object that a text in JSON holds; ValueError where it is no such text, or nested too deeply."""
    try:
        facts = json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if not isinstance(facts, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004  a text of the right type with a wrong content
    _check_depth(facts, MOST_NESTED)
    return facts


def _check_depth(value: dict[str, object] | list[object], left: int) -> None:
    """Refuse what some walk through it could not take apart; ValueError."""
    if not left:
        raise ValueError("its JSON is nested too deeply")
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            _check_depth(inner, left - 1)


def converted(facts: object, kind: type[T]) -> T:
    """Return plain facts as a dataclass or another type, with the types of all fields checked.

    ValueError: a field is missing, or is not of its type; the message says which.
    """
    import msgspec

    try:
        found: T = msgspec.convert(facts, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    return found


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
