"""What is in this file? Reads CSV as people have it, and Parquet, and says what was understood."""

import difflib
import io
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Columns, Panel, Roles
from gatecast.data.reading.covariates import Names, check_roles, make_roles
from gatecast.data.reading.decoding import check_encoding, decode
from gatecast.data.reading.find import Wanted
from gatecast.data.reading.frames import Source, as_source
from gatecast.data.reading.limits import check_lines, check_parquet_size, check_size, unzipped
from gatecast.data.reading.table import Layout, lay_out, wanted_like
from gatecast.data.reading.text import TextTable, read_text
from gatecast.data.reading.times import time_text
from gatecast.exceptions import DataError

__all__ = ["Table", "first_gap", "read_source", "read_table"]

GZIP, PARQUET, ZIP, OLE = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# raised for metadata of Parquet files that are broken
MISREAD = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")


@dataclass(frozen=True)
class Table:
    """A file that was read, and what was understood of it."""

    panel: Panel
    path: Path
    format: str  # "CSV", "TSV" or "Parquet", with ", gzip" behind it
    delimiter: str | None  # between the cells; None for Parquet and for a single column
    encoding: str | None  # e.g. "UTF-8"; None for Parquet
    is_encoding_guessed: bool  # from the characters, as bytes of several encodings may look alike
    has_header: bool  # whether the columns have names
    date_format: str  # how times are written, as strptime or in words
    date_order: str  # "day first" or "month first" where that had to be found out, else ""
    number_format: str  # how 1234.5 is written in the target
    time_col: str | None  # several names joined by " + "; None if the order of the rows counts
    target_col: str
    id_col: str | None
    ignored: tuple[str, ...]  # the other columns
    n_rows: int  # also those without a value
    n_series: int
    freq: str | int  # pandas alias, or an integer step
    n_gaps: int  # points without a value: the time or its value is missing
    first_gap: str | None  # the first of them, with its series if there are several
    is_sorted: bool  # whether the rows of each series came in the order of time
    start: str  # first time
    end: str  # last time

    def facts(self) -> JsonObject:
        """Return everything but the panel, ready for JSON."""
        facts = asdict(replace(self, panel=None))  # type: ignore[arg-type]
        del facts["panel"]
        return {**facts, "path": str(self.path), "ignored": list(self.ignored)}


def read_table(
    path: str | Path,
    *,
    time_col: str | None = None,
    target_col: str | None = None,
    id_col: str | None = None,
    freq: str | int | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
    like: Columns | None = None,
    past: Names = (),
    future: Names = (),
    static: Names = (),
) -> Table:
    """Read a CSV, TSV or Parquet file, also gzipped, and find out what is in it.

    Arguments that `to_panel` has mean the same here. `date_format` says how the dates are written, as strptime, e.g.
    "%d/%m/%Y", and `encoding` how the text is, e.g. "cp1252", where they are not to be detected.
    """
    path = Path(path)
    roles = make_roles(past, future, static)
    source, text, packed = _read(path, id_col, date_format, encoding)
    wanted = wanted_like(Wanted(id_col, time_col, target_col, roles.names), like, source)
    roles = check_roles(roles, wanted, source, is_like_training=like is not None)
    layout = lay_out(source, wanted, freq)
    return _table(path, text, layout, roles, packed)


def read_source(
    path: str | Path, *, id_col: str | None = None, date_format: str | None = None, encoding: str | None = None
) -> Source:
    """Read the columns of a file without asking what they are; the arguments are those of `read_table`."""
    return _read(Path(path), id_col, date_format, encoding)[0]


def _read(
    path: Path, id_col: str | None, date_format: str | None, encoding: str | None
) -> tuple[Source, TextTable | None, str]:
    """Return the columns, the text they came from, and ", gzip" if it was packed."""
    if encoding is not None:
        check_encoding(encoding)
    content, is_packed = _content(path)
    packed = ", gzip" if is_packed else ""
    if content.startswith(PARQUET) or path.suffix.lower() in (".parquet", ".pq"):
        source = replace(as_source(_parquet(path, content)), backend="pandas", is_file=True, date_format=date_format)
        return source, None, packed
    check_lines(path, content)
    text = read_text(decode(content, path.name, encoding), path.name, id_col)
    source = Source(
        text.frame,
        where=lambda row: f"line {text.line(row)}",
        is_file=True,
        has_header=text.has_header,
        prefer_comma=text.delimiter == ";",
        date_format=date_format,
    )
    return source, text, packed


