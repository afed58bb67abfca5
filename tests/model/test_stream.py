"""Does a stream say the same as a full recomputation, whatever comes in?"""

import functools

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster
from made_series import forecaster

SMALL = {"hidden_size": 12, "lookback": 9, "epochs": 3, "progress": False}
Y = np.sin(np.arange(260) / 4) * 5 + 20


KINDS = {
    "plain head": {"skip": "none"},
    "skip": {},
    "windows": {"mode": "windows"},
    "ensemble": {"ensemble": 3},
    "log1p": {"transform": "log1p"},
    "box-cox": {"transform": "box-cox"},
    "difference": {"transform": "difference"},
    "seasonal difference": {"transform": "seasonal-difference", "season_length": 5},
    "quantiles": {"loss": "quantile"},
    "student": {"loss": "student"},
}


@functools.cache
def fitted(kind: str) -> LSTMForecaster:
    y = Y[:200].copy()
    y[[60, 196, 199]] = np.nan
    return forecaster(horizon=3, **SMALL | KINDS[kind]).fit(y)


@pytest.fixture(scope="module", params=["sequence", "windows"])
def model(request: pytest.FixtureRequest) -> LSTMForecaster:
    return forecaster(horizon=3, n_layers=2, mode=request.param, **SMALL).fit(Y[:200])


def test_stream_equals_a_full_recomputation(model: LSTMForecaster) -> None:
    stream = model.stream()
    for t in range(200, 260):
        forecast = stream.update(Y[t])
        whole = model.predict(data=Y[: t + 1])["LSTM"].to_numpy()
        # the issue asks for 1e-6; the arithmetic is the same, so it is the same to the last bit or nearly so
        np.testing.assert_allclose(forecast, whole, rtol=1e-6)


def test_stream_leaves_the_model_alone(model: LSTMForecaster) -> None:
    before = model.predict()["LSTM"].to_numpy()
    first, second = model.stream(), model.stream()
    first.update(100.0)
    np.testing.assert_array_equal(second.update(Y[200]), model.stream().update(Y[200]))
    np.testing.assert_array_equal(model.predict()["LSTM"], before)


@pytest.mark.parametrize("missing", [[200], [201, 202], [200, 205], [203, 208, 209]])
@pytest.mark.parametrize("kind", KINDS)
def test_stream_of_every_kind_of_model_equals_a_full_recomputation(kind: str, missing: list[int]) -> None:
    y = Y[:210].copy()
    y[[60, 196, 199]] = np.nan
    y[missing] = np.nan
    model = fitted(kind)
    stream = model.stream()
    for t in range(200, 210):
        forecast = stream.update(y[t])
        # the same arithmetic in the same order
        np.testing.assert_allclose(forecast, model.predict(data=y[: t + 1])["LSTM"], rtol=1e-6)
        newer = pd.DataFrame({"ds": np.arange(200, t + 1), "y": y[200 : t + 1]})
        if not np.isnan(y[200 : t + 1]).all():
            np.testing.assert_allclose(forecast, model.predict(data=newer)["LSTM"], rtol=1e-6)


@pytest.mark.parametrize("value", ["abc", None, [1.0, 2.0], np.inf])
def test_what_is_no_number_is_refused_and_changes_nothing(model: LSTMForecaster, value: object) -> None:
    stream = model.stream()
    with pytest.raises(DataError, match=r"`value` must be (a number|finite)"):
        stream.update(value)
    np.testing.assert_array_equal(stream.update(Y[200]), model.stream().update(Y[200]))


def test_one_of_several_series_has_to_be_named() -> None:
    days = pd.date_range("2024-01-01", periods=200, freq="D")
    data = pd.concat([pd.DataFrame({"unique_id": i, "ds": days, "y": Y[:200] * (i + 1)}) for i in range(7)])
    model = forecaster(horizon=3, **SMALL).fit(data)
    with pytest.raises(ConfigError, match=r"one of 7 series \(0, 1, 2, 3, 4, \.\.\.\), got None"):
        model.stream()
    with pytest.raises(ConfigError, match="got 'x'"):
        model.stream("x")
    np.testing.assert_allclose(
        model.stream(6).update(7 * Y[200]),
        model.predict(data=pd.DataFrame({"unique_id": [6], "ds": [days[-1] + days.freq], "y": [7 * Y[200]]}))["LSTM"],
        rtol=1e-6,
    )


@pytest.mark.parametrize("kind", ["skip", "ensemble", "log1p", "difference", "quantiles"])
def test_intervals_are_those_of_a_forecast_of_the_same_values(kind: str) -> None:
    model, y = fitted(kind), Y[:205].copy()
    y[[60, 196, 199]] = np.nan
    stream = model.stream()
    for n in (200, 205):
        for value in y[200:n]:
            stream.update(value)
        table = model.predict(data=y[:n], level=80)
        expected = table[["LSTM-lo-80", "LSTM-hi-80"]].to_numpy().T
        # a stream reads one value after the other, in single precision as networks do
        np.testing.assert_allclose(stream.intervals(80), expected, rtol=1e-4)
