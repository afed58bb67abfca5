"""What do the naive forecasts say, and how wide are their intervals? Formulas of a line each, without a library.

Forecasts and standard errors are those of Hyndman and Athanasopoulos (2021), sections 5.2 and 5.5. As in
`gatecast.baselines.local`, a model takes the values of one series without gaps, `(T,)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, final

import numpy as np

from gatecast.baselines.local import Answer
from gatecast.data.panel.arrays import Floats

__all__ = ["Constant", "LastSeason", "LastWithDrift", "WindowMean"]


@final
class Constant:
    """The value that never changed, with intervals of no width; of a single value nobody knows how it varies: NaN."""

    def fit(self, y: Floats) -> Self:
        """Take the last value."""
        self._value, self._spread = y[-1], 0.0 if len(y) > 1 else np.nan
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Repeat it."""
        return _with_ends(np.full(h, self._value), np.full(h, self._spread), level)


@final
class LastSeason:
    """The values of the last season again and again; with a season of one step it is the last value."""

    def __init__(self, season: int = 1) -> None:
        self._season = season

    def fit(self, y: Floats) -> Self:
        """Keep the newest season, and the root mean squared error of such forecasts one season ahead."""
        self._last = y[-self._season :]
        self._spread = _root_mean_square(y[self._season :] - y[: -self._season])
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Repeat it; errors grow with the root of the number of seasons ahead."""
        steps = np.arange(h)
        return _with_ends(self._last[steps % self._season], self._spread * np.sqrt(steps // self._season + 1.0), level)

    def forward(self, y: Floats, h: int, level: Sequence[float] | None = None, *, fitted: bool = False) -> Answer:
        """Forecast behind other values; on demand with those of each value as `fitted`."""
        answer = LastSeason(self._season).fit(y).predict(h, level=level)
        if fitted:
            answer["fitted"] = np.concatenate((np.full(self._season, np.nan), y[: -self._season]))[: len(y)]
        return answer


@final
class LastWithDrift:
    """The last value, moved on by the mean change."""

    def fit(self, y: Floats) -> Self:
        """Keep the last value, the mean change, and the root mean squared error one step ahead."""
        self._last, self._n_changes = y[-1], len(y) - 1
        self._slope = (y[-1] - y[0]) / self._n_changes
        self._spread = _root_mean_square(np.diff(y) - self._slope)
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Move it on; errors are those of a random walk and of the slope."""
        steps = np.arange(1.0, h + 1)
        spread = self._spread * np.sqrt(steps * (1 + steps / self._n_changes))
        return _with_ends(self._last + self._slope * steps, spread, level)


@final
class WindowMean:
    """The mean of the newest values, with intervals of its own past errors.

    A step's interval is the normal one of the root mean squared error that the same mean made at that step of all
    earlier origins.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    def fit(self, y: Floats) -> Self:
        """Keep the values."""
        self._y = y
        return self

    def predict(self, h: int, *, level: Sequence[float] | None = None) -> Answer:
        """Forecast the mean."""
        return _with_ends(np.full(h, self._y[-self._size :].mean()), self._errors(h) if level else np.zeros(h), level)

    def _errors(self, h: int) -> Floats:
        """Return the root mean squared error of each step, `(h,)`; steps without an origin take that before them."""
        y, size = self._y, self._size
        sums = np.cumsum(np.concatenate(([0.0], y)))
        means = (sums[size:] - sums[:-size]) / size
        errors = np.full(h, np.nan)
        for step in range(min(h, len(y) - size)):
            errors[step:] = np.sqrt(np.mean((y[size + step :] - means[: -1 - step]) ** 2))
        return errors


def _root_mean_square(errors: Floats) -> float:
    # nothing is known of the errors where there is none
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else 0.0


def _with_ends(mean: Floats, spread: Floats, level: Sequence[float] | None) -> Answer:
    """Return the forecasts with the ends of normal intervals for each level."""
    from scipy.special import ndtri

    answer: Answer = {"mean": mean}
    for percent in level or ():
        width = ndtri(0.5 + percent / 200) * spread
        answer |= {f"lo-{percent}": mean - width, f"hi-{percent}": mean + width}
    return answer
