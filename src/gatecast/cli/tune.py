"""What does `gatecast tune` do? Read, hold back, search in the rest, measure, write."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING, Any

import typer

from gatecast import LSTMForecaster
from gatecast.cli.choices import hold_out, share_to_test
from gatecast.cli.commands import TuneOptions
from gatecast.cli.language import language
from gatecast.cli.options import INTERRUPTED
from gatecast.cli.output import Printer, check_outputs, is_same, number, rows_of, write
from gatecast.cli.reading import read_known
from gatecast.cli.tables import say_errors, verdict
from gatecast.cli.wording import text
from gatecast.exceptions import ConfigError
from gatecast.model.settings import as_code
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast import Panel
    from gatecast.data.reading.files import Table
    from gatecast.metrics.errors import Evaluation
    from gatecast.tuning import Tuned

__all__ = ["tune"]

SHOWN = 10


def tune(options: TuneOptions) -> None:
    """Run the command."""
    from gatecast.tuning.run import searched
    from gatecast.tuning.search import Search

    shown = not (options.json or options.quiet)
    chosen = replace(options.settings, horizon=options.horizon, seed=options.seed, progress=shown)
    model, wanted = LSTMForecaster.from_settings(chosen), _search(options)
    # before a file is read
    model.settings.check()
    search = Search(**wanted)
    search.check(model.settings)
    share = share_to_test(options.test_size)
    check_outputs({"the data file": options.data}, {"--report": options.report, "--save": options.save})
    _check_study(options)
    printer = Printer(shown=shown)
    table = read_known(printer, options.data, options, model.settings)
    train, held_out = hold_out(table.panel, share, options.horizon, None)
    with searched(train, model, search) as tuned:
        evaluation = None if held_out is None else tuned.model.evaluate(held_out)
        _say(printer, tuned, evaluation, None if held_out is None else len(held_out.values))
        _write(options, tuned, table.panel)
        if options.json:
            printer.json(_report(options, table, tuned, evaluation))
        else:
            _say_settings(printer, options, tuned)
    if tuned.is_interrupted:
        raise typer.Exit(INTERRUPTED)


def _search(options: TuneOptions) -> dict[str, Any]:
    names = ("n_trials", "max_seconds", "patience", "n_windows", "metric", "sampler", "study")
    named = {name: getattr(options, name) for name in names}
    return {"space": _space(options.space) or None, "seed": options.seed % 2**31, **named}


def _space(texts: Sequence[str]) -> dict[str, object]:
    """Read entries of a search space as people write them on the command line."""
    space: dict[str, object] = {}
    for entry in texts:
        name, sign, values = entry.partition("=")
        if not sign or not name:
            raise ConfigError(
                f"`--space {entry}` has no name and values, and for example `--space lookback=8:128` was expected. Put "
                "`=` between the setting and what is tried."
            )
        name, values = name.strip().replace("-", "_"), values.strip()
        tried = tuple(map(_value, values.split(":"))) if ":" in values else list(map(_value, values.split(",")))
        space[name] = tried if values else None
    return space


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()


def _check_study(options: TuneOptions) -> None:
    """Make sure that the study's file is no other one; its content is looked at when it is opened."""
    others = {"the data file": options.data, "the report": options.report, "the model": options.save}
    for what, path in others.items():
        if options.study is not None and path is not None and is_same(path, options.study):
            raise ConfigError(
                f"`--study {options.study}` is {what} itself, and another file was expected. Pass another name."
            )


def _say(printer: Printer, tuned: Tuned, evaluation: Evaluation | None, n_test: int | None) -> None:
    metric = tuned.metric.upper()
    best = tuned.trials.dropna(subset="error").sort_values("error").head(SHOWN)
    windows = Message("tuned.windows", {"n": tuned.n_windows})
    rows = [
        [str(row["trial"]), number(row["error"]), f"{row['seconds']:.1f}", ", ".join(tuned.tried(row, language()))]
        for row in best.to_dict(orient="records")
    ]
    trial, seconds, settings = (text(f"tuned.{name}") for name in ("trial", "seconds", "settings"))
    title = text("tuned.title", n=len(tuned.trials), windows=windows)
    printer.table(title, [trial, metric, seconds, settings], rows, texts=[settings])
    printer.say(text("tuned.ended", why=tuned.ended) + "\n")
    if tuned.importance:
        shares = [
            [name, text("screen.percent", share=f"{100 * share:.0f}")] for name, share in tuned.importance.items()
        ]
        printer.table(text("tuned.mattered"), [text("tuned.setting"), text("tuned.share")], shares)
    if evaluation is None:
        printer.say(text("tuned.not_held") + "\n", style="bold")
    else:
        say_errors(printer, evaluation, n_test or 0, verdict(evaluation))


def _say_settings(printer: Printer, options: TuneOptions, tuned: Tuned) -> None:
    chosen = as_code(tuned.settings)
    # also where --quiet leaves out everything else
    if chosen:
        code = f"LSTMForecaster({tuned.model.horizon}, {chosen})"
        Printer(shown=True).say(text("tuned.best", code=code), wrap=False)
    else:
        Printer(shown=True).say(text("tuned.defaults"))
    printer.file("written.report", options.report)
    printer.file("written.study", options.study)
    if options.save is not None:
        printer.say(text("tuned.from_all"))
    printer.file("written.model_use", options.save, command=f"gatecast predict {quote(str(options.save))}")


def _write(options: TuneOptions, tuned: Tuned, panel: Panel) -> None:
    if options.report is not None:
        write(options.report, tuned.report(language()).encode("utf-8"))
    if options.save is not None:
        model = tuned.model
        if len(panel.values) > int(model.fitted_.lengths.sum()):
            model = LSTMForecaster.from_settings(model.settings_).fit(panel)
        model.save(options.save)


def _report(options: TuneOptions, table: Table, tuned: Tuned, evaluation: Evaluation | None) -> dict[str, object]:
    scores = {} if evaluation is None else evaluation.scores
    errors = {name: {"rmse": score.rmse, "mae": score.mae, "mase": score.mase} for name, score in scores.items()}
    return {
        "data": table.facts(),
        "settings": tuned.settings,
        "search": {
            "metric": tuned.metric,
            "error": tuned.error,
            "best_trial": tuned.best_trial,
            "judged_again": tuned.confirmed,
            "error_of_defaults": tuned.error_of("model"),
            "n_windows": tuned.n_windows,
            "ended_because": tuned.stop,
            "seconds": tuned.seconds,
            "space": tuned.space,
            "importance": tuned.importance,
        },
        # cells without a value are None, also in columns of numbers
        "trials": rows_of(tuned.trials.astype(object).where(tuned.trials.notna(), None)),
        "test": errors or None,
        "files": {"report": options.report, "study": options.study, "model": options.save},
    }
