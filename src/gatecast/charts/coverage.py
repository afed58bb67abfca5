"""Do intervals hold as often as they say? Nominal against measured coverage, for each model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import record_of
from gatecast.charts.names import labels
from gatecast.charts.numbers import Coverages, coverages
from gatecast.charts.style import COLORS, check_matplotlib, columns_for, dress, finish, new_figure, panel_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

__all__ = ["interval_calibration"]

COLUMNS, MOST_PANELS = 4, 12
LEAST_ORIGINS = 3


def interval_calibration(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str = "Interval calibration: how often intervals held",
) -> Figure:
    """Draw one panel for each model: the share of targets within its intervals beside the share that was promised.

    On the diagonal intervals are honest, below it they are too narrow, above it too wide. Vertical lines hold four of
    five origins.

    Args:
        backtest: From `backtest` or `compare`, with `level`.
        models: Which; all that have intervals when absent.
        title: Headline.

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: There are no intervals.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast import backtest
        >>> from gatecast.baselines.statistical import Naive
        >>> y = np.random.default_rng(0).normal(size=200).cumsum()
        >>> found = backtest(y, 3, [Naive(3)], n_windows=20, level=[50, 80, 95], progress=False)
        >>> interval_calibration(found).axes[0].lines[1].get_xdata().tolist()
        [50.0, 80.0, 95.0]
    """
    check_matplotlib()
    found = coverages(record_of(backtest), models)
    names = list(found.measured)[:MOST_PANELS]
    n_columns = columns_for(len(names), COLUMNS)
    n_rows = -(-len(names) // n_columns)
    figure = new_figure(max(2.9 * n_columns, 5.6), 0.9 + 2.9 * n_rows)
    panels = panel_grid(figure, len(names), n_columns)
    for n, (axes, name, text) in enumerate(zip(panels, names, labels(names, 22), strict=True)):
        _draw_model(axes, found, name)
        is_left, is_lowest = n % n_columns == 0, n + n_columns >= len(names)
        if n == 0:
            _say_sides(axes)
        dress(axes, text, "promised (%)" if is_lowest else "", "held (%)" if is_left else "")
        axes.set(xlim=(0, 103), ylim=(0, 103))
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.tick_params(labelleft=is_left, labelbottom=is_lowest)
    return finish(figure, title, _note(found, list(found.measured)[MOST_PANELS:]))


def _draw_model(axes: Axes, found: Coverages, name: str) -> None:
    axes.plot([0, 100], [0, 100], color=COLORS["text"], linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    measured = found.measured[name]
    # where some levels are missing, the line goes on to the next
    is_known = np.isfinite(measured)
    levels = found.levels[is_known]
    axes.plot(levels, measured[is_known], color=COLORS["train"], linewidth=1.6, marker="o", markersize=6, zorder=3)
    if found.n_origins >= LEAST_ORIGINS:
        low, high = found.low[name][is_known], found.high[name][is_known]
        axes.vlines(levels, low, high, color=COLORS["train"], linewidth=1.4, alpha=0.6, zorder=2)
    axes.fill_between([0, 103], [0, 103], 0, color=COLORS["test"], alpha=0.06, linewidth=0, zorder=0)


def _say_sides(axes: Axes) -> None:
    axes.text(100, 4, "too narrow", ha="right", fontsize=8.5, color=COLORS["test"])
    axes.text(3, 97, "too wide", va="top", fontsize=8.5, color=COLORS["text"])


def _note(found: Coverages, not_shown: list[str]) -> str:
    parts = [f"Measured over {found.n_origins} origins."]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append("Vertical lines hold four of five of them.")
    if not_shown:
        parts.append(f"Not shown: {', '.join(labels(not_shown))}.")
    return " ".join(parts)
