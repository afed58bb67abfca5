"""Which options do `gatecast compare` and `gatecast backtest` have?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gatecast.cli.options import RESULTS, CovariateOptions, FileOptions, Horizon, Json

__all__ = ["BacktestOptions", "CompareOptions", "WindowOptions"]

WINDOWS = "The windows (good as they are)"


@dataclass(frozen=True, kw_only=True)
class WindowOptions(CovariateOptions, FileOptions):
    """Options of commands that let models forecast from rolling origins."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table to forecast: .csv, .tsv, .txt or .parquet.")]
    horizon: Annotated[int, Horizon]
    windows: Annotated[
        int, typer.Option("--windows", metavar="N", help="Origins to forecast from.", rich_help_panel=WINDOWS)
    ] = 5
    step: Annotated[
        int | None,
        typer.Option(
            "--step",
            metavar="N",
            help="Steps between two origins.",
            rich_help_panel=WINDOWS,
            show_default="the horizon",
        ),
    ] = None
    refit: Annotated[
        bool,
        typer.Option("--refit/--no-refit", help="Fit anew in each window.", rich_help_panel=WINDOWS),
    ] = True
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            metavar="NAME",
            help="Take this one: LSTM, Naive, SeasonalNaive, Drift, WindowAverage, AutoARIMA, AutoETS, AutoTheta, "
            "MSTL, LinearAR, or orders as in 'SARIMA(2,0,2)(0,1,1)12'; may be repeated.",
            rich_help_panel=WINDOWS,
            show_default="the usual ones",
        ),
    ] = field(default_factory=list)
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit",
            metavar="S",
            help="Seconds for a model's fit in one window; a slower one is reported as timed out.",
            rich_help_panel=WINDOWS,
        ),
    ] = 60.0
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            help="Processes; -1 for one on each processor.",
            rich_help_panel=WINDOWS,
            show_default="1, and -1 for ten series or more",
        ),
    ] = None
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="FOLDER",
            help="Keep finished windows here: the same command goes on from them.",
            rich_help_panel=WINDOWS,
        ),
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="The same seed, the same result.", rich_help_panel=WINDOWS)
    ] = 0
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write every forecast with its origin here: .csv or .parquet.",
            rich_help_panel=RESULTS,
        ),
    ] = None
    json: Json = False


@dataclass(frozen=True, kw_only=True)
class CompareOptions(WindowOptions):
    """Options of `gatecast compare`."""


@dataclass(frozen=True, kw_only=True)
class BacktestOptions(WindowOptions):
    """Options of `gatecast backtest`."""

    level: Annotated[
        list[float],
        typer.Option(
            "--level",
            metavar="%",
            help="Intervals that hold this share of what comes; may be repeated.",
            rich_help_panel=WINDOWS,
            show_default="80 and 95",
        ),
    ] = field(default_factory=list)
