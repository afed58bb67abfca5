"""How do data, forecasts, errors and gates look? Pictures made with matplotlib, which is loaded when one is drawn.

Each function returns a figure of its own, which belongs to no window. `gatecast.charts.interactive` has some of them
for the browser.
"""

from gatecast.charts.ahead import plot_intervals
from gatecast.charts.coverage import interval_calibration
from gatecast.charts.curves import learning_curves
from gatecast.charts.errors import residuals
from gatecast.charts.evidence import significance
from gatecast.charts.figure import plot_forecast, plot_predictions
from gatecast.charts.gates import gates_heatmap, half_lives, lag_importance
from gatecast.charts.ranking import leaderboard
from gatecast.charts.search import tuning_history, tuning_importance
from gatecast.charts.steps import error_by_step
from gatecast.charts.style import render

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
