"""Does training go on from pretrained networks: from their very forecasts, never to worse ones, and to covariates?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, LSTMForecaster, PretrainedLSTM, Training
from gatecast.data import to_panel
from gatecast.model.candidates import start_candidate
from gatecast.model.plan import TrainingData
from gatecast.model.settings import Settings
from gatecast.model.zero_shot import zero_shot
from gatecast.network.ensemble import Ensemble
from gatecast.network.inputs import Ahead
from made_series import COVARIATES, forecaster, with_covariates

H = 4


def quarters(n: int = 100, seed: int = 0) -> pd.DataFrame:
    """Quarters whose price moves them."""
    rng, t = np.random.default_rng(seed), np.arange(n)
    price = rng.normal(5, 1, n)
    y = 60 + 5 * np.sin(2 * np.pi * t / 4) + 3 * price + rng.normal(0, 0.3, n)
    return pd.DataFrame({"ds": pd.date_range("2000-01-01", periods=n, freq="QS"), "y": y, "price": price})


def start_of(data: pd.DataFrame, **settings: object):
    """What training would begin with, and what it learns from."""
    roles = {name: settings.get(name, ()) for name in ("past", "future", "static")}
    own = Settings(H, pretrained="start", **settings)
    learned = TrainingData.of(own, to_panel(data, **roles))
    return start_candidate(learned, np.inf), own, learned


def first_forecast(candidate, panel, ahead=None):
    """Forecast from the end of a panel before any step was taken."""
    ensemble = Ensemble(tuple(candidate.network(flat, 1) for flat in candidate.starts))
    arrays = candidate.preparation.arrays(panel)
    return ensemble.forecast(ensemble.read(ensemble.blank(arrays), arrays), H, ahead)


def test_step_0_is_the_zero_shot_forecast_bit_by_bit():
    candidate, own, learned = start_of(quarters().drop(columns="price"))
    fitted = zero_shot(own, learned.learned_from)
    expected = fitted.ensemble.forecast(fitted.memories, H)
    np.testing.assert_array_equal(first_forecast(candidate, learned.learned_from), expected)


def test_covariates_do_not_change_step_0():
    data = with_covariates(120, ids=("a", "b"))
    candidate, _, learned = start_of(data, season_length=4, calendar=True, country="DE", **COVARIATES)
    alone, _, without = start_of(data[["unique_id", "ds", "y"]], season_length=4)
    numbers = np.random.default_rng(0).normal(size=(2, H, candidate.spec.n_ahead_numbers)).astype(np.float32)
    codes = np.zeros((2, H, candidate.spec.n_ahead_codes), np.int32)
    ours = first_forecast(candidate, learned.learned_from, Ahead(numbers, codes))
    # sums with zeros in them may be rounded in another order
    np.testing.assert_allclose(ours, first_forecast(alone, without.learned_from), rtol=1e-5, atol=1e-5)
    assert candidate.spec.n_parameters > alone.spec.n_parameters


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rate", [0.001, 0.3])
def test_the_result_is_never_worse_on_the_validation_set(seed, rate):
    data = quarters(60, seed).drop(columns="price")
    model = forecaster(H, pretrained="start", learning_rate=rate, epochs=12, progress=False).fit(data)
    candidate, _, _ = start_of(data)
    before = candidate.mase_of(candidate.judge(candidate.starts))
    if model.fitted_.record.is_trained:
        after = candidate.mase_of(candidate.judge([network.weights for network in model.fitted_.ensemble.networks]))
        assert after < before
        assert model.history_["validation_epoch"][0] == 0
        losses = model.history_["validation_loss"]
        assert model.fitted_.record.validation_loss == min(losses) <= losses[0]
    else:
        pd.testing.assert_frame_equal(model.predict(), PretrainedLSTM(H).fit(data).predict())
        assert "stayed as they were" in model.decisions_[-1]


def test_it_learns_what_a_covariate_does():
    data = quarters()
    train, test = data[:-H], data[-H:].drop(columns="y")
    model = LSTMForecaster(H, pretrained="start", future=["price"], progress=False).fit(train)
    change = model.predict(future=test.assign(price=test["price"] + 1))["LSTM"] - model.predict(future=test)["LSTM"]
    # the series were made with an effect of 3; without learning it is 0, and a short training finds most of it
    assert 1 < change.mean() < 4
    assert "Trained on from" in model.decisions_[0]
    assert model.fitted_.record.is_trained


def test_the_record_names_the_networks_that_were_trained_on() -> None:
    # of two seasons the network of days and weeks is taken, which the shorter one alone would not lead to
    t, rng = np.arange(800), np.random.default_rng(0)
    price = rng.normal(5, 1, len(t))
    y = 60 + 5 * np.sin(2 * np.pi * t / 48) + 3 * np.sin(2 * np.pi * t / 336) + 3 * price + rng.normal(0, 0.3, len(t))
    data = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=len(t), freq="30min"), "y": y, "price": price})
    more = {"season_length": (48, 336), "future": ["price"], "training": Training(epochs=30)}
    model = LSTMForecaster(H, pretrained="start", progress=False, **more).fit(data)
    started = next(one for one in model.fitted_.record.decisions if one.code == "decision.started")
    assert started.facts["season"] == 24


def test_nothing_is_trained_where_nothing_can_be_held_back():
    data = quarters(14).drop(columns="price")
    model = LSTMForecaster(H, pretrained="start", progress=False).fit(data)
    pd.testing.assert_frame_equal(model.predict(level=80), PretrainedLSTM(H).fit(data).predict(level=80))
    assert "too short to hold anything back" in model.decisions_[-1]


def test_it_is_saved_and_has_the_methods_of_others(tmp_path):
    data = quarters()
    model = LSTMForecaster(H, pretrained="start", future=["price"], progress=False, training=Training(epochs=5))
    model.fit(data[:-H])
    model.save(tmp_path / "m.safetensors")
    again = LSTMForecaster.load(tmp_path / "m.safetensors")
    ahead = data[-H:].drop(columns="y")
    pd.testing.assert_frame_equal(again.predict(future=ahead, level=80), model.predict(future=ahead, level=80))
    assert model.evaluate(data).mase > 0
    assert len(model.simulate(3, future=ahead)) == 3 * H


def test_a_horizon_beyond_that_of_the_networks_is_forecast_from_forecasts():
    data = quarters().drop(columns="price")
    model = forecaster(20, pretrained="start", epochs=3, progress=False, refit_full=True).fit(data)
    assert len(model.predict()) == 20
    assert np.isfinite(model.predict()["LSTM"]).all()


@pytest.mark.parametrize("settings", [{"hidden_size": 8}, {"loss": "mse"}, {"cell": "gru"}, {"transform": "none"}])
def test_settings_of_another_network_are_refused(settings):
    with pytest.raises(ConfigError, match=r"pretrained networks, whose shape is what it is, have no such setting"):
        forecaster(3, pretrained="start", **settings).fit(quarters()["y"].to_numpy())
