"""Which options does each command have? Dataclasses whose fields are the options, with their help."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

__all__ = ["DemoOptions", "DoctorOptions", "ForecastOptions", "PredictOptions", "as_command"]

Options = TypeVar("Options")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else, for programs.")]
Horizon = typer.Option("--horizon", "-n", metavar="N", help="How many steps ahead to forecast.")
INTERRUPTED = 130
COLUMNS = "Columns of the file (found by themselves where that is clear)"
KNOWN = "Columns beside the target, and the calendar"
LEARNING = "How it learns (good as it is)"
NETWORK = "The network (good as it is)"
RESULTS = "Where the results go"
BY_DATA: Any = "chosen from the data"


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
class FirstOptions:
    """What everybody needs first."""

    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the forecast here: .csv or .parquet.", rich_help_panel=RESULTS
        ),
    ] = None
    level: Annotated[
        list[float],
        typer.Option(
            "--level",
            metavar="PERCENT",
            help="Add intervals that hold this often, e.g. 80; may be repeated.",
            show_default=False,
        ),
    ] = field(default_factory=list)
    quantile: Annotated[
        list[float],
        typer.Option(
            "--quantile", metavar="SHARE", help="Add quantiles, e.g. 0.9; may be repeated.", show_default=False
        ),
    ] = field(default_factory=list)


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


FutureFile = Annotated[
    Path | None,
    typer.Option(
        "--future-file",
        metavar="FILE",
        help="Table with the --future columns ahead; else the rows without a target at the end of DATA.",
        rich_help_panel=KNOWN,
    ),
]


@dataclass(frozen=True, kw_only=True)
class CovariateOptions:
    """What stands beside the target."""

    future: Annotated[
        list[str],
        typer.Option(
            "--future",
            metavar="COLUMN",
            help="Known ahead, like a price or a promotion; may be repeated.",
            rich_help_panel=KNOWN,
            show_default=False,
        ),
    ] = field(default_factory=list)
    future_file: FutureFile = None
    past: Annotated[
        list[str],
        typer.Option(
            "--past",
            metavar="COLUMN",
            help="Known up to now; may be repeated.",
            rich_help_panel=KNOWN,
            show_default=False,
        ),
    ] = field(default_factory=list)
    static: Annotated[
        list[str],
        typer.Option(
            "--static",
            metavar="COLUMN",
            help="The same for a whole series, like a region; may be repeated.",
            rich_help_panel=KNOWN,
            show_default=False,
        ),
    ] = field(default_factory=list)
    calendar: Annotated[
        bool,
        typer.Option("--calendar", help="Learn from hour, weekday, month and earlier years.", rich_help_panel=KNOWN),
    ] = False
    country: Annotated[
        str | None,
        typer.Option(
            "--country", metavar="CODE", help="Learn from its public holidays, e.g. CN.", rich_help_panel=KNOWN
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class LearningOptions:
    """How it learns."""

    test_size: Annotated[
        str,
        typer.Option(
            "--test-size",
            metavar="SIZE",
            help="Share of each series to test on, or a number of points at its end; 0 for no test.",
            rich_help_panel=LEARNING,
        ),
    ] = "0.2"
    no_refit: Annotated[
        bool,
        typer.Option(
            "--no-refit",
            help="Forecast with the model that was tested instead of learning again from all points.",
            rich_help_panel=LEARNING,
        ),
    ] = False
    validation_size: Annotated[
        str | None,
        typer.Option(
            "--validation-size",
            metavar="SIZE",
            help="Share or number of points that tell when to stop and how wide intervals are; 0 for none.",
            rich_help_panel=LEARNING,
            show_default=BY_DATA,
        ),
    ] = None
    refit_full: Annotated[
        bool,
        typer.Option(
            "--refit-full", help="Train once more in the end, on the validation points too.", rich_help_panel=LEARNING
        ),
    ] = False
    season: Annotated[
        list[int],
        typer.Option(
            "--season",
            metavar="N",
            help="Steps in a season, e.g. 24 for a day of hours; may be repeated; 1 for none.",
            rich_help_panel=LEARNING,
            show_default=BY_DATA,
        ),
    ] = field(default_factory=list)
    transform: Annotated[
        str,
        typer.Option(
            "--transform",
            metavar="NAME",
            help="auto, none, log1p, box-cox, difference, seasonal-difference.",
            rich_help_panel=LEARNING,
        ),
    ] = "auto"
    loss: Annotated[
        str,
        typer.Option(
            "--loss", metavar="NAME", help="mae, mse, huber, quantile, normal, student.", rich_help_panel=LEARNING
        ),
    ] = "mae"
    ensemble: Annotated[
        int | None,
        typer.Option(
            "--ensemble",
            metavar="N",
            help="Networks to train; their median is the forecast. Five for few series, else one.",
            rich_help_panel=LEARNING,
        ),
    ] = None
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs",
            metavar="N",
            help="How often each point is a lesson.",
            rich_help_panel=LEARNING,
            show_default=BY_DATA,
        ),
    ] = None
    learning_rate: Annotated[
        str | None,
        typer.Option(
            "--learning-rate",
            metavar="RATE",
            help="The highest one, or `find`.",
            rich_help_panel=LEARNING,
            show_default=BY_DATA,
        ),
    ] = None
    patience: Annotated[
        int,
        typer.Option(
            "--patience",
            metavar="N",
            help="Looks at the validation part without improvement before it stops.",
            rich_help_panel=LEARNING,
        ),
    ] = 8
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="Keep an unfinished fit here now and then.", rich_help_panel=LEARNING
        ),
    ] = None
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume", metavar="FILE", help="Go on from the checkpoint in this file.", rich_help_panel=LEARNING
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
class NetworkOptions:
    """What the network is."""

    lookback: Annotated[
        int | None,
        typer.Option(
            "--lookback",
            metavar="N",
            help="Points read before a forecast counts.",
            rich_help_panel=NETWORK,
            show_default=BY_DATA,
        ),
    ] = None
    cell: Annotated[str, typer.Option("--cell", metavar="NAME", help="lstm or gru.", rich_help_panel=NETWORK)] = "lstm"
    layers: Annotated[
        int | None,
        typer.Option("--layers", metavar="N", help="Stacked layers.", rich_help_panel=NETWORK, show_default=BY_DATA),
    ] = None
    hidden: Annotated[
        int | None,
        typer.Option(
            "--hidden", metavar="N", help="Units of each layer.", rich_help_panel=NETWORK, show_default=BY_DATA
        ),
    ] = None
    dropout: Annotated[
        float,
        typer.Option("--dropout", metavar="SHARE", help="Share of a layer's units left out.", rich_help_panel=NETWORK),
    ] = 0.0
    decoder: Annotated[
        list[int],
        typer.Option(
            "--decoder",
            metavar="N",
            help="Units of a dense layer before the head; may be repeated.",
            rich_help_panel=NETWORK,
            show_default=False,
        ),
    ] = field(default_factory=list)
    dilation: Annotated[
        list[int],
        typer.Option(
            "--dilation",
            metavar="N",
            help="How many steps back a layer's state comes from; once for each layer.",
            rich_help_panel=NETWORK,
            show_default=False,
        ),
    ] = field(default_factory=list)
    residual: Annotated[
        bool, typer.Option("--residual", help="Add each layer's input to its output.", rich_help_panel=NETWORK)
    ] = False
    layer_norm: Annotated[
        bool, typer.Option("--layer-norm", help="Normalise what a layer puts out.", rich_help_panel=NETWORK)
    ] = False
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            metavar="NAME",
            help="sequence, or windows: forecasts see --lookback points and no more.",
            rich_help_panel=NETWORK,
        ),
    ] = "sequence"
    bidirectional: Annotated[
        bool,
        typer.Option("--bidirectional", help="Read windows backwards too (--mode windows).", rich_help_panel=NETWORK),
    ] = False
    attention: Annotated[
        bool,
        typer.Option("--attention", help="Look at all states of a window (--mode windows).", rich_help_panel=NETWORK),
    ] = False
    skip: Annotated[
        str,
        typer.Option(
            "--skip",
            metavar="NAME",
            help="naive: mix naive forecasts and correct them; none: the plain head.",
            rich_help_panel=NETWORK,
        ),
    ] = "naive"


@dataclass(frozen=True, kw_only=True)
class ForecastOptions(NetworkOptions, LearningOptions, CovariateOptions, FileOptions, FirstOptions):
    """Options of `gatecast forecast`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, TSV or Parquet file, also gzipped.")]
    horizon: Annotated[int, Horizon]
    max_seconds: Annotated[
        float | None,
        typer.Option(
            "--max-seconds", metavar="SECONDS", help="Time for all of it; training is shortened to end within it."
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the forecast only, or nothing with --out.")] = (
        False
    )
    json: Json = False
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw it: .png, .svg or .pdf.", rich_help_panel=RESULTS),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Keep the model, for `gatecast predict`.", rich_help_panel=RESULTS),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PredictOptions(FileOptions, FirstOptions):
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
    future_file: FutureFile = None
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
            option.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(option),
            annotation=hints[option.name],
        )
        for option in _in_reading_order(fields(options))  # type: ignore[arg-type]
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = hints
    command.__doc__ = _unwrapped(work.__doc__ or "")
    return command


def _default(option: Field[Any]) -> Any:
    if option.default is not MISSING:
        return option.default
    return inspect.Parameter.empty if option.default_factory is MISSING else option.default_factory()


def _in_reading_order(options: tuple[Field[Any], ...]) -> list[Field[Any]]:
    """Put what must be given first, as the help shows it."""
    return sorted(options, key=lambda option: option.default is not MISSING or option.default_factory is not MISSING)


def _unwrapped(text: str) -> str:
    """Join the lines of each paragraph: the help is wrapped to the terminal, not as the source is."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
