"""Which models take part: what are they called, what can they do, and how is one had that nobody has used before?"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from gatecast.baselines.base import Baseline
from gatecast.data.panel.arrays import Frame
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster

__all__ = ["Entry", "Model", "Models", "Nested", "named_models", "takes"]

# they change how a fit is done, and nothing about its result
WITHOUT_EFFECT = ("checkpoint", "checkpoint_seconds", "n_threads", "progress")
ROLES = ("past", "future", "static")
RESERVED = ("unique_id", "ds", "cutoff", "y")


class Model(Protocol):
    """What takes part: a `Forecaster`, or any object with `fit` and `predict` that has fewer arguments."""

    @property
    def fit(self) -> Callable[..., object]:
        """Learn from a table."""

    @property
    def predict(self) -> Callable[..., Frame]:
        """Forecast what comes next."""


@runtime_checkable
class Nested(Protocol):
    """A model that is made of others, such as `Combination`."""

    weights: str

    @property
    def members(self) -> Mapping[str, Model]:
        """The models that it is made of, by their names."""

    def of(self, models: Mapping[str, Model]) -> Model:
        """Return the same of other models."""


# one, several, or several with names of their own
Models = Mapping[str, Model] | Sequence[Model] | Model


@dataclass(frozen=True)
class Entry:
    """A model that takes part; its own object is never fitted."""

    name: str
    model: Model

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns beside the target that it names in `past`, `future` and `static`, as `LSTMForecaster` does."""
        return tuple(name for role in ROLES for name in self.role(role))

    def role(self, role: str) -> tuple[str, ...]:
        """Columns that it, or a model that it is made of, names in one of these."""
        if isinstance(self.model, Nested):
            inner = [Entry(name, model).role(role) for name, model in self.model.members.items()]
            return tuple(dict.fromkeys(name for names in inner for name in names))
        names = getattr(self.model, role, ())
        is_names = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
        return tuple(names) if is_names else ()

    def fresh(self, n_threads: int, time_limit: float | None = None) -> Model:
        """Return a model with the same settings that shares nothing with the user's.

        A network that chooses its threads itself gets `n_threads`, so that several processes do not ask for more of
        them than there are processors; a time limit takes the place of a baseline's own.
        """
        model = self.model
        if isinstance(model, Nested):
            members = model.members.items()
            return model.of({name: Entry(name, inner).fresh(n_threads, time_limit) for name, inner in members})
        if isinstance(model, LSTMForecaster):
            settings = model.settings
            n_threads = settings.n_threads or n_threads
            return type(model).from_settings(replace(settings, n_threads=n_threads, progress=False, checkpoint=None))
        if isinstance(model, Baseline):
            return replace(model, time_limit=time_limit or model.time_limit)
        return copy.deepcopy(model)

    def facts(self) -> list[object]:
        """Return what makes its forecasts what they are, for a fingerprint; a ConfigError where it cannot be told."""
        model, kind = self.model, f"{type(self.model).__module__}.{type(self.model).__qualname__}"
        if isinstance(model, Nested):
            inner = [[name, *Entry(name, member).facts()] for name, member in model.members.items()]
            return [kind, model.weights, inner]
        if isinstance(model, LSTMForecaster):
            return [kind, {k: value for k, value in model.settings.values().items() if k not in WITHOUT_EFFECT}]
        if isinstance(model, Baseline):
            return [kind, model.get_params()]
        import joblib

        try:
            return [kind, joblib.hash(model)]
        # whatever pickling an unknown object raises
        except Exception as error:  # noqa: BLE001
            raise ConfigError(
                f"The model {self.name!r} cannot be pickled ({error}), which `folder=` needs to tell it from others. "
                "Define its class in a module, or leave `folder` out."
            ) from None


def takes(function: Callable[..., object], name: str) -> bool:
    """Tell whether a function has a parameter of this name."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def named_models(models: Models) -> list[Entry]:
    """Name models, as a dict does, else by their own `name`, else by their class, and refuse what is none."""
    if isinstance(models, Mapping):
        entries = [Entry(str(name), model) for name, model in models.items()]
    elif isinstance(models, Sequence) and not isinstance(models, str):
        entries = [Entry(_own_name(model), model) for model in models]
    else:
        entries = [Entry(_own_name(models), models)]
    if not entries:
        raise ConfigError('`models` must hold at least one model, got none. Use `models={"LSTM": LSTMForecaster()}`.')
    for entry in entries:
        _check(entry)
    names = [entry.name for entry in entries]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(
            f"`models` holds {names.count(twice[0])} models called {twice[0]!r}, and each needs a name of its own. "
            f'Pass a dict, e.g. `models={{"{twice[0]}": ..., "{twice[0]}-2": ...}}`.'
        )
    return entries


def _own_name(model: object) -> str:
    if isinstance(model, LSTMForecaster):
        return "LSTM"
    name = getattr(model, "name", None)
    return name if isinstance(name, str) and name else type(model).__name__


def _check(entry: Entry) -> None:
    for method in ("fit", "predict"):
        if isinstance(entry.model, type) or not callable(getattr(entry.model, method, None)):
            raise ConfigError(
                f"The model {entry.name!r} is {entry.model!r}, and an object with `fit` and `predict` was expected. "
                "Pass for example `AutoETS(horizon=12)`."
            )
    if entry.name in RESERVED or any(part in entry.name for part in ("-lo-", "-hi-")) or not entry.name.strip():
        raise ConfigError(
            f"A model is called {entry.name!r}, and a name that is no other column's was expected. Pass a dict with "
            "other names."
        )
