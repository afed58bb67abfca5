"""How does a file of any kind become columns? Text, Parquet, spreadsheets and JSON, also gzipped or from a pipe."""

import csv
import datetime
import difflib
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._places import Place, Url
from gatecast.data.reading.decoding import Decoded, check_encoding, decode
from gatecast.data.reading.duplicates import check_duplicates
from gatecast.data.reading.frames import Source, as_source, may_hold_texts
from gatecast.data.reading.limits import (
    check_archive,
    check_lines,
    check_memory,
    check_parquet_size,
    check_size,
    unzipped,
)
from gatecast.data.reading.numbers import plain_numbers
from gatecast.data.reading.text import TextTable, read_regular, read_text
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message, reason

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Loaded", "Reading", "load"]

STANDARD_INPUT = (Path("-"), Path("/dev/stdin"))
GZIP, PARQUET, ZIP, OLE = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# raised for metadata of Parquet files that are broken
MISREAD = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ZIPPED_SHEETS = (b"xl/", b"content.xml")  # parts of .xlsx and .ods files
JSON = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, where that is not to be found out."""

    date_format: str | None = None  # as strptime, e.g. "%d/%m/%Y"
    encoding: str | None = None  # of a text file, e.g. "cp1252"
    decimal: str | None = None  # the mark before decimals, "." or ","
    na: tuple[str, ...] = ()  # cells that say that a value is missing, beside the usual ones
    skip_rows: int = 0  # lines above the table that are none of it
    sheet: str | None = None  # of a spreadsheet, by its name or its number from 1
    timezone: str | None = None  # of times that do not say theirs
    duplicates: str = "error"  # rows with the same time: "error", "sum", "mean" or "last"

    def check(self) -> None:
        """Refuse what makes no sense."""
        if self.encoding is not None:
            check_encoding(self.encoding)
        if self.date_format is not None and "%" not in str(self.date_format):
            example = as_strptime(str(self.date_format))
            raise ConfigError(
                f"`date_format` must say the parts of a date as strptime does, got {self.date_format!r}. Use "
                f"`date_format={example!r}`."
            )
        if self.decimal not in (None, ".", ","):
            raise ConfigError(f"`decimal` must be '.' or ',', got {self.decimal!r}. Use `decimal=','` for 1234,5.")
        if isinstance(self.skip_rows, bool) or not isinstance(self.skip_rows, int) or self.skip_rows < 0:
            raise ConfigError(
                f"`skip_rows` must be a number of lines from 0 on, got {self.skip_rows!r}. Use `skip_rows=2` for two "
                "lines above the header."
            )
        check_duplicates(self.duplicates)


def as_strptime(text: str) -> str:
    """Translate what spreadsheets and people write for the parts of a date, as in dd.mm.yyyy hh:mm.

    Examples:
        >>> as_strptime("YYYY-MM-DD hh:mm:ss"), as_strptime("dd.MMM yy")
        ('%Y-%m-%d %H:%M:%S', '%d.%b %y')
    """
    clock = re.search(r"h{1,2}\W*m{1,2}(?:\W*s{1,2})?", text, re.IGNORECASE)
    begin, end = (len(text), len(text)) if clock is None else clock.span()
    date = re.sub(
        "[jJ]{2,4}|[tT]{1,2}", lambda found: ("y" if found[0][0] in "jJ" else "d") * len(found[0]), text[:begin]
    )
    parts = (("y{4}", "%Y"), ("y{2}", "%y"), ("m{4,}", "%B"), ("m{3}", "%b"), ("m{1,2}", "%m"), ("d{1,2}", "%d"))
    for part, code in parts:
        date = re.sub(rf"(?<!%){part}", code, date, flags=re.IGNORECASE)
    time = text[begin:end]
    for part, code in (("h{1,2}", "%H"), ("m{1,2}", "%M"), ("s{1,2}", "%S")):
        time = re.sub(rf"(?<!%){part}", code, time, count=1, flags=re.IGNORECASE)
    written = date + time + text[end:]
    return written if "%" in written else "%d/%m/%Y"


@dataclass(frozen=True)
class Loaded:
    """The columns of a file, and what is known of the file."""

    source: Source
    kind: str  # as `Table.format`
    text: TextTable | None = None  # of a text file
    notes: tuple[Message, ...] = ()


def load(path: Place, reading: Reading, id_cols: tuple[str, ...] = (), content: bytes | None = None) -> Loaded:
    """Read the columns of a file; with its `content` given the path is a name, and no file is opened."""
    reading.check()
    content, is_packed = _unpacked(path, _read(path) if content is None else content)
    loaded = _loaded(path, content, reading, id_cols)
    source = replace(loaded.source, date_format=reading.date_format, is_file=True)
    source = replace(source, decimal=reading.decimal or source.decimal)
    source = replace(source, timezone=reading.timezone)
    if reading.na:
        source = replace(source, frame=_without_codes(source.frame, reading.na))
    return replace(loaded, source=source, kind=loaded.kind + (", gzip" if is_packed else ""))


def _loaded(path: Place, content: bytes, reading: Reading, id_cols: tuple[str, ...]) -> Loaded:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if content.startswith(PARQUET) or path.suffix.lower() in (".parquet", ".pq"):
        return Loaded(replace(as_source(_parquet(path, content)), backend="pandas"), "Parquet")
    if re.match(rb"\s*<(?:!doctype html|html|head|table|\?xml)", content[:200], re.IGNORECASE):
        raise DataError(
            f"{str(path)!r} is a web page (HTML) or XML, and a table was expected. Open it in a spreadsheet program "
            "and save it as CSV; a download may have been the page for logging in."
        )
    if content.startswith((OLE, ZIP)) or path.suffix.lower() in SPREADSHEETS:
        if content.startswith(ZIP) and not any(part in content for part in ZIPPED_SHEETS):
            raise DataError(
                f"{str(path)!r} is a zip archive, and a table was expected. Unpack it and pass the file inside."
            )
        if content.startswith(ZIP):
            check_archive(path, content)
        return _spreadsheet(path, content, reading, id_cols)
    if any(suffix in JSON for suffix in suffixes[-2:]) or content.lstrip()[:1] == b"{":
        return _json(path, decode(content, path.name, reading.encoding))
    check_lines(path, content)
    text = _text(path, content, reading, id_cols)
    kind = "TSV" if text.delimiter == "\t" else "CSV"
    return Loaded(_source(text, "line"), kind, text, text.notes)


def _text(path: Place, content: bytes, reading: Reading, id_cols: tuple[str, ...]) -> TextTable:
    """Read a text file, one that is regular in a fraction of the time."""
    is_plain = reading.encoding is None and not reading.skip_rows and reading.decimal in (None, ".")
    regular = read_regular(content, id_cols) if is_plain else None
    if regular is not None:
        return regular
    decoded = decode(content, path.name, reading.encoding)
    return read_text(decoded, path.name, id_cols, reading.skip_rows, reading.decimal)


def _source(text: TextTable, unit: str) -> Source:
    return Source(
        text.frame,
        where=lambda row: Message(f"place.{unit}", {"n": text.line(row)}),
        is_file=True,
        has_header=text.has_header,
        prefer_comma=text.delimiter == ";",
        decimal=text.decimal,
    )


def _read(path: Place) -> bytes:
    if isinstance(path, Path) and path.is_dir():
        raise DataError(Message("unreadable.folder", {"path": str(path)}))
    return _standard_input() if path in STANDARD_INPUT else _bytes(path)


def _unpacked(path: Place, content: bytes) -> tuple[bytes, bool]:
    """Return the bytes of a file, unpacked, and whether they were packed."""
    if not content or content.isspace():
        raise DataError(Message("unreadable.empty_file", {"path": str(path)}))
    packed = content.startswith(GZIP) or path.suffix.lower() == ".gz"
    return (unzipped(path, content) if packed else content), packed


@cache
def _standard_input() -> bytes:
    """Read what was piped in, once: a command reads its table several times."""
    return sys.stdin.buffer.read()


def _bytes(path: Place) -> bytes:
    try:
        if isinstance(path, Url):
            return path.read(lambda n_bytes: check_memory(str(path), n_bytes))
        check_size(path)
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(Message("unreadable.missing", {"path": str(path), "near": _near(path)})) from None
    except PermissionError:
        raise DataError(Message("unreadable.forbidden", {"path": str(path)})) from None
    except OSError as error:
        raise DataError(
            Message("unreadable.failed", {"path": str(path), "text": error.strerror or str(error)})
        ) from None


def _near(path: Place) -> Message:
    """Suggest the nearest name in the folder."""
    if isinstance(path, Url):
        return Message("unreadable.check_path")
    if not path.parent.is_dir():
        return Message("unreadable.no_folder", {"folder": str(path.parent)})
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    near = list(map(repr, difflib.get_close_matches(path.name, names, n=2, cutoff=0.5)))
    if not near:
        return Message("unreadable.check_path")
    either = Message("unreadable.either", {"first": near[0], "second": near[-1]})
    return Message("unreadable.near", {"names": either if len(near) > 1 else near[0]})


def _parquet(path: Place, content: bytes) -> "pd.DataFrame":
    try:
        import pyarrow
    except ImportError:
        raise DataError(Message("unreadable.parquet", {"path": str(path)})) from None
    try:
        return _parquet_frame(path, content)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, *MISREAD):
        raise DataError(
            f"{str(path)!r} is damaged or no Parquet file, and a whole one was expected. Write it again."
        ) from None


def _parquet_frame(path: Place, content: bytes) -> "pd.DataFrame":
    import pandas as pd
    from pyarrow import parquet

    about = parquet.ParquetFile(io.BytesIO(content)).metadata
    check_parquet_size(path, about.num_rows, about.num_columns)
    try:
        return pd.read_parquet(io.BytesIO(content), engine="pyarrow")
    except MISREAD:
        # what pandas has written of its columns there may be wrong where the columns themselves are not
        frame: pd.DataFrame = parquet.read_table(io.BytesIO(content)).replace_schema_metadata(None).to_pandas()
        return frame


def _spreadsheet(path: Place, content: bytes, reading: Reading, id_cols: tuple[str, ...]) -> Loaded:
    """Read one sheet as text: titles, units and totals stand in spreadsheets as they do in text files."""
    try:
        import python_calamine as calamine
    except ImportError:
        raise DataError(Message("unreadable.excel", {"path": str(path)})) from None
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = list(book.sheet_names)
        name, note = _sheet(path, names, reading.sheet, lambda one: bool(book.get_sheet_by_name(one).to_python()))
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except calamine.PasswordError:
        raise DataError(
            f"{str(path)!r} is protected by a password, and an open file was expected. Save it without the password."
        ) from None
    except calamine.CalamineError:
        raise DataError(
            f"{str(path)!r} is a damaged spreadsheet, or none, and a whole one was expected. Save the sheet as CSV."
        ) from None
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    try:
        text = read_text(Decoded(stream.getvalue(), ""), path.name, id_cols, reading.skip_rows)
    except DataError as error:
        if not note:
            raise
        others = [repr(other) for other in names if other != name][:5]
        raise DataError(Message("unreadable.sheet", {"name": name, "why": reason(error), "others": others})) from None
    return Loaded(_source(text, "row"), "spreadsheet", None, (*note, *text.notes))


def _sheet(
    path: Place, names: list[str], wanted: str | None, is_filled: Callable[[str], bool]
) -> tuple[str, list[Message]]:
    """Return the name of the sheet to read, and a note where others hold something, too."""
    if wanted is None:
        filled = [name for name in names if is_filled(name)]
        if not filled:
            raise DataError(
                f"{str(path)!r} has no sheet that holds anything, and a table was expected. Check the file."
            )
        others = Message("left_out.sheets", {"names": list(map(repr, filled[1:6])), "name": filled[0]})
        return filled[0], [others] if len(filled) > 1 else []
    if wanted in names:
        return wanted, []
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1], []
    raise ConfigError(
        f"`sheet={wanted!r}` is no sheet of {str(path)!r}, which has {', '.join(map(repr, names[:8]))}. "
        f"Use `sheet={names[0]!r}`, or a number from 1 to {len(names)}."
    )


def _cell(value: object) -> str:
    """Write the cell of a spreadsheet as text; whole numbers without a point."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return " ".join(str(value).splitlines())


