"""What is one line of the table? A figure with its value for each seed; or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from accuracy_tasks.model import NotAvailableError

__all__ = ["Options", "Rival", "Row", "label", "number", "or_not_available", "rows_of"]


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line.

    Args:
        folder: Where the data lie.
        seeds: A model is fitted for each.
        ensembles: Numbers of members, 1 for a single model.
    """

    folder: Path
    seeds: tuple[int, ...] = (0, 1, 2)
    ensembles: tuple[int, ...] = (1, 5)


@dataclass(frozen=True)
class Rival:
    """What another model reaches in the same figure.

    Args:
        model: Its name.
        source: Who measured it: a published table, or the same run.
        value: None where it could not be measured.
        trained: Whether it had learned from the set that it forecasts.
    """

    model: str
    source: str
    value: float | None
    trained: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        task: Name in the registry.
        name: What was measured.
        values: One for each seed, one alone where nothing is random, none where it could not be measured.
        unit: Of the values.
        note: What a reader has to know.
        rivals: What others reach in the same figure.
    """

    task: str
    name: str
    values: tuple[float, ...]
    unit: str = ""
    note: str = ""
    rivals: tuple[Rival, ...] = ()

    @property
    def mean(self) -> float | None:
        """Mean over the seeds; None where nothing was measured."""
        return fmean(self.values) if self.values else None


def number(value: float) -> str:
    """Write four significant digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def label(ensemble: int) -> str:
    """Name a model by its number of members."""
    return "single model" if ensemble == 1 else f"ensemble of {ensemble}"


def rows_of(task: str, scores: Sequence[dict[str, float]], suffix: str = "") -> list[Row]:
    """Turn the scores of each seed, by name, into a row for each name."""
    names = list(scores[0])
    return [
        Row(task, name + suffix, tuple(score[name] for score in scores), unit="s" if name in SECONDS else "")
        for name in names
    ]


SECONDS = ("fit", "predict")


def or_not_available(task: str, names: Iterable[str], measure: Callable[[], list[Row]]) -> list[Row]:
    """Measure; where the installed gatecast lacks something, return rows that say so."""
    try:
        return measure()
    except NotAvailableError as error:
        return [Row(task, name, (), note=f"not available: {error}") for name in names]
