"""Which columns stand beside the target, in which role, and what do they hold: numbers or categories?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, spread
from gatecast.data.panel.panel import Columns, Panel, Roles
from gatecast.data.reading.find import Wanted, column_kind, raise_unknown
from gatecast.data.reading.frames import Source, cell_text, plain_name
from gatecast.data.reading.numbers import is_missing, not_finite, parse_numbers
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "category_texts",
    "check_roles",
    "make_roles",
    "one_per_series",
    "read_categories",
    "read_covariate",
    "read_numbers",
    "with_static_of",
]

Names = str | Iterable[str] | None


def make_roles(past: Names = (), future: Names = (), static: Names = ()) -> Roles:
    """Bring the names that a user gave into one form; a single text is one name, and a column has one role."""
    roles = Roles(*(_names(role, names) for role, names in (("past", past), ("future", future), ("static", static))))
    seen: dict[str, str] = {}
    for field in fields(roles):
        for name in getattr(roles, field.name):
            if name in seen:
                where = f"`{field.name}`" if seen[name] == field.name else f"`{seen[name]}` and `{field.name}`"
                raise ConfigError(
                    f"Column {name!r} stands twice in {where}, and each column was expected in one role. Use `future` "
                    "for what is known ahead, `past` for what is not, `static` for what never changes in a series."
                )
            seen[name] = field.name
    return roles


def _names(role: str, names: Names | None) -> tuple[str, ...]:
    """Return the names of columns, which may be numbers, as texts; None is none."""
    if names is None:
        return ()
    several = (names,) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    plain = tuple(text for name in several if (text := plain_name(name)) is not None)
    if len(plain) < len(several):
        raise ConfigError(f'`{role}` must be names of columns, got {names!r:.60}. Use for example `{role}=["price"]`.')
    return plain


def check_roles(roles: Roles, wanted: Wanted, source: Source, *, is_like_training: bool = False) -> Roles:
    """Check the covariates against a table and its other columns, and return the roles that the table has.

    Where the roles are those of the training data, all that lack are named, and static columns, which do not change,
    may be left out.
    """
    default = Columns()
    other = {
        wanted.id or default.id: ("name of the series", "id_col"),
        wanted.time or default.time: ("time", "time_col"),
        wanted.target or default.target: ("target", "target_col"),
    }
    for name in roles.names:
        if name in other:
            what, option = other[name]
            raise ConfigError(
                f"Column {name!r} is the {what} and was passed as a covariate too, and one use was expected. "
                f"Leave it out of the covariates, or name another column with `{option}=`."
            )
    if is_like_training:
        return _like_training(roles, source)
    for field in fields(roles):
        for name in getattr(roles, field.name):
            if name not in source.frame.columns:
                raise_unknown(field.name, name, source.frame.columns)
    return roles


def _like_training(roles: Roles, source: Source) -> Roles:
    there = set(source.frame.columns)
    lacking = [name for name in roles.past + roles.future if name not in there]
    if lacking:
        raise DataError(
            f"The table lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(map(repr, lacking))}, and all "
            "covariates that the model learned from were expected. Add them, left empty where they are not known."
        )
    return replace(roles, static=tuple(name for name in roles.static if name in there))


def read_covariate(source: Source, name: str) -> Array:
    """Read a column as float64 (numbers, flags, and texts of files that all are numbers) or as objects (categories).

    Shape `(N,)`; NaN or None where it is missing. Dates, durations, lists and infinite numbers are a `DataError`.
    """
    column = source.frame[name]
    kind = column_kind(column)
    if kind in ("time", "date"):
        _raise_no_covariate(name, "dates", column)
    if column.dtype.kind == "m":
        _raise_no_covariate(name, "durations", column)
    if kind in ("integer", "number", "flag") or (source.is_file and _all_numbers(source, column)):
        return read_numbers(source, name)
    return read_categories(source, name)


def read_numbers(source: Source, name: str) -> Array:
    """Read a column of finite numbers or flags, shape `(N,)` float64, NaN where it is missing."""
    column = source.frame[name]
    numbers = parse_numbers(column, prefer_comma=source.prefer_comma, decimal=source.decimal).floats
    bad = not_finite(column, numbers)
    if len(bad):
        raise DataError(
            f"Column {name!r} holds {cell_text(column.iloc[bad[0]])} in {source.where(int(bad[0]))}, and finite "
            "numbers were expected. Correct it, or leave it empty where it is not known."
        )
    return numbers


def read_categories(source: Source, name: str) -> Array:
    """Read a column as texts, shape `(N,)` of objects, None where it is missing; "NA" is missing in files only."""
    column = source.frame[name]
    try:
        texts = category_texts(column.astype(object).to_numpy())
    except TypeError:
        _raise_no_covariate(name, "lists or the like", column)
    absent = is_missing(column) if source.is_file else column.isna().to_numpy(dtype=bool)
    texts[absent | (texts == "")] = None
    return texts


def category_texts(values: Array) -> Array:
    """Write categories as texts, shape `(n,)`; 1.0 and 1 are the same one, and what is missing is None."""
    import pandas as pd

    codes, unique = pd.factorize(values.astype(object))
    texts = np.array([*map(_category_text, unique), None], dtype=object)
    return np.asarray(texts[codes])


def _category_text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _raise_no_covariate(name: str, held: str, column: pd.Series) -> NoReturn:
    raise DataError(
        f"Column {name!r} holds {held} (the first is {cell_text(column.iloc[0])}), and numbers or categories were "
        "expected of a covariate. Turn it into a number, such as the days since a date or the hours of a duration."
    )


def _all_numbers(source: Source, column: pd.Series) -> bool:
    numbers = parse_numbers(column, prefer_comma=source.prefer_comma, decimal=source.decimal).floats
    is_number = ~np.isnan(numbers)
    return bool(is_number.any()) and bool((is_number | is_missing(column)).all())


def one_per_series(name: str, values: Array, row_series: Ints, ids: Array) -> Array:
    """Take the one value of a static column, rows `(N,)`, that each series has, `(S,)`; missing ones do not count."""
    observed = np.flatnonzero(values != np.array(None) if values.dtype == object else ~np.isnan(values))
    series, first = np.unique(row_series[observed], return_index=True)
    result = spread(values[observed[first]], series, len(ids))
    differing = np.flatnonzero(values[observed] != result[row_series[observed]])
    if len(differing):
        row = observed[differing[0]]
        s = row_series[row]
        raise DataError(
            f"Column {name!r} changes within series {ids.tolist()[s]!r} (it holds {cell_text(result[s])} and "
            f"{cell_text(values[row])}), and one value for each series was expected of a `static` column. Pass it as "
            "`future` if it is known ahead, else as `past`."
        )
    return result


def with_static_of(panel: Panel, known: Panel) -> Panel:
    """Fill in static columns that a panel lacks from another one, which must have the same series."""
    lacking = [name for name in known.static if name not in panel.static]
    if not lacking:
        return panel
    row_of = {id_: row for row, id_ in enumerate(known.ids.tolist())}
    # one series is that series, whatever it is called
    is_one = panel.n_series == known.n_series == 1
    new = [id_ for id_ in panel.ids.tolist() if id_ not in row_of and not is_one]
    if new:
        raise DataError(
            f"The table lacks the static column{'s' if len(lacking) > 1 else ''} {', '.join(map(repr, lacking))}, "
            f"which {len(new)} series that the model has not seen ({', '.join(map(repr, new[:5]))}"
            f"{', ...' if len(new) > 5 else ''}) were expected to have. Add {'them' if len(lacking) > 1 else 'it'}."
        )
    rows = [0] if is_one else [row_of[id_] for id_ in panel.ids.tolist()]
    static = {name: panel.static[name] if name in panel.static else known.static[name][rows] for name in known.static}
    return replace(panel, static=static)
