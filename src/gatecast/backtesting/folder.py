"""How does a backtest go on after an interruption? Each finished model and window is kept in a folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatecast._files import check_regular, write_atomically
from gatecast._json import JsonObject, converted, parsed
from gatecast._places import refuse_url
from gatecast.backtesting.run import Outcome
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Folder"]

FORMAT = 3
FACTS = "backtest.json"
NUMBERS = ("fit_seconds", "predict_seconds", "megabytes")


@dataclass(frozen=True)
class _Facts:
    """What is kept of an outcome beside its forecasts."""

    model: str
    window: int
    settings: str
    fit_seconds: float | None
    predict_seconds: float | None
    megabytes: float | None
    failure: Message | None
    is_timed_out: bool
    checksum: str

    def __post_init__(self) -> None:
        """Refuse a failure that the catalogue has no text for; ValueError."""
        try:
            str(self.failure)
        except (AttributeError, KeyError, LookupError, TypeError) as error:
            raise ValueError(f"a failure without a text ({error})") from None


class Folder:
    """Keeps outcomes as `<model>.<window>.parquet` with `<model>.<window>.json` beside it, which comes last.

    `fingerprint` is that of data and settings, and `models` those of each model by its name: further models may join, a
    changed one is refused. A DataError says that a folder belongs to something else, is damaged or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], fingerprint: str, models: dict[str, str]) -> None:
        refuse_url("folder", path)
        self._path = Path(path)
        self._models = models
        self._is_told = False
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
        try:
            facts = converted(self._read_json(f"{stem}.json"), _Facts)
        except ValueError:
            raise self._damaged(f"{stem}.json") from None
        if facts.settings != self._models[model]:
            raise DataError(
                f"The folder {self._path} holds forecasts of {model!r} with other settings, and nothing in it was "
                "changed. Pass another `folder`, or another name for this model."
            )
        if (facts.model, facts.window) != (model, window):
            raise self._damaged(f"{stem}.json")
        forecasts = self._forecasts(f"{stem}.parquet", facts.checksum, tuple(columns), n_rows)
        fit, predict, megabytes = (np.nan if (one := getattr(facts, key)) is None else one for key in NUMBERS)
        return Outcome(model, window, fit, predict, facts.failure, forecasts, megabytes, facts.is_timed_out)

    def _forecasts(self, name: str, checksum: str, columns: tuple[str, ...], n_rows: int) -> dict[str, Floats]:
        """Read columns of forecasts, `(n_rows,)` each, without what pandas says of them in the file."""
        content = self._read(name)
        if hashlib.sha256(content).hexdigest() != checksum:
            raise self._damaged(name)
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        try:
            file = ParquetFile(io.BytesIO(content))
            # before any row is read: a few bytes may stand for very many
            types = {field.name: str(field.type) for field in file.schema_arrow}
            if file.metadata.num_rows != n_rows or any(types.get(column) != "double" for column in columns):
                raise self._damaged(name)
            table = file.read(list(columns), use_pandas_metadata=False)
            return {column: table.column(column).to_numpy().astype(np.float64) for column in columns}
        except (ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
            if isinstance(error, DataError):
                raise
            raise self._damaged(name) from None

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
            self._warn(error)

    def _warn(self, error: OSError) -> None:
        """Say once that nothing more can be kept: that is no reason to lose the others."""
        if not self._is_told:
            self._is_told = True
            warnings.warn(
                f"The folder {self._path} cannot be written ({error.strerror}), and the backtest goes on without it: "
                "an interruption would lose what follows. Make room there, or pass another `folder` next time.",
                stacklevel=2,
            )

    def _write(self, name: str, content: bytes) -> None:
        write_atomically(self._path / name, content)

    def _read(self, name: str) -> bytes:
        try:
            check_regular(self._path / name)
            return (self._path / name).read_bytes()
        except OSError:
            raise self._damaged(name) from None

    def _read_json(self, name: str) -> JsonObject:
        try:
            return parsed(self._read(name))
        except ValueError:
            raise self._damaged(name) from None

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
