"""What does the whole picture show? The series around the split, the forecast, and how the fit came about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatecast.charts.draw import curve_panel, overview_panel, window_panel
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten
from gatecast.charts.spec import Chart, Panel
from gatecast.charts.timeline import Timeline, make_timeline
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.data.panel.arrays import Frame
    from gatecast.forecaster import LSTMForecaster
    from gatecast.model.protocol import Data

__all__ = ["plot_forecast", "plot_predictions"]

# up to this many points in all, one panel shows them well
FEW = 400
# points that a close view shows on each side of the split, and before the end
CLOSE = 125
# how wide a learning curve is beside one view
CURVE = 0.36


class View(NamedTuple):
    """A panel of the picture: points `begin` to `end` of the series, counted into the forecast."""

    title: str
    begin: int
    end: int


def plot_forecast(
    model: LSTMForecaster,
    train: Data,
    test: Data | None = None,
    forecast: Frame | int | None = None,
    *,
    unique_id: object = None,
    title: str | None = None,
    noise_floor: float | None = None,
) -> Figure:
    """Draw data, predictions and forecast of one series, each at its own time, with the learning curve beside them.

    A long series is shown as a strip, with close views of the split and of its end below.

    Args:
        model: Fitted on `train`.
        train: The training part, whatever `fit` takes.
        test: The rows behind it.
        forecast: A table made by `predict` (of any model), whose intervals are drawn as bands, or a number of steps
            behind the end (0: none); the model's own horizon when absent.
        unique_id: Which series of a panel; may be left out where there is one.
        title: Headline; the name of the series when absent.
        noise_floor: The lowest RMSE that any model could reach, where it is known: a line in the learning curve.

    Returns:
        A matplotlib Figure, which belongs to no window: `figure.savefig("forecast.png")`, or as the last line of a
        notebook's cell (after `%matplotlib inline`).

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or several to choose from.
        DataError: The test part does not lie after the training part.

    Examples:
        >>> import gatecast
        >>> from gatecast.charts import plot_forecast
        >>> train, test = gatecast.train_test_split(gatecast.datasets.sine(300))
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(hidden_size=8, progress=False, training=training).fit(train)
        >>> figure = plot_forecast(model, train, test, forecast=30)
        >>> [axes.get_title(loc="left") for axes in figure.axes]
        ['Data, predictions and forecast', 'Learning curve']
    """
    line, t = make_timeline(model, train, test, forecast, unique_id), Texts("en")
    # the floor is in the data's units, and the curve is in those of what was learned
    transform = model.fitted_.preparation.transform.name
    learned, floor = (
        (line.value_name, noise_floor) if transform == "none" else (f"{transform} of {line.value_name}", None)
    )
    curve = curve_panel(model.history_["rmse"], learned, floor, t)
    headline = title or t("chart.lstm_forecast", name=shorten(line.name))
    return draw(_chart(line, headline, t, curve))


def plot_predictions(
    model: LSTMForecaster, train: Data, test: Data | None = None, *, unique_id: object = None, title: str | None = None
) -> Figure:
    """Draw data and what the model predicted one step ahead, each prediction at the time that it is for.

    A long series is shown as a strip, with close views of the split and of its end below.

    Args:
        model: Fitted on `train`.
        train: The training part, whatever `fit` takes.
        test: The rows behind it.
        unique_id: Which series of a panel; may be left out where there is one.
        title: Headline; the series and the RMSE of both parts when absent.

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or several to choose from.
        DataError: The test part does not lie after the training part.

    Examples:
        >>> import gatecast
        >>> from gatecast.charts import plot_predictions
        >>> train, test = gatecast.train_test_split(gatecast.datasets.sine(300))
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(hidden_size=8, progress=False, training=training).fit(train)
        >>> [axes.get_title(loc="left") for axes in plot_predictions(model, train, test).axes]
        ['Data and predictions']
    """
    line, t = make_timeline(model, train, test, 0, unique_id), Texts("en")
    said = t("chart.one_step", name=shorten(line.name), errors=_errors(line, t))
    return draw(_chart(line, title or said, t))


def _errors(line: Timeline, t: Texts) -> str:
    """Say the RMSE of each part, of the steps that were predicted."""
    squares = (line.values - line.predictions) ** 2
    parts = ("chart.rmse_training", squares[: line.n_train]), ("chart.rmse_test", squares[line.n_train :])
    known = [(key, part[np.isfinite(part)]) for key, part in parts]
    said = [t(key, rmse=float(np.sqrt(part.mean()))) for key, part in known if len(part)]
    return t("words.comma").join(said) or t("chart.no_prediction")


def _chart(line: Timeline, title: str, t: Texts, curve: Panel | None = None) -> Chart:
    views = _views(line, t)
    widths = [1.0] * len(views) + ([CURVE * (1.5 if len(views) > 1 else 1)] if curve else [])
    has_overview = len(line.values) > FEW
    below = [window_panel(line, view.begin, view.end, view.title, t) for view in views] + ([curve] if curve else [])
    panels = [replace(panel, row=int(has_overview), column=n) for n, panel in enumerate(below)]
    if has_overview:
        panels.insert(0, overview_panel(line, [(view.begin, view.end) for view in views], len(widths), t))
    heights = (0.42, 1.0) if has_overview else (1.0,)
    size = (13.0, 7.0 if has_overview else 4.8)
    return Chart(tuple(panels), title, "", size, heights, tuple(widths), "below")


def _views(line: Timeline, t: Texts) -> list[View]:
    """Choose what is shown closely: everything, or the split and the end (one view where these meet)."""
    n, n_all = len(line.values), len(line.values) + len(line.forecast)
    has_forecast = len(line.forecast) > 0
    if n <= FEW:
        return [View(t("chart.all_with_forecast" if has_forecast else "chart.all_data"), 0, n_all)]
    begin_end = max(n - CLOSE, 0)
    end = View(t("chart.close_end_forecast" if has_forecast else "chart.close_end"), begin_end, n_all)
    if not line.n_test:
        return [end]
    begin, stop = max(line.n_train - CLOSE, 0), min(line.n_train + CLOSE, n)
    if stop >= begin_end:
        return [View(t("chart.close_split_forecast" if has_forecast else "chart.close_split"), begin, n_all)]
    return [View(t("chart.close_split"), begin, stop), end]
