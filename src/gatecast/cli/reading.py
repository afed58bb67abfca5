"""What did gatecast understand of a file? Reads it with the options given, and says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gatecast import LSTMForecaster
from gatecast.charts.names import frequency_words
from gatecast.cli.commands import FileOptions
from gatecast.cli.output import Printer
from gatecast.data.panel.panel import Roles
from gatecast.data.reading.covariates import make_roles
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.data import Columns
    from gatecast.data.reading.files import Table
    from gatecast.model.fitted import Fitted

__all__ = ["check_model", "load_model", "read", "read_like_training", "roles_of", "say_table"]
# no model has such a name
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
NO_ROLES = Roles()


def roles_of(settings: Settings) -> Roles:
    """Return the columns beside the target, by what is known of them."""
    return make_roles(settings.past, settings.future, settings.static)


def read(path: Path, options: FileOptions, roles: Roles = NO_ROLES, like: Columns | None = None) -> Table:
    """Read a file with its covariates; the names of `like` are meant where it has them.

    Raises:
        DataError: It cannot be read.
        ConfigError: The frequency is unknown, or a column has two uses.
    """
    from gatecast.data.reading.files import read_table

    return read_table(
        path,
        time_col=options.time_col,
        target_col=options.target_col,
        id_col=options.id_col,
        freq=_freq(options.freq),
        date_format=options.date_format,
        encoding=options.encoding,
        like=like,
        past=roles.past,
        future=roles.future,
        static=roles.static,
    )


def check_model(path: Path, command: str) -> None:
    """Make sure that a path is no table's where a command expects a model.

    Raises:
        ConfigError: It is.
    """
    if path.suffix.lower() in TABLES:
        raise ConfigError(
            f"`{path}` is a table, and a model was expected first. Fit one and pass it with the table: "
            f"`gatecast forecast {path} --horizon 12 --save model.safetensors`, then "
            f"`gatecast {command} model.safetensors {path}`."
        )


def load_model(path: Path, command: str) -> LSTMForecaster:
    """Load a model; a table in its place is told apart from a damaged file."""
    check_model(path, command)
    return LSTMForecaster.load(path)


def read_like_training(path: Path, options: FileOptions, fitted: Fitted) -> Table:
    """Read a file with the names and, where it does not show, the frequency of a model's training data."""
    after = fitted.after
    table = read(path, options, after.roles, after.columns)
    if options.freq is None and fitted.shows_no_frequency(table.panel):
        table = read(path, replace(options, freq=str(after.freq)), after.roles, after.columns)
    return table


def _freq(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdigit() else text


def say_table(printer: Printer, table: Table, n_ahead: int = 0) -> None:
    """Print what was understood of a file, whose last `n_ahead` steps are about the future."""
    facts = {
        "file": ", ".join(part for part in (table.format, _encoding(table), _cells(table)) if part),
        "times": _times(table),
        "target": table.target_col + (f" (numbers like {table.number_format})" if table.encoding else ""),
        "series": f"{table.n_series:,}" + (f", told apart by {table.id_col}" if table.id_col else ""),
        "rows": f"{table.n_rows:,}, {table.start} to {table.end}" + ("" if table.is_sorted else " (sorted by time)"),
        "frequency": _frequency(table.freq),
        "gaps": _gaps(table),
    }
    facts |= {f"known {role}": kinds for role, kinds in _covariates(table).items()}
    if n_ahead:
        facts["future rows"] = f"the last {_steps(n_ahead)}, which have no target"
    if table.ignored:
        shown = ", ".join(table.ignored[:6])
        facts["not used"] = shown + (f" and {len(table.ignored) - 6} more" if len(table.ignored) > 6 else "")
    printer.facts(f"{table.path.name}: what gatecast understood", facts)


def _covariates(table: Table) -> dict[str, str]:
    panel = table.panel
    roles = {"up to now": panel.past, "ahead": panel.future, "for all time": panel.static}
    return {role: ", ".join(map(_kind, there, there.values())) for role, there in roles.items() if there}


def _kind(name: str, values: np.ndarray) -> str:
    return f"{name} ({'categories' if values.dtype == object else 'numbers'})"


def _steps(n: int) -> str:
    return f"{n:,} step{'s' if n > 1 else ''}"


def _encoding(table: Table) -> str | None:
    return f"{table.encoding} (guessed from its characters)" if table.is_encoding_guessed else table.encoding


def _cells(table: Table) -> str:
    if table.delimiter is None:
        return ""
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    return f"cells between {names.get(table.delimiter, table.delimiter)}s" + (
        "" if table.has_header else ", no header line"
    )


def _times(table: Table) -> str:
    if table.time_col is None:
        return "none: the order of the rows counts"
    written = f" (written as {table.date_format}" if table.date_format else ""
    order = f", {table.date_order}" if table.date_order else ""
    return f"{table.time_col}{written}{order})" if written else f"{table.time_col}{order}"


def _frequency(freq: str | int) -> str:
    words = frequency_words(freq)
    return words if isinstance(freq, int) or words == freq else f"{words} ({freq})"


def _gaps(table: Table) -> str:
    if not table.n_gaps:
        return "none"
    return f"{table.n_gaps:,} missing, the first at {table.first_gap}; nothing is learned from gaps"
