"""Which models differ, and which may have been lucky? Ranks over many series, or tests of pairs on few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import board_of
from gatecast.charts.names import distinct, label
from gatecast.charts.style import COLORS, check_matplotlib, dress, finish, name_ticks, new_figure
from gatecast.comparison.ranks import Ranks
from gatecast.exceptions import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["significance"]

# p-values that are told apart, and how dark they are
STEPS = ((0.01, 0.75), (0.05, 0.45), (0.1, 0.18))


def significance(comparison: Comparison | Leaderboard, *, title: str | None = None) -> Figure:
    """Draw which models differ: a critical-difference diagram for many series, a matrix of p-values for few.

    The diagram (Demsar 2006) needs 10 series and 3 models: mean ranks on a line, and a bar over models that do not
    differ by Nemenyi's test. Else p-values of the Diebold-Mariano tests of all pairs are shown, by Holm's method for
    their number.

    Args:
        comparison: From `compare`, or its `board`.
        title: Headline.

    Raises:
        ConfigError: `comparison` is something else.
        DataError: Fewer than two models are ranked.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast.comparison import compare
        >>> y = np.sin(np.arange(90) * 0.5) + np.random.default_rng(0).normal(0, 0.1, 90)
        >>> found = compare(y, 3, ["Naive", "LinearAR", "SeasonalNaive"], progress=False)
        >>> significance(found).get_suptitle()
        'Diebold-Mariano tests of all pairs'
    """
    check_matplotlib()
    board = board_of(comparison)
    if not len(board.pairs):
        raise DataError(
            f"The comparison ranks fewer than two of {len(board.table)} models, and two were expected. "
            "Add a model that has forecasts of all windows."
        )
    if board.ranks.mean:
        return _ranks_figure(board.ranks, title)
    return _matrix_figure(board, title)


def _ranks_figure(ranks: Ranks, title: str | None) -> Figure:
    ordered = sorted(ranks.mean, key=lambda name: ranks.mean[name])
    bars = groups(ranks, ordered)
    n_rows = -(-len(ordered) // 2)
    figure = new_figure(10.0, 1.9 + 0.3 * n_rows + 0.16 * len(bars))
    axes = figure.add_subplot()
    _draw_scale(axes, ranks)
    for level, (first, last) in enumerate(bars):
        y = -0.35 - 0.32 * level
        axes.plot([first - 0.03, last + 0.03], [y, y], color=COLORS["text"], linewidth=4.5, solid_capstyle="butt")
    _draw_models(axes, ranks, ordered, -0.35 - 0.32 * len(bars))
    note = (
        f"Mean ranks within {ranks.n_series} series; a bar joins models whose ranks differ by less than the critical "
        f"difference of {ranks.critical_difference:.2f} (Nemenyi, alpha 0.05). Friedman's test that all are alike: "
        f"{_said(ranks.p_value)}. Series are taken to be independent of each other."
    )
    return finish(figure, title or "Mean ranks and the critical difference (left is better)", note)


def groups(ranks: Ranks, ordered: list[str]) -> list[tuple[float, float]]:
    """Return the first and last mean rank of each largest group of two and more models that do not differ."""
    found: list[tuple[int, int]] = []
    for first in range(len(ordered)):
        alike = [k for k in range(first, len(ordered)) if not ranks.differ(ordered[first], ordered[k])]
        last = alike[-1]
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(ranks.mean[ordered[first]], ranks.mean[ordered[last]]) for first, last in found]


def _draw_scale(axes: Axes, ranks: Ranks) -> None:
    k = len(ranks.mean)
    axes.set_axis_off()
    axes.plot([1, k], [0, 0], color=COLORS["text"], linewidth=1.2)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, 0.14], color=COLORS["text"], linewidth=1.2)
        axes.text(rank, 0.24, str(rank), ha="center", va="bottom", fontsize=9.5)
    end = min(1 + ranks.critical_difference, float(k))
    axes.plot([1, end], [1.15, 1.15], color=COLORS["test"], linewidth=2, marker="|", markersize=9)
    axes.text(end + 0.06, 1.15, "critical difference", va="center", fontsize=9.5, color=COLORS["test"])


def _draw_models(axes: Axes, ranks: Ranks, ordered: list[str], top: float) -> None:
    """Write the better half on the left and the other on the right, each joined to its rank on the scale."""
    k = len(ordered)
    n_left = -(-k // 2)
    texts = [label(name) for name in distinct(ordered, 24)]
    for n, (name, text) in enumerate(zip(ordered, texts, strict=True)):
        is_left = n < n_left
        row = n if is_left else k - 1 - n
        x, y = (0.6, top - 0.35 - 0.55 * row) if is_left else (k + 0.4, top - 0.35 - 0.55 * row)
        rank = ranks.mean[name]
        axes.plot([rank, rank, x], [0, y, y], color="#8a8a8a", linewidth=1)
        axes.plot([rank], [0], "o", color=COLORS["train"], markersize=6, zorder=3)
        said = f"{text}  {rank:.2f}" if is_left else f"{rank:.2f}  {text}"
        axes.text(
            x + (-0.08 if is_left else 0.08), y, said, ha="right" if is_left else "left", va="center", fontsize=10
        )
    # room for the names, which stand outside of the scale
    axes.set_xlim(0.6 - 0.35 * k, k + 0.4 + 0.35 * k)
    axes.set_ylim(top - 0.55 * n_left - 0.1, 1.5)


def _matrix_figure(board: Leaderboard, title: str | None) -> Figure:
    names = [str(name) for name in board.table.loc[board.table["is_ranked"], "model"]]
    k = len(names)
    p_values, is_better = _matrix(board, names)
    figure = new_figure(max(2.6 + 0.85 * k, 6.0), 2.2 + 0.5 * k)
    axes = figure.add_subplot()
    axes.imshow(_colors(p_values, is_better), aspect="auto", interpolation="nearest")
    for row, column in np.ndindex(k, k):
        if row != column:
            text = _short(p_values[row, column])
            axes.text(column, row, text, ha="center", va="center", fontsize=9, color=COLORS["text"])
    texts = [label(name) for name in distinct(names, 18)]
    name_ticks(axes.xaxis, range(k), texts)
    name_ticks(axes.yaxis, range(k), texts)
    dress(axes, "p-value of the row against the column", "", "")
    axes.grid(visible=False)
    axes.tick_params(axis="x", labelrotation=30 if k > 3 else 0)
    for tick in axes.get_xticklabels() if k > 3 else ():
        tick.set(ha="right", rotation_mode="anchor")
    note = (
        "Blue: the row's model has smaller errors; orange: larger; the darker, the surer (p below 0.1, 0.05, 0.01). "
        "White: no difference is proven, which does not mean that there is none. Holm's correction for all pairs."
    )
    return finish(figure, title or "Diebold-Mariano tests of all pairs", note)


def _matrix(board: Leaderboard, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values and whether the row is better, `(k, k)` both; NaN where there is no test."""
    place = {name: n for n, name in enumerate(names)}
    p_values, is_better = np.full((len(names),) * 2, np.nan), np.zeros((len(names),) * 2, bool)
    for pair in board.pairs.to_dict("records"):
        first, second = place[str(pair["model"])], place[str(pair["other"])]
        p_values[first, second] = p_values[second, first] = pair["p_holm"]
        is_better[first, second], is_better[second, first] = pair["difference"] < 0, pair["difference"] > 0
    return p_values, is_better


def _colors(p_values: np.ndarray, is_better: np.ndarray) -> np.ndarray:
    from matplotlib.colors import to_rgb

    strength = np.zeros(p_values.shape)
    for limit, dark in reversed(STEPS):
        strength[p_values < limit] = dark
    tint = np.where(is_better[..., None], np.array(to_rgb("#56B4E9")), np.array(to_rgb("#E69F00")))
    mixed = 1 - strength[..., None] * (1 - tint)
    mixed[np.eye(len(p_values), dtype=bool)] = 0.9
    return np.asarray(mixed)


def _short(p_value: Any) -> str:
    if not np.isfinite(p_value):
        return "–"
    return "<.001" if p_value < 0.001 else f"{p_value:.2f}" if p_value >= 0.01 else f"{p_value:.3f}"


def _said(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}" if np.isfinite(p_value) else "undefined"
