"""What does a forecaster know once it is fitted?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gatecast.data.panel import Panel
from gatecast.data.scaling import Scaling
from gatecast.network.memory import Memory, TrainedNetwork

__all__ = ["Fitted"]


@dataclass(frozen=True)
class Fitted:
    """All that was learned and is needed to forecast; this is what a model file holds.

    Args:
        network: The trained network.
        memory: What it remembers of each series at the end of the training part, one row for each of the S series.
        scaling: Center and scale of each series.
        units: `(S,)`; what forecasts are multiplied by: the scale, but 0 for a series that never changed, so that its
            forecast is that value exactly.
        after: The panel's ids, frequency and column names with empty series that start right behind the training part.
        lengths: `(S,)` points that each series had for training.
        tail: `(S, season_length)` the newest values, the newest last; the first one is repeated before a short series.
        naive_scales: `(S,)` denominators of MASE.
        lookback: Points that are read before a forecast counts.
        season_length: Steps in a season.
        history: Losses per epoch.
    """

    network: TrainedNetwork
    memory: Memory
    scaling: Scaling
    units: np.ndarray
    after: Panel
    lengths: np.ndarray
    tail: np.ndarray
    naive_scales: np.ndarray
    lookback: int
    season_length: int
    history: dict[str, list[float]]

    @property
    def horizon(self) -> int:
        """Steps ahead that the network was trained for."""
        return self.network.spec.output_size

    def shows_no_frequency(self, panel: Panel) -> bool:
        """Tell whether new data are too few to show their frequency, which then is that of the training part."""
        is_short = panel.n_series > 0 and int(panel.lengths.max()) <= 2
        return is_short and panel.starts.dtype.kind == "M" and panel.freq != self.after.freq

    @cached_property
    def row_of(self) -> dict[object, int]:
        """Row of each series by its id."""
        return {id_: row for row, id_ in enumerate(self.after.ids.tolist())}
