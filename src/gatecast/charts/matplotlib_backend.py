"""How does matplotlib draw a chart, and how do pictures become files? By its object-oriented interface alone."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast.charts import spec
from gatecast.charts.fonts import fonts_for, use_fonts
from gatecast.charts.names import HEADLINE, for_matplotlib, shorten
from gatecast.charts.spec import COLORS, Look
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.texts import display_width
from gatecast.texts.lines import broken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as MplAxis
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "check_matplotlib", "draw", "render"]

# dots per inch on a page that is as wide as a notebook
PAGE_DPI = 100
FORMATS = ("png", "svg", "pdf", "jpg", "webp")


def check_matplotlib() -> None:
    """Make sure that pictures can be drawn."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise GatecastError(
            "Pictures are drawn with matplotlib, which is not installed. Run `pip install 'gatecast[plots]'`."
        ) from None


def render(figure: Figure, file_format: str = "png", dpi: int = 150) -> tuple[bytes, str]:
    """Draw a figure as the content of a file.

    Args:
        figure: From any function of `gatecast.charts`.
        file_format: `png`, `svg`, `pdf`, `jpg` or `webp`.
        dpi: Dots per inch.

    Returns:
        The content, and the letters that no installed font has ("" if all could be drawn).

    Raises:
        ConfigError: The format is unknown.
    """
    if file_format not in FORMATS:
        known = ", ".join(FORMATS)
        raise ConfigError(f"A picture must be one of {known}, got {file_format!r}. Use `png`.")
    import matplotlib as mpl

    stream = io.BytesIO()
    # the same figure is the same file: without the time of day, and without random names of its parts
    stamp = {"svg": "Date", "pdf": "CreationDate"}.get(file_format)
    with warnings.catch_warnings(record=True) as caught, mpl.rc_context({"svg.hashsalt": "gatecast"}):
        warnings.simplefilter("always")
        figure.savefig(stream, format=file_format, dpi=dpi, metadata={stamp: None} if stamp else None)
    missing = [str(w.message) for w in caught if "missing from" in str(w.message)]
    for other in caught:
        if "missing from" not in str(other.message):
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return stream.getvalue(), "".join(sorted({_letter(message) for message in missing}))


def _png(figure: Figure) -> bytes:
    return render(figure, "png", PAGE_DPI)[0]


def _letter(message: str) -> str:
    """Return the letter that a warning like "Glyph 26085 (...) missing from font(s) ..." is about."""
    digits = message.removeprefix("Glyph ").split(" ", 1)[0]
    return chr(int(digits)) if digits.isdecimal() else "?"


DASHES: Look = {"solid": "-", "dashed": (0, (4, 3)), "dotted": (0, (1, 2)), "long": (0, (5, 1.2))}
MARKERS = {"": "", "circle": "o", "ring": "o", "square": "s", "diamond": "D", "cross": "+", "x": "x", "bar": "|"}
MARKERS |= {"triangle-up": "^", "triangle-left": "<"}
TEXT_LAYER = 3.0
AXIS = "#b0b0b0"


def draw(chart: spec.Chart) -> Figure:
    """Draw a chart on a figure that belongs to no window, and shows itself in a notebook."""
    check_matplotlib()
    from gatecast.charts.picture import Picture

    figure = Picture(_png, figsize=chart.size, layout="constrained", facecolor="white")
    heights, widths = chart.heights, chart.widths
    grid = figure.add_gridspec(len(heights), len(widths), height_ratios=heights, width_ratios=widths)
    groups: dict[str, Axes] = {}
    drawn: list[Axes] = []
    for panel in chart.panels:
        place = grid[panel.row, panel.column : panel.column + panel.n_columns]
        shared = {"sharex": groups.get(panel.x.group), "sharey": groups.get(panel.y.group)}
        axes = figure.add_subplot(place, **shared)
        for name in (panel.x.group, panel.y.group):
            if name:
                groups.setdefault(name, axes)
        drawn.append(axes)
    for axes, panel in zip(drawn, chart.panels, strict=True):
        _draw_panel(figure, axes, panel)
    # limits last: axes that share them grow with what is drawn
    for axes, panel in zip(drawn, chart.panels, strict=True):
        for set_limits, axis in ((axes.set_xlim, panel.x), (axes.set_ylim, panel.y)):
            if axis.low is not None or axis.high is not None:
                set_limits(axis.low, axis.high)
    _add_legend(figure, drawn, chart.legend)
    return _finish(figure, chart)


