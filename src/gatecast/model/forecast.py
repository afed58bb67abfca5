"""What comes next, and how sure is that? Points, intervals, quantiles and paths, of networks and measured errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Frame
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import prepend
from gatecast.data.values.ranges import MOST_RANGES, limits_of
from gatecast.exceptions import ConfigError, DataError
from gatecast.metrics.conformal import Conformal
from gatecast.metrics.levels import level_columns, level_to_quantiles, quantile_columns
from gatecast.metrics.paths import match_quantiles, ranks, sample_paths
from gatecast.model.alignment import Alignment, align, model_inputs, tell_alone
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.network.counts import Counts
from gatecast.network.inputs import Ahead, LossSettings, PanelArrays
from gatecast.network.losses import quantiles_of
from gatecast.network.memory import Memory
from gatecast.texts.message import Message

__all__ = ["METHOD", "Forecast", "ForecastOrigin", "after_data", "after_training", "one_step", "one_step_table"]

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

    @classmethod
    def of_zeros(cls, fitted: Fitted, horizon: int) -> Forecast:
        """Forecast zeros in scaled units for the series that were learned from, which says what is added to others."""
        scaled = np.zeros((fitted.after.n_series, fitted.ensemble.spec.n_parameters_of_step, horizon))
        return cls(fitted, fitted.preparation, scaled, fitted.anchors)

    @cached_property
    def point(self) -> np.ndarray:
        """The forecasts, `(n, H)` in the data's units."""
        return self._limited(self.preparation.point(self._loss, self.scaled, self.series, self.anchors))

    @property
    def is_cut(self) -> np.ndarray:
        """Which forecasts would be farther from the history than `Preparation.limited` lets them, `(n, H)`."""
        rows = np.arange(len(self.scaled)) if self.series is None else self.series
        observed = self.preparation.observed[rows]
        low, high = limits_of(observed)
        at_end = (self.point <= low[:, None]) | (self.point >= high[:, None])
        # a series that never changed has its only value for both
        return np.asarray(at_end & (observed[:, 0] < observed[:, 1])[:, None])

    def intervals(self, levels: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return both ends of central intervals, `(n, H, L)` each in the data's units, for rising levels in %."""
        if self._loss.is_of_counts:
            lower, upper = self._counts.intervals(levels)
            return self._limited(lower), self._limited(upper)
        if self.fitted.learns_intervals:
            ends, n = self.quantiles(level_to_quantiles(levels)), len(levels)
            return ends[:, :, :n][:, :, ::-1], ends[:, :, n:]
        lower, upper = self._needed.bounds(levels)
        return self._around(self._grown(lower)), self._around(self._grown(upper))

    def quantiles(self, probabilities: tuple[float, ...]) -> np.ndarray:
        """Return quantiles `(n, H, Q)` in the data's units, in the order of rising probabilities."""
        if self._loss.is_of_counts:
            return self._limited(self._counts.spread(2).quantile(np.asarray(probabilities)))
        if self.fitted.learns_intervals:
            values = quantiles_of(self._loss, self.scaled, np.asarray(probabilities))
            middle = self._middle[:, None]
            wider = self.growth * self.fitted.widening
            return self._restore(np.moveaxis(middle + (values - middle) * wider, 1, 2))
        return self._around(self.offsets(probabilities))

    def offsets(self, probabilities: tuple[float, ...]) -> np.ndarray:
        """Return what past errors add to forecasts for quantiles, `(H, Q)` in units of each series' scale."""
        return self._grown(self._needed.quantiles(probabilities))

    def paths(self, n_paths: int, seed: int) -> np.ndarray:
        """Draw ways `(n, n_paths, H)` in which the future may go on, whose steps hang together as past errors did."""
        ones = np.ones(len(self.scaled))
        if self._loss.is_of_counts and self.fitted.calibration is None:
            # nothing tells how steps hang together
            drawn = np.random.default_rng(seed).random((len(ones), n_paths, self._horizon))
            return self._limited(self._counts.spread(1).quantile(ranks(drawn)))
        residuals = self._needed.residuals
        residuals = residuals[:, np.arange(self._horizon) % residuals.shape[1]] * self.growth
        if self._loss.is_of_counts:
            drawn = sample_paths(self._middle, residuals, ones, n_paths, seed=seed)
            return self._limited(self._counts.spread(1).quantile(ranks(drawn)))
        if self.preparation.transform.is_elementwise:
            drawn = sample_paths(self._middle, residuals, ones, n_paths, seed=seed)
            paths = np.moveaxis(self._restore(np.moveaxis(drawn, 1, 2)), 2, 1)
        else:
            paths = self._limited(sample_paths(self.point, residuals, self._scales, n_paths, seed=seed))
        if self.fitted.learns_intervals:
            paths = match_quantiles(paths, PATH_QUANTILES, self.quantiles(PATH_QUANTILES))
        return self.preparation.bounds.hold(paths, self.series)

    @property
    def _loss(self) -> LossSettings:
        return self.fitted.ensemble.first.loss

    @property
    def _counts(self) -> Counts:
        """The distributions of the counts, `(n, H)`, as much wider as errors are taken to be."""
        rows = np.arange(len(self.scaled)) if self.series is None else self.series
        means = self.preparation.restore(self._middle, self.series, self.anchors)
        counts = Counts.of(self._loss, self.scaled, means, (self.preparation.units[rows] == 0)[:, None])
        return counts.wider(self.growth * self.fitted.widening)

    @property
    def _horizon(self) -> int:
        return int(self.scaled.shape[2])

    @property
    def _middle(self) -> np.ndarray:
        return np.asarray(self.scaled[:, self._loss.middle])

    @property
    def _scales(self) -> np.ndarray:
        rows = np.arange(len(self.scaled)) if self.series is None else self.series
        return np.asarray(self.preparation.units[rows])

    @property
    def _needed(self) -> Conformal:
        if self.fitted.calibration is None:
            share, loss = {"validation_size": 0.2}, {"loss": "quantile"}
            told = [one for one in self.fitted.record.decisions if one.code == "decision.not_held"]
            if told:
                raise DataError(Message("failure.nothing_to_hold", {"why": told[0], "loss": loss}))
            raise DataError(Message("failure.nothing_held", {"share": share, "loss": loss}))
        return self.fitted.calibration

    @property
    def growth(self) -> np.ndarray:
        """How much larger errors are taken to be in steps that are forecast from forecasts, `(H,)`."""
        known = self.fitted.calibration
        if known is not None:
            return known.growth(self._horizon)
        # nothing was measured: as on a random walk, see `Conformal.growth`
        step = np.arange(self._horizon)
        return np.sqrt((step + 1) / (step % self.fitted.horizon + 1))

    def _grown(self, offsets: np.ndarray) -> np.ndarray:
        """Repeat offsets `(H, K)` of the trained horizon, as large as errors are taken to be beyond it."""
        return np.asarray(offsets[np.arange(self._horizon) % len(offsets)] * self.growth[:, None])

    def _around(self, offsets: np.ndarray) -> np.ndarray:
        """Add offsets `(H, K)` in units of each series' scale to the forecasts, `(n, H, K)`."""
        if self.preparation.transform.is_elementwise:
            return self._restore(self._middle[:, :, None] + offsets)
        return self._limited(self.point[:, :, None] + offsets * self._scales[:, None, None])

    def _restore(self, scaled: np.ndarray) -> np.ndarray:
        return self._limited(self.preparation.restore(scaled, self.series, self.anchors))

    def _limited(self, values: np.ndarray) -> np.ndarray:
        return self.preparation.limited(values, self.series)


METHOD = "LSTM"


@dataclass(frozen=True)
class ForecastOrigin:
    """What is known of some series at the end of their data, from where the next steps are forecast."""

    fitted: Fitted
    memories: tuple[Memory, ...]  # of each member, one row for each of n series
    preparation: Preparation  # of these series
    anchors: Floats  # `(n, lag)` newest values, for a transform that needs them
    after: Panel  # empty series that start right after the data
    ahead: Ahead | None = None  # what is known of the steps after the data

    def forecast(self, horizon: int) -> Forecast:
        """Forecast the next `horizon` steps of each series."""
        scaled = self.fitted.ensemble.forecast(self.memories, horizon, self.ahead).astype(np.float64)
        return Forecast(self.fitted, self.preparation, scaled, self.anchors)

    def table(self, horizon: int, levels: tuple[float, ...] = (), quantiles: tuple[float, ...] = ()) -> Frame:
        """Forecast as a table `unique_id, ds, LSTM` of the user's library, with intervals and quantiles beside it."""
        rows = np.repeat(np.arange(self.after.n_series), horizon)
        times = self.after.future_times(horizon).ravel()
        forecast = self.forecast(horizon)
        self._warn_of_cut(forecast.is_cut)
        columns = {METHOD: forecast.point.ravel()}
        if levels:
            lower, upper = forecast.intervals(levels)
            names = level_columns(METHOD, levels)
            ends = [*np.moveaxis(lower, 2, 0)[::-1], *np.moveaxis(upper, 2, 0)]
            columns |= {name: end.ravel() for name, end in zip(names, ends, strict=True)}
        if quantiles:
            values = np.moveaxis(forecast.quantiles(quantiles), 2, 0)
            names = quantile_columns(METHOD, quantiles)
            columns |= {name: value.ravel() for name, value in zip(names, values, strict=True)}
        return self.after.frame(rows, times, **columns)

    def _warn_of_cut(self, is_cut: np.ndarray) -> None:
        cut = np.flatnonzero(is_cut.any(axis=1))
        if len(cut):
            facts = {"n": len(cut), "n_series": len(is_cut), "name": self.after.ids.tolist()[int(cut[0])]}
            step = int(np.argmax(is_cut[cut[0]])) + 1
            told = Message("limited.cut", facts | {"step": step, "most": int(MOST_RANGES)})
            warnings.warn(str(told), stacklevel=4)

    def path_table(self, horizon: int, n_paths: int, seed: int) -> Frame:
        """Draw paths as a table `unique_id, ds, path, LSTM`."""
        n = self.after.n_series
        paths = self.forecast(horizon).paths(n_paths, seed)
        rows = np.repeat(np.arange(n), n_paths * horizon)
        times = np.repeat(self.after.future_times(horizon)[:, None], n_paths, axis=1).ravel()
        number = np.tile(np.repeat(np.arange(n_paths), horizon), n)
        return self.after.frame(rows, times, path=number, **{METHOD: paths.ravel()})


def after_training(fitted: Fitted, future: object, horizon: int) -> ForecastOrigin:
    """Forecast from the end of the training part; `future` is a table of what is known ahead, or None."""
    ahead = _known_ahead(fitted.preparation, fitted.after, fitted.years, future, horizon)
    return ForecastOrigin(fitted, fitted.memories, fitted.preparation, fitted.anchors, fitted.after, ahead)


def after_data(fitted: Fitted, panel: Panel, future: object, horizon: int) -> ForecastOrigin:
    """Forecast from the end of new data: rows that follow the training part go on from it."""
    return after_inputs(fitted, model_inputs(fitted, panel), future, horizon)


def after_inputs(
    fitted: Fitted, inputs: tuple[Alignment, Preparation, PanelArrays], future: object, horizon: int
) -> ForecastOrigin:
    """Forecast from the end of new data that are aligned and prepared, see `model_inputs`."""
    alignment, preparation, arrays = inputs
    tell_alone(alignment)
    panel, memories = alignment.panel, fitted.ensemble.read(alignment.memories, arrays)
    after = panel.tail_from(panel.lengths)
    years = preparation.newest_years(arrays, alignment.years)
    values, offsets = prepend(alignment.anchors, panel.values, panel.offsets)
    anchors = preparation.transform.anchors(values, offsets)
    ahead = _known_ahead(preparation, after, years, future, horizon)
    return ForecastOrigin(fitted, memories, preparation, anchors, after, ahead)


def _known_ahead(preparation: Preparation, after: Panel, years: Array, future: object, horizon: int) -> Ahead | None:
    encoder = preparation.encoder
    names = () if encoder is None else encoder.future_names
    if future is not None and not names:
        raise ConfigError(
            f"`future` has the type {type(future).__name__}, and None was expected, because the model learned from no "
            'column that is known ahead. Name such columns with `LSTMForecaster(future=["price"])`, or leave it out.'
        )
    if not names:
        return preparation.ahead(after, horizon, {}, years)
    from gatecast.data.reading.future import read_future

    return preparation.ahead(after, horizon, read_future(after, future, horizon, names), years)


def one_step_table(fitted: Fitted, panel: Panel) -> Frame:
    """Forecast each point from those before it; NaN before `lookback` points were read."""
    series, _ = panel.places()
    columns = {panel.columns.target: panel.values, METHOD: one_step(fitted, panel)}
    return panel.frame(series, panel.all_times(), **columns)


def one_step(fitted: Fitted, panel: Panel) -> Floats:
    """Forecast each point from those before it, `(N,)`; NaN before `lookback` points were read."""
    alignment = align(fitted, panel, fill_lead=False)
    # each series is read from its own beginning, whatever it follows
    alignment = replace(alignment, follows=np.zeros_like(alignment.follows))
    preparation, arrays = alignment.prepared()
    each = fitted.ensemble.forecast_each(alignment.memories, arrays, 1)
    series, position = panel.places()
    anchors = preparation.transform.anchors(panel.values, panel.offsets, np.maximum(np.arange(len(series)) - 1, 0))
    forecast = Forecast(fitted, preparation, each.astype(np.float64), anchors, series).point[:, 0]
    forecast[position < fitted.lookback] = np.nan
    return forecast
