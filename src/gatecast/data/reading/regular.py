"""Is a text file so regular that a fast reader sees in it what ours does? Lines of as many cells, without quotes.

Most large files are: then pyarrow, where it is installed, or pandas' reader takes the bytes as they are, and no line
becomes a Python object. Whatever is not certain here goes to `text.py`, whose tables these are, cell by cell.
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._machine import n_processors, wanted_threads
from gatecast.data.panel.arrays import Array

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Regular", "exact_numbers", "plain_reading", "read_columns"]

UTF_8_MARK = b"\xef\xbb\xbf"
# quotes, comments and other ends of lines
IRREGULAR = (b'"', b"#", b"\r", b"\0")
# what stands below a table at times, and is stripped off it
TRAILING = b"\r\n\t ,;|"
BLOCK = 1 << 22
# lines at the begin whose cells say which columns hold numbers
N_SAMPLE = 1000
# below so many bytes pandas is as fast as pyarrow, whose import takes longer than that
SMALL = 1 << 20


def exact_numbers() -> dict[str, Any]:
    """Return the argument with which pandas reads floats exactly; newer versions always do, and warn about it."""
    import pandas as pd

    return {"float_precision": "round_trip"} if int(pd.__version__.split(".")[0]) < 3 else {}


def plain_reading() -> dict[str, Any]:
    """Return the arguments with which pandas reads cells exactly and takes no text for a missing value."""
    return {"header": None, "na_filter": False, "skipinitialspace": True, "low_memory": False, **exact_numbers()}


@dataclass(frozen=True)
class Regular:
    """The bytes of a text, in which no cell stands in quotes and no line is a comment or blank."""

    content: bytes  # UTF-8 without a mark, lines ended by \n, which the last one may lack
    encoding: str  # as people call it

    @property
    def end(self) -> int:
        """Where the last line ends."""
        return len(self.content) - self.content.endswith(b"\n")

    @classmethod
    def of(cls, content: bytes) -> "Regular | None":
        """Return the bytes of a file as such a text; None where they are none."""
        encoding = "UTF-8"
        if content.startswith(UTF_8_MARK):
            content, encoding = content[len(UTF_8_MARK) :], "UTF-8 with BOM"
        # the end of the last line need not be copied away
        is_clean = content[-1:] == b"\n" and content[-2:-1] not in (b"", *(bytes([mark]) for mark in TRAILING))
        content = content if is_clean else content.rstrip(TRAILING)
        content = content.replace(b"\r\n", b"\n") if b"\r" in content else content
        if not content or any(mark in content for mark in IRREGULAR) or not _is_utf_8(content):
            return None
        return cls(content, encoding)

    def head(self, n_lines: int) -> str:
        """Return the first lines."""
        end = -1
        for _ in range(n_lines):
            end = self.content.find(b"\n", end + 1)
            if end < 0:
                return self.content.decode()
        return self.content[: end + 1].decode()

    def last(self, n_lines: int, delimiter: str) -> list[list[str]]:
        """Return the cells of the last lines."""
        end, lines = self.end, []
        for _ in range(n_lines):
            begin = self.content.rfind(b"\n", 0, end) + 1
            lines.append(self.content[begin:end].decode())
            end = begin - 1
            if begin == 0:
                break
        return [line.split(delimiter) for line in reversed(lines)]

    def n_lines(self, delimiter: str, width: int) -> int:
        """Count the lines; 0 unless every one has so many cells, more than one, none of which begins with a space.

        The first cell of a line may be empty in the first one alone, where a name lacks.
        """
        blank = np.zeros(256, bool)
        blank[[ord(mark) for mark in " \t\n\v\f,;|"]] = True
        begin, mark, n_lines = 0, ord(delimiter), 0
        while begin < self.end:
            end = self._end_of_block(begin)
            codes = np.frombuffer(self.content, np.uint8, end - begin, begin)
            n = _equal_lines(codes, mark, width, blank, is_first=begin == 0)
            if not n:
                return 0
            n_lines += n
            begin = end + 1
        return n_lines

    def _end_of_block(self, begin: int) -> int:
        """Return where the last line of a block ends, before the mark of its end."""
        if self.end - begin <= BLOCK:
            return self.end
        end = self.content.rfind(b"\n", begin, begin + BLOCK)
        end = end if end >= 0 else self.content.find(b"\n", begin)
        return end if end >= 0 else self.end


def _is_utf_8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    # other spaces and ends of lines, which Python strips and pandas does not
    return not any(mark in text for mark in "\ufeff\x85\u2028\u2029")


def _equal_lines(codes: Array, mark: int, width: int, blank: Array, *, is_first: bool) -> int:
    """Count the lines of a block, which begins and ends with a line; 0 unless each has so many cells."""
    newline = ord("\n")
    ends = np.flatnonzero((codes == newline) | (codes == mark))
    # the block ends before the mark of its last line's end
    ended = np.append(codes[ends], newline)
    if not len(codes) or len(ended) % width or codes[-1] == newline:
        return 0
    by_line = ended.reshape(-1, width)
    if (by_line[:, -1] != newline).any() or (by_line[:, :-1] != mark).any():
        return 0
    firsts = codes[ends[width - 1 :: width] + 1]
    if blank[firsts].any() or (blank[codes[0]] and not (is_first and codes[0] == mark)):
        return 0
    # the last cell of the block may be empty
    behind = codes[(ends[:-1] if len(ends) and ends[-1] + 1 == len(codes) else ends) + 1]
    return 0 if ((behind == ord(" ")) | (behind == ord("\t"))).any() else len(by_line)


def read_columns(
    regular: Regular, delimiter: str, names: Sequence[str], ids: Sequence[str], *, has_header: bool
) -> "pd.DataFrame":
    """Read the columns: numbers where every cell is one, else texts, those of equal cells once.

    Columns of whole numbers among `ids` are texts where one has a zero in front, as 007 has.
    """
    import pandas as pd

    content, n_above = regular.content, int(has_header)
    how = {"sep": delimiter, "names": list(names), "skiprows": n_above, **plain_reading()}
    if len(content) >= SMALL:
        kinds = dict(pd.read_csv(io.StringIO(regular.head(N_SAMPLE)), **how).dtypes)
        # pyarrow takes hexadecimal numbers for numbers
        is_decimal = b"x" not in content or re.search(rb"0x", content) is None
        is_decimal = is_decimal and (b"X" not in content or re.search(rb"0X", content) is None)
        columns = _by_arrow(content, delimiter, kinds, ids, n_above) if is_decimal else None
        if columns is not None:
            return pd.DataFrame(columns, copy=False)
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), encoding="utf-8", **how)
    whole = [name for name in ids if frame[name].dtype.kind in "iu"]
    if whole:
        texts = pd.read_csv(io.BytesIO(content), encoding="utf-8", usecols=whole, dtype=str, **how)
        for name in whole:
            frame[name] = texts[name] if _have_zeros(texts[name].unique()) else frame[name]
    return frame


def _have_zeros(texts: Iterable[str]) -> bool:
    return any(re.match(r"0\d", text) for text in texts)


def _by_arrow(
    content: bytes, delimiter: str, kinds: dict[str, Any], ids: Sequence[str], n_above: int
) -> dict[str, Array] | None:
    """Read columns by pyarrow, whose types are those of the first lines; None where it is not there or sees others."""
    if not all(kind in (np.int64, np.float64) or kind.kind == "O" for kind in kinds.values()):
        return None
    try:
        import pyarrow
        from pyarrow import csv
    except ImportError:
        return None
    whole = [name for name in ids if kinds[name] == np.int64]
    # texts of which many are the same are kept once
    text = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    are_texts = {name for name, kind in kinds.items() if kind.kind == "O" or name in whole}
    types = {name: text if name in are_texts else pyarrow.from_numpy_dtype(kind) for name, kind in kinds.items()}
    try:
        table = csv.read_csv(
            pyarrow.BufferReader(content),
            csv.ReadOptions(
                column_names=list(kinds),
                skip_rows=n_above,
                block_size=BLOCK,
                use_threads=(wanted_threads() or n_processors()) > 1,
            ),
            csv.ParseOptions(delimiter=delimiter, quote_char=False),
            csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
            # others keep what they have freed
            memory_pool=pyarrow.system_memory_pool(),
        )
        columns = {name: _plain(table[name], pyarrow, are_whole=name in whole) for name in kinds}
    except (pyarrow.ArrowInvalid, ValueError):
        # a cell below is no such number
        return None
    is_finite = (column.dtype.kind != "f" or bool(np.isfinite(column).all()) for column in columns.values())
    return columns if all(is_finite) else None


def _plain(column: Any, pyarrow: Any, *, are_whole: bool) -> Array:
    """Return a column as NumPy has it; equal texts are one object, and ValueError where whole ones are none."""
    if not pyarrow.types.is_dictionary(column.type):
        numbers = np.asarray(column.to_numpy())
        # those of a single block are a view that nobody may write to
        return numbers if numbers.flags.writeable else numbers.copy()
    joined = column.unify_dictionaries().combine_chunks()
    joined = joined.chunk(0) if isinstance(joined, pyarrow.ChunkedArray) else joined
    cells = joined.dictionary.to_numpy(zero_copy_only=False)
    if are_whole and not _have_zeros(cells):
        cells = np.array([_whole(cell) for cell in cells], np.int64)
    return np.asarray(cells[joined.indices.to_numpy()])


def _whole(cell: str) -> int:
    if re.fullmatch(r"-?[0-9]{1,18}", cell) is None:
        raise ValueError(cell)
    return int(cell)
