"""What does `gatecast forecast --model best` do? Compare, and forecast each series with what was best for it.

`--model AutoETS` and the like do the same with one model beside the seasonal naive forecast.
"""

from __future__ import annotations

from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, Any

from gatecast._json import JsonObject
from gatecast.cli import tables
from gatecast.cli.choices import USUAL_LEVELS, levels_of, settings_of
from gatecast.cli.commands import ForecastOptions
from gatecast.cli.compare import SHOWN, counted, covariate_settings, say_board, say_failures
from gatecast.cli.language import language
from gatecast.cli.options import COVARIATES, flag_of
from gatecast.cli.output import Printer, check_outputs, rows_of, try_picture, write_table
from gatecast.cli.reading import ahead_of_table, read, roles_of, say_table
from gatecast.cli.wording import joined, option_text, text
from gatecast.comparison.comparison import BEST
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.settings import changed
from gatecast.texts.message import Message

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
BOUNDS = ("lower", "upper")
# settings of the LSTM that a comparison takes, too; progress is the command's own
KNOWN = (*COVARIATES, *BOUNDS, "horizon", "seed", "progress", "checkpoint_seconds")


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
    best = _best(found, models, options) if options.model == BEST else None
    chosen = best or _within_bounds(*next(iter(models.items())), _bounds(options))
    served = chosen.fit(table.panel)
    known, unused = _known_ahead(served, ahead.rows, tuple(settings.future))
    forecast, without = _predicted(served, known, levels)
    write_table(forecast, options.out, raw_cells=options.raw_cells)
    if options.save is not None and isinstance(served, LSTMForecaster):
        served.save(options.save)
    source = _source(best, next(iter(models)))
    is_drawn, remarks = _draw(options, served, table.panel, known, source, forecast)
    verdict = _verdict(found) if best is not None else []
    notes = [note for note in (ahead.note, unused, without) if note is not None]
    notes += [note for note in found.board.notes if note.code == "note.same_forecasts"]
    if best is not None:
        notes += [note for note in best.notes if note not in found.board.verdict.sentences]
    if options.json:
        files = {"out": options.out, "plot": options.plot if is_drawn else None, "model": options.save}
        report = {"data": table.facts(), "comparison": found.to_dict(), "verdict": tables.in_english(verdict)}
        said = {"notes": tables.in_english(notes), "remarks": tables.in_english(remarks)}
        printer.json({**report, "forecast": rows_of(forecast), "files": files, **said})
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
        printer.say(text("shown.from_models", source=source))
    printer.file("written.forecast", options.out)
    printer.file("written.picture", options.plot if is_drawn else None)
    printer.file("written.model_again", options.save, command=f"gatecast predict {quote(str(options.save))}")
    if remarks:
        printer.say(joined(remarks))


def _refuse_what_is_the_lstms(options: ForecastOptions, settings: Settings) -> None:
    """Refuse options that other models have not, before anything is read."""
    files = ("resume", "no_refit", "quantiles", "weight_col", "start")
    given = [name for name in files if getattr(options, name)] + [n for n in changed(settings) if n not in KNOWN]
    if options.test_size != ForecastOptions.test_size:
        given.append("test_size")
    if given:
        facts = {"option": flag_of(given[0]), "model": quote(options.model)}
        raise ConfigError(Message("option.only_lstm", facts))


def _refuse_what_none_does(options: ForecastOptions, models: dict[str, Forecaster]) -> None:
    """Refuse columns that no model learns from, and a file that no model is kept in, before anything is read."""
    from gatecast.forecaster import LSTMForecaster

    given = covariate_settings(options)
    if given and not any(map(_learns_columns, models.values())):
        facts = {"option": option_text(*next(iter(given.items()))), "model": quote(options.model)}
        raise ConfigError(Message("option.target_alone", facts))
    is_kept = options.model != BEST and isinstance(next(iter(models.values())), LSTMForecaster)
    if options.save is not None and not is_kept:
        refused: JsonObject = {"path": quote(str(options.save))}
        if options.model == BEST:
            raise ConfigError(Message("option.save_best", refused))
        raise ConfigError(Message("option.save_no_lstm", refused | {"model": quote(options.model)}))


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

    columns = covariate_settings(options) | _bounds(options)
    names = USUAL if options.model == BEST else dict.fromkeys((options.model, YARDSTICK))
    made = [model_named(name, options.horizon, seed, **columns) for name in names]
    return dict(zip((entry.name for entry in named_models(made)), made, strict=True))


def _known_ahead(served: Forecaster | Best, rows: Any, names: tuple[str, ...]) -> tuple[dict[str, Any], Message | None]:
    """Return what is passed of what is known ahead, and a note where no model that was chosen learned from it."""
    from gatecast.backtesting.combination import knows_ahead
    from gatecast.comparison.best import Best

    if rows is None:
        return {}, None
    if any(map(knows_ahead, served.models.values() if isinstance(served, Best) else [served])):
        return {"future": rows}, None
    return {}, Message("shown.not_used", {"names": list(names), "n": len(names)})


def _predicted(
    served: Forecaster | Best, known: dict[str, Any], levels: tuple[float, ...]
) -> tuple[pd.DataFrame, Message | None]:
    """Forecast with intervals where there can be any, and say where there are none."""
    try:
        return served.predict(level=levels or None, **known), None
    except DataError:
        if not levels:
            raise
        return served.predict(**known), Message("shown.no_intervals")


def _verdict(found: Comparison) -> list[Message]:
    """Say which model is best; a faster one is had by its name, as this command does not choose by time.

    How many windows there are is no option of this command, so that no more of them are advised.
    """
    verdict = found.board.verdict
    by_name = {"setting": {"model": verdict.faster}}
    return [
        Message(each.code, each.facts | by_name) if each.code.startswith("verdict.beside") else each
        for each in verdict.sentences
        if each.code != "note.few_windows"
    ]


def _source(best: Best | None, name: str) -> str:
    """Name what makes the forecast."""
    if best is None:
        return name
    names = best.choices.values()
    return counted(names) if len(names) > 1 else next(iter(names), best.overall)


def _draw(
    options: ForecastOptions,
    served: Forecaster | Best,
    panel: Panel,
    known: dict[str, Any],
    source: str,
    forecast: pd.DataFrame,
) -> tuple[bool, list[Message]]:
    """Draw the first series with intervals; return whether that was possible, and remarks."""
    if options.plot is None:
        return False, []
    from gatecast.charts import plot_forecast
    from gatecast.comparison.best import Best

    first = panel.ids.tolist()[0]
    name = served.choices.get(first, served.overall) if isinstance(served, Best) else source

    def draw() -> Figure:
        table = forecast if options.level else _predicted(served, known, USUAL_LEVELS)[0]
        title = f"{first}: {name}"
        return plot_forecast(served, panel, forecast=table, unique_id=first, title=title, lang=language())

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


def _best(found: Comparison, models: dict[str, Forecaster], options: ForecastOptions) -> Best:
    from gatecast.comparison.best import Best

    return Best(found.board, models, **_bounds(options))


def _bounds(options: ForecastOptions) -> dict[str, Any]:
    """Return the bounds of forecasts; only what differs from the defaults."""
    return {name: value for name, value in changed(options.settings).items() if name in BOUNDS}


def _within_bounds(name: str, model: Forecaster, bounds: dict[str, Any]) -> Forecaster:
    """Return a model that stays within bounds; one that has none of its own in a mean of it alone."""
    from gatecast.backtesting.combination import Combination

    if not bounds or hasattr(model, "lower"):
        return model
    return Combination({name: model}, label=name, **bounds)
