"""Which models are compared in a report, how often, and for how long? As much as is worth waiting for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast.backtesting.backtest import MANY_SERIES, usual_jobs
from gatecast.comparison.comparison import USUAL
from gatecast.data.panel.panel import Panel
from gatecast.forecaster import LSTMForecaster

__all__ = ["Scope", "rivals", "scope_of"]

WINDOWS, FEW_WINDOWS = 5, 2
SECONDS, FEW_SECONDS = 30.0, 20.0
# takes seconds for each series and window
SLOW = ("AutoARIMA",)


@dataclass(frozen=True)
class Scope:
    """How much is compared: models by name, origins of each series, seconds of each model in one window, processes.

    The LSTM is the one that the report is about; usual models are left out because they would take too long.
    """

    models: tuple[str, ...]
    n_windows: int
    time_limit: float
    n_jobs: int | None
    left_out: tuple[str, ...] = ()


def scope_of(panel: Panel, horizon: int) -> Scope:
    """Choose five windows and all usual models; two windows, and none that is slow, from ten series on.

    Windows that half of the series are too short for are left out: before the first origin there must be two horizons.

    Examples:
        >>> import numpy as np
        >>> scope_of(Panel(np.array(["a"]), np.zeros(60), np.array([0, 60]), np.array([0]), 1), 12).n_windows
        3
    """
    room = int(np.median(panel.lengths)) // horizon - 2
    jobs = usual_jobs(panel.n_series)
    if panel.n_series < MANY_SERIES:
        return Scope(USUAL, max(1, min(WINDOWS, room)), SECONDS, jobs)
    fast = tuple(name for name in USUAL if name not in SLOW)
    return Scope(fast, max(1, min(FEW_WINDOWS, room)), FEW_SECONDS, jobs, SLOW)


def rivals(model: LSTMForecaster, scope: Scope) -> list[LSTMForecaster | str]:
    """Return the models: one of the same settings in place of "LSTM", the others by name."""
    again = LSTMForecaster.from_settings(replace(model.settings_, checkpoint=None, progress=False))
    return [again if name == "LSTM" else name for name in scope.models]
