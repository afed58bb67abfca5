"""What do newer data inherit from those that a model learned from: zone, frequency and the names of the series?"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import NoReturn

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.find_calendar import gap_share, near_steps
from gatecast.data.panel.frequency import infer_grid
from gatecast.data.panel.grid import DAY, FixedGrid, Grid
from gatecast.data.panel.panel import Panel
from gatecast.data.panel.stamps import Stamps
from gatecast.data.reading.covariates import category_texts
from gatecast.data.reading.find import Found
from gatecast.data.reading.times import RowTimes, local_times
from gatecast.exceptions import DataError

__all__ = ["grid_like", "ids_like", "instants_like", "is_known", "on_steps", "rows_like", "series_like", "times_like"]

# from so many rows on their own frequency says more than a model's, of which most steps would be missing
MANY_ROWS, FEWEST_ROWS = 5, 3
MOST_GAPS = 0.5


def instants_like(like: Panel, found: Found, times: RowTimes, whose: str) -> Array:
    """Bring times into the sense of `like.starts`; a `DataError` where they are of another kind or lack a zone.

    Times of a day and longer are what clocks show, so a zone that lacks is that of `like`.
    """
    if times.instants.dtype.kind != like.starts.dtype.kind:
        kinds = ("integer steps", "dates") if like.starts.dtype.kind == "M" else ("dates", "integer steps")
        _raise_kind(whose, found, f"are {kinds[0]}", f"{kinds[1]} as in the data before")
    if times.timezone is None and like.timezone is not None and not like.grid.follows_calendar:
        remedy = f"Give it to them: `.dt.tz_localize({like.timezone!r})`, or `--timezone {like.timezone}`"
        _raise_kind(whose, found, "have no time zone", f"times in {like.timezone} as in the data before", remedy)
    if times.timezone is None:
        return times.instants
    if like.timezone is None and not like.grid.follows_calendar:
        _raise_kind(whose, found, f"are in {times.timezone}", "times without a zone as in the data before")
    if not like.grid.follows_calendar:
        return times.instants
    return local_times(times.instants, like.timezone or times.timezone)


def _raise_kind(whose: str, found: Found, are: str, expected: str, remedy: str = "Convert them") -> NoReturn:
    names = ", ".join(map(repr, found.times))
    raise DataError(f"The times of {whose} ({names}) {are}, and {expected} were expected. {remedy}.")


def times_like(like: Panel, found: Found, times: RowTimes) -> RowTimes:
    """Return times in the sense of `like.starts`; those of another kind are left to who compares frequencies."""
    if times.instants.dtype.kind != like.starts.dtype.kind:
        return times
    return replace(times, instants=instants_like(like, found, times, "the data"), timezone=None)


def ids_like(known: Array, ids: Array) -> Array:
    """Spell names of series as the known ones, `(S,)`: a stray space, or 7, "7" and "7.0", make no other series."""
    exact, texts = set(known.tolist()), category_texts(known).tolist()
    if all(id_ in exact for id_ in ids.tolist()):
        return ids
    # arrays of texts lose what NumPy takes for the end of one, so they are counted as they are
    counts = Counter(texts)
    by_text = {text: id_ for text, id_ in zip(texts, known.tolist(), strict=True) if counts[text] == 1}
    written = zip(ids.tolist(), category_texts(ids).tolist(), strict=True)
    spelled = [
        id_ if id_ in exact else by_text.get(text, by_text.get(re.sub(r"(?<=\d)\.0+$", "", text), id_))
        for id_, text in written
    ]
    if all(id_ in exact for id_ in spelled):
        return np.array(spelled, dtype=known.dtype)
    result = np.empty(len(spelled), dtype=object)
    result[:] = spelled
    return result


def series_like(known: Array, codes: Ints, ids: Array) -> tuple[Ints, Array]:
    """Return the series of each row, `(N,)`, and their names, `(S,)`, spelled as the known ones."""
    import pandas as pd

    spelled = ids_like(known, ids)
    places, unique = pd.factorize(spelled)
    return (codes, spelled) if len(unique) == len(spelled) else (places[codes], np.asarray(unique))


def rows_like(like: Panel, ids: Array) -> Ints:
    """Return the known series that each one is, `(n,)`, -1 for none.

    The single one of some data is the single known one, whatever its name.
    """
    if len(ids) == like.n_series == 1:
        return np.zeros(1, np.int64)
    rows = {id_: row for row, id_ in enumerate(like.ids.tolist())}
    return np.array([rows.get(id_, -1) for id_ in ids.tolist()], np.int64)


def is_known(like: Panel, ids: Array) -> Array:
    """Tell which series are known, `(n,)`."""
    return rows_like(like, ids) >= 0


def grid_like(like: Panel, stamps: Stamps) -> tuple[Grid, Stamps]:
    """Return the grid of `like` where the times fall on it, else the one that they show, which explains the error."""
    grid = like.grid
    if stamps.is_integer != (like.starts.dtype.kind != "M"):
        return infer_grid(stamps), stamps
    meant = replace(stamps, times=on_steps(like, stamps.times))
    share = gap_share(grid, meant)
    if share is not None and (share <= MOST_GAPS or len(stamps.times) < MANY_ROWS):
        return grid, meant
    # two rows lie on some frequency whatever they are, which explains nothing
    few = len(stamps.times) < FEWEST_ROWS * len(stamps.ids)
    try:
        return (grid, meant) if few else (infer_grid(stamps), stamps)
    except DataError:
        return grid, replace(stamps, times=grid.snap(stamps.times))


def on_steps(like: Panel, times: Array) -> Array:
    """Move times to the day that a frequency means, or to the step nearby where a clock is a little off."""
    grid = like.grid
    if isinstance(grid, FixedGrid) and grid.weekday is not None:
        # a Sunday may end the week that a Monday begins, or be a day before the next
        return times
    if not isinstance(grid, FixedGrid) or grid.nanoseconds > DAY:
        return grid.snap(times)
    phases = np.unique(like.starts.astype(np.int64) % grid.nanoseconds)
    return near_steps(grid, times, int(phases[0])) if len(phases) == 1 else times
