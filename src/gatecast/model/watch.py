"""Is the next observation of a stream what was expected? As `detect` says of whole series, one value at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gatecast.metrics.surprise import Surprise, score_of
from gatecast.model.detect import Outlook, check_false_alarms, new_surprise

if TYPE_CHECKING:
    from gatecast.model.fitted import Fitted
    from gatecast.model.forecast import Forecast

__all__ = ["Detection", "Watch"]

ONE = np.array([0, 1])


@dataclass(frozen=True)
class Detection:
    """What was expected of one observation, and how rare what came is.

    Args:
        expected: The forecast of it.
        lower: Lower end of the interval outside of which an observation is called an anomaly; NaN where too little is
            known, as `upper`.
        upper: Its upper end.
        score: How rare the error is: 2 for one clean observation in 100, 3 for one in 1,000; NaN where nothing came.
        anomaly: Whether it is called an anomaly.
    """

    expected: float
    lower: float
    upper: float
    score: float
    anomaly: bool


class Watched(Protocol):
    """A stream of forecasts, `gatecast.model.stream.Stream`."""

    @property
    def fitted(self) -> Fitted:
        """What was learned."""

    def next_forecast(self) -> Forecast:
        """Return the forecast after the newest observation."""

    def update(self, value: float) -> np.ndarray:
        """Take in the next observation."""

    def twin(self) -> Watched:
        """Return a stream of the same series that goes on by itself from here."""


class Watch:
    """Errors of a stream's forecasts, and a second stream that reads no anomalies, once there was one."""

    def __init__(self, stream: Watched, false_alarms: float) -> None:
        check_false_alarms(false_alarms)
        self.false_alarms = false_alarms
        self._led: Surprise = new_surprise(stream.fitted, false_alarms)
        self._nearest: Surprise = new_surprise(stream.fitted, false_alarms)
        self._other: Watched | None = None

    def take(self, stream: Watched, value: float) -> Detection:
        """Judge the next observation, and let the stream take it in."""
        own = _Judged.of(stream, value)
        nearest = own if self._other is None else min(own, _Judged.of(self._other, value), key=lambda one: one.size)
        is_led = own.size > self._led.limit()
        before = stream.twin() if is_led and self._other is None else self._other
        stream.update(value)
        if before is not None:
            before.update(np.nan if is_led else value)
        limit, p_value = self._nearest.limit(), self._nearest.p_value(nearest.size)
        self._other = before
        self._led.take(own.size)
        self._nearest.take(nearest.size)
        lower, upper = nearest.ends(limit)
        score = float(score_of(np.array([p_value]))[0])
        return Detection(nearest.expected, lower, upper, score, bool(nearest.size > limit))


@dataclass(frozen=True)
class _Judged:
    """How far an observation is from a forecast, in units of its width."""

    outlook: Outlook
    size: float

    @classmethod
    def of(cls, stream: Watched, value: float) -> _Judged:
        """Compare a value with the stream's next forecast."""
        forecast = stream.next_forecast()
        outlook = Outlook.of(replace(forecast, scaled=forecast.scaled[:, :, :1]))
        return cls(outlook, float(outlook.sizes(np.array([value], np.float64), ONE)[0]))

    @property
    def expected(self) -> float:
        """The forecast."""
        return float(self.outlook.expected[0])

    def ends(self, limit: float) -> tuple[float, float]:
        """Return the interval of a size; NaN for an infinite one."""
        lower, upper = self.outlook.ends(np.array([limit if np.isfinite(limit) else np.nan]))
        return float(lower[0]), float(upper[0])
