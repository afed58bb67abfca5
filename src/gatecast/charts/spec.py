"""What does a chart show? Plain numbers, texts and roles, which matplotlib and plotly draw alike.

A chart knows no library and no color: marks have roles ("model", "data", ...), and a palette says how these look. Texts
are unescaped: what draws them escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

__all__ = [
    "Area",
    "Axis",
    "Band",
    "Bars",
    "Chart",
    "Estimates",
    "HeatMap",
    "Line",
    "Look",
    "Mark",
    "Panel",
    "Rule",
    "Stems",
    "Text",
    "Tiles",
    "columns_for",
    "facets",
    "time_axis",
]

# numbers or times, `(N,)`: an array or a list
Values = Any
# a number or a time
Place = Any
# arguments by their names
Look = dict[str, Any]
# fmt: off
Role = Literal[
    "data", "quiet", "model", "contrast", "forecast", "text", "window", "open", "others", "noise", "better", "worse",
    "m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7",
]
# fmt: on
Dash = Literal["solid", "dashed", "dotted", "long"]
Marker = Literal["", "circle", "ring", "square", "diamond", "triangle-up", "triangle-left", "cross", "x", "bar"]
Frame = Literal["data", "panel"]


@dataclass(frozen=True)
class Line:
    """Points that a line joins, or points alone.

    Args:
        x: `(N,)`.
        y: `(N,)`, NaN in gaps.
        role: What it is.
        label: In the legend; "" for none.
        width: Of the line in points; 0 for points alone.
        dash: Of the line.
        marker: At each point.
        size: Of the markers, in points.
        face: Role of the markers; that of the line when absent.
        is_step: Whether each value stays until the next.
        low: `(N,)` lower ends, which a pointer reads off beside the value.
        high: `(N,)` upper ends.
        start: What stands before the first point: a line of a single point begins there where it could not be seen.
    """

    x: Values
    y: Values
    role: Role
    label: str = ""
    width: float = 1.7
    dash: Dash = "solid"
    marker: Marker = ""
    size: float = 4.0
    face: Role | Literal[""] = ""
    is_step: bool = False
    low: Values | None = None
    high: Values | None = None
    start: tuple[Place, float] | None = None


@dataclass(frozen=True)
class Estimates:
    """Points with intervals that lie on their side.

    Args:
        x: `(N,)`.
        y: `(N,)`.
        low: `(N,)` lower ends, NaN where there is no interval.
        high: `(N,)` upper ends.
        roles: What each is.
        markers: Of each.
        size: Of the markers, in points.
        hover: Lines that a pointer reads off at each.
    """

    x: Values
    y: Values
    low: Values
    high: Values
    roles: tuple[Role, ...]
    markers: tuple[Marker, ...]
    size: float = 8.0
    hover: tuple[str, ...] = ()


@dataclass(frozen=True)
class Band:
    """The area between two lines.

    Args:
        x: `(N,)`.
        low: `(N,)`.
        high: `(N,)`.
        role: What it is.
        strength: Of its color on the page, from 0 to 1.
        label: In the legend.
        upper_label: What a pointer calls its upper end.
        start: As of a line.
    """

    x: Values
    low: Values
    high: Values
    role: Role
    strength: float = 0.18
    label: str = ""
    upper_label: str = ""
    start: tuple[Place, float] | None = None


@dataclass(frozen=True)
class Stems:
    """Vertical lines, each from `low` to `high` at its `x`."""

    x: Values
    low: Values
    high: Values
    role: Role
    width: float = 1.4
    strength: float = 1.0


@dataclass(frozen=True)
class Bars:
    """Bars `width` wide around `x`; they lie on their side where `is_flat`, with `texts` at their ends."""

    x: Values
    height: Values
    role: Role
    width: Values = 0.85
    strength: float = 1.0
    is_flat: bool = False
    is_edged: bool = False
    texts: tuple[str, ...] = ()
    hover: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeatMap:
    """A matrix as colors.

    Args:
        x: `(N,)` where columns begin, or None for places 0 to N - 1.
        z: `(D, N)`.
        low: Value of the first color.
        high: Value of the last.
        label: Of the scale of colors.
        rows: Names of the D rows, which a pointer reads off.
        form: Of a value, as in d3 and Python, e.g. `.3f`.
    """

    x: Values | None
    z: np.ndarray
    low: float
    high: float
    label: str
    rows: tuple[str, ...] = ()
    form: str = ".3f"


@dataclass(frozen=True)
class Tiles:
    """Squares at places 0 to K - 1, each with a role and a strength from 0 to 1."""

    roles: tuple[tuple[Role, ...], ...]
    strengths: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Rule:
    """A line across the whole panel, at a place of the axis."""

    axis: Literal["x", "y"]
    at: Place
    role: Role = "text"
    label: str = ""
    width: float = 1.0
    dash: Dash = "solid"


@dataclass(frozen=True)
class Area:
    """A strip across the whole panel."""

    axis: Literal["x", "y"]
    low: Place
    high: Place
    role: Role
    strength: float


@dataclass(frozen=True)
class Text:
    """A text in a panel.

    Args:
        x: Where, on the axis or as a share of the panel.
        y: Where.
        text: What it says.
        role: Its color.
        align: Which of its sides stands there: left, center or right, and bottom, center or top.
        frames: Whether x and y count on the axes or in the panel.
        offset: Points by which it is moved to the right and up.
        size: Of letters, in points.
        is_bold: Whether it is a heading.
    """

    x: Place
    y: Place
    text: str
    role: Role = "text"
    align: tuple[str, str] = ("left", "center")
    frames: tuple[Frame, Frame] = ("data", "data")
    offset: tuple[float, float] = (0, 0)
    size: float = 9.5
    is_bold: bool = False


Mark = Line | Estimates | Band | Stems | Bars | HeatMap | Tiles | Rule | Area | Text


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Args:
        label: What is counted.
        scale: `number`, `log`, `whole` (there is no half epoch), `time`, or `steps` (times that are whole numbers).
        low: First value; what fits when absent.
        high: Last value; smaller than the first where the axis is turned round.
        ticks: Where ticks stand; chosen when absent.
        names: At the ticks.
        most_ticks: About how many ticks are chosen.
        group: Axes of one group share their limits.
        is_named: Whether ticks have texts.
        has_grid: Whether lines of a grid stand behind.
        margin: Room at both ends, as a share of what is shown.
        angle: By how many degrees texts of ticks are turned.
        is_share: Whether numbers are written in percent.
    """

    label: str = ""
    scale: Literal["number", "log", "whole", "time", "steps"] = "number"
    low: Place = None
    high: Place = None
    ticks: Sequence[float] | None = None
    names: tuple[str, ...] | None = None
    most_ticks: int = 7
    group: str = ""
    is_named: bool = True
    has_grid: bool = True
    margin: float | None = None
    angle: int = 0
    is_share: bool = False

    def with_margin(self, margin: float) -> Axis:
        """Return the axis with room at its ends."""
        return replace(self, margin=margin)


