"""How do new data relate to what was learned: which series are known, and which rows follow the training part?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.reading.covariates import with_static_of
from gatecast.data.values.gaps import carry_forward
from gatecast.exceptions import DataError
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.network.inputs import PanelArrays
from gatecast.network.memory import Memory
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["Alignment", "SeriesMatch", "align", "match_series", "model_inputs", "read_like_training"]


def read_like_training(fitted: Fitted, data: Data) -> Panel:
    """Read data with the names and, where they are too few to show one, the frequency of the training data."""
    if isinstance(data, Panel):
        return data
    like, roles = fitted.after.columns, fitted.after.roles
    read = partial(to_panel, data, like=like, past=roles.past, future=roles.future, static=roles.static)
    panel = read()
    if fitted.shows_no_frequency(panel):
        panel = read(freq=fitted.after.freq)
    return with_static_of(panel, fitted.after)


@dataclass(frozen=True)
class SeriesMatch:
    """Where the series of some data (n of them) lie beside a training part."""

    rows: Ints  # `(n,)` row of each series in the training part, -1 for one that is not in it
    n_before: Ints  # `(n,)` steps from the first point to the end of the training part; 0 where they begin after it
    lead: Ints  # `(n,)` steps that are missing between the training part and data that begin after it

    @property
    def is_known(self) -> Array:
        """Whether each series is in the training part, `(n,)`."""
        return self.rows >= 0

    def of_rows(self, values: Array, missing: float) -> Array:
        """Return the value of each series' row, `(n,)`; `missing` for one that is not in the training part."""
        return np.where(self.is_known, values[self.rows], missing)

    def with_untimed(self, panel: Panel, lengths: Ints, newest: Floats) -> SeriesMatch:
        """Tell held-out arrays from whole ones: without times both begin at step 0, but one holds the training part.

        That part's series have `lengths` points, `(S,)`, and `newest` is the newest value of each, gaps filled.
        """
        n_before = self.n_before.copy()
        for s in np.flatnonzero(self.is_known & (self.n_before > 0)):
            row, n = self.rows[s], int(lengths[self.rows[s]])
            if panel.starts.dtype.kind == "M" or panel.starts[s] != 0 or n_before[s] != n:
                continue
            past = panel.series(int(s))[:n]
            observed = past[~np.isnan(past)]
            if n > panel.lengths[s] or not len(observed) or observed[-1] != newest[row]:
                n_before[s] = 0
        return replace(self, n_before=n_before)


def match_series(after: Panel, panel: Panel) -> SeriesMatch:
    """Find the series of some data in a training part, right after which the empty series of `after` begin.

    A single series is that of a training part of one series, whatever it is called. Raises a DataError where the data
    have another frequency.
    """
    if panel.freq != after.freq or panel.starts.dtype.kind != after.starts.dtype.kind:
        raise DataError(
            f"The data have the frequency {panel.freq!r}, and the model learned from {after.freq!r}. "
            "Pass data of that frequency, with times where it had times, or fit a model to these."
        )
    if panel.n_series == 1 and after.n_series == 1:
        rows = np.zeros(1, np.int64)
    else:
        row_of = {id_: row for row, id_ in enumerate(after.ids.tolist())}
        rows = np.array([row_of.get(id_, -1) for id_ in panel.ids.tolist()], np.int64)
    ends = np.where(rows >= 0, after.starts[rows], panel.starts)
    latest = np.maximum(ends, panel.starts)
    lead, n_before = panel.grid.positions(latest, ends), panel.grid.positions(latest, panel.starts)
    return SeriesMatch(rows, np.asarray(n_before), np.asarray(lead))


