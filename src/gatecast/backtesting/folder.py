"""How does a backtest go on after an interruption? Each finished model and window is kept in a folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatecast._files import write_atomically
from gatecast._json import JsonObject
from gatecast.backtesting.run import Outcome
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Folder"]

FORMAT = 3
FACTS = "backtest.json"
NUMBERS = ("fit_seconds", "predict_seconds", "megabytes")


class Folder:
    """Keeps outcomes as `<model>.<window>.parquet` with `<model>.<window>.json` beside it, which comes last.

    `fingerprint` is that of data and settings, and `models` those of each model by its name: further models may join, a
    changed one is refused. A DataError says that a folder belongs to something else, is damaged or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], fingerprint: str, models: dict[str, str]) -> None:
        self._path = Path(path)
        self._models = models
        if self._exists():
            self._check(fingerprint)
            return
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._write(FACTS, _json({"format": FORMAT, "fingerprint": fingerprint}))
        except OSError as error:
            raise self._unwritable(error) from None

    def _exists(self) -> bool:
        """Tell whether something is there, and refuse what is no folder of a backtest."""
        if not self._path.exists():
            return False
        if not self._path.is_dir():
            raise DataError(f"`folder` is the file {self._path}, and a folder was expected. Pass another path.")
        names = [entry.name for entry in self._path.iterdir() if not entry.name.startswith(".")]
        if names and FACTS not in names:
            raise DataError(
                f"The folder {self._path} holds {len(names)} other files (the first is {min(names)!r}), and an empty "
                "one or one of a backtest was expected. Pass another `folder`."
            )
        return bool(names)

    def _check(self, fingerprint: str) -> None:
        facts = self._read_json(FACTS)
        if facts.get("format") != FORMAT:
            raise DataError(
                f"The folder {self._path} has the format {facts.get('format')!r}, and {FORMAT} was expected. Pass "
                "another `folder`, or read it with the version that wrote it."
            )
        if facts.get("fingerprint") != fingerprint:
            raise DataError(
                f"The folder {self._path} holds a backtest of other data or settings than these, and nothing in it was "
                "changed. Pass another `folder`, or the data, horizon, windows, refit and levels that it was made with."
            )

    def load(self, model: str, window: int, columns: Iterable[str], n_rows: int) -> Outcome | None:
        """Return what was kept of a model and window; None where nothing was."""
        stem = _stem(model, window)
        if not (self._path / f"{stem}.json").exists():
            return None
        facts = self._read_json(f"{stem}.json")
        if facts.get("settings") != self._models[model]:
            raise DataError(
                f"The folder {self._path} holds forecasts of {model!r} with other settings, and nothing in it was "
                "changed. Pass another `folder`, or another name for this model."
            )
        content = self._read(f"{stem}.parquet")
        if hashlib.sha256(content).hexdigest() != facts.get("checksum"):
            raise self._damaged(f"{stem}.parquet")
        import pandas as pd

        table = pd.read_parquet(io.BytesIO(content))
        if len(table) != n_rows or not set(columns) <= set(table.columns):
            raise self._damaged(f"{stem}.parquet")
        fit, predict, megabytes = (np.nan if facts[key] is None else float(facts[key]) for key in NUMBERS)
        forecasts = {name: table[name].to_numpy(np.float64) for name in columns}
        failure = None if facts["failure"] is None else Message.from_dict(facts["failure"])
        return Outcome(model, window, fit, predict, failure, forecasts, megabytes, facts["is_timed_out"] is True)

    def keep(self, outcome: Outcome, keys: pd.DataFrame) -> None:
        """Write an outcome; `keys` are the rows that its forecasts are for."""
        stem, stream = _stem(outcome.model, outcome.window), io.BytesIO()
        keys.assign(**outcome.columns).to_parquet(stream, index=False)
        content = stream.getvalue()
        facts = {
            "model": outcome.model,
            "window": outcome.window,
            "settings": self._models[outcome.model],
            **{name: _number(getattr(outcome, name)) for name in NUMBERS},
            "failure": None if outcome.failure is None else outcome.failure.to_dict(),
            "is_timed_out": outcome.is_timed_out,
            "checksum": hashlib.sha256(content).hexdigest(),
        }
        try:
            self._write(f"{stem}.parquet", content)
            self._write(f"{stem}.json", _json(facts))
        except OSError as error:
            raise self._unwritable(error) from None

    def _write(self, name: str, content: bytes) -> None:
        write_atomically(self._path / name, content)

    def _read(self, name: str) -> bytes:
        try:
            return (self._path / name).read_bytes()
        except OSError:
            raise self._damaged(name) from None

    def _read_json(self, name: str) -> JsonObject:
        try:
            facts = json.loads(self._read(name))
        except ValueError:
            raise self._damaged(name) from None
        if not isinstance(facts, dict):
            raise self._damaged(name)
        return facts

    def _damaged(self, name: str) -> DataError:
        return DataError(
            f"The file {self._path / name} is damaged or missing, and one that a backtest wrote was expected. Remove "
            "it and what belongs to it to have it made again, or pass another `folder`."
        )

    def _unwritable(self, error: OSError) -> DataError:
        return DataError(
            f"The folder {self._path} cannot be written ({error.strerror}), and a writable one was expected. Pass "
            "another `folder`."
        )


def _stem(model: str, window: int) -> str:
    """Name the files of a model and window; models whose names differ in odd letters only stay apart."""
    plain = re.sub(r"\W+", "_", model)[:40]
    return f"{plain}-{hashlib.sha256(model.encode()).hexdigest()[:8]}.{window:04d}"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _json(facts: JsonObject) -> bytes:
    return json.dumps(facts, indent=1, sort_keys=True).encode()
