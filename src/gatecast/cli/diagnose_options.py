"""Which options does `gatecast diagnose` have?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gatecast.cli.options import CovariateOptions, FileOptions, Json, LearningOptions, NetworkOptions

__all__ = ["DiagnoseOptions"]


@dataclass(frozen=True, kw_only=True)
class DiagnoseOptions(NetworkOptions, LearningOptions, CovariateOptions, FileOptions):
    """Options of `gatecast diagnose`."""

    source: Annotated[
        Path,
        typer.Argument(metavar="MODEL_OR_DATA", help="File that `forecast --save` wrote, or a table to fit first."),
    ]
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA", help="With a model: its training data; newer rows behind them are the test part."
        ),
    ] = None
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", "-n", metavar="N", help="Steps ahead of the fit, where a table is given.  [1]"),
    ] = None
    fix: Annotated[bool, typer.Option("--fix", help="Try the remedies in order, and show whether each helped.")] = False
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="With --fix: keep the better model here.")
    ] = None
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", metavar="SECONDS", help="Time for each fit.")
    ] = None
    json: Json = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the findings only.")] = False
