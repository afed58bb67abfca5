"""How near to the noise does it come on the tutorial's sine? One step ahead, with the default settings."""

from __future__ import annotations

import pandas as pd

import gatecast
from accuracy_tasks.model import fit
from accuracy_tasks.rows import Options, Row, rows_of

__all__ = ["run"]

N_TRAIN = 8_000


def run(options: Options) -> list[Row]:
    """Fit on the first 8,000 points and forecast each of the last 2,000 from all before it."""
    table = gatecast.datasets.sine()[["unique_id", "ds", "y"]]
    return rows_of("sine", [_scores(table, seed) for seed in options.seeds])


def _scores(table: pd.DataFrame, seed: int) -> dict[str, float]:
    fitted = fit(table.iloc[:N_TRAIN], 1, seed=seed)
    return {"test RMSE": fitted.model.evaluate(table.iloc[N_TRAIN:]).rmse, "fit": fitted.seconds}
