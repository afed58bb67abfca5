"""What is left of a forecast's errors: do they hang together, and how are they distributed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import numbers
from gatecast.charts.draw import format_times
from gatecast.charts.names import label
from gatecast.charts.style import COLORS, dress, finish, new_figure
from gatecast.charts.thinning import thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["residuals"]

LEAST = 8
MOST_LAGS = 60
# a normal distribution's middle 95 % is that many standard errors wide on each side
NORMAL_95 = 1.96


def residuals(
    errors: Any,
    times: Any = None,
    *,
    season_length: int = 1,
    unit: str = "",
    title: str = "Residuals: what came minus what was forecast",
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
    figure = new_figure(11.0, 7.0)
    (over_time, histogram), (correlation, quantiles) = figure.subplots(2, 2)
    name = f"error ({label(unit)})" if unit else "error"
    _over_time(over_time, when, values, name)
    _histogram(histogram, known, name)
    _correlation(correlation, values, season_length)
    _quantiles(quantiles, known, name)
    return finish(figure, title)


def autocorrelation(values: Floats, n_lags: int) -> Floats:
    """Return the autocorrelations of lags 1 to `n_lags`; a missing number takes part in none.

    Examples:
        >>> autocorrelation(np.array([1.0, -1.0, 1.0, -1.0]), 2).tolist()
        [-0.75, 0.5]
    """
    centred = np.nan_to_num(values - np.nanmean(values))
    total = float(centred @ centred)
    if total == 0:
        return np.zeros(n_lags)
    return np.array([centred[lag:] @ centred[:-lag] for lag in range(1, n_lags + 1)]) / total


def _over_time(axes: Axes, times: np.ndarray, values: Floats, name: str) -> None:
    keep = thin(values)
    axes.axhline(0, color=COLORS["text"], linewidth=0.8)
    axes.plot(times[keep], values[keep], color=COLORS["train"], linewidth=0.8, marker="o", markersize=2)
    dress(axes, "Over time", "time", name)
    format_times(axes, times, ticks=6)


def _histogram(axes: Axes, known: Floats, name: str) -> None:
    axes.hist(known, bins=_n_bins(known), density=True, color="#9ecae1", edgecolor="white", linewidth=0.5)
    mean, spread = known.mean(), known.std()
    if spread > 0:
        grid = np.linspace(mean - 4 * spread, mean + 4 * spread, 201)
        density = np.exp(-0.5 * ((grid - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        axes.plot(grid, density, color=COLORS["text"], linewidth=1.4)
    axes.axvline(0, color=COLORS["text"], linewidth=0.8)
    text = f"mean {mean:.3g}\nstd. dev. {spread:.3g}"
    axes.text(0.98, 0.96, text, transform=axes.transAxes, ha="right", va="top", fontsize=9, color=COLORS["text"])
    dress(axes, "Distribution (line: normal)", name, "density")


def _n_bins(known: Floats) -> int:
    """Count the bins of Freedman and Diaconis (1981), within reason: one far value must not make a million."""
    low, high = np.quantile(known, [0.25, 0.75])
    width = 2 * (high - low) / len(known) ** (1 / 3)
    extent = float(np.ptp(known))
    return int(np.clip(extent / width, 5, 60)) if width > 0 and extent > 0 else 5


def _correlation(axes: Axes, values: Floats, season_length: int) -> None:
    n = int(np.isfinite(values).sum())
    wanted = max(24, 2 * season_length + season_length // 2)
    n_lags = min(wanted, max(MOST_LAGS, season_length + 2), n // 2)
    lags = np.arange(1, n_lags + 1)
    for season in range(season_length, n_lags + 1, season_length) if season_length > 1 else ():
        axes.axvline(season, color=COLORS["window"], linewidth=5, alpha=0.6, zorder=0)
    bound = NORMAL_95 / np.sqrt(n)
    axes.axhspan(-bound, bound, color="#e8e8e8", zorder=0.5, linewidth=0)
    found = autocorrelation(values, n_lags)
    axes.vlines(lags, 0, found, color=COLORS["train"], linewidth=1.8)
    axes.plot(lags, found, "o", color=COLORS["train"], markersize=3.5)
    axes.axhline(0, color=COLORS["text"], linewidth=0.8)
    said = f", yellow: {season_length} and its multiples" if 1 < season_length <= n_lags else ""
    dress(axes, f"Autocorrelation (band: white noise{said})", "lag (steps)", "correlation")
    limit = max(0.3, 1.15 * float(np.abs(found).max()))
    axes.set_ylim(-limit, limit)


def _quantiles(axes: Axes, known: Floats, name: str) -> None:
    from scipy.stats import norm

    ordered = np.sort(known)
    # plotting positions of Blom (1958)
    expected = norm.ppf((np.arange(1, len(ordered) + 1) - 0.375) / (len(ordered) + 0.25))
    keep = thin(ordered)
    ends = np.array([expected[0], expected[-1]])
    axes.plot(ends, known.mean() + known.std() * ends, color=COLORS["text"], linewidth=1.2)
    axes.plot(expected[keep], ordered[keep], "o", color=COLORS["train"], markersize=3, alpha=0.7)
    dress(axes, "Quantiles beside normal ones", "normal quantile", name)