def _draw_panel(figure: Figure, axes: Axes, panel: spec.Panel) -> None:
    _dress(axes, panel)
    for n, mark in enumerate(panel.marks):
        add, layer = ADDERS[type(mark)]
        add(axes, mark, layer + n / 1000)
    _set_ticks(axes.xaxis, "x", panel.x)
    _set_ticks(axes.yaxis, "y", panel.y)
    for heat in (mark for mark in panel.marks if isinstance(mark, spec.HeatMap)):
        bar = figure.colorbar(axes.images[-1] if heat.x is None else axes.collections[-1], ax=axes, pad=0.01, aspect=25)
        bar.set_label(for_matplotlib(heat.label), fontsize=9.5)
        bar.ax.tick_params(labelsize=9)
    if not panel.has_axes:
        axes.set_axis_off()


def _dress(axes: Axes, panel: spec.Panel) -> None:
    text = COLORS["text"]
    axes.set_title(for_matplotlib(panel.title), loc="left", fontsize=10.5, color=text, pad=8)
    axes.set_xlabel(for_matplotlib(panel.x.label), fontsize=9.5, color=text)
    axes.set_ylabel(for_matplotlib(panel.y.label), fontsize=9.5, color=text)
    for drawn, axis in ((axes.xaxis, panel.x), (axes.yaxis, panel.y)):
        look: Look = {"color": COLORS["grid"], "linewidth": 0.6} if axis.has_grid else {}
        drawn.grid(visible=axis.has_grid, **look)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color=AXIS, labelcolor=text)
    axes.tick_params(labelbottom=panel.x.is_named, labelleft=panel.y.is_named)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(AXIS)


