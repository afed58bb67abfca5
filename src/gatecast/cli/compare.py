"""What does `gatecast compare` do? Read, let all models forecast the newest windows, and say which one to take.

What it shares with `backtest` and `report` stands here, too: which models take part, and how windows are spoken of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gatecast.cli.commands import CompareOptions, ForecastOptions, WindowOptions
from gatecast.cli.options import COVARIATES
from gatecast.cli.output import Printer, check_outputs, number, write_table
from gatecast.cli.reading import read_known
from gatecast.cli.wording import text, told
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison
    from gatecast.data.reading.files import Table
    from gatecast.forecaster import Forecaster

__all__ = [
    "SHOWN",
    "arguments_of",
    "compare",
    "counted",
    "covariate_settings",
    "models_of",
    "percent",
    "read_table",
    "say_board",
    "say_failures",
]

# by column of the leaderboard, what people call it and how its values are written
Columns = Mapping[str, tuple[str | Message, Callable[[float], str]]]


def percent(share: float, sign: str = "") -> str:
    """Write a share in %; with `sign="+"` also where it is positive."""
    return "-" if share != share else f"{100 * share:{sign}.0f} %"


ERRORS: Columns = {"mase": ("MASE", number), "rmse": ("RMSE", number), "mae": ("MAE", number)}
SHOWN: Columns = {
    **ERRORS,
    "smape": ("sMAPE", number),
    "skill": (Message("board.skill"), partial(percent, sign="+")),
    "p_value": ("p", number),
}


def compare(options: CompareOptions) -> None:
    """Run the command."""
    from gatecast.comparison.comparison import USUAL
    from gatecast.comparison.comparison import compare as compared

    models = models_of(options, USUAL)
    printer = Printer(shown=not options.json)
    table = read_table(printer, options)
    more = {"seed": options.seed, "prefer": options.prefer, **arguments_of(options, table)}
    found = compared(table.panel, options.horizon, models, **more)
    write_table(found.backtest.forecasts, options.out, raw_cells=options.raw_cells)
    if options.json:
        printer.json({"data": table.facts(), "horizon": options.horizon, **found.to_dict()})
    else:
        _say(printer, found, table, options)


def _say(printer: Printer, found: Comparison, table: Table, options: CompareOptions) -> None:
    board, columns = found.board, ("median", "lowest", "highest")
    rows = [
        [text(f"fact.{row['fact']}"), *(number(row[name]) for name in columns)]
        for row in found.facts.to_frame().to_dict("records")
    ]
    printer.table(text("board.facts"), ["", *(text(f"table.{name}") for name in columns)], rows)
    say_board(printer, board, found.backtest, options.horizon, options.n_windows, SHOWN, {})
    say_failures(printer, board.errors)
    for sentence in board.verdict.sentences:
        printer.say(sentence, style="bold")
    printer.say()
    printer.notes(board.notes)
    for expectation in found.facts.expectations:
        printer.say(text("board.expect", text=expectation.message))
    if table.n_series > 1 and len(board.per_series):
        printer.say(text("board.chosen", names=counted(board.per_series["chosen"])))
    printer.file("written.forecasts", options.out)


def models_of(options: WindowOptions, usual: tuple[str, ...]) -> list[Forecaster]:
    """Make the models that were asked for, each of them once, or the usual ones."""
    from gatecast.comparison.comparison import model_named

    told_apart = [name.lower().replace(" ", "") for name in options.models]
    twice = [name for n, name in enumerate(options.models) if told_apart[n] in told_apart[:n]]
    if twice:
        raise ConfigError(Message("option.model_twice", {"name": twice[0]}))

    replace(options.settings, horizon=options.horizon, seed=options.seed).check()
    settings = covariate_settings(options)
    return [model_named(name, options.horizon, options.seed, **settings) for name in options.models or usual]


def counted(names: Iterable[object]) -> str:
    """Say how often each model is named, the most frequent first: `LSTM for 3, AutoETS for 1`."""
    counts = Counter(names).most_common()
    return text("words.all", shown=[Message("board.counted", {"name": str(name), "n": n}) for name, n in counts])


def covariate_settings(options: WindowOptions | ForecastOptions) -> dict[str, Any]:
    """Return what the LSTM is told of the table's columns and calendar; only what differs from its defaults."""
    return {name: value for name in COVARIATES if (value := getattr(options.settings, name))}


def read_table(printer: Printer, options: WindowOptions) -> Table:
    """Check where results go, read the table, and say what was understood of it."""
    check_outputs({"the data file": options.data}, {"--out": options.out})
    return read_known(printer, options.data, options, options.settings)


def arguments_of(options: WindowOptions, table: Table) -> dict[str, Any]:
    """Return the arguments of `backtest` that both commands pass on."""
    from gatecast.backtesting.backtest import usual_jobs

    names = ("n_windows", "step_size", "refit", "folder", "time_limit")
    n_jobs = usual_jobs(table.n_series) if options.n_jobs is None else options.n_jobs
    return {name: getattr(options, name) for name in names} | {"n_jobs": n_jobs, "progress": not options.json}


def say_board(
    printer: Printer,
    board: Leaderboard,
    found: Backtest,
    horizon: int,
    wanted: int | None,
    errors: Columns,
    more: Columns,
) -> None:
    """Print a row for each model: errors that any model has, then more columns, and the time it took.

    `wanted` is the number of windows that was asked for, if any was.
    """
    table = board.to_frame()
    columns = {**{name: shown for name, shown in errors.items() if table[name].notna().any()}, **more}
    rows = []
    for row in table.to_dict("records"):
        seconds = row["fit_seconds"] + row["predict_seconds"]
        took = "-" if seconds != seconds else text("unit.s", n=f"{seconds:.1f}")
        rows.append([str(row["model"]), *(say(row[name]) for name, (_, say) in columns.items()), took])
    n = len(found.runs) // len(found.models)
    title = text("board.title_fewer" if n < (wanted or 0) else "board.title", n=n, horizon=horizon, wanted=wanted)
    named = [told(called) for called, _ in columns.values()]
    printer.table(title, [text("table.model"), *named, text("board.time")], rows)


def say_failures(printer: Printer, errors: pd.DataFrame) -> None:
    """Say which models failed where."""
    for model, own in errors.groupby("model", sort=False):
        first = own.iloc[0]
        printer.say(text("board.failed", name=model, n=len(own), time=first["cutoff"], why=first["error"]))
