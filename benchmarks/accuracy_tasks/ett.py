"""How good is it by the protocol of the long-horizon papers? ETTh1's oil temperature, every window of the test part.

Rows 8640 / 2880 / 2880 are training, validation and test; errors are in units of the training part's standard
deviation. The model sees the first 8640 rows alone and validates inside them, where the papers stop early on the
validation rows. Then it reads on row by row (`stream().update`) and forecasts at each; all 2880 - H + 1 windows count
whose H targets lie in the test part.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from accuracy_tasks.data import find
from accuracy_tasks.model import fit
from accuracy_tasks.rows import Options, Row, rows_of

__all__ = ["run", "window_mse"]

TASK = "etth1"
HORIZONS = (24, 96)
N_TRAIN, N_VALIDATION, N_TEST = 8640, 2880, 2880
FIRST_TARGET = N_TRAIN + N_VALIDATION


def run(options: Options) -> list[Row]:
    """Fit for each horizon and seed, and compare with the last value."""
    raw = pd.read_csv(find(options.folder, "ett/ETTh1.csv.gz"), parse_dates=["date"]).iloc[: FIRST_TARGET + N_TEST]
    table = pd.DataFrame({"unique_id": "OT", "ds": raw["date"], "y": raw["OT"]})
    return [row for horizon in HORIZONS for row in _rows(table, horizon, options.seeds)]


def _rows(table: pd.DataFrame, horizon: int, seeds: tuple[int, ...]) -> list[Row]:
    y = table["y"].to_numpy()
    unit = float(y[:N_TRAIN].std())
    naive = window_mse(y, np.repeat(y[N_TRAIN:, None], horizon, axis=1)) / unit**2
    scores = [_scores(table, horizon, seed, unit, naive) for seed in seeds]
    return rows_of(TASK, [{"MSE, last value": naive}], f", H={horizon}") + rows_of(TASK, scores, f", H={horizon}")


def _scores(table: pd.DataFrame, horizon: int, seed: int, unit: float, naive: float) -> dict[str, float]:
    fitted = fit(table.iloc[:N_TRAIN], horizon, seed=seed, ensemble=None)
    y = table["y"].to_numpy()
    mse = window_mse(y, fitted.forecast_origins(y[N_TRAIN:], horizon)) / unit**2
    return {"MSE": mse, "MSE / last value's": mse / naive, "fit": fitted.seconds}


def window_mse(values: np.ndarray, forecasts: np.ndarray, first_target: int = FIRST_TARGET) -> float:
    """Return the mean squared error of all windows whose targets lie at `first_target` and behind, and are complete.

    Args:
        values: `(n,)` the series.
        forecasts: `(m, H)`, made at each of the last m points.
        first_target: Place of the first test point.
    """
    n, (m, horizon) = len(values), forecasts.shape
    origins = np.arange(first_target - 1, n - horizon)
    targets = values[origins[:, None] + np.arange(1, horizon + 1)]
    return float(np.square(forecasts[origins - (n - m)] - targets).mean())