def _mix(role: str, strength: float) -> tuple[float, float, float]:
    """Mix a color with white: see-through colors would add up and hide the grid."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(COLORS[role]))
    return red, green, blue


def _add_line(axes: Axes, line: spec.Line, z: float) -> None:
    look: Look = {"color": COLORS[line.role], "label": for_matplotlib(line.label), "zorder": z, "markersize": line.size}
    look |= {"linewidth": line.width, "linestyle": DASHES[line.dash] if line.width else "none"}
    if not line.marker:
        look["solid_capstyle"] = "butt"
    if line.is_step:
        look["drawstyle"] = "steps-post"
    if line.face:
        look |= {"markerfacecolor": COLORS[line.face], "markeredgewidth": 0}
    axes.plot(line.x, line.y, marker=MARKERS[line.marker], **look)


def _add_estimates(axes: Axes, found: spec.Estimates, z: float) -> None:
    each = zip(found.x, found.y, found.low, found.high, found.roles, found.markers, strict=True)
    for x, y, low, high, role, marker in each:
        color = COLORS[role]
        if np.isfinite(low):
            axes.plot([low, high], [y, y], color=color, linewidth=2.6, solid_capstyle="butt", zorder=z)
        face = COLORS["page"] if marker == "ring" else color
        look: Look = {"color": color, "markerfacecolor": face, "markersize": found.size, "zorder": z + 1e-4}
        # what stands at the edge is seen as a whole
        axes.plot([x], [y], MARKERS[marker], clip_on=marker != "triangle-left", **look)


def _add_band(axes: Axes, band: spec.Band, z: float) -> None:
    color, name = _mix(band.role, band.strength), for_matplotlib(band.label)
    if len(band.x) == 1:
        # one point has no area to fill
        axes.vlines(band.x, band.low, band.high, label=name, color=[color], linewidth=7, zorder=z)
    else:
        axes.fill_between(band.x, band.low, band.high, label=name, facecolor=color, linewidth=0, zorder=z)


def _add_stems(axes: Axes, stems: spec.Stems, z: float) -> None:
    color = _mix(stems.role, stems.strength)
    axes.vlines(stems.x, stems.low, stems.high, color=color, linewidth=stems.width, zorder=z)


def _add_bars(axes: Axes, bars: spec.Bars, z: float) -> None:
    look: Look = {"color": _mix(bars.role, bars.strength), "zorder": z}
    if bars.is_edged:
        look |= {"edgecolor": "white", "linewidth": 0.5}
    if bars.is_flat:
        axes.barh(bars.x, bars.height, height=bars.width, **look)
    else:
        axes.bar(bars.x, bars.height, width=bars.width, **look)
    for x, height, text in zip(bars.x, bars.height, bars.texts, strict=False):
        # beside a bar, not on it: right of the zero where it reaches to the left
        at = (max(height, 0.0), x) if bars.is_flat else (x, height)
        _add_text(axes, spec.Text(*at, text, offset=(4, 0) if bars.is_flat else (0, 4)), TEXT_LAYER)


def _add_heat(axes: Axes, heat: spec.HeatMap, z: float) -> None:
    # orange and purple are told apart with any kind of color vision, as are the colors of cividis
    look: Look = {"cmap": "cividis" if heat.low >= 0 else "PuOr", "vmin": heat.low, "vmax": heat.high}
    if heat.x is None:
        axes.imshow(heat.z, aspect="auto", interpolation="nearest", rasterized=True, zorder=z, **look)
        return
    at = np.asarray(heat.x)
    step = at[-1] - at[-2] if len(at) > 1 else (np.timedelta64(1, "D") if at.dtype.kind == "M" else 1)
    edges = np.append(at, at[-1] + step)
    axes.pcolormesh(edges, np.arange(len(heat.z) + 1), heat.z, rasterized=True, zorder=z, **look)


def _add_tiles(axes: Axes, tiles: spec.Tiles, z: float) -> None:
    rows = zip(tiles.roles, tiles.strengths, strict=True)
    colors = [[_mix(*tile) for tile in zip(*row, strict=True)] for row in rows]
    axes.imshow(np.array(colors), aspect="auto", interpolation="nearest", zorder=z)


def _add_rule(axes: Axes, rule: spec.Rule, z: float) -> None:
    add = axes.axvline if rule.axis == "x" else axes.axhline
    look: Look = {"linewidth": rule.width, "linestyle": DASHES[rule.dash], "zorder": z}
    add(rule.at, color=COLORS[rule.role], label=for_matplotlib(rule.label), **look)


def _add_area(axes: Axes, area: spec.Area, z: float) -> None:
    add = axes.axvspan if area.axis == "x" else axes.axhspan
    add(area.low, area.high, color=COLORS[area.role], alpha=area.strength, linewidth=0, zorder=z)


def _add_text(axes: Axes, text: spec.Text, z: float) -> None:
    transform = {
        ("data", "data"): axes.transData,
        ("panel", "data"): axes.get_yaxis_transform(),
        ("data", "panel"): axes.get_xaxis_transform(),
        ("panel", "panel"): axes.transAxes,
    }[text.frames]
    look: Look = {"ha": text.align[0], "va": text.align[1], "fontsize": text.size, "zorder": z}
    look |= {"color": COLORS[text.role], "fontweight": "bold" if text.is_bold else "normal"}
    said = for_matplotlib(text.text)
    if text.offset == (0, 0):
        axes.text(text.x, text.y, said, transform=transform, **look)
    else:
        axes.annotate(said, (text.x, text.y), text.offset, xycoords=transform, textcoords="offset points", **look)


# bands and bars lie below lines, and within each layer the later one above
ADDERS: dict[type, tuple[Callable[[Axes, Any, float], None], float]] = {
    spec.Area: (_add_area, 0.6),
    spec.HeatMap: (_add_heat, 0.7),
    spec.Tiles: (_add_tiles, 0.7),
    spec.Band: (_add_band, 1.0),
    spec.Bars: (_add_bars, 1.0),
    spec.Stems: (_add_stems, 2.0),
    spec.Line: (_add_line, 2.0),
    spec.Estimates: (_add_estimates, 2.0),
    spec.Rule: (_add_rule, 2.0),
    spec.Text: (_add_text, TEXT_LAYER),
}


def _set_ticks(axis: MplAxis, letter: str, known: spec.Axis) -> None:
    if known.scale == "log":
        axis.axes.set(**{f"{letter}scale": "log"})
    if known.margin is not None:
        axis.axes.set(**{f"{letter}margin": known.margin})
    if known.ticks is not None:
        names = None if known.names is None else [for_matplotlib(name) for name in known.names]
        axis.set_ticks(list(known.ticks), labels=names)
        if names and not all(name.isascii() for name in names):
            axis.set_tick_params(labelfontfamily=fonts_for("".join(names)))
        if known.angle:
            axis.set_tick_params(labelrotation=known.angle)
            for tick in axis.get_ticklabels():
                tick.set(ha="right", rotation_mode="anchor")
        return
    _choose_ticks(axis, letter, known)


def _choose_ticks(axis: MplAxis, letter: str, known: spec.Axis) -> None:
    """Choose ticks: dates without repetition, whole numbers, or 0.1, 1 and 10 instead of powers."""
    from matplotlib import dates, ticker

    if known.scale == "time":
        locator = dates.AutoDateLocator(minticks=3, maxticks=known.most_ticks)  # type: ignore[no-untyped-call]
        axis.set_major_locator(locator)
        axis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    elif known.scale in ("steps", "whole"):
        axis.set_major_locator(ticker.MaxNLocator(known.most_ticks, integer=True))
        if known.scale == "steps":
            axis.set_major_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    elif known.scale == "log" and letter == "x":
        axis.set_major_locator(ticker.LogLocator(10, subs=(1.0, 2.0, 5.0), numticks=12))
        axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(ticker.NullFormatter())
    elif known.is_share:
        axis.set_major_formatter(ticker.PercentFormatter(1.0))


def _add_legend(figure: Figure, drawn: list[Axes], place: str) -> None:
    if not place:
        return
    # each label once, in the order of the panels
    found: Look = {}
    for axes in drawn:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    look: Look = {"fontsize": 9.5, "frameon": False}
    if place == "below":
        figure.legend(list(found.values()), list(found), loc="outside lower center", ncols=6, **look)
        return
    # one row above the axes, where it hides nothing; a note below the figure would lie on one there
    look |= {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "borderaxespad": 0.2, "ncols": max(len(found), 1)}
    drawn[0].legend(list(found.values()), list(found), **look)


def _finish(figure: Figure, chart: spec.Chart) -> Figure:
    """Give a figure its headline and a note below, and let names in other letters than ASCII be drawn."""
    look: Look = {"x": 0.01, "ha": "left", "color": COLORS["text"]}
    figure.suptitle(for_matplotlib(shorten(chart.title, HEADLINE)), fontsize=13, fontweight="bold", **look)
    if chart.note:
        room = int(12.5 * chart.size[0])
        # Chinese has no spaces, and its letters are twice as wide
        is_narrow = display_width(chart.note) == len(chart.note)
        lines = textwrap.wrap(chart.note, room) if is_narrow else broken(chart.note, room)
        figure.supxlabel(for_matplotlib("\n".join(lines)), fontsize=9, **look)
    use_fonts(figure)
    return figure
