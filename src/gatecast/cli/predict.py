"""What does `gatecast predict` do? Forecast with a saved model, from its training data's end or from newer data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatecast.cli.choices import levels_of, quantiles_of
from gatecast.cli.commands import PredictOptions
from gatecast.cli.output import Printer, check_outputs, rows_of, write_table
from gatecast.cli.reading import ahead_of_model, ahead_of_table, load_model, read_like_training, say_table
from gatecast.cli.tables import in_english, interval_notes, say_forecast
from gatecast.data.reading.covariates import with_static_of
from gatecast.model.forecast import after_training
from gatecast.model.settings import Settings
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted

__all__ = ["predict"]


def predict(options: PredictOptions) -> None:
    """Run the command."""
    files = {"the model file": options.model, "the data file": options.data, "the future file": options.future_file}
    check_outputs(files, {"--out": options.out})
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
        pandas = replace(fitted, after=panel.in_pandas())
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
    write_table(predicted, options.out, raw_cells=options.raw_cells)
    said = (ahead.note, _recursive(fitted, horizon, levels or quantiles), *interval_notes(model, levels))
    notes = [note for note in said if note is not None]
    if options.json:
        report = {"model": {"path": options.model, **_model_facts(fitted)}, "data": facts, "horizon": horizon}
        files = {"out": options.out}
        printer.json({**report, "forecast": rows_of(predicted), "files": files, "notes": in_english(notes)})
        return
    say_forecast(printer, predicted, panel, horizon, is_saved=options.out is not None)
    printer.notes(notes)
    printer.file("written.forecast", options.out)


def _recursive(fitted: Fitted, horizon: int, uncertain: tuple[float, ...]) -> Message | None:
    learned = fitted.horizon
    if horizon <= learned:
        return None
    wide = Message("judged.grow_as_errors" if learned > 1 else "judged.grow_as_root", {"learned": learned})
    key = "judged.recursive_one" if horizon == learned + 1 else "judged.recursive"
    facts = {"learned": learned, "first": learned + 1, "last": horizon}
    return Message(key, {**facts, "wide": wide if uncertain else ""})


def _model_facts(fitted: Fitted) -> dict[str, object]:
    names = ("horizon", "lookback", "season_length")
    after = fitted.after
    return {name: getattr(fitted, name) for name in names} | {"freq": after.freq, "n_series": after.n_series}
