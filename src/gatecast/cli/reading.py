"""What did gatecast understand of a file, and what is known of the steps ahead? Found out before a fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster
from gatecast._json import JsonObject
from gatecast.cli.commands import FileOptions
from gatecast.cli.output import Printer
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.frequency import ORDER
from gatecast.data.panel.panel import Roles
from gatecast.data.reading.ahead import observed_lengths, without_future
from gatecast.data.reading.covariates import make_roles
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.settings import Settings
from gatecast.texts.frequency import frequency_words

if TYPE_CHECKING:
    from gatecast.data import Panel
    from gatecast.data.reading.files import Table
    from gatecast.model.fitted import Fitted

__all__ = [
    "TABLES",
    "Ahead",
    "ahead_of_model",
    "ahead_of_table",
    "check_model",
    "load_model",
    "read",
    "read_known",
    "read_like_training",
    "reading_of",
    "roles_of",
    "say_table",
]
# no model has such a name
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson")
# options that say how any file is read
COLUMNS = ("target_col", "id_col")
HOW = ("date_format", "timezone", "encoding", "decimal", "na", "skip_rows", "sheet", "duplicates")
NO_ROLES = Roles()


def roles_of(settings: Settings) -> Roles:
    """Return the columns beside the target, by what is known of them."""
    return make_roles(settings.past, settings.future, settings.static)


def reading_of(options: FileOptions) -> JsonObject:
    """Return the arguments of `read_table` that tell how a file is to be read."""
    names = ("time_col", "target_col", "id_col", *HOW)
    given = {name: getattr(options, name) for name in names if getattr(options, name) != getattr(FileOptions, name)}
    # one name is a text, as people write it in Python
    given = {name: value[0] if name in COLUMNS and len(value) == 1 else value for name, value in given.items()}
    if options.order_of_rows and options.freq is not None:
        raise ConfigError(
            f"`--freq {options.freq}` was passed with `--order-of-rows`, and one of them was expected. Leave one out."
        )
    freq = ORDER if options.order_of_rows else options.freq
    return given | {"freq": int(freq) if freq and freq.isdigit() else freq}


def read(path: Path, options: FileOptions, roles: Roles = NO_ROLES, like: Panel | None = None) -> Table:
    """Read a file with its covariates, which may be newer data than `like`."""
    from gatecast.data.reading.files import read_table

    known = {"past": roles.past, "future": roles.future, "static": roles.static}
    return read_table(path, like=like, **(reading_of(options) | known))


def read_known(printer: Printer, path: Path, options: FileOptions, settings: Settings) -> Table:
    """Read a file without its rows about the future, and say what was understood of it."""
    table, n_ahead = without_future(read(path, options, roles_of(settings)))
    say_table(printer, table, n_ahead)
    return table


def check_model(path: Path, command: str) -> None:
    """Refuse a table's path where a command expects a model."""
    if path.suffix.lower() in TABLES:
        raise ConfigError(
            f"`{path}` is a table, and a model was expected first. Fit one and pass it with the table: "
            f"`gatecast forecast {quote(str(path))} --horizon 12 --save model.safetensors`, then "
            f"`gatecast {command} model.safetensors {quote(str(path))}`."
        )


def load_model(path: Path, command: str) -> LSTMForecaster:
    """Load a model; a table in its place is told apart from a damaged file."""
    check_model(path, command)
    return LSTMForecaster.load(path)


def read_like_training(path: Path, options: FileOptions, fitted: Fitted) -> Table:
    """Read a file with the names, zone, frequency and ids of a model's training data."""
    return read(path, options, fitted.after.roles, fitted.after)


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps ahead, as `read_source` returns it, and what to say of rows without a target.

    The last `n_steps` steps of the data file have no target and were taken as the future.
    """

    rows: Frame = None
    n_steps: int = 0
    note: str = ""


def ahead_of_table(
    table: Table, names: tuple[str, ...], future_file: Path | None, options: FileOptions, horizon: int
) -> tuple[Table, Ahead]:
    """Find what is known ahead, in a file of its own or in the table's rows without a target, and take these away."""
    _check_needed(names, future_file)
    if not names:
        return table, Ahead(note=_note(table))
    known, n_steps = without_future(table)
    path = future_file or table.path
    if future_file is None and n_steps < horizon:
        there = f"rows without a target for {n_steps} step{'s' if n_steps > 1 else ''}" if n_steps else "none"
        less = f", or `--horizon {n_steps}`" if n_steps else ""
        raise DataError(
            f"{_listed(names)} must be known in the {horizon} steps ahead, and {table.path} ends with {there}. Add "
            f"rows with an empty {table.target_col!r} at its end, or pass `--future-file FILE`{less}."
        )
    return known, Ahead(_rows_ahead(known.panel, path, names, table.id_col, options, horizon), n_steps)


