"""Are counts with many zeros forecast by their mean, and never below zero, whoever forecasts?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from made_series import forecaster

H = 6
KINDS = {
    "pretrained": {"pretrained": "only"},
    "trained": {},
    "quantiles": {"loss": "quantile"},
    "windows": {"mode": "windows"},
}


def demand(n_series=40, n_points=60, seed=0):
    """Sales of spare parts: nothing in seven of ten months, one to five pieces else."""
    rng = np.random.default_rng(seed)
    y = rng.poisson(0.2, (n_series, n_points)) * rng.integers(1, 5, (n_series, n_points)) + (
        rng.random((n_series, n_points)) < 0.1
    )
    months = pd.date_range("2015-01-01", periods=n_points, freq="MS")
    ids = [f"part {k:02d}" for k in range(n_series)]
    return pd.DataFrame({"unique_id": np.repeat(ids, n_points), "ds": np.tile(months, n_series), "y": y.ravel() * 1.0})


def model_of(kind):
    small = {"hidden_size": 8, "epochs": 4, "ensemble": 1, "lookback": 12}
    if kind == "pretrained":
        return LSTMForecaster(H, pretrained="only", season_length=12, progress=False)
    return forecaster(H, season_length=12, **small | KINDS[kind])


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    return model_of(request.param).fit(demand())


def test_what_is_forecast_sums_up_to_about_the_demand(model):
    forecast = model.predict()["LSTM"]
    # medians sum up to nothing; networks of seconds know the mean within a half
    assert 0.5 < forecast.mean() / demand().y.mean() < 1.5


def test_nothing_is_below_zero(model):
    forecast = model.predict(level=(80, 95))
    assert (forecast.drop(columns=["unique_id", "ds"]).to_numpy() >= 0).all()
    assert (model.simulate(20, seed=0)["LSTM"] >= 0).all()


def test_streams_and_files_forecast_the_same(model, tmp_path):
    newer = demand().groupby("unique_id").tail(1)
    stream = model.stream("part 03")
    newest = float(newer[newer.unique_id == "part 03"].y.iloc[0])
    whole = demand()
    more = pd.concat([whole, newer.assign(ds=newer.ds + pd.offsets.MonthBegin(1))])
    expected = model.predict(data=more).query("unique_id == 'part 03'")["LSTM"].to_numpy()
    np.testing.assert_allclose(stream.update(newest), expected, rtol=1e-6)
    model.save(tmp_path / "model.gatecast")
    pd.testing.assert_frame_equal(
        LSTMForecaster.load(tmp_path / "model.gatecast").predict(level=80), model.predict(level=80)
    )


def test_other_series_are_as_they_were():
    data = demand().assign(y=lambda d: d.y + 0.5)
    fitted = model_of("trained").fit(data).fitted_
    assert fitted.record.plan.loss == "mae"
    assert not fitted.preparation.is_sparse.any()


def test_a_loss_that_was_asked_for_is_taken():
    fitted = forecaster(H, loss="huber", epochs=1, hidden_size=4).fit(demand()).fitted_
    assert fitted.record.plan.loss == fitted.ensemble.first.loss.loss == "huber"
