"""How are forecasts kept up to date as observations come in, and how does a stream outlive the server?

A stream begins with a model file of its own (a second name of the model's file, or what pretrained networks read of a
history). Each observation is a row that is committed before the stream takes it in; a stream is made again from its
file and its rows. Where many rows have come the stream is saved to a new file, which takes their place.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
import shutil
import sqlite3
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4
from weakref import WeakValueDictionary

import numpy as np

from gatecast.data.reading.table import LARGEST
from gatecast.exceptions import GatecastError
from gatecast.forecaster import LSTMForecaster
from gatecast.model.forecast import after_training
from gatecast.model.stream import Stream
from gatecast.network.memory import TrainedNetwork
from gatecast.serving.limits import Limits
from gatecast.serving.problems import RequestError
from gatecast.serving.schemas import StreamAnswer, StreamErrors
from gatecast.serving.store import Store
from gatecast.texts.message import Message

__all__ = ["Live", "Streams"]

# observations that rolling errors are of
ROLLING = 100
# rows of a stream that are read again after a restart at most
MOST_ROWS = 4096
# memory of the streams that are ready, and of one beside its weights, which streams of equal ones share
MOST_BYTES, BYTES = 1 << 30, 50_000
KEEP = (
    "INSERT INTO observations (stream, n, value) SELECT ?, ?, ? "
    "WHERE EXISTS (SELECT 1 FROM streams WHERE id=? AND file=?)"
)
Value = float | None


@dataclass
class Rolling:
    """The errors of the newest forecasts one step ahead, and how often intervals held."""

    errors: deque[float] = field(default_factory=lambda: deque(maxlen=ROLLING))
    naive: deque[float] = field(default_factory=lambda: deque(maxlen=ROLLING))
    held: deque[bool] = field(default_factory=lambda: deque(maxlen=ROLLING))

    def note(self, value: float, forecast: float, before: float, interval: tuple[float, float] | None) -> None:
        """Compare what came with what was forecast, and with the value before it."""
        self.errors.append(abs(value - forecast))
        if not math.isnan(before):
            self.naive.append(abs(value - before))
        if interval is not None:
            self.held.append(interval[0] <= value <= interval[1])

    def facts(self) -> StreamErrors | None:
        """Return the means; None where nothing was compared yet."""
        if not self.errors:
            return None
        return StreamErrors(
            n=len(self.errors),
            mae=math.fsum(self.errors) / len(self.errors),
            naive_mae=math.fsum(self.naive) / len(self.naive) if self.naive else None,
            coverage=sum(self.held) / len(self.held) if self.held else None,
        )


@dataclass
class Live:
    """A stream in memory."""

    id: str
    model: LSTMForecaster  # its weights are shared by streams of the same file
    stream: Stream
    starts: np.ndarray  # `(1,)` time of the first observation behind the file
    file: str
    n: int  # observations that it took in since it began
    n_kept: int  # those that its file knows
    level: float | None
    forecast: np.ndarray  # `(H,)` after the newest observation
    interval: np.ndarray | None = None  # `(2, H)`
    newest: float = math.nan
    rolling: Rolling = field(default_factory=Rolling)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, value: Value) -> None:
        """Take in one observation, None for a step without one."""
        number = math.nan if value is None else value
        if value is not None:
            ends = None if self.interval is None else (float(self.interval[0, 0]), float(self.interval[1, 0]))
            self.rolling.note(number, float(self.forecast[0]), self.newest, ends)
            self.newest = number
        self.forecast = self.stream.update(number)
        self.n += 1
        if self.level is not None:
            self.interval = self.stream.intervals(self.level)

    @property
    def is_long(self) -> bool:
        """Whether a new file should take the place of its rows."""
        return self.n - self.n_kept >= MOST_ROWS

    def answer(self) -> StreamAnswer:
        """Return what is forecast now."""
        after = self.model.fitted_.after
        ahead = self.n - self.n_kept + np.arange(len(self.forecast))
        times = after.grid.times(self.starts, ahead)
        told = np.datetime_as_string(times, unit="s").tolist() if times.dtype.kind == "M" else times.tolist()
        low, high = (None, None) if self.interval is None else (ends.tolist() for ends in self.interval)
        return StreamAnswer(
            id=self.id,
            n=self.n,
            times=told,
            forecast=self.forecast.tolist(),
            lower=low,
            upper=high,
            errors=self.rolling.facts(),
        )


Observed: TypeAlias = Sequence[tuple[Live, Sequence[Value]]]


@dataclass
class Streams:
    """The streams of a server."""

    store: Store
    limits: Limits
    live: OrderedDict[str, Live] = field(default_factory=OrderedDict)
    _waiting: list[tuple[Observed, asyncio.Future[None]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _models: WeakValueDictionary[tuple[int, int], LSTMForecaster] = field(default_factory=WeakValueDictionary)
    _weights: WeakValueDictionary[bytes, np.ndarray] = field(default_factory=WeakValueDictionary)

    def has(self, name: str) -> bool:
        """Tell whether there is a stream of this name."""
        return name in self.live or bool(self.store.rows("SELECT 1 FROM streams WHERE id=?", (name,)))

    def count(self) -> int:
        """Count the streams."""
        return int(self.store.rows("SELECT COUNT(*) FROM streams")[0][0])

    def names(self) -> list[str]:
        """Return the names of all streams."""
        return [name for (name,) in self.store.rows("SELECT id FROM streams ORDER BY id")]

    def begin(
        self, name: str, model: LSTMForecaster, path: Path | None, unique_id: str | None, level: float | None
    ) -> Live:
        """Begin a stream where a model ended, whose file is at `path`; without one it is saved first."""
        if self.count() >= self.limits.streams:
            raise RequestError(Message("serving.streams", {"most": self.limits.streams}), status=409, field="id")
        model = _with_shared(model, self._weights)
        ids = model.fitted_.after.ids.tolist()
        series = next((one for one in ids if str(one) == unique_id), unique_id)
        stream = model.stream(series)
        if level is not None:
            stream.intervals(level)
        file = f"{uuid4().hex}.safetensors"
        target = self._path(file)
        if path is None:
            stream.save(target)
            series = None
        else:
            _link(path, target)
        row = model.fitted_.after.row(next((one for one in ids if str(one) == unique_id), unique_id))
        facts = {"level": level, "series": series}
        with self.store.change() as rows:
            if rows.execute("SELECT 1 FROM streams WHERE id=?", (name,)).fetchone():
                raise RequestError(Message("serving.stream_there", {"name": name}), status=409, field="id")
            values = (name, file, json.dumps(facts), 0)
            rows.execute("INSERT INTO streams (id, file, facts, n_kept) VALUES (?, ?, ?, ?)", values)
        return self._hold(_live(name, model, stream, row, file, 0, level))

    def _path(self, file: str) -> Path:
        return self.store.folder / "streams" / file

    def load(self, name: str) -> Live:
        """Return a stream, made again from its file and its observations where it is not in memory."""
        live = self.live.get(name)
        return live if live is not None else self._hold(self._restored(name))

    def ready(self, name: str) -> Live | None:
        """Return a stream that is in memory."""
        with self._lock:
            live = self.live.get(name)
            if live is not None:
                self.live.move_to_end(name)
            return live

    def newest(self, n: int) -> list[Live]:
        """Return the streams in memory that were asked last, at most `n`."""
        with self._lock:
            return list(self.live.values())[-n:]

    def _hold(self, live: Live) -> Live:
        with self._lock:
            held = self.live.setdefault(live.id, live)
            self._make_room()
            return held

    def _make_room(self) -> None:
        """Forget streams that were not asked for the longest time: they are made again from what is kept."""
        while self._size > MOST_BYTES:
            others = islice(self.live.values(), len(self.live) - 1)
            oldest = next((live for live in others if not live.lock.locked()), None)
            if oldest is None:
                return
            del self.live[oldest.id]

    @property
    def _size(self) -> int:
        """Bytes of the streams in memory, about; weights are there for the core and for Python."""
        known = (found() for found in self._weights.valuerefs())
        return BYTES * len(self.live) + 2 * sum(weights.nbytes for weights in known if weights is not None)

    def _restored(self, name: str) -> Live:
        found = self.store.rows("SELECT file, facts, n_kept FROM streams WHERE id=?", (name,))
        if not found:
            raise RequestError(Message("serving.no_stream", {"name": name[:100]}), status=404, field="id")
        file, facts, n_kept = found[0]
        known = json.loads(facts)
        model = self._model(file)
        row = model.fitted_.after.row(known["series"])
        live = _live(name, model, model.stream(known["series"]), row, file, n_kept, known["level"])
        for (value,) in self.store.rows("SELECT value FROM observations WHERE stream=? ORDER BY n", (name,)):
            live.take(value)
        return live

    def _model(self, file: str) -> LSTMForecaster:
        """Return the model of a file; streams whose files are one and the same share it."""
        path = self._path(file)
        found = path.stat()
        key = (found.st_dev, found.st_ino)
        model = self._models.get(key)
        if model is None:
            model = self._models[key] = _with_shared(LSTMForecaster.load(path), self._weights)
        return model

    async def keep(self, observed: Observed) -> None:
        """Commit observations of some streams, all or none; they are acknowledged once this returns.

        What requests bring in the same turn of the event loop is committed together, which takes hardly longer.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._commit)
        self._waiting.append((observed, done))
        await done

    def _commit(self) -> None:
        """Commit what waits, together; one after the other where that fails, so that each hears of its own trouble."""
        waiting, self._waiting = self._waiting, []
        groups = [waiting] if len(waiting) == 1 else [waiting, *([one] for one in waiting)]
        for group in groups:
            try:
                self._insert([observed for observed, _ in group])
            except Exception as error:  # noqa: BLE001  whoever waits for it raises it
                if len(group) == 1 and not group[0][1].done():
                    group[0][1].set_exception(error)
            else:
                for _, done in group:
                    if not done.done():
                        done.set_result(None)
                if group is waiting:
                    return

    def _insert(self, several: Sequence[Observed]) -> None:
        """Write observations where their streams are still those that they belong to."""
        rows = [
            (live.id, live.n + k, value, live.id, live.file)
            for observed in several
            for live, values in observed
            for k, value in enumerate(values)
        ]
        try:
            with self.store.change() as database:
                if rows and database.executemany(KEEP, rows).rowcount < len(rows):
                    raise self._changed(several)
        except sqlite3.IntegrityError:
            raise self._changed(several) from None

    def _changed(self, several: Sequence[Observed]) -> RequestError:
        """Refuse what came in while a stream was removed or begun anew; the next request reads it again."""
        lives = [live for observed in several for live, _ in observed]
        for live in lives:
            self.live.pop(live.id, None)
        return RequestError(Message("serving.stream_changed", {"name": lives[0].id}), status=409, field="id")

    def shorten(self, live: Live) -> None:
        """Save a stream to a new file that takes the place of its rows."""
        file, older = f"{uuid4().hex}.safetensors", live.file
        live.stream.save(self._path(file))
        facts = {"level": live.level, "series": None}
        with self.store.change() as rows:
            values = (file, live.n, json.dumps(facts), live.id)
            rows.execute("UPDATE streams SET file=?, n_kept=?, facts=? WHERE id=?", values)
            rows.execute("DELETE FROM observations WHERE stream=? AND n<?", (live.id, live.n))
        after = live.model.fitted_.after
        live.starts = after.grid.times(live.starts, np.array([live.n - live.n_kept]))
        live.file, live.n_kept = file, live.n
        self._path(older).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget a stream and all that it took in."""
        found = self.store.rows("SELECT file FROM streams WHERE id=?", (name,))
        if not found:
            raise RequestError(Message("serving.no_stream", {"name": name[:100]}), status=404, field="id")
        with self.store.change() as rows:
            rows.execute("DELETE FROM observations WHERE stream=?", (name,))
            rows.execute("DELETE FROM streams WHERE id=?", (name,))
        self.live.pop(name, None)
        self._path(found[0][0]).unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove files without a row, which a kill between both left."""
        known = {file for (file,) in self.store.rows("SELECT file FROM streams")}
        for path in (self.store.folder / "streams").iterdir():
            if path.name not in known:
                path.unlink(missing_ok=True)


