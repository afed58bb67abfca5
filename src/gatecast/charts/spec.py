"""What does a chart show? Plain numbers, texts and roles, which matplotlib and plotly draw alike.

A chart knows no library: marks have roles ("model", "data", ...), whose colors are told apart with any kind of color
vision, and in gray by their lightness. Texts are unescaped: what draws them escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from gatecast.data.panel.arrays import Array

__all__ = ["COLORS", "Area", "Axis", "Band", "Bars", "Chart", "Estimates", "HeatMap", "Line", "Look", "Mark", "Panel"]
__all__ += ["Rule", "Stems", "Text", "Tiles", "facets", "series_look", "time_axis"]

# numbers or times, `(N,)`
Values = Array | Sequence[float]
# a number or a time
Place = Any
# arguments by their names
Look = dict[str, Any]
ModelRole = Literal["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"]
PlainRole = Literal["data", "quiet", "model", "contrast", "forecast", "text", "window", "open", "others", "noise"]
Role = Literal[PlainRole, ModelRole, "better", "worse"]
Dash = Literal["solid", "dashed", "dotted", "long"]
Marker = Literal["", "circle", "ring", "square", "diamond", "triangle-up", "triangle-left", "cross", "x", "bar"]
Frame = Literal["data", "panel"]
# Okabe and Ito (2008)
COLORS = {"data": "#7d7d7d", "quiet": "#bdbdbd", "open": "#6b6b6b", "others": "#cfcfcf", "noise": "#9a9a9a"}
COLORS |= {"model": "#0072B2", "contrast": "#D55E00", "forecast": "#007A5A", "better": "#56B4E9", "worse": "#E69F00"}
COLORS |= {"text": "#222222", "window": "#F0E442", "page": "#ffffff", "grid": "#e4e4e4"}
# in the order in which models get them; yellow is left out, as thin lines of it cannot be seen on white
OF_MODELS = ("#0072B2", "#D55E00", "#CC79A7", "#56B4E9", "#E69F00", "#5B4A9C", "#7d7d7d", "#8C4A2F")
SERIES: tuple[Role, ...] = ("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7")
COLORS |= dict(zip(SERIES, OF_MODELS, strict=True))
MARKERS: tuple[Marker, ...] = ("circle", "square", "diamond", "triangle-up", "cross", "x")
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class Line:
    """Points `(N,)` that a line joins, NaN in gaps; with a `width` of 0 markers alone, whose role may be `face`.

    With `is_step` each value stays until the next. A pointer reads off `low` and `high` beside the value. A line of a
    single point, which could not be seen, begins at `start`.
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
    """Points `(N,)` with intervals on their side (NaN: none); a pointer reads off the lines of `hover`."""

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
    """The area between the lines `low` and `high`, `(N,)` both; a pointer calls its upper end `upper_label`."""

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
    width: Values | float = 0.85
    strength: float = 1.0
    is_flat: bool = False
    is_edged: bool = False
    texts: tuple[str, ...] = ()
    hover: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeatMap:
    """A matrix `z`, `(D, N)`, as colors from `low` to `high`; columns begin at `x`, `(N,)`, or at 0 to N - 1.

    A pointer reads off the names of `rows` and values in the `form` of d3 and Python.
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
    """A text, its side `align` (left, center, right; bottom, center, top) at `x` and `y`, moved by `offset` in points.

    With the frame `panel` a place is a share of the panel.
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
    """One axis of a panel; what is absent is chosen. It is turned round where `high` is the smaller end.

    Ticks have `names` turned by `angle` degrees, none unless `is_named`. Axes of one group share their limits; `margin`
    is room at both ends, as a share. There are `steps` where times are whole numbers.
    """

    label: str = ""
    scale: Literal["number", "log", "whole", "time", "steps"] = "number"
    low: Place | None = None
    high: Place | None = None
    ticks: Sequence[float] | None = None
    names: tuple[str, ...] | None = None
    most_ticks: int = 7
    group: str = ""
    is_named: bool = True
    has_grid: bool = True
    margin: float | None = None
    angle: int = 0
    is_share: bool = False


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
    """Panels with a headline above and a note below; the size is in inches, heights and widths are relative.

    With `is_over_time` a pointer reads off all lines at one time.
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


def facets(panels: Sequence[Panel], most_columns: int, size: tuple[float, float], least_width: float) -> Chart:
    """Place panels, each of a size in inches, in rows that share both scales; labels and ticks stand at the edges."""
    # the last row is as full as can be
    n_columns = -(-len(panels) // -(-len(panels) // most_columns))
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


def series_look(n: int) -> Look:
    """Return role, marker and dash of a line of model number n, by which it looks alike in all charts."""
    dash = DASHES[n // len(SERIES) % len(DASHES)]
    return {"role": SERIES[n % len(SERIES)], "marker": MARKERS[n % len(MARKERS)], "dash": dash}
