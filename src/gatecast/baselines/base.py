"""How does a model of one series forecast tables of many, with the interface of `LSTMForecaster`?"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar, Unpack, overload

import numpy as np

from gatecast._validation import answers_calls, check_horizon, check_positive, check_steps
from gatecast.baselines.limits import Clock
from gatecast.baselines.local import Answer, Local, one_step, read_on
from gatecast.baselines.simple import Constant, LastSeason
from gatecast.data import Panel, to_panel
from gatecast.data.panel.arrays import Floats
from gatecast.data.seasonality.seasons import choose_seasons
from gatecast.data.values.gaps import fill_gaps
from gatecast.exceptions import ConfigError, DataError, NotFittedError
from gatecast.metrics.levels import check_levels, level_columns
from gatecast.model.alignment import match_series
from gatecast.model.parameters import Parameters
from gatecast.model.protocol import FrameT
from gatecast.model.settings import Settings
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from gatecast.data.panel.frequency import Freq
    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names, NewFrameT, Values

__all__ = ["Baseline", "is_constant"]

Result = TypeVar("Result")
FAILED = "standin.failed"
# a history that is cut still holds so many of the shortest season
SEASONS_KEPT = 4


@dataclass(frozen=True)
class Fit:
    """What a baseline learned."""

    after: Panel  # empty series that start right behind the data
    seasons: tuple[int, ...]  # steps, shortest first; none where there is none
    histories: list[Floats]  # values of each series, gaps filled, from its first observation on
    models: list[Local]  # fitted, one for each series
    stand_ins: dict[object, Message]  # why a series is forecast by a naive model, by its name


@dataclass(eq=False)
class Baseline(Parameters, ABC, Generic[FrameT]):
    """A model that learns each series of a table on its own.

    Missing values are filled by what was a season earlier, moved by half of the newest change over a season
    (`gatecast.data.values.gaps.fill_gaps`), since these models need every value; nothing is filled from later values,
    and what comes before a series' first observation is left out. A series that never changed is forecast by that
    value, one that is too short for the model by the seasonal naive forecast or, if it is not longer than a season, by
    its last value; `stand_ins_` says so. Where the library fails on a series, the same is done with a warning.

    Args:
        horizon: H, how many steps ahead `predict` looks when it is not told.
        season_length: Steps in a season (of several the shortest counts, but for MSTL); 1 for none; when absent those
            of the frequency that the data show, as for `LSTMForecaster`.
        time_limit: Seconds of computing (processor time, which does not depend on what else a machine does) for a fit
            of all series, and for a forecast of all; None for no limit. It is looked at between series, so that a
            single long one is not ended (Ctrl-C does that); `backtest` and `compare` end it wherever it is.
    """

    horizon: int = 1
    _: KW_ONLY
    season_length: int | Sequence[int] | None = None
    time_limit: float | None = 60.0

    @property
    def name(self) -> str:
        """Name of the forecast's column."""
        return type(self).__name__

    @property
    def most_points(self) -> int | None:
        """How many of a series' newest values (at least four seasons) are learned from; None for all."""
        return None

    @abstractmethod
    def local(self, n: int, seasons: tuple[int, ...]) -> Local | None:
        """Make the model of a series of `n` values that are not all the same; None where they are too few for it."""

    def check(self) -> None:
        """Raise a ConfigError where a setting makes no sense."""
        check_horizon("horizon", self.horizon)
        Settings(horizon=self.horizon, season_length=self.season_length).check()
        if self.time_limit is not None:
            check_positive("time_limit", self.time_limit, "Use `time_limit=60`, or None for no limit.")

    def import_library(self) -> None:
        """Import the libraries that the model needs, which takes seconds and is no part of its fit.

        Raises:
            ConfigError: One is not installed.
        """

    @overload
    def fit(self, data: NewFrameT, **names: Unpack[Names]) -> Baseline[NewFrameT]: ...

    @overload
    def fit(self, data: Values, *, freq: Freq | None = None) -> Baseline[pd.DataFrame]: ...

    @overload
    def fit(self, data: pl.Series | Panel, *, freq: Freq | None = None) -> Baseline: ...

    @answers_calls
    def fit(
        self,
        data: Data,
        *,
        id_col: Name = None,
        time_col: str | None = None,
        target_col: Name = None,
        freq: Freq | None = None,
    ) -> Baseline:
        """Learn each series of a table, a Series, an array or a `Panel`; arguments are those of `LSTMForecaster.fit`.

        Raises:
            DataError: The data cannot be used.
            ConfigError: A setting makes no sense, or a library is not installed.
            TimeLimitError: It took longer than `time_limit`.
        """
        self.check()
        self.import_library()
        panel = to_panel(data, freq=freq, id_col=id_col, time_col=time_col, target_col=target_col)
        self._fitted = self._limited(panel.n_series, partial(self._fit, panel))
        self._warn_of_failures()
        return self

    @answers_calls
    def predict(
        self,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
    ) -> FrameT:
        """Forecast the steps after the training part, or behind `data`; arguments are as for `LSTMForecaster`.

        Newer data are rows that follow the training part, or whole series. They are read with what was learned; a
        series that was not there, and a model that cannot do so (`WindowAverage`, `Drift`), learns them. There is
        nothing to pass as `future` and `quantiles`: these models learn from the target alone, and have `level`.

        Returns:
            A table `unique_id, ds, <name>` (under the user's own column names), of the library that the data came from;
            intervals as `<name>-lo-80`, `<name>-hi-80`.

        Raises:
            NotFittedError: It is not fitted.
            DataError: The data cannot be used.
            ConfigError: `level` or `horizon` make no sense, or `future` or `quantiles` were passed.
            TimeLimitError: It took longer than `time_limit`.
        """
        self._refuse(future, quantiles)
        fitted, levels = self._learned(), () if level is None else check_levels(level)
        if horizon is not None:
            check_steps(horizon)
        H = horizon or self.horizon
        panel = None if data is None else to_panel(data, like=fitted.after)
        after = fitted.after if panel is None else panel.tail_from(panel.lengths)
        answers = self._limited(after.n_series, partial(self._answers, fitted, H, levels, panel))
        return self._table(after, answers, H, levels)

    @answers_calls
    def predict_insample(self, data: Data) -> FrameT:
        """Forecast every point of `data` from all points before it, with what was learned.

        Args:
            data: Newer data with the columns of the training data: rows that follow it, or whole series.

        Returns:
            A table `unique_id, ds, y, <name>`, each forecast at the time that it is for. The first ones of a series
            depend on how the model starts, or are NaN; those of a constant series are its value.

        Raises:
            NotFittedError: It is not fitted.
            DataError: The data cannot be used, or hold a series that the training part did not.
            ConfigError: The model learns anew for each forecast (`WindowAverage`, `Drift`), or a series has a stand-in
                that does.

        Examples:
            >>> from gatecast import Naive
            >>> Naive().fit([1.0, 3.0]).predict_insample([1.0, 3.0, 2.0])["Naive"].tolist()
            [nan, 1.0, 3.0]
        """
        fitted = self._learned()
        panel = to_panel(data, like=fitted.after)
        forecasts = self._limited(panel.n_series, partial(self._one_step, fitted, panel))
        columns = {panel.columns.target: panel.values, self.name: forecasts}  # noqa: PD011  of a panel
        forecasts_of_all: FrameT = panel.frame(panel.places()[0], panel.all_times(), **columns)
        return forecasts_of_all

    @property
    def seasons_(self) -> tuple[int, ...]:
        """The seasons that were given or found, shortest first; none where there is none."""
        return self._learned().seasons

    @property
    def stand_ins_(self) -> dict[object, Message]:
        """Why some series are forecast by a naive model, by their names."""
        return self._learned().stand_ins

    def _learned(self) -> Fit:
        fitted: Fit | None = getattr(self, "_fitted", None)
        if fitted is None:
            raise NotFittedError(type(self).__name__)
        return fitted

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def _refuse(self, future: Data | None, quantiles: float | Sequence[float] | None) -> None:
        """Say what the model cannot do."""
        if future is not None:
            raise ConfigError(
                f"`future` was passed, and {self.name} learns from the target alone. Leave it out, or use an "
                '`LSTMForecaster(future=["price"])`.'
            )
        if quantiles is not None:
            raise ConfigError(
                f"`quantiles={quantiles!r}` was passed, and {self.name} makes intervals. Use `level=80`, whose bounds "
                "are the quantiles 0.1 and 0.9."
            )

    def _warn_of_failures(self) -> None:
        failed = [(name, reason) for name, reason in self.stand_ins_.items() if reason.code == FAILED]
        if failed:
            warnings.warn(
                f"{len(failed)} of {self._fitted.after.n_series} series are forecast naively, the first is "
                f"{failed[0][0]!r}: {failed[0][1]}",
                stacklevel=3,
            )

    def _limited(self, n_series: int, work: Callable[[Clock], Result]) -> Result:
        facts = {"name": self.name, "n": n_series, "limit": {"time_limit": self.time_limit}}
        message = Message("failure.time_limit_series", facts)
        # what the libraries say of each attempt ("possible convergence problem") is no news about the forecast
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return work(Clock(self.time_limit, message))

    def _fit(self, panel: Panel, clock: Clock) -> Fit:
        found = choose_seasons(panel, self.season_length)
        seasons, season = found.lengths, found.shortest
        histories = [_filled(panel.series(s), season, name) for s, name in enumerate(panel.ids.tolist())]
        models: list[Local] = []
        stand_ins: dict[object, Message] = {}
        for name, y in zip(panel.ids.tolist(), histories, strict=True):
            clock.check(len(models) / panel.n_series)
            model, reason = self._model(y, seasons)
            models.append(model)
            if reason is not None:
                stand_ins[name] = reason
        return Fit(panel.tail_from(panel.lengths), seasons, histories, models, stand_ins)

    def _model(self, y: Floats, seasons: tuple[int, ...]) -> tuple[Local, Message | None]:
        """Fit the model of one series, or what stands in for it; and why it does."""
        y = self._newest(y, seasons)
        if is_constant(y):
            return Constant().fit(y), Message("standin.constant" if len(y) > 1 else "standin.one_value")
        model = self.local(len(y), seasons)
        if model is None:
            return _naive(y, seasons), Message("standin.too_few", {"n": len(y), "name": self.name})
        try:
            return model.fit(y), None
        # the libraries raise whatever they like
        except Exception as error:  # noqa: BLE001
            told = {"name": self.name, "kind": type(error).__name__, "text": str(error)}
            return _naive(y, seasons), Message(FAILED, told)

    def _newest(self, y: Floats, seasons: tuple[int, ...]) -> Floats:
        if self.most_points is None:
            return y
        return y[-max(self.most_points, SEASONS_KEPT * (seasons[0] if seasons else 1)) :]

    def _answers(
        self, fitted: Fit, H: int, levels: tuple[float, ...], panel: Panel | None, clock: Clock
    ) -> list[Answer]:
        """Forecast each series behind the training part, or behind newer data."""
        answers, asked = [], list(levels) or None
        for row, y in enumerate(fitted.histories) if panel is None else _joined(fitted, panel):
            clock.check()
            answer: Answer | None
            if panel is None:
                answer = fitted.models[row].predict(H, level=asked)
            else:
                y = self._newest(y, fitted.seasons)
                answer = None if row < 0 or is_constant(y) else read_on(fitted.models[row], y, H, asked)
            if answer is None:
                answer = self._model(y, fitted.seasons)[0].predict(H, level=asked)
            answers.append(_finite(answer, y, fitted.seasons, H, levels))
        return answers

    def _one_step(self, fitted: Fit, panel: Panel, clock: Clock) -> Floats:
        parts = []
        names, lengths = panel.ids.tolist(), panel.lengths.tolist()
        for name, length, (row, y) in zip(names, lengths, _joined(fitted, panel), strict=True):
            clock.check()
            if row < 0:
                raise DataError(
                    f"Series {name!r} was not in the training part, and one of {fitted.after.n_series} series there "
                    "was expected. Fit on a table that holds it."
                )
            found = np.full(len(y), y[0]) if is_constant(y) else one_step(fitted.models[row], y)
            if found is None:
                raise ConfigError(
                    f"{self.name} learns series {name!r} anew for each forecast, and a model that reads on was "
                    "expected. Use `backtest` with `step_size=1`."
                )
            parts.append(np.concatenate((np.full(length, np.nan), found))[-length:])
        return np.concatenate(parts)

    def _table(self, after: Panel, answers: list[Answer], H: int, levels: tuple[float, ...]) -> FrameT:
        keys = ["mean", *(f"lo-{level}" for level in reversed(levels)), *(f"hi-{level}" for level in levels)]
        names = [self.name, *(level_columns(self.name, levels) if levels else ())]
        columns = {
            name: np.concatenate([np.asarray(answer[key], np.float64) for answer in answers])
            for name, key in zip(names, keys, strict=True)
        }
        rows = np.repeat(np.arange(after.n_series), H)
        table: FrameT = after.frame(rows, after.future_times(H).ravel(), **columns)
        return table


