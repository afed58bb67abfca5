"""Which points are no continuation of what came before them? One-step forecasts, and how rare their errors are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast._validation import is_number
from gatecast.data.panel.arrays import Array, Floats, Frame, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import prepend
from gatecast.exceptions import ConfigError, DataError
from gatecast.metrics.surprise import Surprise, promised_sizes, score_of, walk
from gatecast.model.alignment import Alignment, align, without_overlap
from gatecast.model.fitted import Fitted
from gatecast.model.forecast import Forecast
from gatecast.model.inputs import Preparation
from gatecast.network.losses import quantiles_of

__all__ = ["COLUMNS", "Anomalies", "Outlook", "check_false_alarms", "find_anomalies", "new_surprise"]

# of what `detect` returns, behind id, time and target
COLUMNS = ("expected", "lower", "upper", "score", "anomaly")
# quantiles that say how wide a network takes a forecast to be, below and above its middle
SPREAD = (0.1, 0.5, 0.9)
# points of a series that pretrained networks read before a forecast is judged, a season at least
LEAST_READ = 8
# spreads of less than this share of the series' own are taken for rounding
LEAST_SPREAD = 1e-6


def check_false_alarms(share: float) -> None:
    """Raise a ConfigError where a share of false alarms is none."""
    if not is_number(share) or not 0 < share <= 0.5:
        raise ConfigError(
            f"`false_alarms` must be a share above 0 and up to 0.5, got {share!r}. Use `false_alarms=0.01` for one "
            "clean point in a hundred."
        )


@dataclass(frozen=True)
class Outlook:
    """One-step forecasts of n points, and how wide they are: below and above, `(n,)` each in scaled units."""

    forecast: Forecast
    below: Floats
    above: Floats

    @classmethod
    def of(cls, forecast: Forecast) -> Outlook:
        """Take the width from networks that learned quantiles or a distribution; else it is 1."""
        fitted, n = forecast.fitted, len(forecast.scaled)
        if not fitted.learns_intervals:
            return cls(forecast, np.ones(n), np.ones(n))
        low, middle, high = quantiles_of(fitted.ensemble.first.loss, forecast.scaled, np.array(SPREAD))[:, :, 0].T
        rows = np.arange(n) if forecast.series is None else forecast.series
        spreads, is_sparse = forecast.preparation.spreads[rows], forecast.preparation.is_sparse[rows]
        # quantiles of counts with many zeros may all be zero
        least = np.where(is_sparse, spreads, LEAST_SPREAD * spreads)
        wider = fitted.widening
        return cls(forecast, np.maximum(wider * (middle - low), least), np.maximum(wider * (high - middle), least))

    @property
    def expected(self) -> Floats:
        """The forecasts, `(n,)` in the data's units."""
        return np.asarray(self.forecast.point[:, 0])

    @property
    def _is_elementwise(self) -> bool:
        return self.forecast.preparation.transform.is_elementwise

    @property
    def _middle(self) -> Floats:
        return np.asarray(self.forecast.scaled[:, self.forecast.fitted.ensemble.first.loss.middle, 0])

    @property
    def _units(self) -> Floats:
        series = self.forecast.series
        units = self.forecast.preparation.units
        return np.asarray(units if series is None else units[series])

    def sizes(self, values: Floats, offsets: Ints) -> Floats:
        """Return how far values of whole series, `(n,)`, are from the forecasts, in units of their width."""
        preparation = self.forecast.preparation
        if self._is_elementwise:
            bent = preparation.transform.forward(values, offsets)
            error = preparation.scaling.transform(bent, offsets, np.float64) - self._middle
        else:
            units = self._units
            error = (values - self.expected) / np.where(units > 0, units, 1.0)
        return np.asarray(np.where(error > 0, error / self.above, -error / self.below))

    def ends(self, sizes: Floats) -> tuple[Floats, Floats]:
        """Return the values that are so far below and above the forecasts, `(n,)` each in the data's units."""
        preparation, series = self.forecast.preparation, self.forecast.series
        both = np.stack([-sizes * self.below, sizes * self.above], axis=1)
        if self._is_elementwise:
            scaled = (self._middle[:, None] + both)[:, None]
            values = preparation.restore(scaled, series, self.forecast.anchors)[:, 0]
        else:
            values = self.expected[:, None] + both * self._units[:, None]
        limited = preparation.limited(values, series)
        return limited[:, 0], limited[:, 1]


def new_surprise(fitted: Fitted, false_alarms: float) -> Surprise:
    """Begin to judge errors of a series: by those that the fit measured, or by what its networks say of their width."""
    return Surprise(_first_sizes(fitted), false_alarms)


