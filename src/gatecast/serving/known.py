"""How are tables of requests read where nothing is to be guessed?

Newer data of a model have its columns, frequency and series, and one series of `ds` and `y` in steps without gaps has
nothing that could be meant in another way.

What does not fit at once, in whichever way, is left to the reading of the library, which says what is wrong with it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from gatecast.data.panel.arrays import Array, spread
from gatecast.data.panel.frequency import ORDER, infer_steps
from gatecast.data.panel.panel import Columns, Panel
from gatecast.data.panel.stamps import Stamps
from gatecast.data.reading.table import LARGEST
from gatecast.exceptions import DataError

__all__ = ["as_times", "known_panel", "plain_panel"]

# points without a value that are made here, beside as many as there are rows
MOST_GAPS = 1000
# rows of a series whose steps tell its frequency, and the longest step between which no year can be wrong
FEWEST, LONGEST_STEP = 3, np.timedelta64(1000, "D")
# a date, perhaps with a time, without a zone
TIME = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?)?")


def as_times(cells: Any) -> Array | None:
    """Return texts that are all dates of one form (ISO 8601, without a zone) as times; None for anything else.

    Examples:
        >>> as_times(["2024-01", "2024-02"])
        array(['2024-01-01T00:00:00.000000000', '2024-02-01T00:00:00.000000000'], dtype='datetime64[ns]')
        >>> as_times(["2024-01-01", "2024-1-2"]), as_times([1, 2]), as_times(["2024", "2025"])
        (None, None, None)
    """
    if not cells or not isinstance(cells[0], str) or not TIME.fullmatch(cells[0]):
        return None
    n = len(cells[0])
    if not all(isinstance(cell, str) and len(cell) == n for cell in cells):
        return None
    try:
        times = np.array(cells, dtype="datetime64[s]" if n <= len("2024-01-31T00:00:00") else "datetime64[ns]")
    except ValueError:
        return None
    is_far = np.isnat(times) | (times < np.datetime64("1678")) | (times > np.datetime64("2262"))
    return None if is_far.any() else times.astype("datetime64[ns]")


def known_panel(columns: dict[str, Any], after: Panel) -> Panel | None:
    """Return the panel of columns that go on from a model's data, if all is as it was there; else None.

    The rows of each series come one behind the other, in the order of time.
    """
    names, several = after.columns, after.n_series > 1
    wanted = {names.time, names.target, *([names.id] if several else [])}
    if after.roles.names or after.timezone is not None or after.freq == ORDER or set(columns) != wanted:
        return None
    times = _times(columns[names.time], after)
    values = _values(columns[names.target])
    if times is None or values is None or not len(values):
        return None
    found = _series(columns[names.id], after) if several else (np.zeros(1, np.int64), np.array([0, len(values)]))
    if found is None:
        return None
    series, ends = found
    return _panel(after, series, ends, times, values)


def plain_panel(columns: dict[str, Any]) -> Panel | None:
    """Return the panel of the columns `ds`, dates of one form, and `y`, numbers, of one series without gaps; else None.

    Examples:
        >>> panel = plain_panel({"ds": ["2024-01", "2024-02", "2024-03"], "y": [1, 2.5, None]})
        >>> panel.freq, panel.values
        ('MS', array([1. , 2.5, nan]))
        >>> plain_panel({"ds": ["2024-01-01", "2024-01-02", "2024-02-01"], "y": [1, 2, 3]})
    """
    names = Columns()
    if set(columns) != {names.time, names.target}:
        return None
    times, values = as_times(columns[names.time]), _values(columns[names.target])
    if times is None or values is None or len(times) < FEWEST:
        return None
    steps = np.diff(times)
    if (steps <= np.timedelta64(0, "ns")).any() or (steps > LONGEST_STEP).any():
        return None
    asked = Stamps(times, np.array([0, len(times)]), np.array([names.target], dtype=object))
    try:
        grid, meant = infer_steps(asked)
    except DataError:
        return None
    is_whole = np.array_equal(grid.positions(times, times[:1]), np.arange(len(times)))
    if meant is not asked or not is_whole:
        return None
    return Panel(asked.ids, values, asked.offsets, asked.starts, grid.freq, names)


def _times(cells: Any, after: Panel) -> Array | None:
    if after.starts.dtype.kind == "M":
        return as_times(cells)
    is_whole = all(isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) < 2**53 for cell in cells)
    return np.array(cells, np.int64) if is_whole else None


def _values(cells: Any) -> Array | None:
    if not all(cell is None or (isinstance(cell, float | int) and not isinstance(cell, bool)) for cell in cells):
        return None
    values = np.array(cells, np.float64)
    return None if np.isnan(values).all() or np.nanmax(np.abs(values)) > LARGEST else values


def _series(cells: Any, after: Panel) -> tuple[Array, Array] | None:
    """Return the row of each series in the model, and where its rows begin and end; None where one is not known."""
    row_of = {id_: row for row, id_ in enumerate(after.ids.tolist())}
    rows = [row_of.get(cell) if type(cell) in (str, int) else None for cell in cells]
    if None in rows:
        return None
    each = np.array(rows, np.int64)
    begins = np.flatnonzero(np.diff(each, prepend=-1))
    series = each[begins]
    return None if len(np.unique(series)) < len(series) else (series, np.append(begins, len(each)))


def _panel(after: Panel, series: Array, ends: Array, times: Array, values: Array) -> Panel | None:
    lengths = np.diff(ends)
    starts = times[ends[:-1]]
    each = np.repeat(np.arange(len(series)), lengths)
    positions = after.grid.positions(times, starts[each])
    is_rising = (np.diff(positions) > 0) | (np.diff(each) > 0)
    if not is_rising.all() or (positions < 0).any() or (after.grid.times(starts[each], positions) != times).any():
        return None
    # between rows that are far apart lie gaps, which have a limit of their own
    n_points = positions[ends[1:] - 1] + 1
    offsets = np.concatenate(([0], np.cumsum(n_points)))
    if offsets[-1] > 2 * len(values) + MOST_GAPS:
        return None
    placed = spread(values, offsets[each] + positions, int(offsets[-1]))
    return Panel(after.ids[series], placed, offsets, starts, after.freq, after.columns, after.backend)
