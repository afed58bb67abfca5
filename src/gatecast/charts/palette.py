"""How do roles look? A color for each, told apart with any kind of color vision, and in gray by their lightness."""

from __future__ import annotations

from gatecast.charts.spec import Dash, Look, Marker, Role

__all__ = ["COLORS", "series_look"]

# Okabe and Ito (2008)
COLORS: dict[str, str] = {
    "data": "#7d7d7d",
    "quiet": "#bdbdbd",
    "model": "#0072B2",
    "contrast": "#D55E00",
    "forecast": "#007A5A",
    "text": "#222222",
    "window": "#F0E442",
    "open": "#6b6b6b",
    "others": "#cfcfcf",
    "noise": "#9a9a9a",
    "better": "#56B4E9",
    "worse": "#E69F00",
    "page": "#ffffff",
    "grid": "#e4e4e4",
    # in the order in which models get them; yellow is left out, as thin lines of it cannot be seen on white
    "m0": "#0072B2",
    "m1": "#D55E00",
    "m2": "#CC79A7",
    "m3": "#56B4E9",
    "m4": "#E69F00",
    "m5": "#5B4A9C",
    "m6": "#7d7d7d",
    "m7": "#8C4A2F",
}
SERIES: tuple[Role, ...] = ("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7")
MARKERS: tuple[Marker, ...] = ("circle", "square", "diamond", "triangle-up", "cross", "x")
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")


def series_look(n: int) -> Look:
    """Return role, marker and dash of a line of model number n, by which it looks alike in all charts.

    Examples:
        >>> series_look(9)
        {'role': 'm1', 'marker': 'triangle-up', 'dash': 'dashed'}
    """
    dash = DASHES[n // len(SERIES) % len(DASHES)]
    return {"role": SERIES[n % len(SERIES)], "marker": MARKERS[n % len(MARKERS)], "dash": dash}
