"""Are there several series, and what tells their rows apart: a name, a time of day? If nothing does, what helps?"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.frequency import named_grid
from gatecast.data.panel.grid import DAY, FixedGrid
from gatecast.data.reading.clocks import set_back
from gatecast.data.reading.find import THING_NAMES, Found, Wanted, column_kind, find_columns, known_names
from gatecast.data.reading.frames import Source, cell_text, number_cells
from gatecast.data.reading.id_remedies import counts_parts, nearly_telling, rows_of_each, telling_columns
from gatecast.data.reading.parts import part_of
from gatecast.data.reading.times import RowTimes, read_times, time_text
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["raise_repeated", "separate_series"]

STRETCH = 10  # rows of one text in a row from which a column is no remark


def separate_series(source: Source, found: Found, times: RowTimes, freq: str | int | None) -> tuple[Found, RowTimes]:
    """Where times repeat, join the time of day to the date, or take the one text column as id that fits, or both."""
    if found.id is None and (not found.dates or _is_unique(source.frame, times.instants, None)):
        name = _thing(source.frame, found)
        if name is not None:
            told = replace(found, id=name, texts=tuple(text for text in found.texts if text != name))
            return told, times if found.dates else read_times(source, told)
    if not found.dates or (found.id is not None and not found.spare):
        return found, times
    is_date = times.instants.dtype.kind == "M" and times.timezone is None
    are_days = is_date and bool((times.instants.astype(np.int64) % DAY == 0).all())
    spare = found.spare if are_days else ()
    # A step below a day cannot be meant where each date stands alone.
    grid = named_grid(freq) if isinstance(freq, str) and not freq.strip().isdecimal() else None
    plain: tuple[str, ...] = spare if isinstance(grid, FixedGrid) and grid.nanoseconds < DAY else ()
    for ids, clock in (((found.id,), plain), ((found.id,), spare), (found.texts, plain), (found.texts, spare)):
        fits = [name for name in ids if _is_unique(source.frame, times.instants, name, clock)]
        if len(fits) > 1:
            raise DataError(
                f"Times repeat, and several columns may name the series ({', '.join(map(repr, fits))}), but one was "
                f"expected. Name it, e.g. `id_col={fits[0]!r}`."
            )
        if fits:
            texts = tuple(name for name in found.texts if name != fits[0])
            told = replace(found, id=fits[0], clock=clock or found.clock, texts=texts)
            return told, read_times(source, told) if clock else times
    # an hour may be there twice in each series, where clocks were set back
    for name in found.texts if is_date else ():
        codes, _ = number_cells(source.frame[name])
        if len(np.unique(codes)) > 1 and set_back(times.instants, codes) is not None:
            return replace(found, id=name, texts=tuple(text for text in found.texts if text != name)), times
    # Nothing does: the rows that even the time of day leaves together are the ones to speak of.
    told = replace(found, clock=spare or found.clock)
    return told, read_times(source, told) if spare else times


def _thing(frame: "pd.DataFrame", found: Found) -> str | None:
    """Find the name of things whose rows stand one thing after the other, so that no time repeats.

    A text column of another name that is so may be a state of one series, too: that is a question.
    """
    used = {*found.times, *found.spare, found.target}
    free = [str(name) for name in frame.columns if name not in used and part_of(str(name)) is None]
    named = [name for name in known_names(free, THING_NAMES) if _fills_stretches(frame[name], 3)]
    others = [name for name in found.texts if _fills_stretches(frame[name], STRETCH)]
    if named or (others and not found.dates):
        return [*named, *others][0]
    if others:
        column = frame[others[0]]
        raise DataError(
            f"Column {others[0]!r} holds one stretch of rows for each text ({str(column.iloc[0])!r} at first, "
            f"{str(column.iloc[-1])!r} at last), so it may name several series or a state of one, and one meaning was "
            f"expected. Say `id_col={others[0]!r}` if it names series; else remove it, or pass it as `past` covariate."
        )
    return None


def _fills_stretches(column: "pd.Series", shortest: int) -> bool:
    """Tell whether a column has several values and each fills one stretch of at least some rows."""
    codes, unique = number_cells(column)
    lengths = np.diff([0, *(np.flatnonzero(np.diff(codes)) + 1), len(codes)])
    return 1 < len(unique) == len(lengths) and lengths.min() >= shortest


def raise_repeated(source: Source, wanted: Wanted, found: Found, times: RowTimes, again: Ints) -> None:
    """Say which rows have the same time, and what would help; the rows of `again` have the time of an earlier one."""
    frame, first = source.frame, int(again[0])
    part = part_of(found.times[0]) if len(found.times) == 1 else None
    is_part = part not in (None, "year") and times.instants.dtype.kind != "M"
    if is_part and not _without_name(source, wanted):
        raise DataError(
            f"Column {found.times[0]!r} holds only a part of a date, which repeats "
            f"({time_text(times.instants[first])} in {source.where(first)} again), and the time of each row was "
            "expected. "
            "Add a column with the year, or name another with `time_col=`; rename the column if the order of the "
            "rows is "
            "all that is known."
        )
    has_time = times.instants == times.instants[first]
    if found.id is not None:
        has_time &= (frame[found.id] == frame[found.id].iloc[first]).to_numpy(dtype=bool)
    rows = np.flatnonzero(has_time)
    named = [source.where(int(row)) for row in rows[:5]] + (["..."] if len(rows) > 5 else [])
    id_ = None if found.id is None else cell_text(frame[found.id].iloc[first])
    facts = {
        "n": len(rows),
        "series": "" if id_ is None else Message("times.of_series", {"name": id_}),
        "time": time_text(times.instants[first]),
        "places": named,
        "more": Message("times.repeated_all", {"n": len(again)}) if len(again) > len(rows) - 1 else "",
        "remedy": _remedy(source, wanted, found, times),
    }
    raise DataError(Message("times.repeated", facts))


def _remedy(source: Source, wanted: Wanted, found: Found, times: RowTimes) -> Message:
    """Name what tells the rows apart, once it is known that it does."""
    better = _without_name(source, wanted)
    if better:
        return Message("times.leave_time_out", {"names": [repr(name) for name in better]})
    used = {*found.times, found.target, found.id, *wanted.covariates}
    kinds, may_be = ("text", "integer", "flag", "number text"), []
    for name in source.frame.columns:
        column = source.frame[name]
        if name in used or column_kind(column) not in kinds:
            continue
        if part_of(name) is not None:
            if found.id is None and _is_unique(source.frame, times.instants, name):
                return Message("times.counts_parts", {"name": str(name)})
            continue
        if not column.duplicated().any():
            continue
        may_be.append(str(name))
        if found.id is None and _is_unique(source.frame, times.instants, name):
            if counts_parts(column, times.instants):
                return Message("times.counts_parts", {"name": str(name)})
            return Message("times.name_id", {"name": str(name)})
    if found.id is None:
        together = telling_columns(source.frame, may_be, times.instants)
        nearly = () if together else nearly_telling(source.frame, may_be, times.instants)
        if nearly:
            name, n_left, row = nearly
            return Message("times.name_id_and", {"name": name, "n": n_left, "where": source.where(row)})
        if not together and not may_be and (n_each := rows_of_each(times.instants)):
            return Message("times.add_part", {"n": n_each})
        return _together(together)
    # those beside the one that was given
    pairs = (telling_columns(source.frame, [found.id, name], times.instants) for name in may_be)
    return _together(next((pair for pair in pairs if pair), ()))


def _together(names: tuple[str, ...]) -> Message:
    if not names:
        return Message("times.duplicates")
    return Message("times.name_both" if len(names) == 2 else "times.name_these", {"names": repr(list(names))})


def _without_name(source: Source, wanted: Wanted) -> tuple[str, ...]:
    """Return the time columns that would be found without `time_col`, if no time repeats there."""
    if wanted.time is None:
        return ()
    try:
        other = find_columns(source.frame, replace(wanted, time=None))
        other, times = separate_series(source, other, read_times(source, other), None)
    except DataError:
        return ()
    return other.times if _is_unique(source.frame, times.instants, other.id) else ()


def _is_unique(frame: "pd.DataFrame", instants: Array, id_col: str | None, clock: tuple[str, ...] = ()) -> bool:
    names = [*clock, *([id_col] if id_col else [])]
    if not names:
        return len(np.unique(instants)) == len(instants)
    keys = frame[names].assign(**{"the time of the row": instants})
    return not keys.duplicated().any()
