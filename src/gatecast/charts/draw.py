"""How is each panel drawn? The strip of all points, a close view, and the learning curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.names import label
from gatecast.charts.style import COLORS, dress
from gatecast.charts.thinning import envelope
from gatecast.charts.timeline import Timeline
from gatecast.charts.words import frequency_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_bands", "draw_learning_curve", "draw_overview", "draw_window", "format_times", "shade"]

# the strip has about as many columns of dots: more points would only be drawn over each other
COLUMNS = 1500
FEW_POINTS = 60


def draw_window(axes: Axes, line: Timeline, begin: int, end: int, title: str) -> None:
    """Draw points `begin` to `end` of a series, counted into its forecast."""
    n, split = len(line.values), line.n_train
    stop = min(end, n)
    axes.plot(
        line.times[begin:stop],
        line.values[begin:stop],
        label="data",
        color=COLORS["data_line"],
        linewidth=0.9,
        marker="o",
        markersize=2.6,
        markerfacecolor=COLORS["data"],
        markeredgewidth=0,
        zorder=2,
    )
    _predictions(axes, line, begin, min(stop, split), "train", "training prediction (1 step ahead)")
    if line.n_test:
        _predictions(axes, line, max(begin, split), stop, "test", "test prediction (1 step ahead)")
        if begin < split < end:
            axes.axvline(_between(line), color=COLORS["text"], linewidth=1, linestyle=(0, (4, 3)), label="split")
    if end > n:
        draw_bands(axes, line)
        few = len(line.forecast) <= FEW_POINTS
        axes.plot(
            line.forecast_times,
            line.forecast,
            label="forecast (each step from those before)" if line.is_recursive else "forecast",
            color=COLORS["forecast"],
            linewidth=1.9,
            linestyle=(0, (5, 1.2)),
            marker="D" if few else "",
            markersize=3,
            zorder=4,
        )
        if not line.bands:
            axes.axvspan(line.times[-1], line.forecast_times[-1], color=COLORS["forecast"], alpha=0.07, linewidth=0)
    dress(axes, title, _time_label(line), label(line.value_name))
    format_times(axes, line.times, ticks=5)
    axes.margins(x=0.02)


def draw_bands(axes: Axes, line: Timeline) -> None:
    """Draw intervals around a forecast, the widest lightest."""
    for n, band in enumerate(line.bands):
        label, color = f"{band.level} % interval", shade(n, len(line.bands))
        if len(line.forecast) == 1:
            # one step has no area to fill
            axes.vlines(line.forecast_times, band.lower, band.upper, label=label, color=[color], linewidth=7, zorder=1)
        else:
            axes.fill_between(
                line.forecast_times, band.lower, band.upper, label=label, facecolor=color, linewidth=0, zorder=1
            )


def shade(n: int, n_bands: int) -> tuple[float, float, float]:
    """Mix the forecast's color with white: a solid color, because see-through bands would add up and hide the grid."""
    from matplotlib.colors import to_rgb

    share = 0.18 + 0.24 * n / max(n_bands - 1, 1)
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(COLORS["forecast"]))
    return red, green, blue


def _predictions(axes: Axes, line: Timeline, begin: int, end: int, part: str, label: str) -> None:
    times, predictions = line.times[begin:end], line.predictions[begin:end]
    if not np.isfinite(predictions).any():
        return
    axes.plot(times, predictions, label=label, color=COLORS[part], linewidth=1.7, zorder=3)


def draw_overview(axes: Axes, line: Timeline, views: list[tuple[int, int]]) -> None:
    """Draw all points as a strip, with the close views marked."""
    keep = envelope(line.values, COLUMNS)
    axes.plot(line.times[keep], line.values[keep], color=COLORS["data"], linewidth=0.6, zorder=2)
    if len(line.forecast):
        for band in line.bands[:1]:
            axes.fill_between(
                line.forecast_times, band.lower, band.upper, facecolor=shade(0, 1), linewidth=0, zorder=1.5
            )
        axes.plot(line.forecast_times, line.forecast, color=COLORS["forecast"], linewidth=1.2, zorder=3)
    times = np.concatenate([line.times, line.forecast_times]) if len(line.forecast) else line.times
    for begin, end in views:
        last = times[min(end, len(times)) - 1]
        axes.axvspan(times[begin], last, color=COLORS["window"], alpha=0.45, linewidth=0, zorder=1)
    if line.n_test:
        axes.axvline(_between(line), color=COLORS["text"], linewidth=1, linestyle=(0, (4, 3)), zorder=4)
    dress(axes, _overview_title(line), "", label(line.value_name))
    format_times(axes, line.times, ticks=9)
    axes.margins(x=0.005)


def draw_learning_curve(axes: Axes, rmse: list[float], unit: str, noise_floor: float | None) -> None:
    """Draw the error of each epoch, in the units of the data."""
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(rmse) + 1)
    few = len(rmse) <= 20
    width = 1.7 if len(rmse) <= 120 else 1.0
    axes.plot(epochs, rmse, color=COLORS["train"], linewidth=width, marker="o" if few else "", markersize=4)
    axes.text(
        0.98,
        0.97,
        f"last epoch: {rmse[-1]:.4g}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9.5,
        color=COLORS["train"],
    )
    if noise_floor is not None:
        axes.axhline(noise_floor, color=COLORS["text"], linewidth=1, linestyle=":")
        axes.annotate(
            f"noise floor {noise_floor:.4g}",
            (1, noise_floor),
            xycoords=("axes fraction", "data"),
            xytext=(0, -11),
            textcoords="offset points",
            ha="right",
            fontsize=9,
            color=COLORS["text"],
        )
        axes.margins(y=0.15)
    dress(axes, "Learning curve", "epoch", f"training RMSE ({label(unit)})")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _between(line: Timeline) -> Any:
    """Return the time halfway between the last training point and the first test point."""
    last, first = line.times[line.n_train - 1], line.times[line.n_train]
    return last + (first - last) / 2


def _overview_title(line: Timeline) -> str:
    dashed = "dashed: end of the training part; " if line.n_test else ""
    return f"All {len(line.values):,} points ({dashed}shaded: shown below)"


def _time_label(line: Timeline) -> str:
    if line.times.dtype.kind != "M":
        return f"{label(line.time_name)} (step)"
    return f"{label(line.time_name)} ({frequency_words(line.freq)})"


def format_times(axes: Axes, times: np.ndarray, ticks: int) -> None:
    """Give the time axis at most so many ticks: dates without repetition, or whole numbers."""
    if times.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=3, maxticks=ticks)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    else:
        from matplotlib.ticker import MaxNLocator, StrMethodFormatter

        axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
