"""Is an argument what it should be, and which was meant by a call that a function does not take?

Checks of numbers, counts, choices and paths that all of the library shares, and answers to what others call arguments.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import ParamSpec, TypeGuard, TypeVar

import numpy as np

from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = [
    "Check",
    "answers_calls",
    "answers_making",
    "as_tuple",
    "check_choice",
    "check_count",
    "check_flag",
    "check_horizon",
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

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
A_DAY_OF_HOURS = "Use `horizon=24` for a day of hourly data."
# steps ahead at most: eleven years of hours
MOST_STEPS = 100_000
# what Nixtla, Darts, sktime, scikit-learn and others call an argument of `fit`, `predict` and the like
WORDS = {
    "data": "df X x series context history train dataset X_train train_df input_df past_data",
    "horizon": "h fh n steps n_steps periods prediction_length forecast_horizon n_periods",
    "future": "X_df futr_df X_future future_df future_covariates exog future_exog xreg exogenous known_covariates",
    "level": "levels coverage alpha interval conf_int prediction_intervals",
    "quantiles": "quantile q quantile_levels",
    "n_paths": "num_samples n_samples",
    "id_col": "id unique_id group_col series_col id_column item_id",
    "time_col": "ds date_col timestamp_column time_column date_column",
    "target_col": "target y_col target_column value_col",
    "freq": "frequency",
    "test_size": "horizon h n_test",
    "season_length": "seasonality season_lengths seasonal_periods season seasons m sp period",
    "models": "model forecasters estimators",
    "n_windows": "n_splits n_folds cv_windows windows",
    "step_size": "stride step step_length",
}

# takes the argument's name, its value and the sentence that says how to fix it
Check = Callable[[str, object, str | Message], None]


def suggest(name: object, known: Iterable[object], least: float = 0.0) -> str:
    """Return the known name that is most like (`difflib`, at least `least`) what somebody wrote; "" where none is."""
    return next(iter(difflib.get_close_matches(str(name), [str(one) for one in known], n=1, cutoff=least)), "")


def is_integer(value: object) -> TypeGuard[int]:
    """Tell whether a value is a whole number, and no truth value."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number, and no truth value."""
    return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)


