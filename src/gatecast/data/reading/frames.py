"""Which columns does the user's object hold? One pandas frame for every kind of table."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._validation import is_integer
from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.column_types import Types
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd

__all__ = ["Source", "as_array", "as_source", "cell_text", "may_hold_texts", "number_cells", "plain_name"]


@dataclass(frozen=True)
class Source:
    """A table, whatever it came from; rows count from 0."""

    frame: "pd.DataFrame"
    backend: str = "pandas"  # what tables are handed back as
    where: Callable[[int], Message] = lambda row: Message("place.row", {"n": row + 1})  # how to call a row in an error
    is_file: bool = False  # whether 2024 may be a year and "1.234,5" a number
    has_header: bool = True  # whether the names are the user's own
    prefer_comma: bool = False  # whether "1,234" alone is rather 1.234
    decimal: str | None = None  # the mark before decimals, where it was given
    date_format: str | None = None  # the layout of the dates, where it was given
    timezone: str | None = None  # of times that do not say theirs, where it was given
    types: Types = field(default_factory=dict)  # of the user's columns, as their library has them
    id_parts: "pd.DataFrame | None" = None  # by the names of series that were joined of several columns, these columns

    def parts_of(self, name: str | None) -> "pd.DataFrame | None":
        """Return the columns that a column of names was joined of, None where it was not."""
        return None if self.id_parts is None or self.id_parts.index.name != name else self.id_parts


def plain_name(name: object) -> str | None:
    """Return the name of a column, which may be a number, as a text; None for what is no name."""
    return str(name) if isinstance(name, str) or is_integer(name) else None


def cell_text(value: object) -> str:
    """Show what a cell holds, in an error."""
    text = str(value).strip()
    return "empty" if not text or text in ("None", "<NA>") else repr(text) if isinstance(value, str) else text


def may_hold_texts(column: "pd.Series") -> bool:
    """Tell whether the type of a column is that of texts, of which pandas 3 has one of its own, or of anything."""
    import pandas as pd

    return column.dtype == object or isinstance(column.dtype, pd.StringDtype)


def number_cells(column: "pd.Series") -> tuple[Ints, Array]:
    """Return the number of the cell of each row, -1 where it is missing, and the different cells as they appear."""
    import pandas as pd

    # texts in one buffer and integers would take ten times the memory as objects
    is_compact = isinstance(column.dtype, pd.StringDtype) or column.dtype.kind in "iu"
    try:
        codes, cells = pd.factorize(column if is_compact or column.dtype == object else column.astype(object))
    except TypeError:
        raise DataError(
            f"Column {column.name!r} holds {type(column.iloc[0]).__name__} in row 1, and the name of a series was "
            "expected in every row. Write names as texts."
        ) from None
    return codes.astype(np.int64, copy=False), np.asarray(cells)


def as_array(data: object) -> tuple[Array, str] | None:
    """Return 1-D values without times (a list, array or polars Series) and their backend, or None for tables."""
    if isinstance(data, list | tuple | np.ndarray):
        # what is masked is not there: it is NaN, and not the number below the mask
        plain = np.ma.filled(data.astype(np.float64), np.nan) if isinstance(data, np.ma.MaskedArray) else _array(data)
        return _one_dimensional(plain), "pandas"
    import narwhals as nw
    import pandas as pd

    series = nw.from_native(data, series_only=True, pass_through=True)
    if isinstance(data, pd.Series) or not isinstance(series, nw.Series):
        return None
    return _one_dimensional(np.asarray(series.to_numpy())), series.implementation.value


def _array(data: object) -> Array:
    try:
        array = np.asarray(data)
    except ValueError:
        raise DataError(
            "The list holds lists or arrays beside single values, and the values of one series were expected. Pass "
            "several series as a list of lists, or as a table with the columns unique_id, ds, y."
        ) from None
    if array.dtype.kind == "V":
        raise DataError(
            f"The array has the fields {', '.join(map(repr, array.dtype.names or ()))}, and numbers were expected. "
            "Pass `pandas.DataFrame(data)`, or one of its fields."
        )
    return array


def _one_dimensional(array: Array) -> Array:
    squeezed = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if squeezed.ndim != 1:
        raise DataError(
            f"The array has shape {array.shape}, and (T,) was expected. "
            "Pass one series, or many as a list of series (`list(array)` where each row is one), or as a table with "
            "the columns unique_id, ds, y."
        )
    return np.asarray(squeezed)


def as_source(data: object) -> Source:
    """Bring a table or a pandas Series into the form that the rest works with; names of columns differ."""
    import pandas as pd

    if isinstance(data, pd.Series):
        return _of_pandas(_series_frame(data))
    if isinstance(data, pd.DataFrame):
        return _of_pandas(_named_once(_index_to_columns(data)))
    if isinstance(data, str | os.PathLike):
        raise DataError(
            f"`data` is the path {str(data)!r}, and a table was expected. Read it first, e.g. with "
            f"`pandas.read_csv({str(data)!r})`."
        )
    import narwhals as nw

    table = nw.from_native(data, pass_through=True)
    if isinstance(table, nw.LazyFrame):
        raise DataError(
            "The table is lazy and lies on a cluster, and its rows were expected. Pass `data.collect()` if they fit "
            "into memory."
        )
    if not isinstance(table, nw.DataFrame):
        raise DataError(
            f"`data` has the type {type(data).__name__}, and a DataFrame, a Series or a 1-D array was expected. Pass "
            "for example a pandas or polars DataFrame."
        )
    columns = {name: _column(table[name]) for name in table.columns}
    types = dict(zip(table.columns, _native_types(table), strict=True))
    return Source(_named_once(pd.DataFrame(columns)), backend=table.implementation.value, types=types)


def _of_pandas(frame: "pd.DataFrame") -> Source:
    return Source(frame, types=dict(zip(frame.columns, frame.dtypes, strict=True)))


def _native_types(table: "nw.DataFrame[Any]") -> "Sequence[Any]":
    """Return the types of a table's columns, as its library has them."""
    native: Any = table.to_native()
    if table.implementation.is_pyarrow():
        return list(native.schema.types)
    return list(native.schema.values() if table.implementation.is_polars() else native.dtypes)


