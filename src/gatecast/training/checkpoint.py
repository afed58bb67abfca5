"""How does an unfinished fit survive? Now and then everything that is needed to go on is written to one file."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from gatecast.atomic import write_atomically
from gatecast.exceptions import ModelFileError
from gatecast.training.loop import Log, Save

__all__ = ["Checkpoint", "fingerprint"]

FORMAT = 1


class Checkpoint:
    """Where each member of an unfinished fit stands.

    A fit that goes on from it gives bit for bit what it would have given without the interruption, because what a step
    learns depends on its number alone.

    Args:
        path: File to write, replaced only once the new one is complete; None to write nothing.
        seconds: How often it is written.
        fingerprint: Of settings and data; a file of others is refused.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, fingerprint: str) -> None:
        self._path = None if path is None else Path(path)
        self._seconds = seconds
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._written = time.monotonic()
        self._tensors: dict[int, dict[str, np.ndarray]] = {}
        self._facts: dict[int, dict[str, Any]] = {}

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
                facts = json.loads((opened.metadata() or {})["gatecast_checkpoint"])
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  no dict
        except (OSError, SafetensorError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"{file} is no complete checkpoint of gatecast ({error}). Pass the file that `checkpoint=` named."
            ) from None
        if facts["fingerprint"] != self._fingerprint:
            raise ModelFileError(
                f"{file} belongs to a fit with other settings or other data. Pass the same settings and data as then, or "
                "leave `resume` out."
            )
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
        checks = [(int(step), float(loss)) for step, loss in facts["checks"]]
        best = tensors.get("best")
        return Log(tensors["rates"], tensors["records"], facts["n_steps"], checks, best, facts["shortened"])

    def saver(self, member: int) -> Save:
        """Return what training shows its state to."""

        def save(trainer: Any, log: Log) -> None:
            done = log.n_steps == len(log.rates)
            if self._path is None or not (done or time.monotonic() - self._written > self._seconds):
                return
            with self._lock:
                self._note(member, trainer, log)
                self._write()

        return save

    def _note(self, member: int, trainer: Any, log: Log) -> None:
        tensors = {
            "weights": trainer.weights(),
            "moments": trainer.moments(),
            "rates": log.rates,
            "records": log.records,
        }
        mean = trainer.mean_weights()
        tensors |= {"mean": mean} if mean is not None else {}
        tensors |= {"best": log.best_weights} if log.best_weights is not None else {}
        self._tensors[member] = tensors
        self._facts[member] = {
            "adam_steps": trainer.adam_steps,
            "n_steps": log.n_steps,
            "checks": log.checks,
            "shortened": log.shortened,
        }

    def _write(self) -> None:
        from safetensors.numpy import save

        facts = {"format": FORMAT, "fingerprint": self._fingerprint, "members": self._facts}
        tensors = {f"{m}.{n}": np.ascontiguousarray(t) for m, kept in self._tensors.items() for n, t in kept.items()}
        assert self._path is not None
        try:
            write_atomically(self._path, save(tensors, {"gatecast_checkpoint": json.dumps(facts)}))
        except OSError as error:
            raise ModelFileError(
                f"The checkpoint cannot be written to {self._path} ({error.strerror or error}). "
                "Pass a path in a folder that exists, is writable and has room."
            ) from None
        self._written = time.monotonic()


def fingerprint(settings: dict[str, Any], arrays: list[np.ndarray]) -> str:
    """Return a text that is the same for equal settings and data alone."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes() if array.dtype != object else repr(array.tolist()).encode())
    return digest.hexdigest()
