"""What is left of a forecast's errors: do they hang together, and how are they distributed?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import numbers
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import shorten
from gatecast.charts.spec import Area, Axis, Bars, Chart, Line, Look, Mark, Panel, Rule, Stems, Text, time_axis
from gatecast.charts.thinning import thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

__all__ = ["residuals", "residuals_chart"]

LEAST = 8
MOST_LAGS = 60
# a normal distribution's middle 95 % is that many standard errors wide on each side
NORMAL_95 = 1.96


def residuals(
    errors: ArrayLike,
    times: ArrayLike | None = None,
    *,
    season_length: int = 1,
    unit: str = "",
    title: str | None = None,
) -> Figure:
    """Draw errors over time, their histogram, their autocorrelation, and their quantiles beside normal ones.

    The band of the autocorrelation is where 95 % of the lags of white noise lie.

    Args:
        errors: `(N,)` in the order of time, NaN where there is none; one step ahead and of one series.
        times: `(N,)` datetime64 or numbers; counted when absent.
        season_length: Lags that are marked in the autocorrelation; 1 for none.
        unit: What errors are measured in.
        title: Headline.

    Raises:
        DataError: There are fewer than 8 errors, or not as many times.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> from gatecast.charts import residuals
        >>> figure = residuals(np.random.default_rng(0).normal(size=200), season_length=12)
        >>> [axes.get_title(loc="left").split(" (")[0] for axes in figure.axes]
        ['Over time', 'Distribution', 'Autocorrelation', 'Quantiles beside normal ones']
    """
    return draw(residuals_chart(errors, times, season_length, unit, title, Texts("en")))


def residuals_chart(
    errors: ArrayLike, times: ArrayLike | None, season_length: int, unit: str, title: str | None, t: Texts
) -> Chart:
    """Show errors in four panels, as `residuals`."""
    values = numbers("errors", errors, "N")
    known = values[np.isfinite(values)]
    if len(known) < LEAST:
        raise DataError(f"`errors` holds {len(known)} numbers, and at least {LEAST} were expected. Pass more of them.")
    when = np.arange(len(values)) if times is None else np.asarray(times)
    if len(when) != len(values):
        raise DataError(
            f"`times` has {len(when)} entries for {len(values)} errors, and as many were expected. "
            "Pass the time of each error."
        )
    name = t("chart.error_in", unit=shorten(unit)) if unit else t("chart.error")
    panels = (
        _over_time(when, values, name, t),
        replace(_histogram(known, name, t), column=1),
        replace(_correlation(values, season_length, t), row=1),
        replace(_quantiles(known, name, t), row=1, column=1),
    )
    return Chart(panels, title or t("chart.residuals"), size=(11.0, 7.0), heights=(1.0, 1.0), widths=(1.0, 1.0))


def autocorrelation(values: Floats, n_lags: int) -> Floats:
    """Return the autocorrelations of lags 1 to `n_lags`; a missing number takes part in none."""
    centred = np.nan_to_num(values - np.nanmean(values))
    total = float(centred @ centred)
    if total == 0:
        return np.zeros(n_lags)
    return np.array([centred[lag:] @ centred[:-lag] for lag in range(1, n_lags + 1)]) / total


def _over_time(times: np.ndarray, values: Floats, name: str, t: Texts) -> Panel:
    keep = thin(values)
    points = Line(times[keep], values[keep], "model", width=0.8, marker="circle", size=2.0)
    zero = Rule("y", 0, width=0.8)
    return Panel((zero, points), t("chart.over_time"), time_axis(times, t("chart.time"), 6), Axis(name))


def _histogram(known: Floats, name: str, t: Texts) -> Panel:
    counts, edges = np.histogram(known, _n_bins(known), density=True)
    hover = tuple(f"{low:.4g} … {high:.4g}: {n:.4g}" for low, high, n in zip(edges, edges[1:], counts, strict=False))
    look: Look = {"strength": 0.45, "is_edged": True, "hover": hover}
    marks: list[Mark] = [Bars((edges[1:] + edges[:-1]) / 2, counts, "model", np.diff(edges), **look)]
    mean, spread = float(known.mean()), float(known.std())
    if spread > 0:
        grid = np.linspace(mean - 4 * spread, mean + 4 * spread, 201)
        density = np.exp(-0.5 * ((grid - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        marks.append(Line(grid, density, "text", width=1.4))
    said = t("chart.moments", mean=mean, spread=spread)
    marks += [Rule("x", 0, width=0.8), Text(0.98, 0.96, said, "text", ("right", "top"), ("panel", "panel"), size=9.0)]
    return Panel(tuple(marks), t("chart.distribution"), Axis(name), Axis(t("chart.density")))


def _n_bins(known: Floats) -> int:
    """Count the bins of Freedman and Diaconis (1981), within reason: one far value must not make a million."""
    low, high = np.quantile(known, [0.25, 0.75])
    width = 2 * (high - low) / len(known) ** (1 / 3)
    extent = float(np.ptp(known))
    return int(np.clip(extent / width, 5, 60)) if width > 0 and extent > 0 else 5


def _correlation(values: Floats, season_length: int, t: Texts) -> Panel:
    n = int(np.isfinite(values).sum())
    wanted = max(24, 2 * season_length + season_length // 2)
    n_lags = min(wanted, max(MOST_LAGS, season_length + 2), n // 2)
    seasons = range(season_length, n_lags + 1, season_length) if season_length > 1 else ()
    bound, lags, found = NORMAL_95 / np.sqrt(n), np.arange(1, n_lags + 1), autocorrelation(values, n_lags)
    marks: tuple[Mark, ...] = (
        *(Area("x", season - 0.25, season + 0.25, "window", 0.6) for season in seasons),
        Area("y", -bound, bound, "noise", 0.2),
        Stems(lags, np.zeros(n_lags), found, "model", width=1.8),
        Line(lags, found, "model", width=0.0, marker="circle", size=3.5),
        Rule("y", 0, width=0.8),
    )
    is_marked = 1 < season_length <= n_lags
    said = t("chart.autocorrelation_season", season=season_length) if is_marked else t("chart.autocorrelation")
    limit = max(0.3, 1.15 * float(np.abs(found).max()))
    return Panel(marks, said, Axis(t("chart.lag_steps")), Axis(t("chart.correlation"), low=-limit, high=limit))


def _quantiles(known: Floats, name: str, t: Texts) -> Panel:
    from scipy.stats import norm

    ordered = np.sort(known)
    # plotting positions of Blom (1958)
    expected = norm.ppf((np.arange(1, len(ordered) + 1) - 0.375) / (len(ordered) + 0.25))
    keep = thin(ordered)
    ends = np.array([expected[0], expected[-1]])
    marks = (
        Line(ends, known.mean() + known.std() * ends, "text", width=1.2),
        Line(expected[keep], ordered[keep], "model", width=0.0, marker="circle", size=3.0),
    )
    return Panel(marks, t("chart.quantiles"), Axis(t("chart.normal_quantile")), Axis(name))
