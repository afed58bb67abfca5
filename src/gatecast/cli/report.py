"""What does `gatecast report` do? Read, fit, compare, diagnose, and put all of it into one HTML file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from gatecast import LSTMForecaster
from gatecast.cli.commands import ReportOptions
from gatecast.cli.compare import covariate_settings, models_of
from gatecast.cli.language import language
from gatecast.cli.output import Printer, check_outputs
from gatecast.cli.reading import read, reading_of, roles_of, say_table
from gatecast.cli.wording import option_text
from gatecast.data.reading.ahead import split_future, without_future
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.comparison.comparison import Comparison
    from gatecast.data.panel.panel import Panel
    from gatecast.data.reading.files import Table
    from gatecast.reporting import Report
    from gatecast.reporting.work import Scope

__all__ = ["report"]

# options that are not shown in the command that makes a report again
UNSAID = ("data", "json", "out", "horizon", "lang")


def report(options: ReportOptions) -> None:
    """Run the command."""
    from gatecast.backtesting.backtest import Trial, check_jobs
    from gatecast.backtesting.windows import rolling_windows
    from gatecast.comparison.comparison import BEST, USUAL, known_name
    from gatecast.comparison.verdict import check_preference
    from gatecast.reporting.made import check_libraries

    options = replace(options, model=known_name(options.model, (BEST,)))
    check_preference(options.prefer)
    check_libraries()
    # a wrong name or number is said before any work
    models_of(options, USUAL)
    step = options.horizon if options.step_size is None else options.step_size
    n_windows = 1 if options.n_windows is None else options.n_windows
    Trial(options.horizon, n_windows, step, options.refit, (), None, options.time_limit).check()
    check_jobs(options.n_jobs)
    check_outputs({"the data file": options.data}, {"--out": options.out}, {"--out": (".html", ".htm")})
    printer = Printer(shown=not options.json)
    table = read(options.data, options, roles_of(options.settings))
    known, n_ahead = without_future(table)
    say_table(printer, known, n_ahead)
    # series that are too short for the comparison are said before the fit
    rolling_windows(known.panel, options.horizon, 1, step)
    made = _make(options, table, known)
    made.save(options.out)
    if options.json:
        printer.json({**made.to_dict(), "files": {"report": options.out}})
        return
    for sentence in made.facts["comparison"].get("sentences", []):
        printer.say(Message.from_dict(sentence), style="bold")
    printer.file("written.page", options.out, size=len(made.html.encode()) / 1e6)


def _make(options: ReportOptions, table: Table, known: Table) -> Report:
    from gatecast.reporting import Origin
    from gatecast.reporting import report as put_together
    from gatecast.reporting.work import Clock

    settings = {"horizon": options.horizon, "seed": options.seed, **covariate_settings(options)}
    scope = _scope(options, known.panel)
    clock = Clock({})
    model = clock.time("fit", lambda: LSTMForecaster(**settings, progress=not options.json).fit(table.panel))
    comparison = clock.time("compare", lambda: _compare(options, scope, known.panel))
    origin = Origin(
        name=options.data.name,
        command=_command(options),
        code=_code(options, settings, scope, table.panel),
        seconds=clock.seconds,
        left_out=scope.left_out,
        shown=options.model,
    )
    return put_together(model, comparison=comparison, lang=language(), origin=origin)


def _scope(options: ReportOptions, panel: Panel) -> Scope:
    from gatecast.comparison.comparison import BEST, known_name
    from gatecast.reporting.work import scope_of

    amount = {name: getattr(options, name) for name in ("n_windows", "n_jobs")}
    given = {name: value for name, value in amount.items() if value is not None}
    if options.models:
        given |= {"models": options.models, "left_out": ()}
    scope = replace(scope_of(panel, options.horizon), **given)
    if options.model in (BEST, *map(known_name, scope.models)):
        return scope
    # how good it is, is said too
    left_out = tuple(name for name in scope.left_out if name != options.model)
    return replace(scope, models=(*scope.models, options.model), left_out=left_out)


def _compare(options: ReportOptions, scope: Scope, panel: Panel) -> Comparison:
    from gatecast.comparison.comparison import compare
    from gatecast.reporting.work import within

    models = models_of(replace(options, models=scope.models), scope.models)
    if options.time_limit is None:
        models = within(scope.time_limit, models)
    return compare(panel, options.horizon, models, **_arguments(options, scope), progress=not options.json)


def _arguments(options: ReportOptions, scope: Scope) -> dict[str, Any]:
    """Return what is passed on to `compare`; only what differs from its defaults, as it is shown."""
    from gatecast.comparison.verdict import ACCURATE

    arguments: dict[str, Any] = {"n_windows": scope.n_windows, "seed": options.seed}
    more: dict[str, object] = {
        "time_limit": options.time_limit,
        "step_size": options.step_size,
        "refit": None if options.refit else False,
        "n_jobs": scope.n_jobs,
        "prefer": None if options.prefer == ACCURATE else options.prefer,
    }
    more["folder"] = options.folder and str(options.folder)
    return arguments | {name: value for name, value in more.items() if value is not None}


def _command(options: ReportOptions) -> str:
    """Return the command that makes the report again."""
    parts = ["gatecast", "report", str(options.data), "--horizon", str(options.horizon)]
    given = {each.name: (getattr(options, each.name), each.default) for each in fields(options)}
    given.pop("settings")
    given |= {name: (value, None) for name, value in covariate_settings(options).items()}
    parts += [
        part
        for name, (value, default) in given.items()
        if name not in UNSAID and value != default
        for part in shlex.split(option_text(name, value))
    ]
    parts += ["--lang", language()] if options.lang or language() != "en" else []
    return shlex.join([*parts, "--out", str(options.out)])


def _code(options: ReportOptions, settings: Mapping[str, object], scope: Scope, panel: Panel) -> str:
    """Return Python that does the same."""
    named = covariate_settings(options)
    reading = reading_of(options) | {name: named[name] for name in ("past", "future", "static") if name in named}
    has_future = bool(panel.future) and split_future(panel)[1] is not None
    more = "".join(f", {name}={value!r}" for name, value in named.items())
    models = f"[model_named(name, {options.horizon}, {options.seed}{more}) for name in names]"
    has_limit, is_chosen = options.time_limit is not None, options.model != ReportOptions.model
    more = f", lang={language()!r}" if language() != "en" else ""
    more += f", origin=Origin(shown={options.model!r})" if is_chosen else ""
    return "\n".join(
        [
            "from gatecast import LSTMForecaster",
            "from gatecast.comparison.comparison import compare, model_named",
            *(["from gatecast.data.reading.ahead import split_future"] if has_future else []),
            "from gatecast.data.reading.files import read_table",
            f"from gatecast.reporting import {'Origin, ' if is_chosen else ''}report",
            *([] if has_limit else ["from gatecast.reporting.work import within"]),
            "",
            f"panel = read_table({_call(str(options.data), **reading)}).panel",
            f"model = LSTMForecaster({_call(**settings)}).fit(panel)",
            f"known = {'split_future(panel)[0]' if has_future else 'panel'}",
            f"names = {list(scope.models)!r}",
            f"models = {models if has_limit else f'within({scope.time_limit!r}, {models})'}",
            f"comparison = compare(known, {options.horizon}, models, {_call(**_arguments(options, scope))})",
            f"report(model, comparison=comparison{more}).save({str(options.out)!r})",
        ]
    )


def _call(*values: object, **named: object) -> str:
    return ", ".join([*map(repr, values), *(f"{name}={value!r}" for name, value in named.items() if value is not None)])
