"""What is known of the steps that are to be forecast, and from which file? Found out before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatecast.cli.commands import FileOptions
from gatecast.data.reading.ahead import observed_lengths, without_future
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from gatecast.data import Panel
    from gatecast.data.reading.files import Table

__all__ = ["Ahead", "ahead_of_model", "ahead_of_table"]


@dataclass(frozen=True)
class Ahead:
    """What is known of the steps ahead.

    Attributes:
        rows: A table with it, as `read_source` returns it; None where nothing has to be known.
        n_steps: Steps at the end of the data file that have no target and were taken as the future.
        note: What a user may want to know about rows without a target.
    """

    rows: Any = None
    n_steps: int = 0
    note: str = ""


def ahead_of_table(
    table: Table, names: tuple[str, ...], future_file: Path | None, options: FileOptions, horizon: int
) -> tuple[Table, Ahead]:
    """Find what is known ahead of a table: in a file of its own, or in the table's rows without a target.

    Returns:
        The table without the rows about the future, and these.

    Raises:
        ConfigError: There is nothing, or a file that is not needed.
        DataError: A value is missing.
    """
    _check_needed(names, future_file)
    if not names:
        return table, Ahead(note=_note(table))
    known, n_steps = without_future(table)
    path = future_file or table.path
    if future_file is None and n_steps < horizon:
        raise DataError(_too_few(table, names, n_steps, horizon))
    return known, _read(known.panel, path, names, table.id_col, options, horizon, n_steps)


def ahead_of_model(
    after: Panel, names: tuple[str, ...], future_file: Path | None, options: FileOptions, horizon: int
) -> Ahead:
    """Find what is known of the steps after the training part.

    Raises:
        ConfigError: A file is missing or not needed.
        DataError: A value is missing.
    """
    _check_needed(names, future_file)
    if not names:
        return Ahead()
    if future_file is None:
        raise ConfigError(
            f"The model learned from {_listed(names)}, known ahead, and a file with "
            f"{'it' if len(names) == 1 else 'them'} at the {horizon} steps to forecast was expected. Pass "
            "`--future-file FILE`."
        )
    return _read(after, future_file, names, after.columns.id, options, horizon, 0)


def _read(
    panel: Panel,
    path: Path,
    names: tuple[str, ...],
    id_col: str | None,
    options: FileOptions,
    horizon: int,
    n_steps: int,
) -> Ahead:
    from gatecast.data.reading.files import read_source
    from gatecast.data.reading.future import read_future

    rows = read_source(path, id_col=id_col, date_format=options.date_format, encoding=options.encoding)
    try:
        read_future(panel.tail_from(panel.lengths), rows, horizon, names)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return Ahead(rows, n_steps)


def _check_needed(names: tuple[str, ...], future_file: Path | None) -> None:
    if future_file is not None and not names:
        raise ConfigError(
            f"`--future-file {future_file}` was passed, and no column is known ahead. Name its columns in "
            "`gatecast forecast`, e.g. `--future price`, or leave it out."
        )


def _too_few(table: Table, names: tuple[str, ...], n_steps: int, horizon: int) -> str:
    there = f"rows without a target for {n_steps} step{'s' if n_steps > 1 else ''}" if n_steps else "none"
    less = f", or `--horizon {n_steps}`" if n_steps else ""
    return (
        f"{_listed(names)} must be known in the {horizon} steps ahead, and {table.path} ends with {there}. Add rows "
        f"with an empty {table.target_col!r} at its end, or pass `--future-file FILE`{less}."
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
