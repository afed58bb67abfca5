"""Which model should be taken, in plain words, and how sure is that?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.texts.sentences import Sentence

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAIVE", "Standing", "Verdict", "judge"]

NAIVE = "SeasonalNaive"
ALPHA = 0.05
# who is not known to be worse must also be close: within a standard error, or within this share of the best's error
CLOSE = 0.05
# a faster model is worth to be named when it is this much faster
FASTER = 1.5
# a larger error of what is recommended is told from this share on
WORTH_A_WORD = 0.01


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
        nothing = Sentence("No model made enough forecasts to be compared.", "verdict.nothing")
        return Verdict("", "", (nothing, *left_out))
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
        text = f"{best} is the only model with enough forecasts: there is nothing to compare it with."
        return Sentence(text, "verdict.only", best=best)
    if recommended != best:
        text = (
            f"{recommended} and {best} are not distinguishable here ({_chance(standing, recommended, best)}): "
            f"take {recommended}, it is {_times(ratio)} faster"
        )
        facts = _test(standing, recommended, best)
        tested, larger = facts["p"] == facts["p"], facts["behind"] >= WORTH_A_WORD
        text += f", though its {standing.metric} is {facts['behind']:.0%} larger, which may be chance" * (
            tested and larger
        )
        code = "verdict.faster_behind" if tested and larger else "verdict.faster"
        return Sentence(f"{text}.", code, recommended=recommended, best=best, ratio=ratio, **facts)
    if alike:
        chance = _chance(standing, alike[0], best)
        text = (
            f"{best} and {alike[0]} are not distinguishable here ({chance}): take {best}, whose {standing.metric} is "
            f"smaller, as {alike[0]} is not faster."
        )
        return Sentence(text, "verdict.alike", best=best, other=alike[0], **_test(standing, alike[0], best))
    second = ranked[1]
    lead = f"{best} has the smallest {standing.metric} ({standing[best]['error']:.3g})"
    # NaN where one of them could not be tested
    worst_p = float(np.max([standing[name]["p_value"] for name in ranked[1:]]))
    if worst_p < ALPHA:
        text = f"{lead}, and is better than each of the others ({_p(worst_p)} or less): take {best}."
        return Sentence(text, "verdict.better", **_lead(standing, best), p=worst_p)
    text = f"{lead}, {_behind(standing, second, best)} ({_chance(standing, second, best)}): take {best}."
    proven = bool(standing[second]["p_value"] < ALPHA)
    facts = {**_lead(standing, best), **_test(standing, second, best), "share": _share(standing, second, best)}
    return Sentence(text, "verdict.ahead" if proven else "verdict.ahead_unproven", second=second, **facts)


def _behind(standing: Standing, second: str, best: str) -> str:
    share = _share(standing, second, best)
    proven = standing[second]["p_value"] < ALPHA
    return f"{share:.0%} below that of {second}" + ("" if proven else ", which is not proven")


def _share(standing: Standing, second: str, best: str) -> float:
    return float(1 - standing[best]["error"] / standing[second]["error"])


def _lead(standing: Standing, best: str) -> dict[str, Any]:
    return {"best": best, "metric": standing.metric, "error": float(standing[best]["error"])}


def _test(standing: Standing, name: str, best: str) -> dict[str, Any]:
    """Return what `_chance` says: the p-value, NaN where there is none, and how far errors are apart."""
    behind = float(standing[name]["error"] / standing[best]["error"] - 1)
    return {"p": float(standing[name]["p_value"]), "behind": behind, "metric": standing.metric}


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
    found: list[str] = []
    worse = [name for name in ranked if standing[name]["skill"] < 0]
    for name in [name for name in worse if name.startswith("LSTM")]:
        row = standing[name]
        proven = row["skill_upper"] < 0
        interval = ""
        if row["skill_lower"] == row["skill_lower"]:
            interval = f", interval {row['skill_lower']:.2f} to {row['skill_upper']:.2f}"
        what = "is worse than" if proven else "is not better than"
        text = f"{name} {what} the seasonal naive here (skill {row['skill']:.2f}{interval})."
        facts = {key: float(row[key]) for key in ("skill", "skill_lower", "skill_upper")}
        code = "verdict.worse_than_naive" if proven else "verdict.not_better_than_naive"
        found.append(Sentence(text, code, name=name, **facts))
    others = [name for name in worse if not name.startswith("LSTM")]
    if others:
        text = f"Behind the seasonal naive: {', '.join(others)}."
        found.append(Sentence(text, "verdict.behind_naive", names=others))
    if ranked[0] == NAIVE:
        found.append(Sentence("No model beats the seasonal naive.", "verdict.naive_wins"))
    return found


def _left_out(standing: Standing, name: str) -> str:
    row = standing[name]
    reason = f" {row['reason']}" if row["reason"] else ""
    windows = (
        f"complete forecasts of {row['n_windows']:.0f} windows only" if row["n_windows"] else "no complete forecast"
    )
    text = f"{name} is not ranked: it has {windows}.{reason}"
    return Sentence(text, "verdict.not_ranked", name=name, n=int(row["n_windows"]), reason=str(row["reason"]))
