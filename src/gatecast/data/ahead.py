"""Which rows at the end of a table are about the future: their covariates are known, their target is not?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.arrays import Ints
from gatecast.data.files import first_gap
from gatecast.data.panel import Panel
from gatecast.data.times import time_text

if TYPE_CHECKING:
    from gatecast.data.files import Table

__all__ = ["observed_lengths", "without_future"]


def observed_lengths(panel: Panel) -> Ints:
    """Return the points of each series up to the newest observation of all series, shape (S,).

    What lies behind it has no target anywhere. A series that ended earlier than others keeps its gap at the end, which
    says that its newest values are missing.

    >>> values = np.array([1.0, np.nan, 2.0, np.nan])
    >>> observed_lengths(Panel(np.array(["a"]), values, np.array([0, 4]), np.array([0]), freq=1))
    array([3])
    """
    series, _ = panel.places()
    seen = ~np.isnan(panel.values)
    if not seen.any():
        return panel.lengths
    newest = panel.all_times()[seen].max()
    before = panel.all_times() <= newest
    return np.bincount(series[before], minlength=panel.n_series).astype(np.int64)


def without_future(table: Table) -> tuple[Table, int]:
    """Take the rows about the future off the end of a table.

    Returns:
        The table without them, and how many steps they span.
    """
    panel = table.panel
    lengths = observed_lengths(panel)
    n_steps = int((panel.lengths - lengths).max(initial=0))
    if not n_steps:
        return table, 0
    known = panel.head(lengths)
    end = time_text(known.grid.times(known.starts, known.lengths - 1).max())
    return replace(table, panel=known, n_gaps=known.n_gaps, first_gap=first_gap(known), end=end), n_steps
