"""Which commands are there, and what does a newcomer read about them?

Only typer and the names of options are loaded here: a command's own module loads when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from gatecast.cli.commands import (
    BacktestOptions,
    CompareOptions,
    DemoOptions,
    DiagnoseOptions,
    DoctorOptions,
    ForecastOptions,
    GatesOptions,
    PredictOptions,
    ReportOptions,
    TuneOptions,
)
from gatecast.cli.options import Options, as_command

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


Work = Callable[[Options], None]


def _command(options: type[Options], *examples: str) -> Callable[[Work[Options]], Work[Options]]:
    """Make a command of a function, which is called as it: `_forecast` is `forecast`."""
    # an empty line between, because a single line break would be joined
    shown = "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in examples)

    def register(work: Work[Options]) -> Work[Options]:
        app.command(work.__name__.removeprefix("_"), epilog=shown)(as_command(options, work))
        return work

    return register


@_command(
    DemoOptions,
    "gatecast demo",
    "gatecast demo --out pictures --json",
)
def _demo(options: DemoOptions) -> None:
    """Show what gatecast does, in less than ten seconds.

    Trains the classic tutorial's LSTM and then gatecast's defaults on a noisy sine, and gatecast on the yearly
    sunspots. Prints losses, errors and times, and draws pictures.
    """
    from gatecast.cli.demo import demo

    demo(options)


@_command(
    ForecastOptions,
    "gatecast forecast sales.csv --horizon 12",
    "gatecast forecast sales.csv --horizon 12 --out forecast.csv --plot forecast.png",
    "gatecast forecast load.csv --time-col Zeit --target-col MW --horizon 48 --save load.safetensors",
    "gatecast forecast shops.parquet --id-col shop --horizon 14 --json",
)
def _forecast(options: ForecastOptions) -> None:
    """Forecast a table: a CSV with a date column and a number column is enough.

    Reads the file and says what it understood of it; learns from the first 80 % and measures the error on the rest,
    beside the errors of naive forecasts; then learns from everything and forecasts.
    """
    from gatecast.cli.forecast import forecast

    forecast(options)


@_command(
    PredictOptions,
    "gatecast predict load.safetensors",
    "gatecast predict load.safetensors newer.csv --horizon 24 --out forecast.csv",
)
def _predict(options: PredictOptions) -> None:
    """Forecast with a model that was saved before, without training."""
    from gatecast.cli.predict import predict

    predict(options)


@_command(
    CompareOptions,
    "gatecast compare sales.csv --horizon 12",
    "gatecast compare load.csv --horizon 24 --n-windows 10 --models LSTM --models AutoARIMA --out windows.csv",
    "gatecast compare shops.parquet --id-col shop --horizon 14 --folder compared --n-jobs 2 --json",
)
def _compare(options: CompareOptions) -> None:
    """Say which model to use on this table, and how sure that is: LSTM, SARIMA, ETS, Theta and the naive forecasts.

    All models forecast the newest windows, each from what was known by then, and are compared with a test of
    significance. Says what the series are like, too.
    """
    from gatecast.cli.compare import compare

    compare(options)


@_command(
    BacktestOptions,
    "gatecast backtest sales.csv --horizon 12 --out windows.csv",
    "gatecast backtest load.csv --horizon 24 --n-windows 20 --step-size 6 --level 90 --no-refit",
    "gatecast backtest shops.parquet --id-col shop --horizon 14 --models LSTM --models AutoETS --folder kept --json",
)
def _backtest(options: BacktestOptions) -> None:
    """Keep every forecast that models would have made from rolling origins, each from what was known by then.

    Says how far off they were in each window, and how often their intervals held. Which model to use, and how sure that
    is, says `gatecast compare`.
    """
    from gatecast.cli.backtest import backtest

    backtest(options)


@_command(
    ReportOptions,
    "gatecast report sales.csv --horizon 12 --out sales.html",
    "gatecast report load.csv --horizon 24 --n-windows 10 --lang zh",
    "gatecast report shops.parquet --id-col shop --horizon 14 --json",
)
def _report(options: ReportOptions) -> None:
    """Write one HTML file for everyone: the data, the forecast, whether it is any good, and what the network remembers.

    Fits, forecasts, compares models on the newest windows and diagnoses the fit, and says how all of it was made. The
    file needs no network, can be printed, and is read on a phone, by day and by night, in English or Chinese.
    """
    from gatecast.cli.report import report

    report(options)


@_command(
    TuneOptions,
    "gatecast tune sales.csv --horizon 12 --n-trials 40 --report tuning.txt",
    "gatecast tune load.csv --horizon 24 --max-seconds 300 --study load.db",
    "gatecast tune sales.csv --horizon 12 --space lookback=6:48 --space cell=lstm,gru",
)
def _tune(options: TuneOptions) -> None:
    """Search for better settings, without touching the part that is held back.

    Tries the defaults first and then what a Bayesian search proposes. Settings are judged by forecasts from rolling
    origins inside the first 80 %; the rest is only measured on. Ctrl-C keeps the best so far.
    """
    from gatecast.cli.tune import tune

    tune(options)


@_command(
    DiagnoseOptions,
    "gatecast diagnose sales.csv --horizon 12",
    "gatecast diagnose sales.safetensors sales.csv",
    "gatecast diagnose sales.csv --lookback 1 --fix --save better.safetensors",
)
def _diagnose(options: DiagnoseOptions) -> None:
    """Say whether a fit is too short, too small, too big or done, and what to change.

    Takes a saved model with its training data, or a table to which it fits a model first: on all but the last fifth, on
    which the errors are then judged, beside those of a linear autoregression.
    """
    from gatecast.cli.diagnose import diagnose

    diagnose(options)


@_command(
    GatesOptions,
    "gatecast gates load.safetensors load.csv",
    "gatecast gates load.safetensors load.csv --out gates.parquet --json",
    "gatecast gates shops.safetensors shops.csv --unique-id shop_7",
)
def _gates(options: GatesOptions) -> None:
    """Say what the hidden units of a saved model remember, and when they forget it.

    Reads a series as a forecast does: how long each unit remembers, in the data's unit of time, when units wipe their
    memory and whether that follows the calendar or the season, and which periods they carry.
    """
    from gatecast.cli.gates import gates

    gates(options)


@_command(
    DoctorOptions,
    "gatecast doctor",
    "gatecast doctor --json",
)
def _doctor(options: DoctorOptions) -> None:
    """Check this installation: versions, processor, and two seconds of arithmetic."""
    from gatecast.cli.doctor import doctor

    doctor(options)
