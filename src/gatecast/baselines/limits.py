"""How is work ended that takes too long, also in a worker process, and also in code that catches every exception?"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from gatecast.exceptions import TimeLimitError

__all__ = ["Clock", "within"]

# once the time is over the alarm comes again so often, for code that swallowed the first one
AGAIN = 0.2
# work is given up after this share of its time if at this pace it would take so many times as long
SURE, HOPELESS = 0.1, 3.0

Result = TypeVar("Result")


class _Expired(BaseException):
    """The time is over. No `Exception`, since libraries catch those to try something else."""


class Clock:
    """How much time is left.

    Args:
        seconds: From now on; None for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds, self._began = seconds, time.monotonic()
        self.is_expired = False
        self.is_over = False

    def check(self, share_done: float = 0.0) -> None:
        """End the work here if its time is over, or would be by far.

        Args:
            share_done: Of the work, where that is known.
        """
        if self._seconds is None:
            return
        passed = time.monotonic() - self._began
        is_hopeless = passed > SURE * self._seconds and passed > HOPELESS * self._seconds * share_done > 0
        if passed > self._seconds or is_hopeless:
            self.is_expired = True
            raise _Expired

    def ring(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End the work wherever it is, as the handler of an alarm."""
        if not self.is_over:
            self.is_expired = True
            raise _Expired


def within(seconds: float | None, message: object, work: Callable[[Clock], Result]) -> Result:
    """Do some work, and end it when its time is over.

    In the main thread of a process (as joblib's worker processes do their work) an alarm of the system ends it at the
    next step of Python, anywhere. In other threads, and on Windows, it ends where it calls `Clock.check`.

    Args:
        seconds: Its time; None for no limit.
        message: What the error says: a text or a `Message`.
        work: Is given the clock.

    Raises:
        TimeLimitError: The time was over first.

    >>> within(10, "too slow", lambda clock: 7)
    7
    """
    clock = Clock(seconds)
    try:
        with _alarm(seconds, clock):
            return work(clock)
    except (_Expired, KeyboardInterrupt):
        # a fit that an alarm interrupts may take it for Ctrl-C; an alarm of an outer limit is not ours
        if not clock.is_expired:
            raise
        raise TimeLimitError(message) from None
    finally:
        clock.is_over = True


@contextlib.contextmanager
def _alarm(seconds: float | None, clock: Clock) -> Any:
    """Ring after some seconds, unless an alarm that was set before comes first."""
    if seconds is None or not hasattr(signal, "setitimer") or not _is_main():
        yield
        return
    earlier, _ = signal.getitimer(signal.ITIMER_REAL)
    if 0 < earlier <= seconds:
        yield
        return
    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, clock.ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        clock.is_over = True
        # an outer limit gets back what is left of its time
        left = max(earlier - (time.monotonic() - began), 1e-3) if earlier else 0.0
        # switched off first: an alarm without a handler ends the process
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, left, AGAIN if left else 0.0)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
