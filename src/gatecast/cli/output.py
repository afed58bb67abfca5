"""How do results reach the terminal, a program or a file? Tables at 80 columns, one JSON object, complete files only.

Paths are checked before any work.
"""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from gatecast._files import write_atomically
from gatecast._json import plain
from gatecast._places import Place, Url
from gatecast.cli.language import language
from gatecast.cli.wording import text, told
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts import display_width
from gatecast.texts.lines import broken
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import Console

__all__ = ["DEBUG", "Printer", "check_outputs", "make_folder", "number", "rows_of", "try_picture", "write"]
__all__ += ["write_picture", "write_table"]

TABLES = (".csv", ".parquet", ".pq")
SHOWN_FONTS = 6
# the name of the variable of the environment under which mistakes are raised as they are
DEBUG = "GATECAST_DEBUG"
Files = Mapping[str, Place | None]
INPUTS = {
    "the data file": "output.data_file",
    "the future file": "output.future_file",
    "the model file": "output.model_file",
    "the first file": "output.first_file",
}
# how a text begins that a spreadsheet takes for a formula (OWASP, "CSV injection"), full-width signs too
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?")
# what moves the cursor, colours the terminal or turns the direction of what follows
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
KINDS = {"--out": TABLES, "--plot": (".png", ".svg", ".pdf", ".jpg", ".webp")}


class Printer:
    """Prints texts and tables for people, or nothing where a program is listening."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def say(self, said: object = "", style: str | None = None, *, wrap: bool = True) -> None:
        """Print a paragraph, a text or a message; one with a command to be copied is not wrapped."""
        if self._shown:
            shown, console = visible(told(said)), _console()
            console.print(_wrapped(shown, console.width) if wrap else shown, style=style, soft_wrap=not wrap)

    def file(self, key: str, path: Place | None, **facts: object) -> None:
        """Say where something was written, if it was, by a text of the catalogue."""
        if path is not None:
            self.say(text(key, path=path, **facts), wrap=False)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[str] = ()
    ) -> None:
        """Print a table: texts in the first column and in those named as `texts`, numbers in the others."""
        if not self._shown:
            return
        from rich import box
        from rich.table import Table

        # not as the table's own title, which would be wrapped to the width of the table
        self.say(title, style="bold")
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for n, column in enumerate(columns):
            table.add_column(visible(column, one_line=True), justify="right" if n and column not in texts else "left")
        for row in rows:
            table.add_row(*(visible(cell, one_line=True) for cell in row))
        _console().print(table)

    def facts(self, title: str, facts: dict[str, str]) -> None:
        """Print names with what they are."""
        if not self._shown:
            return
        from rich.table import Table

        self.say(title, style="bold")
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        console = _console()
        names = [visible(name, one_line=True) for name in facts]
        # between both columns there are two
        room = console.width - max(map(display_width, names), default=0) - 2
        for name, fact in zip(names, facts.values(), strict=True):
            table.add_row(name, _wrapped(visible(fact), room))
        console.print(table)
        self.say()

    def notes(self, notes: Iterable[object]) -> None:
        """Print what keeps a result from being what it seems to be."""
        for note in notes:
            self.say(text("screen.note", text=told(note)))

    def json(self, report: Mapping[str, object]) -> None:
        """Print one JSON object, whether people read along or not."""
        sys.stdout.write(json.dumps(plain(report), indent=2, allow_nan=False) + "\n")


def visible(said: str, *, one_line: bool = False) -> str:
    r"""Return a text whose control characters are written out, as names in data may hold any.

    Examples:
        >>> visible("shop \x1b[31m1")
        'shop \\x1b[31m1'
    """
    said = CONTROLS.sub(lambda found: repr(found[0])[1:-1], said)
    return said.replace("\n", "\\n").replace("\t", "\\t") if one_line else said


def _wrapped(said: str, room: int) -> str:
    """Break lines where the language of the screen does so by other rules than at spaces."""
    if language() != "zh":
        return said
    return "\n".join(part for line in said.split("\n") for part in _indented(line, room))


def _indented(line: str, room: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    return [indent + part for part in broken(line.lstrip(), room - len(indent))]


def number(value: float) -> str:
    """Write a number with four digits that count; a dash for NaN and infinity."""
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.4g}"
    digits = 4 if size < 1 else max(0, 3 - math.floor(math.log10(size)))
    return f"{value:,.{digits}f}"


def _console() -> Console:
    from rich.console import Console

    # names in the data may look like markup or emoji codes; they are neither
    return Console(markup=False, highlight=False, emoji=False)


def check_outputs(inputs: Files, outputs: Files, kinds: Mapping[str, tuple[str, ...]] = KINDS) -> None:
    """Make sure that every output can be written and that none replaces an input or another output.

    Inputs are named as messages call them, outputs by their options, which may tell the endings of their files.
    """
    wanted = {option: path for option, path in outputs.items() if path is not None}
    seen: dict[Place, str] = {}
    for option, path in wanted.items():
        for what, source in inputs.items():
            if source is not None and is_same(path, source):
                called = Message(INPUTS[what]) if what in INPUTS else what
                raise ConfigError(Message("output.same", {"option": option, "path": str(path), "what": called}))
        other = seen.setdefault(path if isinstance(path, Url) else path.resolve(), option)
        if other != option:
            raise ConfigError(Message("output.twice", {"other": other, "option": option, "path": str(path)}))
        _check_kind(option, path, kinds.get(option))
        _check_writable(option, path)


def make_folder(option: str, folder: Path) -> None:
    """Make a folder where there is none, and make sure that files can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(Message("output.no_folder", {"option": option, "path": str(folder)})) from None
    except OSError as error:
        facts = {"option": option, "path": str(folder), "why": _reason(error)}
        raise ConfigError(Message("output.not_made", facts)) from None
    _check_writable(option, folder / "picture.png")


