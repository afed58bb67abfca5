"""How are arrays and facts kept in a file, so that the old one survives a full disk or a kill, and damage is found?

Never pickle: opening a file cannot run code. Arrays are tensors and everything else is JSON in one safetensors file.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gatecast._json import JsonObject, parsed
from gatecast._places import Url, to_place
from gatecast.exceptions import ModelFileError

__all__ = ["Tensors", "at_hand", "check_regular", "fingerprint", "read_tensors", "unwritable", "write_atomically"]
__all__ += ["UNFINISHED", "packed", "unpacked", "write_tensors"]

# ends the names of files that are being written
UNFINISHED = ".gatecast-part"

Tensors: TypeAlias = dict[str, np.ndarray]
Digest: TypeAlias = "hashlib._Hash"

if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        """Do nothing: there a file that is open cannot be removed."""
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        """Lock an open file until it is closed; OSError where another process has."""
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_tensors(path: str | os.PathLike[str], key: str, tensors: Tensors, facts: JsonObject) -> None:
    """Write arrays and facts that JSON can hold, under a key for the kind of file; equal content gives equal files."""
    write_atomically(path, packed(key, tensors, facts))


def packed(key: str, tensors: Tensors, facts: JsonObject) -> bytes:
    """Return what `write_tensors` writes."""
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # one entry, because the library writes several in random order
    metadata = {key: json.dumps({**facts, "sha256": _checksum(tensors, facts)})}
    content: bytes = save(tensors, metadata)
    return content


def unpacked(content: bytes, key: str) -> tuple[Tensors, JsonObject, str | None]:
    """Return what `read_tensors` reads of a file with this content; the same errors."""
    with tempfile.TemporaryDirectory(suffix=UNFINISHED) as folder:
        file = Path(folder) / "content"
        file.write_bytes(content)
        return read_tensors(file, key)


def read_tensors(
    path: str | os.PathLike[str], key: str, names: Iterable[str] | None = None
) -> tuple[Tensors, JsonObject, str | None]:
    """Read what `write_tensors` wrote: the arrays, the facts, and their checksum; None where it does not match.

    Of the arrays only those of some `names` are kept where these are passed; then one at a time is in memory.

    OSError: the file cannot be read. ValueError: it is not a complete safetensors file, or no array of NumPy can hold
    what it names. KeyError: it has no such facts.
    """
    from safetensors import SafetensorError, safe_open

    check_regular(path)
    try:
        with safe_open(path, framework="numpy") as opened:
            facts, digest = _read_facts((opened.metadata() or {}).get(key), key)
            tensors = {}
            for name in sorted(opened.keys()):
                tensor = opened.get_tensor(name)
                if digest is not None:
                    _add(digest, name, tensor)
                if names is None or name in names:
                    tensors[name] = tensor
    # the others are raised for types and shapes that NumPy does not have
    except (SafetensorError, AttributeError, MemoryError, TypeError) as error:
        raise ValueError(str(error)) from None
    checksum = facts.pop("sha256", None)
    return tensors, facts, checksum if digest is not None and checksum == digest.hexdigest() else None


def _read_facts(text: str | None, key: str) -> tuple[JsonObject, Digest | None]:
    """Return the facts and the checksum that is to be continued with the arrays; None where the text was changed."""
    try:
        facts = parsed(text or "")
        # another text may say the same numbers, since the last digit of some is not needed
        is_written_here = json.dumps(facts) == text
        digest = _begin_checksum({name: fact for name, fact in facts.items() if name != "sha256"})
    except (ValueError, RecursionError):
        raise KeyError(key) from None
    return facts, digest if is_written_here else None


@contextlib.contextmanager
def at_hand(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of a file on this computer: its own, or that of a copy for as long as it is needed.

    ConfigError: What opens the URL is not installed. OSError: it cannot be read.
    """
    place = to_place(path)
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryDirectory(suffix=UNFINISHED) as folder:
        copy = Path(folder) / "copy"
        copy.write_bytes(place.read())
        yield copy


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse folders, and devices and pipes that may never end, before they are opened; OSError."""
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is a device or a pipe, and no file")


def unwritable(what: str, path: str | os.PathLike[str], error: OSError) -> ModelFileError:
    """Return the error that says why something cannot be written."""
    return ModelFileError(
        f"The {what} cannot be written to {path} ({error.strerror or error}). "
        "Pass a path in a folder that exists, is writable and has room."
    )


def fingerprint(settings: JsonObject, arrays: Iterable[np.ndarray]) -> str:
    """Return a text that is the same for equal settings and data alone."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes() if array.dtype != object else repr(array.tolist()).encode())
    return digest.hexdigest()


def _checksum(tensors: Tensors, facts: JsonObject) -> str:
    """Return a text that changes with any bit of arrays or facts (SHA-256)."""
    digest = _begin_checksum(facts)
    for name in sorted(tensors):
        _add(digest, name, tensors[name])
    return digest.hexdigest()


def _begin_checksum(facts: JsonObject) -> Digest:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode())


def _add(digest: Digest, name: str, tensor: np.ndarray) -> None:
    digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
    digest.update(np.ascontiguousarray(tensor).tobytes())


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place and move it there in one step; an OSError leaves the older one untouched.

    What a process that was killed had begun to write there is removed. A link stays a link: the file that it leads to
    is replaced. Where a URL leads to, a step is one as far as what holds it knows such a thing, see `Url.write`.
    """
    place = to_place(path)
    if isinstance(place, Url):
        place.write(content)
        return
    target = Path(os.path.realpath(place))
    _remove_unfinished(target)
    descriptor, temporary = _begin(target)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            os.chmod(temporary, _mode(target))
            os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _begin(target: Path) -> tuple[int, str]:
    """Make a file that stays locked while it is written, so that others see that its writer lives."""
    while True:
        descriptor, temporary = tempfile.mkstemp(UNFINISHED, f".{target.name}.", target.parent)
        # a file system without locks has nobody who cleans either
        with contextlib.suppress(OSError):
            _lock(descriptor)
        if os.path.exists(temporary):
            return descriptor, temporary
        # another process took it for one of a killed process before it was locked
        os.close(descriptor)


def _remove_unfinished(target: Path) -> None:
    """Remove what was left by processes that were killed while they wrote the same file."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*{UNFINISHED}"):
        with contextlib.suppress(OSError), left.open("rb") as stream:
            _lock(stream.fileno())
            left.unlink()


def _mode(target: Path) -> int:
    """Return the rights of the older file, or those of any new one (mkstemp makes private files)."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
