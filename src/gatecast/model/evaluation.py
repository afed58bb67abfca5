"""How good are forecasts from each origin after the training part? Errors beside the naive ones, and coverage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import prepend
from gatecast.data.values.scaling import naive_scale
from gatecast.exceptions import DataError
from gatecast.metrics.choice import Compared, Metric, measured
from gatecast.metrics.conformal import coverage
from gatecast.metrics.errors import Evaluation, score
from gatecast.metrics.naive import seasonal_naive
from gatecast.model.alignment import Alignment, align, without_overlap
from gatecast.model.fitted import Fitted
from gatecast.model.forecast import METHOD, Forecast
from gatecast.network.inputs import split

__all__ = ["evaluate_panel", "forecast_windows", "interval_hits"]

# bounds the memory of an evaluation to about a gigabyte
MAX_FORECASTS = 20_000_000


def evaluate_panel(
    fitted: Fitted,
    panel: Panel,
    levels: tuple[float, ...],
    metrics: Mapping[str, Metric] = MappingProxyType({}),
    training: Panel | None = None,
) -> Evaluation:
    """Score forecasts from every origin after the training part (or from MAX_FORECASTS / H of them), and intervals.

    The `training` part, where it is at hand, tells the scales of RMSSE, unless the data hold it.
    """
    made = _rolling_forecasts(fitted, panel)
    alignment, series, H, season = made.alignment, made.series, fitted.horizon, fitted.season_length
    known, begins, edges = alignment.known_values()
    origins = begins[series] + made.position - 1
    methods = {METHOD: made.forecasts.point, "Naive": seasonal_naive(known, edges, origins, H, 1)}
    if season > 1:
        methods["SeasonalNaive"] = seasonal_naive(known, edges, origins, H, season)
    actual, scales = made.actual, alignment.match.of_rows(fitted.naive_scales, np.nan)
    scores = {name: score(forecast, actual, series, scales, made.weights) for name, forecast in methods.items()}
    if metrics:
        squares = _square_scales(alignment, training) if "rmsse" in metrics.values() else np.full(len(scales), np.nan)
        for name, forecast in methods.items():
            ends = _quantiles(made.forecasts, levels) if name == METHOD else {}
            given = Compared.of_origins(forecast, actual, series, (scales, squares), ends, made.weights)
            scores[name] = replace(scores[name], chosen=measured(metrics, given))
    counted = actual if made.weights is None else np.where(made.weights > 0, actual, np.nan)
    return Evaluation(scores, H, len(series), season, _coverage(made.forecasts, counted, levels))


def _square_scales(alignment: Alignment, training: Panel | None) -> Floats:
    """Return the root mean squared change over a season of each series' training part, `(n,)`; NaN where unknown."""
    season, n_learned = alignment.fitted.season_length, alignment.match.of_rows(alignment.fitted.lengths, 0)
    n_before = alignment.match.n_before
    held = alignment.panel.head(np.where(n_before >= n_learned, n_before, 0))
    own = naive_scale(held.values, held.offsets, season, 2)
    if training is None:
        return own
    learned = naive_scale(training.values, training.offsets, season, 2)
    return np.where(np.isnan(own), alignment.match.of_rows(learned, np.nan), own)


def _quantiles(forecasts: Forecast, levels: tuple[float, ...]) -> dict[float, Floats]:
    """Return the ends of intervals, and the forecast as median, `(n, H)` each by probability."""
    if not forecasts.fitted.has_intervals or not levels:
        return {}
    lower, upper = forecasts.intervals(levels)
    ends = {0.5 - level / 200: lower[:, :, n] for n, level in enumerate(levels)}
    return ends | {0.5: forecasts.point} | {0.5 + level / 200: upper[:, :, n] for n, level in enumerate(levels)}


def forecast_windows(fitted: Fitted, panel: Panel) -> tuple[Floats, Floats, Ints]:
    """Forecast from every origin after the training part that has a whole horizon after it.

    Returns forecasts and what came, `(n, H)` each in the data's units, NaN where nothing was observed; the series of
    each row `(n,)`.
    """
    made = _rolling_forecasts(fitted, panel)
    whole = made.position + fitted.horizon <= made.alignment.panel.lengths[made.series]
    return made.forecasts.point[whole], made.actual[whole], made.series[whole]


