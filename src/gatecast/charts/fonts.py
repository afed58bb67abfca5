"""Which fonts draw the letters that matplotlib's own font lacks, above all Chinese ones?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gatecast.texts import display_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CJK_FONTS", "fonts", "fonts_for", "look_again", "use_fonts"]

# Whichever of these are installed stand in for the letters that the first font does not have.
CJK_FONTS = ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei"]
CJK_FONTS += ["WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC"]
CJK_FONTS += ["Arial Unicode MS", "Droid Sans Fallback", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Sans CJK KR"]
CJK_FONTS += ["Noto Serif CJK SC", "Source Han Serif SC", "SimSun", "KaiTi", "FangSong", "STHeiti", "Songti SC"]
CJK_FONTS += ["AR PL UMing CN", "AR PL UKai CN", "Microsoft JhengHei", "Yu Gothic", "Malgun Gothic"]


def fonts() -> list[str]:
    """List the fonts for texts: matplotlib's own, then those with Chinese letters that are known to it here."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in CJK_FONTS if name in installed)]


@cache
def look_again() -> None:
    """Make fonts known that were installed after matplotlib listed those of this machine; once in a process."""
    from matplotlib import font_manager

    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        try:
            font_manager.fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError, NotImplementedError):
            # a broken file, or one whose letters are pictures, is no font for matplotlib
            continue


def use_fonts(figure: Figure) -> None:
    """Let texts with other letters than ASCII fall back on the fonts of `fonts`."""
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and not text.get_text().isascii()]
    for text in texts:
        text.set_fontfamily(fonts_for(text.get_text()))
        # Chinese fonts often come in one weight, and matplotlib complains about others
        text.set_fontweight("normal")


def fonts_for(text: str) -> list[str]:
    """List the fonts for a text; if it has wide letters and none of the known fonts has, fonts are looked for again."""
    families = fonts()
    if len(families) == 1 and display_width(text) > len(text):
        look_again()
        families = fonts()
    return families
