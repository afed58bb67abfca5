"""Where does the training part of each series end? Splits are by time, never at random."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from gatecast._validation import answers_calls
from gatecast.data.panel.arrays import Array, Frame, Ints
from gatecast.data.panel.frequency import Freq, plain_freq
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.containers import collected
from gatecast.data.reading.find import Wanted
from gatecast.data.reading.frames import as_array, as_source
from gatecast.data.reading.shapes import Name, arrange, one_name
from gatecast.data.reading.table import lay_out, wanted_columns
from gatecast.exceptions import ConfigError, DataError

__all__ = ["held_out_positions", "split_positions", "train_test_split"]

LEAST_LOOKBACK = 8  # a short series is tested on less, but never learns from fewer points than these and the horizon

Given = TypeVar("Given")


@answers_calls
def train_test_split(
    data: Given,
    test_size: float | int = 0.2,
    *,
    id_col: Name = None,
    time_col: str | None = None,
    target_col: Name = None,
    freq: Freq | None = None,
) -> tuple[Given, Given]:
    """Split data by time, each series at its own place.

    Args:
        data: What `to_panel` accepts.
        test_size: Share of the points at the end of each series (rounded up), or an integer number of them.
        id_col: Name of the series' column, if it is not to be found; several names for columns that name a series
            together.
        time_col: Name of the time column, if it is not to be found.
        target_col: Name of the target column, if it is not to be found; several names for columns that hold a series
            each.
        freq: Frequency, if it is not to be inferred.

    Returns:
        The training part and the test part, of the same kind as `data`, in the order of its rows; arrays are
        views.

    Raises:
        ConfigError: `test_size` is neither a share in `(0, 1)` nor a positive integer.
        DataError: The data cannot be a panel, have their times across the header, or a series is too short.

    Examples:
        >>> train_test_split([1, 2, 3, 4, 5])
        ([1, 2, 3, 4], [5])
    """
    # a lazy table becomes one with rows
    data = collected(data)
    plain = as_array(data)
    if plain is not None:
        n_train = int(_positions(np.array([len(plain[0])]), np.array(["y"]), test_size)[0])
        values: Frame = data
        return values[:n_train], values[n_train:]
    table = as_source(data)
    source, id_name, target = arrange(table, id_col, target_col, time_col=time_col)
    n_rows = len(table.frame)
    # columns that are a series each stand below each other
    n_times, rest = divmod(len(source.frame), max(n_rows, 1))
    if rest or n_times != max(len(one_name(target_col, "target_col")), 1):
        raise DataError(
            "The table has its times across the header, and a time in each row was expected, as rows are divided. Make "
            'it long first, e.g. with `data.melt("name", var_name="ds", value_name="y")`.'
        )
    layout = lay_out(source, wanted_columns(None, Wanted(id_name, time_col, target)), plain_freq(freq))
    positions = _positions(layout.lengths, layout.ids, test_size)
    in_train = layout.row_position < positions[layout.row_series]
    in_train = np.asarray(in_train.reshape(n_times, n_rows).all(axis=0))
    return _rows(data, in_train), _rows(data, ~in_train)


def split_positions(panel: Panel, test_size: float | int = 0.2) -> Ints:
    """Return the number of training points of each series, shape `(S,)`, at least one; see `train_test_split`."""
    return _positions(panel.lengths, panel.ids, test_size)


def held_out_positions(panel: Panel, share: float | int, horizon: int, lookback: int | None) -> np.ndarray:
    """Return where the training part of each series ends, `(S,)`.

    At least one horizon is tested where the series are long enough, and series that are too short for that are not
    tested. A number of points that was asked for is taken as it is, and 0 is no test.
    """
    lengths = panel.lengths
    if share == 0:
        return lengths
    positions = split_positions(panel, share)
    if isinstance(share, float):
        needed = (lookback or min(horizon, LEAST_LOOKBACK)) + horizon
        positions = np.minimum(positions, lengths - horizon)
        positions = np.where(positions < needed, np.minimum(np.maximum(needed, lengths - horizon), lengths), positions)
    return positions


def _positions(lengths: Ints, ids: Array, test_size: float | int) -> Ints:
    if isinstance(test_size, bool | np.bool) or not isinstance(test_size, int | float | np.integer | np.floating):
        raise ConfigError(f"`test_size` must be a number, got {test_size!r}. Use `test_size=0.2` for the last fifth.")
    if isinstance(test_size, int | np.integer):
        return _by_count(lengths, ids, int(test_size))
    if not 0 < test_size < 1:
        raise ConfigError(
            f"`test_size` must be a share between 0 and 1 or a whole number of points, got {test_size}. "
            "Use `test_size=0.2`."
        )
    # Rounded first: 0.1 of 30 points are 3, not the 4 that 3.0000000000000004 would give.
    n_test = np.array([math.ceil(round(int(n) * float(test_size), 9)) for n in lengths], dtype=np.int64)
    return np.asarray(np.maximum(lengths - n_test, np.minimum(lengths, 1)))


def _by_count(lengths: Ints, ids: Array, n_test: int) -> Ints:
    if n_test < 1:
        raise ConfigError(f"`test_size` must be positive, got {n_test}. Use `test_size=0.2`, or a number of points.")
    short = np.flatnonzero(lengths <= n_test)
    if len(short):
        name = ids.tolist()[short[0]]
        raise DataError(
            f"Series {name!r} has {lengths[short[0]]} points, but `test_size={n_test}` needs at least "
            f"{n_test + 1}. Use a smaller `test_size` or a longer series."
        )
    return lengths - n_test


def _rows(data: Frame, keep: Array) -> Frame:
    import pandas as pd

    if isinstance(data, pd.DataFrame | pd.Series):
        return data.loc[keep]
    import narwhals as nw

    return nw.from_native(data, eager_only=True).filter(keep.tolist()).to_native()