def _series_frame(series: "pd.Series") -> "pd.DataFrame":
    """Put the index of a Series beside its values."""
    import pandas as pd

    target = "y" if series.name is None else str(series.name)
    if isinstance(series.index, pd.MultiIndex):
        named = series.set_axis(_with_names(series.index, [target]))
        return _named_once(named.rename(target).reset_index())
    time = "ds" if series.index.name is None else str(series.index.name)
    time = f"{time}_index" if time == target else time
    is_plain = isinstance(series.dtype, np.dtype)
    return pd.DataFrame({time: series.index, target: series.to_numpy(copy=False) if is_plain else series.array})


def _with_names(index: "pd.MultiIndex", taken: "Sequence[object] | pd.Index") -> "pd.MultiIndex":
    """Name the levels that have no name: `ds` for times, or the last one, and `unique_id` for another."""
    import pandas as pd

    names = list(index.names)
    unnamed = [k for k, name in enumerate(names) if name is None]
    times = [k for k in unnamed if isinstance(index.levels[k], pd.DatetimeIndex | pd.PeriodIndex)]
    time = times[0] if len(times) == 1 else len(names) - 1
    for k in unnamed:
        plain = "ds" if k == time else "unique_id"
        names[k] = plain if plain not in names and plain not in taken else f"level_{k}"
    return index.set_names(names)


def _index_to_columns(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Keep an index that holds something: times, or a name; levels of columns become one name."""
    import pandas as pd

    index = frame.index
    if isinstance(frame.columns, pd.MultiIndex):
        frame = frame.set_axis(_one_level(frame.columns), axis=1)
    if isinstance(index, pd.MultiIndex):
        named = _with_names(index, frame.columns)
        return frame.set_axis(named, axis=0).reset_index(drop=any(name in frame.columns for name in named.names))
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and index.name is None:
        return frame.rename_axis("ds" if "ds" not in frame.columns else "ds_index").reset_index()
    if any(name is not None for name in index.names):
        clash = any(name in frame.columns for name in index.names)
        return frame.reset_index(drop=clash)
    return frame.reset_index(drop=True)


def _one_level(columns: "pd.MultiIndex") -> list[str]:
    """Name columns with several levels by the first that tells them apart, or by all."""
    first = [str(name[0]) for name in columns]
    if len(set(first)) == len(first):
        return first
    return [" ".join(str(part) for part in name if str(part)) for name in columns]


def _named_once(frame: "pd.DataFrame") -> "pd.DataFrame":
    frame = frame.rename(columns=str)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"Two columns have the name {twice[0]!r}, and each name was expected once. Rename one of them.")
    return frame


def _column(column: "nw.Series[pd.Series]") -> "pd.Series":
    """Convert one column without pyarrow; times keep their zone."""
    import narwhals as nw
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None:
        plain = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
        return pd.Series(pd.DatetimeIndex(plain).tz_localize("UTC").tz_convert(dtype.time_zone))
    is_wide = isinstance(dtype, nw.Int128 | nw.UInt128 | nw.Decimal)
    is_plain = isinstance(dtype, nw.Datetime | nw.Date | nw.Boolean)
    if is_plain or (dtype.is_numeric() and not is_wide):
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_list(), dtype=object)
