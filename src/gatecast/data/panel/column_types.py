"""Which types did a user's columns of times and ids have, and how do forecasts get the same, so that tables join?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data.panel.arrays import Frame

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["ObjectTimes", "Types", "in_zone", "object_times", "retyped", "zone_of"]

# by the name of the column: the type as the library of the table has it, or `ObjectTimes`
Types = Mapping[str, Any]


@dataclass(frozen=True)
class ObjectTimes:
    """Times that are Python objects in a column of pandas."""

    kind: str  # "date", "datetime" or "period"
    freq: str | None = None  # of periods

    def column(self, times: pd.Series[Any]) -> pd.Series[Any]:
        """Turn timestamps into such objects."""
        typed: pd.Series[Any] = times.dt.date if self.kind == "date" else times
        return (times.dt.to_period(self.freq) if self.kind == "period" else typed).astype(object)


def object_times(column: pd.Series[Any]) -> Any:
    """Say which times a column of objects holds."""
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "period":
        return ObjectTimes(kind, column.dropna().iloc[0].freqstr)
    return ObjectTimes(kind) if kind in ("date", "datetime") else column.dtype


def zone_of(dtype: Any) -> str | None:
    """Return the time zone of a type of times, None where it has none."""
    plain = getattr(dtype, "pyarrow_dtype", dtype)
    zone = getattr(plain, "tz", None) or getattr(plain, "time_zone", None)
    return None if zone is None else str(zone)


def in_zone(dtype: Any, zone: str) -> Any:
    """Return a type of times that has a zone with another one."""
    import pandas as pd

    if isinstance(dtype, pd.DatetimeTZDtype):
        return pd.DatetimeTZDtype(dtype.unit, zone)
    if isinstance(dtype, pd.ArrowDtype):
        return pd.ArrowDtype(in_zone(dtype.pyarrow_dtype, zone))
    if hasattr(dtype, "time_unit"):
        return type(dtype)(dtype.time_unit, zone)
    import pyarrow as pa

    return pa.timestamp(dtype.unit, zone)


def retyped(table: Frame, backend: str, types: Types) -> Frame:
    """Give columns of a table the types that they are to have.

    A column whose cells such a type cannot hold, as a time of day in dates or a new name among categories, stays as it
    is.

    Args:
        table: Of the library `backend`.
        backend: "pandas", "polars", "pyarrow" or another, whose tables are returned as they are.
        types: By the names of the columns.
    """
    changed = _TYPED.get(backend)
    return table if changed is None or not types else changed(table, types)


def _in_pandas(table: pd.DataFrame, types: Types) -> pd.DataFrame:
    columns = {name: _pandas_column(table[name], dtype) for name, dtype in types.items()}
    return table.assign(**columns)


def _pandas_column(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    import pandas as pd

    old = column.dtype
    if old == dtype:
        return column
    if isinstance(dtype, ObjectTimes):
        typed = dtype.column(column) if old.kind == "M" else column
        return typed if dtype.kind != "date" or bool((pd.to_datetime(typed).to_numpy() == column).all()) else column
    if isinstance(dtype, pd.CategoricalDtype):
        typed = column.astype(dtype)
        return column if typed.isna().any() else typed
    is_time = old.kind == "M"
    if is_time and isinstance(dtype, np.dtype | pd.DatetimeTZDtype) and dtype.kind == "M":
        # a zone that only one of them has is none to convert to
        unit = np.datetime_data(dtype)[0] if isinstance(dtype, np.dtype) else dtype.unit
        zone = getattr(dtype, "tz", None)
        typed = column.dt.as_unit(unit)
        typed = typed.dt.tz_convert(zone) if zone is not None and column.dt.tz is not None else typed
        return typed if bool((typed == column).all()) else column
    return _converted_in_pandas(column, dtype)


def _converted_in_pandas(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    """Convert a column where that loses nothing."""
    import pandas as pd

    try:
        if isinstance(dtype, pd.PeriodDtype):
            return _as_periods(column, dtype)
        typed = column.astype(dtype)
        back = typed.astype(column.dtype)
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return column
    return typed if bool((back == column).all()) else column


def _as_periods(column: pd.Series[Any], dtype: pd.PeriodDtype) -> pd.Series[Any]:
    import pandas as pd

    # of a million times few are different
    codes, times = pd.factorize(column)
    periods = pd.Series(times).astype(dtype)
    is_exact = bool((periods.dt.to_timestamp() == times).all())
    return pd.Series(periods.array.take(codes), column.index, name=column.name) if is_exact else column


def _in_polars(table: pl.DataFrame, types: Types) -> pl.DataFrame:
    return table.with_columns([_polars_column(table[name], dtype) for name, dtype in types.items()])


def _polars_column(column: pl.Series, dtype: Any) -> pl.Series:
    import polars as pl

    old = column.dtype
    if isinstance(dtype, pl.Datetime) and isinstance(old, pl.Datetime):
        zone = dtype.time_zone if dtype.time_zone and old.time_zone else old.time_zone
        dtype = pl.Datetime(dtype.time_unit, zone)
    elif old.is_temporal() != dtype.is_temporal():
        return column
    typed = column.cast(dtype, strict=False)
    return typed if typed.cast(old, strict=False).equals(column) else column


def _in_pyarrow(table: pa.Table, types: Types) -> pa.Table:
    for name, dtype in types.items():
        column = table.column(name)
        table = table.set_column(table.column_names.index(name), name, _arrow_column(column, dtype))
    return table


def _arrow_column(column: pa.ChunkedArray, dtype: Any) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.types as kinds

    old = column.type
    if kinds.is_timestamp(dtype) and kinds.is_timestamp(old):
        zone = dtype.tz if dtype.tz and old.tz else old.tz
        dtype = pa.timestamp(dtype.unit, zone)
    elif kinds.is_temporal(old) != kinds.is_temporal(dtype):
        return column
    plain = column.dictionary_encode() if kinds.is_dictionary(dtype) else column
    try:
        typed = plain.cast(dtype)
        return typed if typed.cast(old).equals(column) else column
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return column


_TYPED: dict[str, Callable[[Any, Types], Any]] = {
    "pandas": _in_pandas,
    "modin": _in_pandas,
    "polars": _in_polars,
    "pyarrow": _in_pyarrow,
}