def _live(name: str, model: LSTMForecaster, stream: Stream, row: int, file: str, n: int, level: float | None) -> Live:
    """Return a stream that took in nothing since its file was written."""
    fitted, H = model.fitted_, model.fitted_.horizon
    first = after_training(fitted, None, H).forecast(H).point[row]
    interval = None if level is None else stream.intervals(level)
    start = fitted.after.starts[row : row + 1]
    return Live(name, model, stream, start, file, n, n, level, first, interval, float(fitted.tail[row, -1]))


def _with_shared(model: LSTMForecaster, known: WeakValueDictionary[bytes, np.ndarray]) -> LSTMForecaster:
    """Let networks of equal weights, such as the pretrained ones of many streams, share them."""

    def shared(network: TrainedNetwork) -> TrainedNetwork:
        key = hashlib.sha256(network.weights.tobytes()).digest()
        return replace(network, weights=known.setdefault(key, network.weights))

    fitted = model.fitted_
    ensemble = replace(fitted.ensemble, networks=tuple(map(shared, fitted.ensemble.networks)))
    other: LSTMForecaster = LSTMForecaster.from_settings(model.settings_)
    other._fitted, other._fit_settings = replace(fitted, ensemble=ensemble), model.settings_
    return other


def check_values(values: Sequence[Value]) -> None:
    """Refuse what a stream cannot take in, before any of it is kept."""
    for value in values:
        if value is not None and not abs(value) <= LARGEST:
            raise RequestError(Message("serving.value", {"value": value, "most": LARGEST}), field="values")


def _link(path: Path, target: Path) -> None:
    """Give a file a second name, which keeps its content where the first one is replaced; or copy it."""
    try:
        os.link(path.resolve(), target)
    except OSError:
        try:
            shutil.copyfile(path, target)
        except OSError as error:
            raise GatecastError(
                Message("serving.folder", {"path": str(target.parent), "why": error.strerror or ""})
            ) from None
