"""gatecast's side of a training step: the native trainer, many steps in one call, or one."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from gatecast.network.inputs import LossSettings
from gatecast.network.spec import NetworkSpec
from gatecast.network.wrapper import OptimizerSettings, array_source, make_trainer

__all__ = ["GatecastStep"]


class GatecastStep:
    """LSTM(D) and Dense(1), mean squared error, Adam."""

    def __init__(self, data: dict[str, np.ndarray], D: int, n_threads: int) -> None:
        self.weights = data["weights"]
        self.spec = NetworkSpec.plain(1, (D,), 1)
        self.source = array_source(data["x"], data["y"])
        self.n_threads = n_threads

    def _trainer(self):
        return make_trainer(self.spec, self.weights, LossSettings(), OptimizerSettings(), self.n_threads)

    def prove(self, steps: int) -> dict[str, np.ndarray]:
        gradient = self._trainer().gradient(self.source, False)[2]
        trainer = self._trainer()
        rates = np.full(steps, 1e-3)
        first = trainer.run(self.source, 0, rates[:1])[2]
        updated = trainer.weights()
        rest = trainer.run(self.source, 1, rates[1:])[2]
        return {"gradient": gradient, "updated": updated, "losses": np.concatenate([first, rest])[:, 0]}

    def time(self, steps: int) -> float:
        trainer, rates = self._trainer(), np.full(steps, 1e-3)
        trainer.run(self.source, 0, rates[:3])
        start = perf_counter()
        trainer.run(self.source, 0, rates)
        return perf_counter() - start

    def time_single(self, steps: int) -> float:
        trainer, rate = self._trainer(), np.full(1, 1e-3)
        start = perf_counter()
        for step in range(steps):
            trainer.run(self.source, step, rate)
        return perf_counter() - start
