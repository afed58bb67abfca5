"""How does a picture show itself in a notebook? By a method that notebooks look for, with or without a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

__all__ = ["Picture"]


class Picture(Figure):
    """A figure of matplotlib that belongs to no window, and is a picture as the last line of a notebook's cell.

    Args:
        to_png: Draws a figure as the content of a PNG file.
        **options: Those of `matplotlib.figure.Figure`.
    """

    def __init__(self, to_png: Callable[[Figure], bytes], **options: Any) -> None:
        super().__init__(**options)
        self._to_png = to_png

    def _repr_png_(self) -> bytes:
        return self._to_png(self)
