"""Is nothing forecast below zero of what never is, such as sales and solar power: forecasts, intervals and paths?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from made_series import forecaster

H = 14
KINDS = {
    "pretrained": {"pretrained": "only"},
    "trained": {},
    "quantiles": {"loss": "quantile"},
    "logs": {"transform": "log1p"},
}


def sales(least=0, n=120):
    """Numbers sold on each day, about an eighth of them none."""
    y = np.random.default_rng(0).poisson(2.2, n) + float(least)
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=n), "y": y})


def fitted(kind, data):
    if kind == "pretrained":
        return LSTMForecaster(H, pretrained="only", progress=False).fit(data)
    return forecaster(H, hidden_size=8, epochs=4, ensemble=1, lookback=14, season_length=7, **KINDS[kind]).fit(data)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_below_zero(kind, tmp_path):
    data = sales()
    model = fitted(kind, data)
    assert any(text.startswith("Nothing is forecast below zero for 1 of 1 series") for text in model.decisions_)
    forecast, paths = model.predict(level=(80, 95)), model.simulate(100, seed=0)
    assert forecast.drop(columns=["unique_id", "ds"]).to_numpy().min() == 0
    assert paths["LSTM"].min() == 0
    model.save(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(LSTMForecaster.load(tmp_path / "model.safetensors").predict(level=(80, 95)), forecast)
    # a stream forecasts what a table with the newer value does
    newer = pd.DataFrame({"ds": [data["ds"].iloc[-1] + pd.Timedelta(days=1)], "y": [0.0]})
    expected = model.predict(data=pd.concat([data, newer]))["LSTM"].to_numpy()
    # it looks as far ahead as the network does
    found = model.stream().update(0.0)
    np.testing.assert_allclose(found, expected[: len(found)], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("least", "why"), [(-1, "values below zero"), (1, "no zeros")])
def test_other_series_have_no_bound(least, why):
    model = fitted("trained", sales(least))
    assert not model.fitted_.preparation.is_bounded.any(), why
    assert not any("below zero" in text for text in model.decisions_)
