"""Where times repeat: does a column count parts of each time, or do two columns together name the series?"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.reading.numbers import parse_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["counts_parts", "nearly_telling", "rows_of_each", "telling_columns"]

# parts of a day and of a year, also where a clock was changed: hours, halves, quarters, 10 and 5 minutes; weeks, months
PARTS = (12, 23, 24, 25, 46, 48, 50, 52, 53, 92, 96, 100, 144, 288, 1440)
# share of the times that have so many rows
MOST = 0.8
MOST_COLUMNS = 8
# share of the rows that repeat a time which may do so beside a name, too
FEW = 0.1


def counts_parts(column: pd.Series, instants: Array) -> bool:
    """Tell whether numbers rise within each time, as many of them as there are hours of a day or the like."""
    numbers = parse_numbers(column).floats
    if np.isnan(numbers).any():
        return False
    times, codes = np.unique(instants, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    rises = (np.diff(numbers[order]) > 0) | (np.diff(codes[order]) > 0)
    counts = np.bincount(codes, minlength=len(times))
    return bool(rises.all()) and bool((np.isin(counts, PARTS)).mean() >= MOST)


def telling_columns(frame: pd.DataFrame, names: list[str], instants: Array) -> tuple[str, ...]:
    """Return the two columns, or else three, that together tell apart the rows of each time; none where none do."""
    names = names[:MOST_COLUMNS]
    for several in (*combinations(names, 2), *combinations(names, 3)):
        keys = frame[list(several)].assign(**{"the time of the row": instants})
        if not keys.duplicated().any():
            return several
    return ()


def nearly_telling(frame: pd.DataFrame, names: list[str], instants: Array) -> tuple[str, int, int] | tuple[()]:
    """Return the column beside which hardly any row repeats a time, how many still do, and the first of these rows."""
    n_all = len(instants) - len(np.unique(instants))
    for name in names:
        again = frame[[name]].assign(**{"the time of the row": instants}).duplicated().to_numpy()
        if 0 < int(again.sum()) <= FEW * n_all:
            return name, int(again.sum()), int(np.argmax(again))
    return ()


def rows_of_each(instants: Array) -> int:
    """Return how many rows each of some times has, where nearly all have as many as a longer time has parts; else 0."""
    _, counts = np.unique(instants, return_counts=True)
    values, shares = np.unique(counts, return_counts=True)
    usual = int(values[np.argmax(shares)])
    return usual if len(counts) > 1 and usual in (*PARTS, 4) and shares.max() >= MOST * len(counts) - 1 else 0
