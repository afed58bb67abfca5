"""How is this text file written? Finds delimiter and table, and reads the cells."""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

from gatecast.data.reading.decoding import Decoded
from gatecast.data.reading.find import ID_NAMES, THING_NAMES
from gatecast.data.reading.headers import Header, Record, find_header, footer_start, without_lines
from gatecast.data.reading.regular import Regular, plain_reading, read_columns
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TextTable", "read_regular", "read_text"]

# In the order of preference where several would do: a comma may also be part of a number.
DELIMITERS = ("\t", ";", "|", ",")
DECIMAL_COMMA = r"\s*[-+]?\d+(?:,\d+)?\s*"
N_LINES = 50
N_LAST = 12
MOST_LINES = 0.8  # of the lines have a delimiter as often as the table has it, beside titles and notes


@dataclass(frozen=True)
class TextTable:
    """The cells of a text file."""

    frame: "pd.DataFrame"  # columns of numbers where every cell is one, else of texts
    decoded: (
        Decoded  # the whole file, lines that are none of the table emptied so that lines still count as in the file
    )
    delimiter: str | None  # None for a single column
    has_header: bool
    notes: tuple[Message, ...] = ()  # which lines were left out
    is_regular: bool = False  # whether each line is a row, but for a header; then the text is not kept
    decimal: str | None = None  # the mark before decimals, where other columns show it

    def line(self, row: int) -> int:
        """Return the line of a row (from 0) as a person counts in the file."""
        if self.is_regular:
            return row + 1 + int(self.has_header)
        lines = (line for line, _ in _records(self.decoded.text, self.delimiter))
        return next(islice(lines, row + int(self.has_header), None), 0)


def read_text(
    decoded: Decoded, name: str, id_cols: Sequence[str] = (), skip_rows: int = 0, decimal: str | None = None
) -> TextTable:
    """Find delimiter and header of a text and read its cells.

    Ids keep their zeros, the first `skip_rows` lines are none of the table, and `decimal` is the mark before decimals.
    """
    # Trailing empty lines, and the ";;;" that spreadsheets leave below a table.
    text = decoded.text.rstrip("\r\n\t ,;|")
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    text = without_lines(text, 1, skip_rows) if skip_rows else text
    text, delimiter = _announced(text)
    text, comment = _without_comments(text)
    text = _without_rules(text)
    delimiter = delimiter or _delimiter(text)
    if delimiter is None:
        text, delimiter = _between_spaces(text)
    if delimiter is not None and re.search(rf"(?m)^[ \t{re.escape(delimiter)}]*{re.escape(delimiter)}[ \t]*$", text):
        text = re.sub(rf"(?m)^[ \t{re.escape(delimiter)}]+$", "", text)
    try:
        return _read(replace(decoded, text=text), name, delimiter, id_cols, comment, decimal)
    except DataError:
        raise
    except (csv.Error, ValueError) as error:
        raise DataError(
            f"{name!r} cannot be split into cells ({str(error).strip()}), and lines of cells were expected. "
            "Look for a quote that is never closed, or save it again as CSV."
        ) from None


def read_regular(content: bytes, id_cols: Sequence[str] = ()) -> TextTable | None:
    """Read the bytes of a file as `read_text` does its text, in less time; None where they are not regular enough."""
    regular = Regular.of(content)
    if regular is None:
        return None
    head = regular.head(N_LINES)
    delimiter = _delimiter(head)
    if delimiter is None or _announced(head)[1] is not None or _without_rules(head) != head:
        return None
    try:
        return _regular_table(regular, head, delimiter, id_cols)
    except (csv.Error, ValueError):
        # what cannot be split is named by the other reader
        return None


def _regular_table(regular: Regular, head: str, delimiter: str, id_cols: Sequence[str]) -> TextTable | None:
    first = list(_records(head, delimiter))
    header, width = find_header(first), len(first[0][1])
    if header.place or header.n_records > 1 or len(first) == header.n_records or first[0][0] > 1:
        return None
    has_header = bool(header.n_records)
    n_lines = regular.n_lines(delimiter, width)
    last = regular.last(min(N_LAST, n_lines - header.n_records), delimiter)
    if not n_lines or footer_start([*enumerate(last)], header, width) is not None:
        return None
    if _shown_decimal(first[header.n_records :], delimiter):
        return None
    names = _called([cell.strip() for cell in header.names], width)
    frame = _without_unnamed(read_columns(regular, delimiter, names, _ids(names, id_cols), has_header=has_header))
    return TextTable(frame, Decoded("", regular.encoding), delimiter, has_header, is_regular=True)


def _announced(text: str) -> tuple[str, str | None]:
    """Return the delimiter that a first line like `sep=;` announces to spreadsheets."""
    found = re.match(r"[\ufeff\s]*\"?sep=(.)\"?[ \t]*(?=[\r\n])", text)
    return (text, None) if found is None else (text[: found.start()] + text[found.end() :], found[1])


