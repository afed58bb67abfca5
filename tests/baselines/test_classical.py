"""Without statsforecast, do ARIMA, ETS and Theta of statsmodels forecast behind the same methods?"""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from gatecast import MSTL, SARIMA, AutoARIMA, AutoETS, AutoTheta, ConfigError, DataError, compare, datasets
from gatecast.baselines import classical
from gatecast.baselines.base import Baseline
from gatecast.baselines.local import library
from gatecast.baselines.search import has_strong_season, search

H, SEASON = 5, 4
MODELS = [
    AutoARIMA(H, season_length=1),
    SARIMA(H, season_length=SEASON, order=(1, 0, 0), seasonal_order=(0, 1, 0)),
    AutoETS(H, season_length=SEASON),
    AutoTheta(H, season_length=SEASON),
    MSTL(H, season_length=SEASON),
]


@pytest.fixture
def no_statsforecast(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)


def series(n: int = 60, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 20 + 4 * np.sin(2 * np.pi * np.arange(n) / SEASON) + np.cumsum(rng.normal(0, 0.3, n)) + rng.normal(0, 0.5, n)


def name(model: Baseline) -> str:
    return type(model).__name__


def test_without_statsforecast_models_are_those_of_statsmodels(no_statsforecast):
    assert library() is classical


def test_with_statsforecast_they_are_its_own(monkeypatch):
    theirs = type(sys)("statsforecast.models")
    monkeypatch.setitem(sys.modules, "statsforecast", type(sys)("statsforecast"))
    monkeypatch.setitem(sys.modules, "statsforecast.models", theirs)
    assert library() is theirs


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_forecasts_and_intervals_follow_the_season(no_statsforecast, model):
    y = series(64)
    found = model.fit(y[:60]).predict(4, level=[80, 95])
    n = model.name
    order = found[[f"{n}-lo-95", f"{n}-lo-80", n, f"{n}-hi-80", f"{n}-hi-95"]].to_numpy()
    assert (np.diff(order) > 0).all()
    # the season has an amplitude of 4, the noise a deviation of .5; AutoARIMA was told of none
    assert np.abs(found[n] - y[60:]).mean() < (2.5 if n == "AutoARIMA" else 1.2)


@pytest.mark.parametrize("model", [m for m in MODELS if name(m) not in ("AutoTheta", "AutoARIMA")], ids=name)
def test_newer_data_are_read_with_what_was_learned(no_statsforecast, model):
    y = series(60)
    model.fit(y[:50])
    whole = model.predict(2, data=y)[model.name]
    each = model.predict_insample(y)[model.name].to_numpy()
    # one step ahead of the last point, from all points before it
    np.testing.assert_allclose(each[-1], model.predict(1, data=y[:-1])[model.name].iloc[0], rtol=0.05)
    assert np.isfinite(whole).all()
    assert np.isfinite(each[-30:]).all()


def test_theta_learns_anew_behind_newer_data(no_statsforecast):
    y = series(60)
    model = AutoTheta(2, season_length=SEASON).fit(y[:50])
    expected = AutoTheta(2, season_length=SEASON).fit(y).predict()["AutoTheta"]
    np.testing.assert_allclose(model.predict(data=y)["AutoTheta"], expected)
    with pytest.raises(ConfigError, match="learns series .* anew for each forecast"):
        model.predict_insample(y)


def test_given_orders_are_statsmodels_own(no_statsforecast):
    y = series(60)
    found = SARIMA(H, season_length=1, order=(2, 0, 1)).fit(y).predict()["SARIMA(2,0,1)"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = SARIMAX(y, order=(2, 0, 1), trend="c").fit(disp=False, maxiter=200).forecast(H)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.filterwarnings("ignore")
def test_search_finds_a_random_walk_with_drift_and_an_autoregression():
    noise = np.random.default_rng(1).normal(size=200)
    walk = search(np.cumsum(noise + 1), 1, is_approximate=True)
    assert (walk.d, walk.has_constant) == (1, True)
    y = [0.0, 0.0]
    for shock in noise:
        y.append(0.5 * y[-1] + 0.4 * y[-2] + shock)
    found = search(np.array(y), 1, is_approximate=False)
    assert found.p + found.d >= 1
    assert found.P == found.D == found.Q == 0


def test_a_strong_season_is_differenced():
    assert has_strong_season(series(60), SEASON)
    assert not has_strong_season(np.random.default_rng(0).normal(size=60), SEASON)
    assert not has_strong_season(series(60), 1)


def test_multiplicative_models_are_left_out_where_values_are_not_positive(no_statsforecast):
    y = series(60) - 20
    found = AutoETS(H, season_length=SEASON).fit(y).predict(level=80)
    assert np.isfinite(found.select_dtypes("number")).all().all()
    assert {kind[0] for kind in classical.AutoETS(SEASON)._kinds(y)} == {"add"}


def test_the_table_says_which_library_forecast(no_statsforecast):
    found = compare(datasets.nile(), 3, ["Naive", AutoTheta(3, time_limit=None)], n_windows=2, progress=False)
    assert "AutoTheta is computed by statsmodels" in str(found.board)
    assert np.isfinite(found.board.table["mae"]).all()


def test_naive_models_need_no_library(monkeypatch):
    from gatecast import Drift, Naive, SeasonalNaive, WindowAverage

    for module in ("statsforecast.models", "statsmodels.tsa.ar_model"):
        monkeypatch.setitem(sys.modules, module, None)
    days = pd.date_range("2024-01-01", periods=20)
    for model in (Naive(), SeasonalNaive(season_length=7), Drift(), WindowAverage()):
        assert len(model.fit(pd.Series(np.arange(20.0), days)).predict(3, level=80)) == 3
    with pytest.raises(ConfigError, match="need the library statsmodels"):
        AutoETS().fit(np.arange(20.0))
    with pytest.raises(DataError):
        Naive().fit(np.full(3, np.nan))
