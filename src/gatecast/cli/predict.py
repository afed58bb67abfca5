"""What does `gatecast predict` do? Forecast with a saved model, from its training data's end or from newer data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatecast.cli.ahead import ahead_of_model, ahead_of_table
from gatecast.cli.choices import levels_of, quantiles_of
from gatecast.cli.commands import PredictOptions
from gatecast.cli.decisions import interval_notes
from gatecast.cli.output import Printer
from gatecast.cli.outputs import check_outputs, rows_of, write_table
from gatecast.cli.reading import load_model, read_like_training, say_table
from gatecast.cli.tables import say_forecast
from gatecast.data.reading.covariates import with_static_of
from gatecast.model.forecast import after_training
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gatecast.model.fitted import Fitted

__all__ = ["predict"]


def predict(options: PredictOptions) -> None:
    """Run the command."""
    _check_files(options)
    levels, quantiles = levels_of(options.level), quantiles_of(options)
    if options.horizon is not None:
        Settings(options.horizon).check()
    model = load_model(options.model, "predict")
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
        read = read_like_training(options.data, options, fitted)
        table, ahead = ahead_of_table(read, names, options.future_file, options, horizon)
        facts = table.facts()
        say_table(printer, table, ahead.n_steps)
        panel = with_static_of(table.panel, fitted.after)
        predicted = model.predict(
            horizon, data=panel, future=ahead.rows, level=levels or None, quantiles=quantiles or None
        )
    if options.out:
        write_table(predicted, options.out)
    said = (ahead.note, _recursive(fitted, horizon, levels or quantiles), *interval_notes(model, levels))
    notes = [note for note in said if note]
    if options.json:
        printer.json(_report(options, fitted, horizon, facts, predicted) | {"notes": notes})
        return
    say_forecast(printer, predicted, panel, horizon, is_saved=options.out is not None)
    printer.notes(notes)
    if options.out:
        printer.say(f"Forecast written to {options.out}", wrap=False)


def _check_files(options: PredictOptions) -> None:
    files = {"the model file": options.model, "the data file": options.data, "the future file": options.future_file}
    check_outputs(files, {"--out": options.out})


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
    options: PredictOptions, fitted: Fitted, horizon: int, facts: Mapping[str, object] | None, predicted: pd.DataFrame
) -> dict[str, object]:
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
