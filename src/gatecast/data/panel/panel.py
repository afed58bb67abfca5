"""How does gatecast hold many series? One behind the other in one array, each on a regular grid."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._validation import suggest
from gatecast.data.panel.arrays import Array, Floats, Frame, Ints, spread
from gatecast.data.panel.column_types import Types, retyped
from gatecast.data.panel.frequency import named_grid
from gatecast.data.panel.grid import Grid
from gatecast.exceptions import ConfigError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Columns", "Panel", "Roles", "stacked"]


@dataclass(frozen=True)
class Columns:
    """Names of the columns in the user's table."""

    id: str = "unique_id"
    time: str = "ds"
    target: str = "y"
    weight: str | None = None  # of the targets' weights, where there are any


@dataclass(frozen=True)
class Roles:
    """Names of the covariates: known up to now, known ahead, and the same for a whole series."""

    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.past + self.future + self.static


@dataclass(frozen=True)
class Panel:
    """Many series, one behind the other.

    Attributes:
        ids: Names of the series, shape `(S,)`.
        values: float64, shape `(N,)`; NaN where a time or its value is missing from the table.
        offsets: int64, shape `(S + 1,)`; series s is `values[offsets[s]:offsets[s + 1]]`.
        starts: Time of the first value of each series, shape `(S,)`: int64 steps or datetime64[ns]. With a time
            zone, local times for days and longer, else UTC.
        freq: pandas alias ("h", "D", "MS", "W-SUN"), or the length of an integer step.
        columns: What the columns are called in the user's table.
        backend: What tables are handed back as: "pandas", "polars" or another that narwhals knows.
        timezone: Name of the time zone of the user's times, None for times without one.
        past: Covariates that are known up to now, by name, shape `(N,)` each: float64, NaN where it is missing, for
            numbers and flags; objects (texts), None where it is missing, for categories.
        future: Covariates that are known ahead, in the same way.
        static: Covariates of a whole series, in the same way, shape `(S,)`.
        bare_times: Whether the user's times were written without their zone, which was given beside them or found from
            an hour that is there twice; newer rows are read in that zone then.
        types: Types that the columns of times and ids had in the user's table, by their names, where they are known
            (`gatecast.data.panel.column_types`).
        id_parts: Where several columns name the series together, the cells of each by its name, shape `(S,)` each:
            tables have them in place of `ids`, which are joined of them.
        weights: What each value counts as a target, in the loss and in errors, shape `(N,)` float64, not negative; NaN
            where there is no row. None where all count the same.

    Examples:
        >>> panel = Panel(np.array(["a"]), np.arange(3.0), np.array([0, 3]), np.array([7]), freq=1)
        >>> panel.future_times(2)
        array([[10, 11]])
    """

    ids: Array
    values: Floats
    offsets: Ints
    starts: Array
    freq: str | int
    columns: Columns = field(default_factory=Columns)
    backend: str = "pandas"
    timezone: str | None = None
    past: dict[str, Array] = field(default_factory=dict)
    future: dict[str, Array] = field(default_factory=dict)
    static: dict[str, Array] = field(default_factory=dict)
    bare_times: bool = False
    weights: Floats | None = None
    types: Types = field(default_factory=dict)
    id_parts: dict[str, Array] = field(default_factory=dict)

    @property
    def n_series(self) -> int:
        """Number of series, S."""
        return len(self.ids)

    @property
    def id_names(self) -> tuple[str, ...]:
        """Names of the columns that tell series apart in tables."""
        return tuple(self.id_parts) or (self.columns.id,)

    @property
    def lengths(self) -> Ints:
        """Number of grid points of each series, gaps included, shape `(S,)`."""
        return np.diff(self.offsets)

    @property
    def n_gaps(self) -> int:
        """Number of points without a value: the time or its value is missing from the table."""
        return int(np.isnan(self.values).sum())

    @property
    def is_constant(self) -> Array:
        """Whether all values that a series has are the same, shape `(S,)`; False where it has none."""
        constant = np.zeros(self.n_series, bool)
        some = np.flatnonzero(self.lengths)
        if len(some):
            begins = self.offsets[some]
            constant[some] = np.fmin.reduceat(self.values, begins) == np.fmax.reduceat(self.values, begins)
        return constant

    @property
    def weights_or_ones(self) -> Floats:
        """What each value counts as a target, `(N,)`: 1 where nothing else is said."""
        return np.ones(len(self.values)) if self.weights is None else np.nan_to_num(self.weights, nan=1.0)

    @property
    def roles(self) -> Roles:
        """Names of the covariates."""
        return Roles(tuple(self.past), tuple(self.future), tuple(self.static))

    @property
    def grid(self) -> Grid:
        """The grid of times that `freq` names."""
        return named_grid(self.freq)

    def series(self, s: int) -> Floats:
        """Return the values of series s as a view, shape `(T,)`."""
        return self.values[self.offsets[s] : self.offsets[s + 1]]

    def places(self) -> tuple[Ints, Ints]:
        """Return the series of every value and its position in it, shape `(N,)` each."""
        series = np.repeat(np.arange(self.n_series), self.lengths)
        return series, np.arange(len(self.values)) - self.offsets[series]

    def row(self, unique_id: object = None) -> int:
        """Return which series has this id; it may be left out where there is one.

        Raises:
            ConfigError: There is no such series, or several to choose from.
        """
        ids = self.ids.tolist()
        if unique_id is None and len(ids) == 1:
            return 0
        if unique_id not in ids:
            shown = ", ".join(repr(i) for i in ids[:5]) + (", ..." if len(ids) > 5 else "")
            nearest = suggest(unique_id, ids, least=0.6)
            remedy = "Pass one of them."
            if unique_id is not None and nearest:
                remedy = f"Did you mean `unique_id={ids[[str(i) for i in ids].index(nearest)]!r}`?"
            raise ConfigError(f"`unique_id` must be one of {len(ids)} series ({shown}), got {unique_id!r}. {remedy}")
        return int(ids.index(unique_id))

    def rows(self, index: Ints) -> "Panel":
        """Return some series, in this order, shape `(n,)`, as a new panel."""
        lengths, begins = self.lengths[index], self.offsets[:-1][index]
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        rows = np.arange(offsets[-1]) + np.repeat(begins - offsets[:-1], lengths)
        static = {name: array[index] for name, array in self.static.items()}
        parts = {name: array[index] for name, array in self.id_parts.items()}
        panel = replace(self, ids=self.ids[index], static=static, id_parts=parts)
        return panel._with_rows(lambda array: array[rows], offsets, self.starts[index])

    def only(self, s: int) -> "Panel":
        """Return series s alone as a new panel."""
        return self.rows(np.array([s]))

    def times(self, s: int) -> "pd.Index":
        """Return the times of series s as a pandas index: timestamps (in the user's zone) or integers."""
        positions = np.arange(self.lengths[s])
        return self.index(self.grid.times(self.starts[s : s + 1], positions))

    def all_times(self) -> Array:
        """Return the time of every value, shape `(N,)`, in the sense of `starts`."""
        series, positions = self.places()
        return self.grid.times(self.starts[series], positions)

    def future_times(self, horizon: int) -> Array:
        """Return the `horizon` times after each series' end, shape `(S, H)`, in the sense of `starts`."""
        return self.grid.times(self.starts[:, None], self.lengths[:, None] + np.arange(horizon))

    def index(self, times: Array) -> "pd.Index":
        """Turn times in the sense of `starts`, shape `(n,)`, into a pandas index in the user's zone."""
        import pandas as pd

        index = pd.Index(times)
        if self.timezone is None or not isinstance(index, pd.DatetimeIndex):
            return index
        if not self.grid.follows_calendar:
            return index.tz_localize("UTC").tz_convert(self.timezone)
        dst = np.zeros(len(index), dtype=bool)
        return index.tz_localize(self.timezone, ambiguous=dst, nonexistent="shift_forward")

    def head(self, lengths: Ints) -> "Panel":
        """Return the first `lengths[s]` points of each series as a new panel."""
        return self._cut(self.offsets[:-1], self.offsets[:-1] + np.minimum(lengths, self.lengths))

    def tail_from(self, positions: Ints) -> "Panel":
        """Return each series from its `positions[s]`-th point on, at the right times, as a new panel."""
        return self._cut(self.offsets[:-1] + np.minimum(positions, self.lengths), self.offsets[1:])

    def with_leading_gaps(self, lead: Ints) -> "Panel":
        """Let each series begin `lead[s]` steps earlier, with nothing observed there, as a new panel."""
        before = np.cumsum(lead)
        places = np.arange(len(self.values)) + np.repeat(before, self.lengths)
        n = len(self.values) + int(before[-1])
        offsets = self.offsets + np.concatenate(([0], before))
        starts = self.grid.times(self.starts, -lead)
        return self._with_rows(lambda array: spread(array, places, n), offsets, starts)

    def followed_by(self, later: "Panel") -> "Panel":
        """Put the points of another panel of one series, with the same covariates, behind those of this one."""
        past = {name: np.concatenate([array, later.past[name]]) for name, array in self.past.items()}
        future = {name: np.concatenate([array, later.future[name]]) for name, array in self.future.items()}
        n = len(self.values) + len(later.values)
        values, weights = np.concatenate([self.series(0), later.series(0)]), None
        if self.weights is not None or later.weights is not None:
            weights = np.concatenate([self.weights_or_ones, later.weights_or_ones])
        return replace(self, values=values, offsets=np.array([0, n]), past=past, future=future, weights=weights)

    def with_first(self, values: Floats, n_points: Ints) -> "Panel":
        """Put `values[s]` at the first `n_points[s]` points of each series, as a new panel."""
        series, positions = self.places()
        return replace(self, values=np.where(positions < n_points[series], values[series], self.values))

    def _cut(self, begins: Ints, ends: Ints) -> "Panel":
        offsets = np.concatenate(([0], np.cumsum(ends - begins))).astype(np.int64)
        starts = self.grid.times(self.starts, begins - self.offsets[:-1])

        def cut(array: Array) -> Array:
            if self.n_series == 1:
                return array[begins[0] : ends[0]]
            return np.concatenate([array[b:e] for b, e in zip(begins, ends, strict=True)])

        return self._with_rows(cut, offsets, starts)

    def _with_rows(self, change: Callable[[Array], Array], offsets: Ints, starts: Array) -> "Panel":
        """Change the values and all that is aligned with them in the same way."""
        past = {name: change(array) for name, array in self.past.items()}
        future = {name: change(array) for name, array in self.future.items()}
        weights = None if self.weights is None else change(self.weights)
        changed = replace(self, values=change(self.values), past=past, future=future, weights=weights)
        return replace(changed, offsets=offsets, starts=starts)

    def frame(self, ids_index: Ints, times: "Array | pd.Index", **columns: object) -> Frame:
        """Build a table as the user has them: id, time, then `columns`.

        Args:
            ids_index: Position in `ids` of each row, shape `(n,)`.
            times: Times in the sense of `starts` or a pandas index, shape `(n,)`.
            **columns: Further columns, shape `(n,)` each, under their names.

        Returns:
            A DataFrame of the same library as the user's.
        """
        import narwhals as nw
        import pandas as pd

        index = times if isinstance(times, pd.Index) else self.index(np.asarray(times).reshape(-1))
        aware = isinstance(index, pd.DatetimeIndex) and index.tz is not None
        plain = index.tz_convert("UTC").tz_localize(None) if isinstance(index, pd.DatetimeIndex) and aware else index
        rows = np.asarray(ids_index)
        names = {name: cells[rows] for name, cells in (self.id_parts or {self.columns.id: self.ids}).items()}
        data: dict[str, object] = {
            **{name: cells.tolist() if cells.dtype == object else cells for name, cells in names.items()},
            self.columns.time: plain.to_numpy(),
            **columns,
        }
        if self.backend == "pandas" and not aware:
            # as narwhals makes it, in half of the time, which a forecast of milliseconds feels
            return retyped(pd.DataFrame(data), self.backend, self.types)
        backend: Any = self.backend
        frame = nw.from_dict(data, backend=backend)
        if aware and self.timezone is not None:
            time = nw.col(self.columns.time).dt.replace_time_zone("UTC").dt.convert_time_zone(self.timezone)
            frame = frame.with_columns(time)
        return retyped(frame.to_native(), self.backend, self.types)

    def in_pandas(self) -> "Panel":
        """Return a panel whose tables are of pandas, with its usual types."""
        return replace(self, backend="pandas", types={})

    def plain(self) -> "Panel":
        """Return a panel whose tables are of pandas, with its usual types and one column that names the series."""
        return replace(self.in_pandas(), id_parts={})


