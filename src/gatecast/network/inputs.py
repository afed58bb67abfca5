"""What does a network read, and what does it minimise?

Records that the core takes, and how panels are joined, cut and extended before it reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias, TypeVar, cast

import numpy as np

from gatecast.network import _native

__all__ = ["COUNT_LOSSES", "LOSSES", "Ahead", "LossSettings", "PanelArrays", "SeasonalAverage", "ValueInputs"]
__all__ += ["cut", "extend", "join", "newest", "spans", "split", "typed"]

# names of the losses
LOSSES = tuple(_native.loss_kinds())
# those that are likelihoods of counts: the mean is forecast, then the dispersion, then the share of further zeros
COUNT_LOSSES = LOSSES[LOSSES.index("poisson") :]
# fields that have one row for each point
ROWS = ("values", "targets", "numbers", "codes")

# The core has each class for float32 and float64 with one signature, which a type checker knows by the former.
Panel: TypeAlias = _native.Panel_float32

Named = TypeVar("Named")


def typed(single: Named, dtype: np.dtype[np.generic]) -> Named:
    """Return the class or function of a floating type; `single` is that of float32."""
    return cast(Named, getattr(_native, single.__name__.replace("float32", dtype.name)))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class LossSettings:
    """What is minimised."""

    loss: str = "mse"  # a name in `LOSSES`
    huber_delta: float = 1.0  # where the Huber loss becomes straight, in scaled units
    quantiles: tuple[float, ...] = ()  # probabilities, rising, the middle one being the point forecast

    @property
    def n_parameters(self) -> int:
        """P, numbers that are forecast of each step."""
        return self.native().n_parameters

    @property
    def middle(self) -> int:
        """Which of them is the point forecast."""
        return len(self.quantiles) // 2 if self.loss == "quantile" else 0

    @property
    def is_of_counts(self) -> bool:
        """Whether it is the likelihood of whole numbers, none below zero."""
        return self.loss in COUNT_LOSSES

    def native(self) -> _native.Loss:
        """Return the core's own record."""
        return _native.Loss(kind=self.loss, huber_delta=self.huber_delta, quantiles=self.quantiles)


class SeasonalAverage(NamedTuple):
    """A naive forecast: the mean of the same step of the last seasons, moved to the newest level.

    Where a series is younger, fewer seasons count, and the last value stands in for less than one season.

    Args:
        season: Steps in it; 1 for the mean of the last values.
        n_seasons: Seasons that are averaged.
        newest: Seasons whose mean is the level of the forecast; the same number for that of all. If negative, the
            forecast is moved by how much higher the last |newest| values were than the same steps of earlier seasons.
        follows: Whether it goes on along the line through the means of the seasons, by least squares; not with a
            negative `newest`.
    """

    season: int
    n_seasons: int
    newest: int
    follows: bool = False

    @property
    def history(self) -> int:
        """How many points back it reaches."""
        return self.season * max(self.n_seasons, self.newest) + max(0, -self.newest)


@dataclass(frozen=True)
class ValueInputs:
    """Which differences of the values are inputs, and which naive forecasts the skip connection mixes.

    Args:
        lags: Changes over so many steps are inputs, with whether nothing was observed; empty: the value itself is.
        skip_forecasts: m > 0 for the value `m * ceil(k / m)` steps before the target (1 is the last value), m < 0 for
            the mean of the last |m| values, 0 for zero, the mean of the training part.
        level: Whether, with lags, the level is an input too.
        drifts: Naive forecasts beside these: the line through the last value and the one so many steps before it (the
            first one, where the series is younger) goes on.
        averages: Further naive forecasts. With lags, how far a value was from each of them, as it was known the step
            before, is an input too.
    """

    lags: tuple[int, ...] = ()
    skip_forecasts: tuple[int, ...] = ()
    level: bool = True
    drifts: tuple[int, ...] = ()
    averages: tuple[SeasonalAverage, ...] = ()

    @property
    def n_inputs(self) -> int:
        """Numbers about the values that enter at each step."""
        return len(self.lags) + len(self.averages) + 1 + self.level if self.lags else 1

    @property
    def n_candidates(self) -> int:
        """J, naive forecasts that the skip connection mixes."""
        return len(self.skip_forecasts) + len(self.drifts) + len(self.averages)

    @property
    def history(self) -> int:
        """How many points back inputs and naive forecasts reach."""
        # how far a value was from an average is an input, so they are needed from the step before on
        averaged = (average.history + 1 for average in self.averages)
        return max((*map(abs, (*self.lags, *self.skip_forecasts, *self.drifts)), *averaged), default=0)

    @property
    def season(self) -> int:
        """Steps in the shortest season among the lags; 1 for none."""
        return min((lag for lag in self.lags if lag > 1), default=1)

    def native(self) -> _native.ValueInputs:
        """Return the core's own record."""
        return _native.ValueInputs(**vars(self))


