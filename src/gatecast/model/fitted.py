"""What does a forecaster know once it is fitted?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast.data.panel.panel import Panel
from gatecast.metrics.conformal import Conformal
from gatecast.model.inputs import Preparation
from gatecast.model.plan import DISTRIBUTION_LOSSES
from gatecast.model.record import FitRecord
from gatecast.network.ensemble import Ensemble
from gatecast.network.memory import Memory
from gatecast.texts.message import Message

__all__ = ["Fitted"]


@dataclass(frozen=True)
class Fitted:
    """All that was learned and is needed to forecast; this is what a model file holds."""

    ensemble: Ensemble  # the trained networks
    # what each of them remembers at the end of the training part, one row for each of the S series
    memories: tuple[Memory, ...]
    preparation: Preparation  # how values become inputs and forecasts become values
    # the panel's ids, frequency and column names with empty series that start right after the training part
    after: Panel
    lengths: np.ndarray  # `(S,)` points that each series had for training
    # `(S, lag)` what is needed to bring forecasts after the training part back, see `Transform.anchors`; `(S, 0)` for a
    # transform that bends each value alone
    anchors: np.ndarray
    tail: np.ndarray  # `(S, K)` the newest values, the newest last; the first one is repeated before a short series
    # `(S, K)` the newest scaled values, NaN where there were none, which yearly lags of later points need; `(S, 0)`
    # without yearly lags
    years: np.ndarray
    naive_scales: np.ndarray  # `(S,)` denominators of MASE
    calibration: Conformal | None  # errors on windows that the fit did not see; None where there were none
    record: FitRecord  # what the fit did, and why

    def with_decision(self, decision: Message) -> Fitted:
        """Note one more thing that was chosen automatically."""
        return replace(self, record=self.record.with_decision(decision))

    @property
    def horizon(self) -> int:
        """Steps ahead that the networks were trained for."""
        return self.ensemble.spec.horizon

    @property
    def lookback(self) -> int:
        """Points that are read before a forecast counts."""
        return self.record.plan.lookback

    @property
    def season_length(self) -> int:
        """Steps in the shortest season; 1 where there is none."""
        return self.record.plan.season_length

    @property
    def learns_intervals(self) -> bool:
        """Whether the networks say how sure a forecast is; else measured errors do."""
        # the quantiles of a sum of changes are not the sums of their quantiles
        is_elementwise = self.preparation.transform.is_elementwise
        return is_elementwise and self.ensemble.first.loss.loss in DISTRIBUTION_LOSSES

    @property
    def has_intervals(self) -> bool:
        """Whether anything is known of how wide intervals must be."""
        return self.learns_intervals or self.calibration is not None

    def shows_no_frequency(self, panel: Panel) -> bool:
        """Tell whether new data are too few to show their frequency, which then is that of the training part."""
        is_short = panel.n_series > 0 and int(panel.lengths.max()) <= 2
        return is_short and panel.starts.dtype.kind == "M" and panel.freq != self.after.freq
