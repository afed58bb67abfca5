"""How sure is a forecast? Points, intervals, quantiles and paths, from the networks and from measured errors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gatecast.exceptions import DataError
from gatecast.metrics.conformal import Conformal
from gatecast.metrics.levels import level_to_quantiles
from gatecast.metrics.paths import match_quantiles, sample_paths
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.network.losses import quantiles_of
from gatecast.texts.message import Message

__all__ = ["Forecast"]

# quantiles that paths of a likelihood are matched to
PATH_QUANTILES = (0.005, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.995)


@dataclass(frozen=True)
class Forecast:
    """Forecasts from n origins."""

    fitted: Fitted
    preparation: Preparation  # of the series
    scaled: np.ndarray  # `(n, P, H)` parameters of the forecasts
    anchors: np.ndarray  # `(n, lag)` newest values, for a transform that needs them
    series: np.ndarray | None = None  # `(n,)` series of each row in `preparation`; all in order when absent

    @cached_property
    def point(self) -> np.ndarray:
        """The forecasts, `(n, H)` in the data's units."""
        return self._restore(self._middle)

    def intervals(self, levels: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of central intervals, `(n, H, L)` each in the data's units, for rising levels in %."""
        if self.fitted.learns_intervals:
            ends, n = self.quantiles(level_to_quantiles(levels)), len(levels)
            return ends[:, :, :n][:, :, ::-1], ends[:, :, n:]
        lower, upper = self._needed.bounds(levels)
        return self._around(self._grown(lower)), self._around(self._grown(upper))

    def quantiles(self, probabilities: tuple[float, ...]) -> np.ndarray:
        """Return quantiles `(n, H, Q)` in the data's units, in the order of rising probabilities."""
        if self.fitted.learns_intervals:
            values = quantiles_of(self.fitted.ensemble.first.loss, self.scaled, np.asarray(probabilities))
            middle = self._middle[:, None]
            return self._restore(np.moveaxis(middle + (values - middle) * self._growth, 1, 2))
        return self._around(self._grown(self._needed.quantiles(probabilities)))

    def paths(self, n_paths: int, seed: int) -> np.ndarray:
        """Draw ways `(n, n_paths, H)` in which the future may go on, whose steps hang together as past errors did."""
        residuals = self._needed.residuals
        residuals = residuals[:, np.arange(self._horizon) % residuals.shape[1]] * self._growth
        ones = np.ones(len(self.scaled))
        if self.preparation.transform.is_elementwise:
            drawn = sample_paths(self._middle, residuals, ones, n_paths, seed=seed)
            paths = np.moveaxis(self._restore(np.moveaxis(drawn, 1, 2)), 2, 1)
        else:
            paths = sample_paths(self.point, residuals, self._scales, n_paths, seed=seed)
        if not self.fitted.learns_intervals:
            return paths
        return match_quantiles(paths, PATH_QUANTILES, self.quantiles(PATH_QUANTILES))

    @property
    def _horizon(self) -> int:
        return int(self.scaled.shape[2])

    @property
    def _middle(self) -> np.ndarray:
        return np.asarray(self.scaled[:, self.fitted.ensemble.first.loss.middle])

    @property
    def _scales(self) -> np.ndarray:
        rows = np.arange(len(self.scaled)) if self.series is None else self.series
        return np.asarray(self.preparation.units[rows])

    @property
    def _needed(self) -> Conformal:
        if self.fitted.calibration is None:
            facts = {"share": {"validation_size": 0.2}, "loss": {"loss": "quantile"}}
            raise DataError(Message("failure.nothing_held", facts))
        return self.fitted.calibration

    @property
    def _growth(self) -> np.ndarray:
        """How much larger errors are taken to be in steps that are forecast from forecasts, `(H,)`."""
        known = self.fitted.calibration
        if known is not None:
            return known.growth(self._horizon)
        # nothing was measured: as on a random walk, see `Conformal.growth`
        step = np.arange(self._horizon)
        return np.sqrt((step + 1) / (step % self.fitted.horizon + 1))

    def _grown(self, offsets: np.ndarray) -> np.ndarray:
        """Repeat offsets `(H, K)` of the trained horizon, as large as errors are taken to be beyond it."""
        return np.asarray(offsets[np.arange(self._horizon) % len(offsets)] * self._growth[:, None])

    def _around(self, offsets: np.ndarray) -> np.ndarray:
        """Add offsets `(H, K)` in units of each series' scale to the forecasts, `(n, H, K)`."""
        if self.preparation.transform.is_elementwise:
            return self._restore(self._middle[:, :, None] + offsets)
        return np.asarray(self.point[:, :, None] + offsets * self._scales[:, None, None])

    def _restore(self, scaled: np.ndarray) -> np.ndarray:
        return self.preparation.restore(scaled, self.series, self.anchors)
