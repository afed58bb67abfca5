"""How are arrays and facts kept in a file, so that the old one survives a full disk or a kill, and damage is found?

Never pickle: opening a file cannot run code. Arrays are tensors and everything else is JSON in one safetensors file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gatecast._json import JsonObject
from gatecast.exceptions import ModelFileError

__all__ = ["Tensors", "fingerprint", "read_tensors", "unwritable", "write_atomically", "write_tensors"]

Tensors: TypeAlias = dict[str, np.ndarray]


def write_tensors(path: str | os.PathLike[str], key: str, tensors: Tensors, facts: JsonObject) -> None:
    """Write arrays and facts that JSON can hold, under a key for the kind of file; equal content gives equal files."""
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # one entry, because the library writes several in random order
    metadata = {key: json.dumps({**facts, "sha256": _checksum(tensors, facts)})}
    write_atomically(path, save(tensors, metadata))


def read_tensors(path: str | os.PathLike[str], key: str) -> tuple[Tensors, JsonObject, bool]:
    """Read what `write_tensors` wrote: the arrays, the facts, and whether they are bit for bit what was written.

    OSError: the file cannot be read. ValueError: it is not a complete safetensors file. KeyError: it has no such facts.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  no dict
            text = (opened.metadata() or {}).get(key)
    except SafetensorError as error:
        raise ValueError(str(error)) from None
    facts = _parsed(text)
    if facts is None:
        raise KeyError(key)
    # another text may say the same numbers, since the last digit of some is not needed
    is_written_here = json.dumps(facts) == text
    return tensors, facts, facts.pop("sha256", None) == _checksum(tensors, facts) and is_written_here


def _parsed(text: str | None) -> JsonObject | None:
    """Return the object that a text holds; None where it holds none."""
    try:
        facts = json.loads(text or "")
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


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
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place and move it there in one step; an OSError leaves the older one untouched."""
    target = Path(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
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


def _mode(target: Path) -> int:
    """Return the rights of the older file, or those of any new one (mkstemp makes private files)."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
