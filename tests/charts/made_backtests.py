"""On what are the pictures of comparisons tried? Backtests whose errors and intervals are known by construction."""

import numpy as np
import pandas as pd

from gatecast.backtesting.record import Backtest
from gatecast.comparison.board import leaderboard

# each model is off by so much, times the step ahead
SLOPES = {"Good": 1.0, "SeasonalNaive": 2.0, "Bad": 4.0}


def made_backtest(n_series=2, n_origins=4, horizon=3, slopes=None, seed=None):
    """Return a backtest in which the error at step h of origin k is the model's slope times h times (k + 1)."""
    slopes = slopes or SLOPES
    random = np.random.default_rng(seed or 0)
    rows = []
    for s in range(n_series):
        for k in range(n_origins):
            for h in range(1, horizon + 1):
                cutoff = 100 + k * horizon
                row = {"unique_id": f"s{s}", "ds": cutoff + h, "cutoff": cutoff, "y": 10.0 + s}
                noise = random.normal(size=len(slopes)) * (0 if seed is None else 3)
                for (name, slope), extra in zip(slopes.items(), noise, strict=True):
                    row[name] = row["y"] + slope * h * (k + 1) + extra
                    # 50 % intervals hold at the first origin only, 90 % intervals at all but the last
                    for level, last in ((50, 0), (90, n_origins - 2)):
                        width = 1000.0 if k <= last else 0.0
                        row[f"{name}-lo-{level}"] = row[name] - width - 1e-9
                        row[f"{name}-hi-{level}"] = row[name] + width
                rows.append(row)
    runs = pd.DataFrame({"model": list(slopes), "cutoff": 100, "fit_seconds": 1.5, "predict_seconds": 0.5, "error": ""})
    scales = {f"s{s}": 2.0 for s in range(n_series)}
    return Backtest(pd.DataFrame(rows), runs, tuple(slopes), horizon, 1, (50.0, 90.0), scales)


def made_board(**options):
    return leaderboard(made_backtest(**options), n_draws=200)


HOSTILE = ("$x^2$ and $y$", "<script>alert(1)</script>", "two\nlines\tand \x07a bell", "_hidden", "a" * 500 + "$")


def hostile_backtest(**options):
    names = (*HOSTILE, "SeasonalNaive")
    return made_backtest(slopes={name: 1.0 + n for n, name in enumerate(names)}, **options)
