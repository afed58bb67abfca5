"""Which lines of a text file belong to its table, and what are the columns called?

Titles stand above the header, units or a second level of names below it, totals and sources below the table.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gatecast.data.reading.find import ID_NAMES, TARGET_NAMES, TIME_NAMES, text_kind
from gatecast.data.reading.numbers import MISSING

__all__ = ["Header", "Record", "find_header", "footer_start", "without_lines"]

Record = tuple[int, list[str]]  # the line on which it starts, and its cells

DATA_KINDS = ("date", "clock", "number text")
FEWEST_YEARS = 3  # across a header
MAX_HEADERS = 3  # lines of names below each other
MAX_TITLES = 20  # lines above a header
MAX_COLUMNS = 60  # that decide where the table begins
# What the last rows of a table begin with that are none of it.
TOTALS: tuple[str, ...] = (
    "total",
    "sum",
    "summe",
    "gesamt",
    "average",
    "mean",
    "source",
    "note",
    "quelle",
    "ttm",
    "subtotal",
)
TOTALS += ("合计", "总计", "小计", "平均", "总和", "来源", "数据来源", "资料来源", "注", "备注", "合計", "總計")


@dataclass(frozen=True)
class Header:
    """What stands above the rows of a table."""

    names: tuple[str, ...]  # as they stand there, empty where there is none; () if there is no header
    place: int  # of the first record of the table, its header if it has one, among those that were given
    n_records: int  # that hold names; 0 if there are none
    kinds: tuple[str, ...]  # what the columns hold, as `text_kind` says it


def find_header(records: Sequence[Record]) -> Header:
    """Find the names of the columns among the first records of a file."""
    place = _first_of_table(records)
    place = _below_key_values(records, place)
    cells = [cells for _, cells in records[place:]]
    kinds = _kinds(cells)
    if not _has_header(cells):
        return Header((), place, 0, kinds)
    n = 1
    # units stand below names with nothing below that of the times
    while (
        n < min(MAX_HEADERS, len(cells) - 1) and ("date" in kinds or not cells[n][0].strip()) and _is_no_data(cells[n])
    ):
        n += 1
    return Header(_names(cells[:n]), place, n, kinds)


def footer_start(last: Sequence[Record], header: Header, width: int) -> int | None:
    """Return the line of the first of the last records that are no rows of the table; None if all are."""
    start = None
    date = header.kinds.index("date") if "date" in header.kinds else None
    for line, cells in reversed(last):
        if not _is_footer(cells, date, width):
            break
        start = line
    return start


def without_lines(text: str, first: int, last: int | None) -> str:
    """Return the text with empty lines in place of some, counted from 1; all from `first` on if `last` is None."""
    stream = io.StringIO(text, newline="")
    above = "".join(stream.readline() for _ in range(first - 1))
    if last is None:
        return above
    gone = [stream.readline() for _ in range(last - first + 1)]
    return above + "".join(re.sub(r"[^\r\n]", "", line) for line in gone) + stream.read()


def _first_of_table(records: Sequence[Record]) -> int:
    """Return the place of the first record that has the shape of most of them."""
    widths = Counter(len(cells) for _, cells in records)
    # where two are as frequent, the table is the wider one
    width = max(widths, key=lambda width: (widths[width], width))
    if width == 1 or widths[width] < 2:
        # a table of few rows below many titles
        width = max(widths)
    long = len(records) > 2 and _is_said_about_file(records[0][1], records[1][1], width)
    place = next((i for i, (_, cells) in enumerate(records) if i >= long and not _is_title(cells, width)), 0)
    return place if place < len(records) - 1 else 0


def _is_said_about_file(first: list[str], second: list[str], width: int) -> bool:
    """Tell whether a first line of more cells than the table, as DATEV writes one, stands above the header."""
    more = [cell for cell in first[width:] if cell.strip()]
    return len(more) > 1 and len(second) == width and all(cell.strip() for cell in second) and _is_no_data(second)


def _below_key_values(records: Sequence[Record], place: int) -> int:
    """Return the place of the header where lines like `Station,Berlin` with as many cells stand above it.

    The header names a time and has a name for each column, and one of the lines above holds a date or a number, or
    there are more of them than a header has.
    """
    for later in range(place + 1, min(place + MAX_TITLES, len(records) - 1)):
        cells = [cell.strip() for cell in records[later][1]]
        above = [above for _, above in records[place:later]]
        is_named = all(cells) and len(set(cells)) == len(cells) > 1 and _times(cells)
        if is_named and (len(above) >= MAX_HEADERS or not all(map(_is_no_data, above))):
            column = _times(cells)[0]
            below = [row[column] for _, row in records[later + 1 :] if column < len(row)]
            return later if _kind(below) in DATA_KINDS else place
    return place


def _is_title(cells: list[str], width: int) -> bool:
    """Tell whether a line is too short for the header of a table; R writes no name above the names of the rows."""
    if width == 1:
        return False
    filled = [cell for cell in cells if cell.strip()]
    kinds = [_kind([cell]) for cell in filled[:MAX_COLUMNS]]
    if len(filled) == 1 and (cells[0].strip() or width > 2):
        return kinds[0] == "text" or len(cells) < width - 1
    # "Station:,Berlin,," is a title, too, and a row of names is hardly ever half empty
    is_said = bool(cells[0].strip()) and kinds[0] == "text" and "date" not in kinds
    return 2 * len(filled) <= width and (len(cells) < width - 1 or is_said)


def _kinds(cells: list[list[str]]) -> tuple[str, ...]:
    """Say what the columns hold, by the rows that are hardly names any more, if there are some."""
    body = cells[MAX_HEADERS:] or cells[1:]
    return _kinds_of(body, len(cells[0]))


def _kinds_of(rows: list[list[str]], width: int) -> tuple[str, ...]:
    columns = ([row[i] for row in rows if i < len(row)] for i in range(min(width, MAX_COLUMNS)))
    return tuple(_kind(column) for column in columns)


def _has_header(records: list[list[str]]) -> bool:
    """Tell whether the first line holds names: where the lines below hold dates or numbers, it does not."""
    first, body = records[0], records[1:]
    if any(cell.strip().lower() in (*TIME_NAMES, *TARGET_NAMES, *ID_NAMES) for cell in first):
        return True
    if body and _counts_years(first):
        return True
    kinds = _kinds_of(body, len(first))
    own = [_kind([cell]) for cell in first[:MAX_COLUMNS]]
    if not body:
        return not any(kind in DATA_KINDS for kind in own)
    if "date" in kinds:
        return own[kinds.index("date")] != "date"
    differing = [i for i, kind in enumerate(kinds) if kind in DATA_KINDS and own[i] != kind]
    is_named = any(first[i].strip().lower() not in MISSING for i in differing)
    return is_named or not any(kind in DATA_KINDS for kind in kinds)


def _counts_years(cells: list[str]) -> bool:
    """Tell whether a line holds year after year, as the names of columns do."""
    years = [int(cell) for cell in cells if re.fullmatch(r"\s*(?:1[6-9]|20)\d{2}\s*", cell)]
    return len(years) >= FEWEST_YEARS and all(after - before == 1 for before, after in pairwise(years))


def _is_no_data(cells: list[str]) -> bool:
    """Tell whether a line below the header holds units or more names: no date, no number, and some text."""
    filled = [cell for cell in cells[:MAX_COLUMNS] if cell.strip().lower() not in MISSING]
    return bool(filled) and all(_kind([cell]) == "text" for cell in filled)


def _names(levels: list[list[str]]) -> tuple[str, ...]:
    """Make one name for each column of lines of names that stand below each other."""
    rows = [[cell.strip() for cell in cells] for cells in levels]
    if len(rows) == 1:
        return tuple(rows[0])
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    # a line that has a name for each column, one of them that of a time, is the header below a title
    own = next((row for row in rows if all(row) and _times(row)), None)
    if own is not None and len(set(own)) == width:
        return tuple(own)
    top = _filled(rows[0]) if own is not None else rows[0]
    time = next((i for row in rows for i in _times(row)), None)
    rest = [name for i, name in enumerate(top) if i != time and name]
    is_enough = len(set(rest)) == len(rest)
    names = []
    for i in range(width):
        column = [top[i], *(row[i] for row in rows[1:])]
        called = next((cell for cell in column if cell.lower() in TIME_NAMES), "")
        parts = list(dict.fromkeys(filter(None, column)))
        names.append(called or (" ".join(parts) if not is_enough else (top[i] or next(iter(parts), ""))))
    return tuple(names)


def _times(row: list[str]) -> list[int]:
    return [i for i, cell in enumerate(row) if cell.lower() in TIME_NAMES]


def _filled(row: list[str]) -> list[str]:
    """Repeat a name over the empty cells behind it, as merged cells are exported."""
    filled: list[str] = []
    for cell in row:
        filled.append(cell or (filled[-1] if filled else ""))
    return filled


def _is_footer(cells: list[str], date: int | None, width: int) -> bool:
    """Tell whether a record below others is a total, a source or a note."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if width == 1 or not filled:
        return False
    begins = re.split(r"[\s:：,]", cells[0].strip().lower(), maxsplit=1)[0]
    if begins in TOTALS and (date is None or date == 0 or len(filled) < width):
        return True
    if len(filled) == 1:
        return _kind(filled) == "text"
    # dates have digits, and a row that has none where the others have a date is none of them
    cell = cells[date].strip() if date is not None and date < len(cells) else "0"
    return bool(cell) and cell.lower() not in MISSING and not re.search(r"\d|[一二三四五六七八九]", cell)


def _kind(cells: Iterable[object]) -> str:
    """Return what some cells hold, as `text_kind` does."""
    import pandas as pd

    return text_kind(pd.Series([*cells], dtype=object))
