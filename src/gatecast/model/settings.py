"""What can a user choose, and what is allowed? Each setting is defined here once: name, default and check.

The everyday ones are arguments of `LSTMForecaster`, the others are in `Network` and `Training`. `Settings` has them
all, flat, for what reads them; the command line makes its options from `SETTINGS`.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from gatecast._validation import (
    Check,
    as_tuple,
    check_choice,
    check_count,
    check_flag,
    check_horizon,
    check_nonnegative,
    check_path,
    check_positive,
    check_share,
    check_whole,
    is_integer,
    is_number,
)
from gatecast.data.values.bounds import AUTO, Limits
from gatecast.data.values.scaling import KINDS
from gatecast.data.values.transforms import TRANSFORMS
from gatecast.exceptions import ConfigError
from gatecast.model.likelihood import check_likelihood
from gatecast.model.synonyms import answer_unknown
from gatecast.network.inputs import LOSSES
from gatecast.texts.message import OWNERS, Message
from gatecast.training.schedule import SCHEDULES

__all__ = ["COVARIATES", "GROUPS", "SETTINGS", "Everyday", "Network", "Setting", "Settings", "Training", "as_code"]
__all__ += ["refuse_unknown"]

T = TypeVar("T")
# of a setting that is known by its name alone
Value = Any
Values = Mapping[str, Value]
CHOSEN = "otherwise.chosen"
# what a model learns from beside the target
COVARIATES = ("past", "future", "static", "joint", "calendar", "country")
# settings that count where nothing is trained
WITH_PRETRAINED = (
    "horizon",
    "pretrained",
    "season_length",
    "lower",
    "upper",
    "seed",
    "n_threads",
    "max_seconds",
    "progress",
    "checkpoint_seconds",
)
# and those that count beside them where training goes on from pretrained networks
WITH_START = (
    *WITH_PRETRAINED,
    "lookback",
    "ensemble",
    *COVARIATES,
    "epochs",
    "batch_size",
    "learning_rate",
    "schedule",
    "patience",
    "ema_decay",
    "clip_norm",
    "weight_decay",
    "validation_size",
    "refit_full",
    "checkpoint",
)
MOST_QUANTILES = 31


@dataclass(frozen=True)
class _Rule:
    """What is allowed for a setting, beside None where that is its default."""

    check: Check | None  # None where the data decide, or `choices`
    example: object  # a value that works
    otherwise: str  # the text that follows it in a message
    choices: tuple[str, ...]


def _setting(
    default: T, check: Check | None = None, example: object = None, otherwise: str = "", choices: Sequence[str] = ()
) -> T:
    return field(default=default, metadata={"rule": _Rule(check, example, otherwise, tuple(choices))})


def _flag(*, default: bool) -> bool:
    return _setting(default, check_flag, example=not default)


def _each_count(name: str, value: object, remedy: str | Message) -> None:
    """Check for positive whole numbers, or for a single one where a name speaks of one."""
    is_single = isinstance(value, str) or not isinstance(value, Sequence | np.ndarray)
    if name == "season_length" and is_single:
        check_count(name, value, remedy)
        return
    for number in as_tuple(name, value, remedy):
        check_count(name, number, remedy)


def _check_rate(name: str, value: object, remedy: str | Message) -> None:
    """Check for a positive number or `find`."""
    if value != "find":
        check_positive(name, value, remedy)


def _check_seed(name: str, value: object, remedy: str | Message) -> None:
    """Check for a whole number that the generator of random numbers takes."""
    if not is_integer(value) or not 0 <= value < 2**63:
        raise ConfigError(f"`{name}` must be a whole number from 0 to 2**63 - 1, got {value!r}. {remedy}")


def _check_bound(name: str, value: object, remedy: str | Message) -> None:
    """Check for a finite number, or None where there is no bound."""
    if value is not None and (not is_number(value) or not math.isfinite(value)):
        raise ConfigError(f"`{name}` must be a finite number, got {value!r}. {remedy}")


def _check_lower(name: str, value: object, remedy: str | Message) -> None:
    """Check for a bound or `auto`."""
    if value != AUTO:
        _check_bound(name, value, remedy)


def _check_validation_size(name: str, value: object, remedy: str | Message) -> None:
    """Check for a share or a number of points."""
    if is_number(value) and (0 <= value < 1 or (is_integer(value) and value >= 1)):
        return
    raise ConfigError(f"`{name}` must be a share from 0 to 1 or a whole number of points, got {value!r}. {remedy}")


def _check_quantiles(name: str, value: object, remedy: str | Message) -> None:
    """Check for an odd number of rising probabilities with 0.5 in the middle."""
    levels = as_tuple(name, value, remedy)
    numbers = [level for level in levels if is_number(level) and 0 < level < 1]
    is_rising = len(numbers) == len(levels) and numbers == sorted(set(numbers))
    is_odd = len(numbers) % 2 == 1 and len(numbers) <= MOST_QUANTILES
    if not is_rising or not is_odd or not math.isclose(numbers[len(numbers) // 2], 0.5):
        raise ConfigError(
            f"`{name}` must be rising numbers between 0 and 1 with 0.5 in the middle, got {value!r}. {remedy}"
        )


def refuse_unknown(cls: type[T]) -> type[T]:
    """Let a class of settings answer a name that it does not have with the right place or the nearest name."""
    init = cls.__init__
    known = inspect.signature(init).parameters

    @functools.wraps(init)
    def checked(self: T, *args: object, **settings: object) -> None:
        for name, value in settings.items():
            if name not in known:
                raise ConfigError(answer_unknown(cls.__name__, name, value, _PLACES))
        init(self, *args, **settings)

    cls.__init__ = checked  # type: ignore[method-assign, assignment]
    return cls


@refuse_unknown
@dataclass(frozen=True)
class Everyday:
    """The settings that are arguments of `LSTMForecaster` itself, which says what they mean."""

    horizon: int = _setting(1, check_horizon, 24, "otherwise.horizon")
    _: KW_ONLY
    season_length: int | Sequence[int] | None = _setting(None, _each_count, 12, "otherwise.season_length")
    lookback: int | None = _setting(None, check_count, 64, CHOSEN)
    hidden_size: int | None = _setting(None, check_count, 64, CHOSEN)
    n_layers: int | None = _setting(None, check_count, 2, CHOSEN)
    ensemble: int | None = _setting(None, check_count, 5, "otherwise.ensemble")
    loss: str | None = _setting(None, choices=tuple(LOSSES))
    quantiles: Sequence[float] = _setting((0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975), _check_quantiles, (0.1, 0.5, 0.9))
    pretrained: str = _setting("auto", choices=("auto", "only", "start", "none"))
    past: Sequence[str] = _setting((), None, ["visitors"])
    future: Sequence[str] = _setting((), None, ["price"])
    static: Sequence[str] = _setting((), None, ["region"])
    joint: bool = _flag(default=False)
    calendar: bool = _flag(default=False)
    country: str | None = _setting(None, None, "CN")
    transform: str = _setting("auto", choices=("auto", *TRANSFORMS))
    lower: float | str | None = _setting(AUTO, _check_lower, 0, "otherwise.lower")
    upper: float | None = _setting(None, _check_bound, 100, "otherwise.upper")
    max_seconds: float | None = _setting(None, check_positive, 60, "otherwise.max_seconds")
    seed: int = _setting(0, _check_seed, 0)
    n_threads: int | None = _setting(None, check_count, 2, CHOSEN)
    progress: bool = _flag(default=True)


@refuse_unknown
@dataclass(frozen=True, kw_only=True)
class Network:
    """What the network is made of, beside `hidden_size` and `n_layers`.

    Args:
        cell: Recurrent cell: `lstm` or `gru`.
        bidirectional: Whether a second LSTM reads each window backwards (`windows` mode).
        dilations: Dilation of each layer: its state of step t comes from step t - dilation. One for each of `n_layers`.
        residual: Whether each layer's input is added to its output, where both are equally wide.
        layer_norm: Whether the outputs of each layer are normalised.
        dropout: Dropout probability of each layer's outputs, one mask per sequence (Gal and Ghahramani 2016).
        attention: Whether a forecast sees a weighted mean of the states of its window (`windows` mode).
        decoder_sizes: Hidden units of dense layers between the recurrent layers and the head.
        skip: `naive` mixes naive forecasts and adds a correction; `none` is the plain head of the tutorials.

    Examples:
        >>> from gatecast import LSTMForecaster
        >>> LSTMForecaster(horizon=12, network=Network(cell="gru", dropout=0.1))
        LSTMForecaster(horizon=12, network=Network(cell='gru', dropout=0.1))
    """

    cell: str = _setting("lstm", choices=("lstm", "gru"))
    bidirectional: bool = _flag(default=False)
    dilations: Sequence[int] | None = _setting(None, _each_count, (1, 2), "otherwise.dilations")
    residual: bool = _flag(default=False)
    layer_norm: bool = _flag(default=False)
    dropout: float = _setting(0.0, check_share, 0.2)
    attention: bool = _flag(default=False)
    decoder_sizes: Sequence[int] = _setting((), _each_count, (64,))
    skip: str = _setting("naive", choices=("naive", "none"))

    def __repr__(self) -> str:
        return _repr(self)


@refuse_unknown
@dataclass(frozen=True, kw_only=True)
class Training:
    """How the network is trained.

    Args:
        mode: `sequence` learns from every time step of long segments; `windows` is the tutorials' way. That is one
            target (of `horizon` steps) for each window of `lookback` points.
        epochs: Passes over the training data: how often, on average, each time step is a training target.
        batch_size: Segments or windows in one training step.
        learning_rate: The highest step size of Adam; `find` has it found.
        schedule: Course of the learning rate: `one-cycle`, `cosine` or `constant`.
        patience: Validation checks without an improvement after which training ends; 0 to never end early.
        ema_decay: Decay of the exponential moving average of the weights; 0 takes the weights themselves.
        clip_norm: The gradient's global norm is clipped to this; 0 for no clipping.
        weight_decay: Share of the weights that a step takes away, over the learning rate. Biases and gains are left
            alone.
        huber_delta: Error from which on the Huber loss is linear, in scaled units.
        validation_size: Points at the end of each series for validation: a share below 1, a number, or 0 for none. They
            are not learned from but tell when to stop, and how wide intervals are.
        scaling: Scaling of each series, learned from the training part: `season`, `standard`, `minmax`, `mean`
            or `none`. With `season` the mean absolute change over a season is 1; `minmax` is 0..1; with `mean` the mean
            size is 1 and 0 stays 0, which is the scaling of counts where a likelihood of theirs is learned.
        shuffle: Whether windows come in a new order in each epoch.
        drop_last_window: Whether the last window is left out, as the tutorial's code does.
        refit_full: Whether the networks are trained again on all points, those of the validation set too. That is once
            these have told how long and in which way, and how wide intervals are. It takes about half as long again.
        checkpoint: File in which an unfinished fit is kept, also at Ctrl-C: the same fit goes on from there by itself.
        checkpoint_seconds: Seconds between two writes of the checkpoint.

    Examples:
        >>> from gatecast import LSTMForecaster
        >>> LSTMForecaster(horizon=12, training=Training(epochs=20, patience=0))
        LSTMForecaster(horizon=12, training=Training(epochs=20, patience=0))
    """

    mode: str = _setting("sequence", choices=("sequence", "windows"))
    epochs: int | None = _setting(None, check_count, 20, CHOSEN)
    batch_size: int | None = _setting(None, check_count, 16, CHOSEN)
    learning_rate: float | str | None = _setting(None, _check_rate, 0.01, "otherwise.learning_rate")
    schedule: str = _setting("one-cycle", choices=tuple(SCHEDULES))
    patience: int = _setting(15, check_whole, 15, "otherwise.patience")
    ema_decay: float = _setting(0.98, check_share, 0.98)
    clip_norm: float = _setting(0.2, check_nonnegative, 0.2, "otherwise.clip_norm")
    weight_decay: float = _setting(0.0, check_nonnegative, 0.01, "otherwise.none")
    huber_delta: float = _setting(1.0, check_positive, 1.0)
    validation_size: float | int | None = _setting(None, _check_validation_size, 0.2, "otherwise.none")
    scaling: str = _setting("season", choices=KINDS)
    shuffle: bool = _flag(default=True)
    drop_last_window: bool = _flag(default=False)
    refit_full: bool = _flag(default=False)
    checkpoint: str | os.PathLike[str] | None = _setting(None, check_path, "fit.ckpt")  # noqa: RUF009  a path may be anything
    checkpoint_seconds: float = _setting(60.0, check_positive, 60)

    def __repr__(self) -> str:
        return _repr(self)


@refuse_unknown
@dataclass(frozen=True)
class Settings(Training, Network, Everyday):
    """All settings in one place, as fits and forecasts read them; None: by the rules of `gatecast.model.plan`."""

    def check(self) -> None:
        """Check each setting on its own, and those that only go together; a ConfigError names a value that works."""
        for name, setting in SETTINGS.items():
            setting.check(getattr(self, name))
        if self.dilations is not None and len(self.dilations) != (self.n_layers or len(self.dilations)):
            raise ConfigError(
                f"`dilations` has {len(self.dilations)} numbers, and one for each of `n_layers={self.n_layers}` was "
                "expected. Pass as many, or leave `n_layers` out."
            )
        given = self.limits.given
        if given.get("lower", -math.inf) >= given.get("upper", math.inf):
            raise ConfigError(
                f"`lower={self.lower}` and `upper={self.upper}` leave nothing between them, and a lower bound below "
                "the upper one was expected. Swap them, or leave one out."
            )
        if self.pretrained in ("only", "start"):
            self._check_pretrained()
        check_likelihood(self.loss, self.transform, self.scaling)
        for name in ("bidirectional", "attention"):
            if getattr(self, name) and self.mode != "windows":
                raise ConfigError(
                    f'`{name}=True` reads a whole window, so `mode="windows"` was expected, got '
                    f"{self.mode!r}. Use `{as_code({'mode': 'windows'})}` with it."
                )
        if self.bidirectional and (self.cell != "lstm" or self.dilations):
            raise ConfigError(
                f"`bidirectional=True` is an LSTM without dilations, got cell={self.cell!r} and "
                f"dilations={self.dilations!r}. Leave both out."
            )

    def _check_pretrained(self) -> None:
        """Refuse what a pretrained network is not asked for: its shape, and where nothing is trained how to."""
        is_start = self.pretrained == "start"
        allowed: tuple[str, ...] = WITH_START if is_start else WITH_PRETRAINED
        why = ", whose shape is what it is," if is_start else ", which read the target alone,"
        for name, value in changed(self).items():
            if name not in allowed:
                raise ConfigError(
                    f"`{as_code({name: value}, flat=True)}` was passed, and pretrained networks{why} have no such "
                    'setting. Leave it out, or train with `pretrained="none"`.'
                )

    @property
    def limits(self) -> Limits:
        """The bounds of forecasts that were asked for."""
        return Limits(self.lower, self.upper)

    @property
    def leaves_training_open(self) -> bool:
        """Whether nothing says how a network is made or trained, or what it reads beside the target."""
        return self.leaves_network_open and not any(name in COVARIATES for name in changed(self))

    @property
    def leaves_network_open(self) -> bool:
        """Whether nothing says how a network is made or trained."""
        return all(name in (*WITH_PRETRAINED, *COVARIATES, "checkpoint") for name in changed(self))

    @classmethod
    def join(cls, everyday: Values, network: Network, training: Training) -> Settings:
        """Put the three groups together."""
        for name, kind, group in (("network", Network, network), ("training", Training, training)):
            if not isinstance(group, kind):
                raise ConfigError(
                    f"`{name}` must be a {kind.__name__}, got {group!r}. Use `{name}={kind.__name__}(...)`."
                )
        return cls(**everyday, **vars(network), **vars(training))

    @property
    def seasons(self) -> tuple[int, ...] | None:
        """The seasons that were given, shortest first; None where they are to be found."""
        given = self.season_length
        if given is None:
            return None
        return tuple(sorted({int(season) for season in np.atleast_1d(np.asarray(given))}))

    def values(self) -> dict[str, object]:
        """Return all settings by name, those of numpy's types as plain ones, ready for JSON."""
        return {name: _plain(getattr(self, name)) for name in SETTINGS}

    def plain(self) -> Settings:
        """Return the same settings without types of NumPy, which the core and files do not take."""
        return Settings(**{name: _without_numpy(getattr(self, name)) for name in SETTINGS})

    def group(self, name: str) -> dict[str, Value]:
        """Return the settings of `Everyday`, `Network` or `Training` by name."""
        return {own.name: getattr(self, own.name) for own in fields(GROUPS[name])}

    def __repr__(self) -> str:
        return f"Settings({as_code(changed(self), flat=True)})"


