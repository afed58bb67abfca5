"""Do the baselines say what statsforecast or a closed form says, and what becomes of series that are too short?"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.tsa.ar_model import AutoReg

import gatecast
from gatecast import (
    MSTL,
    SARIMA,
    AutoARIMA,
    AutoETS,
    AutoTheta,
    ConfigError,
    DataError,
    Drift,
    GatecastError,
    LinearAR,
    Naive,
    SeasonalNaive,
    TimeLimitError,
    WindowAverage,
)
from gatecast.baselines.base import Baseline
from gatecast.baselines.local import library as find_library
from gatecast.baselines.local import one_step

library = find_library()
H, SEASON = 5, 7
ALL = [
    Naive(H),
    SeasonalNaive(H, season_length=SEASON),
    Drift(H),
    WindowAverage(H, season_length=SEASON),
    AutoARIMA(H, season_length=1),
    SARIMA(H, season_length=SEASON, order=(1, 0, 0), seasonal_order=(0, 1, 0)),
    AutoETS(H, season_length=SEASON),
    AutoTheta(H, season_length=SEASON),
    MSTL(H, season_length=SEASON),
    LinearAR(H, season_length=SEASON),
]


def name(model: Baseline) -> str:
    return model.name


def series(n: int = 84, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 20 + 4 * np.sin(2 * np.pi * np.arange(n) / SEASON) + np.cumsum(rng.normal(0, 0.3, n)) + rng.normal(0, 0.5, n)


def table(ids: tuple[str, ...] = ("a", "b"), n: int = 84) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=n)
    return pd.concat(
        [pd.DataFrame({"shop": i, "day": days, "sales": series(n, k)}) for k, i in enumerate(ids)], ignore_index=True
    )


ORACLES = [
    (SeasonalNaive(H, season_length=SEASON), library.SeasonalNaive(SEASON)),
    (AutoARIMA(H, season_length=1), library.AutoARIMA(season_length=1)),
    (
        SARIMA(H, season_length=SEASON, order=(1, 0, 0), seasonal_order=(0, 1, 0)),
        library.ARIMA(order=(1, 0, 0), seasonal_order=(0, 1, 0), season_length=SEASON),
    ),
    (AutoETS(H, season_length=SEASON), library.AutoETS(season_length=SEASON)),
    (AutoTheta(H, season_length=SEASON), library.AutoTheta(season_length=SEASON)),
    (MSTL(H, season_length=SEASON), library.MSTL(season_length=SEASON)),
]


@pytest.mark.parametrize(("model", "oracle"), ORACLES, ids=lambda m: getattr(m, "name", ""))
def test_forecasts_are_those_of_statsforecast(model, oracle):
    found = model.fit(series()).predict(level=[80, 95])
    expected = oracle.forecast(y=series(), h=H, level=[80, 95])
    # the same code ran on the same numbers
    for ours, theirs in (("", "mean"), ("-lo-80", "lo-80"), ("-hi-95", "hi-95")):
        np.testing.assert_allclose(found[model.name + ours], expected[theirs], rtol=1e-12)


def test_naive_and_drift_are_their_closed_forms():
    y, step = series(), np.arange(1, H + 1)
    naive = Naive(H).fit(y).predict(level=80)
    spread = np.sqrt((np.diff(y) ** 2).mean()) * np.sqrt(step) * norm.ppf(0.9)
    np.testing.assert_allclose(naive["Naive"], y[-1])
    np.testing.assert_allclose(naive["Naive-hi-80"], y[-1] + spread)
    np.testing.assert_allclose(Drift(H).fit(y).predict()["Drift"], y[-1] + step * (y[-1] - y[0]) / (len(y) - 1))


def test_window_average_knows_its_own_errors():
    y = series()
    found = WindowAverage(2, window_size=3).fit(y).predict(level=80)
    origins = range(3, len(y))
    errors = [[y[t + k] - y[t - 3 : t].mean() for t in origins if t + k < len(y)] for k in (0, 1)]
    widths = [norm.ppf(0.9) * np.sqrt(np.mean(np.square(step))) for step in errors]
    np.testing.assert_allclose(found["WindowAverage"], y[-3:].mean())
    np.testing.assert_allclose(found["WindowAverage-hi-80"] - found["WindowAverage"], widths)


def test_linear_autoregression_is_least_squares():
    y, lags = series(), [1, 2, 7]
    found = LinearAR(H, lags=lags).fit(y).predict(level=80)
    X = np.column_stack([np.ones(len(y) - 7), *(y[7 - lag : len(y) - lag] for lag in lags)])
    weights = np.linalg.lstsq(X, y[7:], rcond=None)[0]
    known = y.tolist()
    for _ in range(H):
        known.append(float(weights @ [1.0, *(known[-lag] for lag in lags)]))
    # two ways to solve the same equations
    np.testing.assert_allclose(found["LinearAR"], known[-H:], rtol=1e-8)
    interval = AutoReg(y, lags=lags).fit().get_prediction(len(y), len(y) + H - 1).conf_int(alpha=0.2)
    # four coefficients of len(y) - 7 equations make errors on other values so much larger
    n, width = len(y) - 7, np.diff(interval, axis=1)[:, 0]
    wider = width * np.sqrt((n + 4) / (n - 4))
    np.testing.assert_allclose(found["LinearAR-hi-80"] - found["LinearAR-lo-80"], wider)
    np.testing.assert_allclose((found["LinearAR-hi-80"] + found["LinearAR-lo-80"]) / 2, found["LinearAR"])


def test_intervals_of_many_coefficients_hold():
    rng, inside = np.random.default_rng(0), []
    for _ in range(200):
        y = rng.normal(size=64)
        found = LinearAR(4, lags=15).fit(y[:60]).predict(level=80)
        inside.append((found["LinearAR-lo-80"] < y[60:]) & (y[60:] < found["LinearAR-hi-80"]))
    # 800 of them hold in 80 % +- 3 (two standard errors); without a word about the coefficients it would be 67 %
    assert 0.77 < np.mean(inside) < 0.86


@pytest.mark.parametrize("model", ALL, ids=name)
def test_tables_look_like_those_of_the_forecaster(model):
    found = model.fit(table(), id_col="shop", time_col="day", target_col="sales").predict(level=[80, 95])
    n = model.name
    assert list(found) == ["shop", "day", n, f"{n}-lo-95", f"{n}-lo-80", f"{n}-hi-80", f"{n}-hi-95"]
    assert found["shop"].tolist() == ["a"] * H + ["b"] * H
    assert found["day"].iloc[0] == pd.Timestamp("2024-03-25")
    order = found[[f"{n}-lo-95", f"{n}-lo-80", n, f"{n}-hi-80", f"{n}-hi-95"]].to_numpy()
    assert (np.diff(order) > 0).all()
    assert len(model.predict(2)) == 4


@pytest.mark.parametrize("model", ALL, ids=name)
def test_newer_rows_and_the_whole_series_give_the_same_forecast(model):
    data = table()
    old = data["day"] < "2024-03-20"
    model.fit(data[old], id_col="shop", time_col="day", target_col="sales")
    pd.testing.assert_frame_equal(model.predict(data=data[~old]), model.predict(data=data))
    # it has read the newer values
    assert not np.allclose(model.predict(data=data)[model.name], model.predict()[model.name])


READING = [model for model in ALL if model.name not in ("WindowAverage", "Drift", "MSTL")]


@pytest.mark.parametrize("model", READING, ids=name)
def test_one_step_forecasts_are_those_made_one_by_one(model):
    y = series(90)
    found = model.fit(y[:70]).predict_insample(y)[model.name].to_numpy()
    one_by_one = [model.predict(1, data=y[:t])[model.name].iloc[0] for t in range(70, 90)]
    # a filter that starts from its steady state differs in the sixth digit
    assert found[70:] == pytest.approx(one_by_one, rel=1e-4)
    tail = model.predict_insample(pd.Series(y[70:], index=range(70, 90)))
    assert tail[model.name].to_numpy() == pytest.approx(found[70:], rel=1e-6)
    assert tail["y"].to_numpy() == pytest.approx(y[70:])


def test_fitted_values_that_are_no_forecasts_are_not_taken_for_some():
    class Smoother:
        """Its fitted values are the truth, which no forecast can be."""

        def forward(self, y, h, level=None, fitted=False):
            return {"mean": y[-1:], "fitted": y}

    y = series(60)
    assert one_step(Smoother(), y)[7:] == pytest.approx(y[6:-1])


def test_one_step_forecasts_that_a_model_cannot_make_are_refused():
    with pytest.raises(ConfigError, match="Drift learns series 'y' anew.*backtest"):
        Drift().fit(series(20)).predict_insample(series(30))
    with pytest.raises(DataError, match="'c' was not in the training part"):
        Naive().fit(table()).predict_insample(table(("a", "c")))
    assert Naive().fit([2.0, 2.0]).predict_insample([2.0, 2.0, 2.0])["Naive"].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("model", ALL, ids=name)
@pytest.mark.parametrize("y", [[3.0], [3.0, 4.0], [2.0] * 30, series(9), [0.0] * 40 + [1.0]], ids=len)
def test_short_and_constant_series_are_forecast_without_a_warning(model, y):
    found = model.fit(y).predict(level=80)
    assert np.isfinite(found[model.name]).all()
    width = found[f"{model.name}-hi-80"] - found[f"{model.name}-lo-80"]
    if len(y) == 1:
        assert width.isna().all()
        assert {name: str(why) for name, why in model.stand_ins_.items()} == {"y": "It has one value."}
    elif len(set(y)) == 1:
        assert (width == 0).all()
    else:
        assert np.isfinite(width).all()


def test_series_without_a_full_season_is_forecast_naively_and_that_is_said():
    model = SeasonalNaive(2, season_length=12).fit([1.0, 5.0, 2.0])
    assert model.predict()["SeasonalNaive"].tolist() == [2.0, 2.0]
    assert "too few" in str(model.stand_ins_["y"])


def test_gaps_are_filled_from_earlier_values_only():
    y = series()
    y[:3], y[40:44] = np.nan, np.nan
    filled = Naive(1, season_length=SEASON).fit(y)._fitted.histories[0]
    later = y.copy()
    later[60:] += 100
    again = Naive(1, season_length=SEASON).fit(later)._fitted.histories[0]
    np.testing.assert_array_equal(filled[:57], again[:57])
    assert len(filled) == len(y) - 3
    assert np.isfinite(AutoETS(H, season_length=SEASON).fit(y).predict()["AutoETS"]).all()


def test_history_is_cut_where_it_is_said_to_be():
    y = np.concatenate([series() + 50, series()])
    short = AutoETS(H, season_length=SEASON, max_points=84).fit(y).predict()
    whole = AutoETS(H, season_length=SEASON).fit(series()).predict()
    np.testing.assert_array_equal(short["AutoETS"], whole["AutoETS"])


def test_season_is_that_of_the_frequency_which_the_data_show():
    assert SeasonalNaive(1).fit(table(), id_col="shop").seasons_ == (7,)
    noise = table().assign(sales=np.random.default_rng(0).normal(size=168))
    assert SeasonalNaive(1).fit(noise, id_col="shop").seasons_ == ()


def test_failure_of_the_library_is_forecast_naively_with_a_warning(monkeypatch):
    def fail(self, y):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(library.AutoETS, "fit", fail)
    with pytest.warns(UserWarning, match="1 of 1 series are forecast naively.*ZeroDivisionError"):
        model = AutoETS(2, season_length=1).fit(series())
    assert model.predict()["AutoETS"].tolist() == [series()[-1]] * 2


@pytest.mark.parametrize(("seconds", "is_over"), [(61.0, True), (46.0, True), (20.0, False)])
def test_time_is_looked_at_between_series(monkeypatch, seconds, is_over):
    now = [0.0]
    monkeypatch.setattr("gatecast.baselines.limits.time.thread_time", lambda: now[0])
    fit = library.AutoETS.fit

    def slowly(self, y):
        now[0] += seconds
        return fit(self, y)

    monkeypatch.setattr(library.AutoETS, "fit", slowly)
    # after 46 seconds for one of four series it would take 184, three times as long as it may; 20 are enough until the
    # last one has begun
    model, data = AutoETS(2, season_length=1, time_limit=60.0), table(tuple("abcd"))
    named = {"id_col": "shop", "target_col": "sales"}
    if is_over:
        with pytest.raises(TimeLimitError, match=r"AutoETS was given 4 series and `time_limit=60.0` seconds"):
            model.fit(data, **named)
    else:
        assert len(model.fit(data, **named).predict()) == 8


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Naive(0).fit(series()), "`horizon` must be a positive integer, got 0"),
        (lambda: Naive(1, time_limit=0).fit(series()), "`time_limit` must be a positive number"),
        (lambda: SARIMA(1, order=(1, 2)).fit(series()), "`order` must be three whole numbers"),
        (lambda: LinearAR(1, lags=(0, 1)).fit(series()), "`lags` must be a positive integer, got 0"),
        (lambda: WindowAverage(1, window_size=-1).fit(series()), "`window_size` must be a positive integer"),
        (lambda: AutoARIMA(1, max_points=0).fit(series()), "`max_points` must be a positive integer"),
        (lambda: Naive(1, season_length="week").fit(series()), "`season_length` must be a positive integer"),
        (lambda: Naive(1).fit(series()).predict(level=0.9), "`level` must be a percentage"),
    ],
)
def test_settings_that_make_no_sense_are_named(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_nothing_to_say_before_a_fit_or_of_nothing():
    with pytest.raises(GatecastError, match="This Naive is not fitted"):
        Naive().predict()
    with pytest.raises(DataError, match="has no observed value"):
        Naive().fit(gatecast.to_panel([1.0, np.nan, np.nan]).tail_from(np.array([1])))
