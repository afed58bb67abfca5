"""Which models differ, and which may have been lucky? Ranks over many series, or tests of pairs on few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatecast.charts.checks import board_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.spec import Axis, Chart, Line, Look, Mark, Panel, Role, Text, Tiles
from gatecast.comparison.significance import Ranks
from gatecast.exceptions import DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["significance", "significance_chart"]

# p-values that are told apart, and how dark they are
STEPS = ((0.01, 0.75), (0.05, 0.45), (0.1, 0.18))
DIAGONAL = 0.1
# up to so many names stand below a matrix without being turned
FEW = 3


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
    return draw(significance_chart(board_of(comparison), title, Texts("en")))


def significance_chart(board: Leaderboard, title: str | None, t: Texts) -> Chart:
    """Show ranks where there are any, else tests of all pairs."""
    if not len(board.pairs):
        raise DataError(
            f"The comparison ranks fewer than two of {len(board.table)} models, and two were expected. "
            "Add a model that has forecasts of all windows."
        )
    return _ranks_chart(board.ranks, title, t) if board.ranks.mean else _matrix_chart(board, title, t)


def _ranks_chart(ranks: Ranks, title: str | None, t: Texts) -> Chart:
    ordered = sorted(ranks.mean, key=lambda name: ranks.mean[name])
    bars = groups(ranks, ordered)
    k, n_left = len(ordered), -(-len(ordered) // 2)
    top = -0.35 - 0.32 * len(bars)
    joined = [
        Line([first - 0.03, last + 0.03], [-0.35 - 0.32 * level] * 2, "text", width=4.5)
        for level, (first, last) in enumerate(bars)
    ]
    # room for the names, which stand outside of the scale
    x = Axis(low=0.6 - 0.35 * k, high=k + 0.4 + 0.35 * k)
    y = Axis(low=top - 0.55 * n_left - 0.1, high=1.5)
    panel = Panel((*_scale(ranks, t), *joined, *_models(ranks, ordered, top)), x=x, y=y, has_axes=False)
    note = t(
        "chart.ranks_note", n_series=ranks.n_series, difference=ranks.critical_difference, p=_said(ranks.p_value, t)
    )
    return Chart((panel,), title or t("chart.ranks"), note, (10.0, 1.9 + 0.3 * n_left + 0.16 * len(bars)))


def groups(ranks: Ranks, ordered: list[str]) -> list[tuple[float, float]]:
    """Return the first and last mean rank of each largest group of two and more models that do not differ."""
    found: list[tuple[int, int]] = []
    for first in range(len(ordered)):
        alike = [k for k in range(first, len(ordered)) if not ranks.differ(ordered[first], ordered[k])]
        last = alike[-1]
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return [(ranks.mean[ordered[first]], ranks.mean[ordered[last]]) for first, last in found]


def _scale(ranks: Ranks, t: Texts) -> list[Mark]:
    k = len(ranks.mean)
    marks: list[Mark] = [Line([1, k], [0, 0], "text", width=1.2)]
    for rank in range(1, k + 1):
        marks.append(Line([rank, rank], [0, 0.14], "text", width=1.2))
        marks.append(Text(rank, 0.24, str(rank), align=("center", "bottom")))
    end = min(1 + ranks.critical_difference, float(k))
    marks.append(Line([1, end], [1.15, 1.15], "contrast", width=2.0, marker="bar", size=9.0))
    return [*marks, Text(end + 0.06, 1.15, t("chart.critical_difference"), "contrast")]


def _models(ranks: Ranks, ordered: list[str], top: float) -> list[Mark]:
    """Write the better half on the left and the other on the right, each joined to its rank on the scale."""
    k = len(ordered)
    n_left = -(-k // 2)
    marks: list[Mark] = []
    for n, (name, text) in enumerate(zip(ordered, distinct(ordered, 24), strict=True)):
        is_left, rank = n < n_left, ranks.mean[name]
        y = top - 0.35 - 0.55 * (n if is_left else k - 1 - n)
        x, side, gap = (0.6, "right", -0.08) if is_left else (k + 0.4, "left", 0.08)
        said = f"{text}  {rank:.2f}" if is_left else f"{rank:.2f}  {text}"
        marks.append(Line([rank, rank, x], [0, y, y], "data", width=1.0))
        marks.append(Line([rank], [0], "model", width=0.0, marker="circle", size=6.0))
        marks.append(Text(x + gap, y, said, align=(side, "center"), size=10.0))
    return marks


def _matrix_chart(board: Leaderboard, title: str | None, t: Texts) -> Chart:
    names = [str(name) for name in board.table.loc[board.table["is_ranked"], "model"]]
    k, short = len(names), tuple(distinct(names, 18))
    p_values, is_better = _matrix(board, names)
    cells = [
        Text(column, row, _short(float(p_values[row, column])), align=("center", "center"), size=9.0)
        for row, column in np.ndindex(k, k)
        if row != column
    ]
    look: Look = {"ticks": range(k), "names": short, "has_grid": False}
    x = Axis(low=-0.5, high=k - 0.5, angle=30 if k > FEW else 0, **look)
    panel = Panel((_tiles(p_values, is_better), *cells), t("chart.p_of_row"), x, Axis(low=k - 0.5, high=-0.5, **look))
    size = (max(2.6 + 0.85 * k, 6.0), 2.2 + 0.5 * k)
    return Chart((panel,), title or t("chart.pairs"), t("chart.pairs_note"), size)


def _matrix(board: Leaderboard, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values and whether the row is better, `(k, k)` both; NaN where there is no test."""
    place = {name: n for n, name in enumerate(names)}
    p_values, is_better = np.full((len(names),) * 2, np.nan), np.zeros((len(names),) * 2, bool)
    for pair in board.pairs.to_dict("records"):
        first, second = place[str(pair["model"])], place[str(pair["other"])]
        p_values[first, second] = p_values[second, first] = pair["p_holm"]
        is_better[first, second], is_better[second, first] = pair["difference"] < 0, pair["difference"] > 0
    return p_values, is_better


def _tiles(p_values: np.ndarray, is_better: np.ndarray) -> Tiles:
    strength = np.zeros(p_values.shape)
    for limit, dark in reversed(STEPS):
        strength[p_values < limit] = dark
    np.fill_diagonal(strength, DIAGONAL)
    roles: list[list[Role]] = [["better" if better else "worse" for better in row] for row in is_better.tolist()]
    for n, row in enumerate(roles):
        row[n] = "text"
    return Tiles(tuple(tuple(row) for row in roles), tuple(tuple(row.tolist()) for row in strength))


def _short(p_value: float) -> str:
    if not np.isfinite(p_value):
        return "–"
    return "<.001" if p_value < 0.001 else f"{p_value:.2f}" if p_value >= 0.01 else f"{p_value:.3f}"


def _said(p_value: float, t: Texts) -> str:
    if not np.isfinite(p_value):
        return t("chart.undefined")
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
