"""What is tried for each setting? Ranges and choices that the data suggest, or that a user wrote down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast._json import plain
from gatecast._validation import is_integer, is_number, suggest
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.model.plan import MANY_POINTS, Plan, plan_fit
from gatecast.model.settings import SETTINGS, Setting, Settings, Value, Values

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

__all__ = ["NOT_TUNED", "Choice", "Range", "Space", "make_space", "read_entry", "single_steps", "start_values"]

# what is asked for, and how it is run: no other value of these is a better answer
RUN_BY = ("ensemble", "refit_full", "seed", "n_threads", "progress", "checkpoint", "checkpoint_seconds", "max_seconds")
NOT_TUNED = ("horizon", "past", "future", "static", *RUN_BY)


def _is_number(setting: Setting) -> bool:
    return setting.types[0] in (int, float) and not setting.is_several and setting.name not in NOT_TUNED


RANGED = tuple(name for name, setting in SETTINGS.items() if _is_number(setting))
NUMBERS = tuple(name for name in RANGED if SETTINGS[name].types[0] is float)
# those whose change most often helps come first, since a search may end at any time
ORDER = (
    "learning_rate",
    "hidden_size",
    "lookback",
    "epochs",
    "transform",
    "loss",
    "n_layers",
    "dropout",
    "batch_size",
    "weight_decay",
)
FACTOR = 2.0
EXAMPLE = (
    'Use for example `space={"lookback": (8, 128), "learning_rate": (1e-4, 1e-2, "log"), "cell": ["lstm", "gru"]}`'
)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, where each factor counts alike (`log`), and whole ones only (`whole`)."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def distribution(self) -> BaseDistribution:
        """Return what Optuna calls it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        kind = IntDistribution if self.whole else FloatDistribution
        return kind(self.low, self.high, log=self.log)  # type: ignore[arg-type]

    def suggest(self, trial: Trial, name: str) -> Value:
        """Take what a trial suggests."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def label(self, value: Value) -> Value:
        """Return a value as Optuna stores it; None if it is not among those tried."""
        if not is_number(value) or not self.low <= value <= self.high:
            return None
        return int(value) if self.whole else float(value)

    def holds(self, value: Value) -> bool:
        """Tell whether a value, or its label, is among those tried."""
        return self.label(value) is not None and (not self.whole or is_integer(value))

    def widened(self, value: Value) -> Range:
        """Return a range that holds a value too."""
        if not is_number(value) or (self.log and value <= 0):
            return self
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def others(self, now: Value) -> list[Value]:
        """Return the values one step away: twice and half, or one more and less, or the middle of shares."""
        if now is None:
            return []
        if self.log:
            wanted = [now * FACTOR, now / FACTOR]
        else:
            wanted = [now + 1, now - 1] if self.whole else [(self.low + self.high) / 2]
        kept = [min(max(value, self.low), self.high) for value in wanted]
        whole = [round(value) if self.whole else float(value) for value in kept]
        return [value for value in dict.fromkeys(whole) if value != now]

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}" + (", by factors" if self.log else "")


@dataclass(frozen=True)
class Choice:
    """Some values, in no order."""

    values: tuple[Value, ...]

    @property
    def _labels(self) -> dict[Value, Value]:
        # Optuna keeps simple values only
        return {value if isinstance(value, str | int | float | None) else repr(value): value for value in self.values}

    def distribution(self) -> BaseDistribution:
        """Return what Optuna calls it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(tuple(self._labels))

    def suggest(self, trial: Trial, name: str) -> Value:
        """Take what a trial suggests."""
        return self._labels[trial.suggest_categorical(name, list(self._labels))]

    def label(self, value: Value) -> Value:
        """Return a value as Optuna stores it; None if it is not among those tried."""
        return next((label for label, known in self._labels.items() if known == value), None)

    def holds(self, value: Value) -> bool:
        """Tell whether a value, also as JSON keeps it, or its label, is among those tried."""
        return any(one == value for one in (*self._labels, *self.values, *map(plain, self.values)))

    def widened(self, value: Value) -> Choice:
        """Return a choice that has a value too."""
        return self if value in self.values else Choice((*self.values, value))

    def others(self, now: Value) -> list[Value]:
        """Return the other values."""
        return [value for value in self.values if value != now]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


Entry = Range | Choice
Space = dict[str, Entry]


def make_space(starts: Mapping[str, Settings], panel: Panel, given: Values) -> Space:
    """Say what is tried for each setting.

    The rules, from the plan for the default settings (`gatecast.model.plan`): lookback from a quarter of the planned
    one to three times (at most what half of a series allows), hidden units from 8 to twice the planned ones, one layer
    more, learning rates from 0.001 to 0.03, batches and epochs from a third of the planned ones to three times, dropout
    up to 0.3; weight decay, transform and loss from short lists. Ranges reach as far as the settings that the search
    starts from. What the user wrote down is taken as it is.

    Raises:
        ConfigError: An entry is no setting, or out of range.
    """
    plans = {name: plan_fit(settings, panel)[1] for name, settings in starts.items()}
    space = _usual(starts["default"], plans["default"], panel)
    for name, settings in starts.items():
        values = start_values(settings, plans[name])
        space = {entry: tried.widened(values[entry]) if entry in values else tried for entry, tried in space.items()}
    for name, entry in given.items():
        read = read_entry(name, entry, next(iter(starts.values())))
        space = {key: tried for key, tried in space.items() if key != name} | ({} if read is None else {name: read})
    if not space:
        raise ConfigError(f"`space` leaves no setting to try, and at least one was expected. {EXAMPLE}.")
    return space


