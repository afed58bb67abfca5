"""Which model should be taken, in plain words, and how sure is that?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAIVE", "Standing", "Verdict", "judge"]

NAIVE = "SeasonalNaive"
ALPHA = 0.05
# who is not known to be worse must also be close: within a standard error, or within this share of the best's error
CLOSE = 0.05
# a faster model is worth to be named when it is this much faster
FASTER = 1.5


@dataclass(frozen=True)
class Verdict:
    """A recommendation.

    Attributes:
        best: Model with the smallest error among those that are ranked, "" where there is none.
        recommended: Model to take, "" where there is none.
        sentences: Why.

    >>> str(Verdict("A", "A", ("Take A.",)))
    'Take A.'
    """

    best: str
    recommended: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True, eq=False)
class Standing:
    """What a verdict is made of.

    Attributes:
        table: pandas table by model, the best first: `error` (mean), `is_ranked`, `seconds`, `p_value` (against the
            best, adjusted), `standard_error` (of the difference to the best), `skill`, `skill_lower`, `skill_upper`,
            `n_windows`, `reason` (why windows are missing).
        metric: Name of the error, for people.
        note: What limits the test, or "".
    """

    table: pd.DataFrame
    metric: str
    note: str

    def __getitem__(self, model: str) -> Any:
        return self.table.loc[model]


def judge(standing: Standing) -> Verdict:
    """Recommend a model.

    The best has the smallest error. A model is not distinguishable from it when its adjusted p-value is at least 0.05
    and its error is within one standard error of the difference, or 5 %: with few windows a test finds nothing, and a
    model that looks much worse is not as good only because that is not proven. Of these the fastest is recommended,
    where it is at least 1.5 times as fast.
    """
    ranked = [str(name) for name in standing.table.index[standing.table["is_ranked"]]]
    left_out = tuple(_left_out(standing, str(name)) for name in standing.table.index if name not in ranked)
    if not ranked:
        return Verdict("", "", ("No model made enough forecasts to be compared.", *left_out))
    best = ranked[0]
    alike = [name for name in ranked[1:] if _is_alike(standing, name, best)]
    fastest = min([best, *alike], key=_seconds(standing))
    ratio = _seconds(standing)(best) / max(_seconds(standing)(fastest), 1e-9)
    recommended = fastest if ratio >= FASTER else best
    sentences = [
        _choice(standing, best, recommended, ratio, alike, ranked),
        *_against_naive(standing, ranked),
        standing.note,
        *left_out,
    ]
    return Verdict(best, recommended, tuple(sentence for sentence in sentences if sentence))


def _seconds(standing: Standing) -> Callable[[str], float]:
    def of(name: str) -> float:
        seconds = float(standing[name]["seconds"])
        return seconds if seconds == seconds else np.inf

    return of


def _is_alike(standing: Standing, name: str, best: str) -> bool:
    row, smallest = standing[name], float(standing[best]["error"])
    if row["p_value"] < ALPHA:
        return False
    error = float(row["standard_error"])
    allowed = max(CLOSE * smallest, error if error == error else 0.0)
    return bool(row["error"] - smallest <= allowed)


def _choice(standing: Standing, best: str, recommended: str, ratio: float, alike: list[str], ranked: list[str]) -> str:
    if len(ranked) == 1:
        return f"{best} is the only model with enough forecasts: there is nothing to compare it with."
    if recommended != best:
        return (
            f"{recommended} and {best} are not distinguishable here ({_chance(standing, recommended, best)}): "
            f"take {recommended}, it is {_times(ratio)} faster."
        )
    if alike:
        chance = _chance(standing, alike[0], best)
        return f"{best} and {alike[0]} are not distinguishable here ({chance}): take {best}, {alike[0]} is not faster."
    second = ranked[1]
    lead = f"{best} has the smallest {standing.metric} ({standing[best]['error']:.3g})"
    # NaN where one of them could not be tested
    worst_p = float(np.max([standing[name]["p_value"] for name in ranked[1:]]))
    if worst_p < ALPHA:
        return f"{lead}, and is better than each of the others ({_p(worst_p)} or less): take {best}."
    return f"{lead}, {_behind(standing, second, best)} ({_chance(standing, second, best)}): take {best}."


def _behind(standing: Standing, second: str, best: str) -> str:
    share = 1 - standing[best]["error"] / standing[second]["error"]
    proven = standing[second]["p_value"] < ALPHA
    return f"{share:.0%} below that of {second}" + ("" if proven else ", which is not proven")


def _chance(standing: Standing, name: str, best: str) -> str:
    p_value = float(standing[name]["p_value"])
    if p_value == p_value:
        return _p(p_value)
    behind = standing[name]["error"] / standing[best]["error"] - 1
    return f"{standing.metric} differs by {behind:.0%}, too few windows for a test"


def _p(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _against_naive(standing: Standing, ranked: list[str]) -> list[str]:
    """Name those that a forecast without any learning beats, an LSTM before all."""
    if NAIVE not in ranked:
        return []
    found = []
    worse = [name for name in ranked if standing[name]["skill"] < 0]
    for name in [name for name in worse if name.startswith("LSTM")]:
        row = standing[name]
        proven = row["skill_upper"] < 0
        interval = ""
        if row["skill_lower"] == row["skill_lower"]:
            interval = f", interval {row['skill_lower']:.2f} to {row['skill_upper']:.2f}"
        what = "is worse than" if proven else "is not better than"
        found.append(f"{name} {what} the seasonal naive here (skill {row['skill']:.2f}{interval}).")
    others = [name for name in worse if not name.startswith("LSTM")]
    if others:
        found.append(f"Behind the seasonal naive: {', '.join(others)}.")
    if ranked[0] == NAIVE:
        found.append("No model beats the seasonal naive.")
    return found


def _left_out(standing: Standing, name: str) -> str:
    row = standing[name]
    reason = f" {row['reason']}" if row["reason"] else ""
    windows = (
        f"complete forecasts of {row['n_windows']:.0f} windows only" if row["n_windows"] else "no complete forecast"
    )
    return f"{name} is not ranked: it has {windows}.{reason}"
