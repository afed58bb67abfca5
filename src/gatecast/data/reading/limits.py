"""Is a file too much for this computer, or made to be? Found out before memory is taken for it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from gzip import GzipFile
from pathlib import Path

import numpy as np

from gatecast._machine import available_memory
from gatecast._places import Place
from gatecast.exceptions import DataError

__all__ = ["check_archive", "check_lines", "check_memory", "check_parquet_size", "check_size", "unzipped"]

MEGABYTE = 1 << 20
# a table takes about so many times the memory of its text
TIMES_TEXT = 8
# what is packed may become so many times as long, and this long in any case: tables seldom become 20 times as long
MOST_RATIO, FREE_BYTES = 100, 64 * MEGABYTE
# bytes of a line and of a cell, cells of a line
MOST_LINE, MOST_CELL, MOST_CELLS = 16 * MEGABYTE, MEGABYTE, 100_000
# bytes that a value of a Parquet file takes when it is read, at most but for long texts
VALUE_BYTES = 16
# copies of each value while a Parquet file is read, and bytes that a row takes beside them where its time and series
# are found: 4 million rows of two columns take 125 bytes each
COPIES, ROW_BYTES = 2, 64
DELIMITERS = b",;\t|"
# the area of a spreadsheet has so many times as many places as cells
MOST_EMPTY = 100


def check_size(path: Path) -> None:
    """Refuse devices and pipes, which may never end, and files that are larger than the memory; DataError, OSError."""
    if path.exists() and not path.is_file():
        raise DataError(
            f"{str(path)!r} is a device or a pipe, and a file was expected. Write what it gives to a file first: "
            f"`cat {path} > table.csv`."
        )
    check_memory(str(path), path.stat().st_size)


def unzipped(path: Place, content: bytes) -> bytes:
    """Unpack gzip; DataError where it is damaged or becomes suspiciously long."""
    most = max(FREE_BYTES, MOST_RATIO * len(content))
    parts, n_bytes = [], 0
    try:
        with GzipFile(fileobj=io.BytesIO(content)) as stream:
            while part := stream.read(4 * MEGABYTE):
                n_bytes += len(part)
                _check_expansion(str(path), len(content), n_bytes, most)
                parts.append(part)
    except (OSError, EOFError, zlib.error):
        raise DataError(
            f"{str(path)!r} is damaged or no gzip file, and a whole one was expected. Copy it again."
        ) from None
    check_memory(str(path), n_bytes)
    return b"".join(parts)


def check_archive(path: Place, content: bytes) -> None:
    """Refuse a zip archive, such as a spreadsheet, whose parts become suspiciously long; DataError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
            _check_expansion(str(path), len(content), n_bytes, max(FREE_BYTES, MOST_RATIO * len(content)))
            check_memory(str(path), n_bytes)
            for name in (one for one in archive.namelist() if re.match(r"xl/worksheets/[^/]+\.xml", one)):
                _check_area(path, archive.read(name))
    except DataError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, zlib.error, NotImplementedError, RuntimeError):
        raise DataError(f"{str(path)!r} is damaged, and a whole file was expected. Copy or save it again.") from None


def _check_area(path: Place, sheet: bytes) -> None:
    """Refuse a sheet with a few cells far from the others: all that lies between them takes memory, too."""
    n_cells = sheet.count(b"<c ")
    rows = [int(row) for row in re.findall(rb'<row [^>]*?\br="(\d{1,7})"', sheet)]
    columns = {_column(letters) for letters in set(re.findall(rb'<c [^>]*?\br="([A-Z]{1,3})\d', sheet))}
    area = max(rows, default=0) * max(columns, default=0)
    if area > MOST_EMPTY * n_cells and area * VALUE_BYTES > MEGABYTE * 64:
        raise DataError(
            f"{str(path)!r} has {n_cells:,} cells on an area of {max(rows):,} rows and {max(columns):,} columns, and a "
            "table without far cells was expected. Delete what stands far beside or below it, or save it as CSV."
        )


def _column(letters: bytes) -> int:
    """Return the number of a column of a spreadsheet: 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def check_parquet_size(path: Place, n_rows: int, n_columns: int) -> None:
    """Refuse a Parquet file that says that it holds more rows and values than there is memory for; DataError."""
    n_bytes = n_rows * (n_columns * COPIES * VALUE_BYTES + ROW_BYTES)
    free = available_memory()
    if n_bytes > free:
        raise DataError(
            f"{str(path)!r} holds {n_rows:,} rows of {n_columns:,} columns, which take about "
            f"{n_bytes / MEGABYTE:,.0f} MB, and {free / MEGABYTE:,.0f} MB of memory are free. Pass fewer rows or "
            "columns."
        )


def check_lines(path: Place, content: bytes) -> None:
    """Refuse a text with lines, cells or numbers of cells that no table has; DataError."""
    if not _has_long_line(content):
        return
    codes = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero((codes == ord("\n")) | (codes == ord("\r")))
    edges = np.concatenate([[-1], ends, [len(codes)]])
    lengths = np.diff(edges) - 1
    # a line is as long as its cells at least
    for n in np.flatnonzero(lengths > MOST_CELLS):
        line = codes[edges[n] + 1 : edges[n + 1]]
        at = np.flatnonzero(np.isin(line, list(DELIMITERS)))
        longest = int(np.diff(np.concatenate([[-1], at, [len(line)]])).max()) - 1
        _check_most(path, int(n) + 1, len(line), MOST_LINE, "bytes")
        _check_most(path, int(n) + 1, len(at) + 1, MOST_CELLS, "cells")
        _check_most(path, int(n) + 1, longest, MOST_CELL, "bytes in one cell")


def _has_long_line(content: bytes) -> bool:
    """Tell whether a line may have more bytes than a table has cells, by as few places as tell that."""
    begin = 0
    while len(content) - begin > MOST_CELLS:
        end = max(content.rfind(mark, begin, begin + MOST_CELLS + 1) for mark in (b"\n", b"\r"))
        if end < 0:
            return True
        begin = end + 1
    return False


def _check_most(path: Place, line: int, number: int, most: int, what: str) -> None:
    if number > most:
        raise DataError(
            f"Line {line} of {str(path)!r} has {number:,} {what}, and at most {most:,} were expected. Check that it is "
            "a table with a time and a value in each line."
        )


def _check_expansion(name: str, n_packed: int, n_bytes: int, most: int) -> None:
    if n_bytes > most:
        raise DataError(
            f"{name!r} has {n_packed / MEGABYTE:,.1f} MB and unpacks to more than {most / MEGABYTE:,.0f} MB, and at "
            f"most {MOST_RATIO} times as much was expected of a table. Unpack it and pass the file inside."
        )


def check_memory(name: str, n_bytes: int) -> None:
    """Refuse a file of so many bytes where the memory has no room for its table; DataError."""
    free = available_memory()
    if n_bytes * TIMES_TEXT > free:
        raise DataError(
            f"{name!r} has {n_bytes / MEGABYTE:,.0f} MB, which takes about {n_bytes * TIMES_TEXT / MEGABYTE:,.0f} MB "
            f"to read, and {free / MEGABYTE:,.0f} MB of memory are free. Pass fewer rows or columns, or a Parquet file."
        )
