"""Which model is ahead of the seasonal naive, by how much, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts.checks import board_of
from gatecast.charts.names import distinct, label
from gatecast.charts.style import COLORS, check_matplotlib, dress, finish, legend_above, name_ticks, new_figure
from gatecast.comparison.verdict import NAIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gatecast.comparison.board import Leaderboard
    from gatecast.comparison.comparison import Comparison

__all__ = ["Row", "leaderboard", "rows_of", "skill_limits"]

# errors twice those of the seasonal naive: what is further behind would squeeze the others together
WORST_SHOWN = -1.0
NAMES = {"mase": "MASE", "mae": "MAE"}
STATES = {"ahead": COLORS["train"], "behind": COLORS["test"], "open": "#6b6b6b", "base": COLORS["text"]}
MARKERS = {"ahead": "o", "behind": "s", "open": "D", "base": "o"}
WORDS = {
    "ahead": "better",
    "open": "not distinguishable",
    "behind": "worse",
}


@dataclass(frozen=True)
class Row:
    """One model of a leaderboard.

    Args:
        name: The model.
        skill: Against the seasonal naive; NaN where it is not known.
        low: Lower end of its interval.
        high: Upper end.
        error: MASE, or MAE where that is undefined.
        p_value: Against the best; NaN for the best itself.
        seconds: Of all fits and forecasts.
        is_ranked: Whether it has enough forecasts.

    Examples:
        >>> Row("LSTM", 0.3, 0.1, 0.4, 0.8, float("nan"), 2.0, True).state
        'ahead'
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
    def state(self) -> str:
        """`ahead`, `behind` or `open`: on which side of zero the interval lies; `base` for the seasonal naive."""
        if self.name == NAIVE:
            return "base"
        return "ahead" if self.low > 0 else "behind" if self.high < 0 else "open"


def rows_of(board: Leaderboard) -> list[Row]:
    """Return the models, the best first."""
    return [
        Row(
            name=str(row["model"]),
            skill=float(row["skill"]),
            low=float(row["skill_lower"]),
            high=float(row["skill_upper"]),
            error=float(row[board.metric]),
            p_value=float(row["p_value"]),
            seconds=float(row["fit_seconds"] + row["predict_seconds"]),
            is_ranked=bool(row["is_ranked"]),
        )
        for _, row in board.table.iterrows()
    ]


def leaderboard(
    comparison: Comparison | Leaderboard, *, title: str = "Skill against the seasonal naive, with 95 % intervals"
) -> Figure:
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
    check_matplotlib()
    board = board_of(comparison)
    rows = rows_of(board)
    figure = new_figure(10.5, 2.2 + 0.4 * len(rows))
    axes, beside = figure.subplots(1, 2, sharey=True, width_ratios=[1.0, 0.62])
    has_skill = any(np.isfinite(row.skill) for row in rows)
    if has_skill:
        _draw_skill(axes, rows)
        legend_above(axes, _handles(rows))
    else:
        _draw_errors(axes, rows, NAMES[board.metric])
        title = f"{NAMES[board.metric]} of each model (smaller is better)" if title.startswith("Skill") else title
    name_ticks(axes.yaxis, range(len(rows)), _names(rows))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    _draw_numbers(beside, rows, NAMES[board.metric])
    note = str(board.verdict)
    return finish(figure, title, note)


def _names(rows: list[Row]) -> list[str]:
    names = [label(name) for name in distinct([row.name for row in rows])]
    return [name if row.is_ranked else f"{name} (not ranked)" for name, row in zip(names, rows, strict=True)]


def skill_limits(rows: list[Row]) -> tuple[float, float]:
    """Return the lowest and the highest skill that are shown; at most twice the error of the seasonal naive."""
    known = np.array([value for row in rows for value in (row.skill, row.low, row.high) if np.isfinite(value)])
    low, high = max(float(known.min(initial=0.0)), WORST_SHOWN), float(known.max(initial=0.0))
    room = 0.06 * max(high - low, 0.1)
    return low - room, high + room


def _draw_skill(axes: Axes, rows: list[Row]) -> None:
    low, high = skill_limits(rows)
    axes.axvline(0, color=COLORS["text"], linewidth=1.2, zorder=1)
    for place, row in enumerate(rows):
        if not np.isfinite(row.skill):
            continue
        color = STATES[row.state]
        if np.isfinite(row.low):
            axes.plot([row.low, row.high], [place, place], color=color, linewidth=2.6, solid_capstyle="butt", zorder=2)
        face = "white" if row.state == "base" else color
        axes.plot([row.skill], [place], MARKERS[row.state], color=color, markerfacecolor=face, markersize=8, zorder=3)
        if row.skill < low:
            axes.plot([low], [place], "<", color=color, markersize=9, clip_on=False, zorder=4)
            axes.annotate(f"{row.skill:.3g}", (low, place), (8, 5), textcoords="offset points", fontsize=9)
    dress(axes, "", "skill (right of 0: smaller errors than the seasonal naive)", "")
    axes.set_xlim(low, high)


def _draw_errors(axes: Axes, rows: list[Row], metric: str) -> None:
    axes.plot([row.error for row in rows], range(len(rows)), "o", color=COLORS["train"], markersize=8)
    dress(axes, "", metric, "")
    axes.set_xlim(left=0)


def _handles(rows: list[Row]) -> list[Any]:
    """Return the legend of the states that occur."""
    from matplotlib.lines import Line2D

    states = {row.state for row in rows if np.isfinite(row.skill)}
    return [
        Line2D([], [], color=STATES[state], marker=MARKERS[state], markersize=7, linewidth=2.4, label=words)
        for state, words in WORDS.items()
        if state in states
    ]


def _draw_numbers(axes: Axes, rows: list[Row], metric: str) -> None:
    """Write error, p-value and seconds of each model in columns."""
    axes.set_axis_off()
    columns = {
        metric: [_number(row.error, ".3f") for row in rows],
        "p against best": [_p_value(row.p_value) for row in rows],
        "seconds": [_number(row.seconds, ".3g") for row in rows],
    }
    for place, (head, cells) in zip((0.22, 0.68, 1.0), columns.items(), strict=True):
        at: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 9.5}
        axes.text(place, -0.75, head, color=COLORS["text"], fontweight="bold", **at)
        for row, cell in enumerate(cells):
            axes.text(place, row, cell, color=COLORS["text"], **at)


def _number(value: float, form: str) -> str:
    return format(value, form) if np.isfinite(value) else "–"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else _number(value, ".2g")
