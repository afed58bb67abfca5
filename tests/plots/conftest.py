"""What do the tests of the pictures share? Small fitted models."""

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import LSTMForecaster


def monthly(n=120, name="sales", start="2015-01-01"):
    t = np.arange(n)
    y = 50 + t + 10 * np.sin(t * np.pi / 6) + np.random.default_rng(0).normal(size=n)
    return pd.DataFrame({"month": pd.date_range(start, periods=n, freq="MS"), name: y})


def small(**settings):
    return LSTMForecaster(**{"hidden_size": 4, "epochs": 1, "lookback": 6, "progress": False, **settings})


@pytest.fixture(scope="session")
def parts():
    return gatecast.train_test_split(monthly())


@pytest.fixture(scope="session")
def model(parts):
    return small(horizon=3).fit(parts[0])
