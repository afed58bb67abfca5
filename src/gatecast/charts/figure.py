"""What does the whole picture show? The series around the split, the forecast, and how the fit came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.draw import draw_learning_curve, draw_overview, draw_window
from gatecast.charts.names import shorten
from gatecast.charts.style import check_matplotlib, finish, new_figure
from gatecast.charts.timeline import Timeline, make_timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.forecaster import LSTMForecaster

__all__ = ["plot_forecast", "plot_predictions"]

# up to this many points in all, one panel shows them well
FEW = 400
# points that a close view shows on each side of the split, and before the end
CLOSE = 125


@dataclass(frozen=True)
class View:
    """A panel of the picture: points `begin` to `end` of the series, counted into the forecast."""

    title: str
    begin: int
    end: int


def plot_forecast(
    model: LSTMForecaster,
    train: Any,
    test: Any = None,
    forecast: Any = None,
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
        DataError: The test part does not lie behind the training part.

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
    check_matplotlib()
    line = make_timeline(model, train, test, forecast, unique_id)
    figure, last = _draw(line, [0.36])
    # the floor is in the data's units, and the curve is in those of what was learned
    floor = noise_floor if line.learned_name == line.value_name else None
    draw_learning_curve(last, model.history_["rmse"], line.learned_name, floor)
    return finish(figure, title or f"{shorten(line.name)}: LSTM forecast")


def plot_predictions(
    model: LSTMForecaster, train: Any, test: Any = None, *, unique_id: object = None, title: str | None = None
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
        DataError: The test part does not lie behind the training part.

    Examples:
        >>> import gatecast
        >>> from gatecast.charts import plot_predictions
        >>> train, test = gatecast.train_test_split(gatecast.datasets.sine(300))
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(hidden_size=8, progress=False, training=training).fit(train)
        >>> [axes.get_title(loc="left") for axes in plot_predictions(model, train, test).axes]
        ['Data and predictions']
    """
    check_matplotlib()
    line = make_timeline(model, train, test, 0, unique_id)
    figure, _ = _draw(line, [])
    return finish(figure, title or f"{shorten(line.name)}: one step ahead, {_errors(line)}")


def _errors(line: Timeline) -> str:
    """Say the RMSE of each part, of the steps that were predicted."""
    squares = (line.values - line.predictions) ** 2
    parts = {"training": squares[: line.n_train], "test": squares[line.n_train :]}
    known = {name: part[np.isfinite(part)] for name, part in parts.items()}
    said = [f"RMSE {np.sqrt(part.mean()):.4g} ({name} part)" for name, part in known.items() if len(part)]
    return ", ".join(said) or "no prediction"


def _draw(line: Timeline, more: list[float]) -> tuple[Figure, Any]:
    """Draw the views, and return the figure with the last of its axes, which is empty where there are `more`."""
    views = _views(line)
    has_overview = len(line.values) > FEW
    figure = new_figure(13.0, 7.0 if has_overview else 4.8)
    widths = [1.0] * len(views) + [1.5 * width if len(views) > 1 else width for width in more]
    grid = figure.add_gridspec(2 if has_overview else 1, len(widths), width_ratios=widths)
    if has_overview:
        grid.set_height_ratios([0.42, 1.0])
        draw_overview(figure.add_subplot(grid[0, :]), line, [(v.begin, v.end) for v in views])
    first = figure.add_subplot(grid[-1, 0])
    panels = [first, *(figure.add_subplot(grid[-1, n], sharey=first) for n in range(1, len(views)))]
    for axes, view in zip(panels, views, strict=True):
        draw_window(axes, line, view.begin, view.end, view.title)
    figure.legend(*_legend(panels), loc="outside lower center", ncols=6, fontsize=9.5, frameon=False)
    return figure, figure.add_subplot(grid[-1, -1]) if more else panels[-1]


def _views(line: Timeline) -> list[View]:
    """Choose what is shown closely: everything, or the split and the end (one view where these meet)."""
    n, n_all = len(line.values), len(line.values) + len(line.forecast)
    ahead = " and the forecast" if len(line.forecast) else ""
    if n <= FEW:
        return [View("Data, predictions and forecast" if ahead else "Data and predictions", 0, n_all)]
    begin_end = max(n - CLOSE, 0)
    end = View(f"Close view: the end of the data{ahead}", begin_end, n_all)
    if not line.n_test:
        return [end]
    begin, stop = max(line.n_train - CLOSE, 0), min(line.n_train + CLOSE, n)
    if stop >= begin_end:
        return [View(f"Close view: around the split{ahead}", begin, n_all)]
    return [View("Close view: around the split", begin, stop), end]


def _legend(panels: list[Any]) -> tuple[list[Any], list[str]]:
    """Collect each label once, in the order of the panels."""
    found: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)
