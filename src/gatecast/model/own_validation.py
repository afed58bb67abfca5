"""How does a validation set of the user's own become the newest part of a panel, which is not learned from?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Ints
from gatecast.data.panel.panel import Panel, stacked
from gatecast.data.reading.ahead import split_future
from gatecast.data.reading.covariates import with_static_of
from gatecast.data.reading.like_training import rows_like
from gatecast.data.reading.times import time_text
from gatecast.exceptions import ConfigError, DataError
from gatecast.model.alignment import read_like
from gatecast.model.settings import Settings

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["read_validation", "with_validation"]


def read_validation(
    settings: Settings, panel: Panel, data: Data, weight_col: str | None = None
) -> tuple[Panel, Panel | None]:
    """Read a validation set with the names, frequency and ids of the data; returns rows about the future beside it."""
    if settings.validation_size is not None:
        raise ConfigError(
            f"`validation_size={settings.validation_size}` was passed with `validation_data`, and one of them was "
            "expected. Leave one out."
        )
    after = panel.tail_from(panel.lengths)
    return split_future(with_static_of(read_like(after, data, weight_col), after))


def with_validation(settings: Settings, panel: Panel, newer: Panel) -> tuple[Panel, Ints]:
    """Put a validation set behind the series that it continues.

    Returns the whole panel, and how many points at the end of each series are not learned from, `(S,)`: those of the
    set, and missing steps before them.
    """
    rows = rows_like(panel, newer.ids)
    _check_known(panel, newer, rows)
    ends = panel.grid.times(panel.starts, panel.lengths)
    if newer.starts.dtype.kind != "M" and (newer.starts == 0).all():
        # arrays have no times: they go on
        newer = replace(newer, starts=ends[rows])
    pieces, hold_out = [panel.only(s) for s in range(panel.n_series)], np.zeros(panel.n_series, np.int64)
    for s, row in enumerate(rows.tolist()):
        own = replace(newer.only(s), ids=pieces[row].ids)
        lead = panel.grid.positions(np.maximum(own.starts, ends[row : row + 1]), ends[row : row + 1])
        if own.starts[0] < ends[row] or panel.grid.times(ends[row : row + 1], lead)[0] != own.starts[0]:
            raise DataError(
                f"`validation_data` of series {newer.ids.tolist()[s]!r} begins at {time_text(own.starts[0])}, and its "
                f"rows were expected from {time_text(ends[row])} on, in steps of {panel.freq!r}. Pass rows behind "
                "those of the data, which are not learned from."
            )
        later = own.with_leading_gaps(lead)
        pieces[row], hold_out[row] = pieces[row].followed_by(later), len(later.values)
    if int(hold_out.max(initial=0)) < settings.horizon:
        raise DataError(
            f"`validation_data` has up to {int(hold_out.max(initial=0))} steps of a series, and at least one horizon "
            f"({settings.horizon}) was expected. Pass more rows, or leave it out to hold out some of the data."
        )
    return stacked(pieces, panel), hold_out


def _check_known(panel: Panel, newer: Panel, rows: Ints) -> None:
    if newer.freq != panel.freq:
        raise DataError(
            f"`validation_data` has the frequency {newer.freq!r}, and that of the data, {panel.freq!r}, was expected. "
            "Pass rows of the same steps."
        )
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        raise DataError(
            f"`validation_data` has the series {newer.ids.tolist()[unknown[0]]!r}, and series of the data alone were "
            "expected. Put its first rows into the data, or leave it out."
        )
