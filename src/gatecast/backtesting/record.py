"""What does a backtest leave behind? Every forecast with its origin, and what each run took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.metrics.choice import Compared, Metric, Metrics, chosen_metrics, measured
from gatecast.metrics.levels import level_columns
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Backtest", "column_names"]

# what is measured where nothing is said
USUAL = ("wape", "bias", "mase", "rmsse")


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
        square_scales: As `scales`, of squares: the root of the mean squared error, the denominator of RMSSE.
        metrics: Metrics that were asked for, by their names.
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
    square_scales: Mapping[object, float] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def errors(self, metrics: Metrics | None = None) -> pd.DataFrame:
        """Measure the errors of each model over all its forecasts of points that were observed.

        Args:
            metrics: As in `LSTMForecaster.evaluate`; when absent those that the backtest was asked for, or else WAPE,
                bias, MASE and RMSSE. Series count alike in MASE and RMSSE, points in all others.

        Returns:
            pandas table `model, n_points` and a column for each metric, in the order of the models.

        Raises:
            ConfigError: There is no such metric, or a function returned no number.

        Examples:
            >>> import numpy as np
            >>> from gatecast import Drift, Naive, backtest
            >>> found = backtest(np.arange(20.0), 2, [Naive(), Drift()], n_windows=2, progress=False)
            >>> found.errors(["bias", "mae"]).round(3).to_numpy().tolist()
            [['Naive', 4, -0.086, 1.5], ['Drift', 4, 0.0, 0.0]]
        """
        import pandas as pd

        chosen = dict(self.metrics) if metrics is None else chosen_metrics(metrics)
        rows = [self._errors_of(name, chosen or chosen_metrics(USUAL)) for name in self.models]
        return pd.DataFrame(rows)

    def _errors_of(self, name: str, metrics: Mapping[str, Metric]) -> dict[str, object]:
        table = self.forecasts
        columns = [column for column in column_names(name, self.levels) if column in table]
        numbers = table[["y", *columns]].to_numpy(np.float64, na_value=np.nan)
        seen = np.isfinite(numbers[:, :2]).all(axis=1)
        series, ids = _numbered(table["unique_id"][seen])
        scales = [np.array([known.get(one, np.nan) for one in ids]) for known in (self.scales, self.square_scales)]
        ends: dict[float, Floats] = {}
        if self.levels and np.isfinite(numbers[seen]).all() and len(columns) == 1 + 2 * len(self.levels):
            tails = [0.5 - level / 200 for level in reversed(self.levels)]
            ends = dict(zip([0.5, *tails, *(1 - tail for tail in reversed(tails))], numbers[seen, 1:].T, strict=True))
        given = Compared(numbers[seen, 0], numbers[seen, 1], series, scales[0], scales[1], ends)
        return {"model": name, "n_points": int(seen.sum()), **measured(metrics, given)}

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


def _numbered(ids: pd.Series) -> tuple[Ints, list[object]]:
    """Return the number of each row's series, `(N,)`, and the names of the series."""
    codes, names = ids.factorize()
    return codes.astype(np.int64), names.tolist()


def column_names(name: str, levels: tuple[float, ...]) -> list[str]:
    """Return the names of a model's columns: its forecasts, then the ends of its intervals."""
    return [name, *(level_columns(name, levels) if levels else ())]
