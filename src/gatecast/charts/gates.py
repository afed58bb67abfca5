"""What goes on inside a network? Gates over the series, how long units remember, and which lags matter.

All functions take plain arrays, so that whatever measures them can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import numbers
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct, shorten
from gatecast.charts.spec import Axis, Bars, Chart, HeatMap, Line, Look, Mark, Panel, Rule, Text, time_axis
from gatecast.charts.thinning import block_means, thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["gates_heatmap", "half_lives", "heatmap_chart", "lag_importance", "lags_chart", "lives_chart"]

# a picture has about as many columns of dots
COLUMNS = 1200
# what lies beyond is drawn in the last color: single extremes would leave one color for all others
EXTREMES = (0.005, 0.995)
N_BINS = 24
MOST_BARS = 40
# distances of ticks that hours and months like
STRIDES = (1, 2, 3, 4, 6, 12, 24, 48, 96, 168, 336)
# letters of a tick, and of all ticks below a picture
LONGEST, LETTERS = 14, 110
MOST_LAGS, MOST_STEPS = 16, 8


def gates_heatmap(
    times: ArrayLike,
    matrix: ArrayLike,
    label_of: str,
    *,
    values: ArrayLike | None = None,
    value_name: str = "value",
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw what each unit did at each time, as colors, below the series itself.

    Units are sorted by their mean, so that those that are open and those that are closed stand together. Gates, which
    lie between 0 and 1, have one scale; candidates, cells and hidden states have colors for both signs.

    Args:
        times: `(T,)` datetime64 or numbers.
        matrix: `(T, D)`, one column for each unit. More than 1,200 rows are averaged in blocks.
        label_of: What it is, e.g. "forget gate".
        values: `(T,)` the series, drawn above.
        value_name: Its name.
        title: Headline; `label_of` when absent.
        lang: Language of the texts: "en" or "zh".

    Raises:
        DataError: Shapes do not fit together.

    Examples:
        >>> gates = np.random.default_rng(0).uniform(size=(48, 6))
        >>> figure = gates_heatmap(np.arange(48), gates, "forget gate", values=np.sin(np.arange(48)))
        >>> figure.get_suptitle()
        'forget gate of 6 units'
    """
    return draw(heatmap_chart(times, matrix, label_of, values, value_name, title, COLUMNS, Texts(lang)))


def heatmap_chart(
    times: ArrayLike,
    matrix: ArrayLike,
    label_of: str,
    values: ArrayLike | None,
    value_name: str,
    title: str | None,
    n_columns: int,
    t: Texts,
) -> Chart:
    """Show a matrix of units as `gates_heatmap`, in at most `n_columns` columns."""
    gates = numbers("matrix", matrix, "T, D")
    when = np.asarray(times)
    _check_length("times", when, len(gates))
    # units by their mean, the smallest first
    filled = np.where(np.isfinite(gates), gates, 0.0)
    means, firsts = block_means(gates[:, filled.mean(axis=0).argsort(kind="stable")], n_columns)
    heat = HeatMap(when[firsts], means.T, *_heat_range(gates), shorten(label_of))
    across = replace(time_axis(when, t("chart.time")), group="time", has_grid=False)
    panels = [Panel((heat,), x=across, y=Axis(t("chart.sorted_units"), ticks=(), has_grid=False))]
    headline = title or t("chart.of_units", name=label_of, n=gates.shape[1])
    if values is None:
        return Chart(tuple(panels), headline, size=(11.0, 4.4))
    line = numbers("values", values, "T")
    _check_length("values", line, len(gates))
    keep = thin(line)
    series = Line(when[keep], line[keep], "text", width=0.9)
    above = replace(across, label="", is_named=False, has_grid=True)
    panels = [Panel((series,), x=above, y=Axis(shorten(value_name))), replace(panels[0], row=1)]
    return Chart(tuple(panels), headline, size=(11.0, 5.8), heights=(0.4, 1.0))


