"""What does `gatecast predict` do? Forecast with a saved model, from its training data's end or from newer data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatecast import LSTMForecaster
from gatecast.cli.options import PredictOptions
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs, rows_of, write_table
from gatecast.cli.reading import read, say_table
from gatecast.cli.tables import say_forecast
from gatecast.forecasts import after_training
from gatecast.settings import Settings

if TYPE_CHECKING:
    from gatecast.data.files import Table
    from gatecast.fitted import Fitted

__all__ = ["predict"]


def predict(options: PredictOptions) -> None:
    """Run the command."""
    inputs = {"the model file": options.model}
    if options.data is not None:
        inputs["the data file"] = options.data
    check_outputs(inputs, {"--out": options.out})
    if options.horizon is not None:
        Settings(options.horizon).check()
    model = LSTMForecaster.load(options.model)
    fitted = model.fitted_
    horizon = options.horizon or fitted.horizon
    printer = Printer(shown=not options.json)
    panel, facts = fitted.after, None
    if options.data is None:
        # a model of polars' tables forecasts here, too, where polars may be missing
        pandas = replace(fitted, after=replace(fitted.after, backend="pandas"))
        predicted = after_training(pandas).table(horizon)
    else:
        table = _read_like_training(options.data, options, fitted)
        panel, facts = table.panel, table.facts()
        say_table(printer, table)
        predicted = model.predict(horizon, data=panel)
    if options.out:
        write_table(predicted, options.out)
    if options.json:
        printer.json(_report(options, fitted, horizon, facts, predicted))
        return
    say_forecast(printer, predicted, panel, horizon, is_saved=options.out is not None)
    if horizon > fitted.horizon:
        printer.say(
            f"The model learned {fitted.horizon} steps ahead; the steps beyond are forecast from its own forecasts."
        )
    if options.out:
        printer.say(f"Forecast written to {options.out}", wrap=False)


def _read_like_training(path: Path, options: PredictOptions, fitted: Fitted) -> Table:
    """Read newer data with the names and, where it does not show, the frequency of the training data.

    Raises:
        DataError: The file cannot be read.
    """
    table = read(path, options, fitted.after.columns)
    if options.freq is None and fitted.shows_no_frequency(table.panel):
        table = read(path, replace(options, freq=str(fitted.after.freq)), fitted.after.columns)
    return table


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
