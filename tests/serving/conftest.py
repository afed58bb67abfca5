"""What do the tests of the server share? One that runs, and a saved model."""

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster, Training

from .running import MONTHS, SALES, running


@pytest.fixture(scope="session")
def client():
    with running() as client:
        yield client


@pytest.fixture(scope="session")
def sales_model(tmp_path_factory):
    """A model that learned from monthly sales, in a file."""
    path = tmp_path_factory.mktemp("models") / "sales.safetensors"
    table = pd.DataFrame({"month": pd.to_datetime(MONTHS), "sales": np.array(SALES)})
    model = LSTMForecaster(3, hidden_size=8, progress=False, training=Training(epochs=1))
    model.fit(table).save(path)
    return path
