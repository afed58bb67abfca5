"""How long does each hidden unit remember, which frequency does it carry, and how do people say that?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.data.panel.frequency import named_grid
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, MonthGrid
from gatecast.texts.message import Message

__all__ = ["HalfLives", "Spectra", "Units", "duration", "duration_message", "find_spectra", "half_lives"]

SECOND = 1_000_000_000
# units of time, the longest first
UNITS = [("week", 7 * DAY), ("day", DAY), ("hour", 3600 * SECOND), ("minute", 60 * SECOND), ("second", SECOND)]
UNITS += [("millisecond", SECOND // 1000), ("microsecond", SECOND // 1_000_000)]
# half the width of a line under Hann's window, in bins
HALF_LINE = 2
LEAST_STEPS = 16


def duration(steps: float, freq: str | int) -> str:
    """Say how long some steps are (infinity: for ever), with two digits that count."""
    return str(duration_message(steps, freq))


def duration_message(steps: float, freq: str | int) -> Message:
    """Return what `duration` says as a unit and its number, to be said in any language."""
    if not math.isfinite(steps):
        return Message("unit.for_ever" if steps > 0 else "unit.unknown")
    grid = named_grid(freq)
    if isinstance(grid, FixedGrid):
        return _elapsed(steps * grid.nanoseconds, weeks=grid.nanoseconds % (7 * DAY) == 0)
    if isinstance(grid, MonthGrid):
        months = steps * grid.n_months
        return _count(months / 12, "year") if months >= 24 or grid.n_months % 12 == 0 else _count(months, "month")
    if isinstance(grid, BusinessGrid):
        return _count(steps * grid.n_days, "business_day")
    return _count(steps, "step")


def _elapsed(nanoseconds: float, *, weeks: bool) -> Message:
    # days are counted on to weeks only where a step is one
    units = UNITS if weeks else UNITS[1:]
    name, size = next((unit for unit in units if nanoseconds >= 0.995 * unit[1]), units[-1])
    return _count(nanoseconds / size, name)


def _count(number: float, unit: str) -> Message:
    # two digits that count, and whole numbers from ten on
    return Message(f"unit.{unit}", {"n": f"{number:,.0f}" if abs(number) >= 9.95 else f"{number:.2g}"})


@dataclass(frozen=True)
class Units:
    """Labels of n units, `(n,)`: recurrent layer, counted from 1, "forward" or "backward", and number from 0."""

    layer: Array
    direction: Array
    unit: Array

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def names(self) -> tuple[str, ...]:
        """What to call each; the layer is left out where there is one."""
        return tuple(str(self.message(n)) for n in range(len(self)))

    def message(self, n: int) -> Message:
        """What to call one of them, in any language."""
        is_backward = self.direction[n] == "backward"
        facts = {"unit": int(self.unit[n]), "layer": int(self.layer[n])}
        if self.has_layers:
            return Message("unit_name.of_layer_backward" if is_backward else "unit_name.of_layer", facts)
        return Message("unit_name.backward" if is_backward else "unit_name.alone", facts)

    @property
    def has_layers(self) -> bool:
        """Whether there are several layers."""
        return len(np.unique(self.layer)) > 1

    def columns(self, rows: Array | slice = slice(None)) -> dict[str, Array]:
        """Columns of a table; the direction only where there are two."""
        both = (self.direction == "backward").any()
        found = {"layer": self.layer, "direction": self.direction, "unit": self.unit}
        return {name: column[rows] for name, column in found.items() if both or name != "direction"}


@dataclass(frozen=True)
class HalfLives:
    """After how many steps half of what a unit held is forgotten.

    A cell keeps the product of its forget gates of what it held (`c' = f c + i g`), so after n steps the share
    `f_1 f_2 ... f_n = exp(n mean(ln f))`, which is a half at `n = ln(1/2) / mean(ln f)`: the gate counts by its
    geometric mean. With a dilation each gate acts every so many steps, and the half-life is as many times longer. A
    GRU's update gate takes the forget gate's place. What a unit learns again from the other units' states (`h U`) is
    not in this number: it says how long a cell holds a thing by itself.

    Attributes:
        units: Labels of n units.
        steps: float64 `(n,)`, in time steps; infinite for a unit that never forgets.
        freq: Frequency of the steps.

    Examples:
        >>> one = Units(np.array([1, 1]), np.array(["forward"] * 2), np.arange(2))
        >>> found = half_lives(np.array([[0.5, 0.9], [0.5, 0.9]]), one, np.ones(2), "D")
        >>> found.texts
        ('1 day', '6.6 days')
        >>> found.sentence()
        'unit 1 remembers 6.6 days, unit 0 remembers 1 day.'
    """

    units: Units
    steps: Floats
    freq: str | int

    @property
    def texts(self) -> tuple[str, ...]:
        """Each in the data's unit of time, e.g. "9 days"."""
        return tuple(duration(float(steps), self.freq) for steps in self.steps)

    @property
    def order(self) -> Array:
        """Positions of the units, the longest memory first, `(n,)`."""
        return np.argsort(-self.steps, kind="stable")

    def quantile(self, share: float) -> float:
        """Return the half-life that this share of the units does not exceed, in steps: 0.5 for the median."""
        return float(np.quantile(self.steps, share, method="lower"))

    def text(self, share: float) -> str:
        """Return the same in the data's unit of time."""
        return duration(self.quantile(share), self.freq)

    def sentence(self) -> str:
        """Say which unit remembers longest and which shortest."""
        return str(self.message)

    @property
    def message(self) -> Message:
        """Which unit remembers longest and which shortest."""
        longest, shortest = int(self.order[0]), int(self.order[-1])
        facts = {"longest": self.units.message(longest), "long": self._time(longest)}
        if longest == shortest:
            return Message("explain.remember_one", facts)
        return Message(
            "explain.remember", facts | {"shortest": self.units.message(shortest), "short": self._time(shortest)}
        )

    def _time(self, n: int) -> Message:
        return duration_message(float(self.steps[n]), self.freq)

    def to_frame(self) -> Frame:
        """Return a pandas table `layer, unit, half_life_steps, half_life`, the longest memory first."""
        import pandas as pd

        columns = {**self.units.columns(), "half_life_steps": self.steps, "half_life": list(self.texts)}
        return pd.DataFrame(columns).iloc[self.order].reset_index(drop=True)


