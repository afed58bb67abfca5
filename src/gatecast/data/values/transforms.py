"""In which form are values easier to forecast, and how do forecasts come back? Learned from the training part only.

An elementwise transform (`none`, `log1p`, `fourth-root`, `box-cox`) bends each value alone and keeps the order of
quantiles. A difference (`difference`, `seasonal-difference`) says how each value differs from one that is known, so its
forecasts come back only with the last values before the origin: the anchors.
"""

# all transforms are called alike, whether or not they need everything
# ruff: noqa: ARG002, ARG003

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import ClassVar, Self, final

import numpy as np

from gatecast._validation import suggest
from gatecast.data.panel.arrays import Array, Floats, Ints, blocks
from gatecast.data.values.boxcox import BoxCoxRows, fit_box_cox, fit_root
from gatecast.data.values.gaps import carry_by_phase
from gatecast.exceptions import ConfigError, DataError

__all__ = ["TRANSFORMS", "Transform", "fit_transform_named", "transform_from_arrays"]

LARGEST_LOGARITHM = 709.0  # exp of more is no number


@dataclass(frozen=True)
class Transform(ABC):
    """What all transforms can do."""

    name: ClassVar[str]
    is_elementwise: ClassVar[bool] = True
    # whether a series that was never seen is treated like all others, and not by what it shows itself
    is_shared: ClassVar[bool]
    # smaller values are read as this
    lowest = -np.inf

    @classmethod
    @abstractmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Learn from the training part; see `fit_transform_named`."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build the transform whose `to_arrays` these are."""

    @abstractmethod
    def to_arrays(self) -> dict[str, Array]:
        """Return all that was learned, by name; the first axis is the series, or 1 for what all series share."""

    @abstractmethod
    def rows(self, index: Ints) -> Self:
        """Return the transform of some series, in this order, shape `(n,)`."""

    @abstractmethod
    def forward(self, values: Floats, offsets: Ints) -> Floats:
        """Transform the values of all series, shape `(N,)`. NaN stays NaN."""

    @abstractmethod
    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Bring transformed forecasts, one per row, back to the units of the data, as float64 of the same shape.

        Args:
            values: `(n, H)` or `(n, H, Q)`. Q are quantiles or sample paths; for a difference sample paths, because
                quantiles of sums are not sums of quantiles (`is_elementwise`).
            anchors: What `anchors` gives for the origins of the rows, shape `(n, lag)`; only a difference needs them.
            series: The series of each row, shape `(n,)`; the rows are all series in order when it is absent.
        """

    def anchors(self, values: Floats, offsets: Ints, origins: Ints | None = None) -> Floats:
        """Return what must be known at the origins, `(n,)` places in `values`, to bring forecasts back, `(n, lag)`.

        The origins are the newest known points, the end of each series when absent; what lies behind is not looked at.
        """
        return np.empty((len(offsets) - 1 if origins is None else len(origins), 0))


@dataclass(frozen=True)
class _Shared(Transform):
    """A transform whose fields are numbers that all series share."""

    is_shared: ClassVar[bool] = True

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        return cls(**{field.name: arrays[field.name][0].item() for field in fields(cls)})

    def to_arrays(self) -> dict[str, Array]:
        return {name: np.array([number]) for name, number in asdict(self).items()}

    def rows(self, index: Ints) -> Self:
        """All series are treated alike."""
        return self


@final
@dataclass(frozen=True)
class Identity(_Shared):
    """Values stay as they are."""

    name: ClassVar[str] = "none"

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Learn nothing."""
        return cls()

    def forward(self, values: Floats, offsets: Ints) -> Floats:
        """Return the values, as float64."""
        return np.asarray(values, dtype=np.float64)

    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Return the values, as float64."""
        return np.asarray(values, dtype=np.float64)


@final
@dataclass(frozen=True)
class Log1p(_Shared):
    """`log(1 + y)`, for counts and amounts that grow by factors; 0 stays 0.

    Later values below `lowest`, which is 0 or the smallest training value where that is below 0, are read as `lowest`:
    a single refund must not end a service, and the logarithm falls without end towards -1.
    """

    lowest: float = 0.0
    name: ClassVar[str] = "log1p"

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Check that the values have a logarithm."""
        low = np.flatnonzero(values <= -1)
        if len(low):
            series = int(np.searchsorted(offsets, low[0], side="right")) - 1
            raise DataError(
                f'`transform="log1p"` needs values above -1, got {float(values[low[0]])!r} in series number {series} '
                f'(point {low[0] - offsets[series]}, both counted from 0). Use `transform="none"`.'
            )
        return cls(float(np.fmin.reduce(values, initial=0.0)))

    def forward(self, values: Floats, offsets: Ints) -> Floats:
        """Return the logarithms, shape `(N,)`; values below `lowest` are read as that."""
        bent = np.maximum(values, self.lowest, dtype=np.float64)
        return np.log1p(bent, out=bent)

    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Return `exp(values) - 1`; huge arguments give the largest numbers instead of infinity."""
        return np.expm1(np.minimum(values, LARGEST_LOGARITHM), dtype=np.float64)


@dataclass(frozen=True)
class BoxCox(Transform):
    """The power of each series that makes it most like a normal distribution (Box and Cox 1964).

    `(((y + shift) / unit) ** power - 1) / power` (the logarithm at power 0), the unit being the geometric mean.
    The power is the one of maximum likelihood between -1 and 2. Series with values of 0 or less are shifted so
    that their smallest value lies a tenth of their mean height above zero. Constant series and those with
    fewer than three values stay as they are. Later values below a tenth of the smallest training value (counted
    from `-shift`) are read as that. Forecasts end at `-shift` below and at 100 times the largest training value
    above, where a negative power would reach infinity.
    """

    learned: BoxCoxRows
    name: ClassVar[str] = "box-cox"
    is_shared: ClassVar[bool] = False

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Find the power of each series."""
        return cls(fit_box_cox(values, offsets))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Read what `to_arrays` gave."""
        return cls(BoxCoxRows(**{name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()}))

    def to_arrays(self) -> dict[str, Array]:
        """Return `power`, `shift`, `unit`, `floor` and `ceiling`, shape `(S,)` each."""
        return dict(vars(self.learned))

    def rows(self, index: Ints) -> Self:
        """Return the transform of some series."""
        return type(self)(self.learned.take(index))

    def forward(self, values: Floats, offsets: Ints) -> Floats:
        """Transform the values of all series, shape `(N,)`. NaN stays NaN."""
        if len(offsets) == 2:
            return self.learned.forward(np.asarray(values, dtype=np.float64))
        bent = np.empty(len(values))
        for block in blocks(offsets):
            series = np.repeat(np.arange(block.series.start, block.series.stop), block.lengths)
            bent[block.rows] = self.learned.take(series).forward(np.asarray(values[block.rows], dtype=np.float64))
        return bent

    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Bring forecasts back, shape `(n, ...)`; outside the domain they are the limit."""
        of_rows = self.learned if series is None else self.learned.take(series)
        return of_rows.inverse(np.asarray(values, dtype=np.float64))


