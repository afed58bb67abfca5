"""Which model is best on these series, by how much, at what cost, and how sure is that?"""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gatecast._json import JsonObject, plain
from gatecast.backtesting.record import Backtest
from gatecast.comparison.scores import METRICS, Cells, Scores, cells_of, coverage_column, score_windows
from gatecast.comparison.significance import (
    Ranks,
    Units,
    average_ranks,
    bootstrap_skill,
    diebold_mariano,
    holm,
    units_of,
)
from gatecast.comparison.verdict import ACCURATE, NAIVE, Standing, Verdict, check_preference, judge
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leaderboard", "leaderboard", "name_of"]

NAMES = {"mase": "MASE", "mae": "MAE"}
# one winner of fewer windows is chance: then all are taken whose errors are larger by at most this share
FEW, NEAR = 5, 0.25
COSTS = ("fit_seconds", "predict_seconds", "megabytes")
SHOWN = ("model", "mase", "rmse", "mae", "smape", "scaled_crps", "skill", "p_value", "fit_seconds", "predict_seconds")


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """What a comparison found.

    Attributes:
        table: pandas table with one row for each model, the best first: `model`; errors as in `score_windows` (`mase`,
            `smape` and `scaled_crps` averaged over windows, the others over steps); `skill`, `skill_lower` and
            `skill_upper` against the seasonal naive; `p_value` against the best and `standard_error` of that
            difference; `behind` and `relative`, error minus and over that of the best in windows that both have;
            `mean_rank`; `fit_seconds` and `predict_seconds` in all; `megabytes` of the largest fit;
            `n_windows`, `is_ranked`, `n_failures` and `error`, the first of them; and the metrics that were asked
            for, over all forecasts of the model.
        pairs: pandas table of the Diebold-Mariano tests: `model, other, difference, standard_error, statistic,
            p_value, p_holm, n, note`.
        ranks: Friedman's test and Nemenyi's critical difference.
        per_series: pandas table `unique_id, winner, chosen, models, difference, standard_error`: who has the smallest
            MAE, and what should be taken: from 5 windows on the winner, unless it is ahead of the best of all by less
            than a standard error, and else the mean of all `models` that are within a quarter of the smallest error,
            or within a standard error of it.
        errors: pandas table `model, cutoff, error` of runs that failed or timed out.
        metric: By which error models are ranked: "mase", or "mae" where MASE is undefined.
        verdict: What to do, in plain words; `verdict.best`, `verdict.recommended` and `verdict.faster` are names.
        notes: What was left out and what is assumed.
        scores: Errors of each model in each window.
        chosen: Models whose mean should be taken for a series that the backtest did not have, by the same rule.
        asked: Columns of the table that were asked for as metrics.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    ranks: Ranks
    per_series: pd.DataFrame
    errors: pd.DataFrame
    metric: str
    verdict: Verdict
    notes: tuple[Message, ...]
    scores: Scores
    chosen: tuple[str, ...]
    asked: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each model, the best first; a copy of `table`."""
        return self.table.copy()

    def to_dict(self) -> JsonObject:
        """Return everything in plain numbers and texts, None where a number is undefined."""
        found = {
            "metric": self.metric,
            "verdict": str(self.verdict),
            "best": self.verdict.best,
            "recommended": self.verdict.recommended,
            "faster": self.verdict.faster,
            "chosen": list(self.chosen),
            "models": self.table.to_dict("records"),
            "pairs": self.pairs.to_dict("records"),
            "ranks": asdict(self.ranks) | {"note": str(self.ranks.note or "")},
            "per_series": self.per_series.to_dict("records"),
            "errors": self.errors.assign(cutoff=self.errors["cutoff"].astype(str)).to_dict("records"),
            "notes": [str(note) for note in self.notes],
        }
        return dict(plain(found))

    def __repr__(self) -> str:
        return "\n".join([self._shown().to_string(index=False, na_rep="-"), str(self.verdict), *map(str, self.notes)])

    def _repr_html_(self) -> str:
        texts = "".join(f"<p>{html.escape(str(said))}</p>" for said in (self.verdict, *self.notes))
        return self._shown().to_html(index=False, na_rep="-", border=0) + texts

    def _shown(self) -> pd.DataFrame:
        """Return the columns that fit on a screen and have something to say."""
        shown = dict.fromkeys((*SHOWN[: -len(COSTS[:2])], *self.asked, *COSTS[:2]))
        columns = [name for name in shown if name == "model" or self.table[name].notna().any()]
        return self.table[columns].round(3)


