"""Which models can be asked, and is each the newest of its file?

A file is looked at before each use, and read again where it changed. The older model stays until the newer one is
complete; a file that is damaged in between costs nothing but a line of the log.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gatecast.data.panel.joint import roles_of_table
from gatecast.data.reading.times import time_text
from gatecast.exceptions import ConfigError, ModelFileError
from gatecast.forecaster import LSTMForecaster
from gatecast.serving.problems import RequestError
from gatecast.serving.routes import NAME
from gatecast.serving.schemas import Model
from gatecast.texts.message import Message

__all__ = ["Registry", "about", "named_paths"]

SHOWN_NAMES = 5
LOG = logging.getLogger("gatecast.serving")

# what tells one content of a file from another: when it was written, its size, and which file it is
Stamp = tuple[int, int, int]


@dataclass
class _Held:
    """A model in memory, and which content of its file it is."""

    path: Path
    model: LSTMForecaster
    stamp: Stamp


class Registry:
    """The models that can be asked, by name; safe to use from several threads."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def add(self, name: str, path: Path) -> None:
        """Read a model, or take another file for its name; ModelFileError where it cannot be read."""
        held = _read(path)
        with self._lock:
            self._held[name] = held

    def remove(self, name: str) -> None:
        """Forget a model."""
        with self._lock:
            self._held.pop(name, None)

    def names(self) -> list[str]:
        """Return the names of all models."""
        return sorted(self._held)

    def get(self, name: str) -> LSTMForecaster:
        """Return a model as its file is now; a refusal where there is none of this name."""
        held = self._held.get(name)
        if held is None:
            raise self._unknown(name)
        return held.model if _stamp(held.path) in (held.stamp, None) else self._newer(name, held)

    def path(self, name: str) -> Path:
        """Return the file of a model."""
        self.get(name)
        return self._held[name].path

    def _newer(self, name: str, held: _Held) -> LSTMForecaster:
        with self._lock:
            current = self._held.get(name, held)
            if _stamp(current.path) == current.stamp:
                return current.model
            try:
                self._held[name] = _read(current.path)
            except ModelFileError as error:
                LOG.warning("model not reloaded", extra={"facts": {"model": name, "error": type(error).__name__}})
                # until it changes again
                current.stamp = _stamp(current.path) or current.stamp
                return current.model
            return self._held[name].model

    def _unknown(self, name: str) -> RequestError:
        names = self.names()
        if not names:
            return RequestError(Message("serving.no_models", {"name": name}), status=404, field="model")
        facts = {"name": name, "known": [repr(one) for one in names[:SHOWN_NAMES]]}
        return RequestError(Message("serving.no_model", facts), status=404, field="model")


def _read(path: Path) -> _Held:
    # before the content: what is written in between is read again
    stamp = _stamp(path)
    model = LSTMForecaster.load(path)
    return _Held(path, model, stamp or (0, 0, 0))


def _stamp(path: Path) -> Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def named_paths(texts: Iterable[str]) -> dict[str, Path]:
    """Return the files that a command names, each as a path or as `name=path`, by the names of their models.

    Examples:
        >>> named_paths(["models/sales.safetensors", "load=a.safetensors"])
        {'sales': PosixPath('models/sales.safetensors'), 'load': PosixPath('a.safetensors')}
    """
    found: dict[str, Path] = {}
    for text in texts:
        before, is_named, behind = text.partition("=")
        path = Path(behind if is_named else text)
        name = before if is_named else path.stem
        if not NAME.fullmatch(name) or not path.name:
            raise ConfigError(Message("serving.model_path", {"text": text}))
        if name in found:
            raise ConfigError(Message("serving.same_name", {"name": name}))
        found[name] = path
    return found


def about(name: str, model: LSTMForecaster) -> Model:
    """Return what a model is and what it learned from."""
    fitted = model.fitted_
    after = fitted.after
    last = after.grid.times(after.starts, after.lengths - 1)
    return Model(
        name=name,
        horizon=fitted.horizon,
        lookback=fitted.lookback,
        season_length=fitted.season_length,
        freq=after.freq,
        n_series=after.n_series,
        columns={"id": after.columns.id, "time": after.columns.time, "target": after.columns.target},
        covariates={role: list(getattr(roles_of_table(after), role)) for role in ("past", "future", "static")},
        end=time_text(last.max()),
        decisions=list(model.decisions_),
    )
