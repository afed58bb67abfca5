"""How are several models combined into one forecast? By the mean of what they say, plain or weighted."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Generic, Unpack, final, overload

import numpy as np

from gatecast._validation import answers_making
from gatecast.backtesting.held import Held, check_asked, hold_within, read_quietly
from gatecast.backtesting.models import Model, named_models, takes
from gatecast.data.panel.arrays import Array, Floats, Frame
from gatecast.data.values.bounds import AUTO, Limits
from gatecast.exceptions import ConfigError, DataError, NotFittedError
from gatecast.forecaster import LSTMForecaster
from gatecast.metrics.levels import check_levels, level_columns, quantile_columns
from gatecast.model.parameters import Parameters
from gatecast.model.protocol import FrameT

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from gatecast.backtesting.record import Backtest
    from gatecast.data.panel.frequency import Freq
    from gatecast.data.panel.panel import Panel
    from gatecast.data.reading.shapes import Name
    from gatecast.model.protocol import Data, Names, NewFrameT, Values

__all__ = ["WEIGHTS", "Combination", "ask", "forecast_columns", "inverse_error_weights", "knows_ahead", "mean_of"]

# what a combination calls itself, by how it weighs
WEIGHTS = {"mean": "Mean", "backtest": "Weighted"}


@dataclass(frozen=True)
class Combined:
    """What a combination learned: its models, fitted, and their weights `(M,)`, which sum to 1."""

    models: dict[str, Model]
    weights: Floats
    held: Held  # between which values it stays
    names: dict[str, Any]  # of the columns, as they were given to `fit`


@final
@answers_making
@dataclass(eq=False)
class Combination(Parameters, Generic[FrameT]):
    """Forecast by the mean of several models, which is often better than the best of them (Bates and Granger 1969).

    Point forecasts are averaged, and so are the ends of intervals and quantiles, each with those of the same
    probability (Vincentization; Lichtendahl, Grushka-Cockayne and Winkler 2013): the interval is as wide as the models'
    are on average, and does not become wider because they disagree.

    Args:
        models: Models with `fit` and `predict`, as a list, or by their names. Copies are fitted.
        weights: "mean" weighs all alike, which estimated weights seldom beat (Smith and Wallis 2009). "backtest" weighs
            by the inverse of mean squared errors, over the series' scales, in rolling origins inside the data (Bates
            and Granger 1969 without correlations, as Stock and Watson 2004); all alike where the series are too short
            for one. All series share the weights.
        label: Name of the forecast's column; such as `Mean(LSTM, AutoETS)` when absent.
        lower: Least value of any forecast, as in `LSTMForecaster`. With "auto" that of its models where one has one,
            else zero for series that are never below it and often zero. None is no bound.
        upper: Greatest value of any forecast; that of its models when absent.

    Attributes:
        models_: The fitted models by their names.
        weights_: The weights by the names of the models. Of LSTMs that forecast the same with pretrained networks the
            first counts, and the others have 0.

    Examples:
        >>> from gatecast import Combination, Drift, Naive
        >>> both = Combination([Naive(horizon=2), Drift(horizon=2)]).fit([1.0, 2.0, 5.0])
        >>> both.predict()["Mean(Naive, Drift)"].tolist()
        [6.0, 7.0]
    """

    models: Sequence[Model] | Mapping[str, Model]
    _: KW_ONLY
    weights: str = "mean"
    label: str | None = None
    lower: float | str | None = AUTO
    upper: float | None = None

    @property
    def name(self) -> str:
        """Name of the forecast's column."""
        return self.label or f"{WEIGHTS.get(self.weights, 'Combination')}({', '.join(self.members)})"

    @property
    def members(self) -> dict[str, Model]:
        """The models as they were passed, by their names."""
        return {entry.name: entry.model for entry in named_models(self.models)}

    @property
    def models_(self) -> dict[str, Model]:
        """The fitted models by their names."""
        return self._learned().models

    @property
    def weights_(self) -> dict[str, float]:
        """The weights by the names of the models."""
        fitted = self._learned()
        return dict(zip(fitted.models, fitted.weights.tolist(), strict=True))

    def of(self, models: Mapping[str, Model]) -> Combination:
        """Return a combination of other models with the same settings, not fitted."""
        bounds = {"lower": self.lower, "upper": self.upper}
        return Combination(dict(models), weights=self.weights, label=self.name, **bounds)  # type: ignore[arg-type]

    def learned_from(
        self, models: Mapping[str, Model], weights: Sequence[float], panel: Panel, names: Mapping[str, Any]
    ) -> Combination:
        """Return a combination of the same settings with models that are fitted to a panel, and their weights."""
        made = self.of(models)
        held = Held.of(panel, made._limits)
        made._fitted = Combined(dict(models), np.asarray(weights, np.float64), held, dict(names))
        return made

    @property
    def _limits(self) -> Limits:
        return hold_within(self.lower, self.upper, self.members.values())

    def check(self) -> None:
        """Raise a ConfigError where a setting makes no sense."""
        named_models(self.models)
        check_asked(self.lower, self.upper)
        if self.weights not in WEIGHTS:
            raise ConfigError(
                f'`weights` must be "mean" or "backtest", got {self.weights!r}. Use `weights="mean"` for the plain '
                "mean."
            )

    @overload
    def fit(self, data: NewFrameT, **names: Unpack[Names]) -> Combination[NewFrameT]: ...

    @overload
    def fit(self, data: Values, *, freq: Freq | None = None) -> Combination[pd.DataFrame]: ...

    @overload
    def fit(self, data: pl.Series | Panel, *, freq: Freq | None = None) -> Combination: ...

    def fit(
        self,
        data: Data,
        *,
        id_col: Name = None,
        time_col: str | None = None,
        target_col: Name = None,
        freq: Freq | None = None,
    ) -> Combination:
        """Fit a copy of each model, and estimate the weights where they come from a backtest.

        Args:
            data: Frame, Series or array, as in `LSTMForecaster.fit`.
            id_col: Name of the column that tells series apart, handed on to each model like all that follow.
            time_col: Name of the time column.
            target_col: Name of the target column.
            freq: pandas frequency of the times.

        Raises:
            ConfigError: There are no models, two have one name, or `weights` is not known.
        """
        self.check()
        names = {"id_col": id_col, "time_col": time_col, "target_col": target_col, "freq": freq}
        given = {name: value for name, value in names.items() if value is not None}
        held = Held.of(read_quietly(data, given), self._limits)
        weights = self._estimated(data, given)
        models = {name: copy.deepcopy(model) for name, model in self.members.items()}
        for model in models.values():
            model.fit(data, **{name: value for name, value in given.items() if takes(model.fit, name)})
        counts = _counts(models)
        total = float(weights[counts].sum())
        self._fitted = Combined(models, np.where(counts, weights / total, 0.0) if total else weights, held, given)
        return self

    def predict(
        self,
        horizon: int | None = None,
        data: Data | None = None,
        *,
        future: Data | None = None,
        level: float | Sequence[float] | None = None,
        quantiles: float | Sequence[float] | None = None,
    ) -> FrameT:
        """Average the forecasts of all models.

        Args:
            horizon: Steps ahead; those that the models were made with when absent.
            data: Newer data, where all models can go on from them.
            future: Frame with the columns that are known ahead, for the models that learned from such.
            level: Coverage of intervals in %, e.g. 80 or [80, 95], where all models have intervals.
            quantiles: Probabilities, where all models have quantiles.

        Returns:
            A table `unique_id, ds, <name>`, of the library that the data came from; intervals as `<name>-lo-80`,
            `<name>-hi-80`.

        Raises:
            NotFittedError: Nothing was fitted, yet.
            ConfigError: A model cannot do what was asked for.
            DataError: A model lacks a forecast that another one made.
        """
        import narwhals as nw

        fitted = self._learned()
        asked: dict[str, object] = {"horizon": horizon, "data": data, "level": level, "quantiles": quantiles}
        given = {name: value for name, value in asked.items() if value is not None}
        tables = {}
        for member, model in fitted.models.items():
            known = {"future": future} if future is not None and knows_ahead(model) else {}
            tables[member] = nw.from_native(ask(member, model, given | known), eager_only=True)
        made = mean_of(tables, fitted.weights, self.name, level, quantiles, fitted.held.n_keys)
        held = fitted.held if data is None else fitted.held.newer(read_quietly(data, fitted.names))
        forecast: FrameT = held.hold(made, forecast_columns(self.name, level, quantiles)).to_native()
        return forecast

    def _learned(self) -> Combined:
        fitted: Combined | None = getattr(self, "_fitted", None)
        if fitted is None:
            raise NotFittedError("Combination")
        return fitted

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def _estimated(self, data: Data, given: Mapping[str, Any]) -> Floats:
        """Return the weights, `(M,)`."""
        alike = np.full(len(self.members), 1 / len(self.members))
        if self.weights == "mean":
            return alike
        from gatecast.backtesting.backtest import backtest

        horizon = max(int(getattr(model, "horizon", 1)) for model in self.members.values())
        try:
            found = backtest(data, horizon, self.members, level=None, progress=False, **given)
        except DataError:
            # too short for a single window; what else is wrong with the data, the models say
            return alike
        return inverse_error_weights(found)


