"""How is the core called where the system has few threads left, and while the interpreter ends?

The core starts threads of its own and works without the interpreter's lock. A daemon thread that comes back from it
after the interpreter has ended would abort the process, so the end waits for it and lets nobody in again.
"""

from __future__ import annotations

import atexit
import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from gatecast.exceptions import GatecastError

__all__ = ["in_core", "startable_threads", "with_fewer_threads"]

T = TypeVar("T")
# how long the end of the interpreter waits: training comes back from the core ten times a second
SECONDS = 60.0
NO_THREADS = (os.strerror(errno.EAGAIN), "can't start new thread")

_changed = threading.Condition()
_inside = 0
_is_ending = False


@contextmanager
def in_core() -> Iterator[None]:
    """Count a call that leaves the interpreter's lock; while the interpreter ends, the calling thread ends instead."""
    global _inside
    with _changed:
        if _is_ending and threading.current_thread() is not threading.main_thread():
            raise SystemExit
        _inside += 1
    try:
        yield
    finally:
        with _changed:
            _inside -= 1
            _changed.notify_all()


@atexit.register
def _end() -> None:
    global _is_ending
    with _changed:
        _is_ending = True
        _changed.wait_for(lambda: not _inside, SECONDS)


def with_fewer_threads(call: Callable[[int], T], n_threads: int) -> T:
    """Call with a number of threads, and with half of it as long as the system has not so many left.

    GatecastError: not even one more thread can be started.
    """
    try:
        return call(n_threads)
    except RuntimeError as error:
        if not any(text in str(error) for text in NO_THREADS):
            raise
    if n_threads <= 1:
        raise GatecastError(
            "The system starts no more threads for this process, and one at least was expected. Close other programs, "
            "or raise the limit of processes (`ulimit -u`, or `pids` of the container)."
        )
    return with_fewer_threads(call, n_threads // 2)


def startable_threads(wanted: int) -> int:
    """Return how many of some threads the system would start now."""
    release = threading.Event()
    threads: list[threading.Thread] = []
    try:
        for _ in range(wanted):
            thread = threading.Thread(target=release.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass
    finally:
        release.set()
        for thread in threads:
            thread.join()
    return len(threads)
