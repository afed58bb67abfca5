"""How does a service keep a forecast up to date? One observation in, the next forecasts out."""

from __future__ import annotations

import math

import numpy as np

from gatecast.exceptions import DataError
from gatecast.fitted import Fitted
from gatecast.network.native import make_stream

__all__ = ["Stream"]


class Stream:
    """Forecasts of one series that are renewed with each observation, in constant time and memory.

    Made by `LSTMForecaster.stream`; it goes on where the training part ended and leaves the model as it is.
    """

    def __init__(self, fitted: Fitted, row: int) -> None:
        network, memory = fitted.network, fitted.memory
        self._center, self._scale = float(fitted.scaling.center[row]), float(fitted.scaling.scale[row])
        self._is_constant = not fitted.units[row]
        self._last = float(fitted.tail[row, -1])
        self._core = make_stream(network.spec, network.weights, network.window, self._center, self._scale)
        if network.window:
            for value in memory.recent[row].tolist():
                self._core.skip(value * self._scale + self._center)
        else:
            self._core.set_state(memory.h[row].copy(), memory.c[row].copy())

    def update(self, value: float) -> np.ndarray:
        """Take in the next observation.

        Args:
            value: In the data's units; NaN for a step at which nothing was observed, which repeats the last value.

        Returns:
            `(H,)` forecasts of the next steps, in the data's units.

        Raises:
            DataError: `value` is not a finite number.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise DataError(f"`value` must be a number, got {value!r}. Convert it with float() first.") from None
        if math.isinf(number):
            raise DataError(f"`value` must be finite, got {number}. Pass NaN for a step without an observation.")
        self._last = self._last if math.isnan(number) else number
        forecast: np.ndarray = self._core.update(self._last)
        return np.full_like(forecast, self._center) if self._is_constant else forecast
