"""Which model is ahead, by how much, and how sure is that? Skill with intervals, ranks, and tests of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gatecast.charts.checks import board_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.spec import Axis, Chart, Estimates, Line, Look, Mark, Marker, Panel, Role, Rule, Text, Tiles
from gatecast.comparison.significance import Ranks
from gatecast.comparison.verdict import NAIVE
from gatecast.exceptions import DataError
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["Row", "board_rows", "leaderboard", "rows_of", "significance", "significance_chart", "skill_chart"]

State = Literal["ahead", "open", "behind", "base"]
# errors twice those of the seasonal naive: what is further behind would squeeze the others together
WORST_SHOWN = -1.0
ROLES: dict[State, Role] = {"ahead": "model", "open": "open", "behind": "contrast", "base": "text"}
MARKERS: dict[State, Marker] = {"ahead": "circle", "open": "diamond", "behind": "square", "base": "ring"}
# p-values that are told apart, and how dark they are
STEPS = ((0.01, 0.75), (0.05, 0.45), (0.1, 0.18))
DIAGONAL = 0.1
# up to so many names stand below a matrix without being turned
FEW = 3


@dataclass(frozen=True)
class Row:
    """One model of a leaderboard: its skill against the seasonal naive with the ends of its interval, and more.

    The error is MASE, or MAE where that is undefined, and the p-value against the best; what is not known is NaN.
    """

    name: str
    skill: float
    low: float
    high: float
    error: float
    p_value: float
    seconds: float
    is_ranked: bool

    @property
    def state(self) -> State:
        """`ahead`, `behind` or `open`: on which side of zero the interval lies; `base` for the seasonal naive."""
        if self.name == NAIVE:
            return "base"
        return "ahead" if self.low > 0 else "behind" if self.high < 0 else "open"


def board_rows(board: Leaderboard) -> list[Row]:
    """Return the models of a leaderboard, the best first."""
    return rows_of(board.table.to_dict("records"), board.metric)


def rows_of(records: Iterable[Mapping[Any, Any]], metric: str) -> list[Row]:
    """Return the models whose figures stand in dictionaries, with None for what is not known."""
    keys = {"skill": "skill", "low": "skill_lower", "high": "skill_upper", "error": metric, "p_value": "p_value"}
    return [
        Row(
            name=str(record["model"]),
            seconds=_known(record.get("seconds", record.get("fit_seconds", 0) + record.get("predict_seconds", 0))),
            is_ranked=bool(record["is_ranked"]),
            **{name: _known(record[key]) for name, key in keys.items()},
        )
        for record in records
    ]


def _known(value: float | None) -> float:
    return np.nan if value is None else float(value)


def leaderboard(comparison: Comparison | Leaderboard, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw the skill of each model with its interval, and beside it error, p-value and time.

    Skill is 1 minus the ratio of errors: 0.2 means errors that are 20 % smaller than those of the seasonal naive.
    Without a seasonal naive there is no skill, and the errors themselves are drawn.

    Examples:
        >>> from gatecast.comparison import compare
        >>> y = np.sin(np.arange(90) * 0.5) + np.random.default_rng(0).normal(0, 0.1, 90)
        >>> found = compare(y, 3, ["LinearAR", "SeasonalNaive"], progress=False)
        >>> figure = leaderboard(found)
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['LinearAR', 'SeasonalNaive']
    """
    board = board_of(comparison)
    rows, t = board_rows(board), Texts(lang)
    has_skill = any(np.isfinite(row.skill) for row in rows)
    chart = (skill_chart if has_skill else _errors_chart)(rows, board.metric, t, title)
    beside = _numbers(rows, board.metric.upper(), t)
    size = (10.5, 2.2 + 0.4 * len(rows))
    return draw(replace(chart, panels=(*chart.panels, beside), widths=(1.0, 0.62), size=size, note=str(board.verdict)))


def skill_chart(rows: list[Row], metric: str, t: Texts, title: str | None = None) -> Chart:
    """Show the skill of each model with its interval."""
    low, high = _limits(rows)
    places = [n for n, row in enumerate(rows) if np.isfinite(row.skill)]
    known, names = [rows[n] for n in places], _names(rows, t)
    edge = low + 0.015 * (high - low)
    points = Estimates(
        # what is further behind stands at the edge
        [edge if row.skill < low else row.skill for row in known],
        places,
        [row.low for row in known],
        [row.high for row in known],
        tuple(ROLES[row.state] for row in known),
        tuple("triangle-left" if row.skill < low else MARKERS[row.state] for row in known),
        hover=tuple(_hover(names[n], rows[n], metric, t) for n in places),
    )
    look: Look = {"align": ("left", "bottom"), "offset": (8, 5), "size": 9.0}
    far = [Text(edge, n, f"{rows[n].skill:.3g}", **look) for n in places if rows[n].skill < low]
    marks: tuple[Mark, ...] = (Rule("x", 0, width=1.2), points, *far, *_legend(rows, t))
    panel = Panel(marks, x=Axis(t("chart.skill_axis"), low=low, high=high), y=_models(rows, t))
    return Chart((panel,), title or t("chart.skill"), size=(10.5, 2.0 + 0.4 * len(rows)), legend="above")


