"""Backtests whose answers are known, made by hand."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gatecast.backtesting.record import Backtest


def made_backtest(
    errors: Mapping[str, np.ndarray],
    horizon: int = 1,
    step: int | None = None,
    seconds: Mapping[str, float] | None = None,
    failures: Mapping[str, str] | None = None,
    scale: float = 1.0,
    levels: Mapping[float, float] | None = None,
    megabytes: Mapping[str, float] | None = None,
) -> Backtest:
    """Make a backtest with the absolute errors that are passed.

    Args:
        errors: By model, `(S, T)` or `(S, T, H)` absolute errors; NaN where it has no forecast.
        horizon: H.
        step: Steps between origins, H when absent.
        seconds: To fit, by model, 1 when absent.
        failures: Error of all runs, by model.
        scale: Of each series.
        levels: Half widths of the intervals of all models, by level in %.
        megabytes: Size of each fit, by model, unknown when absent.
    """
    rng = np.random.default_rng(0)
    step = step or horizon
    cube = {k: np.broadcast_to(e[..., None] if e.ndim == 2 else e, (*e.shape[:2], horizon)) for k, e in errors.items()}
    n_series, n_origins, _ = next(iter(cube.values())).shape
    s, t, k = (a.ravel() for a in np.meshgrid(*map(np.arange, (n_series, n_origins, horizon)), indexing="ij"))
    table = pd.DataFrame({"unique_id": [f"s{i:03d}" for i in s], "ds": 100 + t * step + k, "cutoff": 99 + t * step})
    table["y"] = 50 + rng.normal(size=len(table))
    for name, e in cube.items():
        table[name] = table["y"] + e.ravel()
        for level, half in (levels or {}).items():
            table[f"{name}-lo-{level:g}"] = table[name] - half
            table[f"{name}-hi-{level:g}"] = table[name] + half
    runs = [
        {
            "model": name,
            "cutoff": cutoff,
            "fit_seconds": (seconds or {}).get(name, 1.0),
            "predict_seconds": 0.0,
            "megabytes": (megabytes or {}).get(name, np.nan),
            "error": (failures or {}).get(name, ""),
        }
        for name in errors
        for cutoff in sorted(set(table["cutoff"]))
    ]
    scales = dict.fromkeys(table["unique_id"].unique(), scale)
    return Backtest(table, pd.DataFrame(runs), tuple(errors), horizon, 1, tuple(levels or ()), scales)
