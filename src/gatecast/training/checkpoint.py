"""How does an unfinished fit survive? Now and then everything that is needed to go on is written to one file."""

from __future__ import annotations

import errno
import math
import os
import tempfile
import threading
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gatecast._files import Tensors, read_tensors, unwritable, write_tensors
from gatecast._json import JsonObject, converted
from gatecast.exceptions import ModelFileError
from gatecast.network.wrapper import Trainer
from gatecast.training.loop import JUDGED, Log, Save

__all__ = ["Checkpoint"]

FORMAT = 3
KEY = "gatecast_checkpoint"


@dataclass(frozen=True)
class _Member:
    """Where the training of a network stands, beside its arrays; see `Log`."""

    adam_steps: int
    learning_rate: float
    n_steps: int
    checks: tuple[tuple[int, dict[str, float]], ...]
    shortened: bool


@dataclass(frozen=True)
class _Kept:
    """What a checkpoint holds beside arrays."""

    format: int
    fingerprint: str
    selection: JsonObject | None
    members: dict[str, _Member]  # by number


class Checkpoint:
    """Where each member of an unfinished fit stands; `selection` says which candidate was taken and why, if one was.

    A fit that goes on from it gives bit for bit what it would have given without the interruption, because what a step
    learns depends on its number alone. The file at `path`, if any, is replaced every few `seconds` once the new one is
    complete; one with another `fingerprint`, of settings and data, is refused. Where it cannot be written once training
    has begun that is a warning. ModelFileError: nothing can be written there from the beginning.
    """

    def __init__(self, path: str | os.PathLike[str] | None, seconds: float, fingerprint: str) -> None:
        self._path = None if path is None else Path(path)
        self._seconds = seconds
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._written = time.monotonic()
        self.selection: JsonObject | None = None  # plain values only
        self._tensors: dict[int, Tensors] = {}
        self._facts: dict[int, _Member] = {}
        self._is_told = False
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
            tensors, facts, checksum = read_tensors(file, KEY)
            if checksum is None:
                raise ValueError("its checksum does not match its content")  # noqa: TRY301  one answer for all
            kept = converted(facts, _Kept)
            if not all(member.isdecimal() for member in kept.members):
                raise ValueError("its networks have no numbers")  # noqa: TRY301
        except (OSError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"{file} is no complete checkpoint of gatecast ({error}), and the file that `checkpoint=` named was "
                "expected. Pass another name, or remove it to begin anew."
            ) from None
        if kept.format != FORMAT or kept.fingerprint != self._fingerprint:
            raise ModelFileError(
                f"{file} belongs to a fit with other settings or other data. Pass the same settings and data as then, "
                "or another name to begin anew, or remove it."
            )
        self.selection = kept.selection
        for member, of_member in kept.members.items():
            prefix = f"{member}."
            self._facts[int(member)] = of_member
            self._tensors[int(member)] = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}

    def resume(self, member: int, trainer: Trainer, n_steps: int) -> Log | None:
        """Give a trainer the weights and moments that were kept; returns the log to go on from, None to begin.

        A training takes `n_steps` steps in all. ModelFileError: what was kept is not that of such a training.
        """
        if member not in self._facts:
            return None
        facts, tensors = self._facts[member], self._tensors[member]
        _check_member(member, facts, tensors, trainer, n_steps)
        trainer.set_weights(tensors["weights"])
        trainer.set_moments(tensors["moments"], facts.adam_steps)
        if "mean" in tensors:
            trainer.set_mean_weights(tensors["mean"])
        return Log(
            tensors["rates"],
            facts.learning_rate,
            tensors["records"],
            facts.n_steps,
            list(facts.checks),
            tensors.get("best"),
            facts.shortened,
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
        self._facts[member] = _Member(
            trainer.adam_steps, log.learning_rate, log.n_steps, tuple(log.checks), log.shortened
        )

    def write(self) -> None:
        """Write what was kept so far, be it nothing: a fit that goes on from it begins with what is missing."""
        if self._path is not None:
            with self._lock:
                self._write(self._path)

    def _write(self, path: Path) -> None:
        tensors = {f"{m}.{n}": tensor for m, kept in self._tensors.items() for n, tensor in kept.items()}
        members = {str(member): facts for member, facts in self._facts.items()}
        kept = _Kept(FORMAT, self._fingerprint, self.selection, members)
        self._written = time.monotonic()
        try:
            write_tensors(path, KEY, tensors, asdict(kept))
        except OSError as error:
            self._warn(path, error)

    def _warn(self, path: Path, error: OSError) -> None:
        """Say once that nothing can be kept: that is no reason to lose what is learned."""
        if not self._is_told:
            self._is_told = True
            warnings.warn(
                f"The checkpoint cannot be written to {path} ({error.strerror or error}), and the fit goes on without "
                "it: an interruption would lose it. Make room there, or pass another path next time.",
                stacklevel=2,
            )


def _check_writable(path: Path) -> None:
    """Find out before training, and not after a minute of it, that nothing can be written there."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise unwritable("checkpoint", path, error) from None


def _check_member(member: int, facts: _Member, tensors: Tensors, trainer: Trainer, n_steps: int) -> None:
    """Refuse what no training of `n_steps` steps has written; ModelFileError."""
    is_right = _has_shapes(facts, tensors, trainer, n_steps) and _has_steps(facts, len(tensors["rates"]))
    if not is_right:
        raise ModelFileError(
            f"The checkpoint does not hold what a training of network {member} over {n_steps} steps writes. Remove the "
            "file to begin anew, or pass another name."
        )


def _has_shapes(facts: _Member, tensors: Tensors, trainer: Trainer, n_steps: int) -> bool:
    """Tell whether the arrays are those of a trainer; what the steps were like, NaN before they are taken, is free."""
    weights, moments = trainer.weights(), trainer.moments()
    optional: Tensors = {name: weights for name in ("mean", "best") if name in tensors}
    expected: Tensors = {"weights": weights, "moments": moments, **optional, "records": np.zeros((n_steps, 5))}
    # a time limit leaves fewer steps
    n_rates = min(tensors["rates"].size, n_steps) if facts.shortened and "rates" in tensors else n_steps
    expected["rates"] = np.zeros(n_rates)
    return expected.keys() == tensors.keys() and all(
        tensors[name].shape == array.shape
        and tensors[name].dtype == array.dtype
        and (name == "records" or bool(np.isfinite(tensors[name]).all()))
        for name, array in expected.items()
    )


def _has_steps(facts: _Member, n_rates: int) -> bool:
    """Tell whether steps and validation checks are in order."""
    steps, names = [step for step, _ in facts.checks], [found.keys() for _, found in facts.checks]
    is_in_order = steps == sorted(set(steps)) and all(0 <= step <= facts.n_steps for step in steps)
    is_whole = 0 <= facts.n_steps <= n_rates and facts.adam_steps == facts.n_steps
    is_judged = all(JUDGED in one and one == names[0] for one in names)
    return is_whole and is_in_order and is_judged and 0 < facts.learning_rate < math.inf
