"""What goes on inside a network? Gates over the series, how long units remember, and which lags matter.

All functions take plain arrays, so that whatever measures them can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import numbers
from gatecast.charts.draw import format_times
from gatecast.charts.names import distinct, label
from gatecast.charts.style import COLORS, check_matplotlib, dress, finish, name_ticks, new_figure, whole_numbers
from gatecast.charts.thinning import block_means, thin
from gatecast.data.panel.arrays import Floats
from gatecast.exceptions import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["gates_heatmap", "half_lives", "heat_range", "lag_importance", "place_of"]

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


def gates_heatmap(
    times: Any,
    matrix: Any,
    label_of: str,
    *,
    values: Any = None,
    value_name: str = "value",
    title: str | None = None,
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

    Raises:
        DataError: Shapes do not fit together.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> gates = np.random.default_rng(0).uniform(size=(48, 6))
        >>> figure = gates_heatmap(np.arange(48), gates, "forget gate", values=np.sin(np.arange(48)))
        >>> figure.get_suptitle()
        'forget gate of 6 units'
    """
    check_matplotlib()
    gates = numbers("matrix", matrix, "T, D")
    when = _as_long("times", np.asarray(times), len(gates))
    line = None if values is None else _as_long("values", numbers("values", values, "T"), len(gates))
    figure = new_figure(11.0, 4.4 if line is None else 5.8)
    if line is None:
        axes = figure.add_subplot()
    else:
        above, axes = figure.subplots(2, 1, sharex=True, height_ratios=[0.4, 1.0])
        keep = thin(line)
        above.plot(when[keep], line[keep], color=COLORS["text"], linewidth=0.9)
        dress(above, "", "", label(value_name))
        above.tick_params(labelbottom=False)
    _draw_heat(figure, axes, when, gates, label(label_of))
    return finish(figure, title or f"{label_of} of {gates.shape[1]} units")