def is_constant(y: Floats) -> bool:
    """Tell whether a series never changed."""
    return bool((y == y[0]).all())


def _naive(y: Floats, seasons: tuple[int, ...]) -> Local:
    season = seasons[0] if seasons else 1
    return LastSeason(season if len(y) > season else 1).fit(y)


def _finite(answer: Answer, y: Floats, seasons: tuple[int, ...], H: int, levels: tuple[float, ...]) -> Answer:
    """Take the naive forecast where a model's own is no number."""
    if np.isfinite(answer["mean"]).all():
        return answer
    return _naive(y, seasons).predict(H, level=list(levels) or None)


def _joined(fitted: Fit, panel: Panel) -> list[tuple[int, Floats]]:
    """Return the row of each series among those fitted, -1 for a new one, and all its values, gaps filled.

    Rows that begin after the training part come behind it; all else are whole series.
    """
    season, match = fitted.seasons[0] if fitted.seasons else 1, match_series(fitted.after, panel)
    joined = []
    for s, (name, row) in enumerate(zip(panel.ids.tolist(), match.rows.tolist(), strict=True)):
        values = panel.series(s)
        if row >= 0 and not match.n_before[s]:
            values = np.concatenate([fitted.histories[row], np.full(match.lead[s], np.nan), values])
        joined.append((row, _filled(values, season, name)))
    return joined


def _filled(values: Floats, season: int, name: object) -> Floats:
    """Return the values of a series from its first observation on, gaps filled from earlier values."""
    seen = np.flatnonzero(~np.isnan(values))
    if not len(seen):
        raise DataError(Message("failure.no_value", {"name": name, "n_points": len(values)}))
    values = np.array(values[seen[0] :], np.float64)
    return fill_gaps(values, np.array([0, len(values)]), season)