Group = type[Everyday | Network | Training]
GROUPS: dict[str, Group] = {"Everyday": Everyday, "Network": Network, "Training": Training}
_PLACES = {kind: tuple(own.name for own in fields(group)) for kind, group in GROUPS.items()}


@dataclass(frozen=True)
class Setting:
    """The definition of a setting."""

    name: str  # of the argument
    group: str  # `Everyday`, `Network` or `Training`
    default: object  # its value where none is given
    types: tuple[type, ...]  # types of a single value, without None: `(int,)`, `(float, str)`
    is_several: bool  # whether several values may be given
    choices: tuple[str, ...]  # the names that are allowed; empty where it is no choice
    is_optional: bool  # whether None says that there is none

    @property
    def code(self) -> str:
        """How a working value is passed to `LSTMForecaster`."""
        return as_code({self.name: self.choices[0] if self.choices else self._rule.example})

    @property
    def _rule(self) -> _Rule:
        rule: _Rule = GROUPS[self.group].__dataclass_fields__[self.name].metadata["rule"]
        return rule

    def check(self, value: object) -> None:
        """Raise a ConfigError where a value is not allowed."""
        rule = self._rule
        # most are left as they are, and forecasts of milliseconds check all
        if value is self.default:
            return
        if self.choices:
            check_choice(self.name, value, self.choices, lambda choice: as_code({self.name: choice}))
        elif rule.check is not None:
            otherwise = Message(rule.otherwise) if rule.otherwise else ""
            rule.check(self.name, value, Message("argument.use", {"code": self.code, "otherwise": otherwise}))


