"""Which commands are there, and what does a newcomer read about them?

Only typer and the names of options are loaded here: a command's own module loads when it runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from gatecast.cli.commands import COMMANDS, JsonOptions
from gatecast.cli.options import as_command

__all__ = ["app"]

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


def _register(options: type[JsonOptions]) -> None:
    """Make a command of its options: `ForecastOptions` are those of `forecast`, which the module `forecast` does."""
    name = options.__name__.removesuffix("Options").lower()
    # an empty line between, because a single line break would be joined
    epilog = "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in options.examples)

    def work(chosen: JsonOptions) -> None:
        getattr(import_module(f"gatecast.cli.{name}"), name)(chosen)

    app.command(name, epilog=epilog)(as_command(options, work))


for each in COMMANDS:
    _register(each)