def start_values(settings: Settings, plan: Plan) -> dict[str, Value]:
    """Return settings as they act, with those that are chosen from the data; not where a fit tries several."""
    names = [field.name for field in fields(Settings)]
    values = {name: getattr(settings, name) for name in names if getattr(settings, name) is not None}
    values |= {
        name: getattr(plan, name) for name in ("lookback", "batch_size", "epochs", "hidden_size", "n_layers", "loss")
    }
    if plan.other_rate is None and plan.learning_rate is not None:
        values["learning_rate"] = plan.learning_rate
    return values


def _usual(settings: Settings, plan: Plan, panel: Panel) -> Space:
    usual = int(np.quantile(panel.lengths, 0.25))
    longest = max(2, min((usual - settings.horizon) // 2, 512))
    batch, epochs, is_large = plan.batch_size, plan.epochs, len(panel.values) >= MANY_POINTS
    space: Space = {
        "lookback": _factors(max(1, plan.lookback // 4), min(max(3 * plan.lookback, 2), longest)),
        "hidden_size": _factors(8, 2 * plan.hidden_size),
        "n_layers": Range(1, 3 if is_large else 2, whole=True),
        "learning_rate": Range(1e-3, 3e-2, log=True),
        "batch_size": _factors(max(1, batch // 3), 3 * batch),
        "epochs": _factors(max(1, epochs // 3), 3 * epochs),
        "dropout": Range(0.0, 0.3),
        "weight_decay": Choice((0.0, 0.01, 0.1)),
    }
    if settings.loss not in DISTRIBUTION_LOSSES:
        space["loss"] = Choice(("mae", "mse", "huber"))
    is_amount = not (panel.values < 0).any()
    space["transform"] = Choice(("auto", "none", "log1p") if is_amount else ("auto", "none"))
    return space


def _factors(low: int, high: int) -> Range:
    return Range(low, max(high, low + 1), log=True, whole=True)


def single_steps(space: Space, values: Values) -> list[tuple[str, Value]]:
    """Return settings with another value each: twice and half of what they are, or another choice.

    First one step of each setting, then the next of each. Settings that are not known (chosen during a fit) are left
    to the sampler, but for choices, of which each is another value.
    """
    named = [name for name in ORDER if name in space] + [name for name in space if name not in ORDER]
    steps = [[(name, value) for value in space[name].others(values.get(name))] for name in named]
    longest = max(map(len, steps), default=0)
    return [step[k] for k in range(longest) for step in steps if k < len(step)]


def read_entry(name: str, entry: Value, settings: Settings) -> Entry | None:
    """Read what a user wrote down for a setting; None where nothing is to be tried.

    Args:
        name: The setting.
        entry: `(low, high)`, `(low, high, "log")`, a list of values, or None.
        settings: The settings beside it.

    Raises:
        ConfigError: There is no such setting, it is not tuned, or a value makes no sense.
    """
    _check_name(name)
    if entry is None:
        return None
    if isinstance(entry, list) and entry:
        for value in entry:
            _check_value(name, value, settings)
        return Choice(tuple(tuple(value) if isinstance(value, list) else value for value in entry))
    if not isinstance(entry, tuple) or len(entry) not in (2, 3) or name not in RANGED:
        expected = "a range or a list of values" if name in RANGED else "a list of values"
        raise ConfigError(f"`space` has {entry!r} for {name!r}, and {expected} was expected. {EXAMPLE}.")
    return _read_range(name, entry, settings)


def _read_range(name: str, entry: tuple[Value, ...], settings: Settings) -> Range:
    low, high, *kind = entry
    log = kind == ["log"]
    is_range = is_number(low) and is_number(high) and low < high and (not kind or log)
    if not is_range or (log and low <= 0):
        above = "log ranges begin above 0, and " if log and is_number(low) and low <= 0 else ""
        raise ConfigError(
            f'`space` has {entry!r} for {name!r}, and (low, high) or (low, high, "log") with low below high was '
            f"expected: {above}both ends are tried. {EXAMPLE}."
        )
    for value in (low, high):
        _check_value(name, value, settings)
    whole = name not in NUMBERS or (name == "validation_size" and is_integer(low) and is_integer(high))
    return Range(int(low), int(high), log, whole) if whole else Range(float(low), float(high), log)


def _check_name(name: str) -> None:
    known = [field.name for field in fields(Settings) if field.name not in NOT_TUNED]
    if name in NOT_TUNED:
        raise ConfigError(
            f"`space` has {name!r}, which says what is asked for or how it is run, and a setting like `hidden_size` "
            f"was expected. Set it in the model: `LSTMForecaster({SETTINGS[name].code})`."
        )
    if name not in known:
        raise ConfigError(
            f"`space` has {name!r}, which is no setting, and one of {', '.join(known)} was expected. Did you mean "
            f"{suggest(name, known)!r}?"
        )


def _check_value(name: str, value: Value, settings: Settings) -> None:
    try:
        replace(settings, **{name: value}).check()
    except ConfigError as error:
        raise ConfigError(f"`space` has {value!r} for {name!r}, which cannot be tried: {error}") from None
