"""Which options does each command have? Dataclasses whose fields are the options, with their help."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

__all__ = ["DemoOptions", "DoctorOptions", "ForecastOptions", "PredictOptions", "as_command"]

Options = TypeVar("Options")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else, for programs.")]
Horizon = typer.Option("--horizon", "-n", metavar="N", help="How many steps ahead to forecast.")
INTERRUPTED = 130
COLUMNS = "What is what in the file (found by itself where it is clear)"
LEARNING = "How it learns (good as it is)"
RESULTS = "Where the results go"


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    """Options of `gatecast demo`."""

    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the pictures; made if needed.")] = (
        Path("demo")
    )
    json: Json = False


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """Options of `gatecast doctor`."""

    json: Json = False


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How a table is to be read; None where it is to be found out."""

    time: Annotated[
        str | None, typer.Option("--time", metavar="COLUMN", help="Column of the times.", rich_help_panel=COLUMNS)
    ] = None
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COLUMN", help="Column to forecast.", rich_help_panel=COLUMNS),
    ] = None
    id: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN", help="Column that tells several series apart.", rich_help_panel=COLUMNS),
    ] = None
    freq: Annotated[
        str | None,
        typer.Option(
            "--freq",
            metavar="FREQ",
            help="Step between the times: h, D, W, MS (month), 30min, or a number.",
            rich_help_panel=COLUMNS,
        ),
    ] = None
    date_format: Annotated[
        str | None,
        typer.Option(
            "--date-format",
            metavar="FORMAT",
            help="How dates are written, e.g. %d/%m/%Y.",
            rich_help_panel=COLUMNS,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ForecastOptions(FileOptions):
    """Options of `gatecast forecast`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV or Parquet file, also gzipped.")]
    horizon: Annotated[int, Horizon]
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the forecast here: .csv or .parquet.", rich_help_panel=RESULTS
        ),
    ] = None
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw it: .png, .svg or .pdf.", rich_help_panel=RESULTS),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Keep the model, for `gatecast predict`.", rich_help_panel=RESULTS),
    ] = None
    test_size: Annotated[
        str,
        typer.Option(
            "--test-size", metavar="SIZE", help="Share of each series to test on, or a number of points at its end."
        ),
    ] = "0.2"
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the forecast only, or nothing with --out.")] = (
        False
    )
    json: Json = False
    lookback: Annotated[
        int | None,
        typer.Option("--lookback", metavar="N", help="Points read before a forecast counts.", rich_help_panel=LEARNING),
    ] = None
    epochs: Annotated[
        int | None,
        typer.Option("--epochs", metavar="N", help="How often each point is a lesson.", rich_help_panel=LEARNING),
    ] = None
    season_length: Annotated[
        int | None,
        typer.Option(
            "--season-length",
            metavar="N",
            help="Steps in a season: 24 for a day of hours, 12 for a year of months.",
            rich_help_panel=LEARNING,
        ),
    ] = None
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", help="The same seed, the same model.", rich_help_panel=LEARNING),
    ] = 0
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", help="Processors to use; all when left out.", rich_help_panel=LEARNING),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PredictOptions(FileOptions):
    """Options of `gatecast predict`."""

    model: Annotated[Path, typer.Argument(metavar="MODEL", help="File that `forecast --save` wrote.")]
    data: Annotated[
        Path | None,
        typer.Argument(metavar="DATA", help="Newer data to forecast from; else from the end of the training data."),
    ] = None
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-n", metavar="N", help="Steps ahead; what the model learned when left out."),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the forecast here: .csv or .parquet.", rich_help_panel=RESULTS
        ),
    ] = None
    json: Json = False


def as_command(options: type[Options], work: Callable[[Options], None]) -> Callable[..., None]:
    """Turn a function of one dataclass into a function of its fields, as typer reads commands.

    Args:
        options: A dataclass of annotated fields.
        work: What the command does.
    """

    def command(**given: Any) -> None:
        try:
            work(options(**given))
        except KeyboardInterrupt:
            # caught before typer does, whose exit code for it changed with its versions
            typer.echo("Stopped by Ctrl-C; nothing was written half.", err=True)
            raise typer.Exit(INTERRUPTED) from None

    hints = get_type_hints(options, include_extras=True)
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(options)  # type: ignore[arg-type]
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints
    command.__doc__ = _unwrapped(work.__doc__ or "")
    return command


def _unwrapped(text: str) -> str:
    """Join the lines of each paragraph: the help is wrapped to the terminal, not as the source is."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
