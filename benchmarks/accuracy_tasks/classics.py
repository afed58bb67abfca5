"""How good are the pretrained networks on one series at a time? 24 classics, beside AutoETS and AutoTheta.

A development set. Each series is forecast from ten origins; horizon and step depend on its frequency alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import Split, find, rolling
from accuracy_tasks.model import zero_shot
from accuracy_tasks.others import Library, forecast_with
from accuracy_tasks.pretrained import LEVELS, QUANTILES, naive_scores, scores_of
from accuracy_tasks.rows import Options, Rival, Row, or_not_available

__all__ = ["FREQUENCIES", "Frequency", "read", "run"]

TASK = "classics"
N_ORIGINS = 10
# newest points of a history; all models see the same
MOST = 1_500
# statsforecast's ETS refuses longer seasons, and forecasts such series without one
LONGEST_OF_ETS = 24
RIVALS = tuple(Library(name, "Statsforecast", options=(("model", name),)) for name in ("AutoETS", "AutoTheta"))
SOURCE = "same run"
ALL = "all series"


@dataclass(frozen=True)
class Frequency:
    """What the frequency of a series decides.

    Args:
        season: Steps in a season.
        horizon: H.
        step: Steps from one origin to the next.
        longer: Steps in a longer season, of which the networks are told too; 0 for none.
    """

    season: int
    horizon: int
    step: int
    longer: int = 0

    @property
    def told(self) -> int | tuple[int, int]:
        """The seasons as the networks are told of them."""
        return (self.season, self.longer) if self.longer else self.season


FREQUENCIES = {
    "YS": Frequency(1, 6, 6),
    "QS": Frequency(4, 8, 4),
    "MS": Frequency(12, 12, 6),
    "W": Frequency(52, 13, 13),
    "W-SAT": Frequency(52, 13, 13),
    "D": Frequency(7, 14, 14),
    # origins fall on other times of the day and days of the week
    "30min": Frequency(48, 48, 84, 336),
    # times that mean nothing
    "step": Frequency(1, 12, 12),
}


@dataclass(frozen=True)
class Classic:
    """The windows of a series, and what its frequency makes of them."""

    split: Split
    own: Frequency

    @property
    def scores(self) -> dict[str, float]:
        """What the pretrained networks reach on it."""
        table, _ = zero_shot(self.split.table, self.own.horizon, self.own.told, QUANTILES, LEVELS)
        return scores_of(self.split, table)


def run(options: Options) -> list[Row]:
    """Forecast each series from each origin; without seeds by the seasonal naive forecast alone."""
    classics = read(options.folder)
    naive = {name: naive_scores(one.split)["MASE"] for name, one in classics.items()}
    rows = [Row(TASK, f"MASE, {name}, seasonal naive", (value,)) for name, value in naive.items()]
    if options.seeds:
        rows += or_not_available(TASK, [f"MASE, {name}" for name in classics], partial(_measure, classics, naive))
    return rows


def read(folder: Path) -> dict[str, Classic]:
    """Return the windows of each series."""
    table = pd.read_parquet(find(folder, "classics.parquet"))
    table["unique_id"] = table["unique_id"].astype(str)
    return {str(name): _windows(one) for name, one in table.groupby("unique_id", sort=True)}


def _windows(table: pd.DataFrame) -> Classic:
    own = FREQUENCIES[str(table["freq"].iloc[0])]
    return Classic(rolling(table, own.horizon, own.season, n=N_ORIGINS, step=own.step, most=MOST), own)


def _measure(classics: dict[str, Classic], naive: dict[str, float]) -> list[Row]:
    ours = {name: one.scores for name, one in classics.items()}
    others = {library.name: _others(library, classics) for library in RIVALS}
    rows = [_row(f"MASE, {name}", scores["MASE"], _of(others, name)) for name, scores in ours.items()]
    return [*rows, *_summary({name: scores["MASE"] for name, scores in ours.items()}, others, naive), *_coverage(ours)]


def _others(library: Library, classics: dict[str, Classic]) -> dict[str, float]:
    """Return the error of another model on each series; all series of a frequency share a process."""
    errors: dict[str, float] = {}
    for own in dict.fromkeys(FREQUENCIES.values()):
        group = {name: one.split for name, one in classics.items() if one.own == own}
        errors |= _errors(library, group, own) if group else {}
    return errors


def _errors(library: Library, splits: dict[str, Split], own: Frequency) -> dict[str, float]:
    parts = list(splits.values())
    train, test = (pd.concat([getattr(one, part) for one in parts], ignore_index=True) for part in ("train", "test"))
    told = 1 if library.name == "AutoETS" and own.season > LONGEST_OF_ETS else own.season
    point = forecast_with(library, Split(train, test, own.horizon, own.season), told).point
    each = np.split(point, np.cumsum([len(one.histories) for one in parts])[:-1])
    return {
        name: metrics.mase_of_points(split.actual, forecast, split.scales)
        for (name, split), forecast in zip(splits.items(), each, strict=True)
    }


def _of(others: dict[str, dict[str, float]], name: str) -> dict[str, float]:
    return {model: errors[name] for model, errors in others.items()}


def _row(name: str, value: float, others: dict[str, float], note: str = "", unit: str = "") -> Row:
    return Row(TASK, name, (value,), unit, note, tuple(Rival(model, SOURCE, error) for model, error in others.items()))


def _summary(ours: dict[str, float], others: dict[str, dict[str, float]], naive: dict[str, float]) -> list[Row]:
    """Say what it comes to over all series."""
    better = [ours[name] < min(_of(others, name).values()) for name in ours]
    means = {model: _relative(errors, naive) for model, errors in others.items()}
    return [
        _row("series on which it beats the better of both", 100 * float(np.mean(better)), {}, f"of {len(ours)}", "%"),
        _row(f"MASE / seasonal naive's, {ALL}", _relative(ours, naive), means, "geometric mean"),
    ]


def _relative(errors: dict[str, float], naive: dict[str, float]) -> float:
    return metrics.geometric_mean(error / naive[name] for name, error in errors.items())


def _coverage(ours: dict[str, dict[str, float]]) -> Iterable[Row]:
    for level in LEVELS:
        name = f"coverage at {level} %"
        yield _row(f"{name}, {ALL}", float(np.mean([scores[name] for scores in ours.values()])), {}, "mean of series")
