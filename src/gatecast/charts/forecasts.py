"""How does a series go on? Data, predictions and forecast, each at its own time, and how the fit came about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.fits import Training, training_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten, time_label
from gatecast.charts.spec import (
    Area,
    Axis,
    Band,
    Chart,
    Line,
    Look,
    Mark,
    Marker,
    Panel,
    Place,
    Role,
    Rule,
    Text,
    time_axis,
)
from gatecast.charts.thinning import envelope, thin
from gatecast.charts.timeline import Timeline, make_timeline
from gatecast.data.panel.arrays import Array, Floats
from gatecast.exceptions import ConfigError
from gatecast.forecaster import LSTMForecaster
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.data.panel.arrays import Frame
    from gatecast.forecaster import Forecaster
    from gatecast.model.protocol import Data

__all__ = ["curve_panel", "forecast_chart", "forecast_marks", "newest_part", "overview_panel"]
__all__ += ["plot_forecast", "plot_intervals", "plot_predictions", "window_panel"]

# the strip has about as many columns of dots: more points would only be drawn over each other
COLUMNS = 1500
FEW_POINTS = 60
MANY_POINTS = 2000
# the past is shown for a few horizons, so that the forecast is a good part of the picture
HORIZONS = 4
LEAST_POINTS = 60
# at both ends a share of what is shown: marks at the edge are seen as a whole
ROOM = 60
# up to this many points in all, one panel shows them well
FEW = 400
# points that a close view shows on each side of the split, and before the end
CLOSE = 125
# how wide a learning curve is beside one view
CURVE = 0.36


def forecast_marks(
    times: Array, values: Array, line: Timeline, t: Texts, between: tuple[Mark, ...] = ()
) -> tuple[Mark, ...]:
    """Show data, `(N,)` both, what lies `between`, and above it the forecast of `line` with its intervals, if any."""
    dots: Look = {"marker": "circle", "size": 2.6, "face": "data"} if len(values) <= MANY_POINTS else {}
    data = Line(times, values, "quiet" if dots else "data", t("chart.data"), width=0.9, **dots)
    if not len(line.forecast):
        return (data, *between)
    start = (times[-1], values[-1]) if len(values) else None
    bands = []
    for n, band in enumerate(line.bands):
        name = t("chart.band", level=band.level)
        ends: Look = {"label": name, "upper_label": t("chart.upper", band=name), "start": start}
        # the widest is the lightest
        part = 0.18 + 0.24 * n / max(len(line.bands) - 1, 1)
        bands.append(Band(line.forecast_times, band.lower, band.upper, "forecast", part, **ends))
    label = t("chart.recursive") if line.is_recursive else t("chart.forecast")
    look: Look = {"width": 1.9, "dash": "long", "size": 3.0, "start": start}
    if len(line.forecast) <= FEW_POINTS:
        look["marker"] = "diamond"
    return (data, *between, *bands, Line(line.forecast_times, line.forecast, "forecast", label, **look))


def window_panel(line: Timeline, begin: int, end: int, title: str, t: Texts) -> Panel:
    """Show points `begin` to `end` of a series, counted into its forecast."""
    n, split = len(line.values), line.n_train
    stop = min(end, n)
    marks = _predictions(line, begin, min(stop, split), "model", t("chart.in_sample"))
    if line.n_test:
        marks += _predictions(line, max(begin, split), stop, "contrast", t("chart.out_of_sample"))
        if begin < split < end:
            marks.append(Rule("x", _between(line), label=t("chart.split"), dash="dashed"))
    shown = line if end > n else replace(line, forecast=line.forecast[:0])
    if len(shown.forecast) and not shown.bands:
        marks.append(Area("x", line.times[-1], line.forecast_times[-1], "forecast", 0.07))
    label = time_label(line.time_name, line.times, line.freq, t)
    return Panel(
        forecast_marks(line.times[begin:stop], line.values[begin:stop], shown, t, tuple(marks)),
        title,
        replace(time_axis(line.times, label, 5), margin=0.02),
        Axis(shorten(line.value_name), group="window"),
    )


def _predictions(line: Timeline, begin: int, end: int, role: Role, label: str) -> list[Mark]:
    times, predictions = line.times[begin:end], line.predictions[begin:end]
    return [Line(times, predictions, role, label)] if np.isfinite(predictions).any() else []


def overview_panel(line: Timeline, views: list[tuple[int, int]], n_columns: int, t: Texts) -> Panel:
    """Show all points as a strip, with the close views marked."""
    keep = envelope(line.values, COLUMNS)
    times = np.concatenate([line.times, line.forecast_times]) if len(line.forecast) else line.times
    marks: list[Mark] = [
        Area("x", times[begin], times[min(end, len(times)) - 1], "window", 0.45) for begin, end in views
    ]
    marks.append(Line(line.times[keep], line.values[keep], "data", width=0.6))
    if len(line.forecast):
        marks += [Band(line.forecast_times, band.lower, band.upper, "forecast") for band in line.bands[:1]]
        marks.append(Line(line.forecast_times, line.forecast, "forecast", width=1.2))
    if line.n_test:
        marks.append(Rule("x", _between(line), dash="dashed"))
    said = t("chart.all_points_split" if line.n_test else "chart.all_points", points=len(line.values))
    x = replace(time_axis(line.times, "", 9), margin=0.005)
    return Panel(tuple(marks), said, x, Axis(shorten(line.value_name)), n_columns=n_columns)


def curve_panel(
    learned: tuple[Floats, Floats], held: Training, unit: str, noise_floor: float | None, t: Texts
) -> Panel:
    """Show epochs and errors of what was learned, and of the validation set where there is one, in one unit."""
    epochs, rmse = learned
    look: Look = {"marker": "circle"} if len(rmse) <= 20 else {}
    said, title = t("chart.last_epoch", rmse=rmse[-1]), t("chart.curve")
    marks: list[Mark] = [
        Line(epochs, rmse, "model", width=1.7 if len(rmse) <= 120 else 1.0, **look),
        Text(0.98, 0.97, said, "model", ("right", "top"), ("panel", "panel")),
    ]
    if held.kept is not None:
        epochs, errors = held.curves["validation"]
        epoch, kept = held.kept
        marker: Marker = "circle" if len(errors) <= 20 else ""
        said, title = t("chart.kept_validation", rmse=kept), t("chart.curve_kept", epoch=epoch)
        marks += [
            Line(epochs, errors, "contrast", width=1.7, marker=marker),
            Text(0.98, 0.97, said, "contrast", ("right", "top"), ("panel", "panel"), offset=(0, -13)),
        ]
    if noise_floor is not None:
        said = t("chart.noise_floor", rmse=noise_floor)
        place: Look = {"align": ("right", "bottom"), "frames": ("panel", "data"), "offset": (0, -11)}
        marks += [Rule("y", noise_floor, dash="dotted"), Text(1, noise_floor, said, size=9.0, **place)]
    y = Axis(t("chart.training_rmse", unit=shorten(unit)), margin=None if noise_floor is None else 0.15)
    return Panel(tuple(marks), title, Axis(t("chart.epoch"), "whole", most_ticks=5), y)


def _between(line: Timeline) -> Place:
    """Return the time halfway between the last training point and the first test point."""
    last, first = line.times[line.n_train - 1], line.times[line.n_train]
    middle: Place = last + (first - last) / 2
    return middle


def plot_intervals(
    model: Forecaster,
    data: Data,
    forecast: Frame | int | None = None,
    *,
    unique_id: object = None,
    newest: int | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw the newest part of a series and its forecast with intervals.

    Args:
        model: Fitted; an LSTM, a baseline, a `Combination` or `Best`.
        data: The training part, or it and newer rows, whatever `fit` takes.
        forecast: A table made by `predict`, or a number of steps; the model's horizon with intervals of 80 and 95 %
            when absent.
        unique_id: Which series of a panel; may be left out where there is one.
        newest: Points of the past that are shown; four horizons and at least 60 when absent.
        title: Headline; the name of the series when absent.
        lang: Language of the texts: "en" or "zh".

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or `newest` makes no sense.
        DataError: `forecast` is no forecast.

    Examples:
        >>> import gatecast
        >>> data = gatecast.datasets.sine(300)
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(12, hidden_size=8, progress=False, training=training).fit(data)
        >>> axes = plot_intervals(model, data, model.predict(level=80)).axes[0]
        >>> axes.get_legend_handles_labels()[1]
        ['data', '80 % interval', 'forecast']
    """
    line, begin = newest_part(model, data, forecast, unique_id, newest)
    return draw(forecast_chart(line, begin, Texts(lang), title))


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
    model: Forecaster, data: Data, forecast: Frame | int | None, unique_id: object, newest: int | None
) -> tuple[Timeline, int]:
    """Return a series with its forecast, and the first point that is shown."""
    if newest is not None and newest < 1:
        raise ConfigError(f"`newest` must be a positive number of points, got {newest}. Use `newest=200`.")
    line = make_timeline(model, data, None, forecast, unique_id)
    n = newest or max(HORIZONS * len(line.forecast), LEAST_POINTS)
    return line, max(len(line.values) - n, 0)


