"""Where may a line of Chinese end? Behind any letter but before no closing mark; `rich` knows of spaces only."""

from __future__ import annotations

import re

from gatecast.texts import display_width

__all__ = ["broken"]

# what a line is made of: a Chinese letter or a word of others, with the marks that do not end or begin a line
PIECES = re.compile(
    r"[（“]*(?:[^\x00-\u2e7f，；：、。）”（“]|[^\s\u2e80-\uffff“”]+|\s+)[，；：、。）”]*|[（“，；：、。）”]+"
)


def broken(text: str, room: int) -> list[str]:
    """Break a text to lines of at most so many columns, of which a Chinese letter takes two.

    Examples:
        >>> broken("回看 24 步，预测 12 步。", 12)
        ['回看 24 步，', '预测 12 步。']
    """
    lines = [""]
    for piece in PIECES.findall(text):
        if lines[-1] and display_width(lines[-1] + piece.rstrip()) > room:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]
