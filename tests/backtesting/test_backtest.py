"""Do backtests forecast from the right origins, with the right models, and go on where one fails?"""

import warnings
from itertools import islice

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_config

from backtesting.planted import Crashes, Endless, EndlessSeries, FailsLate, Locked, Mean, TooSlow
from gatecast import (
    AutoETS,
    ConfigError,
    DataError,
    Drift,
    LinearAR,
    LSTMForecaster,
    Naive,
    SeasonalNaive,
    TimeLimitError,
    Training,
    backtest,
    compare,
    to_panel,
    tune,
)
from gatecast.backtesting.backtest import usual_jobs
from gatecast.backtesting.windows import rolling_windows
from made_series import COVARIATES, SMALL, forecaster, table, with_covariates

DATA = table(60)
QUIET = {"progress": False}


# two processes begin with both windows, one knows after the first
TIMED_OUT = (
    "endless was given `time_limit=0.3` seconds of computing for a fit, and took longer|"
    "endless took too long at .* already"
)


def run(models, data=DATA, horizon=3, n_windows=3, **settings):
    return backtest(data, horizon, models, n_windows=n_windows, **QUIET | settings)


def test_forecasts_are_those_of_a_fit_on_each_training_part():
    found = run([AutoETS(3, season_length=1), Drift(3)], step_size=2)
    assert list(found.forecasts)[:4] == ["unique_id", "ds", "cutoff", "y"]
    assert found.models == ("AutoETS", "Drift")
    assert (found.horizon, found.levels) == (3, (80.0, 95.0))
    days = DATA["ds"].unique()
    for number, end in enumerate((53, 55, 57)):
        part = found.forecasts[found.forecasts["cutoff"] == days[end - 1]]
        assert part["ds"].tolist() == [*days[end : end + 3]] * 2
        known = DATA[DATA["ds"] < days[end]]
        for model in (AutoETS(3, season_length=1), Drift(3)):
            expected = model.fit(known).predict(level=[80, 95]).drop(columns=["unique_id", "ds"])
            pd.testing.assert_frame_equal(part[list(expected)].reset_index(drop=True), expected)
        assert (found.runs["cutoff"].iloc[2 * number : 2 * number + 2] == days[end - 1]).all()
    came = found.forecasts.merge(DATA, on=["unique_id", "ds"], suffixes=("", "_came"))
    assert (came["y"] == came["y_came"]).all()
    assert (found.runs["error"] == "").all()
    assert found.runs[["fit_seconds", "predict_seconds"]].notna().all(axis=None)


def test_scales_are_those_of_the_first_training_part():
    found = run([Naive(3)], step_size=2, season_length=7)
    y = DATA.loc[DATA["unique_id"] == "b", "y"].to_numpy()[:53]
    assert found.season_length == 7
    assert found.scales["b"] == pytest.approx(np.abs(y[7:] - y[:-7]).mean())


def test_result_is_what_utilsforecast_takes():
    with warnings.catch_warnings():
        # its texts hold escapes that Python warns of when it first compiles them
        warnings.simplefilter("ignore")
        from utilsforecast.evaluation import evaluate
        from utilsforecast.losses import mae

    found = run([Naive(3), Drift(3)])
    errors = evaluate(found.forecasts, metrics=[mae], models=list(found.models))
    expected = (found.forecasts["Naive"] - found.forecasts["y"]).abs().groupby(found.forecasts["unique_id"]).mean()
    assert errors.groupby("unique_id")["Naive"].mean().to_numpy() == pytest.approx(expected.to_numpy())


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_lstm_takes_part_with_its_covariates(n_jobs):
    data = with_covariates(120)
    model = forecaster(3, **SMALL, **COVARIATES)
    found = run([model, Naive(3)], data, n_windows=2, n_jobs=n_jobs)
    assert found.runs["error"].tolist() == [""] * 4
    days = data["ds"].unique()
    known, ahead = data[data["ds"] < days[117]], data[data["ds"] >= days[117]]
    expected = forecaster(3, **SMALL, **COVARIATES).fit(known).predict(future=ahead.drop(columns="y"), level=80)
    last = found.forecasts[found.forecasts["cutoff"] == days[116]].reset_index(drop=True)
    np.testing.assert_array_equal(last["LSTM"], expected["LSTM"])
    np.testing.assert_array_equal(last["LSTM-lo-80"], expected["LSTM-lo-80"])
    assert not hasattr(model, "fitted_")


