"""Which options does `gatecast report` have?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gatecast.cli.options import RESULTS
from gatecast.cli.window_options import WINDOWS, WindowOptions

__all__ = ["ReportOptions"]


@dataclass(frozen=True, kw_only=True)
class ReportOptions(WindowOptions):
    """Options of `gatecast report`."""

    windows: Annotated[
        int | None,
        typer.Option(
            "--windows",
            metavar="N",
            help="Origins to compare models from.",
            rich_help_panel=WINDOWS,
            show_default="5, and 2 for ten series or more",
        ),
    ] = None  # type: ignore[assignment]  # chosen by the size of the data
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="S",
            help="Seconds for a model's fit in one window; a slower one is reported as timed out.",
            rich_help_panel=WINDOWS,
            show_default="30, and 20 for ten series or more",
        ),
    ] = None  # type: ignore[assignment]
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write the report here: one .html file.", rich_help_panel=RESULTS
        ),
    ] = Path("report.html")
    lang: Annotated[
        str,
        typer.Option(
            "--lang", metavar="LANG", help="Language of the report: en, or zh for Chinese.", rich_help_panel=RESULTS
        ),
    ] = "en"
