"""What does `gatecast forecast --model best` do? Compare, and forecast each series with what was best for it.

`--model AutoETS` and the like do the same with one model beside the seasonal naive forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, Any

from gatecast.cli import tables
from gatecast.cli.choices import USUAL_LEVELS, levels_of, settings_of
from gatecast.cli.commands import ForecastOptions
from gatecast.cli.compare import SHOWN, counted, covariate_settings, say_board, say_failures
from gatecast.cli.options import COVARIATES, flag_of
from gatecast.cli.output import Printer, check_outputs, rows_of, try_picture, write_table
from gatecast.cli.reading import ahead_of_table, read, roles_of, say_table
from gatecast.cli.wording import as_options, option_text
from gatecast.comparison.comparison import BEST
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.settings import changed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from gatecast.comparison.best import Best
    from gatecast.comparison.comparison import Comparison
    from gatecast.data import Panel
    from gatecast.forecaster import Forecaster
    from gatecast.model.settings import Settings

__all__ = ["forecast_others"]

YARDSTICK = "SeasonalNaive"
# settings of the LSTM that a comparison takes, too; progress is the command's own
KNOWN = (*COVARIATES, "horizon", "seed", "progress", "checkpoint_seconds")
NO_INTERVALS = "There are no intervals: of these series nothing could be held back to measure errors on."


def forecast_others(options: ForecastOptions) -> None:
    """Run the command with models other than the LSTM alone."""
    from gatecast.comparison.comparison import known_name
    from gatecast.forecaster import LSTMForecaster

    options = replace(options, model=known_name(options.model, (BEST,)))
    settings, levels = settings_of(options, options.horizon), levels_of(options.level)
    _refuse_what_is_the_lstms(options, settings)
    models = _models(options, settings.seed)
    _refuse_what_none_does(options, models)
    outputs = {"--out": options.out, "--plot": options.plot, "--save": options.save}
    check_outputs({"the data file": options.data, "the future file": options.future_file}, outputs)
    printer = Printer(shown=not (options.json or options.quiet))
    table = read(options.data, options, roles_of(options.settings))
    table, ahead = ahead_of_table(table, tuple(settings.future), options.future_file, options, options.horizon)
    say_table(printer, table, ahead.n_steps)
    found = _compared(table.panel, models, options, settings, levels)
    best = _best(found, models) if options.model == BEST else None
    chosen = best or next(iter(models.values()))
    served = chosen.fit(table.panel)
    known, unused = _known_ahead(served, ahead.rows, tuple(settings.future))
    forecast, without = _predicted(served, known, levels)
    write_table(forecast, options.out, raw_cells=options.raw_cells)
    if options.save is not None and isinstance(served, LSTMForecaster):
        served.save(options.save.resolve())
    source = _source(best, next(iter(models)))
    is_drawn, remark = _draw(options, served, table.panel, known, source)
    verdict = _verdict(found) if best is not None else []
    notes = [note for note in (ahead.note, unused, without) if note]
    if best is not None:
        notes += [note.say("en", as_options) for note in best.notes if note not in found.board.verdict.sentences]
    if options.json:
        files = {"out": options.out, "plot": options.plot if is_drawn else None, "model": options.save}
        report = {"data": table.facts(), "comparison": found.to_dict(), "verdict": verdict}
        remarks = [remark] if remark else []
        printer.json({**report, "forecast": rows_of(forecast), "files": files, "notes": notes, "remarks": remarks})
        return
    say_board(printer, found.board, found.backtest, options.horizon, None, SHOWN, {})
    say_failures(printer, found.board.errors)
    for sentence in verdict:
        printer.say(sentence, style="bold")
    printer.say()
    if not (options.quiet and options.out):
        is_saved = options.out is not None
        tables.say_forecast(Printer(shown=True), forecast, table.panel, options.horizon, is_saved=is_saved)
    printer.notes(notes)
    if best is not None:
        printer.say(f"The forecast comes from {source}, fitted to all points.")
    printer.file("Forecast written to", options.out)
    printer.file("Picture drawn to", options.plot if is_drawn else None)
    printer.file("Model saved to", options.save, f"; forecast again with: gatecast predict {quote(str(options.save))}")
    if remark:
        printer.say(remark)


def _refuse_what_is_the_lstms(options: ForecastOptions, settings: Settings) -> None:
    """Refuse options that other models have not, before anything is read."""
    files = ("resume", "no_refit", "quantiles")
    given = [name for name in files if getattr(options, name)] + [n for n in changed(settings) if n not in KNOWN]
    if options.test_size != ForecastOptions.test_size:
        given.append("test_size")
    if given:
        raise ConfigError(
            f"`{flag_of(given[0])}` was passed with `--model {quote(options.model)}`, and only the LSTM has it. Leave "
            "it out, or leave `--model` out."
        )


def _refuse_what_none_does(options: ForecastOptions, models: dict[str, Forecaster]) -> None:
    """Refuse columns that no model learns from, and a file that no model is kept in, before anything is read."""
    from gatecast.forecaster import LSTMForecaster

    given = covariate_settings(options)
    if given and not any(map(_learns_columns, models.values())):
        raise ConfigError(
            f"`{option_text(*next(iter(given.items())))}` was passed with `--model {quote(options.model)}`, which "
            "learns from the target alone. Leave it out, or take `--model LSTM`."
        )
    is_kept = options.model != BEST and isinstance(next(iter(models.values())), LSTMForecaster)
    if options.save is not None and not is_kept:
        why = "which may choose others than the LSTM" if options.model == BEST else "which is no LSTM"
        raise ConfigError(
            f"`--save {options.save}` was passed with `--model {quote(options.model)}`, {why}, and `gatecast predict` "
            "reads an LSTM alone. Leave `--save` out and keep the forecast with `--out`, or leave `--model` out."
        )


def _learns_columns(model: object) -> bool:
    """Tell whether a model, or one that it is made of, learns from more than the target."""
    from gatecast.backtesting.models import Nested
    from gatecast.forecaster import LSTMForecaster

    if isinstance(model, Nested):
        return any(map(_learns_columns, model.members.values()))
    return isinstance(model, LSTMForecaster) and model.pretrained != "only"


def _models(options: ForecastOptions, seed: int) -> dict[str, Forecaster]:
    """Make the models by their names; the one that was asked for comes first."""
    from gatecast.backtesting.models import named_models
    from gatecast.comparison.comparison import USUAL, model_named

    columns = covariate_settings(options)
    names = USUAL if options.model == BEST else dict.fromkeys((options.model, YARDSTICK))
    made = [model_named(name, options.horizon, seed, **columns) for name in names]
    return dict(zip((entry.name for entry in named_models(made)), made, strict=True))


def _known_ahead(served: Forecaster | Best, rows: Any, names: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Return what is passed of what is known ahead, and a note where no model that was chosen learned from it."""
    from gatecast.backtesting.combination import knows_ahead
    from gatecast.comparison.best import Best

    if rows is None:
        return {}, ""
    if any(map(knows_ahead, served.models.values() if isinstance(served, Best) else [served])):
        return {"future": rows}, ""
    was = "was" if len(names) == 1 else "were"
    return {}, f"{', '.join(names)} {was} not used: what forecasts learned from the target alone."


