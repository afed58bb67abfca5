"""Can this be drawn? Numbers of the right shape, and models that a backtest has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["board_of", "chosen_models", "numbers", "record_of"]


def numbers(name: str, values: Any, shape: str, *, finite: bool = True) -> Floats:
    """Return values as an array of floats.

    Args:
        name: Of the argument.
        values: Array-like.
        shape: Letters of its dimensions, e.g. `T, D`.
        finite: Whether one of them must be finite; else infinity is a number, too.

    Raises:
        DataError: They are no numbers, have other dimensions, or are all missing.

    Examples:
        >>> numbers("matrix", [[1, 2]], "H, L").shape
        (1, 2)
    """
    n_dimensions = shape.count(",") + 1
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        kind = type(values).__name__
        raise DataError(
            f"`{name}` must be numbers of the shape ({shape}), got a {kind} of something else. Pass an array."
        ) from None
    is_number = np.isfinite(found) if finite else ~np.isnan(found)
    if found.ndim != n_dimensions or not is_number.any():
        what = f"the shape {found.shape}" if found.ndim != n_dimensions else "no finite number"
        raise DataError(f"`{name}` must be numbers of the shape ({shape}), got {what}. Pass an array with that shape.")
    return found


def record_of(source: Backtest | Comparison) -> Backtest:
    """Return the backtest of a comparison, or the backtest itself.

    Raises:
        ConfigError: It is neither.
    """
    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

    if isinstance(source, Comparison):
        return source.backtest
    if not isinstance(source, Backtest):
        raise ConfigError(_wrong("backtest", source, "a Backtest or a Comparison", "backtest(...)"))
    return source


def board_of(source: Comparison | Leaderboard) -> Leaderboard:
    """Return the leaderboard of a comparison, or the leaderboard itself.

    Raises:
        ConfigError: It is neither.
    """
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

    if isinstance(source, Comparison):
        return source.board
    if not isinstance(source, Leaderboard):
        raise ConfigError(_wrong("comparison", source, "a Comparison or a Leaderboard", "compare(...)"))
    return source


def chosen_models(record: Backtest, models: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the models that are to be drawn; all where nothing is said.

    Raises:
        ConfigError: The backtest does not have one of them, or none was named.
    """
    if models is None:
        return record.models
    chosen = (models,) if isinstance(models, str) else tuple(models)
    known = ", ".join(map(str, record.models))
    if not chosen:
        raise ConfigError(f"`models` is empty, and at least one of {known} was expected. Leave it out for all of them.")
    for name in chosen:
        if name not in record.models:
            raise ConfigError(
                f"There is no model {name!r} in the backtest, and one of {known} was expected. Use these."
            )
    return chosen


def _wrong(argument: str, value: object, expected: str, call: str) -> str:
    return (
        f"`{argument}` has the type {type(value).__name__}, and {expected} was expected. Pass what `{call}` returned."
    )
