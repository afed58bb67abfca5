"""How do errors grow with the horizon, for each model, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import record_of
from gatecast.charts.names import labels
from gatecast.charts.numbers import StepErrors, step_errors
from gatecast.charts.style import (
    COLORS,
    check_matplotlib,
    columns_for,
    dress,
    finish,
    new_figure,
    panel_grid,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

__all__ = ["error_by_step"]

COLUMNS, MOST_PANELS = 4, 12
# a band of one or two origins would be taken for knowledge
LEAST_ORIGINS = 3
# the scale ends at so many times the middle model's highest error
FAR = 2.5


def error_by_step(
    backtest: Backtest | Comparison,
    *,
    models: str | Iterable[str] | None = None,
    title: str = "Error by step of the horizon",
) -> Figure:
    """Draw one panel for each model: its error at each step, the others in gray, and a band over origins.

    Errors are absolute, over the series' scale (MASE) where that is defined, and averaged over the forecasts that all
    models have. The band holds four of five origins. Twelve models at most are drawn, the best first.

    Args:
        backtest: From `backtest` or `compare`.
        models: Which; all when absent.
        title: Headline.

    Raises:
        ConfigError: The backtest does not have a model.
        DataError: No step has a target and forecasts.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast import backtest
        >>> from gatecast.baselines.statistical import Drift, Naive
        >>> found = backtest(np.arange(60.0) ** 1.5, 3, [Naive(3), Drift(3)], n_windows=4, progress=False)
        >>> [axes.get_title(loc="left").split(":")[0] for axes in error_by_step(found).axes]
        ['Drift', 'Naive']
    """
    check_matplotlib()
    found = step_errors(record_of(backtest), models)
    n = min(len(found.models), MOST_PANELS)
    n_columns = columns_for(n, COLUMNS)
    figure = new_figure(max(3.2 * n_columns, 6.4), 0.9 + 2.7 * -(-n // n_columns))
    panels = panel_grid(figure, n, n_columns)
    for m, (axes, name) in enumerate(zip(panels, labels(found.models, 20), strict=False)):
        _draw_model(axes, found, m)
        is_left, is_lowest = m % n_columns == 0, m + n_columns >= n
        dress(
            axes,
            f"{name}: {found.mean[m].mean():.3g}",
            "steps ahead" if is_lowest else "",
            found.metric if is_left else "",
        )
        whole_numbers(axes.xaxis)
        # shared scales
        axes.tick_params(labelleft=is_left, labelbottom=is_lowest)
    # after all panels, which share the scale: until then it grows with what is drawn
    panels[0].set_ylim(0, limit_of(found))
    return finish(figure, title, _note(found, n))


def _draw_model(axes: Axes, found: StepErrors, m: int) -> None:
    steps = range(1, found.mean.shape[1] + 1)
    marker = "o" if len(steps) <= 24 else ""
    for other in range(len(found.models)):
        if other != m:
            axes.plot(steps, found.mean[other], color="#cfcfcf", linewidth=0.9, zorder=1)
    if found.n_origins >= LEAST_ORIGINS:
        axes.fill_between(steps, found.low[m], found.high[m], color=COLORS["train"], alpha=0.18, linewidth=0, zorder=2)
    axes.plot(steps, found.mean[m], color=COLORS["train"], linewidth=1.9, marker=marker, markersize=3.5, zorder=3)


def limit_of(found: StepErrors) -> float | None:
    """Return up to where errors are shown, None for all: one very bad model must not flatten the others."""
    peaks = np.nanmax(np.fmax(found.high, found.mean), axis=1)
    limit = FAR * float(np.median(peaks))
    return limit if 0 < limit < peaks.max() else None


def _note(found: StepErrors, n_drawn: int) -> str:
    parts = [f"Beside each name the mean over all steps; gray: the other models; {found.n_origins} origins."]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append("The band holds four of five of them.")
    limit = limit_of(found)
    if limit is not None:
        cut = [
            name
            for name, high in zip(found.models, np.fmax(found.high, found.mean), strict=True)
            if (high > limit).any()
        ]
        parts.append(f"Cut off above {limit:.3g}: {', '.join(labels(cut))}.")
    if n_drawn < len(found.models):
        parts.append(f"Not shown: {', '.join(labels(found.models[n_drawn:]))}.")
    if found.left_out:
        parts.append(f"Left out, as forecasts are missing: {', '.join(labels(found.left_out))}.")
    return " ".join(parts)
