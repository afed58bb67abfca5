"""How do data, forecasts, errors and gates look? Pictures made with matplotlib, which is loaded when one is drawn.

Each function returns a figure of its own, which belongs to no window. `GatecastError` says that matplotlib is not
installed, `ConfigError` that an argument is of another type than asked for. `gatecast.charts.interactive` has some of
the functions for the browser.
"""

from gatecast.charts.anomalies import plot_anomalies
from gatecast.charts.attribution import plot_attributions
from gatecast.charts.backtests import error_by_step, interval_calibration
from gatecast.charts.comparisons import leaderboard, significance
from gatecast.charts.fits import learning_curves, residuals, tuning_history, tuning_importance
from gatecast.charts.forecasts import plot_forecast, plot_intervals, plot_predictions
from gatecast.charts.gates import gates_heatmap, half_lives, lag_importance
from gatecast.charts.matplotlib_backend import render

__all__ = ["error_by_step", "gates_heatmap", "half_lives", "interval_calibration", "lag_importance", "leaderboard"]
__all__ += ["learning_curves", "plot_anomalies", "plot_attributions", "plot_forecast", "plot_intervals"]
__all__ += ["plot_predictions", "render", "residuals", "significance", "tuning_history", "tuning_importance"]
