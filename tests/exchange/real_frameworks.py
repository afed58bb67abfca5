"""Do real networks of Keras and PyTorch come and go with the same outputs, and does sktime accept the adapter?

Run by `tests/exchange/test_real_frameworks.py` in the environment that `make test-all` builds. Tolerance: as in
`tests/exchange/test_keras_torch.py`.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import pandas as pd
import pytest
import torch
from sktime.utils.estimator_checks import check_estimator

import gatecast
from exchange.page import run_sections
from gatecast import LSTMForecaster, Network, Training
from gatecast.sktime import GatecastForecaster

Y = 10 + 3 * np.sin(np.arange(150) * 2 * np.pi / 12) + np.random.default_rng(0).normal(0, 0.1, 150)
SPREAD = Y.max() - Y.min()
SAME = 1e-6


def windows(steps):
    return np.lib.stride_tricks.sliding_window_view((Y - Y.min()) / SPREAD, steps)[..., None].astype(np.float32)


def check_forecasts(model, outputs, steps):
    """Compare forecasts in the data's units after each window with the outputs of a framework, `(n, H)`."""
    expected = Y.min() + SPREAD * np.asarray(outputs, np.float64)
    insample = model.predict_insample()["LSTM"].to_numpy()[steps:]
    np.testing.assert_allclose(insample, expected[:-1, 0], rtol=0, atol=SAME * SPREAD)
    np.testing.assert_allclose(model.predict()["LSTM"], expected[-1], rtol=0, atol=SAME * SPREAD)


def test_the_tutorials_model_there_and_back():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(50), keras.layers.Dense(1)])
    model.compile(loss="mean_squared_error", optimizer="adam")
    x = windows(4)
    model.fit(x[:, :3], x[:, 3, 0], epochs=1, batch_size=8, verbose=0)
    forecaster = gatecast.from_keras(model, Y)
    check_forecasts(forecaster, model.predict(windows(3), verbose=0), 3)
    again = forecaster.to_keras()
    np.testing.assert_array_equal(again.predict(windows(3), verbose=0), model.predict(windows(3), verbose=0))


@pytest.mark.parametrize("kind", ["stack", "bidirectional", "gru"])
def test_networks_of_keras_there_and_back(kind):
    keras.utils.set_random_seed(1)
    layers = {
        "stack": [
            keras.layers.LSTM(9, return_sequences=True),
            keras.layers.Dropout(0.2),
            keras.layers.GRU(7),
            keras.layers.Dense(5, activation="tanh"),
        ],
        "bidirectional": [keras.layers.Bidirectional(keras.layers.LSTM(6))],
        "gru": [keras.layers.GRU(8, use_bias=True)],
    }[kind]
    model = keras.Sequential([keras.Input((None, 1)), *layers, keras.layers.Dense(4)])
    # biases begin as zeros
    model.set_weights([w + np.random.default_rng(2).normal(0, 0.3, w.shape) for w in model.get_weights()])
    forecaster = gatecast.from_keras(model, Y, lookback=12)
    outputs = model.predict(windows(12), verbose=0)
    check_forecasts(forecaster, outputs, 12)
    np.testing.assert_allclose(forecaster.to_keras().predict(windows(12), verbose=0), outputs, rtol=0, atol=1e-7)


class Net(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.recurrent = getattr(torch.nn, kind)(1, 8, num_layers=2, batch_first=True, dropout=0.1)
        self.hidden, self.head = torch.nn.Linear(8, 5), torch.nn.Linear(5, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.hidden(self.recurrent(x)[0][:, -1])))


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_modules_of_torch_there_and_back(kind):
    torch.manual_seed(0)
    net = Net(kind)
    forecaster = gatecast.from_torch(net, Y, lookback=10)
    assert net.training
    with torch.no_grad():
        x = torch.from_numpy(windows(10).copy())
        outputs = net.eval()(x).numpy()
        check_forecasts(forecaster, outputs, 10)
        np.testing.assert_allclose(forecaster.to_torch()(x).numpy(), outputs, rtol=0, atol=SAME)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_forecasters_of_ours_in_both(cell):
    network, training = Network(skip="none", cell=cell, decoder_sizes=(5,)), Training(mode="windows", epochs=2)
    model = LSTMForecaster(2, lookback=9, n_layers=2, hidden_size=6, transform="none", network=network, progress=False)
    model = model.set_params(training=training).fit(Y)
    scaling = model.fitted_.preparation.scaling
    x = ((Y[-9:] - scaling.center[0]) / scaling.scale[0]).astype(np.float32)[None, :, None]
    expected = (model.predict(data=Y)["LSTM"].to_numpy() - scaling.center[0]) / scaling.scale[0]
    np.testing.assert_allclose(model.to_keras().predict(x, verbose=0)[0], expected, rtol=0, atol=SAME)
    with torch.no_grad():
        np.testing.assert_allclose(model.to_torch()(torch.from_numpy(x)).numpy()[0], expected, rtol=0, atol=SAME)


def test_sktime_accepts_the_adapter():
    failed = {
        name: told for name, told in check_estimator(GatecastForecaster, verbose=False).items() if told != "PASSED"
    }
    assert failed == {}


def test_sktime_forecasts_as_gatecast_does():
    y = pd.Series(Y, index=pd.period_range("2020-01", periods=150, freq="M"), name="sales")
    adapted = GatecastForecaster(gatecast.PretrainedLSTM(season_length=12)).fit(y, fh=[1, 3, 6])
    ours = gatecast.PretrainedLSTM(6, season_length=12).fit(y.to_timestamp()).predict(level=80)
    forecast = adapted.predict()
    assert forecast.name == "sales"
    assert forecast.index.tolist() == list(pd.PeriodIndex(["2032-07", "2032-09", "2032-12"], freq="M"))
    np.testing.assert_allclose(forecast, ours["LSTM"].iloc[[0, 2, 5]], rtol=1e-9)
    interval = adapted.predict_interval(coverage=0.8)
    np.testing.assert_allclose(interval.to_numpy()[2], ours[["LSTM-lo-80", "LSTM-hi-80"]].iloc[5], rtol=1e-9)


def test_sktime_hands_over_covariates_and_updates():
    rng = np.random.default_rng(1)
    index = pd.date_range("2024-01-01", periods=170, freq="D")
    X = pd.DataFrame({"price": rng.normal(size=170)}, index=index)
    y = pd.Series(Y, index=index[:150])
    model = LSTMForecaster(3, hidden_size=4, lookback=5, progress=False, training=Training(epochs=1))
    adapted = GatecastForecaster(model).fit(y[:140], X=X[:140])
    assert adapted.model_.settings_.future == ("price",)
    before = adapted.predict(fh=[1, 2], X=X[140:150])
    assert before.index.tolist() == index[140:142].tolist()
    adapted.update(y[140:150], X=X[140:150], update_params=False)
    after = adapted.predict(fh=[1, 2], X=X[150:160])
    table = pd.DataFrame({"ds": index[:150], "y": y.to_numpy(), "price": X["price"].to_numpy()[:150]})
    future = pd.DataFrame({"ds": index[150:152], "price": X["price"].to_numpy()[150:152]})
    np.testing.assert_allclose(after, adapted.model_.predict(2, data=table, future=future)["LSTM"], rtol=1e-9)
    with pytest.raises(gatecast.ConfigError, match="`X` has no row at the next 2 steps"):
        adapted.predict(fh=[2], X=X[160:161])


def test_examples_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_sections("Keras", "PyTorch", "MLflow", "sktime")
