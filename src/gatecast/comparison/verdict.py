"""Which model should be taken, in plain words, and how sure is that?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._json import JsonObject
from gatecast.comparison.significance import detectable_difference
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ACCURATE", "FAST", "NAIVE", "Standing", "Verdict", "check_preference", "judge"]

NAIVE = "SeasonalNaive"
# what counts: the error alone, or time among models that are not distinguishable from the best one
ACCURATE, FAST = "accurate", "fast"
ALPHA = 0.05
# who is not known to be worse must also be close: within a standard error, or within the first share of the best's
# error, and never beyond the second, as few windows have large standard errors
CLOSE, FAR = 0.05, 0.25
# a faster model is worth to be named when it is this much faster, and saves at least so many seconds in all windows
FASTER, LEAST_SAVED = 1.5, 1.0
# a larger error of what is recommended is told from this share on
WORTH_A_WORD = 0.01


@dataclass(frozen=True)
class Verdict:
    """A recommendation."""

    best: str  # model with the smallest error among those that are ranked, "" where there is none
    recommended: str  # model to take, "" where there is none
    sentences: tuple[Message, ...]  # why
    faster: str = ""  # the fastest of those that are not distinguishable from the best, where it is clearly faster
    alike: tuple[str, ...] = ()  # models that are not distinguishable from the best, those with smaller errors first
    left_out: tuple[Message, ...] = ()  # of the sentences those about models that lack windows, and why

    def __str__(self) -> str:
        return " ".join(map(str, self.sentences))


@dataclass(frozen=True, eq=False)
class Standing:
    """What a verdict is made of."""

    # by model, the best first: `error` (mean), `is_ranked`, `seconds`, `p_value` (against the best, adjusted),
    # `standard_error` (of the difference to the best), `behind` and `relative` (the difference, and the ratio, in the
    # windows that both have), `skill`, `skill_lower`, `skill_upper`, `n_windows`
    table: pd.DataFrame
    metric: str  # name of the error, for people
    reasons: Mapping[str, Message]  # by model, why windows are missing
    note: Message | None  # what limits the test
    what: str  # of what the test has one difference each: "origin" or "series"
    n: int  # how many differences
    members: Mapping[str, tuple[str, ...]]  # by combination, the names of its models
    partly: Mapping[str, int]  # by model that is ranked though windows are missing, how many there are

    def __getitem__(self, model: str) -> Any:
        return self.table.loc[model]


def check_preference(prefer: str) -> None:
    """Raise a ConfigError where what counts is neither accuracy nor time."""
    if prefer not in (ACCURATE, FAST):
        raise ConfigError(
            f'`prefer` must be "{ACCURATE}" or "{FAST}", got {prefer!r}. Use `prefer="{FAST}"` where time matters.'
        )


def judge(standing: Standing, prefer: str = ACCURATE) -> Verdict:
    """Recommend a model: the one with the smallest error, or a faster one where time was said to matter.

    A model is not distinguishable from the best when its adjusted p-value is at least 0.05 and its error is within one
    standard error of the difference, or 5 %, and at most 25 % larger: with few windows a test finds nothing, and a
    model that looks much worse is not as good only because that is not proven. The fastest of these is named beside
    the best where it is at least 1.5 times as fast and saves a second, and recommended with `prefer="fast"` only.
    """
    ranked = [str(name) for name in standing.table.index[standing.table["is_ranked"]]]
    best = ranked[0] if ranked else ""
    left_out = tuple(_left_out(standing, str(name), best) for name in standing.table.index if name not in ranked)
    left_out += tuple(_partly(standing, name) for name in ranked if name in standing.partly)
    if not ranked:
        return Verdict("", "", (Message("verdict.nothing"), *left_out), left_out=left_out)
    alike = [name for name in ranked[1:] if _is_alike(standing, name, best)]
    faster = _faster(standing, best, alike)
    recommended = faster if faster and prefer == FAST else best
    choice = _choice(standing, recommended, faster, alike, ranked)
    notes = () if standing.note is None else (standing.note, *_detectable(standing, ranked))
    combined = _combinations(standing, best, alike, ranked)
    sentences = (*choice, *combined, *_against_naive(standing, ranked), *notes, *left_out)
    return Verdict(best, recommended, sentences, faster, tuple(alike), left_out)


def _faster(standing: Standing, best: str, alike: list[str]) -> str:
    """Return the fastest of the models that are alike, "" where none is clearly faster than the best."""
    seconds = standing.table["seconds"].fillna(np.inf).astype(float)
    fastest = min([best, *alike], key=seconds.to_dict().__getitem__)
    is_worth = seconds[best] - seconds[fastest] >= LEAST_SAVED and seconds[best] >= FASTER * seconds[fastest]
    return fastest if is_worth else ""


def _detectable(standing: Standing, ranked: list[str]) -> list[Message]:
    """Say how far the runner-up would have to be behind for the test to find it."""
    if len(ranked) < 2:
        return []
    best, other = ranked[:2]
    error = float(standing[best]["error"])
    # of a best one without errors there is no share
    share = detectable_difference(float(standing[other]["standard_error"]), standing.n) / error if error else np.inf
    if not 0 < share < np.inf:
        return []
    facts = {"best": best, "other": other, "n": standing.n, "metric": standing.metric, "share": share}
    return [Message(f"verdict.detectable_{standing.what}", facts)]


def _is_alike(standing: Standing, name: str, best: str) -> bool:
    row, smallest = standing[name], float(standing[best]["error"])
    if row["p_value"] < ALPHA:
        return False
    error = float(row["standard_error"])
    allowed = min(max(CLOSE * smallest, error if error == error else 0.0), FAR * smallest)
    return bool(row["behind"] <= allowed)


def _choice(
    standing: Standing, recommended: str, faster: str, alike: list[str], ranked: list[str]
) -> tuple[Message, ...]:
    """Say which model to take, and which faster one is beside it."""
    best = ranked[0]
    if len(ranked) == 1:
        return (Message("verdict.only", {"best": best}),)
    if faster:
        beside = _beside(standing, best, faster, is_taken=recommended == faster)
        facts = {"best": best, "metric": standing.metric, "error": float(standing[best]["error"])}
        return (beside,) if recommended == faster else (Message("verdict.smallest", facts), beside)
    if alike:
        facts = {"best": best, "other": alike[0], "error": float(standing[best]["error"])}
        return (Message("verdict.alike", facts | _test(standing, alike[0])),)
    return (_lead(standing, best, ranked),)


def _combinations(standing: Standing, best: str, alike: list[str], ranked: list[str]) -> list[Message]:
    """Say where one model alone is as good as a combination that it is part of, an LSTM before all."""
    members = standing.members
    if best in members:
        # sorting keeps the order of errors
        alone = sorted((name for name in alike if name in members[best]), key=lambda name: not name.startswith("LSTM"))
        facts = {"best": best, "n": len(members[best])}
        return [Message("verdict.alone_alike", {"name": name, **facts, **_test(standing, name)}) for name in alone[:1]]
    behind = [name for name in ranked if best in members.get(name, ())]
    return [Message("verdict.alone_better", {"best": best, "names": behind})] if behind else []


def _beside(standing: Standing, best: str, faster: str, *, is_taken: bool) -> Message:
    """Say of a faster model how much faster it is, and how much larger its error where that is worth a word."""
    test = _test(standing, faster)
    is_larger = test["p"] == test["p"] and test["behind"] >= WORTH_A_WORD
    ratio = float(standing[best]["seconds"] / max(standing[faster]["seconds"], 1e-9))
    times = round(ratio) if ratio >= 10 else round(ratio, 1)
    code = f"verdict.{'faster' if is_taken else 'beside'}{'_behind' if is_larger else ''}"
    setting = {} if is_taken else {"setting": {"prefer": FAST}}
    return Message(code, {"faster": faster, "best": best, "ratio": times, **setting, **test})


def _lead(standing: Standing, best: str, ranked: list[str]) -> Message:
    """Say of a model that stands alone how far ahead it is."""
    facts: JsonObject = {"best": best, "metric": standing.metric, "error": float(standing[best]["error"])}
    # NaN where one of them could not be tested
    worst_p = float(np.max([standing[name]["p_value"] for name in ranked[1:]]))
    if worst_p < ALPHA:
        return Message("verdict.better", facts | {"p": worst_p, "chance": _p(worst_p)})
    second = ranked[1]
    share = float(1 - 1 / standing[second]["relative"])
    code = "verdict.ahead" if standing[second]["p_value"] < ALPHA else "verdict.ahead_unproven"
    return Message(code, facts | _test(standing, second) | {"second": second, "share": share})


def _test(standing: Standing, name: str) -> JsonObject:
    """Return the p-value, NaN where there is none, how far its error is behind the best, and that in words."""
    p, behind = float(standing[name]["p_value"]), float(standing[name]["relative"] - 1)
    untested = Message("verdict.untested", {"metric": standing.metric, "behind": behind})
    return {"p": p, "behind": behind, "metric": standing.metric, "chance": _p(p) if p == p else untested}


def _p(p: float) -> Message:
    return Message("verdict.p_tiny" if p < 0.001 else "words.p", {"p": p})


def _against_naive(standing: Standing, ranked: list[str]) -> list[Message]:
    """Name those that a forecast without any learning beats, an LSTM before all."""
    if NAIVE not in ranked:
        return []
    worse = [name for name in ranked if standing[name]["skill"] < 0]
    found = [_below_naive(name, standing[name]) for name in worse if name.startswith("LSTM")]
    others = [name for name in worse if not name.startswith("LSTM")]
    if others:
        found.append(Message("verdict.behind_naive", {"names": others}))
    if ranked[0] == NAIVE:
        found.append(Message("verdict.naive_wins"))
    return found


def _below_naive(name: str, row: pd.Series) -> Message:
    skill = {key: float(row[key]) for key in ("skill", "skill_lower", "skill_upper")}
    code = "worse_than" if skill["skill_upper"] < 0 else "not_better_than"
    # one window shows no interval
    return Message(f"verdict.{'below' if np.isnan(skill['skill_lower']) else code}_naive", {"name": name, **skill})


def _left_out(standing: Standing, name: str, best: str) -> Message:
    """Say why a model is not ranked, and how it did where it has forecasts: nothing is judged by its absence."""
    row = standing[name]
    n, other = int(row["n_windows"]), float(row["error"] - row["behind"])
    why = {"reason": standing.reasons[name]} if name in standing.reasons else {}
    there: JsonObject = {}
    if n and best and np.isfinite(other):
        there = {"metric": standing.metric, "error": float(row["error"]), "best": best, "other": other}
    code = f"{'not_ranked' if n else 'no_forecasts'}{'_there' if there else ''}{'_why' if why else ''}"
    return Message(f"verdict.{code}", {"name": name, "n": n, **there, **why})


def _partly(standing: Standing, name: str) -> Message:
    facts = {"name": name, "n": int(standing[name]["n_windows"]), "n_all": standing.partly[name]}
    if name not in standing.reasons:
        return Message("verdict.partly", facts)
    return Message("verdict.partly_why", facts | {"reason": standing.reasons[name]})
