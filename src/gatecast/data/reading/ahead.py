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
    filled = np.flatnonzero(panel.lengths)
    seen = np.where(np.isnan(panel.values), -1, np.arange(len(panel.values)))
    newest_places = np.maximum.reduceat(seen, panel.offsets[filled]) if len(filled) else seen
    has_any = newest_places >= 0
    if not has_any.any():
        return panel.lengths
    places = newest_places[has_any] - panel.offsets[filled[has_any]]
    newest = panel.grid.times(panel.starts[filled[has_any]], places).max()
    lengths = panel.lengths.astype(np.int64)
    # of most series all points are that old
    later = filled[panel.grid.times(panel.starts[filled], lengths[filled] - 1) > newest]
    rest = panel.rows(later)
    series, _ = rest.places()
    lengths[later] = np.bincount(series[rest.all_times() <= newest], minlength=len(later))
    return lengths


def split_future(panel: Panel) -> tuple[Panel, Panel | None]:
    """Take the rows about the future, if any, off the end of all series, where columns are known ahead."""
    if not panel.future:
        return panel, None
    lengths = observed_lengths(panel)
    if (lengths == panel.lengths).all():
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
