"""What comes next? Forecasts of the steps after the training part, after newer data, or of each point in a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Frame
from gatecast.data.panel.panel import Panel
from gatecast.data.values.gaps import prepend
from gatecast.exceptions import ConfigError
from gatecast.metrics.levels import level_columns, quantile_columns
from gatecast.model.alignment import align, model_inputs
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import Preparation
from gatecast.model.intervals import Forecast
from gatecast.network.inputs import Ahead
from gatecast.network.memory import Memory

__all__ = ["METHOD", "ForecastOrigin", "after_data", "after_training", "one_step", "one_step_table"]

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
    alignment, preparation, arrays = model_inputs(fitted, panel)
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
    alignment = align(fitted, panel, fill_lead=False).without_training()
    preparation, arrays = alignment.prepared()
    each = fitted.ensemble.forecast_each(alignment.memories, arrays, 1)
    series, position = panel.places()
    anchors = preparation.transform.anchors(panel.values, panel.offsets, np.maximum(np.arange(len(series)) - 1, 0))
    forecast = Forecast(fitted, preparation, each.astype(np.float64), anchors, series).point[:, 0]
    forecast[position < fitted.lookback] = np.nan
    return forecast