def _counts(models: Mapping[str, Model]) -> Array:
    """Tell which fitted models count, `(M,)` of bool: of LSTMs that left a season to the same pretrained networks one.

    Their forecasts are the same, which would weigh twice.
    """
    known: set[tuple[int, tuple[int, ...]]] = set()
    found = []
    for model in models.values():
        is_new = True
        if isinstance(model, LSTMForecaster) and not model.fitted_.record.is_trained:
            key = (model.fitted_.horizon, model.fitted_.record.seasons.lengths)
            is_new = key not in known
            known.add(key)
        found.append(is_new)
    return np.array(found)


def inverse_error_weights(backtest: Backtest) -> Floats:
    """Weigh the models of a backtest by the inverse of their mean squared errors, to weights `(M,)` that sum to 1.

    They minimise the variance of the combination's error where those of the models are uncorrelated and not biased
    (Bates and Granger 1969). Errors are over the series' scales, so that no series counts more than another, at the
    steps that all models forecast; a model without any forecast weighs nothing. A model without errors takes it all.
    """
    table = backtest.forecasts
    scale = table["unique_id"].map(dict(backtest.scales)).to_numpy(float)
    if not (scale > 0).any():
        scale = np.ones(len(table))
    errors = (table[list(backtest.models)].to_numpy(float) - table[["y"]].to_numpy(float)) / np.where(
        scale > 0, scale, np.nan
    )[:, None]
    has_any = np.isfinite(errors).any(axis=0)
    if not has_any.any():
        return np.full(len(has_any), 1 / len(has_any))
    rows = np.isfinite(errors[:, has_any]).all(axis=1)
    squares = np.full(len(has_any), np.inf)
    # where no step is shared by all, each has its own
    shared = errors[rows] if rows.any() else errors
    squares[has_any] = np.nanmean(shared[:, has_any] ** 2, axis=0)
    smallest = squares.min()
    inverse = (squares == 0).astype(float) if smallest == 0 else smallest / squares
    return np.asarray(inverse / inverse.sum())


