"""What do the commands with rolling origins share? Which models take part, and how windows are spoken of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatecast.cli.options import COVARIATES
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs
from gatecast.cli.reading import read, roles_of, say_table
from gatecast.data.reading.ahead import without_future
from gatecast.exceptions import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.backtesting.record import Backtest
    from gatecast.cli.commands import WindowOptions
    from gatecast.comparison.board import Leaderboard
    from gatecast.data.reading.files import Table
    from gatecast.forecaster import Forecaster

__all__ = ["arguments_of", "covariate_settings", "models_of", "percent", "read_table", "say_board", "say_failures"]

# by column of the leaderboard, what people call it and how its values are written
Columns = dict[str, tuple[str, Callable[[float], str]]]


def models_of(options: WindowOptions, usual: tuple[str, ...]) -> list[Forecaster]:
    """Make the models that were asked for, or the usual ones.

    Raises:
        ConfigError: There is no such model, one was named twice, or a setting makes no sense.
    """
    from gatecast.comparison.comparison import model_named

    told_apart = [name.lower().replace(" ", "") for name in options.models]
    twice = [name for n, name in enumerate(options.models) if told_apart[n] in told_apart[:n]]
    if twice:
        raise ConfigError(f"`--models {twice[0]}` was passed twice, and each model once was expected. Leave one out.")

    replace(options.settings, horizon=options.horizon, seed=options.seed).check()
    settings = covariate_settings(options)
    return [model_named(name, options.horizon, options.seed, **settings) for name in options.models or usual]


def covariate_settings(options: WindowOptions) -> dict[str, Any]:
    """Return what the LSTM is told of the table's columns and calendar; only what differs from its defaults."""
    return {name: value for name in COVARIATES if (value := getattr(options.settings, name))}


def read_table(printer: Printer, options: WindowOptions) -> Table:
    """Check where results go, read the table, and say what was understood of it."""
    check_outputs({"the data file": options.data}, {"--out": options.out})
    table, n_ahead = without_future(read(options.data, options, roles_of(options.settings)))
    say_table(printer, table, n_ahead)
    return table


def arguments_of(options: WindowOptions, table: Table) -> dict[str, Any]:
    """Return the arguments of `backtest` that both commands pass on."""
    from gatecast.backtesting.backtest import usual_jobs

    return {
        "n_windows": options.n_windows,
        "step_size": options.step_size,
        "refit": options.refit,
        "n_jobs": usual_jobs(table.n_series) if options.n_jobs is None else options.n_jobs,
        "folder": options.folder,
        "time_limit": options.time_limit,
        "progress": not options.json,
    }


def say_board(
    printer: Printer, board: Leaderboard, found: Backtest, options: WindowOptions, errors: Columns, more: Columns
) -> None:
    """Print a row for each model: errors that any model has, then more columns, and the time it took."""
    table = board.to_frame()
    columns = {name: shown for name, shown in errors.items() if table[name].notna().any()} | more
    rows = [
        [str(row["model"]), *(say(row[name]) for name, (_, say) in columns.items()), _seconds(row)]
        for row in table.to_dict("records")
    ]
    title = f"Errors over {_windows(options, found)}, the best first"
    printer.table(title, ["model", *(called for called, _ in columns.values()), "time"], rows)


def percent(share: float, sign: str = "") -> str:
    """Write a share in %.

    Examples:
        >>> percent(0.79), percent(0.123, "+"), percent(float("nan"))
        ('79 %', '+12 %', '-')
    """
    return "-" if share != share else f"{100 * share:{sign}.0f} %"


def say_failures(printer: Printer, errors: pd.DataFrame) -> None:
    """Say which models failed where."""
    for model, own in errors.groupby("model", sort=False):
        first, windows = own.iloc[0], "1 window" if len(own) == 1 else f"{len(own)} windows"
        printer.say(f"{model} failed in {windows}, the first at {first['cutoff']}: {first['error']}")


def _seconds(row: Mapping[Hashable, float]) -> str:
    seconds = row["fit_seconds"] + row["predict_seconds"]
    return "-" if seconds != seconds else f"{seconds:.1f} s"


def _windows(options: WindowOptions, found: Backtest) -> str:
    """Say how many windows of which length there were, and that they are fewer than were asked for."""
    n = len(found.runs) // len(found.models)
    fewer = f" (there was no room for {options.n_windows})" if n < (options.n_windows or 0) else ""
    return f"{n} window{'s' if n > 1 else ''} of {options.horizon} steps{fewer}"
