"""Keras's side of a batch-1 step: the two loops that its users write, `train_on_batch` and `fit`."""

from __future__ import annotations

from time import perf_counter

import keras
import numpy as np
import tensorflow as tf

from sides.layout import join, part

__all__ = ["KerasStep"]


class KerasStep:
    """LSTM(D) and Dense(1), mean squared error, Adam."""

    def __init__(self, data: dict[str, np.ndarray], D: int, n_threads: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
        self.weights, self.D = part(data["weights"], D), D
        self.x, self.y = data["x"], data["y"][:, :, 0]
        self.model = self._make()
        self.grouped = self._make(steps_per_execution=100)

    def _make(self, **options: int) -> keras.Model:
        _, _, T, F = self.x.shape
        model = keras.Sequential([keras.Input((T, F)), keras.layers.LSTM(self.D), keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-7), "mse", **options)
        model.set_weights(self.weights)
        return model

    def prove(self, steps: int) -> dict[str, np.ndarray]:
        model = self._make()
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(self.x[0], training=True) - self.y[0]) ** 2)
        gradient = tape.gradient(loss, model.trainable_variables)
        losses = []
        for k in range(steps):
            losses.append(self._loss(model, k))
            if k == 0:
                updated = join(*model.get_weights())
        return {"gradient": join(*(g.numpy() for g in gradient)), "updated": updated, "losses": np.array(losses)}

    def _loss(self, model: keras.Model, k: int) -> float:
        # train_on_batch returns the mean over all batches since the last reset
        model.reset_metrics()
        return float(model.train_on_batch(self.x[k % len(self.x)], self.y[k % len(self.y)]))

    def time(self, steps: int) -> float:
        self.model.train_on_batch(self.x[0], self.y[0])
        order = [k % len(self.x) for k in range(steps)]
        start = perf_counter()
        for k in order:
            self.model.train_on_batch(self.x[k], self.y[k])
        return perf_counter() - start

    def time_fit(self, steps: int, *, grouped: bool = False) -> float:
        order = np.arange(steps) % len(self.x)
        x, y = self.x[order, 0], self.y[order, 0]
        model = self.grouped if grouped else self.model
        # builds the training function
        model.fit(x[:100], y[:100], batch_size=1, verbose=0)
        start = perf_counter()
        model.fit(x, y, batch_size=1, shuffle=False, verbose=0)
        return perf_counter() - start
