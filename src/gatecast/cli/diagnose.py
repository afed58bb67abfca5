"""What does `gatecast diagnose` do? Load or fit a model, say what is wrong with it, and try remedies where asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatecast import LSTMForecaster
from gatecast.cli.choices import hold_out, settings_of, share_to_test
from gatecast.cli.commands import DiagnoseOptions
from gatecast.cli.output import Printer, check_outputs
from gatecast.cli.reading import load_model, read, read_like_training, roles_of, say_table
from gatecast.cli.wording import as_options, text, told
from gatecast.data.reading.ahead import split_future
from gatecast.data.reading.covariates import with_static_of
from gatecast.diagnosis import Diagnosis, Finding
from gatecast.diagnosis import diagnose as examine
from gatecast.diagnosis.findings import error_of
from gatecast.exceptions import ConfigError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast import Panel
    from gatecast.data.reading.files import Table

__all__ = ["diagnose", "say_findings"]

STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan", "ok": "green"}


def diagnose(options: DiagnoseOptions) -> None:
    """Run the command."""
    _check(options)
    printer = Printer(shown=not options.json)
    facts = Printer(shown=not (options.json or options.quiet))
    model, train, test, table = _load(options, facts) if options.data is not None else _fit(options, facts)
    diagnosis = examine(model, train, test, fix=options.fix)
    if options.save is not None and diagnosis.model is not None:
        diagnosis.model.save(options.save)
    if options.json:
        printer.json({"data": table.facts(), **diagnosis.to_dict(), "files": {"model": options.save}})
        return
    printer.say(text("diagnosed.judged_on", where=diagnosis.judged) + "\n")
    say_findings(printer, diagnosis.findings)
    if options.fix:
        _say_steps(printer, diagnosis)
    printer.file("written.model", options.save)


def say_findings(printer: Printer, findings: tuple[Finding, ...]) -> None:
    """Print findings for people: what asks for action comes first, with what to change below it."""
    for finding in findings:
        severity = text(f"diagnosed.{finding.severity}")
        printer.say(f"{severity:<8} {finding.code}", style=STYLES[finding.severity])
        printer.say(f"  {told(finding.message)}")
        if finding.remedy:
            printer.say("  " + text("diagnosed.try", settings=as_options(finding.settings)), wrap=False)
    if not findings:
        printer.say(text("summary.no_findings"))
    printer.say()


def _say_steps(printer: Printer, diagnosis: Diagnosis) -> None:
    if not diagnosis.steps:
        printer.say(text("diagnosed.no_remedy"))
        return
    rows = []
    for step in diagnosis.steps:
        helped = text("diagnosed.kept" if step.helped else "diagnosed.not_kept")
        rows.append([as_options(step.settings), f"{step.rmse_before:.4g}", f"{step.rmse_after:.4g}", helped])
    before = text("diagnosed.before", error=error_of(is_scaled=diagnosis.is_scaled))
    columns = [text("diagnosed.remedy"), before, text("diagnosed.after"), ""]
    printer.table(text("diagnosed.title"), columns, rows)
    for step in diagnosis.steps:
        if step.failure is not None:
            note = text("diagnosed.not_tried", settings=as_options(step.settings), why=told(step.failure))
            printer.notes([note])


def _check(options: DiagnoseOptions) -> None:
    if options.save is not None and not options.fix:
        raise ConfigError(Message("option.save_without_fix", {"path": str(options.save)}))
    if options.data is None and options.source.suffix == ".safetensors":
        facts = {"path": str(options.source), "command": f"`gatecast diagnose {options.source} DATA.csv`"}
        raise ConfigError(Message("option.model_without_data", facts))
    check_outputs({"the first file": options.source, "the data file": options.data}, {"--save": options.save})


Loaded = tuple[LSTMForecaster, "Panel", "Panel | None", "Table"]


def _load(options: DiagnoseOptions, printer: Printer) -> Loaded:
    """Load the model and read the data as it read its training data."""
    assert options.data is not None
    if options.horizon is not None:
        raise ConfigError(Message("option.model_and_horizon", {"horizon": options.horizon}))
    model = load_model(options.source, "diagnose")
    model.progress = False
    table = read_like_training(options.data, options, model.fitted_)
    say_table(printer, table)
    return model, split_future(with_static_of(table.panel, model.fitted_.after))[0], None, table


def _fit(options: DiagnoseOptions, printer: Printer) -> Loaded:
    """Fit on the first part of the table, to be judged on the rest."""
    settings = settings_of(options, 1 if options.horizon is None else options.horizon)
    share = share_to_test(options.test_size)
    table = read(options.source, options, roles_of(settings))
    say_table(printer, table)
    panel = split_future(table.panel)[0]
    model = LSTMForecaster.from_settings(settings)
    train, held_out = hold_out(panel, share, settings.horizon, settings.lookback)
    return model.fit(train), train, panel if held_out is not None else None, table