def plot_forecast(
    model: Forecaster,
    train: Data,
    test: Data | None = None,
    forecast: Frame | int | None = None,
    *,
    unique_id: object = None,
    title: str | None = None,
    noise_floor: float | None = None,
    lang: str = "en",
) -> Figure:
    """Draw data, predictions and forecast of one series, each at its own time, with the learning curve, if any, beside.

    A long series is shown as a strip, with close views of the split and of its end below.

    Args:
        model: Fitted on `train`; of a baseline, a `Combination` or `Best` there are no predictions, and no curve.
        train: The training part, whatever `fit` takes.
        test: The rows behind it.
        forecast: A table made by `predict`, whose intervals are drawn as bands, or a number of steps
            behind the end (0: none), with intervals of 80 and 95 % where the model has any; its own horizon when
            absent.
        unique_id: Which series of a panel; may be left out where there is one.
        title: Headline; the name of the series when absent.
        lang: Language of the texts: "en" or "zh".
        noise_floor: The lowest RMSE that any model could reach, where it is known: a line in the learning curve.

    Returns:
        A matplotlib Figure, which belongs to no window: `figure.savefig("forecast.png")`. As the last line of a
        notebook's cell it shows itself.

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or several to choose from.
        DataError: The test part does not lie after the training part.

    Examples:
        >>> import gatecast
        >>> train, test = gatecast.train_test_split(gatecast.datasets.sine(300))
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(hidden_size=8, progress=False, training=training).fit(train)
        >>> figure = plot_forecast(model, train, test, forecast=30)
        >>> [axes.get_title(loc="left") for axes in figure.axes]
        ['Data, predictions and forecast', 'Learning curve (kept: epoch 2)']
    """
    line, t = make_timeline(model, train, test, forecast, unique_id), Texts(lang)
    is_lstm = isinstance(model, LSTMForecaster)
    headline = title or t("chart.lstm_forecast" if is_lstm else "chart.forecast_of", name=shorten(line.name))
    return draw(_chart(line, headline, t, _curve(model, line, noise_floor, t)))


