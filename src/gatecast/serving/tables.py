"""How does what a request holds become a panel, and a forecast the rows of an answer?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.panel.joint import roles_of_table
from gatecast.data.reading.files import Table, read_source, read_table
from gatecast.data.reading.frames import Source
from gatecast.serving.bodies import File
from gatecast.serving.known import as_times, plain_panel
from gatecast.serving.limits import Limits
from gatecast.serving.problems import RequestError
from gatecast.serving.schemas import Cell, ColumnNames, ColumnRoles, Frame, Writing
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_data", "columns_of", "file_future", "file_table", "json_panel", "names_of", "rows_of", "table_of"]


def names_of(asked: ColumnNames) -> dict[str, Any]:
    """Return the arguments that name columns and the frequency, as the library takes them."""
    found = {name: getattr(asked, name) for name in ColumnNames.__struct_fields__}
    freq = found["freq"]
    return found | {"freq": int(freq) if isinstance(freq, str) and freq.isdecimal() and freq.isascii() else freq}


def json_panel(data: Frame, asked: ColumnNames, limits: Limits) -> Panel:
    """Return the panel that a request holds as JSON."""
    names = names_of(asked)
    columns = columns_of(data, limits)
    if isinstance(columns, np.ndarray):
        return to_panel(columns, freq=names["freq"])
    plain = plain_panel(columns) if not any(names.values()) else None
    return to_panel(table_of(columns, names["time_col"]), **names) if plain is None else plain


def columns_of(data: Frame, limits: Limits, field: str = "data") -> dict[str, list[Cell]] | np.ndarray:
    """Return the columns of records, or numbers alone as an array.

    Examples:
        >>> columns_of([1.0, None], Limits())
        array([ 1., nan])
        >>> columns_of([{"ds": 1, "y": 3.0}, {"ds": 2}], Limits())
        {'ds': [1, 2], 'y': [3.0, None]}
    """
    n_rows = _n_rows(data, field)
    limits.check_rows(n_rows, field)
    if isinstance(data, dict):
        return data
    records = [row for row in data if isinstance(row, dict)]
    if not records:
        return np.array(data, np.float64)
    if len(records) < len(data):
        raise RequestError(Message("serving.mixed"), field=field)
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def as_data(data: Frame, limits: Limits, field: str = "data", time_col: str | None = None) -> Any:
    """Return a table, or an array of numbers, as the library reads it."""
    columns = columns_of(data, limits, field)
    return columns if isinstance(columns, np.ndarray) else table_of(columns, time_col)


def table_of(columns: dict[str, list[Cell]], time_col: str | None = None) -> pd.DataFrame:
    """Return a table, in which the texts of a time column that are plain dates are times already.

    That is the column that is named or called `ds`, or the only one that holds texts.
    """
    import pandas as pd

    texts = [name for name, cells in columns.items() if isinstance(cells[0], str)]
    named = time_col or ("ds" if "ds" in texts else texts[0] if len(texts) == 1 else None)
    times = as_times(columns[named]) if named in texts else None
    cells: dict[Any, Any] = dict(columns)
    return pd.DataFrame(cells if times is None else {**cells, named: times})


def _n_rows(data: Frame, field: str) -> int:
    """Return how many rows there are; a refusal where there are none, or columns are not equally long."""
    lengths = [len(data)] if isinstance(data, list) else [len(cells) for cells in data.values()] or [0]
    if max(lengths) == 0:
        raise RequestError(Message("serving.empty", {"field": field}), field=field)
    if min(lengths) < max(lengths):
        facts = {"field": field, "n_least": min(lengths), "n_most": max(lengths)}
        raise RequestError(Message("serving.lengths", facts), field=field)
    return lengths[0]


def file_table(
    file: File, writing: Writing, limits: Limits, *, names: ColumnNames | None = None, like: Panel | None = None
) -> Table:
    """Read an uploaded file with its columns as named, or `like` data that a model knows."""
    given: dict[str, Any] = {} if names is None else names_of(names)
    if isinstance(names, ColumnRoles):
        given |= {role: tuple(getattr(names, role)) for role in ("past", "future", "static")}
    if like is not None:
        roles = roles_of_table(like)
        given |= {"past": roles.past, "future": roles.future, "static": roles.static}
    table = read_table(file.name, content=file.content, like=like, **_given(given), **_how(writing))
    limits.check_rows(table.n_rows)
    return table


def file_future(file: File, writing: Writing, like: Panel) -> Source:
    """Read an uploaded file about the steps ahead."""
    how = _how(writing)
    del how["duplicates"]
    return read_source(file.name, content=file.content, like=like.columns, **how)


def _given(names: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in names.items() if value is not None}


def _how(writing: Writing) -> dict[str, Any]:
    how = msgspec.structs.asdict(writing)
    return how | {"na": tuple(writing.na)}


def rows_of(frame: pd.DataFrame) -> list[dict[str, Cell]]:
    """Return the rows of a table for JSON; times as ISO texts.

    Examples:
        >>> import pandas as pd
        >>> rows_of(pd.DataFrame({"ds": pd.to_datetime(["2024-01-31"]), "LSTM": [1.5]}))
        [{'ds': '2024-01-31T00:00:00', 'LSTM': 1.5}]
    """
    columns = [_cells(frame[name]) for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells(column: pd.Series) -> list[Cell]:
    values = column.to_numpy()
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        seconds = values.astype("datetime64[s]")
        if (seconds == values).all():
            return np.datetime_as_string(seconds).tolist()  # type: ignore[no-any-return]
    cells = column.to_list()
    return [cell.isoformat() for cell in cells] if cells and hasattr(cells[0], "isoformat") else cells
