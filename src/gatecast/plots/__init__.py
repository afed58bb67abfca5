"""How does a forecast look? Pictures made with matplotlib, which is loaded only when one is drawn."""

from gatecast.plots.figure import plot_forecast
from gatecast.plots.style import render

__all__ = ["plot_forecast", "render"]