def _without_rules(text: str) -> str:
    """Take the bars around the lines of a table in Markdown off, and empty the rule below its header."""
    if not re.match(r"\s*\|.*\|\s*\n\s*\|[-:| ]+\|", text):
        return text
    return re.sub(r"(?m)^[ \t]*\||\|[ \t]*$", "", re.sub(r"(?m)^[ \t]*\|[-:| ]+\|[ \t]*$", "", text))


def _without_comments(text: str) -> tuple[str, Record | None]:
    """Empty the lines of comments, and return the last one above the table, which may hold the names."""
    if "#" not in text:
        return text, None
    line, comment = 0, None
    for line, content in enumerate(io.StringIO(text, newline=""), start=1):
        plain = content.strip()
        if plain and not plain.startswith("#"):
            break
        comment = (line, [plain.lstrip("# \t")]) if plain else comment
    return re.sub(r"(?m)^[ \t]*#.*$", "", text), comment


def _between_spaces(text: str) -> tuple[str, str | None]:
    """Write a table whose columns stand between spaces with tabs, where each of its lines has as many cells."""
    lines = list(islice((line.strip() for line in _lines(text) if line.strip()), N_LINES))
    for spaces in (r"[ \t]{2,}", r"[ \t]+"):
        counts = {len(re.split(spaces, line)) for line in lines}
        if len(counts) == 1 and min(counts) > 1 and len(lines) > 1:
            return re.sub(spaces, "\t", re.sub(r"(?m)^[ \t]+", "", text)), "\t"
    return text, None


def _read(
    decoded: Decoded,
    name: str,
    delimiter: str | None,
    id_cols: Sequence[str],
    comment: Record | None,
    decimal: str | None,
) -> TextTable:
    first = list(islice(_records(decoded.text, delimiter), N_LINES))
    if not first:
        raise DataError(Message("unreadable.empty_text", {"name": name}))
    header = find_header(first)
    if header.n_records and len(first) == header.place + header.n_records:
        raise DataError(Message("unreadable.header_only", {"name": name}))
    text, notes = _above(decoded.text, first, header)
    said = [] if comment is None or header.n_records else next(csv.reader(comment[1], delimiter=delimiter or "\0"))
    names = [cell.strip() for cell in (said if len(said) == len(first[header.place][1]) else header.names)]
    width, last = _shape(text, delimiter, header, name)
    below = footer_start(last, header, width)
    if below is not None:
        line = next(cells for start, cells in last if start == below)
        notes.append(Message("left_out.footer", {"n": below, "text": ", ".join(filter(None, line))[:60]}))
        text = without_lines(text, below, None)
    called = _called(names, width)
    decimal = decimal or _shown_decimal(first[header.place + header.n_records :], delimiter)
    frame = _cells(text, delimiter, bool(header.n_records), called, decimal=decimal or ".")
    decoded_rows = replace(decoded, text=text)
    table = TextTable(frame, decoded_rows, delimiter, bool(header.n_records), tuple(notes), decimal=decimal)
    if said and names == [cell.strip() for cell in said]:
        return replace(_with_zeros(table, called, id_cols), has_header=True, decoded=_as_header(table.decoded, comment))
    return _with_zeros(table, called, id_cols)


