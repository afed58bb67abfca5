"""A network of two layers, and what is asked of it."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from gatecast import LSTMForecaster, Training

__all__ = ["GatesGatecast"]


class GatesGatecast:
    """Fitted for one epoch: what it learned makes no difference to the time."""

    def __init__(self, data: dict[str, np.ndarray], D: int) -> None:
        self.model = LSTMForecaster(
            hidden_size=D, n_layers=2, n_threads=2, season_length=24, progress=False, training=Training(epochs=1)
        )
        self.model.fit(data["values"])
        self.found = self.model.gates()

    def gates(self, steps: int) -> float:
        return self._time(self.model.gates, steps)

    def half_lives(self, steps: int) -> float:
        def look() -> None:
            self.found.half_lives()
            self.found.forget_events()
            self.found.spectra()

        return self._time(look, steps)

    def lags(self, steps: int) -> float:
        return self._time(self.model.lag_importance, steps)

    @staticmethod
    def _time(look, steps: int) -> float:
        start = perf_counter()
        for _ in range(steps):
            look()
        return perf_counter() - start
