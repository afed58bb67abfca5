"""What does `gatecast backtest` do? Let models forecast from rolling origins, and keep every forecast and its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatecast.cli.choices import levels_of
from gatecast.cli.commands import BacktestOptions
from gatecast.cli.output import Printer, number
from gatecast.cli.outputs import rows_of, write_table
from gatecast.cli.windows import arguments_of, models_of, read_table, say_failures, seconds_words, windows_words

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.scores import Scores

__all__ = ["backtest"]

# models that cost nothing, beside the LSTM
USUAL = ("LSTM", "SeasonalNaive", "Naive")
USUAL_LEVELS = (80.0, 95.0)
SHOWN = {"mase": "MASE", "rmse": "RMSE", "mae": "MAE"}
MOST_WINDOWS = 12


def backtest(options: BacktestOptions) -> None:
    """Run the command."""
    from gatecast.backtesting.backtest import backtest as tested
    from gatecast.comparison.board import leaderboard

    levels = levels_of(options.level) or USUAL_LEVELS
    models = models_of(options, USUAL)
    printer = Printer(shown=not options.json)
    table = read_table(printer, options)
    found = tested(table.panel, options.horizon, models, level=levels, **arguments_of(options, table))
    board = leaderboard(found)
    scores = board.scores
    if options.out is not None:
        write_table(found.forecasts, options.out)
    if options.json:
        errors = scores.windows.assign(cutoff=scores.windows["cutoff"].astype(str))
        runs = found.runs.assign(cutoff=found.runs["cutoff"].astype(str))
        printer.json(
            {
                "data": table.facts(),
                "horizon": options.horizon,
                "season_length": found.season_length,
                "models": board.to_dict()["models"],
                "windows": rows_of(errors),
                "runs": rows_of(runs),
                "notes": list(scores.notes),
            }
        )
        return
    _say_models(printer, board, found, options)
    _say_windows(printer, scores, found.models)
    say_failures(printer, board.errors)
    for note in scores.notes:
        printer.say(f"Note: {note}")
    if options.out is None:
        printer.say("Keep every forecast with --out windows.csv")
    else:
        printer.say(f"All forecasts written to {options.out}", wrap=False)


def _say_models(printer: Printer, board: Leaderboard, found: Backtest, options: BacktestOptions) -> None:
    from gatecast.comparison.scores import coverage_column

    table, levels = board.to_frame(), found.levels
    names = [name for name in SHOWN if table[name].notna().any()]
    rows = []
    for row in table.to_dict("records"):
        held = [_percent(row[coverage_column(level)]) for level in levels]
        rows.append([str(row["model"]), *(number(row[name]) for name in names), *held, seconds_words(row)])
    columns = ["model", *(SHOWN[name] for name in names), *(f"{level:g} % held" for level in levels), "time"]
    printer.table(f"Errors over {windows_words(options, found)}, the best first", columns, rows)


def _percent(share: float) -> str:
    return "-" if share != share else f"{100 * share:.0f} %"


def _say_windows(printer: Printer, scores: Scores, models: tuple[str, ...]) -> None:
    """Print the error of each model in each window: whether one of them is behind an average."""
    windows: pd.DataFrame = scores.windows
    metric = "mase" if windows["mase"].notna().any() else "mae"
    means: Any = windows.pivot_table(index="cutoff", columns="model", values=metric, aggfunc="mean", dropna=False)
    shown = means.reindex(columns=list(models)).tail(MOST_WINDOWS)
    rows = [
        [_moment(cutoff), *(number(value) for value in row)]
        for cutoff, row in zip(shown.index, shown.to_numpy(), strict=True)
    ]
    newest = f", the newest {MOST_WINDOWS}" if len(means) > len(shown) else ""
    printer.table(f"{SHOWN[metric]} by the time that a forecast was made{newest}", ["made at", *models], rows)


def _moment(time: Any) -> str:
    return str(time).removesuffix(" 00:00:00")
