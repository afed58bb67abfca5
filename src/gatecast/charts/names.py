"""How does a name that nobody vouches for get into a picture?"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

import numpy as np

from gatecast.texts import Texts, display_width
from gatecast.texts.frequency import frequency_words

__all__ = ["distinct", "for_matplotlib", "for_plotly", "shorten", "time_label"]

WIDTH = 28
# categories of letters that cannot be seen or turn the direction of writing
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
# letters that a headline has room for
HEADLINE = 90


def shorten(name: object, width: int = WIDTH) -> str:
    """Put a name on one line of limited length; what is left out of its middle is marked by an ellipsis.

    Wide letters (Chinese, ...) count twice; what cannot be seen or turns the direction of writing is left out.
    """
    seen = [" " if letter.isspace() else letter for letter in str(name)]
    text = " ".join("".join(letter for letter in seen if unicodedata.category(letter) not in UNSEEN).split())
    if display_width(text) <= width:
        return text or "(no name)"
    tail = _head(text[::-1], (width - 1) // 2)[::-1]
    return f"{_head(text, width - 1 - display_width(tail))}…{tail}"


def for_matplotlib(text: str) -> str:
    """Return a text for matplotlib, which would read what stands between two dollars as a formula."""
    escaped = text.replace("$", r"\$")
    # matplotlib leaves such names out of legends
    return f" {escaped}" if escaped.startswith("_") else escaped


def distinct(names: Iterable[object], width: int = WIDTH) -> list[str]:
    """Shorten names; those that look the same afterwards are numbered."""
    several = list(names)
    short = [shorten(name, width) for name in several]
    if len(set(short)) == len(short):
        return short
    found: list[str] = []
    for n, text in enumerate(short):
        if short.count(text) > 1:
            number = f" ({short[:n].count(text) + 1})"
            text = _head(text, width - len(number) - 1).rstrip("…") + "…" + number
        found.append(text)
    return found


def for_plotly(text: str) -> str:
    """Return a text for plotly, which reads tags, and formulas between dollars."""
    return html.escape(text, quote=False).replace("$", "&#36;").replace("\n", "<br>")


def _head(text: str, width: int) -> str:
    """Return as much of a text as fits."""
    used = 0
    for n, letter in enumerate(text):
        used += display_width(letter)
        if used > width:
            return text[:n]
    return text


def time_label(name: str, times: np.ndarray, freq: str | int, t: Texts) -> str:
    """Name an axis of times by their column and distance."""
    said = frequency_words(freq, t) if times.dtype.kind == "M" else t("chart.step")
    return f"{shorten(name)} ({said})"
