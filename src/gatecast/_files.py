"""How is a file replaced so that the old one survives a full disk or a kill, and how is damage of it found?"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from gatecast._json import JsonObject

__all__ = ["checksum", "write_atomically"]


def checksum(tensors: dict[str, np.ndarray], facts: JsonObject) -> str:
    """Return a text that changes with any bit of arrays or facts (SHA-256)."""
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place, flush it to disk and move it there in one step.

    Args:
        path: Where the file shall be; an older one is replaced.
        content: All of it.

    Raises:
        OSError: It cannot be written. The older file is untouched and nothing is left behind.
    """
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
