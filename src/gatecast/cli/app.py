"""Which commands are there, and what does a newcomer read about them?

Only typer and the names of options are loaded here: a command's own module loads when it runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gatecast.cli.diagnose_options import DiagnoseOptions
from gatecast.cli.gates_options import GatesOptions
from gatecast.cli.options import DemoOptions, DoctorOptions, ForecastOptions, PredictOptions, as_command
from gatecast.cli.report_options import ReportOptions
from gatecast.cli.tune_options import TuneOptions
from gatecast.cli.window_options import BacktestOptions, CompareOptions

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
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


def _demo(options: DemoOptions) -> None:
    """Show what gatecast does, in less than ten seconds.

    Trains the classic tutorial's LSTM and then gatecast's defaults on a noisy sine, and gatecast on the yearly
    sunspots. Prints losses, errors and times, and draws pictures.
    """
    from gatecast.cli.demo import demo

    demo(options)


def _forecast(options: ForecastOptions) -> None:
    """Forecast a table: a CSV with a date column and a number column is enough.

    Reads the file and says what it understood of it; learns from the first 80 % and measures the error on the rest,
    beside the errors of naive forecasts; then learns from everything and forecasts.
    """
    from gatecast.cli.forecast import forecast

    forecast(options)


def _predict(options: PredictOptions) -> None:
    """Forecast with a model that was saved before, without training."""
    from gatecast.cli.predict import predict

    predict(options)


def _compare(options: CompareOptions) -> None:
    """Say which model to use on this table, and how sure that is: LSTM, SARIMA, ETS, Theta and the naive forecasts.

    All models forecast the newest windows, each from what was known by then, and are compared with a test of
    significance. Says what the series are like, too.
    """
    from gatecast.cli.compare import compare

    compare(options)


def _backtest(options: BacktestOptions) -> None:
    """Keep every forecast that models would have made from rolling origins, each from what was known by then.

    Says how far off they were in each window, and how often their intervals held. Which model to use, and how sure that
    is, says `gatecast compare`.
    """
    from gatecast.cli.backtest import backtest

    backtest(options)


def _report(options: ReportOptions) -> None:
    """Write one HTML file for everyone: the data, the forecast, whether it is any good, and what the network remembers.

    Fits, forecasts, compares models on the newest windows and diagnoses the fit, and says how all of it was made. The
    file needs no network, can be printed, and is read on a phone, by day and by night, in English or Chinese.
    """
    from gatecast.cli.report import report

    report(options)


def _tune(options: TuneOptions) -> None:
    """Search for better settings, without touching the part that is held back.

    Tries the defaults first and then what a Bayesian search proposes. Settings are judged by forecasts from rolling
    origins inside the first 80 %; the rest is only measured on. Ctrl-C keeps the best so far.
    """
    from gatecast.cli.tune import tune

    tune(options)


def _diagnose(options: DiagnoseOptions) -> None:
    """Say whether a fit is too short, too small, too big or done, and what to change.

    Takes a saved model with its training data, or a table to which it fits a model first: on all but the last fifth, on
    which the errors are then judged, beside those of a linear autoregression.
    """
    from gatecast.cli.diagnose import diagnose

    diagnose(options)


def _gates(options: GatesOptions) -> None:
    """Say what the hidden units of a saved model remember, and when they forget it.

    Reads a series as a forecast does: how long each unit remembers, in the data's unit of time, when units wipe their
    memory and whether that follows the calendar or the season, and which periods they carry.
    """
    from gatecast.cli.gates import gates

    gates(options)


def _doctor(options: DoctorOptions) -> None:
    """Check this installation: versions, processor, and two seconds of arithmetic."""
    from gatecast.cli.doctor import doctor

    doctor(options)


def _examples(*lines: str) -> str:
    # an empty line between, because a single line break would be joined
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in lines)


app.command("demo", epilog=_examples("gatecast demo", "gatecast demo --out pictures --json"))(
    as_command(DemoOptions, _demo)
)
app.command(
    "forecast",
    epilog=_examples(
        "gatecast forecast sales.csv --horizon 12",
        "gatecast forecast sales.csv --horizon 12 --out forecast.csv --plot forecast.png",
        "gatecast forecast load.csv --time Zeit --target MW --horizon 48 --save load.safetensors",
        "gatecast forecast shops.parquet --id shop --horizon 14 --json",
    ),
)(as_command(ForecastOptions, _forecast))
app.command(
    "predict",
    epilog=_examples(
        "gatecast predict load.safetensors",
        "gatecast predict load.safetensors newer.csv --horizon 24 --out forecast.csv",
    ),
)(as_command(PredictOptions, _predict))
app.command(
    "compare",
    epilog=_examples(
        "gatecast compare sales.csv --horizon 12",
        "gatecast compare load.csv --horizon 24 --windows 10 --model LSTM --model AutoARIMA --out windows.csv",
        "gatecast compare shops.parquet --id shop --horizon 14 --folder compared --jobs 2 --json",
    ),
)(as_command(CompareOptions, _compare))
app.command(
    "backtest",
    epilog=_examples(
        "gatecast backtest sales.csv --horizon 12 --out windows.csv",
        "gatecast backtest load.csv --horizon 24 --windows 20 --step 6 --level 90 --no-refit",
        "gatecast backtest shops.parquet --id shop --horizon 14 --model LSTM --model AutoETS --folder kept --json",
    ),
)(as_command(BacktestOptions, _backtest))
app.command(
    "report",
    epilog=_examples(
        "gatecast report sales.csv --horizon 12 --out sales.html",
        "gatecast report load.csv --horizon 24 --windows 10 --lang zh",
        "gatecast report shops.parquet --id shop --horizon 14 --json",
    ),
)(as_command(ReportOptions, _report))
app.command(
    "tune",
    epilog=_examples(
        "gatecast tune sales.csv --horizon 12 --trials 40 --report tuning.txt",
        "gatecast tune load.csv --horizon 24 --max-seconds 300 --study load.db",
        "gatecast tune sales.csv --horizon 12 --space lookback=6:48 --space cell=lstm,gru",
    ),
)(as_command(TuneOptions, _tune))
app.command(
    "diagnose",
    epilog=_examples(
        "gatecast diagnose sales.csv --horizon 12",
        "gatecast diagnose sales.safetensors sales.csv",
        "gatecast diagnose sales.csv --lookback 1 --fix --save better.safetensors",
    ),
)(as_command(DiagnoseOptions, _diagnose))
app.command(
    "gates",
    epilog=_examples(
        "gatecast gates load.safetensors load.csv",
        "gatecast gates load.safetensors load.csv --out gates.parquet --json",
        "gatecast gates shops.safetensors shops.csv --series shop_7",
    ),
)(as_command(GatesOptions, _gates))
app.command("doctor", epilog=_examples("gatecast doctor", "gatecast doctor --json"))(as_command(DoctorOptions, _doctor))