def _first_sizes(fitted: Fitted) -> Floats:
    if fitted.learns_intervals:
        return promised_sizes()
    calibration = fitted.calibration
    return np.empty(0) if calibration is None else np.abs(calibration.residuals[:, 0])


@dataclass(frozen=True)
class Anomalies:
    """What was expected of the N points of a panel, and how rare what came is."""

    panel: Panel
    expected: Floats  # `(N,)`, as the others; NaN where too little was known before a point
    lower: Floats  # ends of the interval outside of which a point is called an anomaly
    upper: Floats
    score: Floats  # -log10 of the p-value; NaN where nothing came or too little was known
    is_anomaly: Array

    def table(self) -> Frame:
        """Return a table of the user's library: id, time and target, then `COLUMNS`."""
        columns, (series, _) = self.panel.columns, self.panel.places()
        taken = [name for name in (*self.panel.id_names, columns.time, columns.target) if name in COLUMNS]
        if taken:
            raise DataError(
                f"A column of the data is called {taken[0]!r}, as one of what `detect` returns, and another name was "
                "expected. Rename it, and fit again."
            )
        found = (self.expected, self.lower, self.upper, self.score, self.is_anomaly)
        named = dict(zip(COLUMNS, found, strict=True))
        return self.panel.frame(series, self.panel.all_times(), **{columns.target: self.panel.values, **named})


def find_anomalies(fitted: Fitted, panel: Panel, false_alarms: float) -> Anomalies:
    """Judge each point of a panel by the points before it.

    A network that reads an anomaly is led astray by it. So each point has two forecasts, one from all points before it
    and one from those that were as expected, and is an anomaly where it is far from both.
    """
    check_false_alarms(false_alarms)
    shown = without_overlap(fitted, panel)
    alignment = align(fitted, shown).with_untimed()
    preparation, arrays = alignment.prepared()
    if preparation.encoder is not None:
        preparation.encoder.warn_of_new(alignment.panel, arrays.codes)
    values, offsets, start = alignment.panel.values, alignment.panel.offsets, _first_sizes(fitted)
    is_early = _is_early(alignment)
    outlook = _outlook(alignment, preparation)
    sizes = np.where(is_early, np.nan, outlook.sizes(values, offsets))
    _, limits = walk(sizes, offsets, start, false_alarms)
    led = sizes > limits
    other = outlook
    if led.any():
        without = replace(alignment.panel, values=np.where(led, np.nan, values))
        other = _outlook(replace(alignment, panel=without), preparation)
    others = np.where(is_early, np.nan, other.sizes(values, offsets))
    is_other = others < sizes
    sizes = np.where(is_other, others, sizes)
    p_values, limits = walk(sizes, offsets, start, false_alarms)
    ends = [np.where(is_other, b, a) for a, b in zip(outlook.ends(limits), other.ends(limits), strict=True)]
    expected = np.where(is_other, other.expected, outlook.expected)
    known = np.where(is_early, np.nan, 0.0)
    series, position = alignment.panel.places()
    is_shown = position >= (alignment.panel.lengths - shown.lengths)[series]
    return Anomalies(
        shown,
        expected=(expected + known)[is_shown],
        lower=(ends[0] + known)[is_shown],
        upper=(ends[1] + known)[is_shown],
        score=score_of(p_values)[is_shown],
        is_anomaly=(sizes > limits)[is_shown],
    )


def _outlook(alignment: Alignment, preparation: Preparation) -> Outlook:
    """Forecast each point of the data from those before it."""
    panel, fitted = alignment.panel, alignment.fitted
    scaled = fitted.ensemble.forecast_each(alignment.memories, alignment.arrays(preparation), 1)
    series, position = panel.places()
    values, offsets = prepend(alignment.anchors, panel.values, panel.offsets)
    newest = np.maximum(offsets[series] + fitted.anchors.shape[1] + position - 1, offsets[series])
    anchors = preparation.transform.anchors(values, offsets, newest)
    return Outlook.of(Forecast(fitted, preparation, scaled.astype(np.float64), anchors, series))


def _is_early(alignment: Alignment) -> Array:
    """Tell before which points too little was read to judge them, `(N,)`."""
    fitted, (series, position) = alignment.fitted, alignment.panel.places()
    least = max(fitted.lookback, fitted.season_length, LEAST_READ) if fitted.record.is_pretrained else fitted.lookback
    return np.asarray(~alignment.follows[series] & (position < least))
