"""How are types of columns written to files, and read again? By their names, with categories where there are any."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.column_types import ObjectTimes, Types

__all__ = ["TypeFacts", "facts_of_parts", "facts_of_types", "parts_of_facts", "types_of_facts"]

Plain = str | int | float | bool
ARROW, OBJECTS = "arrow:", "objects:"
ZONED = re.compile(r"timestamp\[(s|ms|us|ns), tz=(.+)\]")
CODED = re.compile(r"dictionary<values=(\w+), indices=(\w+), ordered=([01])>")
DATETIME = re.compile(r"Datetime\(time_unit='(ms|us|ns)', time_zone=(?:None|'(.+)')\)")


@dataclass(frozen=True)
class TypeFacts:
    """The type of a column, ready for JSON.

    Examples:
        >>> import numpy as np
        >>> facts_of_types({"ds": np.dtype("datetime64[us]")}, np.array(["a"]))
        {'ds': TypeFacts(name='datetime64[us]', categories=None, is_ordered=False)}
    """

    name: str  # as the library of the table writes it
    categories: list[Plain] | None = None
    is_ordered: bool = False


def facts_of_types(types: Types, ids: Array) -> dict[str, TypeFacts]:
    """Describe the types of columns, but for those that tables of pandas have by themselves.

    Categories that are neither texts nor numbers, as times, are not described either. `ids`, `(S,)`, are the names of
    the series.
    """
    usual = ("datetime64[ns]", "int64", "object" if isinstance(ids[0], str) else "")
    facts = {name: _facts(dtype) for name, dtype in types.items() if str(dtype) not in usual}
    return {name: each for name, each in facts.items() if all(isinstance(c, Plain) for c in each.categories or ())}


def _facts(dtype: Any) -> TypeFacts:
    import pandas as pd

    if isinstance(dtype, ObjectTimes):
        return TypeFacts(f"{OBJECTS}{dtype.kind}:{dtype.freq or ''}")
    if isinstance(dtype, pd.ArrowDtype):
        return TypeFacts(f"{ARROW}{dtype.pyarrow_dtype}")
    if isinstance(dtype, pd.StringDtype):
        return TypeFacts(f"string[{dtype.storage}]" if dtype.na_value is pd.NA else "str")
    categories = getattr(dtype, "categories", None)
    # categories without any are those of polars that any text may join
    if categories is None or not hasattr(categories, "__len__"):
        return TypeFacts(str(dtype))
    name = "category" if isinstance(dtype, pd.CategoricalDtype) else "Enum"
    plain = categories.tolist() if name == "category" else categories.to_list()
    return TypeFacts(name, plain, bool(getattr(dtype, "ordered", False)))


def facts_of_parts(parts: Mapping[str, Array]) -> dict[str, list[Plain]]:
    """Return the cells that name series together, ready for JSON; none where some are neither texts nor numbers."""
    cells = {name: array.tolist() for name, array in parts.items()}
    return cells if all(isinstance(cell, Plain) for column in cells.values() for cell in column) else {}


def parts_of_facts(facts: Mapping[str, list[Plain]]) -> dict[str, Array]:
    """Return such cells as arrays, `(S,)` each."""
    is_text = {name: any(isinstance(cell, str) for cell in cells) for name, cells in facts.items()}
    return {name: np.array(cells, dtype=object if is_text[name] else None) for name, cells in facts.items()}


def types_of_facts(facts: Mapping[str, TypeFacts], backend: str) -> Types:
    """Return the types that were described, but for those whose library is not installed.

    Raises:
        ValueError: A description is none of a type.
    """
    types: dict[str, Any] = {}
    for name, each in facts.items():
        try:
            types[name] = _READERS.get(backend, _pandas_type)(each)
        except ImportError:
            continue
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"the type {each.name!r}") from error
    return types


def _pandas_type(facts: TypeFacts) -> Any:
    import pandas as pd

    if facts.name.startswith(OBJECTS):
        kind, _, freq = facts.name.removeprefix(OBJECTS).partition(":")
        return ObjectTimes(kind, freq or None)
    if facts.name.startswith(ARROW):
        return pd.ArrowDtype(_arrow_type(TypeFacts(facts.name.removeprefix(ARROW))))
    if facts.name == "category":
        return pd.CategoricalDtype(facts.categories, ordered=facts.is_ordered)
    return pd.api.types.pandas_dtype(facts.name)


def _polars_type(facts: TypeFacts) -> Any:
    import polars as pl

    if facts.categories is not None:
        return pl.Enum([str(category) for category in facts.categories])
    datetime = DATETIME.fullmatch(facts.name)
    if datetime:
        unit: Any = datetime[1]
        return pl.Datetime(unit, datetime[2])
    dtype = getattr(pl, facts.name.partition("(")[0])
    is_known = isinstance(dtype, type) and issubclass(dtype, pl.DataType)
    if not is_known or not (dtype.is_numeric() or dtype in (pl.Date, pl.String, pl.Categorical, pl.Boolean)):
        raise TypeError(facts.name)
    return dtype


def _arrow_type(facts: TypeFacts) -> Any:
    import pyarrow as pa

    zoned, coded = ZONED.fullmatch(facts.name), CODED.fullmatch(facts.name)
    if zoned:
        return pa.timestamp(zoned[1], zoned[2])
    if coded:
        values, indices = pa.type_for_alias(coded[1]), pa.type_for_alias(coded[2])
        return pa.dictionary(indices, values, ordered=coded[3] == "1")
    return pa.type_for_alias(facts.name)


_READERS = {"polars": _polars_type, "pyarrow": _arrow_type}
