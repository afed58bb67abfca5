"""Can what a model file says be true? Its header has a schema, its arrays follow from that, and its forecast is tried.

A file may be damaged, or made by somebody who wants to crash or stall whoever opens it. So nothing is allocated or
computed by a number of the header before that number agrees with the arrays that the file holds.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import narwhals as nw
import numpy as np

from gatecast._files import Tensors
from gatecast._json import JsonObject, converted
from gatecast.data.panel.arrays import Array
from gatecast.data.panel.panel import Columns
from gatecast.data.panel.type_facts import TypeFacts
from gatecast.data.reading.table import LARGEST
from gatecast.data.values.bounds import AUTO, Limits
from gatecast.data.values.boxcox import HIGHEST_POWER, LOWEST_POWER, BoxCoxRows
from gatecast.data.values.scaling import KINDS
from gatecast.data.values.transforms import TRANSFORMS, BoxCox
from gatecast.model.fitted import FitRecord, Fitted
from gatecast.model.forecast import Forecast
from gatecast.model.settings import SETTINGS, Settings
from gatecast.network.inputs import Ahead, LossSettings
from gatecast.network.layers import LAYERS
from gatecast.network.spec import NetworkSpec

__all__ = ["COUNTS", "OF_SERIES", "Counts", "Header", "SeriesFacts", "check_forecast", "check_some", "check_tensors"]
__all__ += ["settings_of"]

# what all series and all members share; everything else in `PanelArrays` is an array
COUNTS = ("n_ahead_numbers", "n_ahead_codes")
# arrays of `Fitted` with a row for each series
OF_SERIES = ("lengths", "anchors", "tail", "years", "naive_scales")
TIMES = "datetime64[ns]"
TABLES = {kind.value for kind in nw.Implementation} - {nw.Implementation.UNKNOWN.value}
# steps that a lag, a season or a window may have: ten seconds of a year are 3 million
MOST_STEPS = 1 << 22
# steps ahead that a setting may ask for where networks look less far; numbers of a state that the file does not hold
MOST_AHEAD, MOST_STATE = 100_000, 1 << 22
# multiplications of the forecast that is tried, of as many series as that allows: a tenth of a second
MOST_TRIED = 200_000_000
LEVELS = (80.0,)


@dataclass(frozen=True)
class Counts:
    """How many columns of the newest points are known ahead."""

    n_ahead_numbers: int
    n_ahead_codes: int


@dataclass(frozen=True)
class SeriesFacts:
    """The series that a model learned from, without their values; see `Panel`."""

    ids: list[str | int | float | bool]
    freq: str | int
    timezone: str | None
    unit: str | None
    columns: Columns
    backend: str
    # of what varies in time only the type is left: whether it is a category
    past: dict[str, bool]
    future: dict[str, bool]
    static: dict[str, tuple[bool, list[str | int | float | bool | None]]]
    bare_times: bool = False
    types: dict[str, TypeFacts] = field(default_factory=dict)
    # by its name, the cells of each column where several name the series together
    id_parts: dict[str, list[str | int | float | bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no panel is; ValueError."""
        _require(len(self.ids) > 0, "no series")
        _require(all(id_ == id_ for id_ in self.ids), "a series without a name")
        _require(self.unit in (None, TIMES), f"times of the unit {self.unit!r}")
        _require((self.unit is None) == isinstance(self.freq, int), f"the frequency {self.freq!r} of other times")
        _require(not isinstance(self.freq, int) or 0 < self.freq < 2**31, f"the step {self.freq!r}")
        _require(all(len(values) == len(self.ids) for _, values in self.static.values()), "columns of other series")
        _require(all(len(cells) == len(self.ids) for cells in self.id_parts.values()), "columns of other series")
        _require(self.backend in TABLES, f"tables of {self.backend!r}")
        if self.timezone is not None:
            _check_zone(self.timezone)


