"""What does `gatecast backtest` do? Let models forecast from rolling origins, and keep every forecast and its error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast.backtesting.models import PRETRAINED
from gatecast.cli.choices import USUAL_LEVELS, levels_of
from gatecast.cli.commands import BacktestOptions
from gatecast.cli.compare import ERRORS, arguments_of, models_of, percent, read_table, say_board, say_failures
from gatecast.cli.output import Printer, number, rows_of, write_table
from gatecast.cli.wording import text
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.comparison.scores import Scores

__all__ = ["backtest"]

# models that cost nothing, beside the LSTM
USUAL = ("LSTM", PRETRAINED, "SeasonalNaive", "Naive")
MOST_WINDOWS = 12


def backtest(options: BacktestOptions) -> None:
    """Run the command."""
    from gatecast.backtesting.backtest import backtest as tested
    from gatecast.comparison.board import leaderboard
    from gatecast.comparison.scores import coverage_column

    levels = levels_of(options.level) or USUAL_LEVELS
    models = models_of(options, USUAL)
    printer = Printer(shown=not options.json)
    table = read_table(printer, options)
    found = tested(table.panel, options.horizon, models, level=levels, **arguments_of(options, table))
    board = leaderboard(found)
    scores = board.scores
    write_table(found.forecasts, options.out, raw_cells=options.raw_cells)
    if options.json:
        windows, runs = (each.assign(cutoff=each["cutoff"].astype(str)) for each in (scores.windows, found.runs))
        printer.json(
            {
                "data": table.facts(),
                "horizon": options.horizon,
                "season_length": found.season_length,
                "models": board.to_dict()["models"],
                "windows": rows_of(windows),
                "runs": rows_of(runs),
                "notes": [str(note) for note in scores.notes],
            }
        )
        return
    held = {coverage_column(level): (Message("board.held", {"level": level}), percent) for level in found.levels}
    say_board(printer, board, found, options.horizon, options.n_windows, ERRORS, held)
    _say_windows(printer, scores, found.distinct().models)
    say_failures(printer, board.errors)
    printer.notes(scores.notes)
    if options.out is None:
        printer.say(text("board.keep"))
    printer.file("written.forecasts", options.out)


def _say_windows(printer: Printer, scores: Scores, models: tuple[str, ...]) -> None:
    """Print the error of each model in each window: whether one of them is behind an average."""
    windows = scores.windows
    metric = "mase" if windows["mase"].notna().any() else "mae"
    means = windows.pivot_table(index="cutoff", columns="model", values=metric, aggfunc="mean", dropna=False)
    shown = means.reindex(columns=list(models)).tail(MOST_WINDOWS)
    rows = [
        [str(cutoff).removesuffix(" 00:00:00"), *(number(value) for value in row)]
        for cutoff, row in zip(shown.index, shown.to_numpy(), strict=True)
    ]
    key = "board.by_time_newest" if len(means) > len(shown) else "board.by_time"
    title = text(key, metric=metric.upper(), n=MOST_WINDOWS)
    printer.table(title, [text("board.made_at"), *models], rows)
