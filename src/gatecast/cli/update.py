"""What does `gatecast update` do? Let a saved model learn on from newer data, and save it."""

from __future__ import annotations

from shlex import quote

from gatecast.cli.commands import UpdateOptions
from gatecast.cli.output import Printer, check_outputs
from gatecast.cli.reading import check_model, load_model, read_like_training, say_table
from gatecast.cli.tables import Decided, decisions_report, say_decisions
from gatecast.data.reading.ahead import without_future
from gatecast.data.reading.covariates import with_static_of

__all__ = ["update"]


def update(options: UpdateOptions) -> None:
    """Run the command."""
    check_model(options.model, "update")
    check_outputs({"the data file": options.data}, {"--save": options.save or options.model})
    model = load_model(options.model, "update")
    model.progress = not options.json
    printer = Printer(shown=not options.json)
    table, n_ahead = without_future(read_like_training(options.data, options, model.fitted_))
    say_table(printer, table, n_ahead)
    model.update(with_static_of(table.panel, model.fitted_.after))
    path = options.save or options.model
    model.save(path.resolve())
    if options.json:
        printer.json({"data": table.facts(), "model": decisions_report(Decided.of(model)), "files": {"model": path}})
        return
    say_decisions(printer, Decided.of(model))
    printer.file("written.model_again", path, command=f"gatecast predict {quote(str(path))}")
