"""Where does a series go? Its newest part, the forecast behind it, and the intervals, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatecast.charts.draw import forecast_marks
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten
from gatecast.charts.spec import Axis, Chart, Panel, time_axis
from gatecast.charts.thinning import thin
from gatecast.charts.timeline import Timeline, make_timeline
from gatecast.charts.words import time_label
from gatecast.exceptions import ConfigError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.data.panel.arrays import Frame
    from gatecast.forecaster import LSTMForecaster
    from gatecast.model.protocol import Data

__all__ = ["forecast_chart", "newest_part", "plot_intervals"]

# the past is shown for a few horizons, so that the forecast is a good part of the picture
HORIZONS = 4
LEAST_POINTS = 60
# at both ends a share of what is shown: marks at the edge are seen as a whole
ROOM = 60


def plot_intervals(
    model: LSTMForecaster,
    data: Data,
    forecast: Frame | int | None = None,
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
    line, begin = newest_part(model, data, forecast, unique_id, newest)
    return draw(forecast_chart(line, begin, Texts("en"), title))


def forecast_chart(line: Timeline, begin: int, t: Texts, title: str | None = None) -> Chart:
    """Show a series from its point number `begin` on, and its forecast."""
    keep = begin + thin(line.values[begin:])
    marks = forecast_marks(line.times[keep], line.values[keep], line, t)
    said = t("chart.newest", shown=len(line.values) - begin, steps=len(line.forecast))
    first, last = line.times[begin], line.forecast_times[-1] if len(line.forecast) else line.times[-1]
    room = (last - first) // ROOM
    label = time_label(line.time_name, line.times, line.freq, t)
    x = replace(time_axis(line.times, label, 5), low=first - room, high=last + room)
    panel = Panel(marks, said, x, Axis(shorten(line.value_name)))
    headline = title or t("chart.forecast_of", name=shorten(line.name))
    return Chart((panel,), headline, size=(10.0, 4.6), legend="below", is_over_time=True)


def newest_part(
    model: LSTMForecaster, data: Data, forecast: Frame | int | None, unique_id: object, newest: int | None
) -> tuple[Timeline, int]:
    """Return a series with its forecast, and the first point that is shown."""
    if newest is not None and newest < 1:
        raise ConfigError(f"`newest` must be a positive number of points, got {newest}. Use `newest=200`.")
    if forecast is None:
        forecast = model.predict(data=data, level=(80, 95))
    line = make_timeline(model, data, None, forecast, unique_id)
    n = newest or max(HORIZONS * len(line.forecast), LEAST_POINTS)
    return line, max(len(line.values) - n, 0)