def _json(path: Place, decoded: Decoded) -> Loaded:
    """Read JSON lines, a list of objects, or an object of columns."""
    try:
        lines = [(number, line) for number, line in enumerate(decoded.text.splitlines(), start=1) if line.strip()]
        if len(lines) > 1 and lines[0][1].strip().startswith("{") and lines[0][1].strip().endswith("}"):
            rows, numbers = [json.loads(line) for _, line in lines], [number for number, _ in lines]
        else:
            rows, numbers = json.loads(decoded.text), []
        if isinstance(rows, dict) and not any(isinstance(cell, list | dict) for cell in rows.values()):
            rows = [rows]
        frame = _json_frame(rows)
    except (ValueError, TypeError, RecursionError, AttributeError) as error:
        raise DataError(
            f"{path.name!r} is no table in JSON "
            f"({str(error).splitlines()[0][:80] if str(error) else 'nested too deep'}), "
            'and lines like {"ds": "2024-01-31", "y": 5} were expected. Check how it was made.'
        ) from None
    nested = next(
        (str(name) for name in frame if frame[name].map(lambda cell: isinstance(cell, dict | list)).any()), None
    )
    if nested is not None or frame.empty:
        raise DataError(
            f"{path.name!r} holds {'nothing' if nested is None else f'objects or lists in {nested!r}'}, and a plain "
            "value in "
            "each cell was expected. Write one flat object for each time and series."
        )
    frame.columns = frame.columns.map(str)
    source = Source(frame, is_file=True)
    if not numbers:
        return Loaded(source, "JSON")
    return Loaded(replace(source, where=lambda row: Message("place.line", {"n": numbers[row]})), "JSON lines")


