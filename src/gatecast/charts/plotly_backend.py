"""How is a chart drawn by plotly? As the plain data and layout that plotly.js takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gatecast._json import JsonObject
from gatecast.charts import spec
from gatecast.charts.names import for_plotly
from gatecast.charts.spec import COLORS, Values

__all__ = ["Palette", "figure_of", "light"]

# role and strength -> color
Palette = Callable[[str, float], str]
DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot", "long": "dash"}
MARKERS = {"ring": "circle-open", "x": "x-thin-open", "bar": "line-ns-open"}
DOTS_PER_INCH = 85
# see-through bands lie on each other, and their colors add up
SEEN_THROUGH = 0.7
# digits of a value, and of a cell of a heat map: more of them would only make the page longer
DIGITS, CELL_DIGITS = 6, 3
# up to so many whole numbers each have a tick
FEW_WHOLE = 14
# between panels, and between rows whose panels have titles
GAP, TITLED_GAP = 0.07, 0.16


def light(role: str, strength: float = 1.0) -> str:
    """Return the color of a role on a white page."""
    color = COLORS[role]
    if strength == 1:
        return color
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength:.2g})"


def figure_of(chart: spec.Chart, palette: Palette = light) -> JsonObject:
    """Return a chart as `data` and `layout` of plotly.js; headline and note are left to the page."""
    data: list[JsonObject] = []
    layout: JsonObject = {"height": round(chart.size[1] * DOTS_PER_INCH), "shapes": [], "annotations": []}
    groups: dict[str, str] = {}
    for n, panel in enumerate(chart.panels):
        number = "" if n == 0 else str(n + 1)
        columns, rows = _domains(chart, panel)
        for letter, axis, domain in (("x", panel.x, columns), ("y", panel.y, rows)):
            made = _axis(axis, panel, letter) | {"anchor": ("y" if letter == "x" else "x") + number}
            if len(chart.panels) > 1:
                made["domain"] = domain
            first = groups.setdefault(letter + axis.group, letter + number) if axis.group else letter + number
            layout[f"{letter}axis{number}"] = made | ({} if first == letter + number else {"matches": first})
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        # areas lie below lines
        for mark in sorted(panel.marks, key=lambda mark: not isinstance(mark, (spec.Band, spec.Bars, spec.HeatMap))):
            if isinstance(mark, (spec.Area, spec.Rule, spec.Tiles)):
                layout["shapes"] += _shapes(mark, palette, number)
            elif isinstance(mark, spec.Text):
                layout["annotations"].append(_annotation(mark, palette, number, panel))
            else:
                data += [trace | place for trace in _traces(mark, panel, palette, is_unified=chart.is_over_time)]
        if panel.title and len(chart.panels) > 1:
            title = spec.Text(
                0, 1, panel.title, align=("left", "bottom"), frames=("panel", "panel"), offset=(0, 2), size=11
            )
            layout["annotations"].append(_annotation(title, palette, number, panel))
    if chart.is_over_time:
        layout["hovermode"] = "x unified"
    return {"data": data, "layout": layout}


def _domains(chart: spec.Chart, panel: spec.Panel) -> tuple[list[float], list[float]]:
    """Return where a panel lies, as shares of the figure; rows count from above."""
    gap = TITLED_GAP if any(each.title for each in chart.panels) else GAP
    columns, rows = _ends(chart.widths, GAP), _ends(chart.heights, gap)
    low, high = rows[panel.row]
    return [columns[panel.column][0], columns[panel.column + panel.n_columns - 1][1]], [1 - high, 1 - low]


def _ends(sizes: tuple[float, ...], gap: float) -> list[tuple[float, float]]:
    shares = np.array(sizes) / sum(sizes) * (1 - gap * (len(sizes) - 1))
    begins = np.append(0, np.cumsum(shares + gap)[:-1])
    return [(float(begin), min(float(begin + share), 1.0)) for begin, share in zip(begins, shares, strict=True)]


def _axis(axis: spec.Axis, panel: spec.Panel, letter: str) -> JsonObject:
    made: JsonObject = {"title": {"text": for_plotly(axis.label)}}
    if axis.scale == "log":
        made |= {"type": "log"} | _log_ticks(panel, letter)
    if axis.low is not None or axis.high is not None:
        made["range"] = [_placed(end, axis) for end in (axis.low, axis.high)]
    if axis.ticks is not None:
        names = axis.names or tuple(f"{tick:g}" for tick in axis.ticks)
        made |= {"tickvals": list(axis.ticks), "ticktext": [for_plotly(name) for name in names]}
    elif axis.scale == "whole":
        seen = [value for mark in panel.marks if isinstance(mark, spec.Line) for value in getattr(mark, letter)]
        if seen and max(seen) - min(seen) <= FEW_WHOLE:
            made["dtick"] = 1
    if axis.is_share:
        made["tickformat"] = ".2~%"
    if axis.angle:
        made["tickangle"] = -axis.angle
    if not axis.has_grid:
        made["showgrid"] = False
    if not axis.is_named:
        made["showticklabels"] = False
    return made if panel.has_axes else made | {"visible": False}


def _log_ticks(panel: spec.Panel, letter: str) -> JsonObject:
    """Write 0.1, 0.2, 0.5 and 1: plotly would write single digits between powers of ten."""
    seen = [np.asarray(getattr(mark, letter), float) for mark in panel.marks if isinstance(mark, spec.Line)]
    seen += [np.asarray(mark.x, float) for mark in panel.marks if isinstance(mark, spec.Bars) and letter == "x"]
    known = np.concatenate([values[values > 0] for values in seen if len(values)])
    low, high = (int(np.floor(np.log10(end))) for end in (known.min(), known.max()))
    ticks = [float(f"{digit}e{power}") for power in range(low, high + 1) for digit in (1, 2, 5)]
    return {"tickvals": ticks, "ticktext": [f"{tick:,g}" for tick in ticks]}


def _placed(value: spec.Place | None, axis: spec.Axis) -> spec.Place | None:
    """Return where plotly puts a value of an axis: limits and texts count in powers of ten on a logarithmic one."""
    if isinstance(value, np.datetime64):
        return str(np.datetime_as_string(value, unit="s"))
    return float(np.log10(value)) if axis.scale == "log" and value is not None else value


def _traces(mark: spec.Mark, panel: spec.Panel, palette: Palette, *, is_unified: bool) -> list[JsonObject]:
    match mark:
        case spec.Line():
            return [_line(mark, panel, palette, is_unified)] if len(mark.x) else []
        case spec.Band():
            return _band(mark, palette)
        case spec.Estimates():
            return [_estimates(mark, palette)]
        case spec.Stems():
            return [_stems(mark, palette)]
        case spec.Bars():
            return [_bars(mark, palette)]
        case spec.HeatMap():
            return [_heat(mark)]
    raise TypeError(type(mark).__name__)


def _line(line: spec.Line, panel: spec.Panel, palette: Palette, is_unified: bool) -> JsonObject:
    x, y = _joined(line.x, line.y, line.start)
    trace = _named({"type": "scatter", "x": x, "y": y}, line.label)
    trace["mode"] = "+".join(["lines"] * bool(line.width) + ["markers"] * bool(line.marker)) or "lines"
    if line.width:
        shape = {"shape": "hv"} if line.is_step else {}
        look = {"color": palette(line.role, 1.0), "width": line.width, "dash": DASHES[line.dash]}
        trace["line"] = look | shape
    if line.marker:
        symbol = MARKERS.get(line.marker, line.marker)
        trace["marker"] = {"symbol": symbol, "size": line.size + 2, "color": palette(line.face or line.role, 1.0)}
    if is_unified:
        return trace | {"hovertemplate": "%{y:.6~g}"}
    if not line.label:
        return trace | {"hovertemplate": "%{x}: %{y:.5~g}<extra></extra>"}
    ends = ""
    if line.low is not None:
        trace["customdata"] = np.column_stack([_rounded(np.asarray(end, float)) for end in (line.low, line.high)])
        ends = " (%{customdata[0]:.4g} … %{customdata[1]:.4g})"
    name = for_plotly(panel.x.label).replace("%", "&#37;")
    return trace | {"hovertemplate": f"{name} %{{x}}: %{{y:.4g}}{ends}<extra>%{{fullData.name}}</extra>"}


def _band(band: spec.Band, palette: Palette) -> list[JsonObject]:
    """Add the area between two lines; the pointer reads off both ends."""
    seen = {"hovertemplate": "%{y:.6~g}"} if band.label else {"hoverinfo": "skip"}
    ends: JsonObject = {"type": "scatter", "mode": "lines", "line": {"width": 0}, **seen}
    fill = {"fill": "tonexty", "fillcolor": palette(band.role, round(band.strength * SEEN_THROUGH, 2))}
    both = []
    for values, name, more in ((band.high, band.upper_label, {"showlegend": False}), (band.low, band.label, fill)):
        x, y = _joined(band.x, values, band.start)
        both.append(_named({"x": x, "y": y}, name) | {"legendgroup": for_plotly(band.label)} | ends | more)
    return both


def _estimates(found: spec.Estimates, palette: Palette) -> JsonObject:
    x, low, high = (np.asarray(values, float) for values in (found.x, found.low, found.high))
    arms = {"array": np.maximum(np.nan_to_num(high - x), 0), "arrayminus": np.maximum(np.nan_to_num(x - low), 0)}
    lines = [[for_plotly(line) for line in text.split("\n")] for text in found.hover]
    trace: JsonObject = {"type": "scatter", "mode": "markers", "x": x, "y": list(found.y), "showlegend": False}
    trace["marker"] = {
        "size": found.size + 3,
        "color": [palette(role, 1.0) for role in found.roles],
        "symbol": [MARKERS.get(marker, marker) for marker in found.markers],
    }
    look = {"type": "data", "symmetric": False, "color": palette("open", 1.0), "thickness": 2.5, "width": 0}
    trace |= {"error_x": look | arms, "cliponaxis": False}
    shown = "<br>".join(f"%{{customdata[{n}]}}" for n in range(len(lines[0]))) if lines else "%{x:.4g}"
    return trace | {"customdata": lines, "hovertemplate": f"{shown}<extra></extra>"}


def _stems(stems: spec.Stems, palette: Palette) -> JsonObject:
    gap = np.full(len(stems.x), None)
    x = np.column_stack([stems.x, stems.x, gap]).ravel().tolist()
    y = np.column_stack([stems.low, stems.high, gap]).ravel().tolist()
    look = {"color": palette(stems.role, stems.strength), "width": stems.width}
    shown = {"type": "scatter", "mode": "lines", "line": look, "hoverinfo": "skip", "showlegend": False}
    return {"x": x, "y": y} | shown


def _bars(bars: spec.Bars, palette: Palette) -> JsonObject:
    along, up = ("y", "x") if bars.is_flat else ("x", "y")
    trace: JsonObject = {"type": "bar", along: _values(bars.x), up: _values(bars.height), "showlegend": False}
    trace |= {"orientation": "h" if bars.is_flat else "v", "marker": {"color": palette(bars.role, bars.strength)}}
    trace |= {"width": bars.width, "hovertemplate": "%{x}: %{y:.4~g}<extra></extra>"}
    if bars.texts:
        trace |= {"text": [for_plotly(text) for text in bars.texts], "textposition": "outside", "cliponaxis": False}
    if bars.hover:
        shown = {"customdata": [for_plotly(text) for text in bars.hover]}
        trace |= shown | {"hovertemplate": "%{customdata}<extra></extra>"}
    return trace


def _heat(heat: spec.HeatMap) -> JsonObject:
    # half as many bytes as float64, and enough for a color
    cells = np.round(heat.z, CELL_DIGITS).astype(np.float32)
    trace: JsonObject = {"type": "heatmap", "z": cells, "zmin": heat.low, "zmax": heat.high}
    if heat.x is not None:
        trace["x"] = heat.x
    if heat.rows:
        trace["y"] = [for_plotly(name) for name in heat.rows]
    title = {"text": for_plotly(heat.label), "side": "right"}
    trace["colorscale"] = "Cividis" if heat.low >= 0 else "PuOr"
    trace["colorbar"] = {"title": title, "thickness": 14} | ({"tickformat": ".0%"} if "%" in heat.form else {})
    return trace | {"hovertemplate": f"%{{x}}<br>%{{y}}: %{{z:{heat.form}}}<extra></extra>"}


def _shapes(mark: spec.Area | spec.Rule | spec.Tiles, palette: Palette, number: str) -> list[JsonObject]:
    if isinstance(mark, spec.Tiles):
        place = {"type": "rect", "xref": f"x{number}", "yref": f"y{number}", "layer": "below", "line": {"width": 0}}
        return [
            {"x0": k - 0.5, "x1": k + 0.5, "y0": n - 0.5, "y1": n + 0.5, "fillcolor": palette(*tile)} | place
            for n, row in enumerate(zip(mark.roles, mark.strengths, strict=True))
            for k, tile in enumerate(zip(*row, strict=True))
        ]
    across = "y" if mark.axis == "x" else "x"
    shape: JsonObject = {f"{mark.axis}ref": f"{mark.axis}{number}", f"{across}ref": f"{across}{number} domain"}
    shape |= {f"{across}0": 0, f"{across}1": 1}
    if isinstance(mark, spec.Area):
        look = {"type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": palette(mark.role, mark.strength)}
        low, high = _placed(mark.low, spec.Axis()), _placed(mark.high, spec.Axis())
        return [shape | {f"{mark.axis}0": low, f"{mark.axis}1": high} | look]
    line = {"color": palette(mark.role, 1.0), "width": mark.width, "dash": DASHES[mark.dash]}
    at = _placed(mark.at, spec.Axis())
    shape |= {"type": "line", f"{mark.axis}0": at, f"{mark.axis}1": at, "line": line}
    return [shape | ({"name": for_plotly(mark.label), "showlegend": True} if mark.label else {})]


def _annotation(text: spec.Text, palette: Palette, number: str, panel: spec.Panel) -> JsonObject:
    refs = [f"{axis}{number}" + " domain" * (frame == "panel") for axis, frame in zip("xy", text.frames, strict=True)]
    x, y = (
        value if frame == "panel" else _placed(value, axis)
        for value, frame, axis in zip((text.x, text.y), text.frames, (panel.x, panel.y), strict=True)
    )
    said = for_plotly(text.text)
    made: JsonObject = {"x": x, "y": y, "xref": refs[0], "yref": refs[1], "showarrow": False}
    made |= {"text": f"<b>{said}</b>" if text.is_bold else said, "xshift": text.offset[0], "yshift": text.offset[1]}
    sides = {"xanchor": text.align[0], "yanchor": text.align[1].replace("center", "middle")}
    return made | sides | {"font": {"size": text.size + 1, "color": palette(text.role, 1.0)}}


def _named(trace: JsonObject, label: str) -> JsonObject:
    return trace | ({"name": for_plotly(label), "showlegend": True} if label else {"showlegend": False})


def _joined(x: Values, y: Values, start: tuple[spec.Place, float] | None) -> tuple[Values, Values]:
    """Let what has a single point begin at the point before: a line needs two points to be seen."""
    if start is None or len(x) != 1:
        return _values(x), _values(y)
    return [start[0], *x], [start[1], *y]


def _values(values: Values) -> Values:
    return _rounded(values) if isinstance(values, np.ndarray) and values.dtype.kind == "f" else values


def _rounded(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(values))))
        return np.where(np.isfinite(scale), np.round(values * scale) / scale, values)