@dataclass(frozen=True)
class Header:
    """All that a model file says beside its arrays and settings."""

    n_members: int
    spec: NetworkSpec
    loss: LossSettings
    window: int
    recent: Counts
    scaling: str
    limits: Limits
    encoder: JsonObject | None
    yearly_lags: JsonObject | None
    after: SeriesFacts
    record: FitRecord
    widening: float

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be, and texts that the catalogue does not have; ValueError or KeyError."""
        _require(self.n_members >= 1, f"{self.n_members} networks")
        _require(0 <= self.window <= MOST_STEPS, f"a window of {self.window} steps")
        _require(self.scaling in KINDS, f"the scaling {self.scaling!r}")
        lower = self.limits.lower
        _require(not isinstance(lower, str) or lower == AUTO, f"the lower bound {lower!r}")
        _require(all(map(math.isfinite, self.limits.given.values())), f"the bounds {self.limits!r}")
        _require(self.record.transform in TRANSFORMS, f"the transform {self.record.transform!r}")
        _require(0 < self.widening < math.inf, f"intervals that are {self.widening} times as wide")
        _check_spec(self.spec)
        _check_record(self.record)
        # the core has checks of its own
        self.loss.native()
        _require(self.spec.n_parameters_of_step == self.loss.n_parameters, "a loss of another network")

    @property
    def state_size(self) -> int:
        """Numbers of a network's state that are kept of a series."""
        return 0 if self.window else self.spec.state_size


@dataclass(frozen=True)
class _Names:
    """Settings that are names of the data, which the settings themselves do not check."""

    past: str | list[str]
    future: str | list[str]
    static: str | list[str]
    country: str | None


def settings_of(values: object) -> Settings:
    """Return the settings of a fit, checked one by one; ValueError or ConfigError where they cannot be."""
    kept = converted(values, dict[str, Any])
    _require(set(kept) == set(SETTINGS), "settings of another version")
    converted(kept, _Names)
    settings = Settings(**kept)
    settings.check()
    return settings


def check_tensors(tensors: Tensors, header: Header, settings: Settings) -> None:
    """Refuse arrays whose names, shapes, types or contents are not those that a header implies; ValueError."""
    expected = dict(_expected(tensors, header))
    missing, unknown = sorted(set(expected) - set(tensors)), sorted(set(tensors) - set(expected))
    _require(not missing, f"no array {missing[:1]}")
    _require(not unknown, f"an unknown array {unknown[:1]}")
    for name, rule in expected.items():
        rule.check(name, tensors[name])
    offsets = tensors["recent.offsets"]
    _require(offsets[0] == 0 and offsets[-1] == len(tensors["recent.values"]), "newest points of other series")
    _require(bool((np.diff(offsets) >= 0).all()), "series that end before they begin")
    _check_bounds(tensors, header.limits)
    _check_columns(tensors, header)
    if "calibration.residuals" in tensors:
        _require(bool(np.isfinite(tensors["calibration.residuals"]).any()), "no error that was measured")
    season, tail = header.record.value_inputs.season, tensors["series.tail"].shape[1]
    _require(season <= 4 * tail + 4096, f"a season of {season} steps")
    _require(settings.horizon <= max(header.spec.horizon, MOST_AHEAD), f"a horizon of {settings.horizon} steps")


def _check_bounds(tensors: Tensors, limits: Limits) -> None:
    """Refuse bounds of series that are not those that were asked for, or found; ValueError."""
    lower, upper = tensors["series.lower"], tensors["series.upper"]
    _require(bool((lower < upper).all()), "bounds that leave nothing between them")
    found = (0.0, -np.inf) if limits.lower == AUTO else limits.given.get("lower", -np.inf)
    _require(bool(np.isin(lower, found).all()), "lower bounds of other limits")
    _require(bool((upper == limits.given.get("upper", np.inf)).all()), "upper bounds of other limits")


def check_some(tensors: Tensors, header: Header, names: tuple[str, ...]) -> list[Array]:
    """Return some of the arrays of the series, checked by what a header implies; ValueError."""
    S = len(header.after.ids)
    for name in names:
        _require(name in tensors, f"no array {name!r}")
        _of_series(S)[name].check(name, tensors[name])
    return [tensors[name] for name in names]


