"""How do a forecaster's arguments behave? By the conventions of scikit-learn, which need not be installed."""

from __future__ import annotations

import functools
import inspect
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Self

from gatecast._validation import suggest
from gatecast.exceptions import ConfigError
from gatecast.model.synonyms import answer_method

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["Parameters"]


class Parameters:
    """The arguments of a constructor, which stores them as they are; groups of them are frozen dataclasses.

    Two forecasters are equal where they are the same object. Names that end in `_` are there once `fit` was called.
    """

    @classmethod
    @functools.cache
    def _names(cls) -> tuple[str, ...]:
        return tuple(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """Return the arguments of the constructor by name.

        Args:
            deep: Also those inside a group, as `training__epochs`.

        Examples:
            >>> from gatecast import LSTMForecaster, Training
            >>> LSTMForecaster(training=Training(epochs=20)).get_params()["training__epochs"]
            20
        """
        found: dict[str, object] = {name: getattr(self, name) for name in self._names()}
        if deep:
            for name, value in tuple(found.items()):
                found |= {f"{name}__{inner}": getattr(value, inner) for inner in _inner_names(value)}
        return found

    def set_params(self, **params: object) -> Self:
        """Change arguments of the constructor; they count from the next `fit` on.

        Args:
            **params: By name; those inside a group as `training__epochs`.

        Returns:
            Itself.

        Raises:
            ConfigError: There is no such argument.

        Examples:
            >>> from gatecast import LSTMForecaster
            >>> LSTMForecaster().set_params(horizon=3, training__epochs=20)
            LSTMForecaster(horizon=3, training=Training(epochs=20))
        """
        for key, value in params.items():
            name, _, inner = key.partition("__")
            group = getattr(self, name) if name in self._names() else None
            if inner and inner in _inner_names(group):
                setattr(self, name, replace(group, **{inner: value}))  # type: ignore[type-var]
            elif inner:
                raise ConfigError(self._unknown(key, value))
            else:
                setattr(self, name, value)
        return self

    if not TYPE_CHECKING:
        # a type checker is to go on to name what is not there
        def __getattr__(self, name: str) -> object:
            if hasattr(type(self), name):
                # a property that was not ready said why: it says it again
                return object.__getattribute__(self, name)
            raise AttributeError(answer_method(type(self).__name__, name))

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_") and name not in self._names():
            raise ConfigError(self._unknown(name, value))
        super().__setattr__(name, value)

    def _unknown(self, name: str, value: object) -> str:
        kind, deep = type(self).__name__, self.get_params()
        grouped = next((key for key in deep if key.endswith(f"__{name}")), "")
        if grouped:
            group = grouped.partition("__")[0]
            return f"`{name}` is a setting of `{group}`: use `set_params({grouped}={value!r})`."
        nearest = suggest(name, deep)
        if "__" in nearest:
            nearest = f"set_params({nearest}={value!r})"
        return f"{kind} has no setting `{name}`. Did you mean `{nearest}`?"

    def __sklearn_tags__(self) -> Tags:
        # asked for by scikit-learn alone, which then is there
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), requires_fit=True)


def _inner_names(group: object) -> tuple[str, ...]:
    if not is_dataclass(group) or isinstance(group, type):
        return ()
    return tuple(own.name for own in fields(group))
