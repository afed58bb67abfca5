"""What does the network see of covariates and the calendar? Standardised numbers, and codes of categories."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gatecast.data.features.calendar import calendar_features, holiday_features, is_daily, wall_clock
from gatecast.data.features.holidays import holiday_names
from gatecast.data.panel.arrays import Array, Floats
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.covariates import category_texts
from gatecast.data.values.gaps import carry_forward
from gatecast.data.values.scaling import fit_scaling
from gatecast.exceptions import DataError

__all__ = [
    "CategoryColumn",
    "CovariateEncoder",
    "Encoded",
    "NumberColumn",
    "embedding_size",
    "fit_encoder",
    "time_features",
]

NEAR_HOLIDAY = "near_holiday"  # name of the category of holidays
CLIP = 10.0  # standard deviations; what lies further out is an accident, and must not drown everything else


@dataclass(frozen=True)
class NumberColumn:
    """How a column of numbers is standardised."""

    name: str
    center: float  # mean over the training part
    scale: float  # standard deviation there; 0 for a constant column, which then is 0 everywhere
    flags_missing: bool  # whether a column that says where it was missing stands behind it

    def standardise(self, values: Array) -> Array:
        """Return float32 of the same shape, NaN where it is missing; a `DataError` if they are no numbers."""
        numbers = self._numbers(values)
        if self.scale == 0:
            self._warn_of_change(numbers)
            return np.where(np.isnan(numbers), np.nan, 0.0).astype(np.float32)
        with np.errstate(over="ignore"):
            standard = (numbers - self.center) / self.scale
        return np.clip(standard, -CLIP, CLIP).astype(np.float32)

    def _warn_of_change(self, numbers: Floats) -> None:
        """Say that a column that never changed does not count where it does."""
        changed = numbers[~np.isnan(numbers) & (numbers != self.center)]
        if len(changed):
            warnings.warn(
                f"Column {self.name!r} never changed in what the model learned from, and is {changed[0]:g} now: "
                "nothing is known of what it does, and it does not count. Fit a model to data in which it changes.",
                stacklevel=4,
            )

    def _numbers(self, values: Array) -> Floats:
        if values.dtype != object:
            return values.astype(np.float64, copy=False)
        # Where all is missing, nothing shows that the column holds numbers.
        texts = values[values != np.array(None)]
        if len(texts):
            raise DataError(
                f"Column {self.name!r} held numbers in the training data and holds {texts[0]!r} now, and numbers were "
                "expected. Correct it."
            )
        return np.full(values.shape, np.nan)


@dataclass(frozen=True)
class CategoryColumn:
    """Which categories a column has; their codes count from 1 in this order, and 0 is unknown or missing."""

    name: str
    categories: tuple[str, ...]  # texts that were seen in training, sorted

    @property
    def cardinality(self) -> int:
        """Number of codes."""
        return len(self.categories) + 1

    def encode(self, values: Array) -> Array:
        """Return int32 codes of the same shape."""
        import pandas as pd

        texts = category_texts(values.ravel())
        codes = pd.Index(self.categories, dtype=object).get_indexer(pd.Index(texts, dtype=object)) + 1
        return codes.astype(np.int32).reshape(values.shape)

    def warn_of_new(self, values: Array, codes: Array) -> None:
        """Warn of a category that was not there in training, by its code: it counts as missing."""
        new = values[(codes == 0) & (values != np.array(None))]
        if len(new):
            seen = ", ".join(map(repr, self.categories[:5])) + (", ..." if len(self.categories) > 5 else "")
            warnings.warn(
                f"Column {self.name!r} holds {str(new[0])!r}, which was not in what the model learned from ({seen}): "
                "it counts as missing. Spell it alike, or fit a model to data that have it.",
                stacklevel=4,
            )


@dataclass(frozen=True)
class Encoded:
    """The covariates of a panel, as the network reads them; what is known ahead comes first."""

    numeric: Array  # float32, shape `(N, Fn)`
    codes: Array  # int32, shape `(N, C)`
    static_numeric: Array  # float32, shape `(S, Fs)`
    static_codes: Array  # int32, shape `(S, Cs)`


@dataclass(frozen=True)
class CovariateEncoder:
    """How covariates become numbers; learned from the training part by `fit_encoder`.

    The columns of `numeric` are, in this order: numbers that are known ahead, cycles of the calendar, holidays, numbers
    of the past. A column that had missing values in training has one behind it that is 1 where it is missing.
    """

    future_numbers: tuple[NumberColumn, ...] = ()
    past_numbers: tuple[NumberColumn, ...] = ()
    static_numbers: tuple[NumberColumn, ...] = ()
    future_categories: tuple[CategoryColumn, ...] = ()
    past_categories: tuple[CategoryColumn, ...] = ()
    static_categories: tuple[CategoryColumn, ...] = ()
    calendar: bool = False  # whether cycles of the calendar are columns
    country: str | None = None  # whose holidays are columns, None for nobody's
    calendar_names: tuple[str, ...] = ()  # the columns that follow from the times alone
    holidays: CategoryColumn | None = None  # which holiday is near, and how far, for steps up to days; known ahead

    @property
    def future_names(self) -> tuple[str, ...]:
        """Columns of the user's table that must be known ahead, what `read_future` reads."""
        return _plain_names(self.future_numbers, self.future_categories)

    @property
    def numeric_names(self) -> tuple[str, ...]:
        """Names of the Fn columns of `numeric`."""
        return (*_names(self.future_numbers), *self.calendar_names, *_names(self.past_numbers))

    @property
    def n_future_numeric(self) -> int:
        """How many columns of `numeric` are known ahead; they are the first ones."""
        return len(_names(self.future_numbers)) + len(self.calendar_names)

    @property
    def n_future_codes(self) -> int:
        """How many columns of `codes` are known ahead; they are the first ones."""
        return len(self.future_categories) + (self.holidays is not None)

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of codes of each column of `codes`, unknown among them."""
        return tuple(column.cardinality for column in self._code_columns)

    @property
    def static_cardinalities(self) -> tuple[int, ...]:
        """Number of codes of each column of `static_codes`, unknown among them."""
        return tuple(column.cardinality for column in self.static_categories)

    def encode_panel(self, panel: Panel, before: Array | None = None) -> Encoded:
        """Encode the covariates of all points of a panel; a row depends on no later one.

        Numbers that are missing are the last ones of the series for the past, and the mean where there are none, and
        for what is known ahead. Behind other panels, `before`, `(S, Fn)`, is their last row of `numeric`.
        """
        self._check_there(panel)
        future = self._future_numeric(panel.future, panel, panel.all_times())
        past = []
        for i, (column, is_flag) in enumerate(_with_flags(self.past_numbers)):
            last = 0.0 if before is None else before[:, self.n_future_numeric + i]
            standard = column.standardise(panel.past[column.name])
            past.append(np.isnan(standard) if is_flag else carry_forward(standard, panel.offsets, last))
        codes = self._future_codes(panel.future, panel, panel.all_times())
        codes += [column.encode(panel.past[column.name]) for column in self.past_categories]
        N, S = len(panel.values), panel.n_series
        static = [np.nan_to_num(column.standardise(panel.static[column.name])) for column in self.static_numbers]
        static_codes = [column.encode(panel.static[column.name]) for column in self.static_categories]
        return Encoded(
            numeric=_stacked([*future, *past], (N,), np.float32),
            codes=_stacked(codes, (N,), np.int32),
            static_numeric=_stacked(static, (S,), np.float32),
            static_codes=_stacked(static_codes, (S,), np.int32),
        )

    def warn_of_new(self, panel: Panel, codes: Array) -> None:
        """Warn of categories in newer data that a model has not learned; `codes`, `(N, C)`, are what became of them."""
        for column, own in zip(self._code_columns, codes.T, strict=True):
            # a holiday that was not in the training part is no mistake of the user's
            if column is not self.holidays:
                values = panel.future if column.name in panel.future else panel.past
                column.warn_of_new(values[column.name], own)

    def encode_future(self, after: Panel, horizon: int, values: dict[str, Array]) -> tuple[Array, Array]:
        """Encode what is known of the steps behind the data, the calendar among it, of S series that start right there.

        The covariates, `(S, H)` each, come from `read_future`, {} where there are none. Returns float32 of shape
        `(S, H, n_future_numeric)`, and int32 of shape `(S, H, n_future_codes)`.
        """
        times = after.future_times(horizon)
        numeric = self._future_numeric(values, after, times)
        codes = self._future_codes(values, after, times)
        for column, own in zip(self.future_categories, codes, strict=False):
            column.warn_of_new(values[column.name], own)
        return _stacked(numeric, times.shape, np.float32), _stacked(codes, times.shape, np.int32)

    @property
    def _code_columns(self) -> tuple[CategoryColumn, ...]:
        holidays = () if self.holidays is None else (self.holidays,)
        return (*self.future_categories, *holidays, *self.past_categories)

    def _future_numeric(self, values: dict[str, Array], panel: Panel, times: Array) -> list[Array]:
        """Return the columns that are known ahead, each of the shape of `times`."""
        columns = []
        for column in self.future_numbers:
            standard = column.standardise(values[column.name])
            columns.append(np.nan_to_num(standard))
            if column.flags_missing:
                columns.append(np.isnan(standard))
        if not self.calendar_names:
            return columns
        names, features = time_features(panel, times.ravel(), calendar=self.calendar, country=self.country)
        if names != self.calendar_names:
            raise DataError(
                f"The data have the frequency {panel.freq!r}, which has another calendar than that of the training "
                f"data, and {', '.join(self.calendar_names)} were expected. Pass data of the frequency of training."
            )
        return columns + [features[:, k].reshape(times.shape) for k in range(len(names))]

    def _future_codes(self, values: dict[str, Array], panel: Panel, times: Array) -> list[Array]:
        """Return the codes that are known ahead, each of the shape of `times`."""
        codes = [column.encode(values[column.name]) for column in self.future_categories]
        if self.holidays is not None and self.country is not None:
            names = _holiday_names(panel, times.ravel(), self.country)
            codes.append(self.holidays.encode(names).reshape(times.shape))
        return codes

    def _check_there(self, panel: Panel) -> None:
        lacking = [name for name in self.future_names if name not in panel.future]
        past = _plain_names(self.past_numbers, self.past_categories)
        lacking += [name for name in past if name not in panel.past]
        static = _plain_names(self.static_numbers, self.static_categories)
        lacking += [name for name in static if name not in panel.static]
        if lacking:
            raise DataError(
                f"The panel lacks the covariates {', '.join(map(repr, lacking))}, and all that the model learned from "
                "were expected. Read it with the same `past=`, `future=` and `static=`."
            )


def embedding_size(cardinality: int) -> int:
    """Suggest how many numbers stand for a category: `min(16, ceil(n ** 0.56))`.

    The exponent is that of fastai's rule of thumb, `min(600, round(1.6 * n ** 0.56))` (`emb_sz_rule` in
    fastai/tabular/model.py); smaller here, as a forecaster on a CPU learns from fewer rows.
    """
    return min(16, math.ceil(math.pow(cardinality, 0.56)))


def fit_encoder(panel: Panel, *, calendar: bool = False, country: str | None = None) -> CovariateEncoder:
    """Learn how to encode the covariates of a panel, over all its series together.

    The cycles of the calendar (`calendar_features`) and the public holidays of a country (`holiday_features`) are more.
    """
    names, _ = time_features(panel, panel.starts[:0], calendar=calendar, country=country)
    holidays: tuple[CategoryColumn, ...] = ()
    if country is not None and is_daily(panel.grid):
        holidays = fit_categories({NEAR_HOLIDAY: _holiday_names(panel, panel.all_times(), country)})
    return CovariateEncoder(
        fit_numbers(panel.future),
        fit_numbers(panel.past),
        fit_numbers(panel.static),
        fit_categories(panel.future),
        fit_categories(panel.past),
        fit_categories(panel.static),
        calendar=calendar,
        country=country,
        calendar_names=names,
        holidays=holidays[0] if holidays else None,
    )


def fit_numbers(columns: dict[str, Array]) -> tuple[NumberColumn, ...]:
    """Learn from the columns that hold numbers, shape `(n,)` each."""
    return tuple(_number_column(name, values) for name, values in columns.items() if values.dtype != object)


def _number_column(name: str, values: Floats) -> NumberColumn:
    scaling = fit_scaling(values, np.array([0, len(values)]), "standard")
    observed = values[~np.isnan(values)]
    is_constant = len(observed) == 0 or bool(observed.min() == observed.max())
    scale = 0.0 if is_constant else float(scaling.scale[0])
    return NumberColumn(name, float(scaling.center[0]), scale, flags_missing=len(observed) < len(values))


def fit_categories(columns: dict[str, Array]) -> tuple[CategoryColumn, ...]:
    """Learn from the columns that hold categories, shape `(n,)` each."""
    return tuple(
        CategoryColumn(name, tuple(sorted({str(value) for value in values if value is not None})))
        for name, values in columns.items()
        if values.dtype == object
    )


def _plain_names(numbers: Iterable[NumberColumn], categories: Iterable[CategoryColumn]) -> tuple[str, ...]:
    return (*(column.name for column in numbers), *(column.name for column in categories))


def _names(columns: Iterable[NumberColumn]) -> list[str]:
    return [f"{column.name}_missing" if is_flag else column.name for column, is_flag in _with_flags(columns)]


def _with_flags(columns: Iterable[NumberColumn]) -> list[tuple[NumberColumn, bool]]:
    """Return each column, and behind it the one that says where it was missing."""
    return [(column, is_flag) for column in columns for is_flag in (False, True)[: 1 + column.flags_missing]]


def time_features(panel: Panel, times: Array, *, calendar: bool, country: str | None) -> tuple[tuple[str, ...], Array]:
    """Return names and values, float32, shape `(n, K)`, of what follows from the times, shape `(n,)`, alone."""
    clock = wall_clock(panel, times)
    parts = [calendar_features(clock, panel.grid)] if calendar else []
    parts += [holiday_features(clock, panel.grid, country)] if country is not None else []
    names = tuple(name for names, _ in parts for name in names)
    return names, np.concatenate([np.empty((len(times), 0), np.float32), *(values for _, values in parts)], axis=1)


def _holiday_names(panel: Panel, times: Array, country: str) -> Array:
    """Name the holiday near each time, shape `(n,)`, which is looked for once for each day."""
    days, places = np.unique(wall_clock(panel, times).astype("datetime64[D]").astype(np.int64), return_inverse=True)
    return np.asarray(holiday_names(days, country)[places])


def _stacked(columns: list[Array], shape: tuple[int, ...], dtype: type[np.generic]) -> Array:
    """Put columns of one shape side by side, one column of the result at a time."""
    result = np.empty((*shape, len(columns)), dtype=dtype)
    for k, column in enumerate(columns):
        result[..., k] = column
    return result
