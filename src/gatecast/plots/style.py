"""How do all pictures look, and how do they become files? Colors, fonts, axes, and the matplotlib behind them.

Only matplotlib's object-oriented interface is used: no pyplot, no window system, no state that outlives a call.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from gatecast.exceptions import ConfigError, GatecastError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLORS",
    "FORMATS",
    "check_matplotlib",
    "dress",
    "fonts",
    "new_figure",
    "render",
    "use_fonts",
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
        figure: From `plot_forecast`.
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
    stream = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(stream, format=file_format, dpi=dpi)
    missing = [str(w.message) for w in caught if "missing from" in str(w.message)]
    for other in caught:
        if "missing from" not in str(other.message):
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return stream.getvalue(), "".join(sorted({_letter(message) for message in missing}))


def _letter(message: str) -> str:
    """Return the letter that a warning like "Glyph 26085 (...) missing from font(s) ..." is about."""
    digits = message.removeprefix("Glyph ").split(" ", 1)[0]
    return chr(int(digits)) if digits.isdigit() else "?"
