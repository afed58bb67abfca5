"""How does an unfinished fit survive? Now and then everything that is needed to go on is written to one file."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import time
from pathlib import Path

from gatecast._files import Tensors, read_tensors, unwritable, write_tensors
from gatecast._json import JsonObject
from gatecast.exceptions import ModelFileError
from gatecast.network.wrapper import Trainer
from gatecast.training.loop import Log, Save

__all__ = ["Checkpoint"]

FORMAT = 3
KEY = "gatecast_checkpoint"


class Checkpoint:
    """Where each member of an unfinished fit stands; `selection` says which candidate was taken and why, if one was.

    A fit that goes on from it gives bit for bit what it would have given without the interruption, because what a step
    learns depends on its number alone. The file at `path`, if any, is replaced every few `seconds` once the new one is
    complete; one with another `fingerprint`, of settings and data, is refused. ModelFileError: nothing can be written
    there.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, fingerprint: str) -> None:
        self._path = None if path is None else Path(path)
        self._seconds = seconds
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._written = time.monotonic()
        self.selection: JsonObject | None = None  # plain values only
        self._tensors: dict[int, Tensors] = {}
        self._facts: dict[int, JsonObject] = {}
        if self._path is not None:
            _check_writable(self._path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read what an earlier fit had kept; ModelFileError where the file is missing, damaged, or of another fit."""
        file = Path(path)
        if not file.exists():
            raise ModelFileError(
                f"There is no checkpoint {file}. Pass the file that `checkpoint=` named, or leave `resume` out."
            )
        try:
            tensors, facts, is_intact = read_tensors(file, KEY)
            if not is_intact:
                raise ValueError("its checksum does not match its content")  # noqa: TRY301  one answer for all
        except (OSError, KeyError, ValueError) as error:
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

    def resume(self, member: int, trainer: Trainer) -> Log | None:
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

    def saver(self, member: int, *, uses_ema: bool = False) -> Save:
        """Return what training shows its state to; with `uses_ema` the moving average of the weights is kept too."""

        def save(trainer: Trainer, log: Log, is_over: bool) -> None:
            if self._path is None or not (is_over or time.monotonic() - self._written > self._seconds):
                return
            with self._lock:
                self._note(member, trainer, log, uses_ema=uses_ema)
                self._write(self._path)

        return save

    def _note(self, member: int, trainer: Trainer, log: Log, *, uses_ema: bool) -> None:
        tensors = {"weights": trainer.weights(), "moments": trainer.moments(), "rates": log.rates}
        # training goes on while other members write the file
        tensors |= {"records": log.records.copy()}
        tensors |= {"mean": trainer.mean_weights()} if uses_ema else {}
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
        """Write what was kept so far, be it nothing: a fit that goes on from it begins with what is missing."""
        if self._path is not None:
            with self._lock:
                self._write(self._path)

    def _write(self, path: Path) -> None:
        facts = {
            "format": FORMAT,
            "fingerprint": self._fingerprint,
            "selection": self.selection,
            "members": {str(member): kept for member, kept in self._facts.items()},
        }
        tensors = {f"{m}.{n}": tensor for m, kept in self._tensors.items() for n, tensor in kept.items()}
        try:
            write_tensors(path, KEY, tensors, facts)
        except OSError as error:
            raise unwritable("checkpoint", path, error) from None
        self._written = time.monotonic()


def _check_writable(path: Path) -> None:
    """Find out before training, and not after a minute of it, that nothing can be written there."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise unwritable("checkpoint", path, error) from None