@dataclass(frozen=True)
class Alignment:
    """New data beside what was learned, and what is remembered of the training part where they follow it."""

    fitted: Fitted
    panel: Panel  # the data; where they begin a few steps after the training part, with a gap before them
    match: SeriesMatch  # where each of its n series lies
    follows: Array  # `(n,)` whether the data go on after the training part, after a gap of at most `lookback` steps

    @property
    def anchors(self) -> Floats:
        """What a difference must know of the values before the data, `(n, lag)`; NaN where nothing is known."""
        return np.where(self.follows[:, None], self.fitted.anchors[self.match.rows], np.nan)

    @property
    def years(self) -> Array:
        """What yearly lags must know of the values before the data, `(n, K)`; NaN where nothing is known."""
        return np.where(self.follows[:, None], self.fitted.years[self.match.rows], np.nan)

    @property
    def memories(self) -> tuple[Memory, ...]:
        """What each network remembers before the first point; nothing where the data do not follow."""
        return tuple(memory.rows(self.match.rows, self.follows) for memory in self.fitted.memories)

    def prepared(self, n_past: Ints | None = None) -> tuple[Preparation, PanelArrays]:
        """Return the preparation of these series and what the networks read.

        A series that was not learned from is scaled by its first `n_past` points, `(n,)`, or by all.
        """
        fitted, panel, rows = self.fitted, self.panel, self.match.rows
        past = panel.lengths if n_past is None else n_past
        own = panel.head(np.where(self.match.is_known, 0, past))
        preparation = fitted.preparation.with_new(rows, own, fitted.season_length)
        preparation.warn_of_low(panel)
        memory = fitted.memories[0]
        newest = memory.newest_values(preparation.value_inputs.season + 1)
        before = np.where(self.follows[:, None], newest[rows], np.nan)
        n_own = 0 if preparation.yearly_lags is None else len(preparation.yearly_lags.names)
        numbers = memory.newest_numbers()[rows, n_own:] * self.follows[:, None]
        return preparation, preparation.arrays(panel, before, numbers, self.anchors, self.years)

    def known_values(self) -> tuple[Floats, Ints, Ints]:
        """Join all series, those that follow the training part with its newest values before them.

        Returns the values, gaps filled with the last one, NaN where nothing was observed before; `(n,)` where the data
        of each series begin; `(n + 1,)` where each series begins, newest values included.
        """
        tail, panel, rows = self.fitted.tail, self.panel, self.match.rows
        filled = carry_forward(panel.values, panel.offsets, np.where(self.follows, tail[rows, -1], np.nan))
        pieces, begins, n = [], [], 0
        for s in range(panel.n_series):
            newest = tail[rows[s]] if self.follows[s] else filled[:0]
            pieces += [newest, filled[panel.offsets[s] : panel.offsets[s + 1]]]
            begins.append(n + len(newest))
            n = begins[-1] + int(panel.lengths[s])
        values, first = np.concatenate(pieces), np.array(begins)
        return values, first, np.append(first - np.where(self.follows, tail.shape[1], 0), len(values))

    def with_untimed(self) -> Alignment:
        """Let arrays without times that do not hold the training part follow it."""
        match = self.match.with_untimed(self.panel, self.fitted.lengths, self.fitted.tail[:, -1])
        return replace(self, match=match, follows=self.follows | (self.match.n_before > match.n_before))


def align(fitted: Fitted, panel: Panel, *, fill_lead: bool = True) -> Alignment:
    """Match data with the training part; `fill_lead` puts a gap before data that begin a few steps after it."""
    match = match_series(fitted.after, panel)
    follows = match.is_known & (match.n_before == 0) & (match.lead <= fitted.lookback)
    lead = np.where(follows, match.lead, 0)
    return Alignment(fitted, panel.with_leading_gaps(lead) if fill_lead and lead.any() else panel, match, follows)


def model_inputs(fitted: Fitted, panel: Panel) -> tuple[Alignment, Preparation, PanelArrays]:
    """Prepare new data: rows that follow the training part go on from it, all else is read from its own beginning.

    Raises a DataError where a series that does not follow the training part is shorter than the lookback.
    """
    alignment = align(fitted, panel)
    lengths = alignment.panel.lengths
    short = np.flatnonzero(~alignment.follows & (lengths < fitted.lookback))
    if len(short):
        facts = {"name": panel.ids.tolist()[short[0]], "n_points": int(lengths[short[0]])}
        raise DataError(Message("failure.no_lookback", facts | {"lookback": fitted.lookback}))
    return alignment, *alignment.prepared()
