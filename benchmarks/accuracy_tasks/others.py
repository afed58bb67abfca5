"""How do other libraries forecast the same series? In processes of their own; those that do not install are named."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accuracy_tasks.data import Split
from harness.environment import ROOT
from harness.processes import SideProcess

__all__ = ["Answer", "Library", "LibraryError", "forecast_with"]

VENV = ROOT / ".venv-beside"
MINUTES = 10


class LibraryError(RuntimeError):
    """A library does not install here, or fails."""


@dataclass(frozen=True)
class Library:
    """Another library, and the process in which it forecasts.

    Args:
        name: In the table.
        side: Class of `sides/series_models.py`.
        requirements: What pip installs for it into an environment of its own; nothing where gatecast's has it.
        options: Of the class.
    """

    name: str
    side: str
    requirements: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def python(self) -> Path:
        """Return the interpreter that has the library, which is installed where it is not.

        Raises:
            LibraryError: pip cannot install it, or takes too long.
        """
        if not self.requirements:
            return Path(sys.executable)
        folder = VENV / self.name
        found, stamp = folder / "bin" / "python", folder / ".installed"
        wanted = "\n".join(self.requirements)
        if not stamp.exists() or stamp.read_text() != wanted:
            _install(folder, [*self.requirements, "numpy"])
            stamp.write_text(wanted)
        return found


@dataclass(frozen=True)
class Answer:
    """Forecasts of a split.

    Args:
        point: `(S, H)`.
        quantiles: .1 to .9, `(S, H, 9)`.
        seconds: Of forecasting all series, after the first uses.
    """

    point: np.ndarray
    quantiles: np.ndarray
    seconds: float


def forecast_with(library: Library, split: Split, season: int) -> Answer:
    """Forecast a split with another library, told the season; points that are missing are filled in on a line.

    Raises:
        LibraryError: The library does not install here, or fails.
    """
    histories = [_filled(y) for y in split.histories]
    data = {"values": np.concatenate(histories), "lengths": np.array([len(y) for y in histories])}
    options = {"horizon": split.horizon, "season": season, **dict(library.options)}
    with SideProcess(f"series_models:{library.side}", data, python=library.python(), **options) as side:
        try:
            arrays = side.arrays("forecast")
        except RuntimeError as error:
            raise LibraryError(str(error).splitlines()[-1]) from error
    return Answer(arrays["point"], arrays["forecast"], float(arrays["seconds"]))


def _filled(history: np.ndarray) -> np.ndarray:
    return np.asarray(pd.Series(history).interpolate(limit_direction="both"), float)


def _install(folder: Path, requirements: Sequence[str]) -> None:
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    try:
        done = subprocess.run(
            [*command, *requirements], check=False, capture_output=True, text=True, timeout=60 * MINUTES
        )
    except subprocess.TimeoutExpired as error:
        raise LibraryError(f"it did not install within {MINUTES} minutes") from error
    if done.returncode:
        raise LibraryError(f"pip could not install it: {done.stderr.strip().splitlines()[-1]}")
