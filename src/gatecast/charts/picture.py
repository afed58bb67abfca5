"""How does a picture show itself in a notebook? By a method that notebooks look for, with or without a window."""

from __future__ import annotations

from matplotlib.figure import Figure

__all__ = ["Picture"]

# dots per inch on a page that is as wide as a notebook
DPI = 100


class Picture(Figure):
    """A figure of matplotlib that belongs to no window, and is a picture as the last line of a notebook's cell."""

    def _repr_png_(self) -> bytes:
        from gatecast.charts.matplotlib_backend import render

        return render(self, "png", DPI)[0]
