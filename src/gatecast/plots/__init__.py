"""How do data, forecasts, errors and gates look? Pictures made with matplotlib, which is loaded when one is drawn.

Each function returns a figure of its own, which belongs to no window. `gatecast.plots.interactive` has some of them
for the browser.
"""

from gatecast.plots.ahead import plot_intervals
from gatecast.plots.coverage import interval_calibration
from gatecast.plots.curves import learning_curves
from gatecast.plots.errors import residuals
from gatecast.plots.evidence import significance
from gatecast.plots.figure import plot_forecast, plot_predictions
from gatecast.plots.gates import gates_heatmap, half_lives, lag_importance
from gatecast.plots.ranking import leaderboard
from gatecast.plots.search import tuning_history, tuning_importance
from gatecast.plots.steps import error_by_step
from gatecast.plots.style import render

__all__ = [
    "error_by_step",
    "gates_heatmap",
    "half_lives",
    "interval_calibration",
    "lag_importance",
    "leaderboard",
    "learning_curves",
    "plot_forecast",
    "plot_intervals",
    "plot_predictions",
    "render",
    "residuals",
    "significance",
    "tuning_history",
    "tuning_importance",
]