def forecast_columns(
    name: str, level: float | Sequence[float] | None, quantiles: float | Sequence[float] | None
) -> Iterator[str]:
    """Name the columns of a forecast: the point forecast, the ends of intervals, the quantiles."""
    yield name
    yield from () if level is None else level_columns(name, check_levels(level))
    yield from () if quantiles is None else quantile_columns(name, quantiles)


def knows_ahead(model: object) -> bool:
    """Tell whether a model learned from columns that are known ahead."""
    return bool(getattr(model, "future", ()) or any(map(knows_ahead, getattr(model, "members", {}).values())))


def ask(name: str, model: Model, given: Mapping[str, object]) -> Frame:
    """Let a model forecast; one of somebody else may have fewer arguments."""
    lacking = [argument for argument in given if not takes(model.predict, argument)]
    if lacking:
        raise ConfigError(
            f"`{lacking[0]}` was passed, and `predict` of {name} has no such argument. Leave it out, or take "
            "other models."
        )
    return model.predict(**given)


def mean_of(
    tables: Mapping[str, Any],
    weights: Floats | None,
    name: str,
    level: float | Sequence[float] | None,
    quantiles: float | Sequence[float] | None,
    n_keys: int = 2,
) -> Any:
    """Average forecasts of several models, narwhals tables, with weights `(M,)`, plain where there are none.

    Their first `n_keys` columns are those of ids and times.
    """
    import narwhals as nw

    first = next(iter(tables.values()))
    total: dict[str, Floats] = {}
    shares = np.full(len(tables), 1 / len(tables)) if weights is None else weights
    for (model, table), weight in zip(tables.items(), shares, strict=True):
        places = _places(first, table, model, n_keys)
        own = model if model in table.columns else table.columns[n_keys]
        names = (forecast_columns(whose, level, quantiles) for whose in (own, name))
        for theirs, ours in zip(*names, strict=True):
            values = weight * table[theirs].to_numpy().astype(np.float64)[places]
            total[ours] = total[ours] + values if ours in total else values
    series = [nw.new_series(column, total[column], nw.Float64, backend=first.implementation) for column in total]
    return first.select(first.columns[:n_keys]).with_columns(*series)


def _places(first: Any, table: Any, name: str, n_keys: int) -> Any:
    """Return where the rows of the first table stand in another one."""
    ours, theirs = (
        list(zip(*(t[column].to_list() for column in t.columns[:n_keys]), strict=True)) for t in (first, table)
    )
    if ours == theirs:
        return slice(None)
    order = {key: place for place, key in enumerate(theirs)}
    lacking = [key for key in ours if key not in order]
    if lacking:
        raise DataError(
            f"{name} has no forecast of series {_called(lacking[0][:-1])} at {lacking[0][-1]}, and all models of a "
            "combination forecast the same steps. Make them with one `horizon`."
        )
    return np.array([order[key] for key in ours], np.int64)


def _called(cells: tuple[object, ...]) -> str:
    return ", ".join(map(repr, cells))
