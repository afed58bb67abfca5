"""What does training on a set itself add to the pretrained networks? The protocols of the examination, with a fit.

Each set is fitted with the defaults, which decide by themselves whether to train, and by training that starts from the
pretrained networks. Births have one fit before the first window, and are also told the calendar and holidays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from accuracy_tasks import metrics
from accuracy_tasks.data import Split
from accuracy_tasks.examination import EXAMINATION
from accuracy_tasks.model import Fit, fit
from accuracy_tasks.rows import Options, Row, or_not_available, rows_of

__all__ = ["run"]

TASK = "fine_tuned"
ROLLING = "us_births"
SETS = ("hospital", "tourism_monthly", "tourism_quarterly", "nn5", "m4_weekly", ROLLING)
# what is told, and how the row is called
WAYS: Mapping[str, Mapping[str, Any]] = {"defaults": {}, "started from pretrained": {"pretrained": "start"}}
INFORMED = {
    "started from pretrained, with calendar and holidays": {"pretrained": "start", "calendar": True, "country": "US"}
}


def run(options: Options) -> list[Row]:
    """Fit each set in each way, for each seed."""
    rows: list[Row] = []
    for own in EXAMINATION:
        if own.name in SETS and options.seeds:
            split = own.read(options.folder)
            for way, told in (WAYS | INFORMED if own.name == ROLLING else WAYS).items():
                rows += or_not_available(
                    TASK, [_name(own.name, way)], partial(_models, split, own.name, way, told, options)
                )
    return rows


def _models(split: Split, name: str, way: str, told: Mapping[str, Any], options: Options) -> list[Row]:
    scores = [_scores(split, name == ROLLING, told, seed) for seed in options.seeds]
    return rows_of(TASK, [{f"MASE, {name}": mase, f"fit, {name}": seconds} for mase, seconds in scores], f", {way}")


def _name(name: str, way: str) -> str:
    return f"MASE, {name}, {way}"


def _scores(split: Split, is_rolling: bool, told: Mapping[str, Any], seed: int) -> tuple[float, float]:
    fitted = fit(_first(split) if is_rolling else split.table, split.horizon, seed=seed, ensemble=None, **told)
    forecast = _windows(split, fitted) if is_rolling else split.align(fitted.predict()[0])
    return metrics.mase_of_points(split.actual, forecast, split.scales), fitted.seconds


def _first(split: Split) -> pd.DataFrame:
    """What is known before the first window."""
    return split.table[split.table["unique_id"] == split.table["unique_id"].iloc[0]]


def _windows(split: Split, fitted: Fit) -> np.ndarray:
    """Forecast each window from all that is known before it, by the model that was fitted before the first."""
    name = split.table["unique_id"].iloc[0]
    known = [table.assign(unique_id=name) for _, table in split.table.groupby("unique_id", sort=False)]
    return np.stack([fitted.predict(data=table)[0]["LSTM"].to_numpy() for table in known])
