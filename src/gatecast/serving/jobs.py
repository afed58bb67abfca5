"""How does training go on beside requests? One worker process at a time, and a queue that outlives the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec

from gatecast._json import JsonObject
from gatecast.exceptions import ModelFileError
from gatecast.serving.kept import Asked
from gatecast.serving.limits import Limits
from gatecast.serving.logs import LOG
from gatecast.serving.models import Registry
from gatecast.serving.problems import RequestError
from gatecast.serving.schemas import Job
from gatecast.serving.store import Store
from gatecast.serving.worker import ERROR, FAILED, MODEL, PROGRESS
from gatecast.texts.message import Message

__all__ = ["ENDED", "Jobs"]

WAITING, RUNNING, DONE, BROKEN, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
ENDED = (DONE, BROKEN, CANCELLED)
COLUMNS = "id, name, state, created, started, ended, error"
TAIL_SECONDS = 0.15
# a worker that is asked to end writes its checkpoint first
STOP_SECONDS = 15
# what a worker says beside its results
LOG_FILE = "worker.log"
MOST_LISTED, LINES_BYTES = 1000, 4096


@dataclass
class Jobs:
    """The trainings of a server: those that wait, the one that runs, and those that ended."""

    store: Store
    models: Registry
    limits: Limits
    is_ending: bool = False  # whether events are not told any more
    _process: subprocess.Popen[bytes] | None = None
    _current: str | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _is_closing: bool = False

    def restore(self) -> None:
        """Take up what an earlier server left: its models, and trainings that had not ended."""
        with self.store.change() as rows:
            rows.execute("UPDATE jobs SET state=? WHERE state=?", (WAITING, RUNNING))
        for name, job in self.store.rows("SELECT name, job FROM models"):
            try:
                self.models.add(name, self.folder(job) / MODEL)
            except ModelFileError as error:
                LOG.error("model not loaded", extra={"facts": {"model": name, "error": type(error).__name__}})
        self._remove_strangers()

    def _remove_strangers(self) -> None:
        """Remove what a kill between rows and files left: folders without a row, and files that nothing needs."""
        query = "SELECT id FROM jobs WHERE state NOT IN (?, ?) AND id NOT IN (SELECT job FROM models)"
        for (job,) in self.store.rows(query, (WAITING, RUNNING)):
            self._empty(job)
        known = {job for (job,) in self.store.rows("SELECT id FROM jobs")}
        for folder in (self.store.folder / "jobs").iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        """Begin to work through the queue."""
        self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Have the worker write its checkpoint and end; its job goes on with the next server."""
        self._is_closing = True
        self._wake.set()
        await self._stop_process()
        if self._task is not None:
            await self._task

    def folder(self, job: str) -> Path:
        """Return where the files of a job are; its name was made here."""
        return self.store.folder / "jobs" / job

    def add(self, asked: Asked) -> Job:
        """Keep a request to train and let it wait for its turn; it is acknowledged once this returns."""
        n_waiting = self.store.rows("SELECT COUNT(*) FROM jobs WHERE state IN (?, ?)", (WAITING, RUNNING))[0][0]
        if n_waiting >= self.limits.jobs:
            why = Message("serving.queue", {"n": n_waiting})
            raise RequestError(why, status=429, headers={"retry-after": "60"})
        job = uuid4().hex
        self.folder(job).mkdir()
        asked.keep(self.folder(job))
        with self.store.change() as rows:
            values = (job, asked.options.name, WAITING, time.time())
            rows.execute("INSERT INTO jobs (id, name, state, created) VALUES (?, ?, ?, ?)", values)
        return self.get(job)

    def wake(self) -> None:
        """Look at the queue: something was added."""
        self._wake.set()

    def get(self, job: str) -> Job:
        """Return what is known of a job; a refusal where there is none."""
        found = self.store.rows(f"SELECT {COLUMNS} FROM jobs WHERE id=?", (job,))
        if not found:
            raise RequestError(Message("serving.no_job", {"name": job[:100]}), status=404, field="job")
        return self._job(*found[0])

    def list(self) -> list[Job]:
        """Return the newest jobs, the newest first."""
        query = f"SELECT {COLUMNS} FROM jobs ORDER BY created DESC LIMIT {MOST_LISTED}"
        return [self._job(*row) for row in self.store.rows(query)]

    def n_of(self, state: str) -> int:
        """Count the jobs in a state."""
        return int(self.store.rows("SELECT COUNT(*) FROM jobs WHERE state=?", (state,))[0][0])

    def _job(
        self,
        job: str,
        name: str,
        state: str,
        created: float,
        started: float | None,
        ended: float | None,
        error: str | None,
    ) -> Job:
        why = None if error is None else json.loads(error)
        progress = _last(self.folder(job) / PROGRESS) if state == RUNNING else None
        return Job(
            id=job, name=name, state=state, created=created, started=started, ended=ended, error=why, progress=progress
        )

    async def cancel(self, job: str) -> Job:
        """End a job; one that ended already stays as it is."""
        if self.get(job).state not in ENDED:
            self._end(job, CANCELLED)
            if self._current == job:
                await self._stop_process()
            else:
                self._empty(job)
        return self.get(job)

    def _end(self, job: str, state: str, error: JsonObject | None = None) -> None:
        with self.store.change() as rows:
            told = None if error is None else json.dumps(error)
            # what was cancelled stays so
            query = "UPDATE jobs SET state=?, ended=?, error=? WHERE id=? AND state IN (?, ?)"
            rows.execute(query, (state, time.time(), told, job, WAITING, RUNNING))

    async def _work(self) -> None:
        """Train what waits, one after the other; a job that fails in whatever way keeps none waiting."""
        while not self._is_closing:
            self._wake.clear()
            query = "SELECT id FROM jobs WHERE state=? ORDER BY created LIMIT 1"
            waiting = await asyncio.to_thread(self.store.rows, query, (WAITING,))
            if not waiting:
                await self._wake.wait()
                continue
            try:
                await self._train(waiting[0][0])
            except Exception as error:  # noqa: BLE001  the next one has nothing to do with it
                LOG.error("mistake", extra={"facts": {"job": waiting[0][0], "error": type(error).__name__}})
                self._end(waiting[0][0], BROKEN, Message("serving.worker", {"code": type(error).__name__}).to_dict())

    async def _train(self, job: str) -> None:
        with self.store.change() as rows:
            query = "UPDATE jobs SET state=?, started=? WHERE id=? AND state=?"
            if not rows.execute(query, (RUNNING, time.time(), job, WAITING)).rowcount:
                return
        self._current = job
        command = (sys.executable, "-m", "gatecast.serving.worker", str(self.folder(job)))
        # waited for in a thread, as event loops outside a main thread do not hear of the end of a process
        with (self.folder(job) / LOG_FILE).open("ab") as log:
            self._process = process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=_environment()
            )
        if self._is_closing or self.get(job).state == CANCELLED:
            await self._stop_process()
        code = await asyncio.to_thread(process.wait)
        if process.stdin is not None:
            process.stdin.close()
        self._process = self._current = None
        if not self._is_closing or code == 0:
            await asyncio.to_thread(self._take, job, code)

    def _take(self, job: str, code: int) -> None:
        """Take over what a worker left."""
        LOG.info("training ended", extra={"facts": {"job": job, "code": code}})
        name = self.get(job).name
        if code == 0:
            self._publish(job, name)
            return
        error = self.folder(job) / ERROR
        told = json.loads(error.read_bytes()) if code == FAILED and error.exists() else None
        self._end(job, BROKEN, told or Message("serving.worker", {"code": code}).to_dict())
        self._empty(job)

    def _publish(self, job: str, name: str) -> None:
        """Let the model of a job be asked, in place of an older one of its name."""
        if self.get(job).state != RUNNING:
            # cancelled when it was done
            self._empty(job)
            return
        self.models.add(name, self.folder(job) / MODEL)
        with self.store.change() as rows:
            older = rows.execute("SELECT job FROM models WHERE name=?", (name,)).fetchall()
            rows.execute("INSERT OR REPLACE INTO models (name, job) VALUES (?, ?)", (name, job))
            rows.execute("UPDATE jobs SET state=?, ended=? WHERE id=?", (DONE, time.time(), job))
        for (before,) in older:
            if before != job:
                self._empty(before)

    def _empty(self, job: str) -> None:
        """Remove the files of a model that nobody can ask any more, and what it learned from, but for its curve."""
        for path in self.folder(job).glob("*"):
            if path.name not in (PROGRESS, LOG_FILE):
                with contextlib.suppress(OSError):
                    path.unlink()

    def remove_model(self, name: str) -> None:
        """Remove a model and what it learned from; a refusal where it is none that was trained here."""
        with self.store.change() as rows:
            found = rows.execute("SELECT job FROM models WHERE name=?", (name,)).fetchall()
            rows.execute("DELETE FROM models WHERE name=?", (name,))
        if not found:
            self.models.get(name)
            raise RequestError(Message("serving.not_ours", {"name": name}), status=409, field="name")
        self.models.remove(name)
        self._empty(found[0][0])

    def of_model(self, name: str) -> str | None:
        """Return the job that trained a model; None where it came as a file."""
        found = self.store.rows("SELECT job FROM models WHERE name=?", (name,))
        return str(found[0][0]) if found else None

    async def _stop_process(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    async def events(self, job: str, after: int = 0) -> AsyncIterator[tuple[int, str, JsonObject]]:
        """Tell how a job goes: number, kind and facts of each event behind number `after`, until it ends.

        Kinds are `progress`, a point of a network's loss curve, and `state`, the job itself when its state changes.
        """
        number, state, offset = 0, "", 0
        while True:
            now = await asyncio.to_thread(self.get, job)
            if now.state != state:
                state = now.state
                yield number, "state", msgspec.to_builtins(now)
            lines, offset = await asyncio.to_thread(_lines, self.folder(job) / PROGRESS, offset)
            for line in lines:
                number += 1
                if number > after:
                    yield number, "progress", line
            if (state in ENDED and not lines) or self.is_ending or self._is_closing:
                return
            await asyncio.sleep(TAIL_SECONDS)


def _environment() -> dict[str, str]:
    """Return the environment of a worker, which finds the modules that this process has."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _lines(path: Path, offset: int) -> tuple[list[JsonObject], int]:
    """Return the whole lines of a file behind a place, and where they end."""
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole)


def _last(path: Path) -> JsonObject | None:
    """Return the newest point of a curve."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LINES_BYTES))
        lines = file.read().split(b"\n")
    # of those between two ends of lines the first may be cut
    return json.loads(lines[-2]) if len(lines) > 2 else None
