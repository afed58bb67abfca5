"""What does a backtest leave behind? Every forecast with its origin, and what each run took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatecast.metrics.levels import level_columns
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Backtest", "column_names"]


@dataclass(frozen=True, eq=False)
class Backtest:
    """All forecasts of several models from rolling origins.

    Attributes:
        forecasts: pandas table `unique_id, ds, cutoff, y`, a column for each model's forecasts and those of its
            intervals (`LSTM`, `LSTM-lo-80`, `LSTM-hi-80`): the long form that utilsforecast's metrics take. `cutoff` is
            the newest time that a model knew. NaN in `y` where nothing was observed, in a model's columns where it
            made no forecast.
        runs: pandas table `model, cutoff, fit_seconds, predict_seconds, megabytes, error`; `cutoff` is the newest one
            of the window's series, `megabytes` the size of the fitted model as it is saved or else pickled, `error` is
            "" or a sentence.
        models: Names of the models, in the order in which they were given.
        horizon: Steps that each forecast goes ahead.
        season_length: Steps in a season, 1 for none.
        levels: Coverage in % of the intervals.
        scales: By `unique_id`, the mean absolute error of the seasonal naive within the first window's training part:
            the denominator of MASE. 0 or NaN where it is undefined: a constant series, or one that is too short.
        failures: By model, why its first run that failed did.
        members: By combination, the names of its models.
        same: By LSTM that trained nothing in any window, the name of the one that never trains: their forecasts are the
            same.
    """

    forecasts: pd.DataFrame
    runs: pd.DataFrame
    models: tuple[str, ...]
    horizon: int
    season_length: int
    levels: tuple[float, ...]
    scales: Mapping[object, float] | pd.Series
    failures: Mapping[str, Message] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)

    def distinct(self) -> Backtest:
        """Return the same without models whose forecasts are those of another one, so that none counts twice."""
        if not set(self.same) & set(self.models):
            return self
        columns = [column for name in self.same for column in column_names(name, self.levels)]
        return replace(
            self,
            forecasts=self.forecasts.drop(columns=columns, errors="ignore"),
            runs=self.runs[~self.runs["model"].isin(self.same)].reset_index(drop=True),
            models=tuple(name for name in self.models if name not in self.same),
            members={
                name: tuple(dict.fromkeys(self.same.get(inner, inner) for inner in members))
                for name, members in self.members.items()
            },
        )


def column_names(name: str, levels: tuple[float, ...]) -> list[str]:
    """Return the names of a model's columns: its forecasts, then the ends of its intervals."""
    return [name, *(level_columns(name, levels) if levels else ())]
