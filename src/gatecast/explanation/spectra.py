"""Which hidden unit carries which frequency? The spectrum of what each holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.explanation.durations import duration
from gatecast.explanation.units import Units

__all__ = ["Spectra", "find_spectra"]

# half the width of a line under Hann's window, in bins
HALF_LINE = 2
LEAST_STEPS = 16


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
    low, top, high = np.log(np.maximum(np.take_along_axis(power, rows, axis=0), 1e-300).astype(np.float64))
    bend = low - 2 * top + high
    inside = (peaks < len(power) - 1) & (bend < 0)
    return np.where(inside, np.clip((low - high) / np.where(inside, 2 * bend, 1.0), -0.5, 0.5), 0.0)
