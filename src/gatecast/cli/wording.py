"""How is an error said in the words of the command line? `n_layers=2` of Python is `--layers 2` here."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from gatecast.model.settings import Settings

__all__ = ["as_options", "in_options"]

# arguments in Python that are called otherwise on the command line
RENAMED = {
    "id_col": "id",
    "time_col": "time",
    "target_col": "target",
    "n_threads": "threads",
    "n_layers": "layers",
    "hidden_size": "hidden",
    "season_length": "season",
    "quantiles": "quantile",
    "decoder_sizes": "decoder",
    "dilations": "dilation",
    "n_trials": "trials",
    "n_windows": "windows",
    "unique_id": "series",
}
NOT_THERE = ("huber_delta", "batch_size", "schedule", "clip_norm", "weight_decay", "ema_decay", "scaling", "shuffle")
OTHERS = ("test_size", "id_col", "time_col", "target_col", "freq", "date_format", "level", "resume")
SERIES = ("unique_id", "member", "threshold", "lang")
SEARCH = ("n_trials", "n_windows", "metric", "sampler", "study", "space")
NAMES = (*(field.name for field in fields(Settings) if field.name not in NOT_THERE), *OTHERS, *SEARCH, *SERIES)


def in_options(message: str) -> str:
    """Say an error in the words of the command line.

    Examples:
        >>> in_options("`horizon` must be positive. Use `horizon=24`, or `target_col='Sales'`.")
        "`--horizon` must be positive. Use `--horizon 24`, or `--target 'Sales'`."
        >>> in_options("Use `season_length=(24, 168)`, or `layer_norm=True`.")
        'Use `--season 24 --season 168`, or `--layer-norm`.'
        >>> in_options("Use `n_layers=2`, or None to have it chosen.")
        'Use `--layers 2`, or leave it out to have it chosen.'
    """

    def option(found: re.Match[str]) -> str:
        return f"`{_with_value(_option(found['name']), found['value'])}`"

    message = re.sub(r"`(?:network=Network|training=Training)\(([^`]*)\)`", r"`\1`", message)
    message = re.sub(r"`space=\{[^`]*`", "`--space lookback=8:128`", message)
    message = message.replace("or None ", "or leave it out ").replace("or (24, 168) for", "or repeat it for")
    return re.sub(rf"`(?P<name>{'|'.join(NAMES)})(?:=(?P<value>[^`]*))?`", option, message)


def as_options(settings: Mapping[str, Any]) -> str:
    """Write settings as options of the command line.

    Examples:
        >>> as_options({"epochs": 32, "loss": "quantile", "season_length": (7, 24), "layer_norm": True})
        '--epochs 32 --loss quantile --season 7 --season 24 --layer-norm'
    """
    words = []
    for name, value in settings.items():
        values = value if isinstance(value, list | tuple) else [value]
        words += [_option(name) if item is True else f"{_option(name)} {item}" for item in values]
    return " ".join(words)


def _option(name: str) -> str:
    return "--" + RENAMED.get(name, name).replace("_", "-")


def _with_value(name: str, value: str | None) -> str:
    if not value or value == "True":
        return name
    if value[0] not in "([":
        return f"{name} {value}"
    try:
        return " ".join(f"{name} {item}" for item in ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError):
        return f"{name} {value}"
