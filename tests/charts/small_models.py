"""On what are the pictures tried? A short monthly series and models that train in milliseconds."""

import numpy as np
import pandas as pd

from made_series import forecaster


def monthly(n=120, name="sales", start="2015-01-01"):
    t = np.arange(n)
    y = 50 + t + 10 * np.sin(t * np.pi / 6) + np.random.default_rng(0).normal(size=n)
    return pd.DataFrame({"month": pd.date_range(start, periods=n, freq="MS"), name: y})


def small(**settings):
    return forecaster(
        **{"hidden_size": 4, "epochs": 1, "lookback": 6, "progress": False, "transform": "none", **settings}
    )
