"""How good is a network on the last part of each series, which it does not learn from?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.network.arrays import spans
from gatecast.network.losses import mean_loss
from gatecast.network.memory import TrainedNetwork
from gatecast.network.native import PanelArrays, Stretches, run_sequences

__all__ = ["Validation"]


@dataclass(frozen=True)
class Validation:
    """Forecasts from rolling origins before and in the held-back part of each series.

    Args:
        panel: All points of the S series, those held back too.
        n_learned: `(S,)` points that are learned from; the first origin is the last of them.
        n_origins: `(S,)` origins, one step apart; 0 for a series that is not judged.
        reach: Points that are read before the first origin, from a zero state.
    """

    panel: PanelArrays
    n_learned: np.ndarray
    n_origins: np.ndarray
    reach: int

    @property
    def n_windows(self) -> int:
        """Origins of all series."""
        return int(self.n_origins.sum())

    def loss(self, network: TrainedNetwork) -> float:
        """Return the mean of the loss that the network learned by, in scaled units."""
        forecasts, actual, _ = self.forecasts(network)
        return mean_loss(network.loss, forecasts, actual)

    def forecasts(self, network: TrainedNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Forecast from every origin.

        Returns:
            Parameters of the forecasts `(n, P, H)`, what came `(n, H)` (NaN where nothing was observed), both scaled,
            and the series of each row `(n,)`.
        """
        some = np.flatnonzero(self.n_origins)
        origins = self.n_origins[some]
        first = self.n_learned[some] - 1
        series = np.repeat(some, origins)
        positions = spans(first, origins)
        H = network.spec.horizon
        at = self.panel.offsets[series][:, None] + positions[:, None] + np.arange(1, H + 1)
        inside = at < self.panel.offsets[series + 1][:, None]
        actual = np.where(inside, self.panel.targets[np.where(inside, at, 0)], np.nan)
        return self._run(network, some, first, origins, series, positions), actual, series

    def _run(
        self,
        network: TrainedNetwork,
        some: np.ndarray,
        first: np.ndarray,
        origins: np.ndarray,
        series: np.ndarray,
        positions: np.ndarray,
    ) -> np.ndarray:
        if network.window:
            return network.forecast_windows(self.panel, series, positions, network.spec.horizon)
        start = np.maximum(first - self.reach, 0)
        call = (network.spec, network.weights, network.loss, network.lens, self.panel)
        before = run_sequences(*call, Stretches(some, start, first - start), n_threads=network.n_threads)
        each = run_sequences(
            *call,
            Stretches(some, first, origins),
            state=before.state,
            width=network.spec.horizon,
            n_threads=network.n_threads,
        )
        return each.every
