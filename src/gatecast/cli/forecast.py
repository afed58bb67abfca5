"""What does `gatecast forecast` do? Read, split, fit, evaluate, fit on everything, forecast, write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from gatecast import LSTMForecaster
from gatecast.cli.ahead import Ahead, ahead_of_table
from gatecast.cli.choices import USUAL_LEVELS, levels_of, quantiles_of, settings_of, share_to_test
from gatecast.cli.commands import ForecastOptions
from gatecast.cli.decisions import check_intervals, decisions_report, notes_about, say_decisions, validation_coverage
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs, rows_of, write_picture, write_table
from gatecast.cli.reading import read, roles_of, say_table
from gatecast.cli.tables import coverage_words, say_forecast
from gatecast.cli.trial import Budget, Checkpoints, Tested, try_out
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gatecast import Panel
    from gatecast.data.reading.files import Table

__all__ = ["forecast"]


@dataclass(frozen=True)
class Made:
    """A forecast, the model that made it, and what was done to get here in one sentence."""

    model: LSTMForecaster
    table: pd.DataFrame
    note: str


def forecast(options: ForecastOptions) -> None:
    """Run the command."""
    budget = Budget.start(options.settings.max_seconds)
    checkpoints = Checkpoints.of(options)
    try:
        _forecast(options, budget, checkpoints)
    except KeyboardInterrupt:
        if checkpoints.path is not None and checkpoints.is_there:
            typer.echo(f"Go on with the same command and `--resume {checkpoints.path}`.", err=True)
        raise


def _forecast(options: ForecastOptions, budget: Budget, checkpoints: Checkpoints) -> None:
    settings, share = settings_of(options, options.horizon), _share(options)
    levels, quantiles = levels_of(options.level), quantiles_of(options)
    _check_files(options, checkpoints)
    printer = Printer(shown=not (options.json or options.quiet))
    table, ahead = _read(options)
    say_table(printer, table, ahead.n_steps)
    panel = table.panel
    if levels or quantiles:
        check_intervals(settings, panel)
    tested = try_out(printer, settings, panel, share, levels or USUAL_LEVELS, budget, checkpoints)
    made = _make(options, settings, panel, ahead, tested, budget, checkpoints, levels, quantiles)
    seconds = {"test": budget.test_seconds, "fit": budget.seconds - budget.test_seconds}
    remark = _write(options, made, tested, panel)
    coverage, where = _coverage(made, tested, levels or USUAL_LEVELS)
    notes = [note for note in (ahead.note, *notes_about(panel, made.model, levels)) if note]
    if options.json:
        report = _report(options, table, made, tested, checkpoints.path)
        intervals = {"coverage": coverage, "measured_on": where}
        remarks = [remark] if remark else []
        printer.json({**report, "intervals": intervals, "seconds": seconds, "notes": notes, "remarks": remarks})
        return
    say_decisions(printer, made.model)
    if not (options.quiet and options.out):
        say_forecast(Printer(shown=True), made.table, panel, options.horizon, is_saved=options.out is not None)
    if levels:
        printer.say(coverage_words(coverage, where) if coverage else "How often the intervals hold was not measured.")
    printer.notes(notes)
    printer.say(made.note)
    _say_files(printer, options, made, tested, remark)
    if checkpoints.path is not None:
        printer.say(f"Checkpoint kept; the same command goes on from it with: --resume {checkpoints.path}", wrap=False)


def _share(options: ForecastOptions) -> float | int:
    share = share_to_test(options.test_size)
    if share == 0 and options.no_refit:
        raise ConfigError(
            "`--no-refit` was passed with `--test-size 0`, so no model would be trained at all, and one of them was "
            "expected. Leave `--no-refit` out to learn from all points without a test."
        )
    return share


def _check_files(options: ForecastOptions, checkpoints: Checkpoints) -> None:
    inputs = {"the data file": options.data, "the future file": options.future_file}
    outputs = {"--out": options.out, "--plot": options.plot, "--save": options.save}
    check_outputs(inputs, {**outputs, "--checkpoint": checkpoints.path, "--checkpoint (test)": checkpoints.test_path})


def _read(options: ForecastOptions) -> tuple[Table, Ahead]:
    roles = roles_of(options.settings)
    table = read(options.data, options, roles)
    return ahead_of_table(table, roles.future, options.future_file, options, options.horizon)


def _make(
    options: ForecastOptions,
    settings: Settings,
    panel: Panel,
    ahead: Ahead,
    tested: Tested | None,
    budget: Budget,
    checkpoints: Checkpoints,
    levels: tuple[float, ...],
    quantiles: tuple[float, ...],
) -> Made:
    """Learn from everything and forecast; or read everything with the model that was tested."""
    if tested is not None and (options.no_refit or not budget.allows_refit):
        why = "as was asked for" if options.no_refit else "because no time was left to learn again"
        note = (
            f"The model that was tested made the forecast, {why}: it learned from the points before the test part and "
            "has read all of them."
        )
        table = tested.model.predict(data=panel, future=ahead.rows, level=levels or None, quantiles=quantiles or None)
        return Made(tested.model, table, note)
    model = LSTMForecaster.from_settings(replace(settings, max_seconds=budget.left, checkpoint=checkpoints.path))
    model.fit(panel, resume=checkpoints.resumed)
    note = "" if tested is None else "The forecast comes from a second fit, which learned from the test part too."
    table = model.predict(future=ahead.rows, level=levels or None, quantiles=quantiles or None)
    return Made(model, table, note)


def _coverage(made: Made, tested: Tested | None, levels: tuple[float, ...]) -> tuple[dict[float, float], str]:
    """Return how often intervals held, and where that was measured."""
    if tested is not None:
        return tested.evaluation.coverage, "the test part"
    return validation_coverage(made.model, levels), "the validation set, from which their widths come"


def _write(options: ForecastOptions, made: Made, tested: Tested | None, panel: Panel) -> str:
    """Write the files that were asked for; returns a remark about the picture."""
    if options.out:
        write_table(made.table, options.out)
    if options.save:
        made.model.save(options.save.resolve())
    if not options.plot:
        return ""
    from gatecast.charts import plot_forecast

    first = panel.ids.tolist()[0]
    if tested is None:
        figure = plot_forecast(made.model, panel, forecast=made.table, unique_id=first)
    else:
        figure = plot_forecast(tested.model, tested.train, tested.held_out, made.table, unique_id=first)
    remark = write_picture(figure, options.plot)
    others = "" if panel.n_series == 1 else f"{options.plot} shows the first of {panel.n_series} series, {first!r}. "
    return others + remark


def _say_files(printer: Printer, options: ForecastOptions, made: Made, tested: Tested | None, remark: str) -> None:
    if options.out:
        printer.say(f"Forecast written to {options.out}", wrap=False)
    if options.plot:
        printer.say(f"Picture drawn to {options.plot}", wrap=False)
    if options.save:
        is_tested = tested is not None and made.model is tested.model
        data = f" {options.data}" if is_tested else ""
        again = f"gatecast predict {options.save}{data}"
        printer.say(f"Model saved to {options.save}; forecast again with: {again}", wrap=False)
    if remark:
        printer.say(remark)


def _report(
    options: ForecastOptions, table: Table, made: Made, tested: Tested | None, checkpoint: Path | None
) -> dict[str, object]:
    return {
        "data": table.facts(),
        "model": decisions_report(made.model),
        "test": None if tested is None else tested.report(),
        "refitted": tested is None or made.model is not tested.model,
        "done": made.note,
        "forecast": rows_of(made.table),
        "files": {"out": options.out, "plot": options.plot, "model": options.save, "checkpoint": checkpoint},
    }