def _content(path: Path) -> tuple[bytes, bool]:
    """Return the bytes of a file, unpacked, and whether they were packed."""
    if path.is_dir():
        raise DataError(f"{str(path)!r} is a folder, and a file was expected. Pass one file inside it.")
    try:
        check_size(path)
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"The file {str(path)!r} does not exist, and a table was expected there.{_near(path)}"
        ) from None
    except PermissionError:
        raise DataError(
            f"The file {str(path)!r} may not be read, and a readable one was expected. Change its permissions."
        ) from None
    except OSError as error:
        raise DataError(
            f"The file {str(path)!r} cannot be read ({error.strerror}), and a table was expected. Check the path."
        ) from None
    if content.startswith((OLE, ZIP)) or path.suffix.lower() in SPREADSHEETS:
        _raise_packed(path, content)
    if not content.strip():
        raise DataError(
            f"The file {str(path)!r} is empty, and a table with a time and a value in each line was "
            "expected. Check how it was made."
        )
    packed = content.startswith(GZIP) or path.suffix.lower() == ".gz"
    return (unzipped(path, content) if packed else content), packed


def _raise_packed(path: Path, content: bytes) -> None:
    spreadsheet = path.suffix.lower() in SPREADSHEETS or b"xl/" in content or content.startswith(OLE)
    if spreadsheet:
        raise DataError(f"{str(path)!r} is a spreadsheet, and CSV or Parquet was expected. Save the sheet as CSV.")
    raise DataError(
        f"{str(path)!r} is a zip archive, and CSV or Parquet was expected. Unpack it and pass the file inside."
    )


def _near(path: Path) -> str:
    """Suggest the nearest name in the folder."""
    if not path.parent.is_dir():
        return f" The folder {str(path.parent)!r} does not exist either."
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    near = difflib.get_close_matches(path.name, names, n=2, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else " Check the path."


def _parquet(path: Path, content: bytes) -> pd.DataFrame:
    try:
        import pyarrow
    except ImportError:
        raise DataError(
            f"{str(path)!r} is a Parquet file, and reading one needs pyarrow, which is not installed. "
            "Run `pip install 'gatecast[parquet]'`, or save it as CSV."
        ) from None
    try:
        return _parquet_frame(path, content)
    except DataError:
        raise
    except (pyarrow.ArrowException, OSError, *MISREAD):
        raise DataError(
            f"{str(path)!r} is damaged or no Parquet file, and a whole one was expected. Write it again."
        ) from None


def _parquet_frame(path: Path, content: bytes) -> pd.DataFrame:
    from pyarrow import parquet

    about = parquet.ParquetFile(io.BytesIO(content)).metadata
    check_parquet_size(path, about.num_rows, about.num_columns)
    try:
        return pd.read_parquet(io.BytesIO(content), engine="pyarrow")
    except MISREAD:
        # what pandas has written of its columns there may be wrong where the columns themselves are not
        frame: pd.DataFrame = parquet.read_table(io.BytesIO(content)).replace_schema_metadata(None).to_pandas()
        return frame


def _table(path: Path, text: TextTable | None, layout: Layout, roles: Roles, packed: str) -> Table:
    numbers = layout.read_values()
    found, panel = layout.found, layout.panel(numbers.floats, roles)
    used = {*found.times, found.target, found.id, *roles.names}
    kind = "Parquet" if text is None else "TSV" if text.delimiter == "\t" else "CSV"
    last = panel.grid.times(panel.starts, panel.lengths - 1)
    return Table(
        panel=panel,
        path=path,
        format=kind + packed,
        delimiter=None if text is None else text.delimiter,
        encoding=None if text is None else text.decoded.encoding,
        is_encoding_guessed=text is not None and text.decoded.is_guess,
        has_header=text is None or text.has_header,
        date_format=layout.times.layout,
        date_order=layout.times.order,
        number_format=numbers.convention,
        time_col=" + ".join(found.times) or None,
        target_col=found.target,
        id_col=found.id,
        ignored=tuple(str(name) for name in layout.source.frame.columns if name not in used),
        n_rows=len(numbers.floats),
        n_series=panel.n_series,
        freq=panel.freq,
        n_gaps=panel.n_gaps,
        first_gap=first_gap(panel),
        is_sorted=layout.is_sorted,
        start=time_text(panel.starts.min()),
        end=time_text(last.max()),
    )


def first_gap(panel: Panel) -> str | None:
    """Return the first time without a value, with its series if there are several; None without gaps."""
    if not panel.n_gaps:
        return None
    place = int(np.argmax(np.isnan(panel.values)))
    series = int(np.searchsorted(panel.offsets, place, side="right")) - 1
    time = panel.grid.times(panel.starts[series : series + 1], np.array([place - panel.offsets[series]]))[0]
    return time_text(time) + (f" in series {panel.ids[series]!r}" if panel.n_series > 1 else "")
