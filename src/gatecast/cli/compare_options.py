"""Which options does `gatecast compare` have?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gatecast.cli.options import RESULTS, CovariateOptions, FileOptions, Horizon, Json

__all__ = ["CompareOptions"]

WINDOWS = "The comparison (good as it is)"


@dataclass(frozen=True, kw_only=True)
class CompareOptions(CovariateOptions, FileOptions):
    """Options of `gatecast compare`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table to compare on: .csv, .tsv, .txt or .parquet.")]
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
        typer.Option("--refit/--no-refit", help="Fit the LSTM anew in each window.", rich_help_panel=WINDOWS),
    ] = True
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            metavar="NAME",
            help="Compare this one: LSTM, Naive, SeasonalNaive, Drift, WindowAverage, AutoARIMA, AutoETS, AutoTheta, "
            "MSTL or LinearAR; may be repeated.",
            rich_help_panel=WINDOWS,
            show_default="LSTM and six others",
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
        typer.Option("--jobs", metavar="N", help="Processes; -1 for one on each processor.", rich_help_panel=WINDOWS),
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