@pytest.mark.parametrize(("refit", "fitted_at"), [(True, (51, 54, 57)), (False, (51, 51, 51)), (2, (51, 51, 57))])
def test_refit_says_which_fit_serves_a_window(refit, fitted_at):
    found = run({"AR": LinearAR(3, lags=2), "Mean": Mean()}, refit=refit)
    days = DATA["ds"].unique()
    for number, (fit_end, end) in enumerate(zip(fitted_at, (51, 54, 57), strict=True)):
        model = LinearAR(3, lags=2).fit(DATA[DATA["ds"] < days[fit_end]])
        expected = model.predict(data=DATA[DATA["ds"] < days[end]])["LinearAR"]
        part = found.forecasts[found.forecasts["cutoff"] == days[end - 1]]
        np.testing.assert_allclose(part["AR"], expected, rtol=1e-12)
        # a model that cannot read on is fitted in each window
        mean = DATA[DATA["ds"] < days[end]].groupby("unique_id")["y"].mean()
        np.testing.assert_allclose(part["Mean"], np.repeat(mean.to_numpy(), 3))
        is_fitted = found.runs.query("model == 'AR'")["fit_seconds"].iloc[number] > 0
        assert is_fitted == (fit_end == end)


def test_size_of_a_model_is_that_of_its_file(tmp_path):
    found = run({"LSTM": forecaster(3, **SMALL), "Mean": Mean()}, n_windows=1)
    forecaster(3, **SMALL).fit(DATA[DATA["ds"] < DATA["ds"].unique()[57]]).save(tmp_path / "m.safetensors")
    saved = (tmp_path / "m.safetensors").stat().st_size / 1e6
    sizes = found.runs.set_index("model")["megabytes"]
    # settings are part of the file: threads and progress differ
    assert sizes["LSTM"] == pytest.approx(saved, abs=1e-4)
    assert 0 < sizes["Mean"] < 0.1


def test_lstm_reads_on_without_refit():
    found = run([forecaster(3, **SMALL)], refit=False, level=None)
    days = DATA["ds"].unique()
    model = forecaster(3, **SMALL).fit(DATA[DATA["ds"] < days[51]])
    expected = model.predict(data=DATA[DATA["ds"] < days[57]])
    np.testing.assert_array_equal(found.forecasts["LSTM"].iloc[-6:], expected["LSTM"])
    assert found.runs["fit_seconds"].tolist()[1:] == [0.0, 0.0]


def test_short_series_take_part_in_the_windows_that_they_can():
    short = DATA[(DATA["unique_id"] == "a") | (DATA["ds"] >= DATA["ds"].unique()[55])]
    found = run([Naive(3)], short)
    assert found.forecasts.groupby("unique_id")["cutoff"].nunique().to_dict() == {"a": 3, "b": 1}
    assert set(found.scales) == {"a", "b"}
    later = run([Naive(3)], short[short["unique_id"] == "b"])
    # of five points alone, origins are a step apart
    assert len(later.runs) == 2


def test_horizon_longer_than_a_series_is_said_in_one_sentence():
    with pytest.raises(DataError, match="Series 'y' has 3 points from its first value on, and `horizon=3` needs"):
        run([Naive(3)], [1.0, 2.0, 3.0])


def test_season_longer_than_the_series_and_a_constant_one():
    found = run([SeasonalNaive(3, season_length=50)], [2.0] * 20, season_length=50)
    assert (found.forecasts["SeasonalNaive"] == 2.0).all()
    assert np.isnan(found.scales["y"])


