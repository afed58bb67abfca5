"""How much does each target count? A column of weights beside it, checked row by row."""

from __future__ import annotations

import numpy as np

from gatecast.data.panel.arrays import Floats
from gatecast.data.panel.panel import Columns, Panel
from gatecast.data.reading.covariates import read_numbers
from gatecast.data.reading.find import Found, raise_unknown
from gatecast.data.reading.frames import Source, plain_name
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

__all__ = ["check_unweighted", "read_weights", "weight_name"]


def weight_name(weight_col: object, source: Source, like: Columns | None) -> str | None:
    """Return the name of the column of weights: the one that was given, or that of data before, if the table has it."""
    if weight_col is None:
        known = None if like is None else like.weight
        return known if known in source.frame.columns else None
    name = plain_name(weight_col)
    if name is None:
        raise ConfigError(
            f"`weight_col` must be the name of one column, got {weight_col!r:.60}. Use for example "
            '`weight_col="weight"`.'
        )
    if name not in source.frame.columns:
        raise_unknown("weight_col", name, source.frame.columns)
    return name


def check_unweighted(panel: Panel) -> Panel:
    """Return a panel for what counts all targets alike; a ConfigError where it has weights, which would be ignored."""
    if panel.weights is not None:
        raise ConfigError(Message("column.weights_unused", {"name": panel.columns.weight or "weight"}))
    return panel


def read_weights(source: Source, name: str, found: Found, values: Floats) -> Floats:
    """Read the weights of the rows, `(N,)`; where there is no target they do not matter.

    Raises:
        ConfigError: The column is another one of the table's.
        DataError: A target has no weight or a negative one, or all have a weight of 0.
    """
    default = Columns()
    if name in {found.target, found.id, *found.times, default.target, default.id, default.time}:
        raise ConfigError(Message("column.weight_used", {"name": name}))
    weights, is_target = read_numbers(source, name), ~np.isnan(values)
    for code, wrong in (("column.no_weight", np.isnan(weights)), ("column.negative_weight", weights < 0)):
        rows = np.flatnonzero(wrong & is_target)
        if len(rows):
            facts = {"name": name, "where": source.where(int(rows[0])), "n": len(rows)}
            raise DataError(Message(code, facts | {"weight": float(weights[rows[0]])}))
    if is_target.any() and not weights[is_target].any():
        raise DataError(Message("column.no_weights", {"name": name}))
    return np.where(is_target, weights, np.nan)
