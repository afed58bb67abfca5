"""How good and how fast are others in the same run? M1, on which everybody may be developed, with two threads each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from accuracy_tasks import metrics
from accuracy_tasks.data import Split
from accuracy_tasks.examination import DEVELOPMENT, ExaminationSet
from accuracy_tasks.others import Answer, Library, LibraryError, forecast_with
from accuracy_tasks.pretrained import QUANTILES, naive_scores
from accuracy_tasks.rows import Options, Rival, Row

__all__ = ["LIBRARIES", "run"]

TASK = "beside"
OWN = Library("gatecast", "Gatecast")
# the slowest last
LIBRARIES = (
    Library("flaircast", "Flair", ("flaircast==0.6.1",)),
    Library("AutoETS", "Statsforecast", options=(("model", "AutoETS"),)),
    Library("AutoTheta", "Statsforecast", options=(("model", "AutoTheta"),)),
    Library("fracast", "Fracast", ("fracast==0.1.0", "torch==2.13.0")),
    Library("AutoARIMA", "Statsforecast", options=(("model", "AutoARIMA"),)),
)
SOURCE = "same run"
SECONDS = "seconds"
RELATIVE = ("MASE", "WQL")

Scores = dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """What a library reaches on each set, or why it could not be measured."""

    library: Library
    scores: tuple[Scores, ...] = ()
    reason: str = ""

    def rival(self, value: Callable[[tuple[Scores, ...]], float]) -> Rival:
        """Return one figure of it, as another model's."""
        return Rival(self.library.name, SOURCE, value(self.scores) if self.scores else None)


def run(options: Options) -> list[Row]:
    """Forecast M1 with every library that installs, one after the other."""
    splits = [own.read(options.folder) for own in DEVELOPMENT]
    ours = _measured(OWN, splits)
    others = [_outcome(library, splits) for library in LIBRARIES]
    reasons = "; ".join(f"{other.library.name}: {other.reason}" for other in others if other.reason)
    return _rows(ours, others, [naive_scores(split) for split in splits], reasons)


def _outcome(library: Library, splits: list[Split]) -> Outcome:
    try:
        return _measured(library, splits)
    except LibraryError as error:
        return Outcome(library, reason=str(error))


def _measured(library: Library, splits: list[Split]) -> Outcome:
    scores = []
    for own, split in zip(DEVELOPMENT, splits, strict=True):
        scores.append(_scores(split, forecast_with(library, split, _season(own))))
        # minutes may pass, and what is known by then is of use
        told = ", ".join(f"{name} {value:.4g}" for name, value in scores[-1].items())
        print(f"  {library.name}, {own.name}: {told}", file=sys.stderr, flush=True)
    return Outcome(library, tuple(scores))


def _season(own: ExaminationSet) -> int:
    assert isinstance(own.season, int)
    return own.season


def _scores(split: Split, answer: Answer) -> Scores:
    return {
        "MASE": metrics.mase_of_points(split.actual, answer.point, split.scales),
        "WQL": metrics.wql(split.actual, answer.quantiles, QUANTILES),
        SECONDS: answer.seconds,
    }


def _rows(ours: Outcome, others: list[Outcome], naive: list[Scores], reasons: str) -> list[Row]:
    def row(name: str, value: Callable[[tuple[Scores, ...]], float], unit: str = "", note: str = "") -> Row:
        rivals = tuple(other.rival(value) for other in others)
        return Row(TASK, name, (value(ours.scores),), unit, note, rivals)

    rows = [
        row(f"{metric}, {own.name}", lambda scores, k=k, metric=metric: scores[k][metric])
        for k, own in enumerate(DEVELOPMENT)
        for metric in RELATIVE
    ]
    for metric in RELATIVE:
        base = [one[metric] for one in naive]
        rows.append(
            row(f"{metric} / seasonal naive's", lambda s, m=metric, b=base: _relative(s, m, b), note="geometric mean")
        )
    note = "1,001 series, two threads, after the first uses"
    rows.append(row(SECONDS, lambda scores: sum(one[SECONDS] for one in scores), "s", note))
    return [*rows, Row(TASK, "libraries left out", (), note=reasons)] if reasons else rows


def _relative(scores: tuple[Scores, ...], metric: str, naive: list[float]) -> float:
    return metrics.geometric_mean(one[metric] / base for one, base in zip(scores, naive, strict=True))
