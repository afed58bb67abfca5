"""What does `gatecast tune` do? Read, hold back, search in the rest, measure, write."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from gatecast import LSTMForecaster
from gatecast.cli.choices import hold_out, share_to_test
from gatecast.cli.commands import TuneOptions
from gatecast.cli.options import INTERRUPTED
from gatecast.cli.output import Printer, number
from gatecast.cli.outputs import check_outputs, rows_of, write
from gatecast.cli.reading import read, roles_of, say_table
from gatecast.cli.tables import say_errors, verdict
from gatecast.data.reading.ahead import without_future
from gatecast.exceptions import ConfigError
from gatecast.model.settings import as_code

if TYPE_CHECKING:
    import pandas as pd

    from gatecast import Panel
    from gatecast.data.reading.files import Table
    from gatecast.metrics.errors import Evaluation
    from gatecast.tuning import Tuned

__all__ = ["tune"]

SHOWN = 10


def tune(options: TuneOptions) -> None:
    """Run the command."""
    from gatecast.tuning import tune as search
    from gatecast.tuning.search import Search

    model, wanted = _model(options), _search(options)
    # before a file is read
    model.settings.check()
    Search(**wanted).check(model.settings)
    share = share_to_test(options.test_size)
    check_outputs({"the data file": options.data}, {"--report": options.report, "--save": options.save})
    _check_study(options)
    printer = Printer(shown=not (options.json or options.quiet))
    table, n_ahead = without_future(read(options.data, options, roles_of(model.settings)))
    say_table(printer, table, n_ahead)
    train, held_out = hold_out(table.panel, share, options.horizon, None)
    tuned = search(train, model, **wanted)
    evaluation = None if held_out is None else tuned.model.evaluate(held_out)
    _say(printer, tuned, evaluation, None if held_out is None else len(held_out.values))
    _write(options, tuned, table.panel)
    if options.json:
        printer.json(_report(options, table, tuned, evaluation))
    else:
        _say_settings(Printer(shown=True), tuned)
        _say_files(printer, options)
    if tuned.is_interrupted:
        raise typer.Exit(INTERRUPTED)


def _model(options: TuneOptions) -> LSTMForecaster:
    chosen = replace(
        options.settings,
        horizon=options.horizon,
        seed=options.seed,
        progress=not (options.json or options.quiet),
    )
    return LSTMForecaster.from_settings(chosen)


def _search(options: TuneOptions) -> dict[str, Any]:
    return {
        "space": _space(options.space) or None,
        "n_trials": options.n_trials,
        "max_seconds": options.max_seconds,
        "patience": options.patience,
        "n_windows": options.n_windows,
        "metric": options.metric,
        "sampler": options.sampler,
        "study": options.study,
        "seed": options.seed % 2**31,
    }


def _space(texts: Sequence[str]) -> dict[str, object]:
    """Read entries of a search space as people write them on the command line.

    Examples:
        >>> _space(["lookback=8:128", "learning-rate=1e-4:1e-2:log", "cell=lstm,gru", "dropout="])
        {'lookback': (8, 128), 'learning_rate': (0.0001, 0.01, 'log'), 'cell': ['lstm', 'gru'], 'dropout': None}
    """
    space: dict[str, object] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not name:
            raise ConfigError(
                f"`--space {text}` has no name and values, and for example `--space lookback=8:128` was expected. Put "
                "`=` between the setting and what is tried."
            )
        name = name.strip().replace("-", "_")
        space[name] = _values(values.strip())
    return space


def _values(text: str) -> object:
    if not text:
        return None
    if ":" in text:
        return tuple(_value(part) for part in text.split(":"))
    return [_value(part) for part in text.split(",")]


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()


def _check_study(options: TuneOptions) -> None:
    """Make sure that the study's file is no other one; its content is looked at when it is opened."""
    if options.study is None:
        return
    others = {"the data file": options.data, "the report": options.report, "the model": options.save}
    for what, path in others.items():
        if path is not None and path.resolve() == options.study.resolve():
            raise ConfigError(
                f"`--study {options.study}` is {what} itself, and another file was expected. Pass another name."
            )


def _say(printer: Printer, tuned: Tuned, evaluation: Evaluation | None, n_test: int | None) -> None:
    metric = tuned.metric.upper()
    best = tuned.trials.dropna(subset="error").sort_values("error").head(SHOWN)
    several = "one window" if tuned.n_windows == 1 else f"{tuned.n_windows} windows"
    rows = [
        [str(row["trial"]), number(row["error"]), f"{row['seconds']:.1f}", ", ".join(tuned.tried(row))]
        for row in best.to_dict(orient="records")
    ]
    title = f"The best of {len(tuned.trials)} trials, judged on {several} inside the training part"
    printer.table(title, ["trial", metric, "seconds", "settings"], rows, texts=["settings"])
    printer.say(f"The search ended because {tuned.stop}.\n")
    if tuned.importance:
        shares = [[name, f"{share:.0%}".replace("%", " %")] for name, share in tuned.importance.items()]
        printer.table("How much each setting mattered", ["setting", "share"], shares)
    if evaluation is None:
        printer.say("Nothing was held back, so the error of this model is unknown.\n", style="bold")
    else:
        say_errors(printer, evaluation, n_test or 0, verdict(evaluation))


def _say_settings(printer: Printer, tuned: Tuned) -> None:
    chosen = as_code(tuned.settings)
    if not chosen:
        printer.say("The defaults were the best: LSTMForecaster without further settings.")
        return
    printer.say(f"Best settings: LSTMForecaster({tuned.model.horizon}, {chosen})", wrap=False)


def _write(options: TuneOptions, tuned: Tuned, panel: Panel) -> None:
    if options.report is not None:
        write(options.report, tuned.report().encode("utf-8"))
    if options.save is not None:
        model = tuned.model
        if len(panel.values) > int(model.fitted_.lengths.sum()):
            model = LSTMForecaster.from_settings(model.settings_).fit(panel)
        model.save(options.save.resolve())


def _say_files(printer: Printer, options: TuneOptions) -> None:
    if options.report is not None:
        printer.say(f"Report written to {options.report}", wrap=False)
    if options.study is not None:
        printer.say(f"Trials kept in {options.study}; the same command goes on from it", wrap=False)
    if options.save is not None:
        printer.say("The model that was saved learned from all points, with these settings.")
        printer.say(f"Model saved to {options.save}; forecast with: gatecast predict {options.save}", wrap=False)


def _report(options: TuneOptions, table: Table, tuned: Tuned, evaluation: Evaluation | None) -> dict[str, object]:
    errors = None
    if evaluation is not None:
        errors = {name: {"rmse": s.rmse, "mae": s.mae, "mase": s.mase} for name, s in evaluation.scores.items()}
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
        "trials": rows_of(_plain_rows(tuned.trials)),
        "test": errors,
        "files": {"report": options.report, "study": options.study, "model": options.save},
    }


def _plain_rows(trials: pd.DataFrame) -> pd.DataFrame:
    """Let cells without a value be None, also in columns of numbers."""
    return trials.astype(object).where(trials.notna(), None)