def _check_columns(tensors: Tensors, header: Header) -> None:
    """Refuse newest points with other covariates than those that the networks read; ValueError."""
    spec, inputs = header.spec, header.record.value_inputs
    n_numbers, n_codes, n_static, n_static_codes = (
        tensors[f"recent.{name}"].shape[1] for name in ("numbers", "codes", "static_numbers", "static_codes")
    )
    counts = spec.n_ahead_numbers, spec.n_ahead_codes
    _require(counts == (header.recent.n_ahead_numbers, header.recent.n_ahead_codes), "other columns known ahead")
    _require(counts[0] <= n_numbers and counts[1] <= n_codes, "more columns known ahead than columns")
    _require(spec.dense_inputs == inputs.n_inputs + n_numbers + n_static, "inputs of another network")
    _require(spec.n_skip_forecasts in (0, inputs.n_candidates), "naive forecasts of another network")
    _require(len(spec.embeddings) == n_codes + n_static_codes, "categories of another network")
    n_categories = np.array([rows for rows, _ in spec.embeddings], np.int64)
    for name, known in (("codes", n_categories[:n_codes]), ("static_codes", n_categories[n_codes:])):
        _require(bool((tensors[f"recent.{name}"] < known).all()), "a category that there is not")


def _check_covariates(fitted: Fitted) -> None:
    """Refuse an encoder of other columns than those that the series have and the networks read; ValueError."""
    from gatecast.data.features.encoding import time_features

    preparation, after, spec = fitted.preparation, fitted.after, fitted.ensemble.spec
    encoder, own = preparation.encoder, preparation.yearly_lags
    reach, n_own = (0, 0) if own is None else (own.reach, len(own.names))
    _require(fitted.years.shape[1] == reach, "earlier years of another length")
    _require(fitted.anchors.shape[1] == getattr(preparation.transform, "lag", 0), "anchors of another length")
    if own is not None:
        _require(0 <= own.scale < math.inf and all(0 < year < 100 for year in own.years), "earlier years of no scale")
    if encoder is None:
        _require(own is None, "earlier years without a calendar")
        return
    columns = {"future": after.future, "past": after.past, "static": after.static}
    for role, there in columns.items():
        numbers, categories = getattr(encoder, f"{role}_numbers"), getattr(encoder, f"{role}_categories")
        is_category = {one.name: False for one in numbers} | {one.name: True for one in categories}
        _require(is_category == {name: array.dtype == object for name, array in there.items()}, f"other {role} columns")
        _require(all(math.isfinite(one.center) and 0 <= one.scale < math.inf for one in numbers), "columns of no scale")
        _require(all(len(set(one.categories)) == len(one.categories) for one in categories), "a category twice")
    _require(n_own + encoder.n_future_numeric == spec.n_ahead_numbers, "other numbers known ahead")
    _require(encoder.n_future_codes == spec.n_ahead_codes, "other categories known ahead")
    n_numbers = n_own + len(encoder.numeric_names), len(encoder.static_numbers)
    recent = fitted.memories[0].recent
    _require((recent.numbers.shape[1], recent.static_numbers.shape[1]) == n_numbers, "other numbers")
    cardinalities = (*encoder.cardinalities, *encoder.static_cardinalities)
    _require(tuple(rows for rows, _ in spec.embeddings) == cardinalities, "other categories")
    if encoder.country is None:
        names, _ = time_features(after, after.starts[:0], calendar=encoder.calendar, country=None)
        _require(names == encoder.calendar_names, "another calendar")


def _check_scale(fitted: Fitted) -> None:
    """Refuse a transform and a scale under which the newest value of a series is no number; ValueError."""
    newest, offsets = fitted.tail[:, -1], np.arange(len(fitted.tail) + 1)
    preparation = fitted.preparation
    # a difference is at most as large as the values, and more cannot be said without the value before it
    is_elementwise = preparation.transform.is_elementwise
    with np.errstate(all="ignore"):
        bent = preparation.transform.forward(newest, offsets) if is_elementwise else newest
        scaled = preparation.scaling.transform(bent, offsets, np.float32)
    _require(bool((np.isfinite(scaled) | np.isnan(newest)).all()), "a scale of other values")