def half_lives(retention: Array, units: Units, dilations: Array, freq: str | int) -> HalfLives:
    """Measure half-lives from the share `(T, n)` of its memory that each unit keeps in each step."""
    # a gate that rounds to zero is as small as float32 can say
    kept = np.maximum(retention, np.finfo(np.float32).tiny)
    rates = -np.log(kept, dtype=np.float32).mean(axis=0, dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.where(rates > 0, np.log(2.0) / rates, np.inf) * dilations
    return HalfLives(units, steps, freq)


@dataclass(frozen=True)
class Spectra:
    """Periodograms of the cell states (hidden states of a GRU), without their linear trend, under Hann's window.

    Attributes:
        units: Labels of n units.
        frequencies: float64 `(F,)` in cycles per step, from 0 to 0.5.
        power: `(F, n)` power density.
        period: float64 `(n,)` dominant period of each unit in steps, one that the data pass at least twice; NaN for a
            unit that never changes. The peak is interpolated between the frequencies by a parabola through the
            logarithms of the three highest powers (Gasior and Gonzalez 2004).
        share: float64 `(n,)` share of the unit's power that lies in that line; 0 where there is none.
        freq: Frequency of the steps.
    """

    units: Units
    frequencies: Floats
    power: Array
    period: Floats
    share: Floats
    freq: str | int

    @property
    def texts(self) -> tuple[str, ...]:
        """Dominant periods in the data's unit of time, e.g. "7 days"; "none" for a unit that never changes."""
        return tuple("none" if np.isnan(period) else duration(float(period), self.freq) for period in self.period)

    def periods(self) -> list[tuple[float, int, float]]:
        """List dominant periods that units share: period in steps, how many units, their mean share of power.

        Periods within 5 % of that of the strongest unit among them are taken together; the most frequent come first.
        """
        left = np.flatnonzero(~np.isnan(self.period))
        groups = []
        while len(left):
            strongest = left[np.argmax(self.share[left])]
            near = np.abs(self.period[left] / self.period[strongest] - 1) <= 0.05
            members = left[near]
            groups.append((float(self.period[strongest]), len(members), float(self.share[members].mean())))
            left = left[~near]
        return sorted(groups, key=lambda group: -group[1])

    def to_frame(self) -> Frame:
        """Return a pandas table `layer, unit, period_steps, period, share`."""
        import pandas as pd

        named = {"period_steps": self.period, "period": list(self.texts), "share": self.share}
        return pd.DataFrame({**self.units.columns(), **named})


def find_spectra(memory: Array, units: Units, freq: str | int) -> Spectra:
    """Measure the spectra of what each unit holds, `(T, n)`."""
    from scipy.signal import periodogram

    T, n = memory.shape
    if T < LEAST_STEPS:
        nothing = np.full(n, np.nan)
        return Spectra(units, np.zeros(0), np.zeros((0, n)), nothing, np.zeros(n), freq)
    frequencies, power = periodogram(memory, window="hann", detrend="linear", axis=0)
    peaks = 2 + np.argmax(power[2:], axis=0)
    total = power[1:].sum(axis=0, dtype=np.float64)
    # what is left by rounding is no line
    moves = np.ptp(memory, axis=0) > 1e-6 * np.maximum(np.abs(memory).max(axis=0), 1e-6)
    rows = np.clip(peaks + np.arange(-HALF_LINE, HALF_LINE + 1)[:, None], 1, len(power) - 1)
    is_new = np.concatenate([np.ones((1, n), bool), np.diff(rows, axis=0) > 0])
    line = (np.take_along_axis(power, rows, axis=0) * is_new).sum(axis=0)
    share = np.where(moves, line / np.where(moves, total, 1.0), 0.0)
    period = np.where(moves, T / (peaks + _shift(power, peaks)), np.nan)
    return Spectra(units, frequencies, power, period, share, freq)


def _shift(power: Array, peaks: Ints) -> Floats:
    """Return how far from its bin each peak lies, between -0.5 and 0.5 bins."""
    rows = np.clip(peaks + np.array([[-1], [0], [1]]), 0, len(power) - 1)
    low, top, high = np.log(np.maximum(np.take_along_axis(power, rows, axis=0).astype(np.float64), 1e-300))
    bend = low - 2 * top + high
    inside = (peaks < len(power) - 1) & (bend < 0)
    return np.where(inside, np.clip((low - high) / np.where(inside, 2 * bend, 1.0), -0.5, 0.5), 0.0)
