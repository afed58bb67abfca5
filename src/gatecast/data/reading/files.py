"""What is in this file? Reads tables of all kinds as people have them, and says what was understood."""

import os
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gatecast._json import JsonObject
from gatecast._places import Place, to_place
from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Columns, Panel, Roles
from gatecast.data.reading.covariates import Names, check_roles, make_roles
from gatecast.data.reading.find import Wanted
from gatecast.data.reading.formats import Loaded, Reading, load
from gatecast.data.reading.frames import Source
from gatecast.data.reading.numbers import MISSING, UNREAD
from gatecast.data.reading.shapes import Name, apart, arrange, one_name
from gatecast.data.reading.table import Layout, lay_out, wanted_like, with_sums
from gatecast.data.reading.times import time_text
from gatecast.data.reading.weights import weight_name
from gatecast.texts.message import Message

__all__ = ["Reading", "Table", "first_gap", "gap_message", "read_source", "read_table"]

# numbers that often say that a value is missing
SENTINELS = (-99.0, -999.0, -9999.0, -99999.0, -999.9, -99.9, 999.0, 9999.0, 99999.0, 999.9, 9999.9)


@dataclass(frozen=True)
class Table:
    """A file that was read, and what was understood of it."""

    panel: Panel
    path: Place
    format: str  # "CSV", "TSV", "Parquet", "spreadsheet", "JSON" or "JSON lines", perhaps with ", gzip" behind it
    delimiter: str | None  # between the cells of a text; None for a single column
    encoding: str | None  # of a text, e.g. "UTF-8"
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
    remarks: tuple[Message, ...]  # what of the file was left out, merged or taken as missing

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks in English."""
        return tuple(map(str, self.remarks))

    def facts(self) -> JsonObject:
        """Return everything but the panel, ready for JSON."""
        facts = asdict(replace(self, panel=None, remarks=()))  # type: ignore[arg-type]
        del facts["panel"], facts["remarks"]
        return {**facts, "path": str(self.path), "ignored": list(self.ignored), "notes": list(self.notes)}


def read_table(
    path: str | os.PathLike[str],
    *,
    time_col: str | None = None,
    target_col: Name = None,
    id_col: Name = None,
    freq: str | int | None = None,
    like: Panel | None = None,
    past: Names = (),
    future: Names = (),
    static: Names = (),
    content: bytes | None = None,
    weight_col: str | None = None,
    **how: Any,
) -> Table:
    """Read a file and find out what is in it: text like CSV, Parquet, a spreadsheet or JSON, also gzipped.

    The path `-` is the standard input, and a URL is opened by fsspec. With its `content` given, the path is a name, and
    nothing is opened. Arguments that `to_panel` has mean the same here; all others are fields of `Reading`, which say
    how the file is to be read where that is not to be found out.
    """
    place = to_place(path)
    reading = Reading(**how)
    roles = make_roles(past, future, static)
    loaded = load(place, reading, _may_be_ids(id_col), content)
    columns = None if like is None else like.columns
    known = () if like is None else like.ids.tolist()
    weight = weight_name(weight_col, loaded.source, columns)
    beside = roles.names if weight is None else (*roles.names, weight)
    source, id_name, target = arrange(
        loaded.source, id_col, target_col, time_col=time_col, like=columns, known=known, keep=beside
    )
    wanted = wanted_like(Wanted(id_name, time_col, target, beside), columns, source)
    roles = check_roles(roles, wanted, source, is_like_training=like is not None)
    layout = lay_out(source, wanted, freq, reading.duplicates, like)
    return _table(place, loaded, layout, (roles, weight), reading)


def read_source(
    path: str | os.PathLike[str],
    *,
    id_col: Name = None,
    like: Columns | None = None,
    content: bytes | None = None,
    **how: Any,
) -> Source:
    """Read the columns of a file without asking what they are; the arguments are those of `read_table`."""
    loaded = load(to_place(path), Reading(**how), _may_be_ids(id_col), content)
    there = set(map(str, loaded.source.frame.columns))
    ids = tuple(name for name in apart(one_name(id_col, "id_col"), there) if name in there)
    return arrange(loaded.source, ids, (), time_col="", like=like)[0]


def _may_be_ids(id_col: Name) -> tuple[str, ...]:
    """Return the names that were given for columns of ids, also those that commas part."""
    names = one_name(id_col, "id_col")
    return (*names, *(part.strip() for name in names if "," in name for part in name.split(",")))


def _table(path: Place, loaded: Loaded, layout: Layout, beside: tuple[Roles, str | None], reading: Reading) -> Table:
    text, (roles, weight) = loaded.text, beside
    rest, observed, empty = layout.observed()
    numbers = observed if empty is None else layout.read_values()
    found, panel = layout.found, with_sums(rest.panel(observed.floats, roles, weight))
    used = {*found.times, found.target, found.id, *roles.names, weight}
    last = panel.grid.times(panel.starts, panel.lengths - 1)
    return Table(
        panel=panel,
        path=path,
        format=loaded.kind,
        delimiter=None if text is None else text.delimiter,
        encoding=None if text is None else text.decoded.encoding,
        is_encoding_guessed=text is not None and text.decoded.is_guess,
        has_header=loaded.source.has_header,
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
        remarks=(
            *_left_out(loaded),
            *_merged(layout, reading),
            *(told for told in (layout.told, empty) if told is not None),
            *_codes(layout, numbers.floats),
            *_may_be_thousands(layout, loaded, numbers.floats),
        ),
    )


def _left_out(loaded: Loaded) -> list[Message]:
    return [Message("left_out.said", {"what": note}) for note in loaded.notes]


def _merged(layout: Layout, reading: Reading) -> list[Message]:
    facts = {"n": layout.n_merged, "how": reading.duplicates, "target": layout.found.target}
    return [Message("left_out.merged", facts)] if layout.n_merged else []


def _codes(layout: Layout, values: Floats) -> list[Message]:
    """Say which texts were taken as missing, and which numbers look as if they meant that."""
    column, target = layout.source.frame[layout.found.target], layout.found.target
    notes = []
    if column.dtype.kind not in "biufcM":
        cells = column.astype(str).str.strip().str.lower()
        counts = cells[cells.isin({*MISSING, *UNREAD} - {""})].value_counts()
        said = [Message("left_out.code", {"code": str(code), "n": int(n)}) for code, n in counts.head(5).items()]
        notes += [Message("left_out.codes", {"target": target, "codes": said})] if said else []
    for code in SENTINELS:
        is_code = values == code
        if not is_code.any():
            continue
        others = values[np.isfinite(values) & ~is_code]
        if len(others) <= 2:
            continue
        beside = others.min() - code if code < 0 else code - others.max()
        if beside > max(np.ptp(others), 1.0):
            facts = {"target": target, "code": code, "n": int(is_code.sum())}
            notes.append(Message("left_out.sentinel" if code < 0 else "left_out.sentinel_above", facts))
    return notes


def _may_be_thousands(layout: Layout, loaded: Loaded, values: Floats) -> list[Message]:
    """Say that 1.010 was read with decimals where dates and semicolons are as in German, where it is a thousand."""
    is_german = loaded.text is not None and loaded.text.delimiter == ";" and layout.times.layout.startswith("%d.%m")
    if not is_german or layout.source.decimal is not None:
        return []
    there = np.abs(values[np.isfinite(values)])
    if not len(there) or there.min() < 1 or there.max() >= 1000:
        return []
    thirds = there[np.round(there, 2) != there]
    if 2 * len(thirds) < len(there) or (np.round(there, 3) != there).any():
        return []
    return [Message("left_out.thousands", {"target": layout.found.target, "example": f"{thirds[0]:.3f}"})]


def first_gap(panel: Panel) -> str | None:
    """Return the first time without a value, with its series if there are several; None without gaps."""
    message = gap_message(panel)
    return None if message is None else str(message)


def gap_message(panel: Panel) -> Message | None:
    """Return what `first_gap` says, to be said in any language."""
    if not panel.n_gaps:
        return None
    place = int(np.argmax(np.isnan(panel.values)))
    series = int(np.searchsorted(panel.offsets, place, side="right")) - 1
    time = panel.grid.times(panel.starts[series : series + 1], np.array([place - panel.offsets[series]]))[0]
    facts = {"time": time_text(time), "name": repr(panel.ids.tolist()[series])}
    return Message("understood.gap_in" if panel.n_series > 1 else "understood.gap_at", facts)
