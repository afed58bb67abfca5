"""What does a server keep, and how is nothing lost that it acknowledged? SQLite and plain files in one folder.

`gatecast.db` (write-ahead log) says which models, jobs and streams there are; networks, uploads and checkpoints are
files that are complete before a row names them. A kill at any moment leaves rows without effect or files without a row.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

__all__ = ["Store", "locked"]

VERSION = 1
TABLES = """
CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY, job TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL,
    started REAL, ended REAL, error TEXT
);
CREATE TABLE IF NOT EXISTS streams (
    id TEXT PRIMARY KEY, file TEXT NOT NULL, facts TEXT NOT NULL, n_kept INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS observations (
    stream TEXT NOT NULL, n INTEGER NOT NULL, value REAL, PRIMARY KEY (stream, n)
) WITHOUT ROWID;
"""


class Store:
    """The folder of a server. Rows are read and written under a lock; each block of `change` is kept whole or not.

    Raises:
        ConfigError: The folder cannot be made or written, is in use by another server, or was made by a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        try:
            for path in (folder, folder / "jobs", folder / "streams"):
                # what is kept is nobody else's
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held = locked(folder / "lock.db")
            self._rows = sqlite3.connect(folder / "gatecast.db", isolation_level=None, check_same_thread=False)
            self._rows.execute("PRAGMA journal_mode=WAL")
            # a commit reaches the system, which survives the end of this process in whatever way
            self._rows.execute("PRAGMA synchronous=NORMAL")
            self._check_version()
            self._rows.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ConfigError(Message("serving.folder", {"path": str(folder), "why": why})) from None

    def _check_version(self) -> None:
        (version,) = self._rows.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigError(Message("serving.newer", {"path": str(self.folder), "version": version}))
        self._rows.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Change rows: all of what is done inside is kept when the block ends, or none of it."""
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        with self._lock:
            return self._rows.execute(query, tuple(values)).fetchall()

    def close(self) -> None:
        """Let another server have the folder."""
        with self._lock:
            self._rows.close()
            self._held.close()


def locked(path: Path) -> sqlite3.Connection:
    """Hold a file for this process, until the connection is closed or the process ends; ConfigError where one has it.

    SQLite locks files on every system, and no lock outlives its process.
    """
    held = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        held.execute("PRAGMA locking_mode=EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        held.close()
        if "locked" not in str(error):
            raise
        raise ConfigError(Message("serving.in_use", {"path": str(path.parent)})) from None
    return held
