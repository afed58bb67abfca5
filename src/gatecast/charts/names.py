"""How does a name that nobody vouches for get into a picture? As text: on one line, short, and never as markup."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

__all__ = ["distinct", "for_matplotlib", "for_plotly", "shorten"]

WIDTH = 28
# letters that a headline has room for
HEADLINE = 90


def shorten(name: object, width: int = WIDTH) -> str:
    r"""Put a name on one line of limited length; what is left out of its middle is marked by an ellipsis.

    Wide letters (Chinese, Japanese, Korean) count twice. Letters that cannot be seen or that turn the direction of
    writing are left out.

    Examples:
        >>> shorten("north\nstore"), shorten("a_very_long_name_of_a_column_that_goes_on", 20)
        ('north store', 'a_very_lon…t_goes_on')
    """
    seen = "".join(" " if letter.isspace() else letter for letter in str(name) if _is_seen(letter))
    text = " ".join(seen.split())
    if _width(text) <= width:
        return text or "(no name)"
    tail = _head(text[::-1], (width - 1) // 2)[::-1]
    return f"{_head(text, width - 1 - _width(tail))}…{tail}"


def for_matplotlib(text: str) -> str:
    r"""Return a text for matplotlib, which would read what stands between two dollars as a formula.

    Examples:
        >>> print(for_matplotlib("\\$"))
        \\$
    """
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
    """Return a text for plotly, which reads tags, and formulas between dollars.

    Examples:
        >>> for_plotly("<b>$x$</b>")
        '&lt;b&gt;&#36;x&#36;&lt;/b&gt;'
    """
    return html.escape(text, quote=False).replace("$", "&#36;").replace("\n", "<br>")


def _is_seen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _head(text: str, width: int) -> str:
    """Return as much of a text as fits."""
    used = 0
    for n, letter in enumerate(text):
        used += _width(letter)
        if used > width:
            return text[:n]
    return text
