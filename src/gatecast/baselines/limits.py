"""How is work ended that takes too long: between its steps, or in a process that can be killed?

A model that somebody fits looks at a `Clock` between its series. That costs nothing, and whoever waits for one long
series can press Ctrl-C.

A comparison runs unattended, with models of any kind, and one of them may be stuck in compiled code. Nothing inside a
process ends that in every thread and on every system, so whatever has a time limit there runs in a process of its own
(`limited_steps`), which is killed when the time is over.

A limit is one of computing: processor time, so that a busy machine ends nothing that a quiet one would not. Time in
which a process waits for something counts as it passes. Quick baselines go there too: the libraries of baselines are
then imported in that process alone, and what it costs is the start of one interpreter. It is kept for the next work.

The process is one of loky: unlike one of `multiprocessing` it does not run the script of the user again, and
with cloudpickle it takes models that are defined in a notebook.
"""

from __future__ import annotations

import contextlib
import faulthandler
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from types import ModuleType
from typing import Any, TypeVar, final

from gatecast.baselines.local import needed
from gatecast.exceptions import TimeLimitError

__all__ = ["Clock", "NotPicklableError", "ProcessDiedError", "beside", "limited_steps", "prepare"]

# work is given up after this share of its time if at this pace it would take so many times as long
SURE, HOPELESS = 0.1, 3.0
# a process without work ends after so many seconds, as those of joblib do
IDLE = 300.0
# a process whose owner was killed ends by itself so many seconds of computing after its time was over, or when so many
# times its time passed
GRACE, ORPHANED = 10.0, 100.0
# seconds between two looks at what a process has computed
LEAST_WAIT, MOST_WAIT = 0.01, 1.0
# a process that computed less than this share of the time, and does not ask for a processor, waits
WAITING = 0.01
# seconds beyond which a limit is none: systems cannot wait for longer in one call
LONGEST = 1e6

Result = TypeVar("Result")
Warned = tuple[str, type[Warning], str, int]
Message = tuple[str, Any, list[Warned]]


class NotPicklableError(Exception):
    """The work cannot be sent to another process."""


class ProcessDiedError(Exception):
    """The process of the work ended, e.g. by a crash of compiled code or because memory was short."""


@final
class Clock:
    """How much is left of `seconds` of this thread's computing (None: no limit), for work that looks between steps."""

    def __init__(self, seconds: float | None, message: object) -> None:
        self._seconds, self._message, self._began = seconds, message, time.thread_time()

    def check(self, share_done: float = 0.0) -> None:
        """Raise a TimeLimitError if the time is over, or would be by far at the pace of the share that is done."""
        if self._seconds is None:
            return
        passed = time.thread_time() - self._began
        is_hopeless = passed > SURE * self._seconds and passed > HOPELESS * self._seconds * share_done > 0
        if passed > self._seconds or is_hopeless:
            raise TimeLimitError(self._message)


def limited_steps(work: Callable[[], Iterator[Result]], seconds: float) -> Iterator[Result]:
    """Do work in a process of its own, and kill that where a step computes for too long, with a TimeLimitError.

    The seconds are those of all threads of the process together. What comes before the first step (imports) has no
    limit. Warnings of the work are given here, and so is an exception that ends it. A NotPicklableError says that the
    work cannot be sent, a ProcessDiedError that the process ended.
    """
    task = _packed(work, seconds)
    worker, limit, is_at_rest = _idle_worker(), None, False
    try:
        worker.send(task)
        while True:
            kind, found, warned = worker.receive(limit)
            is_at_rest = kind != "step"
            _warn(warned)
            if kind == "error":
                raise found
            if kind == "end":
                return
            yield found
            limit = seconds
    finally:
        # also at Ctrl-C
        if is_at_rest:
            worker.used = time.monotonic()
            _idle.append(worker)
        else:
            worker.kill()


