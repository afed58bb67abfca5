"""Do intervals hold as often as they say? Nominal against measured coverage, for each model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import record_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.numbers import Coverages, coverages
from gatecast.charts.palette import series_look
from gatecast.charts.spec import Axis, Band, Chart, Line, Mark, Panel, Stems, Text, facets
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

__all__ = ["calibration_by_model", "calibration_chart", "interval_calibration"]

COLUMNS, MOST_PANELS = 4, 12
LEAST_ORIGINS = 3
QUARTERS = (0, 25, 50, 75, 100)


def interval_calibration(
    backtest: Backtest | Comparison, *, models: str | Iterable[str] | None = None, title: str | None = None
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
    return draw(calibration_by_model(coverages(record_of(backtest), models), Texts("en"), title))


def calibration_chart(
    found: Coverages, t: Texts, title: str | None = None, order: Sequence[str] | None = None
) -> Chart:
    """Show the coverages of all models in one panel; `order` gives each the same color in several charts."""
    models = list(found.measured)
    places = list(order or models)
    lines = tuple(
        _line(found, model, name, **series_look(places.index(model)))
        for model, name in zip(models, distinct(models, 40), strict=True)
    )
    lowest = min(float(np.nanmin(values)) for values in (found.levels, *found.measured.values()))
    ideal = Line([0, 100], [0, 100], "text", t("chart.ideal"), width=1.0, dash="dashed")
    x = Axis(t("chart.promised"), low=float(found.levels.min()) - 5, high=101)
    panel = Panel((ideal, *lines), x=x, y=Axis(t("chart.held"), low=max(lowest - 10, 0.0), high=103))
    return Chart((panel,), title or t("chart.calibration"), size=(9.0, 4.7), legend="below")


def calibration_by_model(found: Coverages, t: Texts, title: str | None = None) -> Chart:
    """Show each model in a panel of its own, with how its coverage varies over origins."""
    models = list(found.measured)
    shown = models[:MOST_PANELS]
    x, y = (Axis(label, low=0, high=103, ticks=QUARTERS) for label in (t("chart.promised"), t("chart.held")))
    sides = (
        Text(100, 4, t("chart.too_narrow"), "contrast", ("right", "bottom"), size=8.5),
        Text(3, 97, t("chart.too_wide"), "text", ("left", "top"), size=8.5),
    )
    panels = [
        Panel((*_marks(found, model), *(() if n else sides)), name, x, y)
        for n, (model, name) in enumerate(zip(shown, distinct(shown, 22), strict=True))
    ]
    headline = title or t("chart.calibration")
    note = _note(found, models[MOST_PANELS:], t)
    return replace(facets(panels, COLUMNS, (2.9, 2.9), 5.6), title=headline, note=note)


def _line(found: Coverages, model: str, label: str = "", **look: Any) -> Line:
    # where some levels are missing, the line goes on to the next
    known = np.isfinite(found.measured[model])
    return Line(found.levels[known], found.measured[model][known], label=label, size=6.0, **look)


def _marks(found: Coverages, model: str) -> tuple[Mark, ...]:
    marks: list[Mark] = [
        Band([0, 103], [0, 0], [0, 103], "contrast", 0.06),
        Line([0, 100], [0, 100], "text", width=1.0, dash="dashed"),
    ]
    known = np.isfinite(found.measured[model])
    if found.n_origins >= LEAST_ORIGINS:
        low, high = found.low[model][known], found.high[model][known]
        marks.append(Stems(found.levels[known], low, high, "model", strength=0.6))
    return (*marks, _line(found, model, role="model", width=1.6, marker="circle"))


def _note(found: Coverages, not_shown: list[str], t: Texts) -> str:
    parts = [t("chart.measured_over", n_origins=found.n_origins)]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append(t("chart.stems"))
    if not_shown:
        parts.append(t("chart.not_shown", names=t("words.comma").join(distinct(not_shown))))
    return " ".join(parts)