def test_failing_model_has_its_error_in_the_table_and_the_others_go_on():
    one = DATA[DATA["unique_id"] == "a"].iloc[:36]
    found = run({"late": FailsLate(), "Naive": Naive(3)}, one)
    errors = found.runs[found.runs["model"] == "late"]["error"].tolist()
    assert errors == ["", "", "The fit of late failed with RuntimeError: too long."]
    assert found.forecasts["late"].isna().tolist() == [False] * 6 + [True] * 3
    assert found.forecasts["Naive"].notna().all()


def test_endless_baseline_is_timed_out_and_the_others_go_on():
    # limits of their own, so that a busy machine ends nothing that ends by itself
    models = {"Naive": Naive(3, time_limit=None), "endless": EndlessSeries(3, time_limit=0.3)}
    found = run(models, n_windows=2, level=None)
    assert found.runs.set_index("model")["error"]["endless"].str.match(TIMED_OUT).all()
    assert found.forecasts["endless"].isna().all()
    assert found.forecasts["Naive"].notna().all()


@pytest.mark.parametrize("backend", ["threading", "multiprocessing", "loky"])
def test_endless_model_is_timed_out_wherever_it_runs(backend):
    with parallel_config(backend=backend, n_jobs=2):
        found = run({"endless": Endless()}, time_limit=0.3, n_windows=2, level=None)
    assert found.runs["error"].str.match(TIMED_OUT).all()


def test_slow_model_is_not_tried_again_and_that_is_kept(tmp_path):
    models = {"slow": TooSlow(), "Naive": Naive(3)}
    found = run(models, n_windows=6, level=None, folder=tmp_path / "kept")
    oldest, *others = found.runs.query("model == 'slow'").sort_values("cutoff")["error"]
    assert oldest == "TooSlow was too slow."
    assert all(text.startswith("slow took too long at") for text in others)
    assert found.forecasts["slow"].isna().all()
    assert found.forecasts["Naive"].notna().all()
    again = run(models, n_windows=6, level=None, folder=tmp_path / "kept")
    pd.testing.assert_frame_equal(again.runs, found.runs)


def test_forecast_that_is_too_slow_leaves_those_before_it(monkeypatch):
    def ends_second_forecast(work, seconds):
        # those before are the beginning of the fit, that of the forecasts, and the first one
        yield from islice(work(), 3)
        raise TimeLimitError("slow")

    monkeypatch.setattr("gatecast.backtesting.run.limited_steps", ends_second_forecast)
    found = run({"AR": LinearAR(3, lags=2)}, refit=False, level=None)
    first, second, third = found.runs["error"]
    assert (first, found.forecasts["AR"].notna().tolist()) == ("", [True] * 6 + [False] * 12)
    assert second.startswith("AR was given `time_limit=60.0` seconds of computing for a forecast, and took longer")
    assert third.startswith("AR took too long at")


def test_slow_lstm_is_timed_out():
    slow = LSTMForecaster(
        3, hidden_size=128, transform="none", training=Training(epochs=10_000_000, patience=0, learning_rate=1e-3)
    )
    found = run([slow], n_windows=1, time_limit=0.3)
    assert "and took longer" in found.runs["error"][0]


def test_model_that_ends_its_process_has_its_error_and_the_others_go_on():
    found = run({"crash": Crashes(), "Mean": Mean()}, time_limit=1e5, level=None)
    sentence = "The forecast of crash ended its process (exit code 9), and a result was expected."
    assert found.runs.query("model == 'crash'")["error"].str.startswith(sentence).all()
    assert found.forecasts["Mean"].notna().all()


def test_model_that_cannot_be_pickled_needs_no_process_without_a_limit():
    assert run({"locked": Locked()}, level=None).forecasts["locked"].notna().all()
    (error,) = run({"locked": Locked()}, time_limit=1e5, n_windows=1, level=None).runs["error"]
    assert error.startswith("locked cannot be pickled (TypeError: cannot pickle '_thread.lock' object), and a model")


