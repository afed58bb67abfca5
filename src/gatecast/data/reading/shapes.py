"""How does a table of another shape become a long one? Several id columns, series side by side, dates across."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.panel import Columns
from gatecast.data.reading.find import TIME_NAMES, column_kind, known_names, raise_unknown
from gatecast.data.reading.frames import Source, may_hold_texts, plain_name
from gatecast.data.reading.numbers import is_missing
from gatecast.data.reading.parts_across import FEWEST_YEARS, assembled, joined_parts, long_parts, parts_below, where_of
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.data.reading.dates import Dates

__all__ = ["Name", "apart", "arrange", "join_ids", "joined_before", "long_table", "one_name", "stack_targets"]

Name = str | Sequence[str] | None  # of a column, or of several
FEWEST_ACROSS = 3  # columns named like times
ID_MARK = "/"
MOST_PAIRS = 8  # columns of which pairs are tried


def one_name(names: Name, label: str) -> tuple[str, ...]:
    """Return the names that were given for one purpose; none for None.

    Examples:
        >>> one_name("shop", "id_col"), one_name(["store", "item"], "id_col"), one_name(None, "id_col")
        (('shop',), ('store', 'item'), ())
    """
    if names is None:
        return ()
    given = names if isinstance(names, list | tuple) else [names]
    several = tuple(text for name in given if (text := plain_name(name)) is not None)
    if len(several) < len(given) or len(set(several)) < len(several):
        raise ConfigError(
            f"`{label}` must be the name of a column or a list of different ones, got {names!r:.60}. "
            f"Use `{label}={next(iter(several), 'name')!r}`."
        )
    return several


FLAGGED = re.compile(r"^\s*([-\d.:]+)\s*[a-z]{1,3}\s*$")  # such as 12.3 p, which is provisional


def arrange(
    source: Source,
    id_col: Name,
    target_col: Name,
    *,
    time_col: str | None = None,
    like: Columns | None = None,
    known: Sequence[object] = (),
    keep: Sequence[str] = (),
) -> tuple[Source, str | None, str | None]:
    """Make a table long; returns the names of its id and of its target, too, where they are known.

    `like` are the columns of data that were read before, whose id may be joined of columns, and `known` their series,
    which may be a column each. `keep` are columns that have a use of their own.
    """
    ids = apart(one_name(id_col, "id_col"), source.frame.columns)
    targets = one_name(target_col, "target_col")
    if not targets and like is not None:
        targets = _stacked_before(source, like, known)
    if not targets and time_col is None:
        source = long_table(source, (*keep, *ids))
    if not ids and like is not None:
        ids = joined_before(source, like.id)
    source, id_name = join_ids(source, ids, keep)
    source, stacked, target = stack_targets(source, targets)
    if stacked is not None and id_name is not None:
        source, id_name = join_ids(source, (id_name, stacked), keep)
    return source, id_name or stacked, target


def apart(names: tuple[str, ...], columns: Iterable[object]) -> tuple[str, ...]:
    """Take names apart at commas, as `region,shop` on a command line, where no column is called so but a part is.

    Examples:
        >>> apart(("region,shop",), ["region", "shop", "y"])
        ('region', 'shop')
    """
    there = {str(column) for column in columns}
    several = tuple(part.strip() for name in names for part in ([name] if name in there else name.split(",")))
    return several if set(several) & there and len(set(several)) == len(several) else names


def joined_before(source: Source, name: str) -> tuple[str, ...]:
    """Return the columns of which an id was joined, if the table has them and not the id."""
    parts = tuple(name.split(ID_MARK))
    there = {str(column) for column in source.frame.columns}
    return parts if len(parts) > 1 and name not in there and set(parts) <= there else ()


def _stacked_before(source: Source, like: Columns, known: Sequence[object]) -> tuple[str, ...]:
    """Return the columns that are known series, if the table has neither a column of ids nor one of values."""
    there = {str(column) for column in source.frame.columns}
    if len(known) < 2 or {like.id, like.target} & there:
        return ()
    return tuple(str(name) for name in known if str(name) in there)


def join_ids(source: Source, names: Sequence[str], keep: Sequence[str] = ()) -> tuple[Source, str | None]:
    """Join the columns that together name a series into one, called `store/item`, with names like `1/7`.

    The joined columns are left out, but for those to `keep`.
    """
    if len(names) < 2:
        return source, next(iter(names), None)
    frame = source.frame
    for name in names:
        if name not in frame.columns:
            raise_unknown("id_col", name, frame.columns)
    empty = np.flatnonzero(np.logical_or.reduce([is_missing(frame[name]) for name in names]))
    if len(empty):
        raise DataError(
            f"Columns {', '.join(map(repr, names))} do not all hold a name in {source.where(int(empty[0]))}, and "
            "together "
            "they were expected to name a series in every row. Fill or remove these rows."
        )
    texts = [frame[name].astype(str).str.strip() for name in names]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined.str.cat(text, sep=ID_MARK)
    name = ID_MARK.join(names)
    rest = frame.drop(columns=[name for name in names if name not in keep])
    rest.insert(0, name, joined)
    return replace(source, frame=rest, id_parts=_parts(source, names, joined.rename(name))), name


def _parts(source: Source, names: Sequence[str], joined: "pd.Series[str]") -> "pd.DataFrame":
    """Return the columns that were joined, a row for each series; one that was joined before is taken apart."""
    first = ~joined.duplicated()
    parts = source.frame.loc[first, list(names)].set_axis(joined[first], axis=0)
    before = source.id_parts
    if before is not None and before.index.name in parts:
        apart = before.loc[parts.pop(str(before.index.name))].set_axis(parts.index, axis=0)
        parts = apart.join(parts)
    return parts


def stack_targets(source: Source, names: Sequence[str]) -> tuple[Source, str | None, str | None]:
    """Put columns that each hold one series below each other; returns the names of the id and the target, too."""
    if len(names) < 2:
        return source, None, next(iter(names), None)
    frame, default = source.frame, Columns()
    for name in names:
        if name not in frame.columns:
            raise_unknown("target_col", name, frame.columns)
    beside = list(frame.columns[~frame.columns.isin(list(names))])
    clash = next((name for name in beside if name in (default.id, default.target)), None)
    if clash is not None:
        raise DataError(
            f"Several targets ({', '.join(map(repr, names))}) become series in the columns {default.id!r} and "
            f"{default.target!r}, and there is a column {clash!r} already. Rename it, or pass one target."
        )
    n = len(frame)
    # a target may have the name of the values itself
    stacked = frame.melt(beside, list(names), "\0id", "\0value").rename(
        columns={"\0id": default.id, "\0value": default.target}
    )
    where = source.where
    long = replace(source, frame=stacked, where=lambda row: _in_column(where(row % n), names[row // n]))
    return long, default.id, default.target


def long_table(source: Source, keep: Sequence[str] = ()) -> Source:
    """Turn a table with times, or parts of times, across its header into a long one."""
    frame = source.frame
    free = [str(name) for name in frame.columns if name not in keep]
    # across a header there are two times or more, and beside them a column that tells their rows apart
    if len(free) <= FEWEST_YEARS:
        return source
    below = parts_below(source, free)
    if below is not None:
        return below
    times = None if _has_times(frame, free) else _times_across(free)
    if times is not None:
        return _unstacked(source, *times)
    return long_parts(source, free)


def _has_times(frame: "pd.DataFrame", names: Sequence[str]) -> bool:
    """Tell whether a table has its times in a column, so that none are looked for across its header."""
    plain = [name for name in names if not any(char.isdigit() for char in name)]
    return bool(known_names(plain, TIME_NAMES)) or any(column_kind(frame[name]) in ("time", "date") for name in plain)


def _times_across(names: Sequence[str]) -> "tuple[list[str], Dates] | None":
    """Return the names of columns that are times, and these times, if they are most of the columns."""
    import pandas as pd

    from gatecast.data.reading.dates import parse_dates

    texts = pd.Series([name for name in names if any(char.isdigit() for char in name)], dtype=object)
    if len(texts) < FEWEST_ACROSS or 2 * len(texts) <= len(names):
        return None
    # World Bank files of another kind write 1960 [YR1960]
    plain = texts.str.replace(r"^(\d{4}) \[YR\d{4}\]$", r"\1", regex=True).str.replace(r"^X(?=\d{4})", "", regex=True)
    years = plain.str.fullmatch(r"(?:1[6-9]|20)\d{2}")
    if years.sum() >= FEWEST_ACROSS and 2 * years.sum() > len(names):
        texts, plain = texts[years], plain[years]
        dates = parse_dates(plain)
    else:
        dates = parse_dates(plain, digits=False)
    if dates is None or dates.times.isna().any() or dates.times.has_duplicates or dates.order == "ambiguous":
        return None
    return texts.tolist(), dates


def _unstacked(source: Source, names: list[str], dates: "Dates") -> Source:
    """Put the columns of times below each other, each row a series; what is empty was not observed."""
    frame = source.frame
    rows = np.arange(len(frame))
    ids = [str(name) for name in frame.columns if name not in names and column_kind(frame[name]) == "text"]
    name, series = _row_names(frame, ids)
    values = frame[names].melt(var_name="time", value_name="value", ignore_index=False)
    if any("\\" in str(name) for name in frame.columns) and may_hold_texts(values["value"]):
        # Eurostat writes flags behind the values
        values["value"] = values["value"].astype(str).str.replace(FLAGGED, r"\1", regex=True)
    row = values.index.to_numpy() if len(frame) else rows
    column = np.repeat(np.arange(len(names)), len(frame))
    long = assembled(name, None if series is None else series[row], dates.times[column], values["value"], row)
    return replace(source, frame=long.drop(columns="row"), where=where_of(source, long["row"].to_numpy()))


def _row_names(frame: "pd.DataFrame", ids: Sequence[str]) -> tuple[str | None, Array | None]:
    """Name the rows by the first text column, or the first two together, that differ in all of them."""
    for several in (*((name,) for name in ids), *combinations(ids[:MOST_PAIRS], 2)):
        names = joined_parts(frame, several, ID_MARK)
        if len(set(names)) == len(names) and all(names):
            return ID_MARK.join(several), names
    if len(frame) == 1:
        return None, None
    return Columns().id, np.array([f"row {row + 1}" for row in range(len(frame))], dtype=object)


def _in_column(place: Message, name: str) -> Message:
    return Message("place.of_column", {"place": place, "name": name})