@dataclass(frozen=True)
class PanelArrays:
    """A scaled panel as the core reads it; of `numbers` and `codes` those known ahead come first."""

    values: np.ndarray  # (N,) scaled, gaps filled
    targets: np.ndarray  # (N,) the same with NaN in the gaps; may be `values` itself
    offsets: np.ndarray  # (S + 1,) int64; series s is `values[offsets[s]:offsets[s + 1]]`
    units: np.ndarray  # (S,) float64; one scaled unit in units of the data
    spreads: np.ndarray | None = None  # (S,) size of the level's changes in scaled units; ones when absent
    numbers: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (N, ...) covariates
    codes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int32))  # (N, ...) categories
    static_numbers: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (S, ...)
    static_codes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int32))  # (S, ...)
    n_ahead_numbers: int = 0
    n_ahead_codes: int = 0
    target_weights: np.ndarray | None = None  # (N,) what each target counts in the loss; all the same when absent

    @property
    def n_series(self) -> int:
        """S."""
        return len(self.offsets) - 1

    def series(self, index: np.ndarray) -> PanelArrays:
        """Take what is known of some whole series; the rows stay."""
        return replace(
            self,
            units=_take(self.units, index),
            spreads=None if self.spreads is None else self.spreads[index],
            static_numbers=_take(self.static_numbers, index),
            static_codes=_take(self.static_codes, index),
        )

    @property
    def n_inputs(self) -> int:
        """Numbers that covariates add to the inputs of each step."""
        return int(self.numbers.shape[1] + self.static_numbers.shape[1])

    def native(self) -> Panel:
        """Return the core's view of these arrays, which keeps them alive."""
        dtype = self.values.dtype
        spreads = np.ones(self.n_series, dtype) if self.spreads is None else self.spreads.astype(dtype, copy=False)
        numbers, static = (np.ascontiguousarray(a, dtype) for a in (self.numbers, self.static_numbers))
        made = {"spreads": spreads, "numbers": numbers, "static_numbers": static}
        given = np.zeros(0) if self.target_weights is None else self.target_weights
        made["target_weights"] = np.ascontiguousarray(given, dtype)
        return typed(Panel, dtype)(**{**vars(self), **made})


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps after the data."""

    numbers: np.ndarray  # (S, H, n_ahead_numbers)
    codes: np.ndarray  # (S, H, n_ahead_codes) int32

    @property
    def horizon(self) -> int:
        """H."""
        return int(self.numbers.shape[1])

    def steps(self, first: int, last: int) -> Ahead:
        """Take the steps [first, last)."""
        return Ahead(self.numbers[:, first:last], self.codes[:, first:last])

    def series(self, rows: np.ndarray) -> Ahead:
        """Take some series."""
        return Ahead(self.numbers[rows], self.codes[rows])


def spans(begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """List the positions `begins[s]`, `begins[s] + 1`, ... of each series, `lengths[s]` of them."""
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - (ends - lengths), lengths))


def join(first: PanelArrays, second: PanelArrays) -> PanelArrays:
    """Put the rows of each series in `second` after those in `first`, without weights of targets."""
    n_first, n_second = np.diff(first.offsets), np.diff(second.offsets)
    if not n_first.any():
        return replace(second, target_weights=None)
    offsets = _offsets(n_first + n_second)
    begins = offsets[:-1]
    to_first, to_second = spans(begins, n_first), spans(begins + n_first, n_second)
    both = ((getattr(first, name), getattr(second, name)) for name in ROWS)
    values, targets, numbers, codes = (_rows(old, new, to_first, to_second) for old, new in both)
    joined = replace(second, offsets=offsets, values=values, targets=targets, numbers=numbers, codes=codes)
    return replace(joined, target_weights=None)


def newest(panel: PanelArrays, n_rows: int) -> PanelArrays:
    """Cut all but the newest `n_rows` rows of each series, without weights of targets."""
    lengths = np.diff(panel.offsets)
    kept = np.minimum(lengths, n_rows)
    if (kept == lengths).all():
        return replace(panel, target_weights=None)
    return cut(panel, panel.offsets[1:] - kept, kept)


def split(panel: PanelArrays, lengths: np.ndarray) -> tuple[PanelArrays, PanelArrays]:
    """Cut each series after its first `lengths[s]` rows."""
    begins = panel.offsets[:-1]
    return cut(panel, begins, lengths), cut(panel, begins + lengths, np.diff(panel.offsets) - lengths)


def extend(panel: PanelArrays, ahead: Ahead) -> PanelArrays:
    """Append rows of which only the covariates known ahead are known; the others are zero there."""
    S, H = len(panel.offsets) - 1, ahead.horizon
    dtype = panel.values.dtype
    numbers = np.zeros((S, H, panel.numbers.shape[1]), np.float32)
    numbers[:, :, : panel.n_ahead_numbers] = ahead.numbers
    codes = np.zeros((S, H, panel.codes.shape[1]), np.int32)
    codes[:, :, : panel.n_ahead_codes] = ahead.codes
    empty = replace(
        panel,
        values=np.zeros(S * H, dtype),
        targets=np.full(S * H, np.nan, dtype),
        offsets=np.arange(S + 1, dtype=np.int64) * H,
        numbers=numbers.reshape(S * H, -1) if numbers.size else panel.numbers[:0],
        codes=codes.reshape(S * H, -1) if codes.size else panel.codes[:0],
    )
    return join(panel, empty)


def cut(panel: PanelArrays, begins: np.ndarray, lengths: np.ndarray) -> PanelArrays:
    """Take `lengths[s]` rows of each series, from row `begins[s]` of the panel on, without weights of targets."""
    # of a single series no copy is needed
    rows = spans(begins, lengths) if len(lengths) != 1 else slice(int(begins[0]), int(begins[0] + lengths[0]))
    values, targets, numbers, codes = (_take(getattr(panel, name), rows) for name in ROWS)
    taken = replace(panel, values=values, targets=targets, numbers=numbers, codes=codes)
    return replace(taken, offsets=_offsets(lengths), target_weights=None)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def _take(array: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    return array[rows] if len(array) else array


def _rows(first: np.ndarray, second: np.ndarray, to_first: np.ndarray, to_second: np.ndarray) -> np.ndarray:
    if not first.size and not second.size:
        return second[:0]
    out: np.ndarray = np.zeros((len(to_first) + len(to_second), *second.shape[1:]), second.dtype)
    out[to_first], out[to_second] = first, second
    return out