def _definitions() -> dict[str, Setting]:
    found = {}
    for group, cls in GROUPS.items():
        types = get_type_hints(cls)
        for own in fields(cls):
            atoms, is_several = _atoms(types[own.name])
            choices = own.metadata["rule"].choices
            is_optional = type(None) in get_args(types[own.name])
            found[own.name] = Setting(own.name, group, own.default, atoms, is_several, choices, is_optional)
    return found


def _atoms(annotation: object) -> tuple[tuple[type, ...], bool]:
    """Return the types of a single value, and whether several may be given."""
    if get_origin(annotation) in (Union, UnionType):
        parts = [_atoms(part) for part in get_args(annotation) if part is not type(None)]
        kinds = dict.fromkeys(kind for atoms, _ in parts for kind in atoms)
        return tuple(kinds), any(several for _, several in parts)
    if get_origin(annotation) is Sequence:
        return _atoms(get_args(annotation)[0])[0], True
    return (cast("type", get_origin(annotation) or annotation),), False


SETTINGS: dict[str, Setting] = _definitions()
OWNERS.update({name: setting.group for name, setting in SETTINGS.items() if setting.group != "Everyday"})


def as_code(changes: Mapping[str, object], *, flat: bool = False) -> str:
    """Write settings as the arguments of `LSTMForecaster`, to be pasted; `flat` as those of `Settings` itself."""
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in SETTINGS:
        if name in changes:
            groups[SETTINGS[name].group].append(f"{name}={changes[name]!r}")
    everyday, *others = groups.items()
    parts = everyday[1]
    for group, own in others:
        if own:
            parts += own if flat else [f"{group.lower()}={group}({', '.join(own)})"]
    return ", ".join(parts)


def changed(settings: Settings | Network | Training) -> dict[str, object]:
    """Return the settings that are not the defaults, plain."""
    values = {own.name: getattr(settings, own.name) for own in fields(settings)}
    others = {name: _plain(value) for name, value in values.items() if value is not SETTINGS[name].default}
    return {name: value for name, value in others.items() if value != _plain(SETTINGS[name].default)}


def _repr(settings: Network | Training) -> str:
    inside = ", ".join(f"{name}={value!r}" for name, value in changed(settings).items())
    return f"{type(settings).__name__}({inside})"


def _without_numpy(value: Value) -> Value:
    plain = value.tolist() if isinstance(value, np.generic | np.ndarray) else value
    return tuple(map(_without_numpy, plain)) if isinstance(plain, list | tuple) else plain


def _plain(value: object) -> object:
    # numpy numbers come in from users' own code; JSON knows plain ones only
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