def as_tuple(name: str, value: object, remedy: str | Message) -> tuple[object, ...]:
    """Take several values as a tuple."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise ConfigError(f"`{name}` must be several values, got {value!r}. {remedy}")
    return tuple(np.atleast_1d(value)) if isinstance(value, np.ndarray) else tuple(value)


def _check(expected: str, is_right: Callable[[object], bool]) -> Check:
    """Return a check that raises a ConfigError which says what was expected."""

    def check(name: str, value: object, remedy: str | Message) -> None:
        if not is_right(value):
            facts = {"name": name, "expected": Message(f"argument.{expected}"), "value": repr(value), "remedy": remedy}
            raise ConfigError(Message("argument.wrong", facts))

    return check


check_count = _check("count", lambda value: is_integer(value) and value >= 1)
check_whole = _check("whole", lambda value: is_integer(value) and value >= 0)
check_positive = _check("positive", lambda value: is_number(value) and 0 < value < math.inf)
check_nonnegative = _check("positive", lambda value: value == 0 or (is_number(value) and 0 < value < math.inf))
check_share = _check("share", lambda value: is_number(value) and 0 <= value < 1)
check_flag = _check("flag", lambda value: isinstance(value, bool | np.bool))


def check_horizon(
    name: str, value: object, remedy: str | Message = "Use `horizon=24` for a day of hourly data."
) -> None:
    """Check for a number of steps ahead; more than anybody reads would take hours, and all memory.

    Examples:
        >>> check_horizon("horizon", 24)
    """
    check_count(name, value, remedy)
    if is_integer(value) and value > MOST_STEPS:
        raise ConfigError(
            f"`{name}` must be at most {MOST_STEPS:,} steps, got {value:,}. Ask for fewer, or forecast days or weeks "
            "instead of hours."
        )


def check_steps(horizon: object) -> None:
    """Check the steps of a forecast; a table in their place is told so."""
    if getattr(horizon, "shape", ()):
        raise ConfigError(
            "`predict` takes the steps ahead first, and a table or an array was passed there. Use `predict(data=...)` "
            "for newer data."
        )
    check_horizon("horizon", horizon)


def check_path(name: str, value: object, remedy: str | Message = 'Use for example `"model.safetensors"`.') -> None:
    """Check for a text or a path object."""
    if not isinstance(value, str | os.PathLike):
        raise ConfigError(f"`{name}` must be a path, got {value!r}. {remedy}")


def check_choice(name: str, value: object, choices: Sequence[str], code: Callable[[str], str] | None = None) -> None:
    """Check for one of some names; `code` says how the nearest is written in a call, if not `name='choice'`."""
    if value not in choices:
        nearest = suggest(value, choices)
        known = ", ".join(repr(choice) for choice in choices)
        written = f"{name}={nearest!r}" if code is None else code(nearest)
        facts = {"name": name, "known": known, "value": repr(value), "written": written}
        raise ConfigError(Message("argument.choice", facts))


def answers_making(cls: type[T]) -> type[T]:
    """Let a class answer arguments that it does not take as `answers_calls` has a function do."""
    cls.__init__ = answers_calls(cls.__init__, cls.__name__)  # type: ignore[method-assign]
    return cls


def answers_calls(function: Callable[P, R], name: str | None = None) -> Callable[P, R]:
    """Let a function answer a call that it does not take with a ConfigError that says what was meant.

    `name` is what the call is made by, where that is not the function's own.
    """

    @functools.wraps(function)
    def answering(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            signature = inspect.signature(function)
            told = None
            try:
                signature.bind(*args, **kwargs)
            except TypeError:
                told = _answer(name or function.__name__, signature, args, kwargs)
            if told is None:
                raise
            raise ConfigError(told) from None

    return answering


def _answer(name: str, signature: inspect.Signature, args: Sequence[object], kwargs: dict[str, object]) -> str:
    own = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    names = [parameter.name for parameter in own]
    unknown = next((one for one in kwargs if one not in names), None)
    if unknown is not None:
        return _of_unknown(name, names, unknown, kwargs[unknown])
    n_given = len(args) - ("self" in signature.parameters)
    n_places = sum(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in own)
    if n_given > n_places:
        if name in ("fit", "evaluate"):
            named = ', target_col="y"' if name == "fit" else ""
            return (
                f"`{name}` takes the data in one place, and {n_given} were passed. Put the target into the table, e.g. "
                f"`{name}(X.assign(y=y){named})`."
            )
        return (
            f"`{name}` takes at most {n_places} arguments without a name, and {n_given} were passed. Name the others, "
            f"which are {_listed(names[n_places:])}."
        )
    missing = [p.name for p in own if p.default is p.empty and p.name not in kwargs][max(n_given, 0) :]
    if missing:
        return f"`{name}` was called without `{missing[0]}`, which was expected. Use `{name}({missing[0]}=...)`."
    return f"`{name}` was given an argument twice, and each was expected once. Use `{name}({names[0]}=...)`."


def _of_unknown(name: str, names: list[str], unknown: str, value: object) -> str:
    meant = next((own for own in names if unknown in WORDS.get(own, "").split()), None)
    text = repr(value) if isinstance(value, int | float | str | list | tuple) else "..."
    text = text if len(text) < 40 else "..."
    if meant is not None:
        return f"`{unknown}` is called `{meant}` here: use `{name}({meant}={text})`."
    if name == "fit" and unknown == "y":
        return '`fit` has no `y`: put the target into the table, e.g. `fit(X.assign(y=y), target_col="y")`.'
    if unknown in WORDS["horizon"].split() or unknown == "horizon":
        return (
            f"`{name}` has no `{unknown}`: the steps ahead are `LSTMForecaster(horizon={text})` or `predict({text})`."
        )
    if unknown in WORDS["n_paths"].split():
        return f"`{name}` has no `{unknown}`: sample paths are `simulate(n_paths={text})`."
    nearest = suggest(unknown, names, least=0.5)
    guess = f"Did you mean `{name}({nearest}={text})`?" if nearest else f"It takes {_listed(names)}."
    guess += " Settings belong where the model is made." if name == "fit" else ""
    return f"`{name}` has no argument `{unknown}`, and one of its own was expected. {guess}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