def leaderboard(backtest: Backtest, *, n_draws: int = 2_000, seed: int = 0, prefer: str = ACCURATE) -> Leaderboard:
    """Compare the models of a backtest.

    Models with complete forecasts of at least 90 % of the windows are compared in the windows that all of them have. A
    model with fewer, but half of them, is ranked too: it is compared with each other one in the windows that both have,
    and shown with the errors of its own. The others stand below. The same seed gives the same intervals
    of skill. An LSTM that left all windows to pretrained networks is one row with the LSTM that never trains, under the
    name of that one. `prefer` is that of `compare`.
    """
    check_preference(prefer)
    if not backtest.models:
        raise ConfigError("The backtest has no models, and at least one was expected. Pass `models=[...]` to it.")
    scores, backtest = score_windows(backtest), backtest.distinct()
    cells = cells_of(scores.windows, backtest.forecasts, backtest.models)
    table = _table(backtest, scores, cells)
    notes = [*scores.notes, *_add_skill(table, cells, n_draws, seed)]
    ranked = [str(name) for name in table.loc[table["is_ranked"], "model"]]
    units = units_of(cells)
    pairs = _pairs(units, cells, ranked)
    _add_tests(table, pairs, ranked)
    _add_gaps(table, cells, ranked)
    rows = np.flatnonzero(cells.complete).tolist()
    if len(ranked) > 1:
        units = units_of(cells.pair(*ranked[:2]))
    ranks = average_ranks(tuple(cells.models[m] for m in rows), cells.means(2)[rows])
    table["mean_rank"] = table["model"].map(ranks.mean).astype(float)
    failed = table.loc[table["error"] != "", ["model", "error"]].to_numpy().tolist()
    told = {name: Message("failure.quoted", {"text": error}) for name, error in failed}
    seconds = table["fit_seconds"] + table["predict_seconds"]
    standing = table.assign(error=table[cells.metric], seconds=seconds).set_index("model")
    reasons, n = told | dict(backtest.failures), units.losses.shape[1]
    partly = {name: cells.n_windows for name in ranked if not cells.complete[cells.models.index(name)]}
    known = (NAMES[cells.metric], reasons, units.note, units.what, n, backtest.members, partly)
    verdict = judge(Standing(standing, *known), prefer)
    per_series = _per_series(scores, backtest, [name for k, name in enumerate(ranked) if not k or name not in partly])
    if cells.metric != "mase":
        notes.append(Message("note.mae"))
    chosen = _overall(cells, ranked, backtest)
    if len(chosen) > 1:
        notes.append(Message("note.few_combined", {"names": list(chosen), "least": FEW}))
    said, errors = tuple(dict.fromkeys(notes)), _errors(backtest)
    asked = _add_metrics(table, backtest)
    return Leaderboard(table, pairs, ranks, per_series, errors, cells.metric, verdict, said, scores, chosen, asked)


