"""Which options does `gatecast tune` have, and how are entries of its search space written?"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from gatecast.cli.options import LEARNING, RESULTS, CovariateOptions, FileOptions, Horizon, Json
from gatecast.exceptions import ConfigError

__all__ = ["TuneOptions", "read_space"]

SEARCH = "The search"
# settings that are called otherwise on the command line
NAMES = {"hidden": "hidden_size", "layers": "n_layers", "season": "season_length", "decoder": "decoder_sizes"}


@dataclass(frozen=True, kw_only=True)
class TuneOptions(CovariateOptions, FileOptions):
    """Options of `gatecast tune`."""

    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table to learn from: .csv, .tsv, .txt or .parquet.")]
    horizon: Annotated[int, Horizon]
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials",
            metavar="N",
            help="Settings to try; 40 when no time is given either.",
            rich_help_panel=SEARCH,
            show_default=False,
        ),
    ] = None
    max_seconds: Annotated[
        float | None,
        typer.Option("--max-seconds", metavar="S", help="Time for the search.", rich_help_panel=SEARCH),
    ] = None
    space: Annotated[
        list[str],
        typer.Option(
            "--space",
            metavar="NAME=VALUES",
            help="What to try: lookback=8:128, learning_rate=1e-4:1e-2:log, cell=lstm,gru, or dropout= for no other "
            "than the default; may be repeated.",
            rich_help_panel=SEARCH,
            show_default="from the data",
        ),
    ] = field(default_factory=list)
    patience: Annotated[
        int,
        typer.Option(
            "--patience", metavar="N", help="Trials without improvement before it ends.", rich_help_panel=SEARCH
        ),
    ] = 20
    windows: Annotated[
        int | None,
        typer.Option(
            "--windows",
            metavar="N",
            help="Fits of each trial, from rolling origins.",
            rich_help_panel=SEARCH,
            show_default="from the data",
        ),
    ] = None
    metric: Annotated[
        str, typer.Option("--metric", metavar="NAME", help="mase, rmse or mae.", rich_help_panel=SEARCH)
    ] = "mase"
    sampler: Annotated[
        str,
        typer.Option("--sampler", metavar="NAME", help="tpe, gp (needs PyTorch) or random.", rich_help_panel=SEARCH),
    ] = "tpe"
    study: Annotated[
        Path | None,
        typer.Option(
            "--study",
            metavar="FILE",
            help="Keep the trials here (SQLite): the same command goes on, also in several processes at once.",
            rich_help_panel=SEARCH,
        ),
    ] = None
    test_size: Annotated[
        str,
        typer.Option(
            "--test-size",
            metavar="SIZE",
            help="Share of each series that the search never sees, to test on, or a number of points; 0 for none.",
            rich_help_panel=LEARNING,
        ),
    ] = "0.2"
    ensemble: Annotated[
        int | None,
        typer.Option("--ensemble", metavar="N", help="Networks of the last fit.", rich_help_panel=LEARNING),
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="The same seed, the same search.", rich_help_panel=LEARNING)
    ] = 0
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", help="Processors to use; all when left out.", rich_help_panel=LEARNING),
    ] = None
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a page about the search here.", rich_help_panel=RESULTS),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FILE",
            help="Fit the best settings on all points and keep the model, for `gatecast predict`.",
            rich_help_panel=RESULTS,
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the settings alone.", rich_help_panel=RESULTS)] = (
        False
    )
    json: Json = False


def read_space(texts: Sequence[str]) -> dict[str, Any]:
    """Read entries of a search space as people write them on the command line.

    Raises:
        ConfigError: One has no name.

    Examples:
        >>> read_space(["lookback=8:128", "learning-rate=1e-4:1e-2:log", "cell=lstm,gru", "dropout="])
        {'lookback': (8, 128), 'learning_rate': (0.0001, 0.01, 'log'), 'cell': ['lstm', 'gru'], 'dropout': None}
    """
    space: dict[str, Any] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not name:
            raise ConfigError(
                f"`--space {text}` has no name and values, and for example `--space lookback=8:128` was expected. Put "
                "`=` between the setting and what is tried."
            )
        name = name.strip().replace("-", "_")
        space[NAMES.get(name, name)] = _values(values.strip())
    return space


def _values(text: str) -> Any:
    if not text:
        return None
    if ":" in text:
        return tuple(_value(part) for part in text.split(":"))
    return [_value(part) for part in text.split(",")]


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()
