"""Which model is ahead of the seasonal naive, by how much, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gatecast.charts.checks import board_of
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import distinct
from gatecast.charts.spec import Axis, Chart, Estimates, Line, Look, Mark, Marker, Panel, Role, Rule, Text
from gatecast.comparison.verdict import NAIVE
from gatecast.texts import Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["Row", "board_rows", "leaderboard", "rows_of", "skill_chart"]

State = Literal["ahead", "open", "behind", "base"]
# errors twice those of the seasonal naive: what is further behind would squeeze the others together
WORST_SHOWN = -1.0
ROLES: dict[State, Role] = {"ahead": "model", "open": "open", "behind": "contrast", "base": "text"}
MARKERS: dict[State, Marker] = {"ahead": "circle", "open": "diamond", "behind": "square", "base": "ring"}


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


def leaderboard(comparison: Comparison | Leaderboard, *, title: str | None = None) -> Figure:
    """Draw the skill of each model with its interval, and beside it error, p-value and time.

    Skill is 1 minus the ratio of errors: 0.2 means errors that are 20 % smaller than those of the seasonal naive.
    Without a seasonal naive there is no skill, and the errors themselves are drawn.

    Args:
        comparison: From `compare`, or its `board`.
        title: Headline.

    Raises:
        ConfigError: `comparison` is something else.
        GatecastError: matplotlib is not installed.

    Examples:
        >>> import numpy as np
        >>> from gatecast.comparison import compare
        >>> y = np.sin(np.arange(90) * 0.5) + np.random.default_rng(0).normal(0, 0.1, 90)
        >>> found = compare(y, 3, ["LinearAR", "SeasonalNaive"], progress=False)
        >>> figure = leaderboard(found)
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['LinearAR', 'SeasonalNaive']
    """
    board = board_of(comparison)
    rows, t = board_rows(board), Texts("en")
    has_skill = any(np.isfinite(row.skill) for row in rows)
    chart = (skill_chart if has_skill else _errors_chart)(rows, board.metric, t, title)
    beside = _numbers(rows, board.metric.upper(), t)
    size = (10.5, 2.2 + 0.4 * len(rows))
    return draw(replace(chart, panels=(*chart.panels, beside), widths=(1.0, 0.62), size=size, note=str(board.verdict)))


def skill_chart(rows: list[Row], metric: str, t: Texts, title: str | None = None) -> Chart:
    """Show the skill of each model with its interval."""
    low, high = _limits(rows)
    known = [(n, row) for n, row in enumerate(rows) if np.isfinite(row.skill)]
    is_far = [row.skill < low for _, row in known]
    edge = low + 0.015 * (high - low)
    points = Estimates(
        # what is further behind stands at the edge
        [edge if far else row.skill for (_, row), far in zip(known, is_far, strict=True)],
        [n for n, _ in known],
        [row.low for _, row in known],
        [row.high for _, row in known],
        tuple(ROLES[row.state] for _, row in known),
        tuple("triangle-left" if far else MARKERS[row.state] for (_, row), far in zip(known, is_far, strict=True)),
        hover=tuple(
            _hover(name, rows[n], metric, t) for n, name in enumerate(_names(rows, t)) if (n, rows[n]) in known
        ),
    )
    far = [
        Text(edge, n, f"{row.skill:.3g}", align=("left", "bottom"), offset=(8, 5), size=9.0)
        for (n, row), is_so in zip(known, is_far, strict=True)
        if is_so
    ]
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
    return [
        Line([], [], ROLES[state], t(f"chart.{state}"), width=2.4, marker=MARKERS[state], size=7.0)
        for state in ROLES
        if state in states
    ]


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
