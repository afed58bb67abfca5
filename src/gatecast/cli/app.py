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
from typer.core import TyperCommand

from gatecast.cli.commands import COMMANDS, JsonOptions
from gatecast.cli.options import as_command
from gatecast.cli.output import DEBUG
from gatecast.exceptions import ConfigError, GatecastError

__all__ = ["app", "run"]

BAD_INPUT, FAILURE = 2, 1

app = typer.Typer(
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
) -> None:
    """Forecast time series with an LSTM that trains in seconds on an ordinary computer."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


class OnceCommand(TyperCommand):
    """A command whose options, but for those that may be repeated, are given once: the last would win in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse an option that is given twice, and read the rest as typer does."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in dict.fromkeys(given):
            n = sum(other is option for other in given)
            if n > 1 and not (getattr(option, "multiple", False) or getattr(option, "is_flag", False)):
                raise ConfigError(
                    f"`{option.opts[0]}` was passed {n} times, and once was expected, because only one of them would "
                    "count. Leave all but one out."
                )
        return super().parse_args(ctx, args)


def _register(options: type[JsonOptions]) -> None:
    """Make a command of its options: `ForecastOptions` are those of `forecast`, which the module `forecast` does."""
    name = options.__name__.removesuffix("Options").lower()
    # an empty line between, because a single line break would be joined
    epilog = "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in options.examples)

    def work(chosen: JsonOptions) -> None:
        getattr(import_module(f"gatecast.cli.{name}"), name)(chosen)

    app.command(name, cls=OnceCommand, epilog=epilog)(as_command(options, work))


for each in COMMANDS:
    _register(each)


@cache
def _command() -> Callable[..., object]:
    """Make the command of its options, once."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Run one command, of arguments without the name of the program, and return its exit code; never raises."""
    for stream in (sys.stdout, sys.stderr):
        # names in the data may hold letters that the terminal's encoding lacks: those are shown as `?`
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warn, warnings.showwarning)
            _command()(list(arguments), prog_name="gatecast")
            return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except typer.Exit as end:
        return end.exit_code
    except GatecastError as error:
        from gatecast.cli.wording import in_options

        _say(f"Error: {in_options(str(error))}")
        return BAD_INPUT
    except MemoryError:
        from gatecast._machine import available_memory

        _say(
            f"Error: The memory is not enough for this table and these settings ({available_memory() >> 20:,} MB are "
            "free). Pass fewer rows or columns, or a smaller network."
        )
        return BAD_INPUT
    except BrokenPipeError:
        # whoever read the output has seen enough, as `gatecast ... | head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the last line of defense: no traceback unless asked for
        if os.environ.get(DEBUG):
            _say(traceback.format_exc())
        what = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        _say(
            f"gatecast failed ({what}). That is a mistake in gatecast: please report it, with what the same command "
            f"prints when the environment variable {DEBUG} is 1."
        )
        return FAILURE


def _warn(others: Callable[..., None], message: Warning | str, category: type[Warning], *place: object) -> None:
    """Say a warning of gatecast's own without its place in the code, which is nothing to a user of the command."""
    if category is not UserWarning:
        others(message, category, *place)
        return
    from gatecast.cli.wording import in_options

    _say(f"Note: {in_options(str(message))}")


def _say(message: str) -> None:
    from gatecast.cli.output import visible

    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"{visible(message)}\n")
        sys.stderr.flush()
