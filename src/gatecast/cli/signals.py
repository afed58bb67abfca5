"""How does a command end that is asked to? A closed terminal or a stopped container is like Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

__all__ = ["ending_signals"]

# what `kill`, a service manager or a container sends, and what a terminal sends when it is closed
NAMES = ("SIGTERM", "SIGHUP")


@contextlib.contextmanager
def ending_signals() -> Iterator[list[int]]:
    """Let these signals raise KeyboardInterrupt; yields a list that will hold the number of the first one.

    One that the caller ignores, as `nohup` does, stays ignored.
    """
    received: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        received.append(int(number))
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield received
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