def _curve(model: Forecaster, line: Timeline, noise_floor: float | None, t: Texts) -> Panel | None:
    """Show how the loss of an LSTM went; None where nothing was trained."""
    if not (isinstance(model, LSTMForecaster) and model.history_["rmse"]):
        return None
    transform, rmse = model.fitted_.preparation.transform.name, np.array(model.history_["rmse"])
    held, while_learning = training_of(model.history_), (np.arange(1.0, len(rmse) + 1), rmse)
    if transform == "none":
        return curve_panel(while_learning, held, line.value_name, noise_floor, t)
    if held.kept is not None and "learned" in held.curves:
        # errors at validation checks are in the data's units, those while learning are not
        return curve_panel(held.curves["learned"], held, line.value_name, noise_floor, t)
    return curve_panel(while_learning, Training({}, None), f"{transform} of {line.value_name}", None, t)


def plot_predictions(
    model: LSTMForecaster,
    train: Data,
    test: Data | None = None,
    *,
    unique_id: object = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw data and what the model predicted one step ahead, each prediction at the time that it is for.

    A long series is shown as a strip, with close views of the split and of its end below.

    Args:
        model: Fitted on `train`.
        train: The training part, whatever `fit` takes.
        test: The rows behind it.
        unique_id: Which series of a panel; may be left out where there is one.
        title: Headline; the series and the RMSE of both parts when absent.
        lang: Language of the texts: "en" or "zh".

    Raises:
        GatecastError: matplotlib is not installed, or the model is not fitted.
        ConfigError: There is no such series, or several to choose from.
        DataError: The test part does not lie after the training part.

    Examples:
        >>> import gatecast
        >>> train, test = gatecast.train_test_split(gatecast.datasets.sine(300))
        >>> training = gatecast.Training(epochs=2)
        >>> model = gatecast.LSTMForecaster(hidden_size=8, progress=False, training=training).fit(train)
        >>> [axes.get_title(loc="left") for axes in plot_predictions(model, train, test).axes]
        ['Data and predictions']
    """
    line, t = make_timeline(model, train, test, 0, unique_id), Texts(lang)
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
    below = [window_panel(line, begin, end, said, t) for said, begin, end in views] + ([curve] if curve else [])
    panels = [replace(panel, row=int(has_overview), column=n) for n, panel in enumerate(below)]
    if has_overview:
        panels.insert(0, overview_panel(line, [(begin, end) for _, begin, end in views], len(widths), t))
    heights = (0.42, 1.0) if has_overview else (1.0,)
    size = (13.0, 7.0 if has_overview else 4.8)
    return Chart(tuple(panels), title, "", size, heights, tuple(widths), "below")


def _views(line: Timeline, t: Texts) -> list[tuple[str, int, int]]:
    """Choose titles and points of close views: everything, or the split and the end (one view where these meet)."""
    n, n_all = len(line.values), len(line.values) + len(line.forecast)
    has_forecast = len(line.forecast) > 0
    if n <= FEW:
        with_forecast = (
            "chart.all_with_forecast" if np.isfinite(line.predictions).any() else "chart.all_but_predictions"
        )
        return [(t(with_forecast if has_forecast else "chart.all_data"), 0, n_all)]
    begin_end = max(n - CLOSE, 0)
    end = (t("chart.close_end_forecast" if has_forecast else "chart.close_end"), begin_end, n_all)
    if not line.n_test:
        return [end]
    begin, stop = max(line.n_train - CLOSE, 0), min(line.n_train + CLOSE, n)
    if stop >= begin_end:
        return [(t("chart.close_split_forecast" if has_forecast else "chart.close_split"), begin, n_all)]
    return [(t("chart.close_split"), begin, stop), end]
