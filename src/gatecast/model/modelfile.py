"""How is a fitted model kept in a file? Numbers as tensors, everything else as JSON, and a format number."""

from __future__ import annotations

import os
from pathlib import Path

from gatecast._files import Tensors, read_tensors, unwritable, write_tensors
from gatecast._json import JsonObject
from gatecast.exceptions import ModelFileError
from gatecast.model.fitted import Fitted
from gatecast.model.packing import facts_of, tensors_of, unpack
from gatecast.network.wrapper import thread_count

__all__ = ["FORMAT", "read_model", "write_model"]

FORMAT = 6
KEY = "gatecast"


def write_model(path: str | os.PathLike[str], fitted: Fitted, settings: JsonObject) -> None:
    """Write a model, replacing an older file only when the new one is complete."""
    facts = {"format": FORMAT, "model": facts_of(fitted), "settings": settings}
    try:
        write_tensors(path, KEY, tensors_of(fitted), facts)
    except OSError as error:
        raise unwritable("model", path, error) from None


def read_model(path: str | os.PathLike[str]) -> tuple[Fitted, JsonObject]:
    """Read a model and the settings it was made with."""
    file = Path(path)
    tensors, facts, is_intact = _read(file)
    _check_format(file, facts)
    if not is_intact:
        raise ModelFileError(f"{file} is damaged: its checksum does not match its content. Copy or save it again.")
    settings = facts["settings"]
    return unpack(tensors, facts["model"], thread_count(settings["n_threads"])), settings


def _read(file: Path) -> tuple[Tensors, JsonObject, bool]:
    try:
        _refuse_pickle(file)
        return read_tensors(file, KEY)
    except FileNotFoundError:
        raise ModelFileError(
            f"There is no model file {file}. Save one with LSTMForecaster.save, or check the path."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{file} cannot be read ({reason}). Pass a model file that you may read.") from None
    except KeyError:
        raise _foreign(file) from None
    except ValueError as error:
        raise ModelFileError(
            f"{file} is not a complete safetensors file ({error}). It may be truncated or damaged: copy or save it "
            "again."
        ) from None


def _refuse_pickle(file: Path) -> None:
    with file.open("rb") as stream:
        first = stream.read(9)
    # a safetensors file may begin with the same bytes, which are its header's length, but a brace follows that
    if first[8:] != b"{" and (first[:1] == b"\x80" or first[:2] == b"PK"):
        raise ModelFileError(
            f"{file} is a pickle or an archive, and gatecast opens only safetensors files, which cannot run code. "
            "Use a file written by LSTMForecaster.save."
        )


def _check_format(file: Path, facts: JsonObject) -> None:
    try:
        number = int(facts["format"])
    except (KeyError, TypeError, ValueError):
        raise _foreign(file) from None
    if number != FORMAT:
        remedy = (
            "Update it with `pip install --upgrade gatecast`."
            if number > FORMAT
            else "Fit the model again and save it, or open it with the older version that wrote it."
        )
        raise ModelFileError(
            f"{file} has model format {number}, and this version of gatecast reads format {FORMAT}. {remedy}"
        )


def _foreign(file: Path) -> ModelFileError:
    return ModelFileError(f"{file} is a safetensors file, but not of gatecast. Use one written by LSTMForecaster.save.")
