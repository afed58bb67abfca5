"""Is an argument what it should be? Checks of numbers, counts, choices and paths that all of the library shares."""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TypeGuard

import numpy as np

from gatecast.exceptions import ConfigError

__all__ = [
    "Check",
    "as_tuple",
    "check_choice",
    "check_count",
    "check_flag",
    "check_nonnegative",
    "check_path",
    "check_positive",
    "check_share",
    "check_whole",
    "is_integer",
    "is_number",
    "suggest",
]

# takes the argument's name, its value and the sentence that says how to fix it
Check = Callable[[str, object, str], None]


def suggest(name: object, known: Iterable[object], least: float = 0.0) -> str:
    """Return the known name that is most like (`difflib`, at least `least`) what somebody wrote; "" where none is."""
    return next(iter(difflib.get_close_matches(str(name), [str(one) for one in known], n=1, cutoff=least)), "")


def is_integer(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number, and no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number, and no truth value."""
    return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)


def as_tuple(name: str, value: object, remedy: str) -> tuple[object, ...]:
    """Take several values as a tuple."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise ConfigError(f"`{name}` must be several values, got {value!r}. {remedy}")
    return tuple(value)


def check_count(name: str, value: object, remedy: str) -> None:
    """Check for a positive whole number."""
    if not is_integer(value) or value < 1:
        raise ConfigError(f"`{name}` must be a positive integer, got {value!r}. {remedy}")


def check_whole(name: str, value: object, remedy: str) -> None:
    """Check for a whole number that is not negative."""
    if not is_integer(value) or value < 0:
        raise ConfigError(f"`{name}` must be a whole number from 0 on, got {value!r}. {remedy}")


def check_positive(name: str, value: object, remedy: str) -> None:
    """Check for a finite positive number."""
    if not is_number(value) or not 0 < value < math.inf:
        raise ConfigError(f"`{name}` must be a positive number, got {value!r}. {remedy}")


def check_nonnegative(name: str, value: object, remedy: str) -> None:
    """Check for a finite number that is positive or 0."""
    if value != 0:
        check_positive(name, value, remedy)


def check_share(name: str, value: object, remedy: str) -> None:
    """Check for a number that is at least 0 and below 1."""
    if not is_number(value) or not 0 <= value < 1:
        raise ConfigError(f"`{name}` must be at least 0 and below 1, got {value!r}. {remedy}")


def check_flag(name: str, value: object, remedy: str) -> None:
    """Check for True or False."""
    if not isinstance(value, bool | np.bool):
        raise ConfigError(f"`{name}` must be True or False, got {value!r}. {remedy}")


def check_path(name: str, value: object, remedy: str = 'Use for example `"model.safetensors"`.') -> None:
    """Check for a text or a path object."""
    if not isinstance(value, str | os.PathLike):
        raise ConfigError(f"`{name}` must be a path, got {value!r}. {remedy}")


def check_choice(name: str, value: object, choices: Sequence[str], code: Callable[[str], str] | None = None) -> None:
    """Check for one of some names; `code` says how the nearest is written in a call, if not `name='choice'`."""
    if value not in choices:
        nearest = suggest(value, choices)
        known = ", ".join(repr(choice) for choice in choices)
        written = f"{name}={nearest!r}" if code is None else code(nearest)
        raise ConfigError(f"`{name}` must be one of {known}, got {value!r}. Did you mean `{written}`?")
