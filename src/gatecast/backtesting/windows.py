"""From which origins is forecast, and what may a model see at each? Tables that end at the origin, copied."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.panel import Columns, Panel
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ID", "TARGET", "TIME", "Window", "canonical", "choose_windows", "rolling_windows"]

# the names that models and the long form use, whatever the user's columns are called
ID, TIME, TARGET = "unique_id", "ds", "y"
# origins by the points of all series together, since models take longer for more of them: at most so many points, so
# many origins; a measured time would make the result depend on what else a computer does
MOST = ((1_000, 20), (10_000, 10))
# what a test of several series, or of many points, is content with; short series overlap to have as many
FEW = 5
# from so many series on their number says more than further origins
MANY_SERIES = 10
# what the oldest window learns from, of a series of median length
LEARNED = 0.5


@dataclass(frozen=True)
class Window:
    """One origin of each series, its cutoff, and the steps behind it."""

    panel: Panel  # all series, with canonical names
    number: int  # counted from the oldest window, 0
    cuts: Ints  # `(S,)` how many points of each series are known; 0 where it takes no part
    horizon: int  # H

    @property
    def rows(self) -> Ints:
        """Which series take part."""
        return np.flatnonzero(self.cuts)

    @property
    def cutoff(self) -> object:
        """The newest cutoff of all series."""
        return self._cutoffs().max()

    def train(self) -> Panel:
        """Return what is known at the origin, of the series that take part."""
        return _without_empty(self.panel.head(self.cuts))

    def table(self, covariates: Iterable[str] = ()) -> pd.DataFrame:
        """Return a table of what is known at the origin; columns are copies: no array leads to a later value."""
        known = self.train()
        series, _ = known.places()
        columns = {name: _column(known, name, series) for name in covariates}
        return _frame(known, **{TARGET: known.values}, **columns)  # noqa: PD011

    def future(self, covariates: Iterable[str]) -> pd.DataFrame:
        """Return what is known ahead of the steps behind the origin, as a table."""
        ahead = self._ahead()
        return _frame(ahead, **{name: ahead.future[name] for name in covariates})

    def actual(self) -> pd.DataFrame:
        """Return what came behind the origin: `unique_id, ds, cutoff, y`, H rows for each series that takes part."""
        ahead = self._ahead()
        frame = _frame(ahead, **{TARGET: ahead.values})  # noqa: PD011
        frame.insert(2, "cutoff", np.repeat(self._cutoffs(), self.horizon))
        return frame

    def _ahead(self) -> Panel:
        ends = np.where(self.cuts > 0, self.cuts + self.horizon, 0)
        return _without_empty(self.panel.head(ends).tail_from(self.cuts))

    def _cutoffs(self) -> pd.Index:
        rows = self.rows
        return self.panel.index(self.panel.grid.times(self.panel.starts[rows], self.cuts[rows] - 1))


def _frame(panel: Panel, **columns: object) -> pd.DataFrame:
    copied = {name: np.array(column) for name, column in columns.items()}
    frame: pd.DataFrame = panel.frame(panel.places()[0], panel.all_times(), **copied)
    return frame


def canonical(panel: Panel) -> Panel:
    """Return a panel whose tables are of pandas with the names `unique_id, ds, y`, which no covariate may have."""
    taken = [name for name in panel.roles.names if name in (ID, TIME, TARGET)]
    if taken:
        raise DataError(
            f"A column beside the target is called {taken[0]!r}, and that name is needed for the tables of a backtest. "
            "Rename the column."
        )
    return replace(panel.plain(), columns=Columns())


def rolling_windows(panel: Panel, horizon: int, n_windows: int, step_size: int) -> list[Window]:
    """List the newest windows, oldest first; the last one ends with each series.

    A series takes part where something of it was observed before the origin. Origins are counted from the end of each
    series, so series that end at other times than the rest have other cutoffs.
    """
    _check_long_enough(panel, horizon)
    windows = []
    for number in range(n_windows):
        back = horizon + (n_windows - 1 - number) * step_size
        cuts = panel.lengths - back
        windows.append(Window(panel, number, np.where(cuts > _before_first(panel), cuts, 0), horizon))
    # of a table of short series, the oldest windows may be empty
    return [window for window in windows if len(window.rows)]


def choose_windows(
    panel: Panel, horizon: int, n_windows: int | None = None, step_size: int | None = None
) -> tuple[int, int]:
    """Choose how many origins there are, and the steps between two of them, from the lengths of the series alone.

    A series of median length keeps half of its points before the oldest origin. In the other half there are up to 20
    origins where all series together have at most 1,000 points, 10 up to 10,000 points, and 5 beyond and from ten
    series on. Origins are a horizon apart, or closer where fewer would fit: down to half a horizon, so that a point is
    forecast twice at most, and further down for five of them. What is given stays; so does a `step_size` beside
    fewer origins.
    """
    points = panel.lengths - _before_first(panel)
    length = int(np.median(points))
    room = max(length - math.ceil(LEARNED * length) - horizon, 0)
    if step_size is not None:
        return n_windows or min(_most(points), room // step_size + 1), step_size
    if n_windows is not None:
        return n_windows, _step(room, horizon, n_windows, 1)
    step = _step(room, horizon, _most(points), math.ceil(horizon / 2))
    n = min(_most(points), room // step + 1)
    if n < FEW:
        step = _step(room, horizon, FEW, 1)
        n = min(FEW, room // step + 1)
    return n, step


def _most(points: Ints) -> int:
    if len(points) >= MANY_SERIES:
        return FEW
    return next((n for least, n in MOST if points.sum() <= least), FEW)


def _step(room: int, horizon: int, n_windows: int, least: int) -> int:
    """Return the steps between origins that fill the room, from `least` to a horizon."""
    return min(max(room // max(n_windows - 1, 1), least), horizon)


def _before_first(panel: Panel) -> Ints:
    """Return how many points each series has before its first observation, `(S,)`."""
    seen = [np.flatnonzero(~np.isnan(panel.series(s))) for s in range(panel.n_series)]
    return np.array([at[0] if len(at) else len(panel.series(s)) for s, at in enumerate(seen)], np.int64)


def _check_long_enough(panel: Panel, horizon: int) -> None:
    observed = panel.lengths - _before_first(panel)
    short = np.flatnonzero(observed <= horizon)
    if len(short):
        facts = {"name": panel.ids.tolist()[short[0]], "n_points": int(observed[short[0]]), "n": len(short)}
        facts |= {"setting": {"horizon": int(horizon)}, "least": int(horizon) + 1}
        raise DataError(Message("failure.series_short" if len(short) == 1 else "failure.several_short", facts))


def _without_empty(panel: Panel) -> Panel:
    """Leave out series without any point."""
    rows = np.flatnonzero(panel.lengths)
    return replace(
        panel,
        ids=panel.ids[rows],
        starts=panel.starts[rows],
        offsets=np.concatenate(([0], np.cumsum(panel.lengths[rows]))).astype(np.int64),
        static={name: column[rows] for name, column in panel.static.items()},
    )


def _column(panel: Panel, name: str, series: Ints) -> Array:
    if name in panel.static:
        return panel.static[name][series]
    return panel.past[name] if name in panel.past else panel.future[name]
