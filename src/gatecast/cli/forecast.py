"""What does `gatecast forecast` do? Read, split, fit, evaluate, fit on everything, forecast, write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer

from gatecast import LSTMForecaster, Panel
from gatecast.cli import tables
from gatecast.cli.choices import USUAL_LEVELS, hold_out, levels_of, quantiles_of, settings_of, share_to_test
from gatecast.cli.commands import LSTM, ForecastOptions
from gatecast.cli.language import language
from gatecast.cli.output import Printer, check_outputs, is_same, rows_of, try_picture, write_table
from gatecast.cli.reading import Ahead, ahead_of_table, load_model, read, read_like_training, roles_of, say_table
from gatecast.cli.wording import joined, text
from gatecast.data.reading.covariates import with_static_of
from gatecast.exceptions import ConfigError
from gatecast.model.settings import Settings
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from gatecast.metrics.errors import Evaluation

__all__ = ["forecast"]

# share of the time that the fit to be tested may take, so that the second one is trained like it
TEST_SHARE = 0.45
# below this share of the time there is no second fit after a test; without a test a few seconds are left at least
REFIT_SHARE, LEAST_SHARE = 0.25, 0.05
# columns of a forecast that say of which series and time it is
N_KEYS = 2


class Budget:
    """How the seconds for the command are divided; it counts from now on, and `tested` is when the test was over."""

    def __init__(self, limit: float | None) -> None:
        self.limit, self.tested = limit, 0.0
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """Share of the seconds that is left."""
        return 1.0 if self.limit is None else 1 - self.seconds / self.limit


@dataclass(frozen=True)
class Checkpoints:
    """Files of unfinished fits, the one on everything and the tested one; `resumed` are others to go on from."""

    path: Path | None = None
    test_path: Path | None = None
    resumed: Path | None = None
    test_resumed: Path | None = None


@dataclass(frozen=True)
class Task:
    """What was asked for, checked, with the seconds and the files of unfinished fits."""

    options: ForecastOptions
    settings: Settings
    share: float | int
    levels: tuple[float, ...]
    quantiles: tuple[float, ...]
    budget: Budget
    checkpoints: Checkpoints
    start: LSTMForecaster | None = None  # whose networks learn on


@dataclass(frozen=True)
class Tested:
    """The model that was fitted on the training part, its errors on the part held out, and a sentence about them."""

    model: LSTMForecaster
    train: Panel
    held_out: Panel
    evaluation: Evaluation
    judgement: Message

    def report(self) -> dict[str, object]:
        """Return all of it for JSON."""
        return {
            "n_origins": self.evaluation.n_origins,
            "errors": {name: asdict(score) for name, score in self.evaluation.scores.items()},
            "coverage": self.evaluation.coverage,
            "stop": str(self.model.stop_reason_),
            "decisions": list(self.model.decisions_),
            "verdict": str(self.judgement),
        }


@dataclass(frozen=True)
class Made:
    """A forecast, the model that made it, what was done to get here in one sentence, and how it is asked again."""

    model: LSTMForecaster
    table: pd.DataFrame
    note: Message
    ask: Callable[..., pd.DataFrame]

    def to_draw(self) -> pd.DataFrame:
        """Return the forecast for a picture: with the usual intervals where none were asked for and there are any."""
        has_own = len(self.table.columns) > N_KEYS + 1
        if has_own or not self.model.fitted_.has_intervals:
            return self.table
        return self.ask(level=USUAL_LEVELS)


def forecast(options: ForecastOptions) -> None:
    """Run the command."""
    if options.model.strip().lower() != LSTM.lower():
        from gatecast.cli.best import forecast_others

        forecast_others(options)
        return
    budget = Budget(options.settings.max_seconds)
    checkpoints = _checkpoints(options)
    try:
        _forecast(_task(options, budget, checkpoints))
    except KeyboardInterrupt:
        if any(file is not None and file.exists() for file in (checkpoints.path, checkpoints.test_path)):
            typer.echo(text("screen.again", path=quote(str(checkpoints.path))), err=True)
        raise


def _task(options: ForecastOptions, budget: Budget, checkpoints: Checkpoints) -> Task:
    """Check all options, before a file is read."""
    settings, share = settings_of(options, options.horizon), share_to_test(options.test_size)
    start = None if options.start is None else load_model(options.start, "update")
    # the model may have learned from what would be tested on
    share = share if start is None else 0
    if share == 0 and options.no_refit:
        raise ConfigError(Message("option.no_refit"))
    levels, quantiles = levels_of(options.level), quantiles_of(options)
    outputs = {"--out": options.out, "--plot": options.plot, "--save": options.save}
    outputs |= {"--checkpoint": checkpoints.path, "--checkpoint (test)": checkpoints.test_path}
    inputs = {"the data file": options.data, "the future file": options.future_file, "the model file": options.start}
    check_outputs(inputs, outputs)
    return Task(options, settings, share, levels, quantiles, budget, checkpoints, start)


def _checkpoints(options: ForecastOptions) -> Checkpoints:
    """Refuse a file to go on from that is missing, and one that is there and would be lost."""
    resume = options.resume
    path = resume if options.settings.checkpoint is None else Path(options.settings.checkpoint)
    if path is None:
        return Checkpoints()
    if resume is None:
        return Checkpoints(path, _beside(path))
    if resume.exists() and is_same(resume, options.data):
        raise ConfigError(Message("option.resume_is_data", {"path": str(resume)}))
    if not resume.exists() and not _beside(resume).exists():
        raise ConfigError(Message("option.no_checkpoint", {"path": str(resume)}))
    for file, other in ((path, resume), (_beside(path), _beside(resume))):
        if file.exists() and file.resolve() != other.resolve():
            raise ConfigError(
                f"`--checkpoint {path}` would replace {file}, which an earlier run left there, and a new name was "
                "expected. Leave `--resume` out to go on from that one, or pass another name."
            )
    there = [file if file.exists() else None for file in (resume, _beside(resume))]
    return Checkpoints(path, _beside(path), *there)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.test{path.suffix}")


def _forecast(task: Task) -> None:
    options, budget = task.options, task.budget
    printer = Printer(shown=not (options.json or options.quiet))
    if task.start is None:
        roles = roles_of(options.settings)
        table = read(options.data, options, roles)
    else:
        roles = task.start.fitted_.after.roles
        table = read_like_training(options.data, options, task.start.fitted_)
    table, ahead = ahead_of_table(table, roles.future, options.future_file, options, options.horizon)
    say_table(printer, table, ahead.n_steps)
    panel = table.panel if task.start is None else with_static_of(table.panel, task.start.fitted_.after)
    if task.levels or task.quantiles:
        tables.check_intervals(task.settings, panel)
    _check_checkpoint(task, panel)
    tested = _test(printer, task, panel)
    made = _make(task, panel, ahead, tested)
    seconds = {"test": budget.tested, "fit": budget.seconds - budget.tested}
    is_drawn, remarks = _write(options, made, tested, panel)
    coverage, where = _coverage(made, tested, task.levels or USUAL_LEVELS)
    notes = [*filter(None, [ahead.note]), *tables.notes_about(panel, made.model, task.levels)]
    if options.json:
        report = {"data": table.facts(), **_report(task, made, tested)}
        intervals = {"coverage": coverage, "measured_on": str(where)}
        said = {"notes": tables.in_english(notes), "remarks": tables.in_english(remarks)}
        printer.json({**report, "intervals": intervals, "seconds": seconds, **said})
        return
    tables.say_decisions(printer, tables.Decided.of(made.model))
    if not (options.quiet and options.out):
        tables.say_forecast(Printer(shown=True), made.table, panel, options.horizon, is_saved=options.out is not None)
    if task.levels:
        printer.say(tables.coverage_words(coverage, where) if coverage else text("judged.not_measured"))
    printer.notes(notes)
    if tested is not None:
        printer.say(made.note)
    printer.file("written.forecast", options.out)
    printer.file("written.picture", options.plot if is_drawn else None)
    data = f" {quote(str(options.data))}" if tested is not None and made.model is tested.model else ""
    again = f"gatecast predict {quote(str(options.save))}{data}"
    printer.file("written.model_again", options.save, command=again)
    if remarks:
        printer.say(joined(remarks))
    printer.file("written.checkpoint", task.checkpoints.path)


def _check_checkpoint(task: Task, panel: Panel) -> None:
    """Refuse the file of another fit before the fit that is tested, and not after it."""
    if task.start is not None:
        return
    from gatecast.model.fit import make_checkpoint

    make_checkpoint(replace(task.settings, checkpoint=task.checkpoints.path), panel, task.checkpoints.resumed)


def _test(printer: Printer, task: Task, panel: Panel) -> Tested | None:
    """Fit on the training part and measure the error on the rest; None where nothing is held back."""
    settings, budget = task.settings, task.budget
    if task.share == 0:
        printer.say(text("judged.not_held" if task.start is None else "judged.may_know") + "\n", style="bold")
        return None
    train, held_out = hold_out(panel, task.share, settings.horizon, settings.lookback)
    if held_out is None:
        facts = {"n_points": int(panel.lengths.min()), "horizon": settings.horizon}
        printer.say(text("judged.too_short", **facts) + "\n", style="bold")
        return None
    seconds = None if budget.limit is None else TEST_SHARE * budget.limit
    model = LSTMForecaster.from_settings(replace(settings, max_seconds=seconds, checkpoint=task.checkpoints.test_path))
    model.fit(train, resume=task.checkpoints.test_resumed)
    evaluation = model.evaluate(panel, level=task.levels or USUAL_LEVELS)
    judgement = tables.verdict(evaluation)
    tables.say_errors(printer, evaluation, len(held_out.values), judgement)
    budget.tested = budget.seconds
    return Tested(model, train, held_out, evaluation, judgement)


def _make(task: Task, panel: Panel, ahead: Ahead, tested: Tested | None) -> Made:
    """Learn from everything and forecast; or read everything with the model that was tested."""
    options, checkpoints = task.options, task.checkpoints
    levels, quantiles = task.levels or None, task.quantiles or None
    limit, left = task.budget.limit, task.budget.left
    if tested is not None and (options.no_refit or left < REFIT_SHARE):
        note = Message(
            "judged.by_tested", {"why": Message("judged.as_asked" if options.no_refit else "judged.no_time")}
        )
        ask = partial(tested.model.predict, data=panel, future=ahead.rows)
        return Made(tested.model, ask(level=levels, quantiles=quantiles), note, ask)
    seconds = None if limit is None else max(left, LEAST_SHARE) * limit
    settings = replace(task.settings, max_seconds=seconds, checkpoint=checkpoints.path)
    model = LSTMForecaster.from_settings(settings).fit(panel, resume=checkpoints.resumed, start=task.start)
    note = Message("judged.second_fit" if model.fitted_.record.is_trained else "judged.networks_read")
    ask = partial(model.predict, future=ahead.rows)
    return Made(model, ask(level=levels, quantiles=quantiles), note, ask)


def _coverage(made: Made, tested: Tested | None, levels: tuple[float, ...]) -> tuple[dict[float, float], Message]:
    """Return how often intervals held, and where that was measured."""
    if tested is not None:
        return tested.evaluation.coverage, tables.ON_TEST
    return tables.validation_coverage(made.model, levels), Message("judged.on_validation")


def _report(task: Task, made: Made, tested: Tested | None) -> dict[str, object]:
    options = task.options
    files = {"out": options.out, "plot": options.plot, "model": options.save, "checkpoint": task.checkpoints.path}
    return {
        "model": tables.decisions_report(tables.Decided.of(made.model)),
        "test": None if tested is None else tested.report(),
        "refitted": tested is None or made.model is not tested.model,
        "done": "" if tested is None else str(made.note),
        "forecast": rows_of(made.table),
        "files": files,
    }


def _write(options: ForecastOptions, made: Made, tested: Tested | None, panel: Panel) -> tuple[bool, list[Message]]:
    """Write the files that were asked for; returns whether a picture was drawn, and remarks about it."""
    write_table(made.table, options.out, raw_cells=options.raw_cells)
    if options.save:
        made.model.save(options.save)
    if not options.plot:
        return False, []
    from gatecast.charts import plot_forecast

    ids = panel.ids.tolist()

    def draw() -> Figure:
        if tested is None:
            return plot_forecast(made.model, panel, forecast=made.to_draw(), unique_id=ids[0], lang=language())
        parts = (tested.train, tested.held_out, made.to_draw())
        return plot_forecast(tested.model, *parts, unique_id=ids[0], lang=language())

    return try_picture(draw, options.plot, ids)