def _shown_decimal(records: Sequence[Record], delimiter: str | None) -> str | None:
    """Tell that 1.010 is a thousand where other cells between semicolons have a comma before decimals, as 1,5."""
    if delimiter != ";":
        return None
    cells = [cell.strip() for _, row in records for cell in row]
    pointed = [cell for cell in cells if re.fullmatch(r"[-+]?\d+\.\d+", cell)]
    are_thousands = bool(pointed) and all(re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}", cell) for cell in pointed)
    has_commas = any(re.fullmatch(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+", cell) for cell in cells)
    return "," if are_thousands and has_commas else None


def _as_header(decoded: Decoded, comment: Record | None) -> Decoded:
    """Put the header that stood in a comment back, so that lines count as in the file."""
    if comment is None:
        return decoded
    lines = decoded.text.split("\n", comment[0])
    lines[comment[0] - 1] = "x"
    return replace(decoded, text="\n".join(lines))


def _above(text: str, records: Sequence[Record], header: Header) -> tuple[str, list[Message]]:
    """Empty the lines above the header and those between it and the rows; return notes about them, too."""
    notes = []
    top = records[header.place][0]
    if header.place:
        begin = records[0][0]
        key = "left_out.line" if top - 1 == begin else "left_out.lines"
        notes.append(Message(key, {"n": begin, "begin": begin, "end": top - 1}))
        text = without_lines(text, 1, top - 1)
    if header.n_records > 1:
        begin, rows = records[header.place + 1][0], records[header.place + header.n_records][0]
        key = "left_out.line_below" if rows - 1 == begin else "left_out.lines_below"
        notes.append(Message(key, {"n": begin, "begin": begin, "end": rows - 1}))
        text = without_lines(text, begin, rows - 1)
    return text, notes


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, of which a stream would make a copy four times as large."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin) + 1 or len(text)
        yield text[begin:end]
        begin = end


def _records(text: str, delimiter: str | None) -> Iterator[Record]:
    """Yield the line on which each record starts, and its cells; empty lines are skipped."""
    reader = csv.reader(_lines(text), delimiter=delimiter or "\0", skipinitialspace=True)
    begin = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begin, cells
        begin = reader.line_num + 1


def _delimiter(text: str) -> str | None:
    """Count the delimiters outside quotes: one that is on every line as often wins, or else on most of them."""
    lines = (line for line in _lines(text) if line.strip())
    bare = [re.sub(r'"[^"]*"', "", line) for line in islice(lines, N_LINES)]
    counts = {mark: [line.count(mark) for line in bare] for mark in DELIMITERS}
    for mark, found in counts.items():
        if found and min(found) > 0 and min(found) == max(found):
            return mark
    if not counts["\t"] or all(re.fullmatch(DECIMAL_COMMA, line) for line in bare[1:]):
        # a single column of numbers with a comma
        return None
    for mark, found in counts.items():
        often, n = Counter(found).most_common(1)[0] if found else (0, 0)
        if often > 0 and n >= MOST_LINES * len(bare):
            return mark
    # Some lines have more or fewer cells: take what the header has, too, or what most lines have below titles.
    usual = {mark: median(found) for mark, found in counts.items() if found and found[0] > 0}
    usual = usual or {mark: median(found) for mark, found in counts.items() if found}
    best = max(usual, key=lambda mark: usual[mark], default=None)
    return best if best is not None and usual[best] > 0 else None


def _shape(text: str, delimiter: str | None, header: Header, name: str) -> tuple[int, list[Record]]:
    """Return the number of cells in a line, once no line has more, and the last records."""
    records = _records(text, delimiter)
    first = next(records)[1]
    names = header.names if header.n_records else first
    body = next(records)[1] if header.n_records else first
    # R writes no name above the names of the rows.
    width = len(body) if len(body) == len(names) + 1 else len(names)
    last: deque[Record] = deque(maxlen=N_LAST)
    long: Record | None = None
    for line, cells in islice(_records(text, delimiter), bool(header.n_records), None):
        last.append((line, cells))
        if long is None and len(cells) > width and any(cell.strip() for cell in cells[width:]):
            long = line, cells
    if long is not None and (footer_start(list(last), header, width) or long[0] + 1) > long[0]:
        facts = {"name": name, "n": len(long[1]), "line": long[0], "width": width}
        raise DataError(Message("unreadable.cells", facts))
    return width, list(last)


def _called(names: Sequence[str], width: int) -> list[str]:
    """Give each column a name of its own."""
    if not names:
        return [f"column_{i + 1}" for i in range(width)]
    bases = [name or f"Unnamed: {i}" for i, name in enumerate([""] * (width - len(names)) + list(names))]
    taken, copies, called = set(bases), Counter[str](), []
    for base in bases:
        copies[base] += 1
        name = base
        while name in taken and copies[base] > 1:
            name = f"{base}.{copies[base] - 1}"
            copies[base] += name in taken
        taken.add(name)
        called.append(name)
    return called


def _cells(
    text: str,
    delimiter: str | None,
    has_header: bool,
    names: Sequence[str],
    as_text: Sequence[str] = (),
    decimal: str = ".",
) -> "pd.DataFrame":
    import pandas as pd

    records = _records(text, delimiter)
    first = next(records, None)
    begin = next(records, None) if has_header else first
    # a header may be all that there is, or what a broken file leaves of it
    if first is None or begin is None:
        return pd.DataFrame(columns=list(as_text or names), dtype=object)
    # pandas counts a name over two lines as one row to skip
    stream = io.StringIO(text)
    for _ in range(begin[0] - 1):
        stream.readline()
    frame = pd.read_csv(
        stream,
        sep=delimiter or "\0",
        names=list(names),
        usecols=list(as_text or names),
        dtype=dict.fromkeys(as_text, str),
        decimal=decimal,
        **plain_reading(),
    )
    return _without_unnamed(frame)


def _without_unnamed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Leave out empty columns without a name."""
    unnamed = [name for name in frame if str(name).startswith("Unnamed: ")]
    empty = [name for name in unnamed if (frame[name].astype(str).str.strip() == "").all()]
    return frame.drop(columns=empty) if empty else frame


def _ids(names: Sequence[str], id_cols: Sequence[str]) -> list[str]:
    """Return the names of columns that may hold the names of series."""
    return [name for name in names if name in id_cols or name.strip().lower() in (*ID_NAMES, *THING_NAMES)]


def _with_zeros(table: TextTable, names: list[str], id_cols: Sequence[str]) -> TextTable:
    """Keep the zeros in front of ids like 007."""
    for name in _ids(names, id_cols):
        if name in table.frame and table.frame[name].dtype.kind in "iu":
            texts = _cells(table.decoded.text, table.delimiter, table.has_header, names, [name])[name]
            if texts.str.match(r"0\d").any():
                table.frame[name] = texts
    return table