def interval_hits(fitted: Fitted, panel: Panel, levels: tuple[float, ...]) -> Floats:
    """Tell, from the origins of `evaluate_panel`, how often intervals held.

    That is, `(n, L)`, the share of an origin's steps that lay within the interval of each level; NaN where nothing
    came. There are no rows where the model has no intervals.
    """
    made = _rolling_forecasts(fitted, panel)
    if not fitted.has_intervals:
        return np.empty((0, len(levels)))
    actual = made.actual[:, :, None]
    lower, upper = made.forecasts.intervals(levels)
    came = ~np.isnan(actual)
    held = ((lower <= actual) & (actual <= upper) & came).sum(axis=1)
    n_came = came.sum(axis=1)
    return np.where(n_came > 0, held / np.maximum(n_came, 1), np.nan)


@dataclass(frozen=True)
class _RollingForecasts:
    """Forecasts from n origins, each with its series and the position of the first point that it forecasts, `(n,)`."""

    alignment: Alignment
    series: Ints
    position: Ints
    forecasts: Forecast

    @property
    def actual(self) -> Floats:
        """What came, `(n, H)`; NaN beyond the end of a series."""
        return self._ahead(self.alignment.panel.values)

    @property
    def weights(self) -> Floats | None:
        """What each of that counts, `(n, H)`; None where all count the same."""
        panel = self.alignment.panel
        return None if panel.weights is None else np.nan_to_num(self._ahead(panel.weights_or_ones))

    def _ahead(self, values: Floats) -> Floats:
        panel = self.alignment.panel
        at = self.position[:, None] + np.arange(self.alignment.fitted.horizon)
        inside = at < panel.lengths[self.series][:, None]
        return np.where(inside, values[np.where(inside, panel.offsets[self.series][:, None] + at, 0)], np.nan)


def _rolling_forecasts(fitted: Fitted, panel: Panel) -> _RollingForecasts:
    alignment = align(fitted, without_overlap(fitted, panel)).with_untimed()
    panel = alignment.panel
    own = np.maximum(np.maximum(alignment.match.n_before, fitted.lookback), _first_observed(panel) + 1)
    first = np.minimum(np.where(alignment.follows, 0, own), panel.lengths)
    if (first == panel.lengths).all():
        raise DataError(
            f"None of the {len(panel.values)} points passed to `evaluate` lies after the training part, and at "
            "least one was expected. Pass the held-out rows, or all rows with them."
        )
    preparation, arrays = alignment.prepared(first)
    series, position = panel.places()
    is_tested = position >= first[series]
    series, position = series[is_tested], position[is_tested]
    some = slice(None, None, math.ceil(len(series) * fitted.horizon / MAX_FORECASTS))
    series, position = series[some], position[some]
    read, tested = split(arrays, first)
    memories = fitted.ensemble.read(alignment.memories, read)
    scaled = fitted.ensemble.forecast_each(memories, tested, fitted.horizon)[some].astype(np.float64)
    values, offsets = prepend(alignment.anchors, panel.values, panel.offsets)
    newest = offsets[series] + fitted.anchors.shape[1] + position - 1
    anchors = fitted.preparation.transform.anchors(values, offsets, newest)
    return _RollingForecasts(alignment, series, position, Forecast(fitted, preparation, scaled, anchors, series))


def _first_observed(panel: Panel) -> Ints:
    """Return the position of the first value of each series that is not missing, `(n,)`; its length where none is."""
    at = np.flatnonzero(~np.isnan(panel.values))
    first = np.append(at, len(panel.values))[np.searchsorted(at, panel.offsets[:-1])]
    return np.asarray(np.minimum(first, panel.offsets[1:]) - panel.offsets[:-1])


def _coverage(forecasts: Forecast, actual: Floats, levels: tuple[float, ...]) -> dict[float, float]:
    if not forecasts.fitted.has_intervals:
        return {}
    lower, upper = forecasts.intervals(levels)
    return {level: coverage(lower[:, :, n], upper[:, :, n], actual) for n, level in enumerate(levels)}
