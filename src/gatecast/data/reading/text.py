"""How is this text file written? Finds delimiter and header, and reads the cells."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import Any

import pandas as pd

from gatecast.data.reading.decoding import Decoded
from gatecast.data.reading.find import ID_NAMES, TARGET_NAMES, TIME_NAMES, text_kind
from gatecast.data.reading.numbers import MISSING
from gatecast.exceptions import DataError

__all__ = ["TextTable", "read_text"]

# In the order of preference where several would do: a comma may also be part of a number.
DELIMITERS = ("\t", ";", "|", ",")
N_LINES = 50
DATA_KINDS = ("date", "clock", "number text")


@dataclass(frozen=True)
class TextTable:
    """The cells of a text file."""

    frame: pd.DataFrame  # columns of numbers where every cell is one, else of texts
    decoded: Decoded  # the whole file, comment lines emptied so that lines still count as in the file
    delimiter: str | None  # None for a single column
    has_header: bool

    def line(self, row: int) -> int:
        """Return the line of a row (from 0) as a person counts in the file."""
        lines = (line for line, _ in _records(self.decoded.text, self.delimiter))
        return next(islice(lines, row + int(self.has_header), None), 0)


def read_text(decoded: Decoded, name: str, id_col: str | None = None) -> TextTable:
    """Find delimiter and header of a text and read its cells."""
    # Trailing empty lines, and the ";;;" that spreadsheets leave below a table.
    text = decoded.text.rstrip("\r\n\t ,;|")
    if "#" in text:
        text = re.sub(r"(?m)^[ \t]*#.*$", "", text)
    delimiter = _delimiter(text)
    try:
        return _read(replace(decoded, text=text), name, delimiter, id_col)
    except (csv.Error, ValueError) as error:
        raise DataError(
            f"{name!r} cannot be split into cells ({str(error).strip()}), and lines of cells were expected. "
            "Look for a quote that is never closed, or save it again as CSV."
        ) from None


def _read(decoded: Decoded, name: str, delimiter: str | None, id_col: str | None) -> TextTable:
    text = decoded.text
    first = [cells for _, cells in islice(_records(text, delimiter), N_LINES)]
    if not first:
        raise DataError(
            f"{name!r} is empty, and a table with a time and a value in each line was expected. Check how it was made."
        )
    has_header = _has_header(first)
    if has_header and len(first) == 1:
        raise DataError(
            f"{name!r} has a header but no rows below it, and at least one was expected. Check how it was made."
        )
    names = _names(first, has_header, _width(text, delimiter, has_header, name))
    table = TextTable(_cells(text, delimiter, has_header, names), decoded, delimiter, has_header)
    return _with_zeros(table, names, id_col)


def _records(text: str, delimiter: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record starts, and its cells; empty lines are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\0", skipinitialspace=True)
    begin = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begin, cells
        begin = reader.line_num + 1


def _delimiter(text: str) -> str | None:
    """Count the delimiters outside quotes: one that is on every line as often wins."""
    lines = (line for line in io.StringIO(text) if line.strip())
    bare = [re.sub(r'"[^"]*"', "", line) for line in islice(lines, N_LINES)]
    counts = {mark: [line.count(mark) for line in bare] for mark in DELIMITERS}
    for mark, found in counts.items():
        if found and min(found) > 0 and min(found) == max(found):
            return mark
    # Some lines have more or fewer cells: take what the header has, too.
    usual = {mark: median(found) for mark, found in counts.items() if found and found[0] > 0}
    best = max(usual, key=lambda mark: usual[mark], default=None)
    return best if best is not None and usual[best] > 0 else None


def _has_header(records: list[list[str]]) -> bool:
    """Tell whether the first line holds names: where the lines below hold dates or numbers, it does not."""
    first, body = records[0], records[1:]
    if any(cell.strip().lower() in (*TIME_NAMES, *TARGET_NAMES, *ID_NAMES) for cell in first):
        return True
    kinds = [text_kind(pd.Series([row[i] for row in body if i < len(row)], dtype=object)) for i in range(len(first))]
    own = [text_kind(pd.Series([cell], dtype=object)) for cell in first]
    if not body:
        return not any(kind in DATA_KINDS for kind in own)
    if "date" in kinds:
        return own[kinds.index("date")] != "date"
    differing = [i for i, kind in enumerate(kinds) if kind in DATA_KINDS and own[i] != kind]
    is_named = any(first[i].strip().lower() not in MISSING for i in differing)
    return is_named or not any(kind in DATA_KINDS for kind in kinds)


def _width(text: str, delimiter: str | None, has_header: bool, name: str) -> int:
    """Return the number of cells in a line, once no line has more."""
    records = _records(text, delimiter)
    header = next(records)[1]
    body = next(records)[1] if has_header else header
    # R writes no name above the names of the rows.
    width = len(body) if len(body) == len(header) + 1 else len(header)
    for line, cells in _records(text, delimiter):
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            raise DataError(
                f"{name!r} has {len(cells)} cells in line {line}, and {width} were expected as in the lines above. "
                "Put quotes around cells that contain the delimiter."
            )
    return width


def _names(records: list[list[str]], has_header: bool, width: int) -> list[str]:
    if not has_header:
        return [f"column_{i + 1}" for i in range(width)]
    header = [cell.strip() for cell in records[0]]
    header = [""] * (width - len(header)) + header
    names: list[str] = []
    for i, cell in enumerate(header):
        base = cell or f"Unnamed: {i}"
        copies = sum(name == base or name.startswith(f"{base}.") for name in names)
        names.append(f"{base}.{copies}" if base in names else base)
    return names


def _cells(
    text: str, delimiter: str | None, has_header: bool, names: Sequence[str], as_text: Sequence[str] = ()
) -> pd.DataFrame:
    # Newer versions always read floats exactly, and warn about the argument.
    exact: dict[str, Any] = {"float_precision": "round_trip"} if int(pd.__version__.split(".")[0]) < 3 else {}
    records = _records(text, delimiter)
    first = next(records)[0]
    skip = (next(records)[0] if has_header else first) - 1
    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter or "\0",
        header=None,
        names=list(names),
        usecols=list(as_text or names),
        dtype=dict.fromkeys(as_text, str),
        skiprows=skip,
        na_filter=False,
        skipinitialspace=True,
        low_memory=False,
        **exact,
    )
    unnamed = [name for name in frame if str(name).startswith("Unnamed: ")]
    empty = [name for name in unnamed if (frame[name].astype(str).str.strip() == "").all()]
    return pd.DataFrame(frame.drop(columns=empty))


def _with_zeros(table: TextTable, names: list[str], id_col: str | None) -> TextTable:
    """Keep the zeros in front of ids like 007."""
    ids = [name for name in names if name == id_col or name.strip().lower() in ID_NAMES]
    for name in ids:
        if name in table.frame and table.frame[name].dtype.kind in "iu":
            texts = _cells(table.decoded.text, table.delimiter, table.has_header, names, [name])[name]
            if texts.str.match(r"0\d").any():
                table.frame[name] = texts
    return table
