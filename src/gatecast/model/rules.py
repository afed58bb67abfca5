"""What is allowed for the settings that are more than one number?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gatecast._validation import as_tuple, check_count, check_positive, is_integer, is_number
from gatecast.exceptions import ConfigError

__all__ = ["check_quantiles", "check_rate", "check_seed", "check_validation_size", "each_count"]

MOST_QUANTILES = 31


def each_count(name: str, value: object, remedy: str) -> None:
    """Check for positive whole numbers, or for a single one where a name speaks of one."""
    is_single = isinstance(value, str) or not isinstance(value, Sequence | np.ndarray)
    if name == "season_length" and is_single:
        check_count(name, value, remedy)
        return
    for number in as_tuple(name, value, remedy):
        check_count(name, number, remedy)


def check_rate(name: str, value: object, remedy: str) -> None:
    """Check for a positive number or `find`."""
    if value != "find":
        check_positive(name, value, remedy)


def check_seed(name: str, value: object, remedy: str) -> None:
    """Check for a whole number that the generator of random numbers takes."""
    if not is_integer(value) or not 0 <= value < 2**63:
        raise ConfigError(f"`{name}` must be a whole number from 0 to 2**63 - 1, got {value!r}. {remedy}")


def check_validation_size(name: str, value: object, remedy: str) -> None:
    """Check for a share or a number of points."""
    if is_number(value) and (0 <= value < 1 or (is_integer(value) and value >= 1)):
        return
    raise ConfigError(f"`{name}` must be a share from 0 to 1 or a whole number of points, got {value!r}. {remedy}")


def check_quantiles(name: str, value: object, remedy: str) -> None:
    """Check for an odd number of rising probabilities with 0.5 in the middle."""
    levels = as_tuple(name, value, remedy)
    numbers = [level for level in levels if is_number(level) and 0 < level < 1]
    is_rising = len(numbers) == len(levels) and numbers == sorted(set(numbers))
    is_odd = len(numbers) % 2 == 1 and len(numbers) <= MOST_QUANTILES
    if not is_rising or not is_odd or not math.isclose(numbers[len(numbers) // 2], 0.5):
        raise ConfigError(
            f"`{name}` must be rising numbers between 0 and 1 with 0.5 in the middle, got {value!r}. {remedy}"
        )
