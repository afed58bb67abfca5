"""Does the forecaster do what a user expects of it, on every kind of data?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast import (
    ConfigError,
    DataError,
    GatecastError,
    LSTMForecaster,
    Training,
    TrainingError,
    datasets,
    train_test_split,
)
from gatecast.model import evaluation
from made_series import forecaster

SMALL = {"hidden_size": 8, "lookback": 12, "epochs": 80, "progress": False}


def wave(n: int = 300, period: float = 25.0, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    return 10 + 3 * np.sin(2 * np.pi * np.arange(n) / period) + noise


def table(n: int = 300, ids: tuple[str, ...] = ("a", "b")) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=n, freq="D")
    parts = [pd.DataFrame({"unique_id": i, "ds": days, "y": wave(n, seed=k)}) for k, i in enumerate(ids)]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fitted() -> LSTMForecaster:
    return forecaster(horizon=5, **SMALL).fit(table())


@pytest.fixture(scope="module", params=["sequence", "windows"])
def either(request: pytest.FixtureRequest) -> LSTMForecaster:
    return forecaster(horizon=5, mode=request.param, **SMALL).fit(wave())


def test_tutorial_model_has_the_error_that_keras_has() -> None:
    train, test = train_test_split(datasets.sine())
    model = LSTMForecaster.tutorial().fit(train)
    # Keras 3.15 gives 0.643 with the same settings; the issue asks for 0.01
    assert model.evaluate(test).rmse == pytest.approx(0.643, abs=0.01)
    assert len(model.history_["loss"]) == 5


def test_predict_gives_the_times_behind_the_training_part(fitted: LSTMForecaster) -> None:
    forecast = fitted.predict()
    assert list(forecast.columns) == ["unique_id", "ds", "LSTM"]
    assert forecast["unique_id"].tolist() == ["a"] * 5 + ["b"] * 5
    expected = pd.date_range("2024-01-01", periods=305, freq="D")[-5:]
    assert forecast.loc[forecast["unique_id"] == "b", "ds"].tolist() == expected.tolist()


def test_predict_follows_a_clear_wave(either: LSTMForecaster) -> None:
    forecast = either.predict()["LSTM"].to_numpy()
    truth = 10 + 3 * np.sin(2 * np.pi * np.arange(300, 305) / 25)
    # a tenth of the wave's range after a short training
    assert np.abs(forecast - truth).max() < 0.6


def test_forecast_reacts_to_the_newest_observation(either: LSTMForecaster) -> None:
    y = wave()
    before = either.predict(data=y)["LSTM"].to_numpy()
    y[-1] += 1.0
    after = either.predict(data=y)["LSTM"].to_numpy()
    # every step, the first one too, is decoded from the newest state
    assert (np.abs(after - before) > 1e-4).all()


def test_forecast_of_a_point_does_not_change_when_its_future_does(either: LSTMForecaster) -> None:
    y = wave()
    changed = y.copy()
    changed[200:] = 50.0
    before, after = either.predict_insample(y)["LSTM"], either.predict_insample(changed)["LSTM"]
    np.testing.assert_array_equal(before[:201], after[:201])
    assert (before[201:] != after[201:]).all()


def test_insample_forecasts_stand_at_their_own_times(either: LSTMForecaster) -> None:
    y = wave()
    table_ = either.predict_insample()
    np.testing.assert_array_equal(table_["y"], y)
    for t in (12, 13, 150, 299):
        alone = either.predict(horizon=1, data=y[:t])
        assert alone["ds"].tolist() == [t]
        # single precision, other grouping of rows
        assert table_["LSTM"][t] == pytest.approx(alone["LSTM"][0], rel=1e-5)
    assert table_["LSTM"][:12].isna().all()
    assert table_["LSTM"][12:].notna().all()


def test_series_do_not_leak_into_each_other() -> None:
    data = table()
    model = forecaster(horizon=5, **SMALL).fit(data)
    other = data.copy()
    other.loc[other["unique_id"] == "b", "y"] = 0.0
    before, after = model.predict(data=data), model.predict(data=other)
    is_a = before["unique_id"] == "a"
    np.testing.assert_array_equal(before.loc[is_a, "LSTM"], after.loc[is_a, "LSTM"])


def test_horizon_beyond_the_trained_one_feeds_forecasts_back(either: LSTMForecaster) -> None:
    y = wave()
    long = either.predict(horizon=12)["LSTM"].to_numpy()
    np.testing.assert_array_equal(long[:5], either.predict()["LSTM"])
    by_hand = either.predict(data=np.append(y, long[:5]))["LSTM"].to_numpy()
    # the value fed back is rounded to single precision once more
    np.testing.assert_allclose(long[5:10], by_hand, rtol=1e-5)
    assert len(long) == 12


@pytest.mark.parametrize("kind", ["array", "list", "series", "dates", "frame", "polars", "wide"])
def test_every_kind_of_data_gives_the_same_forecast(kind: str) -> None:
    y = wave()
    days = pd.date_range("2024-01-01", periods=len(y), freq="D")
    data = {
        "array": y,
        "list": y.tolist(),
        "series": pd.Series(y),
        "dates": pd.Series(y, index=days),
        "frame": pd.DataFrame({"unique_id": "x", "ds": days, "y": y}).sample(frac=1, random_state=0),
        "polars": pl.DataFrame({"unique_id": ["x"] * len(y), "ds": days.to_numpy(), "y": y}),
        "wide": pd.DataFrame({"day": days, "sales": y}),
    }[kind]
    forecast = forecaster(horizon=3, season_length=1, **SMALL).fit(data).predict()
    expected = forecaster(horizon=3, season_length=1, **SMALL).fit(y).predict()["LSTM"]
    np.testing.assert_array_equal(forecast["LSTM"].to_numpy(), expected)
    assert isinstance(forecast, pl.DataFrame) == (kind == "polars")


def test_names_of_columns_come_back_as_they_were_given() -> None:
    data = table().rename(columns={"unique_id": "店", "ds": "日期", "y": "销量"})
    model = forecaster(**SMALL).fit(data, id_col="店", time_col="日期", target_col="销量")
    assert list(model.predict().columns) == ["店", "日期", "LSTM"]
    assert list(model.predict_insample().columns) == ["店", "日期", "销量", "LSTM"]


def test_data_that_follow_the_training_part_go_on_from_it(either: LSTMForecaster) -> None:
    days = pd.date_range("2024-01-01", periods=340, freq="D")
    data = pd.DataFrame({"ds": days, "y": wave(340)})
    model = forecaster(horizon=5, mode=either.training.mode, **SMALL).fit(data[:300])
    alone, whole = model.predict(data=data[300:]), model.predict(data=data)
    np.testing.assert_array_equal(alone["LSTM"], whole["LSTM"])
    assert alone["ds"].tolist() == whole["ds"].tolist()


def test_a_series_that_was_not_there_is_forecast_from_its_own_history(fitted: LSTMForecaster) -> None:
    data = table(ids=("a",))
    new = [data.assign(unique_id=name, y=unit * data["y"]) for name, unit in (("one", 1), ("two", 1000))]
    both = fitted.predict(data=pd.concat([data, *new]))
    a, b = (both.loc[both["unique_id"] == i, "LSTM"].to_numpy() for i in ("one", "two"))
    # the scaling is learned from the same history, a thousand times larger
    np.testing.assert_allclose(b, 1000 * a, rtol=1e-4)


def test_a_new_series_that_is_too_short_is_named(fitted: LSTMForecaster) -> None:
    with pytest.raises(DataError, match=r"'new' has 3 points .* lookback of 12 points was expected"):
        fitted.predict(data=table(3, ids=("new",)).assign(ds=pd.date_range("2020-01-01", periods=3)))


def test_evaluation_is_the_same_for_held_out_rows_and_for_all_rows(either: LSTMForecaster) -> None:
    y = wave(360)
    alone, whole = either.evaluate(y[300:]), either.evaluate(y)
    assert alone.n_origins == whole.n_origins == 60
    for name in alone.scores:
        assert alone.scores[name].rmse == pytest.approx(whole.scores[name].rmse, rel=1e-6)


def test_evaluation_equals_forecasts_made_one_by_one(either: LSTMForecaster) -> None:
    y = wave(330)
    errors, naive = [], []
    for t in range(300, 330):
        forecast = either.predict(data=y[:t])["LSTM"].to_numpy()
        actual = y[t : t + 5]
        errors.append(forecast[: len(actual)] - actual)
        naive.append(y[t - 1] - actual)
    found = either.evaluate(y)
    rmse, mae = np.sqrt(np.mean(np.concatenate(errors) ** 2)), np.mean(np.abs(np.concatenate(errors)))
    assert found.rmse == pytest.approx(rmse, rel=1e-5)
    assert found.mae == pytest.approx(mae, rel=1e-5)
    assert found.scores["Naive"].rmse == pytest.approx(np.sqrt(np.mean(np.concatenate(naive) ** 2)))
    season = found.season_length
    assert found.mase == pytest.approx(mae / np.mean(np.abs(y[season:300] - y[: 300 - season])), rel=1e-5)


def test_evaluation_of_too_many_origins_takes_evenly_spaced_ones(
    either: LSTMForecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    y = wave(360)
    ahead = np.append(y, [np.nan] * 5)
    errors = [(either.predict(data=y[:t])["LSTM"] - ahead[t : t + 5]) ** 2 for t in range(300, 360, 3)]
    # 60 origins of 5 steps, of which every third is compared
    monkeypatch.setattr(evaluation, "MAX_FORECASTS", 100)
    found = either.evaluate(y)
    assert found.n_origins == 20
    assert found.rmse == pytest.approx(np.sqrt(np.nanmean(errors)), rel=1e-5)


def test_evaluation_of_several_series_of_unequal_length() -> None:
    data = pd.concat([table(300, ("a",)), table(200, ("b",))])
    train, test = train_test_split(data)
    found = forecaster(horizon=3, season_length=7, **SMALL).fit(train).evaluate(test)
    assert found.n_origins == 60 + 40
    assert list(found.scores) == ["LSTM", "Naive", "SeasonalNaive"]
    assert found.season_length == 7
    assert found.to_frame()["method"].tolist() == list(found.scores)


def test_evaluation_without_new_points_is_refused(fitted: LSTMForecaster) -> None:
    with pytest.raises(DataError, match="None of the 600 points .* after the training part"):
        fitted.evaluate(table())


@pytest.mark.parametrize("value", [0.0, 5.0, -1e-9, 1e30])
@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_constant_series_is_forecast_as_that_constant(value: float, scaling: str) -> None:
    model = forecaster(horizon=4, scaling=scaling, **SMALL).fit(np.full(100, value))
    assert model.predict(horizon=6)["LSTM"].tolist() == [value] * 6
    assert model.stream().update(value).tolist() == [value] * 4


def test_huge_numbers_are_forecast() -> None:
    y = wave() * 1e29
    model = forecaster(horizon=3, **SMALL).fit(y)
    expected = forecaster(horizon=3, **SMALL).fit(wave()).predict()["LSTM"] * 1e29
    # the same numbers but for rounding of the scaled values
    np.testing.assert_allclose(model.predict()["LSTM"], expected, rtol=1e-3)
    assert np.isfinite(model.history_["rmse"]).all()
    assert np.isfinite(model.evaluate(np.append(y, y[:20])).rmse)


def test_gaps_are_neither_learned_nor_invented() -> None:
    data = table(ids=("a",))
    holes = data.drop(index=[50, 51, 120, 200])
    model = forecaster(horizon=3, **SMALL).fit(holes)
    insample = model.predict_insample()
    assert len(insample) == 300
    assert insample["y"].isna().sum() == 4
    assert insample["LSTM"][12:].notna().all()
    forecast = model.predict()
    assert forecast["ds"].tolist() == pd.date_range("2024-10-27", periods=3).tolist()


def test_losses_are_in_units_of_the_data() -> None:
    settings = SMALL | {"loss": "mse", "transform": "none"}
    small, large = (forecaster(**settings).fit(wave() * unit).history_ for unit in (1.0, 1000.0))
    np.testing.assert_allclose(large["rmse"], np.multiply(small["rmse"], 1000), rtol=1e-3)
    np.testing.assert_allclose(large["loss"], np.multiply(small["loss"], 1e6), rtol=1e-3)
    np.testing.assert_allclose(np.sqrt(small["loss"]), small["rmse"], rtol=1e-6)


def test_seed_decides_the_model() -> None:
    one, same, other = (forecaster(seed=s, **SMALL).fit(wave()).predict()["LSTM"][0] for s in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("loss", ["mae", "huber"])
def test_other_losses_learn(loss: str) -> None:
    history = forecaster(loss=loss, **SMALL).fit(wave()).history_
    assert history["rmse"][-1] < 0.5 * history["rmse"][0]


def test_stacked_layers_learn() -> None:
    history = forecaster(n_layers=3, **SMALL).fit(wave()).history_
    assert history["rmse"][-1] < 0.7 * history["rmse"][0]


@pytest.mark.parametrize("mode", ["sequence", "windows"])
@pytest.mark.parametrize(("n", "lookback", "horizon"), [(2, 1, 1), (2, None, 1), (6, 5, 1), (5, 2, 3)])
def test_shortest_possible_series_is_learned(n: int, lookback: int | None, horizon: int, mode: str) -> None:
    settings = {**SMALL, "lookback": lookback, "epochs": 3}
    model = forecaster(horizon=horizon, mode=mode, **settings).fit(np.arange(n))
    assert np.isfinite(model.predict()["LSTM"]).all()


def test_first_lesson_is_learned_after_lookback_points() -> None:
    # one lesson is all there is: after 5 points, the sixth
    model = LSTMForecaster(hidden_size=8, lookback=5, progress=False, training=Training(scaling="none", epochs=400))
    model.fit(np.array([0.1, 0.4, 0.2, 0.3, 0.5, 0.9]))
    assert model.predict_insample()["LSTM"][5] == pytest.approx(0.9, abs=0.02)


def test_too_few_points_are_refused_in_one_sentence() -> None:
    with pytest.raises(DataError, match=r"has 20 points for training, but lookback 18 \+ horizon 5 need at least 23"):
        LSTMForecaster(horizon=5, lookback=18).fit(wave(20))
    data = pd.concat([table(300, ("long",)), table(10, ("short",))])
    with pytest.raises(DataError, match="Series 'short' has 10 points"):
        LSTMForecaster(horizon=5, lookback=18, training=Training(mode="windows")).fit(data)


def test_a_loss_that_is_no_number_names_step_and_remedy() -> None:
    # squares of 1e25 do not fit into single precision, and nothing is scaled
    model = forecaster(scaling="none", **SMALL)
    with pytest.raises(TrainingError, match=r"training step 1 of .*learning_rate=.*clip_norm=0.05.*scaling="):
        model.fit(wave() * 1e25)
    with pytest.raises(GatecastError, match="not fitted"):
        model.predict()


def test_unknown_setting_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"`hiden_size` is no setting .* Did you mean `hidden_size=3`"):
        LSTMForecaster(hiden_size=3)


def test_masked_values_are_missing_values() -> None:
    is_masked = np.isin(np.arange(300), [7, 150, 299])
    masked = forecaster(**SMALL).fit(np.ma.masked_array(wave(), mask=is_masked)).predict()
    missing = forecaster(**SMALL).fit(np.where(is_masked, np.nan, wave())).predict()
    pd.testing.assert_frame_equal(masked, missing)
    assert np.isfinite(masked["LSTM"]).all()


def test_training_part_that_ends_with_a_missing_value_is_known_again() -> None:
    y = wave()
    y[199] = np.nan
    model = forecaster(**SMALL).fit(y[:200])
    assert model.evaluate(y).n_origins == model.evaluate(y[200:]).n_origins


def test_network_larger_than_the_memory_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"`hidden_size=1000000`.*weights, for which there is not enough memory"):
        LSTMForecaster(hidden_size=10**6, progress=False).fit(wave())


def test_too_many_threads_do_no_harm() -> None:
    many = forecaster(n_threads=100_000, **SMALL).fit(wave()).predict()
    pd.testing.assert_frame_equal(many, forecaster(n_threads=1, **SMALL).fit(wave()).predict())


def test_unfitted_model_says_so() -> None:
    for call in (LSTMForecaster().predict, LSTMForecaster().stream, lambda: LSTMForecaster().evaluate([1.0, 2.0])):
        with pytest.raises(GatecastError, match=r"not fitted.*fit\(data\)"):
            call()


@pytest.mark.parametrize("horizon", [0, -3, 2.5, "24", True])
def test_impossible_horizons_are_refused(horizon: object, fitted: LSTMForecaster) -> None:
    with pytest.raises(ConfigError, match="`horizon` must be a positive integer, got .*horizon=24"):
        LSTMForecaster(horizon=horizon).fit(wave())
    with pytest.raises(ConfigError, match="`horizon` must be a positive integer"):
        fitted.predict(horizon)


def test_fit_shows_nothing_when_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    forecaster(**{**SMALL, "progress": True}).fit(wave())
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_repr_shows_what_was_changed() -> None:
    assert repr(LSTMForecaster(24, seed=3)) == "LSTMForecaster(horizon=24, seed=3)"


def test_held_out_rows_may_begin_behind_a_gap(either: LSTMForecaster) -> None:
    days = pd.date_range("2024-01-01", periods=340, freq="D")
    data = pd.DataFrame({"ds": days, "y": wave(340)}).drop(index=[300, 301, 320])
    model = forecaster(horizon=5, mode=either.training.mode, **SMALL).fit(data[:300])
    alone, whole = model.evaluate(data[300:]), model.evaluate(data)
    assert alone.n_origins == whole.n_origins == 40
    for name in whole.scores:
        assert alone.scores[name].rmse == pytest.approx(whole.scores[name].rmse, rel=1e-6)
    np.testing.assert_array_equal(model.predict(data=data[300:])["LSTM"], model.predict(data=data)["LSTM"])


def test_a_whole_array_whose_training_part_ends_in_a_gap_is_told_from_held_out_rows(either: LSTMForecaster) -> None:
    data = pd.DataFrame({"ds": np.arange(340), "y": wave(340)}).drop(index=[298, 299])
    train = data[data["ds"] < 298]
    model = forecaster(horizon=5, mode=either.training.mode, **SMALL).fit(train)
    assert model.evaluate(data).n_origins == 42
    assert model.evaluate(data[data["ds"] >= 300]).n_origins == 42


def test_data_of_another_frequency_are_refused(fitted: LSTMForecaster) -> None:
    hourly = table(50, ids=("a",)).assign(ds=pd.date_range("2024-11-01", periods=50, freq="h"))
    for call in (fitted.evaluate, lambda data: fitted.predict(data=data)):
        with pytest.raises(DataError, match=r"frequency|freq"):
            call(hourly)
        with pytest.raises(DataError, match="have the frequency 1, and the model learned from 'D'"):
            call(wave())
