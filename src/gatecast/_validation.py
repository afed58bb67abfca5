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
    "check_steps",
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
    return tuple(np.atleast_1d(value)) if isinstance(value, np.ndarray) else tuple(value)


def _check(expected: str, is_right: Callable[[object], bool]) -> Check:
    """Return a check that raises a ConfigError which says what was expected."""

    def check(name: str, value: object, remedy: str) -> None:
        if not is_right(value):
            raise ConfigError(f"`{name}` must be {expected}, got {value!r}. {remedy}")

    return check


check_count = _check("a positive integer", lambda value: is_integer(value) and value >= 1)
check_whole = _check("a whole number from 0 on", lambda value: is_integer(value) and value >= 0)
check_positive = _check("a positive number", lambda value: is_number(value) and 0 < value < math.inf)
check_nonnegative = _check("a positive number", lambda value: value == 0 or (is_number(value) and 0 < value < math.inf))
check_share = _check("at least 0 and below 1", lambda value: is_number(value) and 0 <= value < 1)
check_flag = _check("True or False", lambda value: isinstance(value, bool | np.bool))


def check_steps(horizon: object) -> None:
    """Check the steps of a forecast; a table in their place is told so."""
    if getattr(horizon, "shape", ()):
        raise ConfigError(
            "`predict` takes the steps ahead first, and a table or an array was passed there. Use `predict(data=...)` "
            "for newer data."
        )
    check_count("horizon", horizon, "Use `horizon=24` for a day of hourly data.")


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