def check_forecast(fitted: Fitted) -> None:
    """Forecast some of the series, with zeros for what is known ahead, and refuse a result that is not finite.

    ValueError, or whatever the parts of a model raise that do not fit together.
    """
    _check_covariates(fitted)
    _check_scale(fitted)
    n, spec = len(fitted.lengths), fitted.ensemble.spec
    work = spec.n_parameters * max(fitted.ensemble.first.window, 1) * len(fitted.memories)
    rows = np.unique(np.linspace(0, n - 1, min(n, max(1, MOST_TRIED // max(work, 1)))).astype(np.int64))
    fitted.after.index(fitted.after.future_times(spec.horizon)[0])
    recent = fitted.memories[0].recent
    shape = len(rows), spec.horizon
    ahead = None
    if recent.n_ahead_numbers or recent.n_ahead_codes:
        numbers, codes = (
            np.zeros((*shape, recent.n_ahead_numbers), np.float32),
            np.zeros((*shape, recent.n_ahead_codes)),
        )
        ahead = Ahead(numbers, codes.astype(np.int32))
    memories = tuple(memory.rows(rows) for memory in fitted.memories)
    scaled = fitted.ensemble.forecast(memories, spec.horizon, ahead).astype(np.float64)
    forecast = Forecast(fitted, fitted.preparation.rows(rows), scaled, fitted.anchors[rows])
    with np.errstate(all="ignore"):
        found = [forecast.point]
        if fitted.learns_intervals:
            found += [end[:, :, 0] for end in forecast.intervals(LEVELS)]
    # a difference of a series of which nothing was observed has no forecast
    known = ~np.isnan(fitted.anchors[rows]).any(axis=1)
    _require(all(bool(np.isfinite(part[known]).all()) for part in found), "forecasts that are no finite numbers")


def _require(is_right: bool, what: str) -> None:
    if not is_right:
        raise ValueError(f"it has {what}")


def _check_zone(name: str) -> None:
    import pandas as pd

    try:
        pd.DatetimeTZDtype("ns", name)
    except (TypeError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError(f"it has the time zone {name!r}") from None


def _check_spec(spec: NetworkSpec) -> None:
    layers = (*spec.stack, *spec.decoder)
    sizes = [spec.dense_inputs, spec.horizon, *(size for layer in layers for size in (layer.units, layer.dilation))]
    sizes += [size for embedding in spec.embeddings for size in embedding]
    counts = [spec.n_skip_forecasts, spec.n_ahead_numbers, spec.n_ahead_codes, spec.n_contexts, spec.future_units]
    _require(len(spec.stack) > 0, "no layers")
    _require(all(layer.kind in LAYERS for layer in layers), "a layer of an unknown kind")
    _require(all(0 <= layer.dropout < 1 for layer in layers), "a dropout that is no share")
    _require(all(0 < size < 2**31 for size in sizes), "a size that is not positive")
    _require(all(0 <= count < 2**31 for count in counts), "a negative size")
    _require(0 < spec.n_parameters_of_step < 2**31, "no parameters of a step")
    _require(spec.state_size <= MOST_STATE, f"a state of {spec.state_size} numbers")


def _check_record(record: FitRecord) -> None:
    plan, inputs = record.plan, record.value_inputs
    counts = [number for number in vars(plan).values() if isinstance(number, int)]
    _require(all(0 <= count < 2**53 for count in counts), "a plan of negative numbers")
    _require(0 < plan.season_length <= MOST_STEPS, f"a season of {plan.season_length} steps")
    _require(0 < plan.lookback <= MOST_STEPS, f"a lookback of {plan.lookback} steps")
    _require(inputs.history <= MOST_STEPS, "lags that are too long")
    _require("loss" in record.history, "no history of a loss")
    inputs.native()
    for message in (*record.decisions, *(check.message for check in record.seasons.checks)):
        # a text that there is not, or one without its facts, is found here and not when it is shown
        str(message)


@dataclass(frozen=True)
class _Rule:
    """What an array must be."""

    shape: tuple[int, ...]
    dtype: str
    least: float = -math.inf
    is_above: bool = False  # whether `least` itself is too small
    may_be_missing: bool = False  # whether NaN stands for what there is not
    may_be_infinite: bool = False  # whether infinity stands for that
    most: float = math.inf

    def check(self, name: str, array: Array) -> None:
        """Refuse an array that breaks the rule; ValueError."""
        what = f"the array {name!r}"
        _require(array.dtype == np.dtype(self.dtype), f"{what} of {array.dtype}, not {self.dtype}")
        _require(array.shape == self.shape, f"{what} of the shape {array.shape}, not {self.shape}")
        if array.dtype.kind not in "fi":
            return
        numbers = array[~np.isnan(array)] if self.may_be_missing else array
        is_number = ~np.isnan(numbers) if self.may_be_infinite else np.isfinite(numbers)
        _require(bool(is_number.all()), f"{what} with numbers that are not finite")
        is_right = numbers > self.least if self.is_above else numbers >= self.least
        _require(bool(is_right.all()), f"{what} with numbers that are too small")
        _require(bool((numbers <= self.most).all()), f"{what} with numbers that are too large")


def _expected(tensors: Tensors, header: Header) -> Iterator[tuple[str, _Rule]]:
    """Yield what each array must be; free sizes, such as the number of points, are those of the arrays themselves."""
    S = len(header.after.ids)
    _require(header.n_members <= len(tensors), f"{header.n_members} networks")
    for n in range(header.n_members):
        yield f"members.{n}.state", _Rule((S, header.state_size), "float32")
        for name, shape in header.spec.shapes.items():
            yield f"members.{n}.weights.{name}", _Rule(shape, "float32")
    yield from _expected_recent(tensors, header, S)
    yield from _expected_transform(header.record.transform, S)
    yield from _of_series(S).items()
    for name, dtype, may_be_missing in (
        ("anchors", "float64", False),
        ("tail", "float64", True),
        ("years", "float32", True),
    ):
        yield f"series.{name}", _Rule((S, _size(tensors, f"series.{name}", 1)), dtype, may_be_missing=may_be_missing)
    if any(name.startswith("calibration.") for name in tensors):
        shape = _size(tensors, "calibration.residuals", 0), header.spec.horizon
        yield "calibration.residuals", _Rule(shape, "float64", may_be_missing=True)
        yield "calibration.is_symmetric", _Rule((1,), "bool")


def _of_series(S: int) -> dict[str, _Rule]:
    """Return what the arrays with a number for each series must be."""
    scale = _Rule((S,), "float64", 0, is_above=True)
    return {
        "scaling.center": _Rule((S,), "float64"),
        "scaling.scale": scale,
        "series.spreads": scale,
        "series.units": _Rule((S,), "float64", 0),
        "series.sparse": _Rule((S,), "bool"),
        "series.lower": _Rule((S,), "float64", may_be_infinite=True),
        "series.upper": _Rule((S,), "float64", may_be_infinite=True),
        "series.observed": _Rule((S, 2), "float64", -LARGEST, most=LARGEST, may_be_missing=True),
        "series.starts": _Rule((S,), "int64"),
        "series.lengths": _Rule((S,), "int64", 0),
        "series.naive_scales": _Rule((S,), "float64", 0, is_above=True, may_be_missing=True),
    }


def _expected_recent(tensors: Tensors, header: Header, S: int) -> Iterator[tuple[str, _Rule]]:
    N = _size(tensors, "recent.values", 0)
    yield "recent.values", _Rule((N,), "float32")
    yield "recent.targets", _Rule((N,), "float32", may_be_missing=True)
    yield "recent.offsets", _Rule((S + 1,), "int64", 0)
    yield "recent.units", _Rule((S,), "float64", 0, is_above=True)
    yield "recent.spreads", _Rule((S,), "float32", 0, is_above=True)
    for name, rows, dtype in (
        ("numbers", N, "float32"),
        ("codes", N, "int32"),
        ("static_numbers", S, "float32"),
        ("static_codes", S, "int32"),
    ):
        n_columns = _size(tensors, f"recent.{name}", 1)
        is_read = header.encoder is not None
        least = 0 if dtype == "int32" else -math.inf
        yield f"recent.{name}", _Rule((rows, n_columns) if is_read else (0, 0), dtype, least)


def _expected_transform(name: str, S: int) -> Iterator[tuple[str, _Rule]]:
    kind = TRANSFORMS[name]
    if issubclass(kind, BoxCox):
        signed = {"power": (LOWEST_POWER, HIGHEST_POWER), "shift": (-math.inf, math.inf)}
        for field in fields(BoxCoxRows):
            least, most = signed.get(field.name, (0, math.inf))
            is_above = field.name not in signed
            yield f"transform.{field.name}", _Rule((S,), "float64", least, is_above=is_above, most=most)
        return
    for field in fields(kind):
        is_lag = field.name == "lag"
        yield f"transform.{field.name}", _Rule((1,), "int64" if is_lag else "float64", 1 if is_lag else -math.inf)


def _size(tensors: Mapping[str, Array], name: str, axis: int) -> int:
    _require(name in tensors and tensors[name].ndim > axis, f"no array {name!r}")
    return int(tensors[name].shape[axis])
