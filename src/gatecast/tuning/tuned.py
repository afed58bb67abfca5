"""What came out of a search? The fitted forecaster, its settings, all trials, and a page about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.forecaster import LSTMForecaster
from gatecast.model.settings import Value
from gatecast.texts import Texts
from gatecast.texts.message import Message
from gatecast.tuning.space import Space

if TYPE_CHECKING:
    import pandas as pd
    from optuna.study import Study

__all__ = ["INTERRUPTED", "Tuned", "trials_frame"]

# why a search ended that Ctrl-C ended
INTERRUPTED = Message("tuned.ctrl_c")
SHOWN_TRIALS = 10
STARTS = {"model": Message("tuned.as_model"), "default": Message("chart.defaults")}
WIDTH = 100


@dataclass(frozen=True)
class Tuned:
    """The result of `tune`.

    Args:
        model: Fitted on all of the training part with the best settings.
        settings: What of it differs from the model that the search started from.
        trials: One row for each trial, in order: `trial`, `start` (`model`, `default` or ""), `state` (`complete`,
            `pruned`, `failed`), `error` (mean over the windows), `seconds`, `note`, and what was tried of each setting.
        importance: Of each setting that was tried, largest first; the sum is 1. Empty after a few trials.
        ended: Why the search ended.
        best_trial: Number of the trial whose settings were taken.
        confirmed: Errors of the best trials, by number, when they were judged again with other initial weights, which
            decided between them; empty where there was no time for it.
        metric: What was minimised.
        n_windows: Fits of each trial.
        space: What was tried, in words.
        seconds: Seconds in all.
    """

    model: LSTMForecaster
    settings: dict[str, Value]
    trials: pd.DataFrame
    importance: dict[str, float]
    ended: Message
    best_trial: int
    confirmed: dict[int, float]
    metric: str
    n_windows: int
    space: dict[str, str]
    seconds: float

    @property
    def stop(self) -> str:
        """Why the search ended, in English."""
        return str(self.ended)

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C ended the search."""
        return self.ended == INTERRUPTED

    @property
    def error(self) -> float:
        """Error of the settings that were taken, a mean over the windows."""
        return float(self.trials.loc[self.trials["trial"] == self.best_trial, "error"].iloc[0])

    def error_of(self, start: str) -> float:
        """Return the error of one of the settings that the search started from; NaN where it was not judged."""
        errors = self.trials.loc[self.trials["start"] == start, "error"].dropna()
        return float(errors.iloc[0]) if len(errors) else float("nan")

    def tried(self, row: Mapping[object, Value], lang: str = "en") -> list[str]:
        """Return what a trial tried, like `epochs=40`, in short."""
        start = STARTS.get(row["start"])
        tried = [f"{name}={_short(row[name])}" for name in self.space if not _is_missing(row[name])]
        return tried if start is None else [start.say(lang)]

    def report(self, lang: str = "en") -> str:
        """Return one page of text: what was tried, how it was judged, what came out."""
        parts = (self._head, self._best, self._table, self._importance, self._space)
        return "\n".join(line for part in parts for line in part(Texts(lang))) + "\n"

    def _head(self, t: Texts) -> list[str]:
        counts = [
            t("searched.count", n=n, state=t(f"searched.{s}")) for s, n in self.trials["state"].value_counts().items()
        ]
        facts = {"counts": t("words.comma").join(counts), "seconds": self.seconds}
        windows = t("tuned.windows", n=self.n_windows)
        return [
            t("searched.title", n_trials=len(self.trials), **facts),
            "=" * WIDTH,
            t("searched.ended", why=self.ended.say(t.lang)),
            t("searched.judged", metric=self.metric.upper(), windows=windows),
            "",
        ]

    def _best(self, t: Texts) -> list[str]:
        lines = [t("searched.best", metric=self.metric.upper(), error=f"{self.error:.4g}")]
        for start in ("model", "default"):
            before = self.error_of(start)
            if np.isfinite(before):
                change = f"{self.error / before - 1:+.1%}"
                lines.append("  " + t(f"searched.from_{start}", error=f"{before:.4g}", change=change))
        if self.confirmed:
            lines.append(t("searched.again"))
            lines += _wrapped([t("searched.trial", n=n, error=f"{e:.4g}") for n, e in self.confirmed.items()])
        chosen = [f"{name}={_short(value)!r}" for name, value in self.settings.items()]
        return [*lines, t("searched.differ"), *_wrapped(chosen or [t("searched.none_differ")]), ""]

    def _table(self, t: Texts) -> list[str]:
        judged = self.trials.sort_values("error").dropna(subset="error").head(SHOWN_TRIALS)
        lines = [t("searched.table", n_trials=len(judged)), "-" * WIDTH]
        for row in judged.to_dict(orient="records"):
            first, *rest = _wrapped(self.tried(row, t.lang), WIDTH - 26)
            lines.append(f"{row['trial']:>5} {row['error']:>10.4g} {row['seconds']:>6.1f} s {first}")
            lines += [" " * 26 + line.strip() for line in rest]
        return [*lines, ""]

    def _importance(self, t: Texts) -> list[str]:
        if not self.importance:
            return [t("searched.too_few"), ""]
        lines = [t("searched.mattered"), "-" * WIDTH]
        return [*lines, *(f"  {name:<16} {share:>6.1%}" for name, share in self.importance.items()), ""]

    def _space(self, t: Texts) -> list[str]:
        lines = [t("searched.space"), "-" * WIDTH]
        return [*lines, *(f"  {name:<16} {_said_range(entry, t)}" for name, entry in self.space.items())]


def _said_range(entry: str, t: Texts) -> str:
    """Say what was tried of a setting: a range, whose English words are its text, or some values."""
    low, is_range, rest = entry.partition(" to ")
    high, by_factors, _ = rest.partition(", ")
    return t("searched.factors" if by_factors else "screen.range", low=low, high=high) if is_range else entry


def _wrapped(parts: list[str], width: int = WIDTH) -> list[str]:
    lines = ["  "]
    for part in parts:
        if len(lines[-1]) + len(part) + 2 > width and lines[-1].strip():
            lines.append("  ")
        lines[-1] += part + ", "
    return [line.rstrip(", ") for line in lines]


def _short(value: Value) -> Value:
    if not isinstance(value, float):
        return value
    # a column with holes holds whole numbers as these
    return int(value) if value.is_integer() else float(f"{value:.3g}")


def _is_missing(value: Value) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def trials_frame(study: Study, space: Space) -> pd.DataFrame:
    """Return one row for each trial of a study."""
    import pandas as pd

    rows = []
    for trial in study.get_trials(deepcopy=False):
        state = trial.state.name.lower()
        row = {
            "trial": trial.number,
            "start": trial.user_attrs.get("start", ""),
            "state": "failed" if state == "fail" else state,
            "error": float("nan") if trial.value is None or state != "complete" else trial.value,
            "seconds": float("nan") if trial.duration is None else trial.duration.total_seconds(),
            "note": trial.user_attrs.get("note", ""),
        }
        rows.append(row | {name: trial.params.get(name) for name in space})
    return pd.DataFrame(rows)
