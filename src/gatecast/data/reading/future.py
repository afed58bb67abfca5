"""What will covariates be in the steps behind the data? Reads them from the rows that a user has for those times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.clocks import inherit_zone, with_zone
from gatecast.data.reading.containers import as_table, source_of
from gatecast.data.reading.covariates import read_categories, read_covariate, read_numbers
from gatecast.data.reading.find import Found, Wanted, find_columns
from gatecast.data.reading.frames import Source, as_array, number_cells
from gatecast.data.reading.like_training import ids_like, instants_like, on_steps
from gatecast.data.reading.separate_series import separate_series
from gatecast.data.reading.shapes import join_ids, joined_before
from gatecast.data.reading.table import wanted_like
from gatecast.data.reading.times import read_times, time_text
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_future"]

N_SHOWN = 3


def read_future(after: Panel, table: object, horizon: int, names: Sequence[str]) -> dict[str, Array]:
    """Read covariates of the `horizon` steps behind the data, by name, `(S, H)` each in the order of `after.ids`.

    Numbers are float64, categories objects (texts); all that lacks, repeats or is infinite is a `DataError`.

    Args:
        after: S series that start right behind the data, see `Panel.tail_from`, with the names of the columns. Where it
            has one of `names` in `future`, its dtype says whether numbers or categories are expected.
        table: A DataFrame, or what `read_source` returns, with the times, the covariates and, for several series, their
            names, in any order. More columns and more rows, also of the past, are fine. None if there is none.
        horizon: H, steps to read.
        names: Names of the covariates.
    """
    if not names:
        return {}
    times = after.future_times(horizon)
    if table is None:
        _raise_none(after, times, names)
    source = _source(after, table, names)
    series, instants = _rows(after, source, names)
    rows = _rows_of(after, source, series, instants, times)
    # What stands in other rows is nobody's business.
    used, places = np.unique(rows[rows >= 0], return_inverse=True)
    needed = replace(source, frame=source.frame.iloc[used], where=lambda row: source.where(int(used[row])))
    values = {}
    for name in names:
        known = after.future.get(name)
        reader = read_covariate if known is None else read_categories if known.dtype == object else read_numbers
        read = reader(needed, name)
        values[name] = np.full(rows.shape, None if read.dtype == object else np.nan, dtype=read.dtype)
        values[name][rows >= 0] = read[places]
    _check_known(after, times, values)
    return values


def _source(after: Panel, table: object, names: Sequence[str]) -> Source:
    table = table if isinstance(table, Source) else as_table(table)[0]
    if not isinstance(table, Source) and as_array(table) is not None:
        raise DataError(
            f"The future rows are an array, and a table with the times and {_first(names)} was expected. "
            "Pass a DataFrame."
        )
    source = table if isinstance(table, Source) else source_of(table)
    source, _ = join_ids(source, joined_before(source, after.columns.id), names)
    lacking = [name for name in names if name not in source.frame.columns]
    if lacking:
        columns = {"lacking": list(map(repr, lacking)), "columns": _first(source.frame.columns)}
        raise DataError(Message("ahead.lacks_columns", {"n": len(lacking), **columns}))
    if not len(source.frame):
        _raise_none(after, after.future_times(1), names)
    return source


def _rows(after: Panel, source: Source, names: Sequence[str]) -> tuple[Ints, Array]:
    """Return the series of each row, -1 for others, and its time in the sense of `after.starts`."""
    # The target need not be there, so a covariate stands in for it.
    wanted = Wanted(target=names[0], covariates=tuple(names[1:]))
    like = replace(after.columns, target=names[0])
    found = find_columns(source.frame, wanted_like(wanted, like, source))
    if not found.dates:
        raise DataError(
            f"The future rows have no column with times (they have {_first(source.frame.columns)}), and one was "
            f"expected. Add {after.columns.time!r}."
        )
    found, times = separate_series(source, found, read_times(source, found), after.freq)
    series = _series(after, source, found)
    zoned = inherit_zone(after, found, with_zone(source, times, series), series, "the future rows")
    instants = instants_like(after, found, zoned, "the future rows")
    return series, on_steps(after, instants)


def _series(after: Panel, source: Source, found: Found) -> Ints:
    import pandas as pd

    if found.id is None:
        if after.n_series > 1:
            raise DataError(
                f"The future rows have no column with the names of the series, and {after.columns.id!r} was expected, "
                f"because there are {after.n_series}. Add it."
            )
        return np.zeros(len(source.frame), dtype=np.int64)
    places, ids = number_cells(source.frame[found.id])
    codes = pd.Index(after.ids).get_indexer(pd.Index(ids_like(after.ids, ids)))[places].astype(np.int64)
    codes[places < 0] = -1
    # one series is that series, whatever it is called
    is_one = after.n_series == 1 and len(source.frame[found.id].unique()) == 1
    return np.zeros_like(codes) if is_one else codes


def _rows_of(after: Panel, source: Source, series: Ints, instants: Array, times: Array) -> Ints:
    """Return the row of each needed time, shape `(S, H)`; -1 where there is none."""
    import pandas as pd

    steps = np.repeat(np.arange(after.n_series), times.shape[1])
    needed = pd.MultiIndex.from_arrays([steps, times.ravel()])
    there = pd.MultiIndex.from_arrays([series, instants])
    found = needed.get_indexer(there)
    rows = np.full(len(needed), -1, dtype=np.int64)
    of_row = np.flatnonzero(found >= 0)
    rows[found[of_row]] = of_row
    again = of_row[rows[found[of_row]] != of_row]
    if len(again):
        first = int(again[0])
        other = int(rows[found[first]])
        raise DataError(
            f"Two of the future rows ({source.where(first)} and {source.where(other)}) are series "
            f"{after.ids.tolist()[series[first]]!r} at {_first_times(after, instants[first : first + 1])}, and one was "
            "expected. Remove one of them."
        )
    return rows.reshape(times.shape)


def _check_known(after: Panel, times: Array, values: dict[str, Array]) -> None:
    """Name all that lacks in one sentence."""
    lacking = {n: array == np.array(None) if array.dtype == object else np.isnan(array) for n, array in values.items()}
    anywhere = np.logical_or.reduce(list(lacking.values()))
    if not anywhere.any():
        return
    columns = [name for name, absent in lacking.items() if absent.any()]
    series = after.ids[anywhere.any(axis=1)].tolist()
    dates = np.unique(times[anywhere])
    n_values = sum(int(absent.sum()) for absent in lacking.values())
    facts: dict[str, object] = {"values": Message("unit.value", {"n": n_values}), "names": _first(columns)}
    facts |= {"series": _first(series), "times": _first_times(after, dates), "horizon": times.shape[1]}
    raise DataError(Message("ahead.lacking" if after.n_series == 1 else "ahead.lacking_series", facts))


def _raise_none(after: Panel, times: Array, names: Sequence[str]) -> NoReturn:
    begin, end = (str(_first_times(after, np.array([edge]))) for edge in (times.min(), times.max()))
    span = begin if begin == end else Message("ahead.none_span", {"begin": begin, "end": end})
    keys = [after.columns.time] if after.n_series == 1 else [after.columns.id, after.columns.time]
    columns = [*map(repr, keys), _first(names)]
    raise DataError(Message("ahead.none", {"names": _first(names), "span": span, "columns": columns}))


def _first_times(after: Panel, times: Array) -> Message:
    """Name the first times, as the user's clocks show them, and how many more there are."""
    import pandas as pd

    index: pd.Index = after.index(times[:N_SHOWN])
    plain = index.tz_localize(None) if isinstance(index, pd.DatetimeIndex) else index
    return _some([time_text(time) for time in plain.to_numpy()], len(times))


def _first(names: Sequence[object] | Array | pd.Index) -> Message:
    texts = [repr(str(name)) for name in names]
    return _some(texts[:N_SHOWN], len(texts))


def _some(shown: list[str], n: int) -> Message:
    """Name the first of n things, and say how many more there are."""
    if n > N_SHOWN:
        return Message("words.more", {"shown": shown, "n": n - N_SHOWN})
    return Message("words.all", {"shown": shown})
