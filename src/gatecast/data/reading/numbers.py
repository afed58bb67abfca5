"""Which numbers do the texts of a column hold? Tells `1,234.5`, `1.234,5` and `1 234,5` apart, and reads units."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.reading.units import without_units
from gatecast.data.reading.words import plain_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MISSING", "UNREAD", "Numbers", "is_missing", "not_finite", "parse_numbers", "plain_numbers"]

# What people, spreadsheets and statistical offices write, in any case, where there is no value.
MISSING: tuple[str, ...] = (
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "<na>",
    "#n/a",
    "-",
    "?",
    "--",
    "---",
    ".",
    "..",
    "...",
    ":",
)
MISSING += ("n.a.", "n.a", "n/d", "nil", "(null)", "(none)", "missing", "\\n", "k.a.", "–", "—", "——", "－")
MISSING += (
    "#div/0!",
    "#value!",
    "#ref!",
    "#name?",
    "#num!",
    "#null!",
    "缺失",
    "缺测",
    "缺",
    "暂无",
    "无",
    "空",
    "无数据",
)
# what devices and programs write in a column of numbers alone: elsewhere they may be names
UNREAD: tuple[str, ...] = (
    "unavailable",
    "unknown",
    "no data",
    "nodata",
    "no value",
    "not available",
    "bad",
    "bad input",
)
UNREAD += ("i/o timeout", "comm fail", "offline", "error", "err", "#n/a n/a", "keine angabe", "k. a.", "n.v.", "n. v.")
UNREAD += ("sin datos", "s/d", "нет данных", "データなし", "欠測", "未知", "离线", "停机")
ENDLESS = re.compile(r"[eE][-+]?\d{5}")  # exponents that no number has
SPACES = " \u00a0\u2009\u202f'’"
# Decimal mark, thousands mark, and how to show it.
POINT = (".", "", "1234.5")
ENGLISH = [(".", ",", "1,234.5"), (".", SPACES, "1 234.5")]
EUROPEAN = [(",", "", "1234,5"), (",", ".", "1.234,5"), (",", SPACES, "1 234,5")]


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column."""

    floats: Floats  # `(N,)`; NaN where the text is no number
    convention: str = "1234.5"  # how 1234.5 is written there, e.g. "1.234,5"


def parse_numbers(column: "pd.Series", *, prefer_comma: bool = False, decimal: str | None = None) -> Numbers:
    """Read a column as float64, shape `(N,)`; NaN where a cell is no number.

    `prefer_comma`, as in files with semicolons, says that "1,234" alone means 1.234, and `decimal` which mark is the
    only one before decimals. Units and currencies are read where all cells have the same.
    """
    import pandas as pd

    if column.dtype.kind == "c":
        return Numbers(np.full(len(column), np.nan))
    if pd.api.types.is_numeric_dtype(column.dtype):
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
    plain = _floats(column.astype(object))
    if decimal != "," and not np.isnan(plain).any():
        return Numbers(plain)
    texts = column.where(column.notna(), "").astype(str).str.strip()
    if not all(map(str.isascii, texts)):
        texts = texts.map(plain_text)
    conventions = [POINT, *EUROPEAN, *ENGLISH] if prefer_comma else [POINT, *ENGLISH, *EUROPEAN]
    conventions = [one for one in conventions if decimal in (None, one[0])]
    numbers = _best(texts, conventions)
    says_nothing = texts.str.lower().isin((*MISSING, *UNREAD))
    is_left = np.isnan(numbers.floats) & ~says_nothing.to_numpy(dtype=bool)
    stripped = without_units(texts.where(~says_nothing, "")) if is_left.any() else None
    if stripped is None:
        return numbers
    bare, factors, shown = stripped
    read = _best(bare, conventions)
    if np.isfinite(read.floats).sum() <= np.isfinite(numbers.floats).sum():
        return numbers
    return Numbers(read.floats * factors, shown.format(read.convention))


def _best(texts: "pd.Series", conventions: list[tuple[str, str, str]]) -> Numbers:
    """Read texts in the convention that most of them fit."""
    counts = [int(texts.str.fullmatch(_pattern(decimal, thousands)).sum()) for decimal, thousands, _ in conventions]
    decimal, thousands, shown = conventions[int(np.argmax(counts))]
    if shown == POINT[2]:
        return Numbers(_floats(texts))
    fits = texts.str.fullmatch(_pattern(decimal, thousands))
    if thousands:
        texts = texts.str.replace(rf"[{thousands}]", "", regex=True)
    return Numbers(_floats(texts.str.replace(decimal, ".", regex=False).where(fits, "")), shown)


def is_missing(column: "pd.Series") -> Array:
    """Tell which cells, `(N,)`, say that there is no value: None, NaN, and texts like "NA" and "-"."""
    absent = column.isna().to_numpy(dtype=bool)
    if column.dtype.kind in "biufcM":
        return absent
    return np.asarray(absent | column.astype(str).str.strip().str.lower().isin(MISSING).to_numpy(dtype=bool))


def not_finite(column: "pd.Series", numbers: Floats) -> Ints:
    """Return the rows whose number, read from `column`, is infinite, or whose cell is neither a number nor missing."""
    bad = np.flatnonzero(~np.isfinite(numbers))
    if not len(bad):
        return bad
    cells = column.iloc[bad]
    said = cells.astype(str).str.strip().str.lower().isin(UNREAD).to_numpy(dtype=bool)
    return bad[~is_missing(cells) & ~said]


def _pattern(decimal: str, thousands: str) -> str:
    grouped = rf"[1-9]\d{{0,2}}(?:[{thousands}]\d{{3}})+|\d+" if thousands else r"\d+"
    if thousands == ",":
        # in India the thousands are followed by hundreds of them: 1,23,45,678
        grouped = rf"[1-9]\d?(?:,\d{{2}})+,\d{{3}}|{grouped}"
    return rf"[-+]?(?:{grouped})?(?:[{decimal}]\d+|(?<=\d)[{decimal}]?)(?:[eE][-+]?\d+)?"


def plain_numbers(cells: "pd.Series") -> "pd.Series":
    """Return the numbers that texts are, of any type; missing where they are none."""
    import pandas as pd

    if cells.dtype.kind == "O":
        # an exponent of ten digits ends the process in pandas
        cells = cells.mask(np.array([ENDLESS.search(str(cell)) is not None for cell in cells], dtype=bool), "")
    return pd.Series(pd.to_numeric(cells, errors="coerce"))


def _floats(cells: "pd.Series") -> Floats:
    """Return the nearest number to each text; NaN where it is none."""
    numbers = plain_numbers(cells).to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    # pandas tells which texts are numbers, but misses the nearest by a bit
    is_number = ~np.isnan(numbers)
    numbers[is_number] = cells[is_number].astype(np.float64)
    return numbers
