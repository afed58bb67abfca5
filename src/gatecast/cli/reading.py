"""What did gatecast understand of a file, and what is known of the steps ahead? Found out before a fit."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster
from gatecast._json import JsonObject
from gatecast._places import Place
from gatecast.cli.commands import FileOptions
from gatecast.cli.language import language
from gatecast.cli.output import Printer
from gatecast.cli.wording import joined, text
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.frequency import ORDER
from gatecast.data.panel.panel import Roles
from gatecast.data.reading.ahead import observed_lengths, without_future
from gatecast.data.reading.covariates import make_roles
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.settings import Settings
from gatecast.texts import Texts
from gatecast.texts.frequency import frequency_words
from gatecast.texts.message import Message, reason

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
    "said_frequency",
    "say_table",
]
# no model has such a name
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson")
# options that say how any file is read
COLUMNS = ("target_col", "id_col")
HOW = ("date_format", "timezone", "encoding", "decimal", "na", "skip_rows", "sheet", "duplicates")
NO_ROLES = Roles()
MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
FORMATS = {"spreadsheet": "understood.spreadsheet", "JSON lines": "understood.json_lines"}
SHOWN_NAMES = 6


def roles_of(settings: Settings) -> Roles:
    """Return the columns beside the target, by what is known of them."""
    return make_roles(settings.past, settings.future, settings.static)


def reading_of(options: FileOptions) -> JsonObject:
    """Return the arguments of `read_table` that tell how a file is to be read."""
    names = ("time_col", "target_col", "id_col", *HOW)
    given = {name: getattr(options, name) for name in names if getattr(options, name) != getattr(FileOptions, name)}
    # one name is a text, as people write it in Python
    given = {name: value[0] if name in COLUMNS and len(value) == 1 else value for name, value in given.items()}
    # of commands that fit
    if (weight := getattr(options, "weight_col", None)) is not None:
        given["weight_col"] = weight
    if options.order_of_rows and options.freq is not None:
        raise ConfigError(Message("option.freq_and_order", {"freq": options.freq}))
    freq = ORDER if options.order_of_rows else options.freq
    return given | {"freq": int(freq) if freq and freq.isdecimal() else freq}


def read(path: Place, options: FileOptions, roles: Roles = NO_ROLES, like: Panel | None = None) -> Table:
    """Read a file with its covariates, which may be newer data than `like`."""
    from gatecast.data.reading.files import read_table

    known = {"past": roles.past, "future": roles.future, "static": roles.static}
    return read_table(path, like=like, **(reading_of(options) | known))


def read_known(printer: Printer, path: Place, options: FileOptions, settings: Settings) -> Table:
    """Read a file without its rows about the future, and say what was understood of it."""
    table, n_ahead = without_future(read(path, options, roles_of(settings)))
    say_table(printer, table, n_ahead)
    return table


def check_model(path: Place, command: str) -> None:
    """Refuse a table's path where a command expects a model."""
    if path.suffix.lower() in TABLES:
        fit = f"`gatecast forecast {quote(str(path))} --horizon 12 --save model.safetensors`"
        use = f"`gatecast {command} model.safetensors {quote(str(path))}`"
        raise ConfigError(Message("known_ahead.table", {"path": str(path), "fit": fit, "use": use}))


def load_model(path: Place, command: str) -> LSTMForecaster:
    """Load a model; a table in its place is told apart from a damaged file."""
    check_model(path, command)
    return LSTMForecaster.load(path)


def read_like_training(path: Place, options: FileOptions, fitted: Fitted) -> Table:
    """Read a file with the names, zone, frequency and ids of a model's training data."""
    return read(path, options, fitted.after.roles, fitted.after)


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps ahead, as `read_source` returns it, and what to say of rows without a target.

    The last `n_steps` steps of the data file have no target and were taken as the future.
    """

    rows: Frame = None
    n_steps: int = 0
    note: Message | None = None


def ahead_of_table(
    table: Table, names: tuple[str, ...], future_file: Place | None, options: FileOptions, horizon: int
) -> tuple[Table, Ahead]:
    """Find what is known ahead, in a file of its own or in the table's rows without a target, and take these away."""
    _check_needed(names, future_file)
    if not names:
        return table, Ahead(note=_note(table))
    known, n_steps = without_future(table)
    path = future_file or table.path
    if future_file is None and n_steps < horizon:
        facts = {"names": list(map(repr, names)), "horizon": horizon, "path": str(table.path), "n": n_steps}
        facts |= {"there": Message("known_ahead.rows" if n_steps else "known_ahead.none", {"n": n_steps})}
        key = "known_ahead.needed_less" if n_steps else "known_ahead.needed"
        raise DataError(Message(key, {**facts, "target": table.target_col}))
    return known, Ahead(_rows_ahead(known.panel, path, names, table.id_col, options, horizon), n_steps)


