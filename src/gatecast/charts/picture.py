"""How does a picture show itself in a notebook? By a method that notebooks look for, with or without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = ["Picture"]


class Picture(Figure):
    """A figure of matplotlib that belongs to no window, and is a picture as the last line of a notebook's cell.

    Its letters fit its own size: where it is made smaller, they become smaller in proportion, so that they do not
    collide.

    Args:
        to_png: Draws a figure as the content of a PNG file.
        **options: Those of `matplotlib.figure.Figure`.
    """

    def __init__(self, to_png: Callable[[Figure], bytes], **options: Any) -> None:
        super().__init__(**options)
        self._to_png = to_png
        self._own_size = self.get_size_inches()
        self._letters = 1.0

    def set_size_inches(self, w: Any, h: float | None = None, forward: bool = True) -> None:
        """Change the size in inches, and that of all letters where it is smaller than the figure's own."""
        super().set_size_inches(w, h, forward)
        letters = min(1.0, *(self.get_size_inches() / self._own_size).tolist())
        for text in set(self.findobj(Text)):
            text.set_fontsize(text.get_fontsize() * letters / self._letters)
        self._letters = letters

    def _repr_png_(self) -> bytes:
        return self._to_png(self)
