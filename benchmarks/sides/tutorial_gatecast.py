"""gatecast's side of the tutorial's job: `LSTMForecaster.tutorial()`."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from gatecast import LSTMForecaster

__all__ = ["TutorialGatecast"]


class TutorialGatecast:
    """The tutorial's model with a name."""

    def __init__(self, data: dict[str, np.ndarray], n_train: int) -> None:
        self.values, self.n_train = data["values"], n_train

    def fit(self) -> float:
        start = perf_counter()
        self.model = LSTMForecaster.tutorial(look_back=1).fit(self.values[: self.n_train])
        return perf_counter() - start

    def predict(self) -> dict[str, np.ndarray]:
        """Forecasts of all points from the one before each; NaN for the first."""
        table = self.model.predict_insample(self.values)
        return {"forecast": table["LSTM"].to_numpy(dtype=np.float64)}
