"""Do contributions add up to the forecast, and are they those of a network whose formula is known?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, Network, PretrainedLSTM, Training, charts
from gatecast.explanation.attribution import attribute

from .hand_set import fitted, hourly, set_weights


def wave(n=150, seed=0):
    noise = np.random.default_rng(seed).normal(size=n)
    return 20 + 3 * np.sin(np.arange(n) * np.pi / 6) + 0.3 * noise + 0.02 * np.arange(n)


def trained(horizon=3, epochs=2, mode="sequence", **more):
    settings = {"season_length": 12, "hidden_size": 6, "pretrained": "none", "progress": False, **more}
    return LSTMForecaster(horizon, **settings, training=Training(epochs=epochs, mode=mode))


def test_of_equal_shares_of_naive_forecasts_each_adds_its_own():
    data = hourly(120)
    model = set_weights(fitted(data, horizon=2))
    found = model.attributions()
    y, J = data["y"].to_numpy(), len(found.candidate_names)
    assert not np.abs(found.values).max() > 1e-9
    last = (y[-1] - y.mean()) / J
    assert found.candidate_names[:2] == ("last value", "24 steps before")
    np.testing.assert_allclose(found.candidates[:, 0], last, rtol=1e-5)
    np.testing.assert_allclose(found.candidates[:, 1], (y[-24:-22] - y.mean()) / J, rtol=1e-4)
    np.testing.assert_allclose(found.forecast - found.baseline, found.candidates.sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize("transform", ["none", "log1p", "difference", "seasonal-difference"])
@pytest.mark.parametrize("ensemble", [1, 2, 3])
def test_contributions_add_up_to_the_forecast(transform, ensemble):
    model = trained(transform=transform, ensemble=ensemble).fit(wave())
    found = model.attributions(n_points=64)
    np.testing.assert_allclose(found.forecast, model.predict()["LSTM"])
    explained = found.values.sum(axis=1) + found.candidates.sum(axis=1)
    # what is not explained is the error of the sum over places of the way, and float32
    np.testing.assert_allclose(found.baseline + explained, found.forecast, atol=2e-3)
    sums = found.to_frame().groupby("step")["contribution"].sum()
    np.testing.assert_allclose(sums, found.forecast, rtol=1e-9)


def test_windows_and_pretrained_networks_too():
    windows = trained(lookback=12, mode="windows").fit(wave()).attributions()
    assert np.abs(windows.rest).max() < 1e-4
    # no value before the window and what its inputs reach back to counts
    assert not windows.values[:, 60:].any()
    at_once = PretrainedLSTM(2, season_length=12).fit(wave(60)).attributions(n_points=128)
    assert np.abs(at_once.rest).max() < 0.01


def test_contributions_are_mean_slopes_on_the_way_from_the_mean():
    # of a network without naive forecasts, by differences of what it predicts
    model = trained(2, epochs=10, lookback=24, transform="none", network=Network(skip="none")).fit(wave())
    y, step, places = wave(40, seed=3), 0.1, (np.arange(16) + 0.5) / 16
    found = model.attributions(y)
    assert found.candidate_names == ()

    def predicted(values):
        return model.predict(data=values)["LSTM"].to_numpy()

    for lag in (0, 1, 5):
        slopes = []
        for place in places:
            values = y.mean() + place * (y - y.mean())
            up, down = values.copy(), values.copy()
            up[-1 - lag] += step
            down[-1 - lag] -= step
            slopes.append((predicted(up) - predicted(down)) / (2 * step))
        expected = np.mean(slopes, axis=0) * (y[-1 - lag] - y.mean())
        # float32 forecasts near 20, in differences over 0.2
        np.testing.assert_allclose(found.values[:, lag], expected, atol=1e-4, rtol=0.01)
    assert np.abs(found.values[:, 0]).max() > 0.01


def test_a_covariate_that_is_known_ahead_adds_what_it_moves():
    price = np.random.default_rng(1).normal(size=206)
    table = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=206), "price": price})
    table["y"] = np.append(wave(200), np.full(6, np.nan)) - 3 * price
    model = trained(6, epochs=25, future=["price"]).fit(table)
    found = model.attributions()
    assert found.covariate_names == ("price",)
    distance = price[200:] - price[:200].mean()
    # the price of the day is most of what the column adds
    assert np.corrcoef(found.covariates[:, 0], -3 * distance)[0, 1] > 0.95
    np.testing.assert_allclose(found.forecast, model.predict()["LSTM"])
    assert np.abs(found.rest).max() < 0.02
    again = model.attributions(table)
    np.testing.assert_allclose(again.covariates, found.covariates)


def test_the_table_names_times_and_sources():
    table = pd.DataFrame({"unique_id": "a", "ds": pd.date_range("2024-01-01", periods=150), "y": wave()})
    model = trained(2).fit(pd.concat([table, table.assign(unique_id="b", y=wave(seed=2))]))
    found = model.attributions(unique_id="b").to_frame()
    assert list(found) == ["step", "ds", "source", "name", "contribution"]
    assert set(found["source"]) == {"baseline", "value", "candidate", "rest"}
    newest = found[(found["source"] == "value") & (found["step"] == 1)].iloc[0]
    assert newest["name"].startswith("2024-05-29")
    assert found["ds"].nunique() == 2
    with pytest.raises(ConfigError, match="unique_id"):
        model.attributions()


def test_wrong_questions_are_answered(tmp_path):
    model = trained().fit(wave())
    with pytest.raises(ConfigError, match="n_points"):
        model.attributions(n_points=0)
    model.save(tmp_path / "model")
    loaded = LSTMForecaster.load(tmp_path / "model")
    with pytest.raises(DataError, match=r"attributions\(data\)"):
        loaded.attributions()
    np.testing.assert_allclose(loaded.attributions(wave()).candidates, model.attributions().candidates, rtol=1e-6)


def test_the_picture_shows_the_largest_contributions():
    model = trained().fit(wave())
    found = attribute(model.fitted_, model.panel_of("attributions", None))
    axes = charts.plot_attributions(found, step=2).axes[0]
    sizes = sorted((bar.get_y(), bar.get_width()) for bar in axes.patches)
    assert sum(width for _, width in sizes) == pytest.approx(found.forecast[1] - found.baseline[1])
    largest = np.abs(np.concatenate([found.values[1], found.candidates[1]])).max()
    assert abs(sizes[0][1]) == pytest.approx(largest)
    assert charts.plot_attributions(found, lang="zh").axes[0].get_yticklabels()[-1].get_text() == "其余合计"
    for wrong in (0, 4, "1", True):
        with pytest.raises(ConfigError, match="step"):
            charts.plot_attributions(found, step=wrong)
    with pytest.raises(ConfigError, match="found"):
        charts.plot_attributions(found.to_frame())


def test_a_series_with_too_few_points_is_named():
    data = pd.DataFrame({"shop": "north", "ds": np.arange(150), "y": wave()})
    model = trained(mode="windows", lookback=12).fit(data[:140], id_col="shop")
    with pytest.raises(DataError, match="Series 'north' has 10 points, and the 12"):
        model.attributions(data[140:])


def test_it_is_shown_as_sums_that_make_up_the_forecast():
    found = trained().fit(wave()).attributions()
    lines = repr(found).splitlines()
    assert lines[0] == "Attributions of 'y', in all:"
    *parts, forecast = map(float, lines[-1].split()[1:])
    assert sum(parts) == pytest.approx(forecast, abs=1e-4)
    assert forecast == pytest.approx(found.forecast[-1], abs=1e-5)