def half_lives(
    lives: ArrayLike, unit: str = "steps", *, marks: Sequence[float] = (), title: str | None = None, lang: str = "en"
) -> Figure:
    """Draw how many units forget half of what they hold within which time.

    Args:
        lives: `(D,)` half-life of each unit; infinite for units that never forget.
        unit: What they are counted in, e.g. "hours".
        marks: Times to compare with, e.g. the seasons and the horizon.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        DataError: A half-life is not positive, or there is none.

    Examples:
        >>> figure = half_lives([0.5, 3, 3.5, 40, float("inf")], "hours", marks=[24])
        >>> figure.axes[0].get_title(loc="left")
        'Median 3.5 hours; 1 of 5 units never forgets'
    """
    return draw(lives_chart(lives, unit, marks, title, Texts(lang)))


def lives_chart(lives: ArrayLike, unit: str, marks: Sequence[float], title: str | None, t: Texts) -> Chart:
    """Count half-lives in bins that are equally wide in logarithms."""
    found = numbers("lives", lives, "D", finite=False)
    known = found[~np.isnan(found)]
    if (known <= 0).any():
        raise DataError(
            f"`lives` must be positive, got {known.min():.3g}. Pass the steps after which half is forgotten, and "
            "infinity for never."
        )
    finite = known[np.isfinite(known)]
    edges = np.geomspace(*_decades(np.append(finite, [mark for mark in marks if mark > 0])), N_BINS + 1)
    counts, _ = np.histogram(finite, edges)
    hover = tuple(f"{low:.3g} … {high:.3g}: {n}" for (low, high), n in zip(pairwise(edges), counts, strict=True))
    bars = Bars((edges[1:] + edges[:-1]) / 2, counts, "model", np.diff(edges), is_edged=True, hover=hover)
    drawn: list[Mark] = [bars]
    for mark in marks:
        drawn.append(Rule("x", mark, "contrast", width=1.2, dash="dashed"))
        place: Look = {"align": ("center", "bottom"), "frames": ("data", "panel"), "offset": (0, 3)}
        drawn.append(Text(mark, 1, f"{mark:g}", "contrast", size=9.0, **place))
    x = Axis(t("chart.half_life", unit=shorten(unit)), "log")
    panel = Panel(tuple(drawn), _spoken(known, unit, t), x, Axis(t("chart.units"), "whole"))
    return Chart((panel,), title or t("chart.half_lives"), size=(8.5, 4.4))


def lag_importance(
    matrix: ArrayLike,
    lags: Sequence[object] | None = None,
    *,
    steps: Sequence[object] | None = None,
    title: str | None = None,
    lang: str = "en",
) -> Figure:
    """Draw how much each lag matters for each step of the horizon, and on the whole.

    Args:
        matrix: `(H, L)`, at least 0, e.g. mean absolute gradients; one row for each step ahead.
        lags: L names; 1 to L when absent, 1 being the newest value.
        steps: H names; 1 to H when absent.
        title: Headline.
        lang: Language of the texts: "en" or "zh".

    Raises:
        DataError: Shapes do not fit together.

    Examples:
        >>> figure = lag_importance([[3.0, 1.0], [2.0, 2.0]], ["t", "t-24"])
        >>> [round(float(bar.get_height()), 3) for bar in figure.axes[0].patches]
        [0.625, 0.375]
    """
    weights = numbers("matrix", matrix, "H, L")
    n_steps, n_lags = weights.shape
    across = range(1, n_lags + 1) if lags is None else lags
    ahead = range(1, n_steps + 1) if steps is None else steps
    _check_length("lags", across, n_lags)
    _check_length("steps", ahead, n_steps)
    t = Texts(lang)
    total = np.nansum(np.abs(weights), axis=0)
    share = total / total.sum() if total.sum() > 0 else total
    chart = lags_chart(share, across, title, t)
    if n_steps == 1:
        return draw(chart)
    size = np.abs(weights)
    heat = HeatMap(None, size, 0.0, float(np.nanmax(size)), t("chart.importance"))
    (bars,) = chart.panels
    y = _sparse(Axis(t("chart.step_ahead"), low=n_steps - 0.5, high=-0.5, has_grid=False), ahead, MOST_STEPS)
    below = Panel((heat,), t("chart.each_step"), replace(bars.x, has_grid=False), y, row=1)
    above = replace(bars, x=replace(bars.x, label="", is_named=False))
    return draw(replace(chart, panels=(above, below), heights=(0.5, 1.0), size=(10.0, 5.4)))