def write(path: Place, content: bytes) -> None:
    """Write a file; where it cannot be written, an older one is untouched."""
    try:
        write_atomically(path, content)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        key = "output.no_room" if is_full else "output.not_written"
        raise GatecastError(Message(key, {"path": str(path), "why": _reason(error)})) from None


def write_table(frame: pd.DataFrame, path: Place | None, *, raw_cells: bool = False) -> None:
    """Write a table, where a path was asked for, as CSV (UTF-8) or Parquet.

    Texts of a CSV that a spreadsheet would take for a formula begin with an apostrophe, unless they are wanted raw.
    """
    if path is None:
        return
    stream = io.BytesIO()
    if path.suffix.lower() == ".csv":
        frame = frame if raw_cells else _without_formulas(frame)
        stream.write(frame.to_csv(index=False).encode("utf-8"))
    else:
        frame.to_parquet(stream, index=False)
    write(path, stream.getvalue())


def _without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    safe = frame.copy(deep=False)
    for n, (_, column) in enumerate(frame.items()):
        if not is_numeric(column):
            safe.isetitem(n, [as_text_cell(cell) for cell in column.tolist()])
    return safe.set_axis([as_text_cell(name) for name in frame.columns], axis=1)


def is_numeric(column: pd.Series) -> bool:
    """Tell whether a column holds numbers or times, none of which is a formula."""
    return column.dtype.kind in "iufbmM" or hasattr(column.dtype, "tz")


def as_text_cell(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before it says that it is a text.

    Examples:
        >>> as_text_cell("=1+1"), as_text_cell("@shop"), as_text_cell("-12.5"), as_text_cell("shop 1")
        ("'=1+1", "'@shop", '-12.5', 'shop 1')
    """
    if not isinstance(value, str) or not value.startswith(FORMULA) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def write_picture(figure: Figure, path: Place, dpi: int = 150) -> Message | None:
    """Draw a picture, of the kind that its name says, and return a remark about letters that could not be drawn."""
    from gatecast.charts import render
    from gatecast.charts.fonts import CJK_FONTS

    content, missing = render(figure, path.suffix.lower().removeprefix("."), dpi)
    write(path, content)
    looked_for = Message("words.more", {"shown": CJK_FONTS[:SHOWN_FONTS], "n": len(CJK_FONTS) - SHOWN_FONTS})
    facts = {"path": str(path), "letters": missing[:10], "fonts": looked_for}
    return Message("written.boxes", facts) if missing else None


def try_picture(draw: Callable[[], Figure], path: Place, ids: Sequence[object]) -> tuple[bool, list[Message]]:
    """Draw a picture, of the first of some series, of what is done and kept: one that fails costs nothing else.

    Returns:
        Whether it was drawn, and remarks.
    """
    first = Message("written.first_of", {"path": str(path), "n": len(ids), "name": ids[0]}) if len(ids) > 1 else None
    try:
        return True, list(filter(None, [first, write_picture(draw(), path)]))
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        facts = {"path": str(path), "kind": type(error).__name__, "text": str(error)}
        return False, [Message("written.not_drawn", facts)]


def is_same(path: Place, other: Place) -> bool:
    """Tell whether two paths lead to the same file, which need not be there yet."""
    if isinstance(path, Url) or isinstance(other, Url):
        return path == other
    try:
        return path.samefile(other)
    except OSError:
        return path.resolve() == other.resolve()


def _check_kind(option: str, path: Place, known: tuple[str, ...] | None) -> None:
    suffix = path.suffix.lower()
    if known is not None and suffix not in known:
        better = str(path.with_suffix(known[0]) if path.name else f"forecast{known[0]}")
        facts = {"option": option, "path": str(path), "first": list(known[:-1]), "last": known[-1], "better": better}
        raise ConfigError(Message("output.ending", facts))
    if option == "--plot":
        from gatecast.charts.matplotlib_backend import check_matplotlib

        check_matplotlib()
    if known != TABLES or suffix == ".csv":
        return
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise GatecastError(Message("output.parquet")) from None


def _check_writable(option: str, path: Place) -> None:
    if isinstance(path, Url):
        # what is there tells only when something is written
        path.check()
        return
    facts: dict[str, object] = {"option": option, "path": str(path)}
    if path.is_dir():
        raise ConfigError(Message("output.is_folder", facts))
    if path.exists() and not path.is_file():
        raise ConfigError(Message("output.is_device", facts))
    folder = path.resolve().parent
    if not folder.is_dir():
        facts |= {"folder": str(folder), "command": f"mkdir -p {quote(str(folder))}"}
        raise ConfigError(Message("output.folder_missing", facts))
    try:
        # the only sure way to know: permissions say little to root, on network drives and on read-only disks
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ConfigError(Message("output.forbidden", {**facts, "why": _reason(error)})) from None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def rows_of(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table for JSON; times as ISO texts."""
    import pandas as pd

    texts = {
        str(name): [time.isoformat() for time in column]
        for name, column in frame.items()
        if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M"
    }
    return [{str(name): cell for name, cell in row.items()} for row in frame.assign(**texts).to_dict(orient="records")]
