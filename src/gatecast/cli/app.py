"""Which commands are there, and how does one end? Only typer and options load here, a command's module when it runs.

Exit codes:
0    success
1    a failure of gatecast's own
2    bad input: every GatecastError, and options that make no sense
130  Ctrl-C
143  SIGTERM, and 129 for SIGHUP: both end a command like Ctrl-C
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Annotated, Any

import typer

from gatecast.cli.commands import COMMANDS
from gatecast.cli.help import Command, Group
from gatecast.cli.language import language, language_of, speaking
from gatecast.cli.options import INTERRUPTED, as_command
from gatecast.cli.output import DEBUG
from gatecast.cli.shared_options import LANG, JsonOptions
from gatecast.cli.wording import text, told_error
from gatecast.exceptions import GatecastError
from gatecast.texts.message import Message
from gatecast.texts.sentences import translated

__all__ = ["app", "run"]

BAD_INPUT, FAILURE = 2, 1
# all wrong uses of options and arguments, of which typer names one
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    cls=Group,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from gatecast import __version__

        typer.echo(f"gatecast {__version__}")
        raise typer.Exit


@app.callback(
    epilog="Start with: [bold]gatecast demo[/bold], then [bold]gatecast forecast YOUR.csv --horizon 24[/bold]"
)
def _top(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  the callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    lang: Annotated[str | None, typer.Option("--lang", metavar="LANG", help=LANG)] = None,  # noqa: ARG001  read before
) -> None:
    """Forecast time series with an LSTM that trains in seconds on an ordinary computer."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _register(options: type[JsonOptions]) -> None:
    """Make a command of its options: `ForecastOptions` are those of `forecast`, which the module `forecast` does."""
    name = options.__name__.removesuffix("Options").lower()
    # an empty line between, because a single line break would be joined
    epilog = "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in options.examples)

    def work(chosen: JsonOptions) -> None:
        try:
            getattr(import_module(f"gatecast.cli.{name}"), name)(chosen)
        except KeyboardInterrupt:
            # caught before typer does, whose exit code for it changed with its versions
            typer.echo(text("screen.stopped"), err=True)
            raise typer.Exit(INTERRUPTED) from None

    app.command(name, cls=Command, epilog=epilog)(as_command(options, work))


for each in COMMANDS:
    _register(each)


@cache
def _command() -> Callable[..., Any]:
    """Make the command of its options, once."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command, of arguments without the name of the program, and return its exit code; never raises."""
    for stream in (sys.stdout, sys.stderr):
        # names in the data may hold letters that the terminal's encoding lacks: those are shown as `?`
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    try:
        lang = language_of(arguments, os.environ)
    except GatecastError as error:
        _say_error(error)
        return BAD_INPUT
    with speaking(lang):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warn, warnings.showwarning)
            # typer itself says in English what is wrong with the options
            return _command()(list(arguments), prog_name="gatecast", standalone_mode=language() == "en") or 0
    except UsageError as error:
        _say_usage(error)
        return BAD_INPUT
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except typer.Exit as end:
        return end.exit_code
    except GatecastError as error:
        _say_error(error)
        return BAD_INPUT
    except MemoryError:
        from gatecast._machine import available_memory

        _say_error(GatecastError(Message("screen.memory", {"free": available_memory() >> 20})))
        return BAD_INPUT
    except BrokenPipeError:
        # whoever read the output has seen enough, as `gatecast ... | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the last line of defense: no traceback unless asked for
        if os.environ.get(DEBUG):
            _say(traceback.format_exc())
        what = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        _say(text("screen.mistake", what=what, variable=DEBUG))
        return FAILURE


def _say_error(error: GatecastError) -> None:
    _say(text("screen.error", text=told_error(error)))


def _say_usage(error: Any) -> None:
    command = error.ctx.command_path if error.ctx else "gatecast"
    _say(text("screen.error", text=translated(error.format_message(), language())))
    _say(text("screen.usage", command=f"{command} --help"))


def _warn(others: Callable[..., None], message: Warning | str, category: type[Warning], *place: object) -> None:
    """Say a warning of gatecast's own without its place in the code, which is nothing to a user of the command."""
    if category is not UserWarning:
        others(message, category, *place)
        return
    _say(text("screen.note", text=told_error(message) if isinstance(message, Warning) else message))


def _say(message: str) -> None:
    from gatecast.cli.output import visible

    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{visible(message)}\n")
        sys.stderr.flush()
