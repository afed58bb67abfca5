"""Which quantiles does an interval of some coverage have, and what are the columns called?"""

from __future__ import annotations

from collections.abc import Iterable

from gatecast._validation import is_number
from gatecast.exceptions import ConfigError

__all__ = ["check_levels", "check_quantiles", "level_columns", "level_to_quantiles", "quantile_columns"]


def check_levels(levels: object) -> tuple[float, ...]:
    """Return levels, the coverage of intervals in %, one or several, sorted and unique, or raise a ConfigError."""
    numbers = _numbers("level", levels, "Use `level=[80, 95]`.")
    for number in numbers:
        # nobody wants an interval of 1 %, but many write 0.95 for 95 %
        if not 1 < number < 100:
            hint = f"Did you mean `level={100 * number:g}`?" if 0 < number < 1 else "Use `level=[80, 95]`."
            raise ConfigError(f"`level` must be a percentage above 1 and below 100, got {number:g}. {hint}")
    return numbers


def check_quantiles(quantiles: object) -> tuple[float, ...]:
    """Return quantiles, one probability or several, sorted and unique, or raise a ConfigError."""
    numbers = _numbers("quantiles", quantiles, "Use `quantiles=[0.1, 0.5, 0.9]`.")
    for number in numbers:
        if not 0 < number < 1:
            hint = f"{number / 100:g}" if 1 < number < 100 else "[0.1, 0.5, 0.9]"
            raise ConfigError(f"`quantiles` must be above 0 and below 1, got {number:g}. Use `quantiles={hint}`.")
    return numbers


def level_to_quantiles(levels: object) -> tuple[float, ...]:
    """Return the ends of central intervals, whose coverage is in %, as quantiles, sorted."""
    # rounding keeps 1 - 0.9 from being 0.09999999999999998
    ends = {round(0.5 + side * level / 200, 12) for level in check_levels(levels) for side in (-1, 1)}
    return tuple(sorted(ends))


def level_columns(method: str, levels: object) -> list[str]:
    """Return the names of the columns of intervals, from the lowest to the highest, as Nixtla's tools name them."""
    checked = check_levels(levels)
    lower = [f"{method}-lo-{level:.12g}" for level in reversed(checked)]
    return lower + [f"{method}-hi-{level:.12g}" for level in checked]


def quantile_columns(method: str, quantiles: object) -> list[str]:
    """Return the names of the columns of quantiles, lowest first, as neuralforecast's conformal forecasts name them."""
    return [f"{method}-ql{quantile:.12g}" for quantile in check_quantiles(quantiles)]


def _numbers(name: str, values: object, remedy: str) -> tuple[float, ...]:
    several = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
    if not several:
        raise ConfigError(f"`{name}` must be one number or several, got none. {remedy}")
    numbers: set[float] = set()
    for value in several:
        if not is_number(value):
            raise ConfigError(f"`{name}` must be one number or several, got {value!r}. {remedy}")
        numbers.add(float(value))
    return tuple(sorted(numbers))
