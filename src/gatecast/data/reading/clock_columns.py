"""Which columns beside a date hold the time of day, and which time do their cells mean?

Texts like 08:00 or 08:00-09:00, hours with minutes and seconds in columns of their own, 800 for 8:00, 8.5 hours, or
shares of a day as spreadsheets count them.
"""

import re
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats
from gatecast.data.reading.numbers import parse_numbers
from gatecast.data.reading.parts import find_clock_parts, part_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["clock_texts", "find_clocks", "numbered_clock"]

# Names, in any case, of numbers that are times of day beside a date.
CLOCK_NAMES: tuple[str, ...] = (
    "time",
    "hhmm",
    "hrmn",
    "hh:mm",
    "clock",
    "uhrzeit",
    "zeit",
    "heure",
    "hora",
    "ora",
    "时间",
    "时刻",
)
CLOCK_NAMES += ("時刻", "時間", "시간", "tijd", "godzina", "время")
BEGINS = ("start", "from", "begin", "von", "beginn", "de", "desde", "da", "od", "开始", "起始")
SPAN = re.compile(r"(\d{1,2}[:：]\d{2}(?:[:：]\d{2})?)\s*(?:-|–|—|~|to|bis|至)\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?")
MINUTE = 60 * 10**9
DAY_MINUTES = 24 * 60


def find_clocks(frame: "pd.DataFrame", kinds: dict[str, str], numeric: list[str]) -> tuple[str, ...]:
    """Find the column of such texts, or numbers of hour, minute and second, or one number that means all of it.

    Of two columns of texts the one that says from when is taken.
    """
    clocks = tuple(name for name, kind in kinds.items() if kind == "clock")
    begins = tuple(name for name in clocks if re.split(r"[\s_]", name.strip().lower())[0] in BEGINS)
    if len(clocks) == 1:
        return clocks
    if len(begins) == 1:
        return begins
    named = next((name for name in numeric if numbered_clock(frame[name], name) is not None), None)
    return find_clock_parts(frame, numeric) or (() if named is None else (named,))


def clock_texts(column: "pd.Series") -> "pd.Series[str]":
    """Return the times of day of a column of texts, each span by where it begins."""
    return column.astype(str).str.strip().str.replace(SPAN, r"\1", regex=True)


def numbered_clock(column: "pd.Series", name: str) -> Array | None:
    """Return the times of day that single numbers mean, timedelta64[ns], shape `(N,)`; None where they mean none.

    Examples:
        >>> import pandas as pd
        >>> numbered_clock(pd.Series([0, 30, 830, 2359]), "time").astype("timedelta64[m]").tolist()[2]
        datetime.timedelta(seconds=30600)
    """
    is_hour = part_of(name) == "hour"
    if not is_hour and name.strip().lower() not in CLOCK_NAMES:
        return None
    numbers = parse_numbers(column).floats
    if not len(numbers) or not np.isfinite(numbers).all() or numbers.min() < 0 or numbers.max() > 2400:
        return None
    minutes = _minutes(numbers, is_hour=is_hour)
    return None if minutes is None else np.round(minutes * MINUTE).astype(np.int64).astype("timedelta64[ns]")


def _minutes(numbers: Floats, *, is_hour: bool) -> Floats | None:
    """Return the minutes since midnight, `(N,)`; hours without fractions are none of these."""
    if (numbers % 1 == 0).all():
        is_compact = numbers.max() >= 100 and (numbers % 100 < 60).all()
        return numbers // 100 * 60 + numbers % 100 if is_compact else None
    scale = DAY_MINUTES if numbers.max() < 1 and not is_hour else 60
    minutes = numbers * scale
    # shares of a day have few decimals, so that minutes are what is meant
    near = np.round(minutes)
    is_time = numbers.max() < (1 if scale == DAY_MINUTES else 24) and np.abs(minutes - near).max() < 0.02 * scale / 60
    return near if is_time else None
