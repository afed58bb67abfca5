"""How does a table, a Series or an array become a panel?"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gatecast._validation import answers_calls
from gatecast.data.panel.arrays import Array, Floats, Ints, spread
from gatecast.data.panel.frequency import MAX_POINTS, ORDER, Freq, clear_grid, infer_steps, parse_steps, plain_freq
from gatecast.data.panel.grid import Grid
from gatecast.data.panel.irregular import fits_without_freq
from gatecast.data.panel.joint import joint_again
from gatecast.data.panel.panel import Columns, Panel, Roles
from gatecast.data.panel.stamps import Stamps
from gatecast.data.reading.clocks import (
    inherit_zone,
    raise_clock_change,
    real_midnights,
    told_set_back,
    with_zone,
    zone_of_days,
    zone_set_back,
)
from gatecast.data.reading.containers import as_table, source_of
from gatecast.data.reading.covariates import Names, check_roles, make_roles, one_per_series, read_covariate
from gatecast.data.reading.duplicates import merge_repeated
from gatecast.data.reading.find import Found, Wanted, check_unread, find_columns, is_unnamed
from gatecast.data.reading.frames import Source, as_array, cell_text, number_cells, plain_name
from gatecast.data.reading.id_parts import parts_of_ids
from gatecast.data.reading.kept_types import kept_types
from gatecast.data.reading.like_training import grid_like, is_known, rows_like, series_like, times_like
from gatecast.data.reading.numbers import Numbers, not_finite, parse_numbers
from gatecast.data.reading.plain_arrays import array_panel
from gatecast.data.reading.separate_series import raise_repeated, separate_series
from gatecast.data.reading.shapes import Name, arrange, one_name
from gatecast.data.reading.times import RowTimes, local_times, read_times, time_text
from gatecast.data.reading.weights import read_weights, weight_name
from gatecast.data.reading.wrong_years import check_turns, check_years
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

__all__ = ["LARGEST", "Layout", "lay_out", "to_panel", "wanted_columns", "wanted_like", "with_sums"]

# sums of so many values as fit into memory stay below the largest number
LARGEST = 1e300
MOST_NAMED = 5  # series that a note names


@answers_calls
def to_panel(
    data: object,
    *,
    columns: Columns | None = None,
    freq: Freq | None = None,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    like: Panel | None = None,
    past: Names = (),
    future: Names = (),
    static: Names = (),
    weight_col: str | None = None,
) -> Panel:
    """Turn a table, a Series or an array into a panel.

    Args:
        data: A pandas or polars DataFrame (or another that narwhals knows), long as `unique_id, ds, y`,
            without an id, or with a date column and a number column under any name; a pandas Series whose
            index holds times or integer steps; a polars Series, a 1-D array or a list of numbers; a dict or list of
            such series; the path or URL of a file; a lazy table, or a data set of xarray, Darts or GluonTS. A `Panel`
            is returned as it is.
        columns: Names of the columns; one that has its default name is searched for.
        freq: Frequency, if it is not to be inferred: a pandas alias, offset or duration, an integer step, a calendar
            (`gatecast.data.panel.calendars`), or "order" for the order of the rows.
        id_col: Name of the series' column, before `columns`; several names for columns that name a series together.
        time_col: Name of the time column, before `columns`.
        target_col: Name of the target column, before `columns`; several names for columns that hold a series each.
        like: Data that were read before: these are newer ones, which inherit their names of columns, zone, frequency
            and ids. Static columns may then lack, and a series that is known may hold no value.
        past: Names of columns that are known up to now, numbers, flags or categories.
        future: Names of columns that are known ahead, as a price or a holiday.
        static: Names of columns that hold one value for each series.
        weight_col: Name of a column that says what each target counts, a number that is not negative. Where it is
            absent that of `like`, if the table has it.

    Returns:
        The panel: series in order of appearance, each sorted by time; NaN where a time or its value (None, NaN,
        "", "NA", "null", "-", "?") is missing.

    Raises:
        DataError: The data cannot be a panel: duplicates, irregular steps, infinite values, texts that are no
            number, a series without any value, unclear columns, or a covariate that is not there, infinite, or
            not the same in a whole series though static; a target whose weight is missing or negative.
        ConfigError: `freq` is unknown, or a covariate has two uses.

    Examples:
        >>> panel = to_panel([3.0, 4.0, 5.0])
        >>> panel.values, panel.freq
        (array([3., 4., 5.]), 1)
    """
    if isinstance(data, Panel):
        return with_sums(data)
    roles, step = make_roles(past, future, static), plain_freq(freq)
    data, own_ids = as_table(data)
    id_col = own_ids or None if id_col is None else id_col
    plain = as_array(data)
    if plain is not None:
        _refuse_covariates(roles, "An array", weight_col)
        return with_sums(array_panel(*plain, _step_like(like) if step is None else step))
    named = None if like is None else like.columns
    known = () if like is None else like.ids.tolist()
    table = source_of(data, one_name(id_col, "id_col"))
    weight = weight_name(weight_col, table, named)
    beside = roles.names if weight is None else (*roles.names, weight)
    source, id_name, target = arrange(
        table, id_col, target_col, time_col=time_col, like=named, known=known, keep=beside
    )
    wanted = wanted_columns(columns, Wanted(id_name, time_col, target, beside))
    wanted = wanted_like(wanted, named, source)
    roles = check_roles(roles, wanted, source, is_like_training=like is not None)
    layout, values, empty = lay_out(source, wanted, step, like=like).observed()
    for told in filter(None, (layout.told, empty)):
        warnings.warn(str(told), stacklevel=3)
    return with_sums(layout.panel(values.floats, roles, weight))


def with_sums(panel: Panel) -> Panel:
    """Return a panel whose values can be added up; a `DataError` names one that is too large for that."""
    edge = max(np.fmax.reduce(panel.values, initial=0.0), -np.fmin.reduce(panel.values, initial=0.0))
    if edge > LARGEST:
        place = int(np.nanargmax(np.abs(panel.values)))
        series = int(np.searchsorted(panel.offsets, place, side="right")) - 1
        time = panel.grid.times(panel.starts[series : series + 1], np.array([place - panel.offsets[series]]))[0]
        raise DataError(
            f"Series {panel.ids.tolist()[series]!r} holds {panel.values[place]:g} at {time_text(time)}, and values up "
            f"to {LARGEST:g} were expected, whose differences and sums are numbers. Correct it, or divide all values."
        )
    return panel


def wanted_columns(columns: Columns | None, named: Wanted) -> Wanted:
    """Merge the two ways to name columns; a default name in `columns` is no demand."""
    given, default = columns or Columns(), Columns()
    return Wanted(
        _name("id_col", named.id) or (given.id if given.id != default.id else None),
        _name("time_col", named.time) or (given.time if given.time != default.time else None),
        _name("target_col", named.target) or (given.target if given.target != default.target else None),
        named.covariates,
    )


def _name(label: str, name: object) -> str | None:
    """Return the name of a column, which may be a number, as a text."""
    plain = plain_name(name)
    if name is None or plain is not None:
        return plain
    raise ConfigError(
        f'`{label}` must be the name of one column, got {name!r:.60}. Use for example `{label}="{label[:-4]}"`; '
        "several columns are joined into one first."
    )


def _step_like(like: Panel | None) -> int | str | None:
    return like.freq if like is not None and (isinstance(like.freq, int) or like.freq == ORDER) else None


def wanted_like(wanted: Wanted, like: Columns | None, source: Source) -> Wanted:
    """Demand the names of `like` that the table has, where no other was given."""
    if like is None:
        return wanted
    there = set(source.frame.columns)
    return Wanted(
        wanted.id or (like.id if like.id in there else None),
        wanted.time or (like.time if like.time in there else None),
        wanted.target or (like.target if like.target in there else None),
        wanted.covariates,
    )


@dataclass(frozen=True)
class Layout:
    """Where does each row of a table stand in the panel?"""

    source: Source
    found: Found
    times: RowTimes
    ids: Array  # names of the series, shape `(S,)`
    row_series: Ints  # series of each row, shape `(N,)`
    row_position: Ints  # position of each row on the grid of its series, shape `(N,)`
    starts: Array  # first time of each series, shape `(S,)`
    grid: Grid
    is_sorted: bool  # whether the rows of each series came in order
    is_grouped: bool  # whether, beside that, they came series by series
    n_merged: int = 0  # rows whose time an earlier row had, where they were merged
    like: Panel | None = None  # data that were read before, of which these are newer ones
    told: Message | None = None  # what is to be said of how the times were read

    @property
    def lengths(self) -> Ints:
        """Grid points of each series, gaps included, shape `(S,)`."""
        last = np.zeros(len(self.ids), dtype=np.int64)
        np.maximum.at(last, self.row_series, self.row_position)
        return last + 1

    def read_values(self) -> Numbers:
        """Read the target of each row, NaN where it is missing."""
        column = self.source.frame[self.found.target]
        numbers = parse_numbers(column, prefer_comma=self.source.prefer_comma, decimal=self.source.decimal)
        bad = not_finite(column, numbers.floats)
        if len(bad):
            first = int(bad[0])
            where = self.source.where(first)
            if self.found.dates:
                where = Message("column.at_time", {"where": where, "time": time_text(self.times.instants[first])})
            facts = {"name": self.found.target, "n": len(bad), "cell": cell_text(column.iloc[first]), "where": where}
            raise DataError(Message("column.not_finite", facts))
        return numbers

    def observed(self) -> tuple[Layout, Numbers, Message | None]:
        """Read the target; leave out series without any value, and say so (None where there is none).

        Raises:
            DataError: No series has a value, or a cell is no number.
        """
        numbers = self.read_values()
        is_missing = np.isnan(numbers.floats)
        seen = self.row_series[~is_missing] if is_missing.any() else self.row_series
        n_observed = np.bincount(seen, minlength=len(self.ids))
        # of a series that is known its past tells enough
        is_new = np.ones(len(self.ids), bool) if self.like is None else ~is_known(self.like, self.ids)
        blank = (n_observed == 0) & is_new
        if not blank.any():
            return self, numbers, None
        if blank.all():
            raise DataError(Message("column.all_empty", {"name": self.found.target}))
        n, names = int(blank.sum()), self.ids[blank].tolist()
        shown = [repr(id_) for id_ in names[:MOST_NAMED]] + (["..."] if n > MOST_NAMED else [])
        told = Message("left_out.empty", {"n": n, "n_all": len(blank), "target": self.found.target, "shown": shown})
        return *self._without(blank, numbers), told

    def _without(self, series: Array, numbers: Numbers) -> tuple[Layout, Numbers]:
        """Leave some series out, `(S,)`."""
        rows = np.flatnonzero(~series[self.row_series])
        where = self.source.where
        frame = self.source.frame.iloc[rows].reset_index(drop=True)
        source = replace(self.source, frame=frame, where=lambda row: where(int(rows[row])))
        rest = replace(
            self,
            source=source,
            ids=self.ids[~series],
            row_series=(np.cumsum(~series) - 1)[self.row_series[rows]],
            row_position=self.row_position[rows],
            starts=self.starts[~series],
        )
        return rest, replace(numbers, floats=numbers.floats[rows])

    def panel(self, values: Floats, roles: Roles, weight: str | None = None) -> Panel:
        """Put the values of the rows, `(N,)`, the covariates and the column of weights on the grid."""
        if not self.found.dates:
            _refuse_covariates(Roles(future=roles.future), "A table without times")
        offsets = np.concatenate(([0], np.cumsum(self.lengths))).astype(np.int64)
        # without gaps and in order the rows are the panel, and numbers need no copy
        is_whole = self.is_grouped and len(self.row_series) == offsets[-1]
        places = None if is_whole else offsets[self.row_series] + self.row_position

        def placed(rows: Array) -> Array:
            return rows if places is None else spread(rows, places, int(offsets[-1]))

        columns, own, is_time = self._columns(), self.source.parts_of(self.found.id), self.starts.dtype.kind == "M"
        parts = parts_of_ids(self.ids, own, self.like)
        panel = Panel(
            ids=self.ids,
            values=placed(values),
            offsets=offsets,
            starts=self.starts,
            freq=self.grid.freq,
            columns=replace(columns, weight=weight),
            backend=self.source.backend,
            timezone=self.times.timezone if self.like is None else self.like.timezone,
            past={name: placed(read_covariate(self.source, name)) for name in roles.past},
            future={name: placed(read_covariate(self.source, name)) for name in roles.future},
            static={name: self._static(name) for name in roles.static},
            bare_times=self.times.is_bare if self.like is None else self.like.bare_times,
            weights=None if weight is None else placed(read_weights(self.source, weight, self.found, values)),
            types=kept_types(self.source, self.found, columns, self.ids, self.like, is_time=is_time, parts=parts),
            id_parts=parts,
        )
        return panel if self.like is None else joint_again(panel, self.like)

    def _static(self, name: str) -> Array:
        return one_per_series(name, read_covariate(self.source, name), self.row_series, self.ids)

    def _columns(self) -> Columns:
        default = Columns()
        if not self.source.has_header:
            return default
        time = self.found.dates[0] if len(self.found.dates) == 1 else default.time
        # The index that pandas' to_csv writes has no name.
        time = default.time if is_unnamed(time) else time
        return Columns(self.found.id or default.id, time, self.found.target)


def _refuse_covariates(roles: Roles, data: str, weight_col: str | None = None) -> None:
    if weight_col is not None:
        raise ConfigError(
            f"{data} was passed with `weight_col={weight_col!r}`, and a table that has this column was expected. Pass "
            "a DataFrame with the target, its times and its weights."
        )
    if roles.names:
        raise ConfigError(
            f"{data} was passed with covariates ({', '.join(map(repr, roles.names))}), and a table with a time column "
            "was expected. Pass a DataFrame with the target, its times and these columns."
        )


def lay_out(
    source: Source,
    wanted: Wanted,
    freq: str | int | None = None,
    duplicates: str = "error",
    like: Panel | None = None,
) -> Layout:
    """Find the columns, the series and the grid of times of a table, which may follow `like`.

    `duplicates` says what becomes of rows with the same time: "error", or their "sum", "mean" or "last" value.
    """
    found = find_columns(source.frame, wanted)
    if not len(source.frame):
        raise DataError(Message("column.no_rows"))
    freq = ORDER if like is not None and like.freq == ORDER else freq
    next_times = None if like is None or like.timezone is not None else like.starts
    found, times = separate_series(source, found, _read_times(source, found, freq, next_times), freq)
    codes, ids = _series(source, found)
    if freq != ORDER:
        check_unread(source.frame, found)
        check_turns(source, found)
        check_years(source, found, times.instants, codes)
        _say_order_of_rows(source, found, wanted)
    times = with_zone(source, times, codes)
    if freq == ORDER:
        times = _numbered(times, codes)
    if like is not None:
        codes, ids = series_like(like.ids, codes, ids)
        times = inherit_zone(like, found, times, rows_like(like, ids)[codes], "the data")
        times = times_like(like, found, times)
    order, in_order = _order(codes, times.instants)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=len(ids))))).astype(np.int64)
    again = np.flatnonzero(_equals_previous(times.instants[order]) & _equals_previous(codes[order])) + 1
    if len(again) and duplicates != "error":
        merged = merge_repeated(source, found, codes, times.instants, duplicates)
        return replace(lay_out(merged, wanted, freq, like=like), n_merged=len(again))
    zone = zone_set_back(times.instants, codes) if len(again) and times.timezone is None and like is None else None
    if zone is not None:
        told = told_set_back(found, zone, times.instants[order][again[0]], is_file=source.is_file)
        return replace(lay_out(replace(source, timezone=zone), wanted, freq), told=told)
    if len(again):
        repeated = np.arange(len(codes))[order][again]
        if times.timezone is None:
            raise_clock_change(source, found, times.instants, codes, repeated)
        raise_repeated(source, wanted, found, times, repeated)
    asked = Stamps(times.instants[order], offsets, ids)
    if like is not None and freq is None:
        grid, stamps = grid_like(like, asked)
    else:
        grid, stamps, zone = _choose_grid(times, order, offsets, ids, freq)
        is_moved = zone is None and bool((stamps.times != asked.times).any())
        layout = f"{times.layout or 'times'}, each moved to its step" if is_moved else times.layout
        times = replace(times, timezone=zone, layout=layout)
    position = _positions(grid, stamps, lambda: _remedy(asked, like))
    is_grouped = isinstance(order, slice)
    if not is_grouped:
        position[order] = position.copy()
    return Layout(source, found, times, ids, codes, position, stamps.starts, grid, in_order, is_grouped, like=like)


def _read_times(source: Source, found: Found, freq: str | int | None, next_times: Array | None) -> RowTimes:
    """Read the times of all rows; those that say nothing may be anything where their order alone counts."""
    try:
        return read_times(source, found, next_times)
    except DataError:
        if freq != ORDER:
            raise
    return RowTimes(np.arange(len(source.frame)), layout="order of the rows")


def _numbered(times: RowTimes, codes: Ints) -> RowTimes:
    """Number the rows of each series in the order of their times, from 0."""
    order = np.lexsort((times.instants, codes))
    begins = np.searchsorted(codes[order], codes[order], side="left")
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(len(order)) - begins
    return RowTimes(numbers, layout=f"{times.layout}, whose order counts" if times.layout else "their order counts")


def _say_order_of_rows(source: Source, found: Found, wanted: Wanted) -> None:
    """Warn a program whose table has other columns, but none with times; a file is described before it is used."""
    others = [str(name) for name in source.frame.columns if name not in {found.id, found.target, *wanted.covariates}]
    if found.dates or source.is_file or not others:
        return
    shown = ", ".join(map(repr, others[:6])) + (", ..." if len(others) > 6 else "")
    warnings.warn(
        f"No column of the table holds times (there are {shown}): the order of the rows counts. Name the column with "
        "`time_col=`.",
        stacklevel=2,
    )


def _order(codes: Ints, instants: Array) -> tuple[Ints | slice, bool]:
    """Return the order of the rows by series and time, a slice where they have it, and whether each series came so."""
    is_grouped = bool((codes[1:] >= codes[:-1]).all())
    order = slice(None) if is_grouped else np.argsort(codes, kind="stable")
    in_groups = instants[order]
    backwards = (in_groups[1:] < in_groups[:-1]) & _equals_previous(codes[order])
    in_order = not backwards.any()
    return (order if in_order else np.lexsort((instants, codes))), in_order


def _equals_previous(array: Array) -> Array:
    return np.asarray(array[1:] == array[:-1])


def _series(source: Source, found: Found) -> tuple[Ints, Array]:
    """Return the series of each row, counted in order of appearance, and the names of the series."""
    if found.id is None:
        name = found.target if source.has_header else Columns().target
        return np.zeros(len(source.frame), dtype=np.int64), np.array([name], dtype=object)
    codes, ids = number_cells(source.frame[found.id])
    empty = np.flatnonzero(np.isin(codes, [-1, *np.flatnonzero(ids == "")]))
    if len(empty):
        raise DataError(
            f"Column {found.id!r} is empty in {source.where(int(empty[0]))}, and the name of a series was expected in "
            "every row. Fill or remove these rows."
        )
    return _without_stray_spaces(codes, ids)


def _without_stray_spaces(codes: Ints, ids: Array) -> tuple[Ints, Array]:
    """Take names that differ by spaces around them alone for one series."""
    plain = [id_.strip() if isinstance(id_, str) else id_ for id_ in ids.tolist()]
    if len(set(plain)) == len(ids):
        return codes, ids
    places = {name: place for place, name in enumerate(dict.fromkeys(plain))}
    names = np.empty(len(places), dtype=object)
    names[:] = list(places)
    return np.array([places[name] for name in plain])[codes], names


def _choose_grid(
    times: RowTimes, order: Ints | slice, offsets: Ints, ids: Array, freq: str | int | None
) -> tuple[Grid, Stamps, str | None]:
    """Find the grid, with a time zone in local days or else in UTC, and that zone.

    Offsets that change with the season name no zone, and days of one are none of UTC: then it is found.
    """
    utc, zone = Stamps(times.instants[order], offsets, ids), times.timezone
    if zone is None:
        return *_grid(utc, freq), None
    zone = (zone_of_days(utc.times) or zone) if zone == "UTC" else zone
    try:
        grid, moved = _grid(utc, freq)
        if not grid.follows_calendar:
            return grid, moved, zone
    except DataError:
        pass
    return *_grid(replace(utc, times=real_midnights(local_times(utc.times, zone), zone)), freq), zone


def _grid(stamps: Stamps, freq: str | int | None) -> tuple[Grid, Stamps]:
    return infer_steps(stamps) if freq is None else parse_steps(freq, stamps)


def _remedy(stamps: Stamps, like: Panel | None) -> str:
    return fits_without_freq(stamps, clear_grid) if like is None else "Pass times of the model's steps"


def _positions(grid: Grid, stamps: Stamps, remedy: Callable[[], str]) -> Ints:
    """Return the position of each (sorted) time on the grid of its series; `remedy` says what helps without one."""
    n_points = int((grid.positions(stamps.last, stamps.starts) + 1).sum())
    if n_points > MAX_POINTS:
        raise DataError(
            f"With `freq={grid.freq!r}` the {len(stamps.times)} rows would span {n_points} steps, and at most "
            f"{MAX_POINTS} were expected. Pass a longer `freq`, or correct the first and last times."
        )
    positions = stamps.positions(grid)
    is_beside = [grid.times(starts, positions[rows]) != stamps.times[rows] for rows, starts in stamps.blocks()]
    beside = np.flatnonzero(np.concatenate(is_beside))
    if len(beside):
        raise DataError(
            f"{len(beside)} of {len(positions)} times do not fall on `freq={grid.freq!r}`, the first is "
            f"{time_text(stamps.times[beside[0]])}, and all "
            f"were expected to. {remedy()}, or "
            "resample the table."
        )
    same = _equals_previous(positions)
    same[stamps.offsets[1:-1] - 1] = False
    if same.any():
        raise DataError(
            f"{int(same.sum()) + 1} rows fall on the same step of `freq={grid.freq!r}`, the first at "
            f"{time_text(stamps.times[np.flatnonzero(same)[0]])}, and one row for each step was expected. "
            f"{remedy()}, or add the rows of a step up."
        )
    return positions
