"""How does a person's own code follow a training? It is told of every validation check."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from gatecast.exceptions import ConfigError
from gatecast.training.progress import listening

__all__ = ["Callback", "check_callbacks", "telling"]


class Callback(Protocol):
    """Follows a training, such as a writer of TensorBoard, MLflow or Weights & Biases.

    Examples:
        >>> import numpy as np
        >>> from gatecast import LSTMForecaster, Training
        >>> class Curve:
        ...     def __init__(self):
        ...         self.losses = []
        ...
        ...     def on_validation(self, step, record):
        ...         self.losses.append(record["validation_loss"])
        >>> curve = Curve()
        >>> settings = {"hidden_size": 8, "pretrained": "none", "progress": False, "training": Training(epochs=2)}
        >>> model = LSTMForecaster(**settings).fit(np.sin(np.arange(400.0)), callbacks=[curve])
        >>> len(curve.losses) >= len(model.history_["validation_loss"])
        True
    """

    def on_validation(self, step: int, record: dict[str, float]) -> object:
        """Take note of a validation check after `step` training steps of a network; calls come one after the other.

        The record has `network` (of those that the fit trains, counted from 0: candidates, and each member of an
        ensemble), `n_steps` that it is planned to take, `validation_loss` and `train_loss` (as minimised),
        `validation_rmse` and `train_rmse` (in the data's units). What is raised here ends the fit.
        """


def check_callbacks(callbacks: Sequence[Callback]) -> tuple[Callback, ...]:
    """Return callbacks; a ConfigError where one is none."""
    several = tuple(callbacks) if isinstance(callbacks, list | tuple) else (callbacks,)
    for one in several:
        if isinstance(one, type) or not callable(getattr(one, "on_validation", None)):
            raise ConfigError(
                f"`callbacks` must be objects with a method `on_validation(step, record)`, got {one!r}. Pass for "
                "example `callbacks=[MyWriter()]`."
            )
    return several


class _Telling:
    """Listens to trainings, and tells callbacks of checks, numbering networks from 0."""

    def __init__(self, callbacks: tuple[Callback, ...]) -> None:
        self._callbacks, self._numbers, self._lock = callbacks, dict[int, int](), threading.Lock()

    def on_steps(self, network: int, *_: float) -> None:
        """Networks are numbered in the order in which they begin."""
        with self._lock:
            self._numbers.setdefault(network, len(self._numbers))

    def on_check(self, network: int, step: int, n_steps: int, found: dict[str, float]) -> None:
        """Hand on what a check found."""
        with self._lock:
            number = self._numbers.setdefault(network, len(self._numbers))
            for callback in self._callbacks:
                callback.on_validation(step, {"network": number, "n_steps": n_steps, **found})


@contextmanager
def telling(callbacks: tuple[Callback, ...]) -> Iterator[None]:
    """Tell callbacks of what this thread trains meanwhile, and threads that it starts for that."""
    if not callbacks:
        yield
        return
    with listening(_Telling(callbacks)):
        yield