def _json_frame(rows: Any) -> "pd.DataFrame":
    """Make a table of what JSON holds: objects, columns (also of numbered rows, as pandas writes them), or pairs."""
    import pandas as pd

    if isinstance(rows, list) and rows and all(isinstance(row, list) and len(row) == 2 for row in rows):
        return pd.DataFrame(rows, columns=["ds", "y"])
    if isinstance(rows, dict) and all(isinstance(column, dict) for column in rows.values()):
        numbered = all(key.isdecimal() for column in rows.values() for key in column)
        return pd.DataFrame(rows).reset_index(drop=True) if numbered else pd.DataFrame([rows])
    return pd.DataFrame(rows)


def _without_codes(frame: "pd.DataFrame", codes: tuple[str, ...]) -> "pd.DataFrame":
    """Empty the cells that say that a value is missing."""
    import pandas as pd

    texts = {code.strip().lower() for code in codes}
    numbers = plain_numbers(pd.Series([*codes])).dropna().to_numpy()
    columns = {}
    for name, column in frame.items():
        if column.dtype.kind in "iuf":
            is_code = np.isin(column.to_numpy(), numbers)
            columns[name] = column.astype(np.float64).mask(is_code) if is_code.any() else column
        else:
            is_code = column.astype(str).str.strip().str.lower().isin(texts).to_numpy()
            columns[name] = column.where(~is_code, "") if may_hold_texts(column) and is_code.any() else column
    return pd.DataFrame(columns)
