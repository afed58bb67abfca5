"""Pretrained networks forecast without training: good on series like those they learned from, and with all methods."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import gatecast
from gatecast import ConfigError, LSTMForecaster, ModelFileError, PretrainedLSTM, datasets, to_panel
from gatecast.data.seasonality.seasons import Seasons
from gatecast.data.values.scaling import naive_scale
from gatecast.model import candidates
from gatecast.model.settings import Settings
from gatecast.model.zero_shot import read_by_pretrained
from gatecast.pretraining import weights as kept
from gatecast.pretraining.family import FAMILY, class_of
from made_series import wave

H = 12


def monthly(n_points=96, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n_points)
    y = (50 + 0.5 * t) * (1 + 0.3 * np.sin(2 * np.pi * t / 12)) + rng.normal(0, 2, n_points)
    return pd.DataFrame({"ds": pd.date_range("2010-01-01", periods=n_points, freq="MS"), "y": y})


@pytest.fixture(scope="module")
def model():
    return PretrainedLSTM(H).fit(monthly())


@pytest.mark.parametrize("season", [1, 4, 12])
def test_it_is_better_than_the_naive_forecasts_on_made_series_that_no_network_saw(season):
    data = datasets.made(n=150, n_points=84, season_length=season, seed=10_001)
    train, test = data[data.ds < 76], data[data.ds >= 76]
    forecast = gatecast.forecast(train, 8, season_length=season, level=(80, 95))
    actual = test["y"].to_numpy().reshape(150, 8)
    y = train["y"].to_numpy().reshape(150, 76)

    def mase(forecasts):
        scale = np.abs(y[:, season:] - y[:, :-season]).mean(axis=1)
        some = scale > 0
        return (np.abs(forecasts - actual).mean(axis=1)[some] / scale[some]).mean()

    naive = y[:, -season:][:, np.arange(8) % season]
    # these are measured ratios of 0.75 to 0.85; 0.95 leaves room for other weights
    assert mase(forecast["LSTM"].to_numpy().reshape(150, 8)) < 0.95 * mase(naive)
    for level, least, most in ((80, 0.7, 0.9), (95, 0.88, 0.99)):
        low, high = (forecast[f"LSTM-{side}-{level}"].to_numpy().reshape(150, 8) for side in ("lo", "hi"))
        assert least < ((low <= actual) & (actual <= high)).mean() < most


def test_forecasts_are_those_of_the_calls_in_two_steps(model):
    called = gatecast.forecast(monthly(), H, level=80)
    pd.testing.assert_frame_equal(called, model.predict(level=80))
    assert called["ds"].tolist() == pd.date_range("2018-01-01", periods=H, freq="MS").tolist()
    assert model.stop_reason_ == "pretrained"
    assert "made series of season 12" in model.decisions_[0]


def test_a_polars_table_comes_back_for_one():
    forecast = gatecast.forecast(pl.from_pandas(monthly()), 3)
    assert isinstance(forecast, pl.DataFrame)
    assert forecast["LSTM"].to_list() == gatecast.forecast(monthly(), 3)["LSTM"].tolist()


@pytest.mark.parametrize("factor", [1e-6, 3.0, 1e9])
def test_the_unit_does_not_matter(factor):
    data = monthly()
    forecast = gatecast.forecast(data.assign(y=data.y * factor), H)["LSTM"]
    # the core reads float32
    np.testing.assert_allclose(forecast / factor, gatecast.forecast(data, H)["LSTM"], rtol=1e-4)


def test_a_level_shift_does_not_matter_for_series_with_values_below_zero():
    data = monthly()
    low, lower = (gatecast.forecast(data.assign(y=data.y - shift), H)["LSTM"] + shift for shift in (1000.0, 1500.0))
    np.testing.assert_allclose(low, lower, atol=0.05)


def test_nothing_of_the_future_is_read(model):
    longer = monthly(120)
    longer.loc[96:, "y"] = 1e6
    pd.testing.assert_frame_equal(PretrainedLSTM(H).fit(longer[:96]).predict(), model.predict())


def test_series_that_are_never_negative_have_no_negative_forecasts():
    y = np.random.default_rng(0).poisson(0.7, 120).astype(float)
    forecast = gatecast.forecast(y, 24, level=95)
    assert (forecast.drop(columns=["unique_id", "ds"]) >= 0).all().all()


@pytest.mark.parametrize(
    ("y", "expected"),
    [([7.0], 7.0), ([7.0, 7.0], 7.0), ([5.0] * 40, 5.0), ([0.0] * 30, 0.0), ([-3.0] * 9, -3.0)],
    ids=["one", "two", "constant", "zeros", "negative"],
)
def test_what_never_changed_stays(y, expected):
    assert gatecast.forecast(y, 3)["LSTM"].tolist() == [expected] * 3


@pytest.mark.parametrize("y", [[1.0, 2.0], [1.0, np.nan, 3.0, 4.0], [0.0, 5.0, 0.0], [1e-300, 3e-300, 2e-300, 4e-300]])
def test_few_points_have_a_finite_forecast(y):
    forecast = gatecast.forecast(np.array(y), 5, level=80)
    assert np.isfinite(forecast.drop(columns="unique_id")).all().all()


def test_gaps_are_read_over(model):
    data = monthly()
    data.loc[[20, 21, 50, 90], "y"] = np.nan
    forecast = PretrainedLSTM(H).fit(data).predict()["LSTM"]
    np.testing.assert_allclose(forecast, model.predict()["LSTM"], rtol=0.1)


def test_steps_beyond_the_horizon_of_the_networks_are_forecast_from_forecasts():
    far = gatecast.forecast(monthly(), 60, level=80)
    assert len(far) == 60
    assert np.isfinite(far["LSTM"]).all()
    # the head of a shorter horizon is cut out of the whole one: its first steps are the same
    np.testing.assert_allclose(gatecast.forecast(monthly(), 5)["LSTM"], far["LSTM"][:5], rtol=1e-6)


def test_a_file_brings_it_back(model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    again = PretrainedLSTM.load(tmp_path / "m.safetensors")
    pd.testing.assert_frame_equal(again.predict(level=(80, 95)), model.predict(level=(80, 95)))
    assert repr(again) == repr(model)


def test_paths_newer_data_streams_gates_and_lags(model):
    paths = model.simulate(200, seed=1)
    middle = paths.groupby("ds")["LSTM"].median().to_numpy()
    np.testing.assert_allclose(middle, model.predict()["LSTM"], rtol=0.05)
    newer = monthly(100).iloc[96:]
    stream = model.stream()
    for value in newer["y"]:
        ahead = stream.update(value)
    np.testing.assert_allclose(ahead, model.predict(data=newer)["LSTM"], rtol=1e-5)
    assert model.gates().retention.shape == (96, 128)
    assert model.lag_importance().top(1)[0][0] in range(1, 37)
    assert model.evaluate(monthly(120)).scores["LSTM"].mase < 1.5


def test_a_season_that_no_network_learned_is_read_with_its_own_lags():
    y = np.tile([1.0, 5.0, 2.0, 8.0, 3.0], 40) + np.random.default_rng(0).normal(0, 0.1, 200)
    forecast = gatecast.forecast(y, 5, season_length=5)["LSTM"]
    np.testing.assert_allclose(forecast, [1.0, 5.0, 2.0, 8.0, 3.0], atol=0.4)


def test_several_series_are_forecast_as_each_by_itself():
    data = pd.concat([monthly(96, seed).assign(unique_id=f"s{seed}") for seed in range(3)])
    together = gatecast.forecast(data, H)
    alone = gatecast.forecast(data[data.unique_id == "s1"], H)
    np.testing.assert_allclose(together[together.unique_id == "s1"]["LSTM"], alone["LSTM"], rtol=1e-6)


@pytest.mark.parametrize("settings", [{"hidden_size": 8}, {"future": ["price"]}, {"calendar": True}, {"loss": "mse"}])
def test_settings_of_a_training_are_refused(settings):
    name = next(iter(settings))
    with pytest.raises(ConfigError, match=rf"`{name}=.*` was passed, and pretrained networks.*Leave it out"):
        LSTMForecaster(3, pretrained="only", **settings).fit(wave(60))


def test_weights_that_are_missing_or_damaged_are_told(monkeypatch, tmp_path):
    monkeypatch.setattr(kept, "KEPT", tmp_path / "none.safetensors")
    # what was read before is not read again
    monkeypatch.setattr(kept, "_kept", kept._kept.__wrapped__)
    monkeypatch.setattr(candidates, "pretrained_networks", kept.pretrained_networks.__wrapped__)
    with pytest.raises(ModelFileError, match="pretrained weights .* cannot be read .*Install gatecast again"):
        gatecast.forecast(wave(60), 3)


def test_every_class_has_its_networks_and_all_fit_into_five_megabytes():
    assert kept.KEPT.stat().st_size < 5e6
    for own in FAMILY:
        spec, flats = kept.pretrained_networks(own, own.horizon, own.season)
        assert flats
        for flat in flats:
            assert flat.shape == (spec.n_parameters,)
            assert np.isfinite(flat).all()
    assert class_of(13).season == 12


def test_what_compares_seasons_by_one_network_leaves_the_past_forecasts_of_all_as_they_are():
    panel, settings, seasons = to_panel(monthly()), Settings(H, pretrained="only"), Seasons((12,))
    compared, fresh = (read_by_pretrained(settings, panel, seasons) for _ in range(2))
    assert np.isfinite(compared.error(H, naive_scale(panel.values, panel.offsets, 1)))
    np.testing.assert_array_equal(compared.past.scaled, fresh.past.scaled)
    each = [compared._newer.run(network)[0][0][0] for network in compared.ensemble.networks]
    np.testing.assert_allclose(compared.past.scaled, np.median(each, axis=0), rtol=1e-6)
