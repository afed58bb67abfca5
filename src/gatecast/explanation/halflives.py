"""How long does each hidden unit remember? The half-life of what it holds, from its forget gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Frame
from gatecast.explanation.durations import duration, duration_message
from gatecast.explanation.units import Units
from gatecast.texts.message import Message

__all__ = ["HalfLives", "half_lives"]


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
