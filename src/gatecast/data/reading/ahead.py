"""Which rows at the end of a table are about the future: their covariates are known, their target is not?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Frame, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.reading.times import time_text
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.data.reading.files import Table

__all__ = ["about_future", "observed_lengths", "rows_ahead", "split_future", "without_future"]


def observed_lengths(panel: Panel) -> Ints:
    """Return the points of each series up to the newest observation of all series, shape `(S,)`.

    What lies behind it has no target anywhere. A series that ended earlier than others keeps its gap at the end, which
    says that its newest values are missing.
    """
    series, _ = panel.places()
    seen = ~np.isnan(panel.values)
    if not seen.any():
        return panel.lengths
    newest = panel.all_times()[seen].max()
    before = panel.all_times() <= newest
    return np.bincount(series[before], minlength=panel.n_series).astype(np.int64)


def split_future(panel: Panel) -> tuple[Panel, Panel | None]:
    """Take the rows about the future, if any, off the end of all series, where columns are known ahead."""
    lengths = observed_lengths(panel)
    if not panel.future or (lengths == panel.lengths).all():
        return panel, None
    return panel.head(lengths), panel.tail_from(lengths)


def rows_ahead(ahead: Panel) -> Frame:
    """Return rows about the future as a table of the user's library, as `read_future` takes it."""
    series, _ = ahead.places()
    return ahead.frame(series, ahead.all_times(), **ahead.future)


def about_future(ahead: Panel) -> Message:
    """Say what was made of the rows about the future."""
    facts = {
        "n": int(ahead.lengths.max()),
        "target": ahead.columns.target,
        "names": [repr(name) for name in ahead.future],
    }
    return Message("decision.future_several" if len(ahead.future) > 1 else "decision.future", facts)


def without_future(table: Table) -> tuple[Table, int]:
    """Take the rows about the future off the end of a table; returns it and how many steps they span."""
    from gatecast.data.reading.files import first_gap

    known, ahead = split_future(table.panel)
    if ahead is None:
        return table, 0
    n_steps = int(ahead.lengths.max())
    end = time_text(known.grid.times(known.starts, known.lengths - 1).max())
    return replace(table, panel=known, n_gaps=known.n_gaps, first_gap=first_gap(known), end=end), n_steps
