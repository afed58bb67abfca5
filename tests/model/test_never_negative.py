"""Do forecasts, intervals, quantiles, paths and streams stay within bounds, those found and those given?"""

import re

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM
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
    assert not model.fitted_.preparation.bounds.are_any.any(), why
    assert not any("below zero" in text for text in model.decisions_)


# an elementwise network of intervals by errors, of quantiles, and a difference, whose paths are sums
WAYS = {"errors": {}, "quantiles": {"loss": "quantile"}, "difference": {"transform": "difference"}}


def shares(n=120):
    """Percentages that come near both ends."""
    y = np.clip(50 + 60 * np.sin(np.arange(n) / 5) + np.random.default_rng(1).normal(0, 15, n), 10, 90)
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=n), "y": y})


def small(data, **settings):
    made = {"hidden_size": 8, "epochs": 3, "ensemble": 1, "lookback": 14, "season_length": 7} | settings
    return forecaster(H, **made).fit(data)


@pytest.mark.parametrize("way", [*WAYS, "pretrained"])
def test_given_bounds_hold_everywhere(way, tmp_path):
    data, bounds = shares(), {"lower": 10, "upper": 90.0}
    if way == "pretrained":
        model = PretrainedLSTM(H, season_length=7, **bounds).fit(data)
    else:
        model = small(data, **WAYS[way], **bounds)
    assert "All forecasts stay within `lower=10, upper=90`." in model.decisions_
    forecast = model.predict(40, level=(80, 99), quantiles=(0.01, 0.5, 0.99))
    values = forecast.drop(columns=["unique_id", "ds"]).to_numpy()
    assert (values.min(), values.max()) == (10, 90)
    assert model.simulate(200)["LSTM"].between(10, 90).all()
    stream = model.stream()
    for y in (10.0, 90.0):
        found = stream.update(y)
        assert ((found >= 10) & (found <= 90)).all()
    model.save(tmp_path / "m")
    pd.testing.assert_frame_equal(LSTMForecaster.load(tmp_path / "m").predict(40), model.predict(40))
    # a series that the model has not seen has them too
    both = pd.concat([data.assign(unique_id="a"), data.assign(unique_id="b", y=lambda d: 100 - d["y"])])
    assert model.predict(40, data=both)["LSTM"].between(10, 90).all()


def test_bound_is_switched_off():
    data = sales()
    bounded, free = small(data), small(data, lower=None)
    assert not free.fitted_.preparation.bounds.are_any.any()
    low = free.predict(level=95)["LSTM-lo-95"].to_numpy()
    assert low.min() < 0
    np.testing.assert_array_equal(bounded.predict(level=95)["LSTM-lo-95"], np.maximum(low, 0))


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"lower": 5}, r"values lie beyond `lower=5`, the first is . of series 'y' at 2024-01-\d\d, and none was"),
        ({"upper": 7}, r"A value lies beyond `upper=7`, 8 of series 'y' at .* or `upper=None` for none"),
    ],
)
def test_history_beyond_a_given_bound_is_refused(bounds, message):
    data = sales().assign(y=lambda d: d["y"].clip(0, 7))
    data.loc[50, "y"] = 8
    with pytest.raises(DataError, match=message):
        small(data, **bounds)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lower": "zero"}, "`lower` must be a finite number, got 'zero'. Use `lower=0`, \"auto\" to have it found"),
        ({"upper": np.nan}, "`upper` must be a finite number, got nan. Use `upper=100`, or None for no bound"),
        ({"lower": 3, "upper": 3}, "`lower=3` and `upper=3` leave nothing between them"),
    ],
)
def test_bounds_that_make_no_sense(settings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        forecaster(H, **settings).fit(sales())


def test_newer_values_beyond_bounds():
    data = sales()
    newer = pd.DataFrame({"ds": data["ds"].iloc[-1] + pd.to_timedelta(np.arange(1, 4), "D"), "y": [0.0, -40.0, -40.0]})
    # what was found does not hold any more
    found = small(data)
    assert found.predict(data=newer)["LSTM"].min() < 0
    stream = found.stream()
    assert min(stream.update(y).min() for y in newer["y"]) < 0
    # what was given does
    given = small(data, lower=0)
    with pytest.warns(UserWarning, match="2 values lie beyond `lower=0`, which this model was fitted with, the first"):
        assert given.predict(data=newer)["LSTM"].min() == 0
    stream = given.stream()
    with pytest.warns(UserWarning, match="A value lies beyond `lower=0`") as told:
        assert min(stream.update(y).min() for y in newer["y"]) == 0
    assert len(told) == 1


def test_bound_is_not_found_where_newest_values_are_below():
    data = sales()
    data.loc[data.index[-3:], "y"] = -5.0
    assert not small(data).fitted_.preparation.bounds.are_any.any()
