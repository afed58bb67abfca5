"""How is a fitted model kept in a file? Numbers as tensors, everything else as JSON, in one safetensors file.

Never pickle: opening a model cannot run code. A checksum finds damage, a format number finds newer files, and a file
is replaced only once the new one is complete on disk.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from gatecast._files import checksum, write_atomically
from gatecast.exceptions import ModelFileError
from gatecast.model.fitted import Fitted
from gatecast.model.packing import facts_of, tensors_of, unpack
from gatecast.network.wrapper import thread_count

__all__ = ["FORMAT", "read_model", "write_model"]

FORMAT = 6


def write_model(path: str | os.PathLike[str], fitted: Fitted, settings: dict[str, Any]) -> None:
    """Write a model, replacing an older file only when the new one is complete.

    Raises:
        ModelFileError: The file cannot be written; an older one is then untouched.
    """
    from safetensors.numpy import save

    tensors = tensors_of(fitted)
    facts = {"format": FORMAT, "model": facts_of(fitted), "settings": settings}
    # one entry, because the library writes several in random order and equal models shall be equal files
    metadata = {"gatecast": json.dumps({**facts, "sha256": checksum(tensors, facts)})}
    try:
        write_atomically(path, save(tensors, metadata))
    except OSError as error:
        raise ModelFileError(
            f"The model cannot be written to {path} ({error.strerror or error}). "
            "Pass a path in a folder that exists, is writable and has room."
        ) from None


def read_model(path: str | os.PathLike[str]) -> tuple[Fitted, dict[str, Any]]:
    """Read a model and the settings it was made with.

    Raises:
        ModelFileError: The file is missing, damaged, of another kind, or of a version with another format.
    """
    file = Path(path)
    tensors, metadata = _open(file)
    facts = _facts(file, metadata)
    # another text may say the same numbers, since the last digit of some is not needed
    is_written_here = json.dumps(facts) == metadata["gatecast"]
    if facts.pop("sha256", None) != checksum(tensors, facts) or not is_written_here:
        raise ModelFileError(f"{file} is damaged: its checksum does not match its content. Copy or save it again.")
    settings = facts["settings"]
    return unpack(tensors, facts["model"], thread_count(settings["n_threads"])), settings


def _open(file: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with file.open("rb") as stream:
            first = stream.read(9)
        # a safetensors file may begin with the same bytes, which are its header's length, but a brace follows that
        if first[8:] != b"{" and (first[:1] == b"\x80" or first[:2] == b"PK"):
            raise ModelFileError(
                f"{file} is a pickle or an archive, and gatecast opens only safetensors files, which cannot run code. "
                "Use a file written by LSTMForecaster.save."
            )
        with safe_open(file, framework="numpy") as opened:
            names = list(opened.keys())
            return {name: opened.get_tensor(name) for name in names}, opened.metadata() or {}
    except FileNotFoundError:
        raise ModelFileError(
            f"There is no model file {file}. Save one with LSTMForecaster.save, or check the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{file} cannot be read ({reason}). Pass a model file that you may read.") from None
    except (SafetensorError, ValueError) as error:
        raise ModelFileError(
            f"{file} is not a complete safetensors file ({error}). It may be truncated or damaged: copy or save it "
            "again."
        ) from None


def _facts(file: Path, metadata: dict[str, str]) -> dict[str, Any]:
    try:
        facts = json.loads(metadata["gatecast"])
        number = int(facts["format"])
    except (KeyError, TypeError, ValueError):
        raise ModelFileError(
            f"{file} is a safetensors file, but not of gatecast. Use one written by LSTMForecaster.save."
        ) from None
    if number != FORMAT:
        remedy = (
            "Update it with `pip install --upgrade gatecast`."
            if number > FORMAT
            else "Fit the model again and save it, or open it with the older version that wrote it."
        )
        raise ModelFileError(
            f"{file} has model format {number}, and this version of gatecast reads format {FORMAT}. {remedy}"
        )
    return dict(facts)
