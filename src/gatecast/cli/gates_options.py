"""Which options does `gatecast gates` have?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gatecast.cli.options import RESULTS, FileOptions, Json

__all__ = ["GatesOptions"]


@dataclass(frozen=True, kw_only=True)
class GatesOptions(FileOptions):
    """Options of `gatecast gates`."""

    model: Annotated[Path, typer.Argument(metavar="MODEL", help="File that `forecast --save` wrote.")]
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA", help="The series to read: the training data, or newer ones.", show_default=False
        ),
    ] = None
    series: Annotated[
        str | None, typer.Option("--series", metavar="ID", help="Which series, where the table holds several.")
    ] = None
    member: Annotated[
        int, typer.Option("--member", metavar="N", help="Which network of an ensemble, counted from 0.")
    ] = 0
    threshold: Annotated[
        float,
        typer.Option("--threshold", metavar="SHARE", help="A unit forgets where it keeps less than this in a step."),
    ] = 0.1
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write all gates and states here: .csv or .parquet, a row for each unit and time.",
            rich_help_panel=RESULTS,
        ),
    ] = None
    json: Json = False