def test_forecasts_with_a_limit_are_those_without():
    models = [forecaster(3, **SMALL, n_threads=1), AutoETS(3, season_length=1, time_limit=None), Mean()]
    found, limited = run(models), run(models, time_limit=1e5)
    pd.testing.assert_frame_equal(found.forecasts, limited.forecasts, check_exact=True)


def test_model_without_intervals_has_forecasts():
    found = run([forecaster(3, **SMALL, validation_size=0), Mean()])
    assert (found.runs["error"] == "").all()
    assert found.forecasts["LSTM"].notna().all()
    assert found.forecasts[["LSTM-lo-80", "Mean-hi-95"]].isna().all(axis=None)


def test_forecast_that_lacks_steps_is_an_error():
    found = run([Mean(horizon=2)])
    assert found.runs["error"].str.contains("lacks 2 of 6 values").all()


@pytest.mark.parametrize("backend", ["threading", "multiprocessing", "loky"])
def test_joblib_chooses_where_it_runs(backend):
    with parallel_config(backend=backend, n_jobs=2):
        found = run([Naive(3), Drift(3)])
    pd.testing.assert_frame_equal(found.forecasts, run([Naive(3), Drift(3)]).forecasts)


def test_columns_of_any_name_and_library_become_the_long_form():
    polars = pl.from_pandas(DATA.rename(columns={"unique_id": "shop", "ds": "day", "y": "sales"}))
    found = run([Naive(3)], polars, id_col="shop", time_col="day", target_col="sales")
    pd.testing.assert_frame_equal(found.forecasts, run([Naive(3)]).forecasts, check_dtype=False)


def test_times_with_a_zone_stay_what_they_are():
    hours = pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin")
    found = run([Naive(3), Mean()], pd.DataFrame({"ds": hours, "y": np.arange(60.0)}))
    assert (found.runs["error"] == "").all()
    assert found.forecasts["ds"].iloc[-1] == hours[-1]


def test_gaps_are_no_actual_values():
    data = DATA.copy()
    data.loc[[58, 59], "y"] = np.nan
    found = run([Naive(3)], data.drop(index=57), n_windows=1)
    assert found.forecasts["y"].isna().tolist() == [True, True, True, False, False, False]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"horizon": 0}, "`horizon` must be a positive integer"),
        ({"n_windows": 0}, "`n_windows` must be a positive integer"),
        ({"step_size": -1}, "`step_size` must be a positive integer"),
        ({"refit": 0}, "`refit` must be True, False or a positive number"),
        ({"level": 0.8}, "`level` must be a percentage"),
        ({"time_limit": -3}, "`time_limit` must be a positive number"),
        ({"models": []}, "at least one model"),
        ({"models": [Naive(), Naive()]}, "2 models called 'Naive'"),
        ({"models": [Naive]}, "an object with `fit` and `predict` was expected"),
        ({"models": {"y": Naive()}}, "a name that is no other column's"),
        ({"folder": 3}, "`folder` must be a path"),
    ],
)
def test_arguments_that_make_no_sense_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        run(**({"models": [Naive(3)]} | settings))


@pytest.mark.parametrize(("n_series", "n_jobs"), [(9, None), (10, -1)])
def test_processes_are_started_for_many_series_alone(n_series, n_jobs):
    assert usual_jobs(n_series) == n_jobs


def test_windows_end_with_the_series_and_come_oldest_first():
    windows = rolling_windows(to_panel(np.arange(9.0)), 2, 3, 2)
    assert [int(window.cuts[0]) for window in windows] == [3, 5, 7]


def test_weights_that_would_be_ignored_are_refused():
    weighted = pd.DataFrame({"ds": range(40), "y": np.arange(40.0), "w": 1.0})
    panel = to_panel(weighted, weight_col="w")
    for run in (
        lambda: backtest(panel, 2, [Naive()], progress=False),
        lambda: compare(panel, 2, [Naive()], progress=False),
        lambda: tune(panel, LSTMForecaster(2, progress=False), n_trials=1),
    ):
        with pytest.raises(ConfigError, match="weights in column 'w', and `backtest`, `compare` and `tune` count all"):
            run()
