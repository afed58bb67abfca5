"""How do charts look? Colors told apart with any kind of color vision, fonts, and how pictures become files."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from gatecast.charts.spec import Dash, Look, Marker, Role
from gatecast.exceptions import ConfigError, GatecastError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLORS", "FORMATS", "check_matplotlib", "fonts", "render", "series_look", "use_fonts"]

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


def series_look(n: int) -> Look:
    """Return role, marker and dash of a line of model number n, by which it looks alike in all charts."""
    dash = DASHES[n // len(SERIES) % len(DASHES)]
    return {"role": SERIES[n % len(SERIES)], "marker": MARKERS[n % len(MARKERS)], "dash": dash}


FORMATS = ("png", "svg", "pdf", "jpg", "webp")
# Whichever of these are installed stand in for the letters that the first font does not have.
CJK_FONTS = ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei"]
CJK_FONTS += ["WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC"]
CJK_FONTS += ["Arial Unicode MS", "Droid Sans Fallback", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Sans CJK KR"]


def check_matplotlib() -> None:
    """Make sure that pictures can be drawn."""
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


def use_fonts(figure: Figure) -> None:
    """Let texts with other letters than ASCII fall back on the fonts of `fonts`."""
    from matplotlib.text import Text

    families = fonts()
    for text in figure.findobj(Text):
        if isinstance(text, Text) and not text.get_text().isascii():
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
