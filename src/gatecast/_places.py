"""Where is a file: on this computer, or where a URL says, which fsspec opens if it is installed?

Nothing is imported for it until a URL is read or written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from gatecast._machine import available_memory
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts.message import Message

__all__ = ["Place", "Url", "refuse_url", "to_place"]

# `s3://bucket/sales.csv`, or several joined as fsspec joins them: `zip://sales.csv::https://example.org/all.zip`; one
# letter before a colon is a drive of Windows
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+::)*[A-Za-z][A-Za-z0-9+.-]+://")
FILE = "file://"
PART = 4 << 20
# what a server answers where there is no file
NOT_THERE = (404, 410)


class Url(os.PathLike[str]):
    """A file that a URL names.

    Args:
        url: As fsspec opens it.

    Examples:
        >>> Url("s3://bucket/shops/sales.csv.gz").suffixes
        ['.csv', '.gz']
    """

    def __init__(self, url: str) -> None:
        self._url = url
        # the innermost file comes first
        named = urlsplit(next(part for part in url.split("::") if "://" in part))
        self._path = PurePosixPath(named.netloc + named.path)

    def __str__(self) -> str:
        return self._url

    def __repr__(self) -> str:
        return f"Url({self._url!r})"

    def __fspath__(self) -> str:
        return self._url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Url) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self._path.name

    @property
    def suffix(self) -> str:
        """The ending of its name, with the dot."""
        return self._path.suffix

    @property
    def suffixes(self) -> list[str]:
        """All endings of its name."""
        return self._path.suffixes

    def with_suffix(self, suffix: str) -> Url:
        """Return the same place with another ending."""
        return Url(f"{self._url.removesuffix(self.suffix)}{suffix}")

    def check(self) -> None:
        """Make sure that what opens it is installed; ConfigError."""
        self._opened()

    def read(self, check: Callable[[int], None] | None = None) -> bytes:
        """Read the whole file; `check` is told how many bytes there are so far, and may refuse more.

        ConfigError: what opens it is not installed. OSError: it cannot be read, or is larger than the memory.
        """
        system, path = self._opened()
        check, parts, n_bytes = check or self._check_memory, [], 0
        with self._failing(), system.open(path, "rb", **self._how(system)) as stream:
            while part := stream.read(PART):
                n_bytes += len(part)
                check(n_bytes)
                parts.append(part)
        return b"".join(parts)

    def write(self, content: bytes) -> None:
        """Write the file, in one step where what holds it can: else a failure may leave a part of it.

        ConfigError: what opens it is not installed. OSError: it cannot be written.
        """
        system, path = self._opened()
        # a transaction moves a file to its place, or ends its upload, when all of it is there
        with self._failing(), system.transaction, system.open(path, "wb") as stream:
            stream.write(content)

    def _opened(self) -> tuple[Any, str]:
        try:
            import fsspec
        except ImportError:
            raise ConfigError(Message("url.no_fsspec", {"url": self._url})) from None
        try:
            system, path = fsspec.url_to_fs(self._url)
        except ImportError:
            raise ConfigError(Message("url.no_package", {"url": self._url, "package": self._package()})) from None
        except ValueError:
            raise ConfigError(Message("url.unknown", {"url": self._url})) from None
        return system, path

    def _package(self) -> str:
        """Return what pip is told to install."""
        from fsspec.registry import known_implementations

        protocol = re.split("::|://", self._url)[0]
        package = str(known_implementations.get(protocol, {}).get("class", protocol)).split(".")[0]
        return f"'fsspec[{'http' if protocol == 'https' else protocol}]'" if package == "fsspec" else package

    def _how(self, system: Any) -> dict[str, int]:
        """Read what comes over HTTP as one stream: not every server sends parts of a file."""
        protocols = system.protocol if isinstance(system.protocol, tuple | list) else [system.protocol]
        return {"block_size": 0} if "http" in protocols else {}

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Let all that fsspec and those below it raise be an OSError that says why."""
        try:
            yield
        except FileNotFoundError as error:
            # fsspec says so of a server that was not reached, or that answered something else, too
            cause = error.__cause__
            if isinstance(cause, Exception) and getattr(cause, "status", 0) not in NOT_THERE:
                raise OSError(errno.EIO, str(cause)) from error
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._url) from error
        except PermissionError as error:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self._url) from error
        except NotImplementedError as error:
            raise OSError(errno.EROFS, "files can only be read from there") from error
        except (OSError, GatecastError):
            raise
        except Exception as error:
            raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error

    def _check_memory(self, n_bytes: int) -> None:
        if n_bytes > available_memory():
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


Place: TypeAlias = Path | Url


def to_place(path: str | os.PathLike[str]) -> Place:
    """Tell a URL from a path; `file://` is one of this computer.

    Examples:
        >>> to_place("s3://bucket/sales.csv").name, to_place("sales.csv").name
        ('sales.csv', 'sales.csv')
    """
    text = os.fspath(path)
    if isinstance(path, Url):
        return path
    if not URL.match(text):
        return Path(path)
    return Path(url2pathname(urlsplit(text).path)) if text.lower().startswith(FILE) else Url(text)


def refuse_url(name: str, path: str | os.PathLike[str]) -> None:
    """Refuse a URL where only a file or folder of this computer can be used; ConfigError."""
    if isinstance(to_place(path), Url):
        raise ConfigError(Message("url.local", {"name": name, "url": os.fspath(path)}))