def ahead_of_model(
    after: Panel, names: tuple[str, ...], future_file: Place | None, options: FileOptions, horizon: int
) -> Ahead:
    """Find what is known of the steps after the training part."""
    _check_needed(names, future_file)
    if not names:
        return Ahead()
    if future_file is None:
        key = "known_ahead.of_model" if len(names) == 1 else "known_ahead.of_model_several"
        raise ConfigError(Message(key, {"names": list(map(repr, names)), "horizon": horizon}))
    return Ahead(_rows_ahead(after, future_file, names, after.columns.id, options, horizon))


def _rows_ahead(
    panel: Panel, path: Place, names: tuple[str, ...], id_col: str | None, options: FileOptions, horizon: int
) -> Frame:
    from gatecast.data.reading.files import read_source
    from gatecast.data.reading.future import read_future

    how = {name: getattr(options, name) for name in HOW}
    rows = read_source(path, id_col=id_col, like=panel.columns, **how)
    try:
        read_future(panel.tail_from(panel.lengths), rows, horizon, names)
    except DataError as error:
        raise DataError(Message("known_ahead.in_file", {"path": str(path), "why": reason(error)})) from None
    return rows


def _check_needed(names: tuple[str, ...], future_file: Place | None) -> None:
    if future_file is not None and not names:
        raise ConfigError(Message("known_ahead.nobody", {"path": str(future_file)}))


def _note(table: Table) -> Message | None:
    panel = table.panel
    n_blank = int((panel.lengths - observed_lengths(panel)).max(initial=0))
    if not n_blank:
        return None
    return Message("understood.no_target", {"n": n_blank, "name": table.path.name, "target": table.target_col})


def say_table(printer: Printer, table: Table, n_ahead: int = 0) -> None:
    """Print what was understood of a file, whose last `n_ahead` steps are about the future."""
    facts = {
        "file": text("words.comma").join(filter(None, (_format(table), _encoding(table), _cells(table)))),
        "times": _times(table),
        "target": table.target_col,
        "series": f"{table.n_series:,}",
        "rows": _rows(table),
        "frequency": said_frequency(table.freq),
        "gaps": text("understood.no_gaps"),
    }
    if table.encoding is not None:
        facts["target"] = text("understood.numbers_like", name=table.target_col, form=table.number_format)
    if table.id_col:
        facts["series"] = text("understood.told_apart", n=table.n_series, id=table.id_col)
    if table.n_gaps:
        from gatecast.data.reading.files import gap_message

        facts["gaps"] = text("understood.missing", n=table.n_gaps, time=gap_message(table.panel))
    for role in ("past", "future", "static"):
        if there := getattr(table.panel, role):
            facts[role] = text("words.comma").join(map(_kind, there, there.values()))
    if table.panel.columns.weight is not None:
        facts["weights"] = table.panel.columns.weight
    if n_ahead:
        facts["future_rows"] = text("understood.steps_ahead", n=n_ahead)
    if table.remarks:
        facts["notes"] = joined(table.remarks)
    if table.ignored:
        facts["not_used"] = text("words.all", shown=table.ignored)
        if (n_more := len(table.ignored) - SHOWN_NAMES) > 0:
            facts["not_used"] = text("words.more", shown=table.ignored[:SHOWN_NAMES], n=n_more)
    said = {text(f"understood.{name}"): fact for name, fact in facts.items()}
    printer.facts(text("understood.title", name=table.path.name), said)


def said_frequency(freq: str | int) -> str:
    """Say a frequency in words, with its name."""
    words = frequency_words(freq, Texts(language()))
    return (
        words if isinstance(freq, int) or words == freq else text("understood.named_frequency", words=words, freq=freq)
    )


def _format(table: Table) -> str:
    kind, gzip, _ = table.format.partition(", gzip")
    return (text(FORMATS[kind]) if kind in FORMATS else kind) + gzip


def _encoding(table: Table) -> str | None:
    return text("understood.encoding_guessed", encoding=table.encoding) if table.is_encoding_guessed else table.encoding


def _rows(table: Table) -> str:
    key = "understood.span" if table.is_sorted else "understood.span_sorted"
    return text(key, n=table.n_rows, start=table.start, end=table.end)


def _kind(name: str, values: np.ndarray) -> str:
    kind = Message("data.category" if values.dtype == object else "data.numeric")
    return text("understood.kind", name=name, kind=kind)


def _cells(table: Table) -> str:
    if table.delimiter is None:
        return ""
    key = MARKS.get(table.delimiter)
    mark = table.delimiter if key is None else Message(f"understood.{key}")
    return text("understood.cells" if table.has_header else "understood.cells_no_header", mark=mark)


def _times(table: Table) -> str:
    if table.time_col is None:
        return text("understood.no_times")
    facts: JsonObject = {"name": table.time_col, "form": table.date_format}
    if table.date_order:
        facts["order"] = Message(f"understood.{table.date_order.replace(' ', '_')}")
    if table.date_format:
        return text("understood.written_as_order" if table.date_order else "understood.written_as", **facts)
    return text("understood.in_order", **facts) if table.date_order else table.time_col
