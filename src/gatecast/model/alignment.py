"""How do new data relate to what was learned: which series are known, and which rows follow the training part?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data import Panel, to_panel
from gatecast.data.panel.arrays import Array, Floats, Ints
from gatecast.data.panel.frequency import ORDER
from gatecast.data.panel.joint import joint_again, roles_of_table
from gatecast.data.reading.covariates import with_static_of
from gatecast.data.reading.like_training import rows_like
from gatecast.data.reading.times import time_text
from gatecast.data.values.gaps import carry_forward
from gatecast.exceptions import DataError
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.network.inputs import PanelArrays
from gatecast.network.memory import Memory
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.protocol import Data

__all__ = ["Alignment", "SeriesMatch", "align", "match_series", "model_inputs", "read_like"]
__all__ += ["read_like_training", "tell_alone", "without_overlap"]

# points of a constant past that are read again where a series begins to move
LEAST_PAST = 64
MOST_SHOWN = 5  # names of series in a warning


def read_like_training(fitted: Fitted, data: Data) -> Panel:
    """Read data with the names, zone, frequency and ids of the training data."""
    return _going_on(fitted, read_like(fitted.after, data))


def read_like(known: Panel, data: Data, weight_col: str | None = None) -> Panel:
    """Read data with the names, zone, frequency and ids of others that are `known`."""
    if isinstance(data, Panel):
        return joint_again(to_panel(data), known)
    roles = roles_of_table(known)
    past, future, static = roles.past, roles.future, roles.static
    panel = to_panel(data, like=known, past=past, future=future, static=static, weight_col=weight_col)
    return with_static_of(panel, known)


def _going_on(fitted: Fitted, panel: Panel) -> Panel:
    """Let rows of which the order alone counts go on where the training part ended, unless they hold that part."""
    if panel.freq != ORDER or fitted.after.freq != ORDER:
        return panel
    match = match_series(fitted.after, panel)
    later = match.with_untimed(panel, fitted.lengths, fitted.tail[:, -1])
    goes_on = (match.n_before > 0) & (later.n_before == 0)
    return replace(panel, starts=np.where(goes_on, fitted.after.starts[match.rows], panel.starts))


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
    have another frequency, or times between the steps of the training part.
    """
    if panel.freq != after.freq or panel.starts.dtype.kind != after.starts.dtype.kind:
        raise DataError(
            f"The data have the frequency {panel.freq!r}, and the model learned from {after.freq!r}. "
            "Pass data of that frequency, with times where it had times, or fit a model to these."
        )
    rows = rows_like(after, panel.ids)
    ends = np.where(rows >= 0, after.starts[rows], panel.starts)
    latest = np.maximum(ends, panel.starts)
    lead, n_before = panel.grid.positions(latest, ends), panel.grid.positions(latest, panel.starts)
    _check_phase(panel, ends, lead, n_before)
    return SeriesMatch(rows, np.asarray(n_before), np.asarray(lead))


def _check_phase(panel: Panel, ends: Array, lead: Ints, n_before: Ints) -> None:
    """Name the first series that has its times between the steps of the training part, which ended at `ends`."""
    earlier, later = np.minimum(ends, panel.starts), np.maximum(ends, panel.starts)
    beside = np.flatnonzero(panel.grid.times(earlier, np.maximum(lead, n_before)) != later)
    if len(beside):
        s = int(beside[0])
        raise DataError(
            f"Series {panel.ids.tolist()[s]!r} begins at {time_text(panel.starts[s])}, and the steps of the training "
            f"part (frequency {panel.freq!r}) go on at {time_text(ends[s])}, so times between its steps were passed. "
            "Pass times of the same steps, or fit a model to these."
        )


def without_overlap(fitted: Fitted, panel: Panel) -> Panel:
    """Leave out rows that the training part has too, of series that begin inside it, so that they go on from it.

    Series that hold the whole training part stay as they are. Where values differ from what was learned, the series is
    read from its own beginning, with a warning; a DataError where it is too short for that.
    """
    match = match_series(fitted.after, panel)
    n_learned = match.of_rows(fitted.lengths, 0)
    inside = (match.n_before > 0) & (match.n_before < n_learned) & (match.n_before <= panel.lengths)
    n_cut = np.zeros(panel.n_series, np.int64)
    for s in np.flatnonzero(inside):
        n = int(match.n_before[s])
        differing = _first_differing(panel.series(int(s))[:n], fitted.tail[match.rows[s]])
        if differing is None:
            n_cut[s] = n
        else:
            _tell_differing(fitted, panel, int(s), *differing)
    return panel.tail_from(n_cut) if n_cut.any() else panel


