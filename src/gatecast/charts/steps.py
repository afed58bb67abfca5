"""How do errors grow with the horizon, for each model, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import record_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.numbers import StepErrors, step_errors
from gatecast.charts.palette import series_look
from gatecast.charts.spec import Axis, Band, Chart, Line, Marker, Panel, facets
from gatecast.data.panel.arrays import Floats
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.backtesting.record import Backtest
    from gatecast.comparison.comparison import Comparison

__all__ = ["error_by_step", "steps_by_model", "steps_chart"]

COLUMNS, MOST_PANELS = 4, 12
# a band of one or two origins would be taken for knowledge
LEAST_ORIGINS = 3
# the scale ends at so many times the middle model's highest error
FAR = 2.5
FEW_STEPS = 24


def error_by_step(
    backtest: Backtest | Comparison, *, models: str | Iterable[str] | None = None, title: str | None = None
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
    found = step_errors(record_of(backtest), models)
    return draw(steps_by_model(found, Texts("en"), title))


def steps_chart(found: StepErrors, t: Texts, title: str | None = None, order: Sequence[str] | None = None) -> Chart:
    """Show the errors of all models in one panel; `order` gives each the same color in several charts."""
    places = list(order or found.models)
    lines = tuple(
        Line(_steps(found), mean, label=name, low=low, high=high, width=2.0, size=5, **series_look(places.index(model)))
        for model, name, mean, low, high in zip(
            found.models, distinct(found.models, 40), found.mean, found.low, found.high, strict=True
        )
    )
    panel = Panel(lines, x=Axis(t("chart.steps_ahead"), "whole"), y=Axis(found.metric, low=0))
    return Chart((panel,), title or t("chart.steps"), size=(9.0, 4.5), legend="below")


def steps_by_model(found: StepErrors, t: Texts, title: str | None = None) -> Chart:
    """Show each model in a panel of its own, with the others in gray and a band over origins."""
    n = min(len(found.models), MOST_PANELS)
    names = distinct(found.models, 20)
    panels = [
        Panel(
            _marks(found, m),
            f"{names[m]}: {found.mean[m].mean():.3g}",
            Axis(t("chart.steps_ahead"), "whole"),
            Axis(found.metric, low=0, high=limit_of(found)),
        )
        for m in range(n)
    ]
    headline = title or t("chart.steps")
    return replace(facets(panels, COLUMNS, (3.2, 2.7), 6.4), title=headline, note=_note(found, n, t))


def _steps(found: StepErrors) -> list[int]:
    return list(range(1, found.mean.shape[1] + 1))


def _marks(found: StepErrors, m: int) -> tuple[Line | Band, ...]:
    steps = _steps(found)
    marker: Marker = "circle" if len(steps) <= FEW_STEPS else ""
    marks: list[Line | Band] = [Line(steps, mean, "others", width=0.9) for mean in np.delete(found.mean, m, axis=0)]
    if found.n_origins >= LEAST_ORIGINS:
        marks.append(Band(steps, found.low[m], found.high[m], "model"))
    return (*marks, Line(steps, found.mean[m], "model", width=1.9, marker=marker, size=3.5))


def limit_of(found: StepErrors) -> float | None:
    """Return up to where errors are shown, None for all: one very bad model must not flatten the others."""
    peaks = _peaks(found)
    limit = FAR * float(np.median(peaks))
    return limit if 0 < limit < peaks.max() else None


def _peaks(found: StepErrors) -> Floats:
    return np.asarray(np.nanmax(np.fmax(found.high, found.mean), axis=1))


def _note(found: StepErrors, n_drawn: int, t: Texts) -> str:
    parts = [t("chart.steps_note", n_origins=found.n_origins)]
    if found.n_origins >= LEAST_ORIGINS:
        parts.append(t("chart.steps_band"))
    limit = limit_of(found)
    if limit is not None:
        cut = [name for name, peak in zip(found.models, _peaks(found), strict=True) if peak > limit]
        parts.append(t("chart.cut_off", limit=limit, names=t("words.comma").join(distinct(cut))))
    if n_drawn < len(found.models):
        parts.append(t("chart.not_shown", names=t("words.comma").join(distinct(found.models[n_drawn:]))))
    if found.left_out:
        parts.append(t("chart.left_out", names=t("words.comma").join(distinct(found.left_out))))
    return " ".join(parts)