@final
@dataclass(frozen=True)
class FourthRoot(BoxCox):
    """`4 ((y / median + 0.1) ** 0.25 - 1)` of each series that is never negative; others stay as they are.

    In medians, so that it does not depend on the unit; the tenth of one keeps small values from being blown up. Later
    values below 0 are read as 0, and no forecast is below that. Constant series stay as they are.
    """

    name: ClassVar[str] = "fourth-root"

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Find the median of each series."""
        return cls(fit_root(values, offsets))

    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Bring forecasts back, shape `(n, ...)`, at least 0 where the root was taken."""
        power = self.learned.power if series is None else self.learned.power[series]
        restored = super().inverse(values, anchors, series)
        is_root = (power < 1).reshape(-1, *(1,) * (restored.ndim - 1))
        return np.where(is_root, np.maximum(restored, 0.0), restored)


@dataclass(frozen=True)
class Difference(_Shared):
    """`y[t] - y[t - lag]`; where `y[t - lag]` is missing, the last value of its phase or of the series stands in.

    With a lag of 1 it is the change from step to step, for series that wander.
    """

    lag: int
    name: ClassVar[str] = "difference"
    is_elementwise: ClassVar[bool] = False

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Learn nothing: the lag is 1."""
        return cls(1)

    def forward(self, values: Floats, offsets: Ints) -> Floats:
        """Return the differences, shape `(N,)`; the first `lag` of each series are NaN, as is what is missing."""
        values, lag = np.asarray(values, dtype=np.float64), self.lag
        result = np.full(len(values), np.nan)
        np.subtract(values[lag:], carry_by_phase(values, offsets, lag)[:-lag], out=result[lag:])
        position = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
        result[position < lag] = np.nan
        return result

    def anchors(self, values: Floats, offsets: Ints, origins: Ints | None = None) -> Floats:
        """Return the last `lag` values up to each origin, `(n, lag)`; the newest one where one is unknown, or NaN."""
        filled = carry_by_phase(np.asarray(values, dtype=np.float64), offsets, self.lag)
        origins = offsets[1:] - 1 if origins is None else origins
        positions = origins[:, None] + np.arange(1 - self.lag, 1)
        begins = offsets[np.searchsorted(offsets, origins, side="right") - 1]
        known = filled[np.maximum(positions, begins[:, None])]
        usable = (positions >= begins[:, None]) & ~np.isnan(known)
        return np.where(usable, known, filled[origins][:, None])

    def inverse(self, values: Floats, anchors: Floats | None = None, series: Ints | None = None) -> Floats:
        """Add the forecast differences, shape `(n, H)` or `(n, H, paths)`, to the anchors, shape `(n, lag)`."""
        expected = (len(values), self.lag)
        if anchors is None or anchors.shape != expected:
            got = None if anchors is None else f"shape {anchors.shape}"
            raise ConfigError(
                f"`anchors` of a difference must have shape {expected}, got {got}. Pass "
                "`anchors=transform.anchors(values, offsets, origins)`, the last values before each forecast."
            )
        # y[k] = values[k] + y[k - lag], season by season
        n, horizon, *beside = values.shape
        n_seasons = -(-horizon // self.lag)
        padded = np.zeros((n, n_seasons * self.lag, *beside))
        padded[:, :horizon] = values
        seasons = padded.reshape(n, n_seasons, self.lag, *beside)
        known = anchors.reshape(n, 1, self.lag, *(1,) * len(beside))
        return np.asarray((seasons.cumsum(axis=1) + known).reshape(padded.shape)[:, :horizon])


@final
@dataclass(frozen=True)
class SeasonalDifference(Difference):
    """`y[t] - y[t - season_length]`: the change from season to season."""

    name: ClassVar[str] = "seasonal-difference"

    @classmethod
    def fit(cls, values: Floats, offsets: Ints, season_length: int) -> Self:
        """Take the season as the lag."""
        if season_length < 2:
            raise ConfigError(
                f'`transform="seasonal-difference"` needs a season of at least 2 steps, got season_length='
                f'{season_length}. Pass `season_length=12` for monthly data, or `transform="difference"`.'
            )
        return cls(season_length)


TRANSFORMS: dict[str, type[Transform]] = {
    kind.name: kind for kind in (Identity, Log1p, BoxCox, Difference, SeasonalDifference, FourthRoot)
}


def fit_transform_named(name: str, values: Floats, offsets: Ints, season_length: int = 1) -> Transform:
    """Learn the transform of this name, one of `TRANSFORMS`, from the training part of all series, `(N,)`."""
    return _kind(name).fit(values, offsets, season_length)


def transform_from_arrays(name: str, arrays: Mapping[str, Array]) -> Transform:
    """Build the transform that was stored as `transform.name` and `transform.to_arrays()`."""
    return _kind(name).from_arrays(arrays)


def _kind(name: str) -> type[Transform]:
    if name in TRANSFORMS:
        return TRANSFORMS[name]
    nearest = suggest(name, TRANSFORMS)
    known = ", ".join(repr(choice) for choice in TRANSFORMS)
    raise ConfigError(f"`transform` must be one of {known}, got {name!r}. Did you mean `transform={nearest!r}`?")
