"""When do hidden units wipe their memory, and does that follow the calendar or the season?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import is_number
from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.data.panel.calendars import CycleGrid
from gatecast.data.panel.grid import DAY, DAY_NAMES, MONTH_NAMES, BusinessGrid, FixedGrid, Grid, MonthGrid
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError
from gatecast.explanation.units import Units
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["THRESHOLD", "Alignment", "Cycle", "ForgetEvents", "cycles_of", "find_events"]

# less than a tenth of what was held survives the step
THRESHOLD = 0.1
# units that are below it in more than this share of the steps hold nothing that could be wiped
MOSTLY = 0.5
# one false alarm in a hundred cycles that are looked at
SIGNIFICANT = 0.01
# the test compares the parts of a cycle within each time round
LEAST_CYCLES = 3


@dataclass(frozen=True)
class Cycle:
    """In which part of a cycle each step of a series lies, `(T,)`, and how often it had begun anew by then, `(T,)`."""

    name: str
    labels: tuple[str, ...]
    parts: Ints
    rounds: Ints


def cycles_of(panel: Panel, season_length: int = 1) -> tuple[Cycle, ...]:
    """Return the cycles of the first series that its frequency tells apart, in local time."""
    index = panel.times(0)
    has_dates = panel.starts.dtype.kind == "M" and len(index) > 0
    # pandas' stubs do not tell indexes of dates from others
    found = _calendar(index, panel.grid) if has_dates else []  # type: ignore[arg-type]
    if season_length > 1 and len(index):
        steps = np.arange(len(index))
        labels = tuple(str(step) for step in range(season_length))
        found.append(Cycle("season", labels, steps % season_length, steps // season_length))
    return tuple(found)


def _calendar(index: pd.DatetimeIndex, grid: Grid) -> list[Cycle]:
    # days as people there count them
    local = index.tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    found = []
    of_week = isinstance(grid, CycleGrid) and grid.cycle == 7 * DAY
    if (isinstance(grid, FixedGrid) and grid.nanoseconds < DAY) or (isinstance(grid, CycleGrid) and grid.is_below_day):
        found.append(_cycle("hour", tuple(f"{hour}:00" for hour in range(24)), local.hour, days))
    if of_week or isinstance(grid, BusinessGrid) or (isinstance(grid, FixedGrid) and grid.nanoseconds <= DAY):
        # 1970-01-01 was a Thursday
        found.append(_cycle("weekday", DAY_NAMES, local.day_of_week, (days + 3) // 7))
    if not isinstance(grid, MonthGrid) or grid.n_months < 12:
        found.append(_cycle("month", MONTH_NAMES, local.month - 1, local.year))
    return found


def _cycle(name: str, labels: tuple[str, ...], parts: object, rounds: object) -> Cycle:
    counted = np.asarray(rounds, np.int64)
    return Cycle(name, labels, np.asarray(parts, np.int64), counted - counted[0])


@dataclass(frozen=True)
class Alignment:
    """How forget events lie in one cycle.

    Attributes:
        cycle: "hour", "weekday", "month" or "season", whose parts are steps of it counted from the first row.
        labels: What the parts of the cycle are called, k of them.
        counts: int64 `(k,)` events that began in each part.
        steps: int64 `(k,)` time steps in each part.
        p_value: Of Friedman's test (1937) that all parts have as many events: the parts are ranked by their events per
            step within each time round the cycle. Units that forget together count as one number there, so that 64 of
            them are not taken for 64 witnesses. 1 where there is no event.
        n_rounds: How many times round the cycle were compared.

    Examples:
        >>> Alignment("hour", ("0", "1"), np.array([1, 9]), np.array([50, 50]), 0.001, 50).sentence()
        'Forget events follow the hour: they are most frequent at 1 (p = 0.001).'
    """

    cycle: str
    labels: tuple[str, ...]
    counts: Ints
    steps: Ints
    p_value: float
    n_rounds: int

    @property
    def rates(self) -> Floats:
        """Events per time step in each part, `(k,)`."""
        return self.counts / self.steps

    @property
    def peak(self) -> str:
        """The part with most events per step."""
        return self.labels[int(np.argmax(self.rates))]

    @property
    def is_aligned(self) -> bool:
        """Whether chance alone would place events so unevenly in less than one of a hundred cases."""
        return self.p_value < SIGNIFICANT

    def sentence(self) -> str:
        """Say whether events follow the cycle."""
        return str(self.message)

    @property
    def message(self) -> Message:
        """Whether events follow the cycle."""
        p = Message("words.p", {"p": float(self.p_value)}) if self.p_value >= 1e-4 else Message("explain.p_tiny")
        facts = {"cycle": Message(f"cycle.{self.cycle}", {"n": len(self.labels)}), "p": p}
        if not self.is_aligned:
            return Message("explain.follows_not", facts)
        is_named = self.cycle in ("weekday", "month")
        label = Message(f"{self.cycle}.{self.peak.lower()}") if is_named else self.peak
        return Message("explain.follows", facts | {"peak": Message(f"cycle.at_{self.cycle}", {"label": label})})


@dataclass(frozen=True)
class ForgetEvents:
    """Moments at which a unit wipes its memory: it keeps less than `threshold` of it in a step.

    Steps below the threshold that follow each other are one event. Units that are below it in more than half of the
    steps hold nothing that could be wiped, and have no events.

    Attributes:
        panel: The series, T points of it.
        units: Labels of all n units.
        threshold: The share.
        which: int64 `(m,)` which of the units, of each of m events in the order of time.
        start: int64 `(m,)` row at which it begins.
        length: int64 `(m,)` steps that it lasts.
        lowest: `(m,)` smallest share that was kept in it.
        is_idle: bool `(n,)` units that hold nothing.
        alignments: How the beginnings lie in the cycles of the calendar that the data pass at least three times, and in
            the season.
    """

    panel: Panel
    units: Units
    threshold: float
    which: Ints
    start: Ints
    length: Ints
    lowest: Array
    is_idle: Array
    alignments: tuple[Alignment, ...]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def times(self) -> pd.Index:
        """Time at which each begins, `(m,)`."""
        return self.panel.times(0)[self.start]

    @property
    def per_unit(self) -> Ints:
        """How many events each unit has, `(n,)`."""
        return np.bincount(self.which, minlength=len(self.units))

    @property
    def per_step(self) -> Ints:
        """How many units begin to wipe their memory at each step, `(T,)`."""
        return np.bincount(self.start, minlength=int(self.panel.lengths[0]))

    def sentences(self) -> tuple[str, ...]:
        """Say how many there are, and which cycles they follow."""
        return tuple(map(str, self.messages))

    @property
    def messages(self) -> tuple[Message, ...]:
        """How many there are, and which cycles they follow."""
        n, idle = len(self), int(self.is_idle.sum())
        units = {"some": int((self.per_unit > 0).sum()), "n_units": len(self.units)}
        first = Message("explain.events" if n else "explain.no_events", {"n": n, "share": self.threshold, **units})
        more = (Message("explain.idle", {"n": idle}),) if idle else ()
        return first, *more, *(alignment.message for alignment in self.alignments if n)

    def to_frame(self) -> Frame:
        """Return a table `unique_id, ds, layer, unit, n_steps, lowest` of the library that the data came from."""
        columns = {**self.units.columns(self.which), "n_steps": self.length, "lowest": self.lowest}
        times = self.panel.all_times()[self.start]
        return self.panel.frame(np.zeros(len(self), np.int64), times, **columns)


def find_events(retention: Array, units: Units, panel: Panel, season_length: int, threshold: float) -> ForgetEvents:
    """Find events in the share `(T, n)` of its memory that each unit keeps, and how they lie in cycles."""
    if not is_number(threshold) or not 0 < threshold < 1:
        raise ConfigError(f"`threshold` must be a share between 0 and 1, got {threshold!r}. Use `threshold=0.1`.")
    low = retention < threshold
    is_idle = low.mean(axis=0) > MOSTLY
    which, start, length = _runs(low & ~is_idle)
    lowest = _lowest(retention, which, start, length)
    order = np.lexsort((which, start))
    per_step = np.bincount(start, minlength=len(retention))
    alignments = [_align(cycle, per_step) for cycle in cycles_of(panel, season_length)]
    found = tuple(alignment for alignment in alignments if alignment is not None)
    return ForgetEvents(
        panel, units, float(threshold), which[order], start[order], length[order], lowest[order], is_idle, found
    )


def _runs(low: Array) -> tuple[Ints, Ints, Ints]:
    """Return column, first row and length of each run of true values in `(T, n)`."""
    edges = np.diff(np.pad(low.T, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    which, start = np.nonzero(edges == 1)
    return which, start, np.nonzero(edges == -1)[1] - start


def _lowest(retention: Array, which: Ints, start: Ints, length: Ints) -> Array:
    if not len(which):
        return retention[:0, 0]
    T = len(retention)
    begins = which * T + start
    # one more number, so that the last run may end at the end
    flat = np.append(retention.T.ravel(), np.inf).astype(retention.dtype)
    return np.minimum.reduceat(flat, np.stack([begins, begins + length], axis=1).ravel())[::2]


def _align(cycle: Cycle, per_step: Ints) -> Alignment | None:
    """Compare the parts of a cycle; None where the data do not pass it often enough."""
    k = len(cycle.labels)
    n_rounds = int(cycle.rounds[-1]) + 1
    cells = cycle.rounds * k + cycle.parts
    steps = np.bincount(cells, minlength=n_rounds * k).reshape(n_rounds, k)
    events = np.bincount(cells, weights=per_step, minlength=n_rounds * k).reshape(n_rounds, k)
    there = np.asarray(steps.any(axis=0))
    steps, events = steps[:, there], events[:, there]
    whole = steps.all(axis=1)
    if whole.sum() < LEAST_CYCLES or there.sum() < LEAST_CYCLES:
        return None
    labels = tuple(label for label, is_there in zip(cycle.labels, there, strict=True) if is_there)
    counts = np.round(events.sum(axis=0)).astype(np.int64)
    p_value = _friedman(events[whole] / steps[whole])
    return Alignment(cycle.name, labels, counts, steps.sum(axis=0), p_value, int(whole.sum()))


def _friedman(rates: Floats) -> float:
    """Test whether columns differ within rows; 1 where no row tells its columns apart."""
    if (rates == rates[:, :1]).all():
        return 1.0
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*rates.T).pvalue)
