"""What did gatecast understand of a file, and what is known of the steps ahead? Found out before a fit."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from gatecast import LSTMForecaster
from gatecast._json import JsonObject
from gatecast._places import Place
from gatecast.cli.commands import FileOptions
from gatecast.cli.language import language
from gatecast.cli.output import Printer
from gatecast.cli.wording import joined, text, told
from gatecast.data.panel.arrays import Frame
from gatecast.data.panel.frequency import ORDER
from gatecast.data.panel.joint import roles_of_table
from gatecast.data.panel.panel import Roles
from gatecast.data.reading.ahead import observed_lengths, without_future
from gatecast.data.reading.covariates import make_roles
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.settings import Settings
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
    return read(path, options, roles_of_table(fitted.after), fitted.after)


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
    from gatecast.data.reading.understood import understood

    said = {text(f"understood.{name}"): joined(fact) for name, fact in understood(table, n_ahead, language()).items()}
    printer.facts(text("understood.title", name=table.path.name), said)


def said_frequency(freq: str | int) -> str:
    """Say a frequency in words, with its name."""
    from gatecast.data.reading.understood import named_frequency

    return told(named_frequency(freq, language()))