def _first_differing(values: Floats, tail: Floats) -> tuple[int, float] | None:
    """Return the place of the first value that is not the learned one, and that one; `tail` are the newest, `(K,)`."""
    K = min(len(values), len(tail))
    newest, learned = values[len(values) - K :], tail[len(tail) - K :]
    # a file has fewer digits than what it was written from
    differs = np.flatnonzero(~np.isnan(newest) & ~np.isclose(newest, learned, rtol=1e-6, atol=0))
    return (len(values) - K + int(differs[0]), float(learned[differs[0]])) if len(differs) else None


def _tell_differing(fitted: Fitted, panel: Panel, s: int, place: int, learned: float) -> None:
    time = panel.grid.times(panel.starts[s : s + 1], np.array([place]))[0]
    told = (
        f"Series {panel.ids.tolist()[s]!r} holds {panel.series(s)[place]:g} at {time_text(time)}, where the training "
        f"part held {learned:g}"
    )
    if panel.lengths[s] < fitted.lookback:
        raise DataError(
            f"{told}, and rows that go on after it, or {fitted.lookback} or more that do not, were expected. Correct "
            "the value, leave such rows out, or fit a model to the new values."
        )
    warnings.warn(
        f"{told}: it is read from its own first row on, without what the model remembers. Leave out the rows that the "
        "training part has to go on from it, or fit a model to the new values.",
        stacklevel=5,
    )


def tell_alone(alignment: Alignment) -> None:
    """Warn of series that are read without what the model remembers where that may be a slip.

    The data have no ids while several series are known, one has almost the name of a known one, or a known one has
    hardly any rows, far from where the training part goes on.
    """
    fitted, panel, match = alignment.fitted, alignment.panel, alignment.match
    alike = [] if match.is_known.all() else _almost_known(panel, fitted.after.ids.tolist(), match)
    if alike:
        warnings.warn(
            f"The model learned from the series {_some(fitted.after.ids.tolist())}, and not from {_some(alike)}, which "
            "the data hold: what it remembers is not used, and their own rows alone are. Use the same column of ids "
            "with the same names if they are the same.",
            stacklevel=5,
        )
    is_apart = match.is_known & ~alignment.follows & ~alignment.moved
    is_apart &= (match.n_before == 0) | (match.n_before > panel.lengths)
    # an array has no times, and begins at step 0
    is_apart &= panel.starts != 0 if panel.starts.dtype.kind != "M" else True
    few = np.flatnonzero(is_apart & (panel.lengths < fitted.season_length))
    if len(few):
        s, name = int(few[0]), panel.ids.tolist()[few[0]]
        begin, end = panel.starts[s], fitted.after.starts[match.rows[s]]
        warnings.warn(
            f"Series {name!r} begins at {time_text(begin)}, far from {time_text(end)}, where the training part "
            f"goes on: its {int(panel.lengths[s])} rows alone are used. Pass the rows between, too.",
            stacklevel=5,
        )


def _almost_known(panel: Panel, known: list[object], match: SeriesMatch) -> list[object]:
    """Return the names of series that are not known, and may be meant to be."""
    names = panel.ids.tolist()
    new = [names[s] for s in np.flatnonzero(~match.is_known)]
    # without a column of ids a table is called by its target
    if names == [panel.columns.target] and len(known) > 1:
        return new
    plain = {str(name).strip().casefold() for name in known}
    return [name for name in new if str(name).strip().casefold() in plain]


def _some(names: list[object]) -> str:
    return ", ".join(map(repr, names[:MOST_SHOWN])) + (", ..." if len(names) > MOST_SHOWN else "")


