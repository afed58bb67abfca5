"""Which options does each command have? Those that are no settings are written here, with their help."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gatecast._places import Place
from gatecast.cli.options import COVARIATES, KNOWN, REQUIRED, RESULTS, argument, option, settings
from gatecast.cli.shared_options import CsvOptions, JsonOptions, to_file
from gatecast.model.settings import SETTINGS, Settings

__all__ = [
    "COMMANDS",
    "LSTM",
    "AheadOptions",
    "AnomaliesOptions",
    "BacktestOptions",
    "CompareOptions",
    "DemoOptions",
    "DiagnoseOptions",
    "DoctorOptions",
    "FileOptions",
    "FitOptions",
    "ForecastOptions",
    "GatesOptions",
    "InspectOptions",
    "PredictOptions",
    "ReportOptions",
    "ServeOptions",
    "TuneOptions",
    "UpdateOptions",
    "WindowOptions",
]

COLUMNS = "The file (found out where that is clear)"
SEARCH = "The search"
TESTING = "Testing"
LSTM = "LSTM"
WINDOWS = "The windows (good as they are)"
# options of their own: what is learned as quantiles follows from what is asked for, and a bar from --quiet and --json
OF_COMMANDS = ("horizon", "quantiles", "progress", "checkpoint_seconds")
WEIGHTS = "Column that says what each target counts in the loss and in errors; 0 leaves it out."
OF_FITS = tuple(name for name in SETTINGS if name not in OF_COMMANDS)


@dataclass(frozen=True, kw_only=True)
class DemoOptions(JsonOptions):
    """Show what gatecast does, in a few seconds.

    Trains the classic tutorial's LSTM and then gatecast's defaults on a noisy sine, and gatecast on the yearly
    sunspots. Prints losses, errors and times, and draws pictures.
    """

    examples: ClassVar = ("gatecast demo", "gatecast demo --out pictures --json")
    out: Path = option(Path("demo"), "Folder for the pictures; made if needed.", "FOLDER")


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(JsonOptions):
    """Check this installation: versions, processor, and two seconds of arithmetic."""

    examples: ClassVar = ("gatecast doctor", "gatecast doctor --json")


@dataclass(frozen=True, kw_only=True)
class FileOptions(JsonOptions):
    """How a table is to be read; None where it is to be found out."""

    time_col: str | None = option(None, "Column of the times.", "COLUMN", panel=COLUMNS)
    target_col: tuple[str, ...] = option(
        (), "Column to forecast; repeat it where each series has a column of its own.", "COLUMN", panel=COLUMNS
    )
    id_col: tuple[str, ...] = option(
        (),
        "Column that tells series apart; several that do so together as region,shop or repeated.",
        "COLUMN",
        panel=COLUMNS,
    )
    freq: str | None = option(
        None, "Step between the times: h, D, W, MS (month), 30min, or a number.", "FREQ", panel=COLUMNS
    )
    order_of_rows: bool = option(
        False, "Take the rows, in the order of their times, as the steps, whatever lies between.", panel=COLUMNS
    )
    date_format: str | None = option(None, "How dates are written, e.g. %d/%m/%Y.", "FORMAT", panel=COLUMNS)
    timezone: str | None = option(
        None, "Time zone of times that do not say theirs, e.g. Europe/Berlin.", "ZONE", panel=COLUMNS
    )
    encoding: str | None = option(
        None, "Encoding of a text file, e.g. utf-8, cp1252 or gb18030.", "NAME", panel=COLUMNS
    )
    decimal: str | None = option(None, "Mark before decimals: . or a comma.", "MARK", panel=COLUMNS)
    na: tuple[str, ...] = option(
        (), "Cell that says that a value is missing, e.g. --na=-999; may be repeated.", "TEXT", panel=COLUMNS
    )
    skip_rows: int = option(0, "Lines above the table that are none of it.", "N", panel=COLUMNS)
    sheet: str | None = option(None, "Sheet of a spreadsheet, by name or number.", "NAME", panel=COLUMNS)
    duplicates: str = option(
        "error", "Rows with the same time: error, or take their sum, mean or last value.", "WHAT", panel=COLUMNS
    )


@dataclass(frozen=True, kw_only=True)
class TableOptions(FileOptions):
    """Which table is forecast, and how far."""

    data: Place = argument(
        REQUIRED, "Table: CSV, text, Parquet, Excel or JSON, also gzipped; - for piped input.", "DATA"
    )
    horizon: int = option(REQUIRED, "How many steps ahead to forecast.", "N", short="-n")


@dataclass(frozen=True, kw_only=True)
class AheadOptions:
    """How sure a forecast is, and what is known ahead."""

    level: tuple[float, ...] = option((), "Add intervals of this coverage in %, e.g. 80; may be repeated.", "PERCENT")
    quantiles: tuple[float, ...] = option((), "Add quantiles, e.g. 0.9; may be repeated.", "SHARE")
    future_file: Place | None = option(
        None,
        "Table with the --future columns ahead; else the rows without a target at the end of DATA.",
        "FILE",
        panel=KNOWN,
    )


@dataclass(frozen=True, kw_only=True)
class FitOptions(FileOptions):
    """Options of commands that fit one model and test it."""

    settings: Settings = settings(OF_FITS)
    weight_col: str | None = option(None, WEIGHTS, "COLUMN", panel=COLUMNS)
    test_size: str = option(
        "0.2", "Share of each series to test on, or a number of points at its end; 0 for none.", "SIZE", panel=TESTING
    )
    quiet: bool = option(False, "Print the result only, or nothing with --out.", short="-q")


@dataclass(frozen=True, kw_only=True)
class InspectOptions(FileOptions):
    """Say what is understood of a file, without training: columns, times, frequency, gaps, series, how it is written.

    Also says what a saved model is: what it learned from, how, and what it can forecast.
    """

    examples: ClassVar = (
        "gatecast inspect sales.csv",
        "gatecast inspect sales.xlsx --sheet 2024 --json",
        "cat sales.csv | gatecast inspect -",
        "gatecast inspect sales.safetensors",
    )
    file: Place = argument(REQUIRED, "Table, or file that `forecast --save` wrote; - for piped input.", "FILE")
    settings: Settings = settings(("past", "future", "static"))


@dataclass(frozen=True, kw_only=True)
class ForecastOptions(AheadOptions, FitOptions, TableOptions, CsvOptions):
    """Forecast a table: a CSV with a date column and a number column is enough.

    Reads the file and says what it understood of it; learns from the first 80 % and measures the error on the rest,
    beside the errors of naive forecasts; then learns from everything and forecasts.
    """

    examples: ClassVar = (
        "gatecast forecast sales.csv --horizon 12",
        "gatecast forecast sales.csv --horizon 12 --out forecast.csv --plot forecast.png",
        "gatecast forecast load.csv --time-col Zeit --target-col MW --horizon 48 --save load.safetensors",
        "gatecast forecast shops.parquet --id-col shop --horizon 14 --json",
        "gatecast forecast sales.csv --horizon 12 --model best",
    )
    model: str = option(
        LSTM,
        "What forecasts: LSTM; best for what is best for each series in a comparison (see `gatecast compare`); or one "
        "of its models, like AutoETS.",
        "MODEL",
    )
    no_refit: bool = option(
        False, "Forecast with the model that was tested instead of learning again from all points.", panel=TESTING
    )
    start: Path | None = option(
        None, "Learn on from the model in this file (see `gatecast update`); nothing is tested.", "FILE", panel=TESTING
    )
    resume: Path | None = option(
        None, "Go on from the checkpoint in this file instead of that of --checkpoint.", "FILE", panel=TESTING
    )
    out: Place | None = to_file("Write the forecast here: .csv or .parquet.")
    plot: Place | None = to_file("Draw it: .png, .svg or .pdf.")
    save: Place | None = to_file("Keep the model, for `gatecast predict`.")


@dataclass(frozen=True, kw_only=True)
class PredictOptions(AheadOptions, FileOptions, CsvOptions):
    """Forecast with a model that was saved before, without training."""

    examples: ClassVar = (
        "gatecast predict load.safetensors",
        "gatecast predict load.safetensors newer.csv --horizon 24 --out forecast.csv",
    )
    model: Place = argument(REQUIRED, "File that `forecast --save` wrote.", "MODEL")
    data: Place | None = argument(None, "Newer data to forecast from; else from the end of the training data.", "DATA")
    horizon: int | None = option(None, "Steps ahead; what the model learned when left out.", "N", short="-n")
    out: Place | None = to_file("Write the forecast here: .csv or .parquet.")


@dataclass(frozen=True, kw_only=True)
class UpdateOptions(FileOptions):
    """Let a saved model learn on from newer data, in a few seconds.

    Trains its networks for a short while more from their weights, on newer rows of the series that it knows or on new
    ones, and keeps them as they are where that is not better on the newest part, which is held out. Known series keep
    their scales. A table that holds the old rows too is read as a whole.
    """

    examples: ClassVar = (
        "gatecast update load.safetensors newer.csv",
        "gatecast update load.safetensors newer.csv --save newer.safetensors --json",
    )
    model: Path = argument(REQUIRED, "File that `forecast --save` wrote.", "MODEL")
    data: Path = argument(REQUIRED, "Newer rows, new series, or the whole table with them; - for piped input.", "DATA")
    weight_col: str | None = option(None, WEIGHTS, "COLUMN", panel=COLUMNS)
    save: Path | None = option(
        None, "Keep the updated model here instead of in place of the old one.", "FILE", panel=RESULTS
    )


@dataclass(frozen=True, kw_only=True)
class DiagnoseOptions(FitOptions):
    """Say whether a fit is too short, too small, too big or done, and what to change.

    Takes a saved model with its training data, or a table to which it fits a model first: on all but the last fifth, on
    which the errors are then judged, beside those of a linear autoregression.
    """

    examples: ClassVar = (
        "gatecast diagnose sales.csv --horizon 12",
        "gatecast diagnose sales.safetensors sales.csv",
        "gatecast diagnose sales.csv --lookback 1 --fix --save better.safetensors",
    )
    source: Place = argument(REQUIRED, "File that `forecast --save` wrote, or a table to fit first.", "MODEL_OR_DATA")
    data: Place | None = argument(
        None, "With a model: its training data; newer rows after them are the test part.", "DATA"
    )
    settings: Settings = settings(tuple(name for name in OF_FITS if name != "checkpoint"))
    horizon: int | None = option(
        None, "Steps ahead of the fit, where a table is given.", "N", short="-n", shown="1 with a table"
    )
    fix: bool = option(False, "Try the remedies in order, and show whether each helped.")
    save: Place | None = to_file("With --fix: keep the better model here.")


@dataclass(frozen=True, kw_only=True)
class GatesOptions(FileOptions, CsvOptions):
    """Say what the hidden units of a saved model remember, and when they forget it.

    Reads a series as a forecast does: how long each unit remembers, in the data's unit of time, when units wipe their
    memory and whether that follows the calendar or the season, and which periods they carry.
    """

    examples: ClassVar = (
        "gatecast gates load.safetensors load.csv",
        "gatecast gates load.safetensors load.csv --out gates.parquet --json",
        "gatecast gates shops.safetensors shops.csv --unique-id shop_7",
    )
    model: Place = argument(REQUIRED, "File that `forecast --save` wrote.", "MODEL")
    data: Place | None = argument(None, "The series to read: the training data, or newer ones.", "DATA")
    unique_id: str | None = option(None, "Which series, where the table holds several.", "ID")
    member: int = option(0, "Which network of an ensemble, counted from 0.", "N")
    threshold: float = option(0.1, "A unit forgets where it keeps less than this in a step.", "SHARE")
    out: Place | None = to_file("Write all gates and states here: .csv or .parquet, a row for each unit and time.")


@dataclass(frozen=True, kw_only=True)
class AnomaliesOptions(FileOptions, CsvOptions):
    """Say which points of a table were not to be expected, without training.

    Forecasts each point from those before it, by networks that learned from made series or by a saved model, and marks
    those whose errors are rare among earlier ones of their series: on a clean series as often as --false-alarms says.
    """

    examples: ClassVar = (
        "gatecast anomalies sales.csv",
        "gatecast anomalies sales.csv --false-alarms 0.001 --out checked.csv --plot checked.png",
        "gatecast anomalies newer.csv --model load.safetensors --json",
    )
    data: Place = argument(
        REQUIRED, "Table: CSV, text, Parquet, Excel or JSON, also gzipped; - for piped input.", "DATA"
    )
    settings: Settings = settings(("season_length", "n_threads"))
    model: Place | None = option(
        None, "Forecast with the model in this file, which `forecast --save` wrote; newer rows go on from it.", "FILE"
    )
    false_alarms: float = option(0.01, "Share of the points of a clean series that may be marked.", "SHARE")
    out: Place | None = to_file("Write all points with what was expected here: .csv or .parquet.")
    plot: Place | None = to_file("Draw the series with the rarest point: .png, .svg or .pdf.")


@dataclass(frozen=True, kw_only=True)
class TuneOptions(TableOptions):
    """Search for better settings, without touching the part that is held back.

    Tries the defaults first and then what a Bayesian search proposes. Settings are judged by forecasts from rolling
    origins inside the first 80 %; the rest is only measured on. Ctrl-C keeps the best so far.
    """

    examples: ClassVar = (
        "gatecast tune sales.csv --horizon 12 --n-trials 40 --report tuning.txt",
        "gatecast tune load.csv --horizon 24 --max-seconds 300 --study load.db",
        "gatecast tune sales.csv --horizon 12 --space lookback=6:48 --space cell=lstm,gru",
    )
    settings: Settings = settings((*COVARIATES, "ensemble", "n_threads"))
    n_trials: int | None = option(None, "Settings to try; 40 when no time is given either.", "N", panel=SEARCH)
    max_seconds: float | None = option(None, "Time for the search.", "SECONDS", panel=SEARCH)
    space: tuple[str, ...] = option(
        (),
        "What to try: lookback=8:128, learning-rate=1e-4:1e-2:log, cell=lstm,gru, or dropout= for no other than the "
        "default; may be repeated.",
        "NAME=VALUES",
        panel=SEARCH,
        shown="from the data",
    )
    patience: int = option(20, "Trials without improvement before it ends.", "N", panel=SEARCH)
    n_windows: int | None = option(
        None, "Fits of each trial, from rolling origins.", "N", panel=SEARCH, shown="from the data"
    )
    metric: str = option("mase", "mase, rmse or mae.", "NAME", panel=SEARCH)
    sampler: str = option("tpe", "tpe, gp (needs PyTorch) or random.", "NAME", panel=SEARCH)
    study: Path | None = option(
        None,
        "Keep the trials here (SQLite): the same command goes on, also in several processes at once.",
        "FILE",
        panel=SEARCH,
    )
    seed: int = option(0, "The same seed, the same search.", "N", panel=SEARCH)
    test_size: str = option(
        "0.2",
        "Share of each series that the search never sees, to test on, or a number of points; 0 for none.",
        "SIZE",
        panel=TESTING,
    )
    report: Place | None = to_file("Write a page about the search here.")
    save: Place | None = to_file("Fit the best settings on all points and keep the model, for `gatecast predict`.")
    quiet: bool = option(False, "Print the settings alone.", short="-q")


@dataclass(frozen=True, kw_only=True)
class WindowOptions(TableOptions):
    """Options of commands that let models forecast from rolling origins."""

    settings: Settings = settings(COVARIATES)
    n_windows: int | None = option(
        None, "Origins to forecast from.", "N", panel=WINDOWS, shown="as many as the lengths allow, up to 20"
    )
    step_size: int | None = option(
        None, "Steps between two origins.", "N", panel=WINDOWS, shown="the horizon, fewer for short series"
    )
    refit: bool = option(True, "Fit anew in each window.", panel=WINDOWS)
    models: tuple[str, ...] = option(
        (),
        "Take this one: LSTM, LSTM (pretrained), Naive, SeasonalNaive, Drift, WindowAverage, AutoARIMA, AutoETS, "
        "AutoTheta, MSTL, LinearAR, orders as in 'SARIMA(2,0,2)(0,1,1)12', or the mean of some, "
        "'Mean(LSTM, AutoETS)'; may be repeated.",
        "NAME",
        panel=WINDOWS,
        shown="the usual ones",
    )
    time_limit: float | None = option(
        None,
        "Seconds of computing for a fit of any model in one window; a slower one is reported as timed out.",
        "SECONDS",
        panel=WINDOWS,
        shown="60 for all but the LSTM",
    )
    n_jobs: int | None = option(
        None, "Processes; -1 for one on each processor.", "N", panel=WINDOWS, shown="1, and -1 for ten series or more"
    )
    folder: Path | None = option(
        None, "Keep finished windows here: the same command goes on from them.", "FOLDER", panel=WINDOWS
    )
    seed: int = option(0, "The same seed, the same result.", "N", panel=WINDOWS)
    out: Place | None = to_file("Write every forecast with its origin here: .csv or .parquet.")


@dataclass(frozen=True, kw_only=True)
class CompareOptions(WindowOptions, CsvOptions):
    """Say which model to use on this table, and how sure that is: LSTM, SARIMA, ETS, Theta and the naive forecasts.

    All models forecast the newest windows, each from what was known by then, and are compared with a test of
    significance. Says what the series are like, too.
    """

    examples: ClassVar = (
        "gatecast compare sales.csv --horizon 12",
        "gatecast compare load.csv --horizon 24 --n-windows 10 --models LSTM --models AutoARIMA --out windows.csv",
        "gatecast compare shops.parquet --id-col shop --horizon 14 --folder compared --n-jobs 2 --json",
    )
    prefer: str = option(
        "accurate",
        "What to recommend: accurate for the smallest error, or fast for a faster model that is not distinguishable.",
        "WHAT",
        panel=WINDOWS,
    )


@dataclass(frozen=True, kw_only=True)
class BacktestOptions(WindowOptions, CsvOptions):
    """Keep every forecast that models would have made from rolling origins, each from what was known by then.

    Says how far off they were in each window, and how often their intervals held. Which model to use, and how sure that
    is, says `gatecast compare`.
    """

    examples: ClassVar = (
        "gatecast backtest sales.csv --horizon 12 --out windows.csv",
        "gatecast backtest load.csv --horizon 24 --n-windows 20 --step-size 6 --level 90 --no-refit",
        "gatecast backtest shops.parquet --id-col shop --horizon 14 --models LSTM --models AutoETS --folder kept "
        "--json",
    )
    level: tuple[float, ...] = option(
        (), "Coverage of intervals in %; may be repeated.", "PERCENT", panel=WINDOWS, shown="80 and 95"
    )


@dataclass(frozen=True, kw_only=True)
class ReportOptions(WindowOptions):
    """Write one HTML file for everyone: the data, the forecast, whether it is any good, and what the network remembers.

    Fits, forecasts, compares models on the newest windows and diagnoses the fit, and says how all of it was made. The
    file needs no network, can be printed, and is read on a phone, by day and by night, in English or Chinese.
    """

    examples: ClassVar = (
        "gatecast report sales.csv --horizon 12 --out sales.html",
        "gatecast report load.csv --horizon 24 --n-windows 10 --lang zh",
        "gatecast report shops.parquet --id-col shop --horizon 14 --json",
    )
    n_windows: int | None = option(
        None, "Origins to compare models from.", "N", panel=WINDOWS, shown="5, and 2 for ten series or more"
    )
    time_limit: float | None = option(
        None,
        "Seconds of computing for a fit of any model in one window; a slower one is reported as timed out.",
        "SECONDS",
        panel=WINDOWS,
        shown="30 for all but the LSTM, and 20 for ten series or more",
    )
    prefer: str = option(
        "accurate",
        "What to recommend: accurate for the smallest error, or fast for a faster model that is not distinguishable.",
        "WHAT",
        panel=WINDOWS,
    )
    model: str = option(
        "best",
        "Whose forecast is shown: best for what the comparison recommends, or one of its models, like LSTM.",
        "MODEL",
        panel=RESULTS,
    )
    out: Place = option(
        Path("report.html"), "Write the report here: one .html file.", "FILE", panel=RESULTS, short="-o"
    )


LIMITS = "The most that a request may ask for"


@dataclass(frozen=True, kw_only=True)
class ServeOptions(JsonOptions):
    """Answer requests over HTTP: forecasts at once or of saved models, training, and streams of observations.

    The routes are described at /openapi.json. Models, trainings and streams are kept in one folder, and nothing that
    was acknowledged is lost when the server ends in whatever way. Without a file of tokens only this computer is
    answered.
    """

    examples: ClassVar = (
        "gatecast serve",
        "gatecast serve sales.safetensors load=models/load.safetensors --port 8080",
        "gatecast serve --host 0.0.0.0 --token-file tokens.txt --folder /var/lib/gatecast",
    )
    models: tuple[str, ...] = argument((), "Saved models, each a file or NAME=FILE.", "[MODEL]...")
    host: str = option("127.0.0.1", "Address to listen on.", "HOST")
    port: int = option(8000, "Port to listen on; 0 for any that is free.", "PORT")
    folder: Path | None = option(
        None,
        "Keep models, trainings and streams here; one server for each folder.",
        "FOLDER",
        shown="the data folder of this user",
    )
    token_file: Path | None = option(
        None, "File with a line `name: token` for each that may ask; needed to listen beyond this computer.", "FILE"
    )
    max_body: float = option(32, "Megabytes of a request.", "MB", panel=LIMITS)
    max_rows: int = option(1_000_000, "Rows of a table, and of a forecast.", "N", panel=LIMITS)
    max_series: int = option(20_000, "Series of a table.", "N", panel=LIMITS)
    max_horizon: int = option(5_000, "Steps ahead.", "N", panel=LIMITS)
    max_seconds: float = option(60, "Seconds until a forecast is given up.", "SECONDS", panel=LIMITS)
    max_requests: int = option(64, "Forecasts under way, at work or waiting.", "N", panel=LIMITS)


COMMANDS = (
    DemoOptions,
    InspectOptions,
    ForecastOptions,
    PredictOptions,
    AnomaliesOptions,
    UpdateOptions,
    CompareOptions,
    BacktestOptions,
    ReportOptions,
    TuneOptions,
    DiagnoseOptions,
    GatesOptions,
    ServeOptions,
    DoctorOptions,
)
