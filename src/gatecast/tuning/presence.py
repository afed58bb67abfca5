"""Does another process work on the same study? Locks of a file beside it tell, which end with their process.

So trials that a killed process had begun are known from those that are being judged.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

__all__ = ["Presence", "present"]


@dataclass
class Presence:
    """A place among the processes that work on a study."""

    file: TextIO | None = None  # locked; None where nothing is kept, or locks are not to be had
    is_alone: bool = False  # whether no other process can come in

    def let_others_in(self) -> None:
        """Hold the place only."""
        if self.file is not None and self.is_alone:
            _lock(self.file, is_alone=False)


@contextlib.contextmanager
def present(study: str | os.PathLike[str] | None) -> Iterator[Presence]:
    """Take a place, alone if there is nobody else, until the block is over; a new place waits for one who is alone."""
    path = None if study is None else Path(study).parent / f".{Path(study).name}.gatecast-lock"
    presence = Presence() if path is None else _entered(path)
    try:
        yield presence
    finally:
        if presence.file is not None and path is not None:
            # the last one takes the file away
            if _lock(presence.file, is_alone=True):
                path.unlink(missing_ok=True)
            presence.file.close()


def _entered(path: Path) -> Presence:
    while True:
        try:
            file = path.open("a")
        except OSError:
            return Presence()
        is_alone = _lock(file, is_alone=True)
        if not is_alone and not _lock(file, is_alone=False):
            file.close()
            return Presence()
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return Presence(file, is_alone)
        # the last one took the file away after it was opened here
        file.close()


if sys.platform == "win32":

    def _lock(file: TextIO, *, is_alone: bool) -> bool:  # noqa: ARG001
        """Do nothing: there every trial that was begun counts as being judged."""
        return False
else:
    import fcntl

    def _lock(file: TextIO, *, is_alone: bool) -> bool:
        """Lock an open file, alone if nobody has, or beside others once nobody is alone; tell whether it worked."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if is_alone else fcntl.LOCK_SH)
        except OSError:
            return False
        return True
