"""How do all pictures look, and how do they become files? Colors, fonts, axes, and the matplotlib behind them.

Only matplotlib's object-oriented interface is used: no pyplot, no window system, no state that outlives a call.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatecast.charts.names import label
from gatecast.exceptions import ConfigError, GatecastError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "COLORS",
    "FORMATS",
    "PALETTE",
    "check_matplotlib",
    "columns_for",
    "dress",
    "finish",
    "fonts",
    "legend_above",
    "name_ticks",
    "new_figure",
    "panel_grid",
    "render",
    "use_fonts",
    "whole_numbers",
]

# Okabe and Ito (2008): told apart with any kind of color vision, and in gray by their lightness.
COLORS = {
    "data": "#7d7d7d",
    "data_line": "#bdbdbd",
    "train": "#0072B2",
    "test": "#D55E00",
    "forecast": "#007A5A",
    "text": "#222222",
    "window": "#F0E442",
}
# In the order in which models get them; yellow is left out, as thin lines of it cannot be seen on white.
PALETTE = ("#0072B2", "#D55E00", "#CC79A7", "#56B4E9", "#E69F00", "#5B4A9C", "#7d7d7d", "#8C4A2F")
# letters that a headline has room for
HEADLINE = 90
FORMATS = ("png", "svg", "pdf", "jpg", "webp")
# Whichever of these are installed stand in for the letters that the first font does not have.
CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Arial Unicode MS",
    "Droid Sans Fallback",
    "Noto Sans CJK JP",
    "Noto Sans CJK TC",
    "Noto Sans CJK KR",
)


def check_matplotlib() -> None:
    """Make sure that pictures can be drawn.

    Raises:
        GatecastError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise GatecastError(
            "Pictures are drawn with matplotlib, which is not installed. Run `pip install 'gatecast[plots]'`."
        ) from None


def fonts() -> list[str]:
    """List the fonts for texts: matplotlib's own, then those with Chinese letters that are installed here."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in CJK_FONTS if name in installed)]


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, `width` x `height` inches."""
    check_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def dress(axes: Axes, title: str, x_label: str, y_label: str) -> None:
    """Give axes a title, labels and a quiet grid."""
    axes.set_title(title, loc="left", fontsize=10.5, color=COLORS["text"], pad=8)
    axes.set_xlabel(x_label, fontsize=9.5, color=COLORS["text"])
    axes.set_ylabel(y_label, fontsize=9.5, color=COLORS["text"])
    axes.grid(visible=True, color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9, color="#b0b0b0", labelcolor=COLORS["text"])
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#b0b0b0")


def finish(figure: Figure, title: str, note: str = "") -> Figure:
    """Give a figure its headline and a note below, and let names in other letters than ASCII be drawn."""
    text = label(title, HEADLINE)
    figure.suptitle(text, fontsize=13, fontweight="bold", x=0.01, ha="left", color=COLORS["text"])
    if note:
        columns = int(12.5 * figure.get_figwidth())
        wrapped = "\n".join(textwrap.wrap(label(note, 10_000), columns))
        figure.supxlabel(wrapped, fontsize=9, x=0.01, ha="left", color=COLORS["text"])
    use_fonts(figure)
    return figure


def legend_above(axes: Axes, handles: Sequence[Any] | None = None) -> None:
    """Put a legend of one row above axes, where it hides nothing; a note below the figure would lie on one there."""
    shown = axes.get_legend_handles_labels()[0] if handles is None else list(handles)
    axes.legend(
        handles=shown,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=max(len(shown), 1),
        fontsize=9.5,
        frameon=False,
        borderaxespad=0.2,
    )


def name_ticks(axis: Axis, positions: Sequence[float], names: Sequence[str]) -> None:
    """Put names, made by `label`, beside ticks."""
    axis.set_ticks(positions, labels=list(names))
    if not all(name.isascii() for name in names):
        axis.set_tick_params(labelfontfamily=fonts())


def whole_numbers(axis: Axis) -> None:
    """Give an axis ticks at whole numbers only: there is no half epoch, step or trial."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(7, integer=True))


def columns_for(n: int, most: int) -> int:
    """Count the columns of n panels, such that the last row is as full as can be.

    Examples:
        >>> columns_for(5, 4), columns_for(7, 4), columns_for(3, 4)
        (3, 4, 3)
    """
    return -(-n // -(-n // most))


def panel_grid(figure: Figure, n: int, n_columns: int) -> list[Axes]:
    """Make n axes in rows that share both scales; only those at the edges have tick labels."""
    columns = min(n, n_columns)
    rows = -(-n // columns)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.ravel())
    for unused in panels[n:]:
        unused.remove()
    for k, axes in enumerate(panels[:n]):
        axes.tick_params(labelbottom=k + columns >= n, labelleft=k % columns == 0)
    return panels[:n]


def use_fonts(figure: Figure) -> None:
    """Let texts with other letters than ASCII fall back on the fonts of `fonts`."""
    from matplotlib.text import Text

    families = fonts()
    texts: list[Any] = figure.findobj(Text)
    for text in texts:
        if not text.get_text().isascii():
            text.set_fontfamily(families)
            # Chinese fonts often come in one weight, and matplotlib complains about others
            text.set_fontweight("normal")


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


def _letter(message: str) -> str:
    """Return the letter that a warning like "Glyph 26085 (...) missing from font(s) ..." is about."""
    digits = message.removeprefix("Glyph ").split(" ", 1)[0]
    return chr(int(digits)) if digits.isdigit() else "?"
