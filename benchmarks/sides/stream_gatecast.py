"""gatecast's stream: one observation in, the next forecast out."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from gatecast import LSTMForecaster, Training

__all__ = ["StreamGatecast"]


class StreamGatecast:
    """A stream of a fitted model with D hidden units."""

    def __init__(self, data: dict[str, np.ndarray], D: int) -> None:
        self.values = data["values"].tolist()
        model = LSTMForecaster(hidden_size=D, lookback=32, progress=False, training=Training(epochs=1)).fit(
            data["values"]
        )
        self.stream = model.stream()

    def time(self, steps: int) -> float:
        update = self.stream.update
        values = [self.values[k % len(self.values)] for k in range(steps)]
        start = perf_counter()
        for value in values:
            update(value)
        return perf_counter() - start
