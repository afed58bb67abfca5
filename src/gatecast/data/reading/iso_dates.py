"""Do all texts of a column write their times alike, as 2024-01-31 10:00:00? Then their digits are read as arrays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later
from gatecast.data.reading.layouts import YEARS, Dates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_alike"]

# marks at their places, those of the date all alike, and what the time of day is called
CLOCKS = {10: "", 16: " %H:%M", 19: " %H:%M:%S"}
MARKS = {4: "-/.", 7: "-/.", 10: " T", 13: ":", 16: ":"}
# where year, month, day, hour, minute and second begin, and how many digits they have
PARTS = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
MOST_HOURS, MOST_MINUTES = 23, 59


def read_alike(texts: Sequence[object] | Array) -> Dates | None:
    """Read texts of one length whose parts have all their digits; None where one of them is no such time.

    Examples:
        >>> read_alike(["2024-01-31 10:00", "2024-02-29 00:30"]).layout
        '%Y-%m-%d %H:%M'
        >>> read_alike(["2024-01-31", "2024-02-30"]) is None
        True
    """
    codes = _codes(texts)
    if codes is None:
        return None
    marks = {place: chr(codes[place, 0]) for place in MARKS if place < len(codes)}
    is_alike = all(mark in MARKS[place] for place, mark in marks.items()) and marks[4] == marks[7]
    if not is_alike or any((codes[place] != ord(mark)).any() for place, mark in marks.items()):
        return None
    places = [place for place in range(len(codes)) if place not in marks]
    if any(codes[place].min() < ord("0") or codes[place].max() > ord("9") for place in places):
        return None
    times = _times([_number(codes[first : first + n]) for first, n in PARTS if first < len(codes)])
    return None if times is None else Dates(times, f"%Y{marks[4]}%m{marks[7]}%d{CLOCKS[len(codes)]}")


def _codes(texts: Sequence[object] | Array) -> Array | None:
    """Return the characters of texts of one length, `(length, n)` uint8; None where they have not one that is known."""
    cells: list[Any] = texts.tolist() if isinstance(texts, np.ndarray) else list(texts)
    length = len(cells[0]) if cells and isinstance(cells[0], str) else 0
    try:
        # a cell that is no text cannot be joined
        joined = "".join(cells) if length in CLOCKS else ""
    except TypeError:
        return None
    if not joined or not joined.isascii() or set(map(len, cells)) != {length}:
        return None
    return np.ascontiguousarray(np.frombuffer(joined.encode(), np.uint8).reshape(len(cells), length).T)


def _times(parts: list[Ints]) -> "pd.DatetimeIndex | None":
    """Put year, month, day and what there is of a clock together, `(n,)` each; None where one of them is no time."""
    import pandas as pd

    year, month, day, *clock = parts
    limits = (MOST_HOURS, MOST_MINUTES, MOST_MINUTES)
    is_time = (year >= YEARS[0]) & (year <= YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1)
    if not is_time.all() or any((part > most).any() for part, most in zip(clock, limits, strict=False)):
        return None
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = later(months.astype("datetime64[D]"), day - 1)
    if (days.astype("datetime64[M]") != months).any():
        return None
    seconds = sum(part.astype(np.int64) * size for part, size in zip(clock, (3600, 60, 1), strict=False))
    return pd.DatetimeIndex(later(days.astype("datetime64[s]"), seconds)).as_unit("ns")


def _number(digits: Array) -> Ints:
    """Return the numbers that digits are, the first one the highest, `(k, n)` uint8."""
    number = np.zeros(digits.shape[1], np.int32)
    for digit in digits:
        number = number * 10 + (digit - np.uint8(ord("0")))
    return np.asarray(number)
