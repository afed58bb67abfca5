"""Keras's side of the tutorial's job: the same model, data and settings, as the tutorial's reader types them."""

from __future__ import annotations

from time import perf_counter

import keras
import numpy as np

from harness.processes import THREADS

__all__ = ["TutorialKeras"]


class TutorialKeras:
    """MinMax scaling of the training part, look_back 1, LSTM(50), Dense(1), Adam, 5 epochs, batch size 1."""

    def __init__(self, data: dict[str, np.ndarray], n_train: int) -> None:
        # on JAX it has as many threads as the process may use processors
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(THREADS)
            tf.config.threading.set_inter_op_parallelism_threads(THREADS)
        train = data["values"][:n_train]
        self.low, self.range = train.min(), np.ptp(train)
        self.scaled = ((data["values"] - self.low) / self.range).astype(np.float32)
        self.n_train = n_train

    def ready(self) -> bool:
        """Answer as soon as all is imported, which takes processors that another side is timed on."""
        return True

    def fit(self) -> float:
        keras.utils.set_random_seed(0)
        # the tutorial's create_dataset leaves out the last usable window
        x, y = self.scaled[: self.n_train - 2], self.scaled[1 : self.n_train - 1]
        start = perf_counter()
        self.model = keras.Sequential([keras.Input((1, 1)), keras.layers.LSTM(50), keras.layers.Dense(1)])
        self.model.compile(optimizer="adam", loss="mean_squared_error")
        self.model.fit(x[:, None, None], y, epochs=5, batch_size=1, verbose=0)
        return perf_counter() - start

    def predict(self) -> dict[str, np.ndarray]:
        """Forecasts of all points from the one before each; NaN for the first."""
        scaled = self.model.predict(self.scaled[:-1, None, None], verbose=0)[:, 0]
        return {"forecast": np.concatenate([[np.nan], scaled * self.range + self.low])}