def ahead_of_model(
    after: Panel, names: tuple[str, ...], future_file: Path | None, options: FileOptions, horizon: int
) -> Ahead:
    """Find what is known of the steps after the training part."""
    _check_needed(names, future_file)
    if not names:
        return Ahead()
    if future_file is None:
        raise ConfigError(
            f"The model learned from {_listed(names)}, known ahead, and a file with "
            f"{'it' if len(names) == 1 else 'them'} at the {horizon} steps to forecast was expected. Pass "
            "`--future-file FILE`."
        )
    return Ahead(_rows_ahead(after, future_file, names, after.columns.id, options, horizon))


def _rows_ahead(
    panel: Panel, path: Path, names: tuple[str, ...], id_col: str | None, options: FileOptions, horizon: int
) -> Frame:
    from gatecast.data.reading.files import read_source
    from gatecast.data.reading.future import read_future

    how = {name: getattr(options, name) for name in HOW}
    rows = read_source(path, id_col=id_col, like=panel.columns, **how)
    try:
        read_future(panel.tail_from(panel.lengths), rows, horizon, names)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return rows


def _check_needed(names: tuple[str, ...], future_file: Path | None) -> None:
    if future_file is not None and not names:
        raise ConfigError(
            f"`--future-file {future_file}` was passed, and no column is known ahead. Name its columns in "
            "`gatecast forecast`, e.g. `--future price`, or leave it out."
        )


def _note(table: Table) -> str:
    panel = table.panel
    n_blank = int((panel.lengths - observed_lengths(panel)).max(initial=0))
    if not n_blank:
        return ""
    return (
        f"The last {n_blank} step{'s' if n_blank > 1 else ''} of {table.path.name} have no {table.target_col} in any "
        "series: they are read as missing, and the forecast begins behind them. Remove these rows to forecast them too."
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names))


def say_table(printer: Printer, table: Table, n_ahead: int = 0) -> None:
    """Print what was understood of a file, whose last `n_ahead` steps are about the future."""
    words, freq = frequency_words(table.freq), table.freq
    guessed = " (guessed from its characters)" if table.is_encoding_guessed else ""
    encoding = table.encoding and f"{table.encoding}{guessed}"
    facts = {
        "file": ", ".join(filter(None, (table.format, encoding, _cells(table)))),
        "times": _times(table),
        "target": table.target_col + (f" (numbers like {table.number_format})" if table.encoding is not None else ""),
        "series": f"{table.n_series:,}" + (f", told apart by {table.id_col}" if table.id_col else ""),
        "rows": f"{table.n_rows:,}, {table.start} to {table.end}" + ("" if table.is_sorted else " (sorted by time)"),
        "frequency": words if isinstance(freq, int) or words == freq else f"{words} ({freq})",
        "gaps": "none",
    }
    if table.n_gaps:
        facts["gaps"] = f"{table.n_gaps:,} missing, the first at {table.first_gap}; nothing is learned from gaps"
    panel = table.panel
    for role, there in {"up to now": panel.past, "ahead": panel.future, "for all time": panel.static}.items():
        if there:
            facts[f"known {role}"] = ", ".join(map(_kind, there, there.values()))
    if n_ahead:
        facts["future rows"] = f"the last {n_ahead:,} step{'s' if n_ahead > 1 else ''}, which have no target"
    if table.notes:
        facts["notes"] = " ".join(table.notes)
    if table.ignored:
        more = f" and {len(table.ignored) - 6} more" if len(table.ignored) > 6 else ""
        facts["not used"] = ", ".join(table.ignored[:6]) + more
    printer.facts(f"{table.path.name}: what gatecast understood", facts)


def _kind(name: str, values: np.ndarray) -> str:
    return f"{name} ({'categories' if values.dtype == object else 'numbers'})"


def _cells(table: Table) -> str:
    if table.delimiter is None:
        return ""
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    header = "" if table.has_header else ", no header line"
    return f"cells between {names.get(table.delimiter, table.delimiter)}s{header}"


def _times(table: Table) -> str:
    if table.time_col is None:
        return "none: the order of the rows counts"
    order = f", {table.date_order}" if table.date_order else ""
    written = f" (written as {table.date_format}{order})" if table.date_format else order
    return f"{table.time_col}{written}"
