"""How do paths, dicts and lists of series, lazy tables and data sets of other libraries become one table?"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data.panel.panel import Columns
from gatecast.data.reading.find import TIME_NAMES, known_names
from gatecast.data.reading.frames import Source, as_source
from gatecast.exceptions import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_table", "collected", "source_of"]

# lazy tables of one machine; those of a cluster are not brought to it unasked
LOCAL = ("polars", "duckdb", "ibis", "sqlframe")
ENTRY = {"start", "target"}  # what each series of a data set of GluonTS has
MOST_LOOKED_AT = 20


def as_table(data: Any) -> tuple[object, tuple[str, ...]]:
    """Make one table of what holds several series, or of another library's object; tables and values stay as they are.

    Args:
        data: A dict of series by their names or of columns, a list of series, a lazy table, a DataArray or Dataset of
            xarray, a TimeSeries of Darts, a data set of GluonTS, or anything else.

    Returns:
        The table, and the names of the columns that tell its series apart where the object said so.

    Examples:
        >>> as_table({"north": [1.0, 2.0], "south": [3.0]})[0]["unique_id"].tolist()
        ['north', 'north', 'south']
    """
    library = type(data).__module__.partition(".")[0]
    if library == "xarray":
        return _of_xarray(data)
    if library == "darts":
        return _of_darts(data), ()
    if isinstance(data, Mapping):
        return (_of_columns(data), ()) if _is_columns(data) else _stacked(list(data), list(data.values()))
    if library == "gluonts" or (isinstance(data, list | tuple) and _are_entries(data)):
        return _of_gluonts(data), (Columns().id,)
    if isinstance(data, list | tuple) and len(data) and isinstance(data[0], Mapping):
        return _of_columns(data), ()
    if isinstance(data, list | tuple) and _is_nested(data):
        return _stacked(_names(data), data)
    return collected(data), ()


def source_of(data: object, ids: Sequence[str] = ()) -> Source:
    """Read a table, or the file that a path or URL names; `ids` are columns whose cells are names.

    What of a file is left out is said in warnings.
    """
    if not isinstance(data, str | os.PathLike):
        return as_source(data)
    from gatecast._places import to_place
    from gatecast.data.reading.formats import Reading, load

    loaded = load(to_place(data), Reading(), tuple(ids))
    for note in loaded.notes:
        warnings.warn(f"{os.fspath(data)}: {note}", stacklevel=5)
    return loaded.source


def collected(data: Any) -> Any:
    """Collect a lazy table of one machine, and read what only speaks the protocols of Arrow or NumPy."""
    # plain numbers do not need the libraries of tables, which take longer to import than a small fit takes
    if isinstance(data, np.ndarray | list | tuple | str | os.PathLike):
        return data
    import narwhals as nw
    import pandas as pd

    if isinstance(data, pd.DataFrame | pd.Series):
        return data
    table = nw.from_native(data, pass_through=True, allow_series=True)
    if isinstance(table, nw.LazyFrame) and table.implementation.value in LOCAL:
        return table.collect().to_native()
    if table is not data:
        return data
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        import pyarrow as pa

        return pa.table(data)
    return np.asarray(data) if hasattr(data, "__array__") or isinstance(data, range) else data


def _is_columns(data: Mapping[Any, Any]) -> bool:
    """Tell whether a dict holds the columns of one table: one of them is called like times, ids or values."""
    names, default = [str(name) for name in data], Columns()
    named = {default.id, default.time, default.target} & set(names)
    return bool(named or known_names(names, TIME_NAMES)) and not any(
        hasattr(cells, "columns") for cells in data.values()
    )


def _of_columns(data: Any) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.DataFrame(data)
    except ValueError as error:
        raise DataError(
            f"The columns of the dict do not have the same number of cells ({error}), and a cell for each row was "
            "expected. Make them equally long."
        ) from None


def _are_entries(data: Sequence[object]) -> bool:
    return bool(len(data)) and isinstance(data[0], Mapping) and set(data[0]) >= ENTRY


def _is_nested(data: Sequence[object]) -> bool:
    """Tell whether a list holds series: a list of lists with one number each is a column, and one series."""
    first = data[0] if len(data) else None
    if not hasattr(first, "__len__") or isinstance(first, str):
        return False
    is_plain = isinstance(first, list | tuple | np.ndarray)
    return not is_plain or any(_length(one) != 1 for one in data)


def _length(one: object) -> int:
    return len(one) if hasattr(one, "__len__") else 1


def _names(data: Sequence[Any]) -> list[Any]:
    """Return the names that series have themselves where these differ, else their numbers from 0."""
    names = [getattr(one, "name", None) for one in data]
    return names if None not in names and len(set(names)) == len(names) else list(range(len(data)))


def _stacked(names: Sequence[Any], several: Sequence[Any]) -> tuple[object, tuple[str, ...]]:
    """Put series below each other, with their names beside them."""
    if not len(names):
        raise DataError("The dict or list is empty, and a series for each name was expected. Pass at least one series.")
    series = [as_table(one)[0] for one in several]
    id_name = Columns().id
    if all(hasattr(one, "columns") or hasattr(one, "column_names") for one in series):
        return _stacked_tables(names, series), (id_name,)
    return _stacked_values(names, series), (id_name,)


def _stacked_tables(names: Sequence[Any], tables: Sequence[Any]) -> object:
    import narwhals as nw
    import pandas as pd

    if isinstance(tables[0], pd.DataFrame):
        named: pd.DataFrame = pd.concat(dict(zip(names, tables, strict=True)), names=[Columns().id])
        timed = isinstance(tables[0].index, pd.DatetimeIndex | pd.PeriodIndex) or tables[0].index.name is not None
        return named if timed else named.reset_index(level=0).reset_index(drop=True)
    each = [nw.from_native(table, eager_only=True) for table in tables]
    beside = [table.with_columns(nw.lit(name).alias(Columns().id)) for name, table in zip(names, each, strict=True)]
    return nw.concat(beside, how="vertical").to_native()


def _stacked_values(names: Sequence[Any], series: Sequence[Any]) -> pd.DataFrame:
    import pandas as pd

    default = Columns()
    lengths = [_length(one) for one in series]
    cells: list[Any] = [one.array if isinstance(one, pd.Series) else one for one in series]
    wrong = next((k for k, cell in enumerate(cells) if np.ndim(cell) != 1), None)
    if wrong is not None:
        raise DataError(
            f"Series {names[wrong]!r} has the type {type(series[wrong]).__name__} and {np.ndim(cells[wrong])} "
            "dimensions, and the values of one series were expected. Pass a list, an array or a Series for each name."
        )
    ids = np.empty(len(names), dtype=object)
    ids[:] = names
    columns: dict[str, Any] = {default.id: pd.Series(ids).infer_objects().repeat(lengths).array}
    indexes = [one.index for one in series if isinstance(one, pd.Series)]
    if len(indexes) not in (0, len(series)):
        raise DataError(
            f"{len(indexes)} of {len(series)} series have an index of times, and all or none were expected to. Pass "
            "all as pandas Series with their times, or all as arrays."
        )
    if indexes:
        columns[default.time] = indexes[0].append(indexes[1:])
    columns[default.target] = np.concatenate([np.asarray(cell) for cell in cells])
    return pd.DataFrame(columns)


def _of_xarray(data: Any) -> tuple[object, tuple[str, ...]]:
    """Make a table of a DataArray or Dataset: the dimension of times stays, the others tell series apart."""
    times = [str(name) for name in data.dims if name in data.coords and data.coords[name].dtype.kind == "M"]
    time = times[0] if len(times) == 1 else next(iter(known_names(map(str, data.dims), TIME_NAMES)), None)
    if time is None:
        raise DataError(
            f"The {type(data).__name__} has the dimensions {', '.join(map(repr, data.dims))}, and one with times was "
            "expected. Give it such a coordinate, or pass `data.to_series()`."
        )
    ids = tuple(str(name) for name in data.dims if name != time)
    named = data if hasattr(data, "data_vars") or data.name else data.rename(Columns().target)
    table = named.to_dataframe().reset_index()
    kept = [time, *ids, *(data.data_vars if hasattr(data, "data_vars") else [named.name])]
    return table[kept], ids


def _of_darts(data: Any) -> object:
    """Return the table of a TimeSeries, whose components are columns."""
    return data.to_dataframe() if hasattr(data, "to_dataframe") else data.pd_dataframe()


def _of_gluonts(data: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Read the entries of a data set, each with a start, a target and perhaps a name."""
    import pandas as pd

    default = Columns()
    entries = list(data)
    targets = [np.asarray(entry["target"]) for entry in entries]
    starts = [entry["start"] for entry in entries]
    wide = next((k for k, target in enumerate(targets) if target.ndim != 1), None)
    if wide is not None or not all(isinstance(start, pd.Period) for start in starts):
        raise DataError(
            "The entries of the data set do not all have a pandas Period as `start` and one row of values as `target`, "
            "which were expected. Pass a table instead, e.g. with the columns unique_id, ds, y."
        )
    lengths = [len(target) for target in targets]
    ids = [entry.get("item_id", number) for number, entry in enumerate(entries)]
    steps = np.concatenate([np.arange(n) for n in lengths])
    ordinals = np.repeat([start.ordinal for start in starts], lengths) + steps * starts[0].freq.n
    index: Any = pd.PeriodIndex
    times = index.from_ordinals(ordinals, freq=starts[0].freq)
    names = pd.Series(ids).repeat(lengths).array
    return pd.DataFrame({default.id: names, default.time: times, default.target: np.concatenate(targets)})