def beside(work: Callable[[], Result]) -> Result:
    """Do work in the process of work with a limit, which has libraries that this one has not; here if it cannot."""
    try:
        # to the end: a process that is left in the middle of its work is killed
        (result,) = limited_steps(lambda: iter([work()]), LONGEST)
    except (NotPicklableError, ProcessDiedError):
        return work()
    return result


def prepare(work: Callable[[], Iterator[object]]) -> None:
    """Start a process where none waits, with some first work, e.g. imports, that nobody waits for here."""
    worker = _idle_worker()
    if worker.is_new:
        worker.send(_packed(work, LONGEST))
        worker.owes += 1
    _idle.append(worker)


def _packed(work: Callable[[], Iterator[object]], seconds: float) -> bytes:
    try:
        packed: bytes = _cloudpickle().dumps((work, seconds))
    # whatever pickling an unknown object raises
    except Exception as error:
        raise NotPicklableError(f"{type(error).__name__}: {error}") from error
    return packed


def _cloudpickle() -> ModuleType:
    return needed("cloudpickle", "library.time_limit")


_printed: dict[str | tuple[str, type[Warning], int], int] = {}


def _warn(warned: list[Warned]) -> None:
    for text, category, file, line in warned:
        warnings.warn_explicit(text, category, file, line, registry=_printed)


@final
class _Worker:
    """A process that does one piece of work at a time."""

    def __init__(self) -> None:
        context = needed("loky.backend.context", "library.time_limit").get_context("loky")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=False)
        self._owner, self.used = os.getpid(), time.monotonic()
        self.is_new, self.owes = True, 0
        with _able_to_start():
            self._process.start()
        theirs.close()
        # when this object goes, and before Python waits for processes at its end
        self._end = Finalize(self, _kill, (self._process,), exitpriority=10)

    @property
    def is_usable(self) -> bool:
        """Whether it is there: a copy of this object in a forked process has none, and one that waits may just end."""
        is_ours = self._owner == os.getpid()
        return is_ours and time.monotonic() - self.used < IDLE / 2 and bool(self._process.is_alive())

    def send(self, task: bytes) -> None:
        self.is_new = False
        while self.owes:
            self.owes -= self.receive(None)[0] != "step"
        try:
            self._pipe.send_bytes(task)
        except OSError as error:
            raise self._death() from error

    def receive(self, seconds: float | None) -> Message:
        try:
            if seconds is None or seconds > LONGEST:
                self._pipe.poll(None)
            else:
                self._wait(seconds)
            message: Message = _cloudpickle().loads(self._pipe.recv_bytes())
        except (EOFError, OSError) as error:
            raise self._death() from error
        return message

    def _wait(self, seconds: float) -> None:
        """Wait for a message, for as long as the process may compute."""
        assert self._process.pid is not None
        budget = _Budget(self._process.pid, seconds)
        while not self._pipe.poll(budget.until_next_look):
            if budget.is_over():
                raise TimeLimitError(
                    f"A step was given {seconds} seconds, and took longer. Pass a larger `time_limit`."
                )

    def kill(self) -> None:
        self._end()
        self._pipe.close()

    def _death(self) -> ProcessDiedError:
        self._process.join(1)
        return ProcessDiedError(f"exit code {self._process.exitcode}")


@final
class _Budget:
    """What another process may still compute, in seconds of processor time."""

    def __init__(self, process_id: int, seconds: float) -> None:
        self._psutil = needed("psutil", "library.time_limit")
        self._process, self._left = self._psutil.Process(process_id), seconds
        self._computed, self._looked = self._so_far(), time.monotonic()

    @property
    def until_next_look(self) -> float:
        """Seconds to wait."""
        return min(max(self._left, LEAST_WAIT), MOST_WAIT)

    def is_over(self) -> bool:
        """Take off what was computed since the last look, or what time passed where the process waits."""
        computed, now = self._so_far(), time.monotonic()
        done, passed = computed - self._computed, now - self._looked
        self._computed, self._looked = computed, now
        self._left -= passed if done < WAITING * passed and self._waits() else done
        return self._left <= 0

    def _so_far(self) -> float:
        with contextlib.suppress(self._psutil.Error):
            times = self._process.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def _waits(self) -> bool:
        try:
            return bool(self._process.status() != self._psutil.STATUS_RUNNING)
        except self._psutil.Error:
            return True


