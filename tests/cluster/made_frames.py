"""Tables of monthly series for the tests of partitions and clusters."""

import numpy as np
import pandas as pd

SEASON = 12
N_MONTHS = 48


def monthly(n_series, first=0, n_months=N_MONTHS, seed=0):
    """Make `n_series` seasonal series `s000, s001, ...`, the same ones whatever stands before them."""
    months = np.arange(n_months)
    tables = []
    for s in range(first, first + n_series):
        rng = np.random.default_rng((seed, s))
        y = 20 + 5 * (s % 7) + 4 * np.sin(2 * np.pi * months / SEASON) + rng.normal(0, 0.3, n_months)
        times = pd.date_range("2019-01-01", periods=n_months, freq="MS")
        tables.append(
            pd.DataFrame({"unique_id": f"s{s:03d}", "ds": times, "y": y, "region": "north" if s % 2 else "south"})
        )
    return pd.concat(tables, ignore_index=True)


def sorted_rows(table, by=("unique_id", "ds")):
    """Return the rows in an order that no engine has a say in."""
    return table.sort_values(list(by)).reset_index(drop=True)
