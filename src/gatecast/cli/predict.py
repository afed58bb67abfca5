"""What does `gatecast predict` do? Forecast with a saved model, from its training data's end or from newer data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatecast import LSTMForecaster
from gatecast.cli.ahead import Ahead, ahead_of_model, ahead_of_table
from gatecast.cli.choices import levels_of, quantiles_of
from gatecast.cli.commands import PredictOptions
from gatecast.cli.decisions import interval_notes
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs, rows_of, write_table
from gatecast.cli.reading import read, say_table
from gatecast.cli.tables import say_forecast
from gatecast.data.reading.covariates import with_static_of
from gatecast.model.forecast import after_training
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.data.reading.files import Table
    from gatecast.model.fitted import Fitted

__all__ = ["predict"]


def predict(options: PredictOptions) -> None:
    """Run the command."""
    _check_files(options)
    levels, quantiles = levels_of(options.level), quantiles_of(options)
    if options.horizon is not None:
        Settings(options.horizon).check()
    model = LSTMForecaster.load(options.model)
    fitted = model.fitted_
    horizon = options.horizon or fitted.horizon
    names = () if fitted.preparation.encoder is None else fitted.preparation.encoder.future_names
    printer = Printer(shown=not options.json)
    panel, facts = fitted.after, None
    if options.data is None:
        ahead = ahead_of_model(panel, names, options.future_file, options, horizon)
        # a model of polars' tables forecasts here, too, where polars may be missing
        pandas = replace(fitted, after=replace(panel, backend="pandas"))
        predicted = after_training(pandas, ahead.rows, horizon).table(horizon, levels, quantiles)
    else:
        table, ahead = _read_like_training(options.data, options, fitted, names, horizon)
        facts = table.facts()
        say_table(printer, table, ahead.n_steps)
        panel = with_static_of(table.panel, fitted.after)
        wanted: dict[str, Any] = {"future": ahead.rows, "level": levels or None, "quantiles": quantiles or None}
        predicted = model.predict(horizon, data=panel, **wanted)
    if options.out:
        write_table(predicted, options.out)
    notes = [
        note
        for note in (ahead.note, _recursive(fitted, horizon, levels or quantiles), *interval_notes(model, levels))
        if note
    ]
    if options.json:
        printer.json(_report(options, fitted, horizon, facts, predicted) | {"notes": notes})
        return
    say_forecast(printer, predicted, panel, horizon, is_saved=options.out is not None)
    for note in notes:
        printer.say(f"Note: {note}")
    if options.out:
        printer.say(f"Forecast written to {options.out}", wrap=False)


def _check_files(options: PredictOptions) -> None:
    files = {"the model file": options.model, "the data file": options.data, "the future file": options.future_file}
    check_outputs({what: path for what, path in files.items() if path is not None}, {"--out": options.out})


def _read_like_training(
    path: Path, options: PredictOptions, fitted: Fitted, names: tuple[str, ...], horizon: int
) -> tuple[Table, Ahead]:
    """Read newer data with the names and, where it does not show, the frequency of the training data.

    Raises:
        DataError: The file cannot be read, or a value that must be known ahead is missing.
    """
    roles, like = fitted.after.roles, fitted.after.columns
    table = read(path, options, roles, like)
    if options.freq is None and fitted.shows_no_frequency(table.panel):
        options = replace(options, freq=str(fitted.after.freq))
        table = read(path, options, roles, like)
    return ahead_of_table(table, names, options.future_file, options, horizon)


def _recursive(fitted: Fitted, horizon: int, uncertain: tuple[float, ...]) -> str:
    if horizon <= fitted.horizon:
        return ""
    first = fitted.horizon + 1
    steps = f"step {first} is" if first == horizon else f"steps {first} to {horizon} are"
    grown = (
        f"grow as errors grew over {fitted.horizon} steps" if fitted.horizon > 1 else "grow with the root of the step"
    )
    wide = f", and intervals there {grown}; how often they hold was not measured" if uncertain else ""
    return f"The model learned {fitted.horizon} steps ahead: {steps} forecast from the forecasts{wide}."


def _report(
    options: PredictOptions, fitted: Fitted, horizon: int, facts: dict[str, Any] | None, predicted: Any
) -> dict[str, Any]:
    return {
        "model": {
            "path": options.model,
            "horizon": fitted.horizon,
            "lookback": fitted.lookback,
            "season_length": fitted.season_length,
            "freq": fitted.after.freq,
            "n_series": fitted.after.n_series,
        },
        "data": facts,
        "horizon": horizon,
        "forecast": rows_of(predicted),
        "files": {"out": options.out},
    }