def stacked(panels: Sequence[Panel], like: Panel) -> Panel:
    """Put the series of several panels with the same covariates one behind the other, as tables like those of one."""

    def each(arrays: Iterable[Array]) -> Array:
        return np.concatenate(list(arrays))

    lengths = each(panel.lengths for panel in panels)
    has_weights = any(panel.weights is not None for panel in panels)
    return replace(
        like,
        ids=_joined_ids([panel.ids for panel in panels]),
        values=each(panel.values for panel in panels),  # noqa: PD011  of a panel
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        starts=each(panel.starts for panel in panels),
        past={name: each(panel.past[name] for panel in panels) for name in like.past},
        future={name: each(panel.future[name] for panel in panels) for name in like.future},
        static={name: each(panel.static[name] for panel in panels) for name in like.static},
        weights=each(panel.weights_or_ones for panel in panels) if has_weights else None,
        id_parts={
            name: each(panel.id_parts[name] for panel in panels)
            for name in like.id_parts
            if all(panel.id_names == like.id_names for panel in panels)
        },
    )


def _joined_ids(several: Sequence[Array]) -> Array:
    """Join names of series; of different types they stay what they are."""
    if len({ids.dtype.kind for ids in several}) == 1:
        return np.concatenate(several)
    names = [name for ids in several for name in ids.tolist()]
    joined = np.empty(len(names), dtype=object)
    joined[:] = names
    return joined
