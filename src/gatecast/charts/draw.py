"""What does each panel of a series show? Data, predictions and forecast, a strip of all points, a learning curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gatecast.charts.names import shorten
from gatecast.charts.spec import Area, Axis, Band, Line, Look, Mark, Panel, Place, Role, Rule, Text, time_axis
from gatecast.charts.thinning import envelope
from gatecast.charts.timeline import Timeline
from gatecast.charts.words import time_label
from gatecast.data.panel.arrays import Array
from gatecast.texts import Texts

__all__ = ["curve_panel", "forecast_marks", "overview_panel", "window_panel"]

# the strip has about as many columns of dots: more points would only be drawn over each other
COLUMNS = 1500
FEW_POINTS = 60
MANY_POINTS = 2000


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


def curve_panel(rmse: list[float], unit: str, noise_floor: float | None, t: Texts) -> Panel:
    """Show the error of each epoch, in the units of the data."""
    look: Look = {"marker": "circle"} if len(rmse) <= 20 else {}
    marks: list[Mark] = [
        Line(np.arange(1, len(rmse) + 1), np.array(rmse), "model", width=1.7 if len(rmse) <= 120 else 1.0, **look),
        Text(0.98, 0.97, t("chart.last_epoch", rmse=rmse[-1]), "model", ("right", "top"), ("panel", "panel")),
    ]
    if noise_floor is not None:
        said = t("chart.noise_floor", rmse=noise_floor)
        place: Look = {"align": ("right", "bottom"), "frames": ("panel", "data"), "offset": (0, -11)}
        marks += [Rule("y", noise_floor, dash="dotted"), Text(1, noise_floor, said, size=9.0, **place)]
    y = Axis(t("chart.training_rmse", unit=shorten(unit)), margin=None if noise_floor is None else 0.15)
    return Panel(tuple(marks), t("chart.curve"), Axis(t("chart.epoch"), "whole", most_ticks=5), y)


def _between(line: Timeline) -> Place:
    """Return the time halfway between the last training point and the first test point."""
    last, first = line.times[line.n_train - 1], line.times[line.n_train]
    middle: Place = last + (first - last) / 2
    return middle
