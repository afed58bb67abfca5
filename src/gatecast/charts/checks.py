"""Can this be drawn? Numbers of the right shape, and models that a backtest has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gatecast.backtesting.record import Backtest
from gatecast.comparison.board import Leaderboard
from gatecast.comparison.comparison import Comparison
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["board_of", "check_type", "chosen_models", "numbers", "record_of"]


def numbers(name: str, values: ArrayLike, shape: str, *, finite: bool = True) -> Floats:
    """Return an argument as an array of floats, whose dimensions have letters, e.g. `T, D`."""
    expected = f"`{name}` must be numbers of the shape ({shape})"
    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        raise DataError(f"{expected}, got a {type(values).__name__} of something else. Pass an array.") from None
    is_shaped = found.ndim == shape.count(",") + 1
    if not is_shaped or not (np.isfinite(found) if finite else ~np.isnan(found)).any():
        what = "no finite number" if is_shaped else f"the shape {found.shape}"
        raise DataError(f"{expected}, got {what}. Pass an array with that shape.")
    return found


def record_of(source: Backtest | Comparison) -> Backtest:
    """Return the backtest of a comparison, or the backtest itself."""
    found = source.backtest if isinstance(source, Comparison) else source
    check_type("backtest", found, Backtest, "a Backtest or a Comparison", "what `backtest(...)` returned")
    return found


def board_of(source: Comparison | Leaderboard) -> Leaderboard:
    """Return the leaderboard of a comparison, or the leaderboard itself."""
    found = source.board if isinstance(source, Comparison) else source
    check_type("comparison", found, Leaderboard, "a Comparison or a Leaderboard", "what `compare(...)` returned")
    return found


def check_type(argument: str, value: object, known: type, expected: str, remedy: str) -> None:
    """Make sure that an argument has a type."""
    if not isinstance(value, known):
        raise ConfigError(
            f"`{argument}` has the type {type(value).__name__}, and {expected} was expected. Pass {remedy}."
        )


def chosen_models(record: Backtest, models: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the models that are to be drawn; all where nothing is said."""
    if models is None:
        return record.distinct().models
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
