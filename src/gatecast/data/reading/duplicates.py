"""What becomes of rows that have the same time, where that was said?"""

from dataclasses import replace

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.reading.find import Found
from gatecast.data.reading.frames import Source
from gatecast.data.reading.numbers import not_finite, parse_numbers
from gatecast.exceptions import ConfigError

__all__ = ["DUPLICATES", "check_duplicates", "merge_repeated"]

DUPLICATES = ("error", "sum", "mean", "last")


def check_duplicates(duplicates: str) -> None:
    """Refuse an unknown way to merge rows."""
    if duplicates not in DUPLICATES:
        raise ConfigError(
            f"`duplicates` must be one of {', '.join(map(repr, DUPLICATES))}, got {duplicates!r}. Use "
            "`duplicates='sum'` "
            "to add up rows with the same time."
        )


def merge_repeated(source: Source, found: Found, codes: Ints, instants: Array, how: str) -> Source:
    """Merge the rows of each series that have the same time: the sum, mean or last of the target.

    A missing target counts for nothing where another row of the time has one. Other columns keep
    the value of the last of these rows.
    """
    import pandas as pd

    frame = source.frame
    column = frame[found.target]
    numbers = parse_numbers(column, prefer_comma=source.prefer_comma, decimal=source.decimal).floats
    keys = [pd.Series(codes), pd.Series(instants)]
    rows = pd.Series(np.arange(len(frame))).groupby(keys).last().to_numpy()
    rows = np.sort(rows)
    merged = frame.iloc[rows].reset_index(drop=True)
    # cells that are no numbers stay as they are, so that they are named
    if how != "last" and not len(not_finite(column, numbers)):
        grouped = pd.Series(numbers).groupby(keys)
        values = grouped.transform("mean") if how == "mean" else grouped.transform(lambda group: group.sum(min_count=1))
        merged[found.target] = values.to_numpy()[rows]
    where = source.where
    return replace(source, frame=merged, where=lambda row: where(int(rows[row])))