@dataclass(frozen=True)
class Alignment:
    """New data beside what was learned, and what is remembered of the training part where they follow it."""

    fitted: Fitted
    panel: Panel  # the data; where they begin a few steps after the training part, with a gap before them
    match: SeriesMatch  # where each of its n series lies
    follows: Array  # `(n,)` whether the data go on after the training part, after a gap of at most `reach` steps
    moved: Array  # `(n,)` whether a series that never changed in the training part does now, so that it needs a scale

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

        A series that was not learned from is scaled by its first `n_past` points, `(n,)`, or by all, and one that
        never changed before always by all.
        """
        fitted, panel, rows = self.fitted, self.panel, self.match.rows
        past = np.where(self.moved, panel.lengths, panel.lengths if n_past is None else n_past)
        has_scale = self.match.is_known & ~self.moved
        own = panel.head(np.where(has_scale, 0, past))
        preparation = fitted.preparation.with_new(np.where(has_scale, rows, -1), own, fitted.season_length)
        preparation = preparation.having_seen(panel).read_newer(panel)
        return preparation, self.arrays(preparation)

    def arrays(self, preparation: Preparation) -> PanelArrays:
        """Return what the networks read of the data, as a preparation of these series has it."""
        memory, rows = self.fitted.memories[0], self.match.rows
        newest = memory.newest_values(preparation.value_inputs.season + 1)
        before = np.where(self.follows[:, None], newest[rows], np.nan)
        n_own = 0 if preparation.yearly_lags is None else len(preparation.yearly_lags.names)
        numbers = memory.newest_numbers()[rows, n_own:] * self.follows[:, None]
        return preparation.arrays(self.panel, before, numbers, self.anchors, self.years)

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
        follows = self.follows | ((self.match.n_before > match.n_before) & ~self.moved)
        return replace(self, match=match, follows=follows)


def align(fitted: Fitted, panel: Panel, *, fill_lead: bool = True) -> Alignment:
    """Match data with the training part; `fill_lead` puts a gap before data that begin a few steps after it.

    Where a series that never changed does so now, a piece of its past is put before it, from which it is read anew.
    """
    match = match_series(fitted.after, panel)
    moved = match.is_known & _differs(panel, np.where(fitted.preparation.units == 0, fitted.tail[:, -1], np.nan), match)
    is_behind = match.is_known & (match.n_before == 0)
    follows = is_behind & ((match.lead <= fitted.reach) | _is_blank(panel))
    lead = np.where(follows, match.lead, 0)
    if not fill_lead:
        return Alignment(fitted, panel, match, follows & ~moved, moved)
    n_again = np.where(follows & moved, np.minimum(match.of_rows(fitted.lengths, 0), _needed(fitted)), 0)
    if (lead + n_again).any():
        panel = panel.with_leading_gaps(lead + n_again)
    if n_again.any():
        panel = panel.with_first(match.of_rows(fitted.tail[:, -1], np.nan), n_again)
        match = replace(match, n_before=match.n_before + n_again)
    return Alignment(fitted, panel, match, follows & ~moved, moved)


def _differs(panel: Panel, constants: Floats, match: SeriesMatch) -> Array:
    """Tell which series have a value that is not their constant of `constants`, `(S,)`, NaN where they have none."""
    constant = match.of_rows(constants, np.nan)
    series, _ = panel.places()
    differs = ~np.isnan(panel.values) & ~np.isnan(constant)[series] & (panel.values != constant[series])
    return np.bincount(series[differs], minlength=panel.n_series) > 0


def _needed(fitted: Fitted) -> int:
    """Return how many points of a constant past tell what a season's change is measured against."""
    return max(fitted.lookback, 2 * fitted.season_length, LEAST_PAST)


def _is_blank(panel: Panel) -> Array:
    """Tell which series hold no value, `(n,)`; all that is known of these is what was learned."""
    series, _ = panel.places()
    seen = np.bincount(series[~np.isnan(panel.values)], minlength=panel.n_series)
    return np.asarray(seen == 0)


def model_inputs(fitted: Fitted, panel: Panel) -> tuple[Alignment, Preparation, PanelArrays]:
    """Prepare new data: rows that follow the training part go on from it, all else is read from its own beginning.

    Raises a DataError where a series that does not follow the training part is shorter than the lookback.
    """
    alignment = align(fitted, without_overlap(fitted, panel))
    lengths = alignment.panel.lengths
    short = np.flatnonzero(~alignment.follows & (lengths < fitted.lookback))
    if len(short):
        facts = {"name": panel.ids.tolist()[short[0]], "n": int(lengths[short[0]])}
        raise DataError(Message("failure.no_lookback", facts | {"lookback": fitted.lookback}))
    preparation, arrays = alignment.prepared()
    if preparation.encoder is not None:
        preparation.encoder.warn_of_new(alignment.panel, arrays.codes)
    return alignment, preparation, arrays
