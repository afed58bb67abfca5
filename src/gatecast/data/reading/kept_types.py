"""Which types of a user's columns does a panel keep, so that forecasts join with their own future rows?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.column_types import Types, in_zone, object_times, zone_of
from gatecast.data.panel.panel import Columns, Panel
from gatecast.data.reading.find import Found, column_kind
from gatecast.data.reading.frames import Source

__all__ = ["kept_types"]


def kept_types(
    source: Source,
    found: Found,
    columns: Columns,
    ids: Array,
    like: Panel | None,
    *,
    is_time: bool,
    parts: Iterable[str],
) -> Types:
    """Return the types of the columns of ids and times, by the names that these have in forecasts.

    Args:
        source: The table.
        found: Its columns.
        columns: What they are called in forecasts.
        ids: Names of the series, `(S,)`.
        like: Data that were read before, of which these are newer ones.
        is_time: Whether the times are dates and no steps.
        parts: Names of the columns that name the series together.
    """
    known = source.types
    types: dict[str, Any] = {name: known[name] for name in parts if name in known}
    if found.id is not None and found.id in known:
        types[columns.id] = _id_type(source, found.id, ids, like)
    if len(found.times) == 1 and found.times[0] in known:
        types[columns.time] = _time_type(source, found.times[0], like, is_time=is_time)
    return {name: dtype for name, dtype in types.items() if dtype is not None}


def _id_type(source: Source, name: str, ids: Array, like: Panel | None) -> Any:
    # of names that were written in another way before, the type of then
    is_other = isinstance(source.frame[name].iloc[0], str) != isinstance(ids[0], str)
    before = None if like is None else like.types.get(like.columns.id)
    return before if is_other else source.types[name]


def _time_type(source: Source, name: str, like: Panel | None, *, is_time: bool) -> Any:
    """Return the type of a column of times, None where its cells are read as something else."""
    column, dtype = source.frame[name], source.types[name]
    if column_kind(column) not in (("time",) if is_time else ("integer", "number")):
        return None
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return object_times(column)
    if like is None or zone_of(dtype) is None:
        return dtype
    # newer times are given in the zone of those before
    zone = zone_of(like.types.get(like.columns.time)) or like.timezone
    return dtype if zone is None else in_zone(dtype, zone)