# those that wait for work; a list's own methods are atomic
_idle: list[_Worker] = []


def _idle_worker() -> _Worker:
    """Take a process that waits for work, or start one."""
    while _idle:
        with contextlib.suppress(IndexError):
            worker = _idle.pop()
            if worker.is_usable:
                return worker
    return _Worker()


_starting = threading.Lock()


@contextlib.contextmanager
def _able_to_start() -> Iterator[None]:
    """Let a daemonic process start one, as those of joblib's multiprocessing backend and of dask are.

    They may not because theirs could outlive them; ours ends when its pipe or its time does.
    """
    this = multiprocessing.current_process()
    with _starting:
        is_daemonic = this.daemon
        if is_daemonic:
            this.daemon = False
        try:
            yield
        finally:
            if is_daemonic:
                this.daemon = True


def _kill(process: BaseProcess) -> None:
    """End a process, and what it started, at once."""
    if sys.platform == "win32":
        process.terminate()
    else:
        assert process.pid is not None
        # the group is not there until the process has made it
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(process.pid, signal.SIGKILL)
    process.join()


def _serve(pipe: Connection) -> None:
    """Do one piece of work after the other, until there is none for long or nobody who could ask for one."""
    # Ctrl-C is the owner's, who kills this process
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    else:
        os.setpgrp()
    with contextlib.suppress(EOFError, OSError):
        while pipe.poll(IDLE):
            task = pipe.recv_bytes()
            with warnings.catch_warnings(record=True) as warned:
                # which of them are shown is the owner's matter
                warnings.simplefilter("always")
                for kind, found in _done(task):
                    told = [(str(w.message), w.category, w.filename, w.lineno) for w in warned]
                    warned.clear()
                    sent, message = _message(kind, found, list(dict.fromkeys(told)))
                    pipe.send_bytes(message)
                    if sent != "step":
                        break


def _done(task: bytes) -> Iterator[tuple[str, object]]:
    """Do the work, and say after each step what came of it."""
    nothing = object()
    try:
        work, seconds = _cloudpickle().loads(task)
        steps = work()
        found = next(steps, nothing)
        while found is not nothing:
            yield "step", found
            with _ending_itself(seconds):
                found = next(steps, nothing)
    except GeneratorExit:
        raise
    # the work's own, SystemExit too
    except BaseException as error:  # noqa: BLE001
        error.add_note("".join(traceback.format_exception(error)))
        yield "error", error
    else:
        yield "end", None


def _message(kind: str, found: object, warned: list[Warned]) -> tuple[str, bytes]:
    """Return what the owner is told, which is an error where it cannot be told what it should be."""
    pickle = _cloudpickle()
    try:
        message = pickle.dumps((kind, found, warned))
        if kind == "error":
            # an exception may be pickled, and then fail to be made
            pickle.loads(message)
    # whatever pickling an unknown object raises
    except Exception as error:  # noqa: BLE001
        lost = TypeError(f"{type(found).__name__} cannot be pickled ({error}): {found}")
        kind, message = "error", pickle.dumps(("error", lost, warned))
    return kind, message


@contextlib.contextmanager
def _ending_itself(seconds: float) -> Iterator[None]:
    """End this process, also in compiled code, if its owner is no longer there to do so."""
    if seconds > LONGEST:
        yield
        return
    with open(os.devnull, "w", encoding="utf-8") as nowhere, _within_processor_time(seconds + GRACE):
        faulthandler.dump_traceback_later(ORPHANED * seconds + GRACE, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _within_processor_time(seconds: float) -> Iterator[None]:
    """Let the system end this process when it has computed for so long."""
    if sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