def half_lives(
    lives: Any,
    unit: str = "steps",
    *,
    marks: Sequence[float] = (),
    title: str = "How long units remember",
) -> Figure:
    """Draw how many units forget half of what they hold within which time.

    Args:
        lives: `(D,)` half-life of each unit; infinite for units that never forget.
        unit: What they are counted in, e.g. "hours".
        marks: Times to compare with, e.g. the seasons and the horizon.
        title: Headline.

    Raises:
        DataError: A half-life is not positive, or there is none.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> figure = half_lives([0.5, 3, 3.5, 40, float("inf")], "hours", marks=[24])
        >>> figure.axes[0].get_title(loc="left")
        'Median 3.5 hours; 1 of 5 units never forgets'
    """
    check_matplotlib()
    found = numbers("lives", lives, "D", finite=False)
    known = found[~np.isnan(found)]
    if (known <= 0).any():
        raise DataError(
            f"`lives` must be positive, got {known.min():.3g}. Pass the steps after which half is forgotten, and "
            "infinity for never."
        )
    finite = known[np.isfinite(known)]
    figure = new_figure(8.5, 4.4)
    axes = figure.add_subplot()
    axes.set_xscale("log")
    low, high = _decades(np.append(finite, [mark for mark in marks if mark > 0]))
    axes.hist(finite, bins=np.geomspace(low, high, N_BINS + 1).tolist(), color=COLORS["train"], edgecolor="white")
    for mark in marks:
        axes.axvline(mark, color=COLORS["test"], linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            f"{mark:g}",
            (mark, 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=COLORS["test"],
        )
    dress(axes, _spoken(known, unit), f"half-life ({label(unit)})", "units")
    axes.title.set_fontsize(10.5)
    _plain_logs(axes)
    whole_numbers(axes.yaxis)
    return finish(figure, title)


def lag_importance(
    matrix: Any,
    lags: Sequence[object] | None = None,
    *,
    steps: Sequence[object] | None = None,
    title: str = "Which past values a forecast rests on",
) -> Figure:
    """Draw how much each lag matters for each step of the horizon, and on the whole.

    Args:
        matrix: `(H, L)`, at least 0, e.g. mean absolute gradients; one row for each step ahead.
        lags: L names; 1 to L when absent, 1 being the newest value.
        steps: H names; 1 to H when absent.
        title: Headline.

    Raises:
        DataError: Shapes do not fit together.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> figure = lag_importance([[3.0, 1.0], [2.0, 2.0]], ["t", "t-24"])
        >>> [round(float(bar.get_height()), 3) for bar in figure.axes[0].patches]
        [0.625, 0.375]
    """
    check_matplotlib()
    weights = numbers("matrix", matrix, "H, L")
    n_steps, n_lags = weights.shape
    across = _as_long("lags", list(range(1, n_lags + 1) if lags is None else lags), n_lags)
    ahead = _as_long("steps", list(range(1, n_steps + 1) if steps is None else steps), n_steps)
    figure = new_figure(10.0, 3.4 if n_steps == 1 else 5.4)
    has_rows = n_steps > 1
    rows: Any = figure.subplots(1 + has_rows, 1, sharex=True, squeeze=False, height_ratios=[0.5, 1.0][: 1 + has_rows])
    total = np.nansum(np.abs(weights), axis=0)
    share = total / total.sum() if total.sum() > 0 else total
    bars = rows[0, 0]
    bars.bar(np.arange(n_lags), share, width=0.85 if n_lags <= MOST_BARS else 1.0, color=COLORS["train"])
    dress(bars, "Over all steps", "" if has_rows else "lag", "share")
    if has_rows:
        _draw_lags(figure, rows[1, 0], weights, ahead)
    _sparse_ticks(rows[-1, 0].xaxis, across, 16)
    bars.tick_params(labelbottom=not has_rows)
    return finish(figure, title)


def heat_range(matrix: Floats) -> tuple[float, float]:
    """Return the values of the first and the last color: 0 to 1 for gates, else the same on both sides of zero.

    Examples:
        >>> heat_range(np.array([[0.2, 0.9]])), heat_range(np.array([[-3.0, 1.0]]))
        ((0.0, 1.0), (-3.0, 3.0))
    """
    low, high = np.nanmin(matrix), np.nanmax(matrix)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    ends = np.nanquantile(matrix, EXTREMES) if matrix.size > 1000 else np.array([low, high])
    bound = float(np.abs(ends).max()) or 1.0
    return -bound, bound


def place_of(matrix: Floats) -> np.ndarray:
    """Return the order in which units are drawn: by their mean, the smallest first."""
    filled = np.where(np.isfinite(matrix), matrix, 0.0)
    return np.argsort(filled.mean(axis=0), kind="stable")


def _as_long(name: str, values: Any, n: int) -> Any:
    if len(values) != n:
        raise DataError(
            f"`{name}` has {len(values)} entries, and {n} were expected, as many as `matrix` has. Pass one for each."
        )
    return values


def _draw_heat(figure: Figure, axes: Axes, times: np.ndarray, gates: Floats, name: str) -> None:
    low, high = heat_range(gates)
    means, firsts = block_means(gates[:, place_of(gates)], COLUMNS)
    at = times[firsts]
    step = at[-1] - at[-2] if len(at) > 1 else (np.timedelta64(1, "D") if times.dtype.kind == "M" else 1)
    edges = np.append(at, at[-1] + step)
    # orange and purple are told apart with any kind of color vision, as are the colors of cividis
    colors = "cividis" if low >= 0 else "PuOr"
    mesh = axes.pcolormesh(
        edges, np.arange(gates.shape[1] + 1), means.T, cmap=colors, vmin=low, vmax=high, rasterized=True
    )
    bar = figure.colorbar(mesh, ax=axes, pad=0.01, aspect=25)
    bar.set_label(name, fontsize=9.5)
    bar.ax.tick_params(labelsize=9)
    dress(axes, "", "time", "units, sorted by their mean")
    axes.grid(visible=False)
    format_times(axes, times, ticks=8)
    axes.set_yticks([])


def _draw_lags(figure: Figure, axes: Axes, weights: Floats, steps: list[object]) -> None:
    size = np.abs(weights)
    mesh = axes.imshow(size, aspect="auto", cmap="cividis", interpolation="nearest", vmin=0, rasterized=True)
    bar = figure.colorbar(mesh, ax=axes, pad=0.01, aspect=25)
    bar.set_label("importance", fontsize=9.5)
    bar.ax.tick_params(labelsize=9)
    dress(axes, "For each step", "lag", "step ahead")
    axes.grid(visible=False)
    _sparse_ticks(axes.yaxis, steps, 8)


def _sparse_ticks(axis: Any, names: list[object], most: int) -> None:
    """Name some of many places, evenly: names must not lie on each other."""
    longest = min(max(len(str(name)) for name in names), LONGEST)
    if axis.axis_name == "x":
        most = min(most, max(LETTERS // (longest + 2), 2))
    every = next((size for size in STRIDES if len(names) <= most * size), -(-len(names) // most))
    is_counted = all(isinstance(name, int) for name in names)
    # numbers are named where they are multiples, as 24 and 48 say more than 23 and 47
    places = [n for n, name in enumerate(names) if n == 0 or (is_counted and name % every == 0)]  # type: ignore[operator]
    if not is_counted or len(places) < 2:
        places = list(range(0, len(names), every))
    if len(places) > 2 and places[1] - places[0] < every / 2:
        del places[0]
    texts = distinct([names[place] for place in places], LONGEST)
    name_ticks(axis, places, [label(text) for text in texts])


def _decades(values: Floats) -> tuple[float, float]:
    """Return limits around values, at least a factor of ten apart."""
    if not len(values):
        return 1.0, 10.0
    low, high = float(values.min()) / 1.15, float(values.max()) * 1.15
    middle = np.sqrt(low * high)
    return min(low, middle / np.sqrt(10)), max(high, middle * np.sqrt(10))


def _spoken(known: Floats, unit: str) -> str:
    never = int(np.isinf(known).sum())
    median = float(np.median(known))
    said = f"Median {median:.3g} {label(unit)}" if np.isfinite(median) else "Most units never forget"
    if not never:
        return f"{said}, {len(known)} units"
    return f"{said}; {never} of {len(known)} units never {'forgets' if never == 1 else 'forget'}"


def _plain_logs(axes: Axes) -> None:
    """Write 0.1, 1, 10 instead of powers."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.xaxis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0), numticks=12))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
