"""What does `gatecast compare` do? Read, let all models forecast the newest windows, and say which one to take."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gatecast.cli.commands import CompareOptions
from gatecast.cli.output import Printer, number
from gatecast.cli.outputs import write_table
from gatecast.cli.windows import Columns, arguments_of, models_of, percent, read_table, say_board, say_failures
from gatecast.cli.wording import as_options
from gatecast.texts import Texts

if TYPE_CHECKING:
    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison
    from gatecast.data.reading.files import Table

__all__ = ["compare"]

# columns of the leaderboard, as people read them
SHOWN: Columns = {
    "mase": ("MASE", number),
    "rmse": ("RMSE", number),
    "mae": ("MAE", number),
    "smape": ("sMAPE", number),
    "skill": ("skill", partial(percent, sign="+")),
    "p_value": ("p", number),
}


def compare(options: CompareOptions) -> None:
    """Run the command."""
    from gatecast.comparison.comparison import USUAL
    from gatecast.comparison.comparison import compare as compared

    models = models_of(options, USUAL)
    printer = Printer(shown=not options.json)
    table = read_table(printer, options)
    found = compared(table.panel, options.horizon, models, seed=options.seed, **arguments_of(options, table))
    if options.out is not None:
        write_table(found.backtest.forecasts, options.out)
    if options.json:
        printer.json({"data": table.facts(), "horizon": options.horizon, **found.to_dict()})
        return
    _say(printer, found, table, options)


def _say(printer: Printer, found: Comparison, table: Table, options: CompareOptions) -> None:
    _say_facts(printer, found)
    say_board(printer, found.board, found.backtest, options, SHOWN, {})
    say_failures(printer, found.board.errors)
    for text in found.board.verdict.sentences:
        printer.say(text.say("en", as_options), style="bold")
    printer.say()
    printer.notes(note.say("en", as_options) for note in found.board.notes)
    for expectation in found.facts.expectations:
        printer.say(f"What the series say: {expectation.message}")
    _say_winners(printer, found.board, table)
    if options.out is not None:
        printer.say(f"All forecasts written to {options.out}", wrap=False)


def _say_facts(printer: Printer, found: Comparison) -> None:
    said = Texts("en")
    rows = [
        [said(f"fact.{row['fact']}"), *(number(row[name]) for name in ("median", "lowest", "highest"))]
        for row in found.facts.to_frame().to_dict("records")
    ]
    printer.table("What the series are like, before the first origin", ["", "median", "lowest", "highest"], rows)


def _say_winners(printer: Printer, board: Leaderboard, table: Table) -> None:
    if table.n_series < 2 or not len(board.per_series):
        return
    counts = board.per_series["chosen"].value_counts()
    parts = ", ".join(f"{name} for {n:,}" for name, n in counts.items())
    printer.say(f"Series by series, these would be taken: {parts}.")
