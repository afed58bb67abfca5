"""What does `gatecast forecast --model best` do? Compare, and forecast each series with what was best for it.

`--model AutoETS` and the like do the same with one model beside the seasonal naive forecast.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gatecast.cli import tables
from gatecast.cli.choices import USUAL_LEVELS, levels_of, settings_of
from gatecast.cli.commands import ForecastOptions
from gatecast.cli.compare import SHOWN, counted, covariate_settings, say_board, say_failures
from gatecast.cli.options import COVARIATES, flag_of
from gatecast.cli.output import Printer, check_outputs, rows_of, write_table
from gatecast.cli.reading import ahead_of_table, read, roles_of, say_table
from gatecast.cli.wording import as_options
from gatecast.exceptions import ConfigError
from gatecast.model.settings import changed

if TYPE_CHECKING:
    from gatecast.comparison.best import Best
    from gatecast.comparison.comparison import Comparison
    from gatecast.data import Panel
    from gatecast.forecaster import Forecaster
    from gatecast.model.settings import Settings

__all__ = ["BEST", "forecast_others"]

BEST, YARDSTICK = "best", "SeasonalNaive"
# settings of the LSTM that a comparison takes, too; progress is the command's own
KNOWN = (*COVARIATES, "horizon", "seed", "progress", "checkpoint_seconds")


def forecast_others(options: ForecastOptions) -> None:
    """Run the command with models other than the LSTM alone."""
    settings, levels = settings_of(options, options.horizon), levels_of(options.level)
    _refuse_what_is_the_lstms(options, settings)
    check_outputs({"the data file": options.data, "the future file": options.future_file}, {"--out": options.out})
    models = _models(options, settings.seed)
    printer = Printer(shown=not (options.json or options.quiet))
    table = read(options.data, options, roles_of(options.settings))
    table, ahead = ahead_of_table(table, tuple(settings.future), options.future_file, options, options.horizon)
    say_table(printer, table, ahead.n_steps)
    found = _compared(table.panel, models, options, settings, levels)
    best = _best(found, models) if options.model == BEST else None
    chosen = best or models[options.model]
    known = {} if ahead.rows is None else {"future": ahead.rows}
    forecast = chosen.fit(table.panel).predict(level=levels or None, **known)
    write_table(forecast, options.out, raw_cells=options.raw_cells)
    verdict = [text.say("en", as_options) for text in found.board.verdict.sentences] if best is not None else []
    notes = [ahead.note] if ahead.note else []
    if options.json:
        report = {"data": table.facts(), "comparison": found.to_dict(), "verdict": verdict}
        printer.json({**report, "forecast": rows_of(forecast), "files": {"out": options.out}, "notes": notes})
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
        names = best.choices.values()
        source = counted(names) if len(names) > 1 else next(iter(names), best.overall)
        printer.say(f"The forecast comes from {source}, fitted to all points.")
    printer.file("Forecast written to", options.out)


def _refuse_what_is_the_lstms(options: ForecastOptions, settings: Settings) -> None:
    """Refuse options that other models have not, before anything is read."""
    files = ("plot", "save", "resume", "no_refit", "quantiles")
    given = [name for name in files if getattr(options, name)] + [n for n in changed(settings) if n not in KNOWN]
    if options.test_size != ForecastOptions.test_size:
        given.append("test_size")
    if given:
        raise ConfigError(
            f"`{flag_of(given[0])}` was passed with `--model {quote(options.model)}`, and only the LSTM has it. Leave "
            "it out, or leave `--model` out."
        )


def _models(options: ForecastOptions, seed: int) -> dict[str, Forecaster]:
    from gatecast.comparison.comparison import USUAL, model_named

    columns = covariate_settings(options)
    names = USUAL if options.model == BEST else dict.fromkeys((options.model, YARDSTICK))
    return {name: model_named(name, options.horizon, seed, **columns) for name in names}


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
