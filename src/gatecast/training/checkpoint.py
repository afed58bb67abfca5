"""How does an unfinished fit survive? Now and then everything that is needed to go on is written to one file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from gatecast._files import checksum, write_atomically
from gatecast._json import JsonObject
from gatecast.exceptions import ModelFileError
from gatecast.training.loop import Log, Save

__all__ = ["Checkpoint", "fingerprint"]

FORMAT = 3


class Checkpoint:
    """Where each member of an unfinished fit stands.

    A fit that goes on from it gives bit for bit what it would have given without the interruption, because what a step
    learns depends on its number alone.

    Args:
        path: File to write, replaced only once the new one is complete; None to write nothing.
        seconds: How often it is written.
        fingerprint: Of settings and data; a file of others is refused.

    Attributes:
        selection: Which candidate was taken and why, plain values only; None where none was selected yet.

    Raises:
        ModelFileError: Nothing can be written there.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, fingerprint: str) -> None:
        self._path = None if path is None else Path(path)
        self._seconds = seconds
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._written = time.monotonic()
        self.selection: JsonObject | None = None
        self._tensors: dict[int, dict[str, np.ndarray]] = {}
        self._facts: dict[int, JsonObject] = {}
        if self._path is not None:
            _check_writable(self._path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read what an earlier fit had kept.

        Raises:
            ModelFileError: The file is missing, damaged, or of another fit.
        """
        from safetensors import SafetensorError, safe_open

        file = Path(path)
        if not file.exists():
            raise ModelFileError(
                f"There is no checkpoint {file}. Pass the file that `checkpoint=` named, or leave `resume` out."
            )
        try:
            with safe_open(file, framework="numpy") as opened:
                text = (opened.metadata() or {})["gatecast_checkpoint"]
                facts = json.loads(text)
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  no dict
            # another text may say the same numbers, since the last digit of some is not needed
            is_written_here = json.dumps(facts) == text
            if facts.pop("sha256") != checksum(tensors, facts) or not is_written_here:
                raise ValueError("its checksum does not match its content")  # noqa: TRY301  one answer for all
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"{file} is no complete checkpoint of gatecast ({error}). Pass the file that `checkpoint=` named."
            ) from None
        if facts["format"] != FORMAT or facts["fingerprint"] != self._fingerprint:
            raise ModelFileError(
                f"{file} belongs to a fit with other settings or other data. Pass the same settings and data as then, "
                "or leave `resume` out."
            )
        self.selection = facts["selection"]
        for member, kept in facts["members"].items():
            self._facts[int(member)] = kept
            prefix = f"{member}."
            self._tensors[int(member)] = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}

    def resume(self, member: int, trainer: Any) -> Log | None:
        """Give a trainer the weights and moments that were kept; returns the log to go on from, None to begin."""
        if member not in self._facts:
            return None
        facts, tensors = self._facts[member], self._tensors[member]
        trainer.set_weights(tensors["weights"])
        trainer.set_moments(tensors["moments"], facts["adam_steps"])
        if "mean" in tensors:
            trainer.set_mean_weights(tensors["mean"])
        return Log(
            tensors["rates"],
            facts["learning_rate"],
            tensors["records"],
            facts["n_steps"],
            [(int(step), found) for step, found in facts["checks"]],
            tensors.get("best"),
            facts["shortened"],
        )

    def saver(self, member: int, *, averaged: bool = False) -> Save:
        """Return what training shows its state to; `averaged` trainers have a running mean of the weights."""

        def save(trainer: Any, log: Log, is_over: bool) -> None:
            if self._path is None or not (is_over or time.monotonic() - self._written > self._seconds):
                return
            with self._lock:
                self._note(member, trainer, log, averaged=averaged)
                self._write(self._path)

        return save

    def _note(self, member: int, trainer: Any, log: Log, *, averaged: bool) -> None:
        tensors = {
            "weights": trainer.weights(),
            "moments": trainer.moments(),
            "rates": log.rates,
            # training goes on while other members write the file
            "records": log.records.copy(),
        }
        tensors |= {"mean": trainer.mean_weights()} if averaged else {}
        tensors |= {"best": log.best_weights} if log.best_weights is not None else {}
        self._tensors[member] = tensors
        self._facts[member] = {
            "adam_steps": trainer.adam_steps,
            "learning_rate": log.learning_rate,
            "n_steps": log.n_steps,
            "checks": list(log.checks),
            "shortened": log.shortened,
        }

    def write(self) -> None:
        """Write what was kept so far, be it nothing: a fit that goes on from it begins with what is missing.

        Raises:
            ModelFileError: It cannot be written.
        """
        if self._path is not None:
            with self._lock:
                self._write(self._path)

    def _write(self, path: Path) -> None:
        from safetensors.numpy import save

        facts = {
            "format": FORMAT,
            "fingerprint": self._fingerprint,
            "selection": self.selection,
            "members": {str(member): kept for member, kept in self._facts.items()},
        }
        tensors = {f"{m}.{n}": np.ascontiguousarray(t) for m, kept in self._tensors.items() for n, t in kept.items()}
        try:
            content = json.dumps({**facts, "sha256": checksum(tensors, facts)})
            write_atomically(path, save(tensors, {"gatecast_checkpoint": content}))
        except OSError as error:
            raise _unwritable(path, error) from None
        self._written = time.monotonic()


def _check_writable(path: Path) -> None:
    """Find out before training, and not after a minute of it, that nothing can be written there."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        f"The checkpoint cannot be written to {path} ({error.strerror or error}). "
        "Pass a path in a folder that exists, is writable and has room."
    )


def fingerprint(settings: JsonObject, arrays: list[np.ndarray]) -> str:
    """Return a text that is the same for equal settings and data alone."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes() if array.dtype != object else repr(array.tolist()).encode())
    return digest.hexdigest()