def _table(backtest: Backtest, scores: Scores, cells: Cells) -> pd.DataFrame:
    import pandas as pd

    is_complete = dict(zip(cells.models, cells.complete.tolist(), strict=True))
    is_ranked = dict(zip(cells.models, cells.is_ranked.tolist(), strict=True))
    shared = _shared_windows(scores.windows, is_complete)
    coverages = [coverage_column(level) for level in backtest.levels]
    rows = []
    for name in backtest.models:
        own = scores.windows[scores.windows["model"] == name]
        counted = own[shared] if is_complete[name] else own[own["mae"].notna()]
        rows.append(
            {"model": name, **_averages(counted, coverages), **_costs(backtest.runs, name)}
            | {"n_windows": int(own["mae"].notna().sum()), "is_ranked": is_ranked[name]}
        )
    table = pd.DataFrame(rows)
    # those that are ranked first, by their errors; sorting keeps the user's order where they are equal
    keys = table.assign(key=_comparable(table, cells))
    order = keys.sort_values(["is_ranked", "key"], ascending=[False, True], kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _comparable(table: pd.DataFrame, cells: Cells) -> list[float]:
    """Return errors that can be ordered: what a model with fewer windows would have, by its ratio in shared ones."""
    errors = dict(zip(table["model"], table[cells.metric].tolist(), strict=True))
    complete = [name for name, is_such in zip(cells.models, cells.complete, strict=True) if is_such]
    if not complete:
        return list(errors.values())
    reference = min(complete, key=lambda name: (errors[name] != errors[name], errors[name]))
    for name in errors:
        if name not in complete:
            base, own = _means(cells.pair(reference, name))
            errors[name] = errors[reference] * own / base if base > 0 else own
    return list(errors.values())


def _means(pair: Cells) -> tuple[float, float]:
    """Return the mean errors of two models; NaN where they have no window in common."""
    first, second = (errors[np.isfinite(errors)] for errors in pair.errors)
    return (float(first.mean()), float(second.mean())) if len(first) else (np.nan, np.nan)


def _shared_windows(windows: pd.DataFrame, is_ranked: dict[str, bool]) -> np.ndarray:
    """Return which windows all models that are ranked have, in the order of one model's rows."""
    ranked = [name for name, is_in in is_ranked.items() if is_in] or list(is_ranked)
    has = [windows.loc[windows["model"] == name, "mae"].notna().to_numpy() for name in ranked]
    return np.asarray(np.all(has, axis=0))


def _averages(counted: pd.DataFrame, coverages: list[str]) -> dict[str, float]:
    found = {}
    for metric in [*METRICS, *coverages]:
        values, weights = counted[metric].to_numpy(float), counted["n_points"].to_numpy(float)
        seen = np.isfinite(values)
        if metric in ("mase", "smape", "scaled_crps"):
            weights = np.ones(len(values))
        total = weights[seen].sum()
        unit = np.abs(values[seen]).max(initial=0.0) or 1.0
        # squares in units of the largest, so that they do not overflow
        power = 2 if metric == "rmse" else 1
        mean = (weights[seen] @ (values[seen] / unit) ** power / total) if total else np.nan
        found[metric] = float(unit * mean ** (1 / power))
    return found


def _costs(runs: pd.DataFrame, name: str) -> JsonObject:
    if not len(runs):
        return {**dict.fromkeys(COSTS, np.nan), "n_failures": 0, "error": ""}
    own = runs[runs["model"] == name].reindex(columns=[*COSTS, "error"])
    failed = own.loc[own["error"].fillna("") != "", "error"]
    return {
        "fit_seconds": float(own["fit_seconds"].sum(min_count=1)),
        "predict_seconds": float(own["predict_seconds"].sum(min_count=1)),
        "megabytes": float(own["megabytes"].max()),
        "n_failures": len(failed),
        "error": str(failed.iloc[0]) if len(failed) else "",
    }


def _add_skill(table: pd.DataFrame, cells: Cells, n_draws: int, seed: int) -> list[Message]:
    """Add skill and its interval to the table and return what is to be said about them."""
    columns = ("skill", "skill_lower", "skill_upper")
    if NAIVE not in cells.models:
        for column in columns:
            table[column] = np.nan
        return [Message("note.no_skill", {"naive": NAIVE})]
    skill = bootstrap_skill(cells, NAIVE, n_draws=n_draws, seed=seed)
    for column, values in zip(columns, (skill.skill, skill.lower, skill.upper), strict=True):
        table[column] = table["model"].map(dict(zip(cells.models, values.tolist(), strict=True)))
    return [skill.note] if skill.note else []


def _pairs(units: Units, cells: Cells, ranked: list[str]) -> pd.DataFrame:
    import pandas as pd

    losses = dict(zip(cells.models, units.losses, strict=True))
    complete = {name for name, is_such in zip(cells.models, cells.complete, strict=True) if is_such}
    tests = {}
    for a, b in combinations(ranked, 2):
        own = None if {a, b} <= complete else units_of(cells.pair(a, b))
        differences, horizon = (
            (losses[a] - losses[b], units.horizon) if own is None else (-np.diff(own.losses, axis=0)[0], own.horizon)
        )
        tests[a, b] = diebold_mariano(differences, horizon)
    rows = [{"model": a, "other": b, **asdict(test), "note": str(test.note or "")} for (a, b), test in tests.items()]
    columns = ["model", "other", "difference", "standard_error", "statistic", "p_value", "n", "note"]
    pairs = pd.DataFrame(rows, columns=columns)
    pairs.insert(6, "p_holm", holm(pairs["p_value"].to_numpy(float)))
    return pairs


def _add_tests(table: pd.DataFrame, pairs: pd.DataFrame, ranked: list[str]) -> None:
    with_best = pairs[pairs["model"] == ranked[0]].set_index("other") if ranked else pairs.set_index("other")
    table["p_value"] = table["model"].map(with_best["p_holm"]).astype(float)
    table["standard_error"] = table["model"].map(with_best["standard_error"]).astype(float)


def _add_metrics(table: pd.DataFrame, backtest: Backtest) -> tuple[str, ...]:
    """Add the metrics that were asked for; returns their columns, without those that are there anyway."""
    wanted = {name: metric for name, metric in backtest.metrics.items() if name not in METRICS}
    if not wanted:
        return ()
    measured = backtest.errors(wanted).set_index("model")
    columns = {name: f"{name} (metric)" if name in table else name for name in wanted}
    for name, column in columns.items():
        table[column] = table["model"].map(measured[name]).astype(float)
    return tuple(columns.values())


def _add_gaps(table: pd.DataFrame, cells: Cells, ranked: list[str]) -> None:
    """Add how far each model is behind the best in the windows that both have: the difference, and the ratio."""
    table["behind"], table["relative"] = np.nan, np.nan
    for row, name in enumerate(ranked):
        complete = all(cells.complete[cells.models.index(one)] for one in (ranked[0], name))
        best, own = table.loc[[0, row], cells.metric] if complete else _means(cells.pair(ranked[0], name))
        ratio = own / best if best > 0 else np.nan
        table.loc[row, ["behind", "relative"]] = own - best, 1.0 if own == best else ratio
    # of a model with few windows it is told, too, how it did in them
    for row in range(len(ranked), len(table) if ranked else 0):
        best, own = _means(cells.pair(ranked[0], str(table.loc[row, "model"])))
        table.loc[row, ["behind", "relative"]] = own - best, own / best if best > 0 else np.nan


def _per_series(scores: Scores, backtest: Backtest, ranked: list[str]) -> pd.DataFrame:
    """Tell who wins each series, by MAE: within a series that ranks as MASE does, and is never undefined."""
    import pandas as pd

    columns = ["unique_id", "winner", "chosen", "models", "difference", "standard_error"]
    if not ranked:
        return pd.DataFrame(columns=columns)
    names = tuple(ranked)
    cells = cells_of(scores.windows, backtest.forecasts, names, "mae")
    rows = []
    for s, unique_id in enumerate(cells.ids):
        errors = cells.errors[:, s]
        usable = np.isfinite(errors).any(axis=1)
        both = np.isfinite(errors[usable]).all(axis=0)
        if not both.any():
            continue
        candidates = [names[m] for m in np.flatnonzero(usable)]
        found = _winner(candidates, errors[usable][:, both], ranked[0], backtest)
        rows.append({"unique_id": unique_id, **found})
    return pd.DataFrame(rows, columns=columns)


def _winner(candidates: list[str], errors: np.ndarray, best: str, backtest: Backtest) -> JsonObject:
    """Choose by `(M, n)` errors of one series; the best of all comes first where it has errors."""
    means = errors.mean(axis=1)
    k = int(means.argmin())
    winner, ahead = candidates[k], errors[0] - errors[k]
    error = _error_of_mean(ahead)
    if errors.shape[1] < FEW:
        models = _close(candidates, errors, backtest)
    else:
        is_sure = k == 0 or candidates[0] != best or ahead.mean() > error
        models = (winner if is_sure else best,)
    facts = {"winner": winner, "chosen": name_of(models), "models": models}
    return facts | {"difference": float(ahead.mean()), "standard_error": error}


def _close(candidates: list[str], errors: np.ndarray, backtest: Backtest) -> tuple[str, ...]:
    """Return the models that few windows, `(M, n)` errors, do not tell from the best one, in the backtest's order."""
    means = errors.mean(axis=1)
    k = int(means.argmin())
    behind = errors - errors[k]
    allowed = [max(NEAR * means[k], np.nan_to_num(_error_of_mean(row))) for row in behind]
    near = [name for name, row, most in zip(candidates, behind, allowed, strict=True) if row.mean() <= most]
    combined = backtest.members
    # a combination that wins is a mean already, and is no part of another one
    if candidates[k] in combined:
        return (candidates[k],)
    return tuple(name for name in backtest.models if name in near and name not in combined)


def _error_of_mean(differences: np.ndarray) -> float:
    n = len(differences)
    return float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan


def _overall(cells: Cells, ranked: list[str], backtest: Backtest) -> tuple[str, ...]:
    """Return whose mean is taken where nothing is known of a series: the best, or all that few windows leave."""
    complete = [name for name in ranked if cells.complete[cells.models.index(name)]]
    if complete[:1] != ranked[:1] or not ranked or cells.shared.any(axis=0).sum() >= FEW:
        return tuple(ranked[:1])
    rows = [cells.models.index(name) for name in complete]
    # of a panel each series is one observation
    losses = units_of(cells).losses[rows]
    return _close(complete, losses, backtest)


def name_of(models: tuple[str, ...]) -> str:
    """Name the mean of several models, or the only one."""
    return models[0] if len(models) == 1 else f"Mean({', '.join(models)})"


def _errors(backtest: Backtest) -> pd.DataFrame:
    runs = backtest.runs.reindex(columns=["model", "cutoff", "error"])
    return runs[runs["error"].fillna("") != ""].reset_index(drop=True)