def _errors_chart(rows: list[Row], metric: str, t: Texts, title: str | None) -> Chart:
    points = Line([row.error for row in rows], list(range(len(rows))), "model", width=0.0, marker="circle", size=8.0)
    panel = Panel((points,), x=Axis(metric.upper(), low=0), y=_models(rows, t))
    return Chart((panel,), title or t("chart.errors", metric=metric.upper()))


def _models(rows: list[Row], t: Texts) -> Axis:
    places = range(len(rows))
    return Axis(low=len(rows) - 0.4, high=-0.6, ticks=places, names=tuple(_names(rows, t)), group="models")


def _names(rows: list[Row], t: Texts) -> list[str]:
    names = distinct(row.name for row in rows)
    return [name if row.is_ranked else t("chart.not_ranked", name=name) for name, row in zip(names, rows, strict=True)]


def _limits(rows: list[Row]) -> tuple[float, float]:
    """Return the lowest and the highest skill that are shown; at most twice the error of the seasonal naive."""
    known = np.array([value for row in rows for value in (row.skill, row.low, row.high) if np.isfinite(value)])
    low, high = max(float(known.min(initial=0.0)), WORST_SHOWN), float(known.max(initial=0.0))
    room = 0.06 * max(high - low, 0.1)
    return low - room, high + room


def _hover(name: str, row: Row, metric: str, t: Texts) -> str:
    lines = [
        name,
        t("chart.skill_hover", skill=row.skill, low=row.low, high=row.high),
        f"{metric.upper()} {_number(row.error, '.3g')}, p {_p_value(row.p_value)}",
    ]
    if np.isfinite(row.seconds):
        lines[-1] += f", {row.seconds:.3g} s"
    return "\n".join(lines)


def _legend(rows: list[Row], t: Texts) -> list[Line]:
    """Return entries of the states that occur."""
    states = {row.state for row in rows if np.isfinite(row.skill)} - {"base"}
    shown = [state for state in ROLES if state in states]
    look: Look = {"width": 2.4, "size": 7.0}
    return [Line([], [], ROLES[state], t(f"chart.{state}"), marker=MARKERS[state], **look) for state in shown]


def _numbers(rows: list[Row], metric: str, t: Texts) -> Panel:
    """Write error, p-value and seconds of each model in columns."""
    columns = {
        metric: [_number(row.error, ".3f") for row in rows],
        t("chart.p_best"): [_p_value(row.p_value) for row in rows],
        t("chart.seconds"): [_number(row.seconds, ".3g") for row in rows],
    }
    at: Look = {"align": ("right", "center"), "frames": ("panel", "data")}
    texts = []
    for place, (head, cells) in zip((0.22, 0.68, 1.0), columns.items(), strict=True):
        texts.append(Text(place, -0.75, head, is_bold=True, **at))
        texts += [Text(place, n, cell, **at) for n, cell in enumerate(cells)]
    return Panel(tuple(texts), y=Axis(group="models"), column=1, has_axes=False)


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else "–"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else _number(value, ".2g")


def significance(comparison: Comparison | Leaderboard, *, title: str | None = None, lang: str = "en") -> Figure:
    """Draw which models differ: a critical-difference diagram for many series, a matrix of p-values for few.

    The diagram (Demsar 2006) needs 10 series and 3 models: mean ranks on a line, and a bar over models that do not
    differ by Nemenyi's test. Else p-values of the Diebold-Mariano tests of all pairs are shown, by Holm's method for
    their number.

    Raises:
        DataError: Fewer than two models are ranked.

    Examples:
        >>> from gatecast.comparison import compare
        >>> y = np.sin(np.arange(90) * 0.5) + np.random.default_rng(0).normal(0, 0.1, 90)
        >>> found = compare(y, 3, ["Naive", "LinearAR", "SeasonalNaive"], progress=False)
        >>> significance(found).get_suptitle()
        'Diebold-Mariano tests of all pairs'
    """
    return draw(significance_chart(board_of(comparison), title, Texts(lang)))


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
    panel = Panel((*_scale(ranks, t), *joined, *_named_ranks(ranks, ordered, top)), x=x, y=y, has_axes=False)
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


def _named_ranks(ranks: Ranks, ordered: list[str], top: float) -> list[Mark]:
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
