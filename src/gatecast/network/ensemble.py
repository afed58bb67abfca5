"""How do several networks forecast together? Each keeps its own state, and the median of their forecasts counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gatecast.network.inputs import Ahead, PanelArrays, newest
from gatecast.network.memory import Memory, TrainedNetwork
from gatecast.network.spec import NetworkSpec

__all__ = ["Ensemble", "median"]


@dataclass(frozen=True)
class Ensemble:
    """Networks of one shape that learned from the same data; one network is an ensemble of one.

    Quantiles stay in order under the median, because it is taken of each by itself and keeps the order of ordered rows.
    """

    networks: tuple[TrainedNetwork, ...]

    @property
    def first(self) -> TrainedNetwork:
        """Any of the members: they differ in their weights alone."""
        return self.networks[0]

    @property
    def spec(self) -> NetworkSpec:
        """Shape of each network."""
        return self.first.spec

    def blank(self, like: PanelArrays) -> tuple[Memory, ...]:
        """Remember nothing of as many series as `like` has."""
        return tuple(network.blank(like) for network in self.networks)

    def read(self, memories: tuple[Memory, ...], new: PanelArrays) -> tuple[Memory, ...]:
        """Take in new points of all series."""
        after = [network.read(memory, new) for network, memory in self._pairs(memories)]
        # what all remember alike is kept once
        return tuple(replace(memory, recent=after[0].recent) for memory in after)

    def memories(self, read: PanelArrays, states: Sequence[np.ndarray]) -> tuple[Memory, ...]:
        """Remember series whose points but the newest each network has read, which left states `(S, state_size)`."""
        recent = newest(read, self.first.kept)
        return tuple(Memory(recent, state) for state in states)

    def forecast(
        self, memories: tuple[Memory, ...], horizon: int | None = None, ahead: Ahead | None = None
    ) -> np.ndarray:
        """Forecast `(S, P, horizon)` from what is remembered; see `TrainedNetwork.forecast`."""
        return median([n.forecast(memory, horizon, ahead) for n, memory in self._pairs(memories)])

    def forecast_each(self, memories: tuple[Memory, ...], new: PanelArrays, width: int) -> np.ndarray:
        """Forecast `(N, P, width)` before every new point; see `TrainedNetwork.forecast_each`."""
        return median([n.forecast_each(memory, new, width) for n, memory in self._pairs(memories)])

    def _pairs(self, memories: tuple[Memory, ...]) -> zip[tuple[TrainedNetwork, Memory]]:
        return zip(self.networks, memories, strict=True)


def median(forecasts: list[np.ndarray]) -> np.ndarray:
    """Return the median of several networks' forecasts, element by element."""
    if len(forecasts) == 2:
        # their mean, which a forecast of milliseconds has ten times sooner
        return np.asarray((forecasts[0] + forecasts[1]) / 2)
    return forecasts[0] if len(forecasts) == 1 else np.asarray(np.median(forecasts, axis=0))
