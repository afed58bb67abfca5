"""Where does a series go? Its newest part, the forecast behind it, and the intervals, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.draw import draw_window
from gatecast.charts.names import shorten
from gatecast.charts.style import check_matplotlib, finish, new_figure
from gatecast.charts.timeline import Timeline, make_timeline
from gatecast.exceptions import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.forecaster import LSTMForecaster

__all__ = ["newest_part", "plot_intervals"]

# the past is shown for a few horizons, so that the forecast is a good part of the picture
HORIZONS = 4
LEAST_POINTS = 60


def plot_intervals(
    model: LSTMForecaster,
    data: Any,
    forecast: Any = None,
    *,
    unique_id: object = None,
    newest: int | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the newest part of a series and its forecast with intervals.

    Args:
        model: Fitted.
        data: The training part, or it and newer rows, whatever `fit` takes.
        forecast: A table made by `predict`, or a number of steps; the model's horizon with intervals of 80 and 95 %
            when absent.
        unique_id: Which series of a panel; may be left out where there is one.
        newest: Points of the past that are shown; four horizons and at least 60 when absent.
        title: Headline; the name of the series when absent.

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or `newest` makes no sense.
        DataError: `forecast` is no forecast.

    Examples:
        >>> import gatecast
        >>> from gatecast.charts import plot_intervals
        >>> data = gatecast.datasets.sine(300)
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(12, hidden_size=8, progress=False, training=training).fit(data)
        >>> axes = plot_intervals(model, data, model.predict(level=80)).axes[0]
        >>> axes.get_legend_handles_labels()[1]
        ['data', '80 % interval', 'forecast']
    """
    check_matplotlib()
    line, begin = newest_part(model, data, forecast, unique_id, newest)
    figure = new_figure(10.0, 4.6)
    axes = figure.add_subplot()
    bare = replace(line, predictions=np.full(len(line.values), np.nan), n_train=len(line.values))
    n_all = len(line.values) + len(line.forecast)
    shown = len(line.values) - begin
    draw_window(axes, bare, begin, n_all, f"The newest {shown:,} points and {len(line.forecast):,} steps ahead")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=9.5, frameon=False)
    return finish(figure, title or f"{shorten(line.name)}: forecast")


def newest_part(
    model: LSTMForecaster, data: Any, forecast: Any, unique_id: object, newest: int | None
) -> tuple[Timeline, int]:
    """Return a series with its forecast, and the first point that is shown."""
    if newest is not None and newest < 1:
        raise ConfigError(f"`newest` must be a positive number of points, got {newest}. Use `newest=200`.")
    if forecast is None:
        forecast = model.predict(data=data, level=(80, 95))
    line = make_timeline(model, data, None, forecast, unique_id)
    n = newest or max(HORIZONS * len(line.forecast), LEAST_POINTS)
    return line, max(len(line.values) - n, 0)