def lags_chart(share: Floats, lags: Sequence[object], title: str | None, t: Texts, mark: float | None = None) -> Chart:
    """Show shares of lags, and a line behind place `mark` of them."""
    n = len(share)
    hover = tuple(f"{lag}: {part:.1%}" for lag, part in zip(lags, share, strict=True))
    bars: list[Mark] = [Bars(np.arange(n), share, "model", 0.85 if n <= MOST_BARS else 1.0, hover=hover)]
    if mark is not None:
        bars.append(Rule("x", mark, "contrast", width=1.5, dash="dashed"))
    x = replace(_sparse(Axis(t("chart.lag")), lags, MOST_LAGS), group="lags")
    panel = Panel(tuple(bars), t("chart.all_steps"), x, Axis(t("chart.share"), is_share=True))
    return Chart((panel,), title or t("chart.lags"), size=(10.0, 3.4))


def _heat_range(matrix: Floats) -> tuple[float, float]:
    """Return the values of the first and the last color: 0 to 1 for gates, else the same on both sides of zero."""
    low, high = np.nanmin(matrix), np.nanmax(matrix)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    ends = np.nanquantile(matrix, EXTREMES) if matrix.size > 1000 else np.array([low, high])
    bound = float(np.abs(ends).max()) or 1.0
    return -bound, bound


def _check_length(name: str, values: Sized, n: int) -> None:
    if len(values) != n:
        raise DataError(
            f"`{name}` has {len(values)} entries, and {n} were expected, as many as `matrix` has. Pass one for each."
        )


def _sparse(axis: Axis, names: Sequence[object], most: int) -> Axis:
    """Name some of many places, evenly: names must not lie on each other."""
    longest = min(max(len(str(name)) for name in names), LONGEST)
    if most == MOST_LAGS:
        most = min(most, max(LETTERS // (longest + 2), 2))
    every = next((size for size in STRIDES if len(names) <= most * size), -(-len(names) // most))
    is_counted = all(isinstance(name, int) for name in names)
    # numbers are named where they are multiples, as 24 and 48 say more than 23 and 47
    places = [n for n, name in enumerate(names) if n == 0 or (is_counted and name % every == 0)]  # type: ignore[operator]
    if not is_counted or len(places) < 2:
        places = list(range(0, len(names), every))
    if len(places) > 2 and places[1] - places[0] < every / 2:
        del places[0]
    return replace(axis, ticks=places, names=tuple(distinct([names[place] for place in places], LONGEST)))


def _decades(values: Floats) -> tuple[float, float]:
    """Return limits around values, at least a factor of ten apart."""
    if not len(values):
        return 1.0, 10.0
    low, high = float(values.min()) / 1.15, float(values.max()) * 1.15
    middle = np.sqrt(low * high)
    return min(low, middle / np.sqrt(10)), max(high, middle * np.sqrt(10))


def _spoken(known: Floats, unit: str, t: Texts) -> str:
    never, median = int(np.isinf(known).sum()), float(np.median(known))
    said = t("chart.median", median=median, unit=shorten(unit)) if np.isfinite(median) else t("chart.mostly_endless")
    if not never:
        return t("chart.median_of", said=said, units=len(known))
    return said + t("chart.endless", n=never, units=len(known))