def _predicted(served: Forecaster | Best, known: dict[str, Any], levels: tuple[float, ...]) -> tuple[pd.DataFrame, str]:
    """Forecast with intervals where there can be any, and say where there are none."""
    try:
        return served.predict(level=levels or None, **known), ""
    except DataError:
        if not levels:
            raise
        return served.predict(**known), NO_INTERVALS


def _verdict(found: Comparison) -> list[str]:
    """Say which model is best; a faster one is had by its name, as this command does not choose by time."""
    verdict = found.board.verdict

    def options(settings: Mapping[str, object]) -> str:
        return as_options({"model": verdict.faster} if "prefer" in settings else settings)

    return [text.say("en", options) for text in verdict.sentences]


def _source(best: Best | None, name: str) -> str:
    """Name what makes the forecast."""
    if best is None:
        return name
    names = best.choices.values()
    return counted(names) if len(names) > 1 else next(iter(names), best.overall)


def _draw(
    options: ForecastOptions, served: Forecaster | Best, panel: Panel, known: dict[str, Any], source: str
) -> tuple[bool, str]:
    """Draw the first series with intervals; return whether that was possible, and a remark."""
    if options.plot is None:
        return False, ""
    from gatecast.charts import plot_forecast
    from gatecast.comparison.best import Best

    first = panel.ids.tolist()[0]
    name = served.choices.get(first, served.overall) if isinstance(served, Best) else source

    def draw() -> Figure:
        table, _ = _predicted(served, known, levels_of(options.level) or USUAL_LEVELS)
        return plot_forecast(served, panel, forecast=table, unique_id=first, title=f"{first}: {name}")

    return try_picture(draw, options.plot, panel.ids.tolist())


def _compared(
    panel: Panel, models: dict[str, Forecaster], options: ForecastOptions, settings: Settings, levels: tuple[float, ...]
) -> Comparison:
    from gatecast.backtesting.backtest import usual_jobs
    from gatecast.comparison.comparison import compare

    return compare(
        panel,
        options.horizon,
        models,
        level=levels or USUAL_LEVELS,
        n_jobs=usual_jobs(panel.n_series),
        seed=settings.seed,
        progress=bool(settings.progress),
    )


def _best(found: Comparison, models: dict[str, Forecaster]) -> Best:
    from gatecast.comparison.best import Best

    return Best(found.board, models)