@dataclass(frozen=True)
class Panel:
    """Marks on two axes; what comes later lies above. Its place is a row and the columns from `column` on."""

    marks: tuple[Mark, ...]
    title: str = ""
    x: Axis = Axis()
    y: Axis = Axis()
    row: int = 0
    column: int = 0
    n_columns: int = 1
    has_axes: bool = True


@dataclass(frozen=True)
class Chart:
    """Panels with a headline above and a note below.

    Args:
        panels: Each with its place.
        title: Headline.
        note: What must be known to read it.
        size: Width and height in inches.
        heights: Of the rows, relative to each other.
        widths: Of the columns.
        legend: `above`, `below`, or "" for none.
        is_over_time: Whether a pointer reads off all lines at one time.
    """

    panels: tuple[Panel, ...]
    title: str = ""
    note: str = ""
    size: tuple[float, float] = (9.0, 5.0)
    heights: tuple[float, ...] = (1.0,)
    widths: tuple[float, ...] = (1.0,)
    legend: Literal["", "above", "below"] = ""
    is_over_time: bool = False


def time_axis(times: Values, label: str, ticks: int = 8) -> Axis:
    """Make an axis for datetimes, or for times that are whole numbers."""
    is_datetime = np.asarray(times[:1]).dtype.kind == "M"
    return Axis(label, "time" if is_datetime else "steps", most_ticks=ticks)


def columns_for(n: int, most: int) -> int:
    """Count the columns of n panels, such that the last row is as full as can be.

    Examples:
        >>> columns_for(5, 4), columns_for(7, 4), columns_for(3, 4)
        (3, 4, 3)
    """
    return -(-n // -(-n // most))


def facets(panels: Sequence[Panel], most_columns: int, size: tuple[float, float], least_width: float) -> Chart:
    """Place panels in rows that share both scales; only those at the edges have labels and texts at ticks.

    Args:
        panels: All of the same axes.
        most_columns: Panels beside each other, at most.
        size: Inches of each.
        least_width: Of all.
    """
    n_columns = columns_for(len(panels), most_columns)
    n_rows = -(-len(panels) // n_columns)
    placed = []
    for n, panel in enumerate(panels):
        x, y = replace(panel.x, group="x"), replace(panel.y, group="y")
        if n + n_columns < len(panels):
            x = replace(x, label="", is_named=False)
        if n % n_columns:
            y = replace(y, label="", is_named=False)
        placed.append(replace(panel, x=x, y=y, row=n // n_columns, column=n % n_columns))
    whole = max(size[0] * n_columns, least_width), 0.9 + size[1] * n_rows
    return Chart(tuple(placed), size=whole, heights=(1.0,) * n_rows, widths=(1.0,) * n_columns)
