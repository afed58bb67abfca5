"""Facts about series that were made to have them."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from statsmodels.tsa.seasonal import STL

from gatecast.comparison.facts import facts_about, strengths
from gatecast.comparison.memory import long_memory, teraesvirta
from gatecast.exceptions import ConfigError

RNG = np.random.default_rng(0)


def autoregression(weights: list[float], n: int) -> np.ndarray:
    return lfilter([1], np.r_[1, -np.array(weights)], RNG.normal(size=n + 200))[200:]


def logistic_map(n: int) -> np.ndarray:
    x = np.empty(n + 50)
    x[0] = RNG.uniform(0.1, 0.9)
    for t in range(1, n + 50):
        x[t] = 3.9 * x[t - 1] * (1 - x[t - 1])
    return x[50:] + RNG.normal(0, 0.02, n)


def star(n: int) -> np.ndarray:
    """A smooth transition between autoregressions of 0.9 and -0.9."""
    x = np.zeros(n + 50)
    for t in range(1, n + 50):
        x[t] = 0.9 * x[t - 1] - 1.8 * x[t - 1] / (1 + np.exp(-5 * x[t - 1])) + RNG.normal()
    return x[50:]


def fractional(d: float, n: int) -> np.ndarray:
    """White noise, integrated d times (Hosking 1981, equation 2.3)."""
    k = np.arange(1, n + 2000)
    weights = np.r_[1, np.cumprod((k - 1 + d) / k)]
    return np.convolve(RNG.normal(size=n + 2000), weights)[2000 : 2000 + n]


def test_teraesvirta_is_an_f_test_of_nested_regressions() -> None:
    import statsmodels.api as sm

    y = autoregression([0.5, 0.2], 200)
    z = (y - y.mean()) / y.std()
    a, b = z[1:-1], z[:-2]
    linear = sm.add_constant(np.column_stack([a, b]))
    powers = np.column_stack([a * a, a * b, b * b, a**3, a * a * b, a * b * b, b**3])
    small, large = sm.OLS(z[2:], linear).fit(), sm.OLS(z[2:], np.column_stack([linear, powers])).fit()
    statistic, p_value, _ = large.compare_f_test(small)
    # least squares by another decomposition
    assert teraesvirta(y, n_lags=2) == pytest.approx((statistic, p_value), rel=1e-8)


@pytest.mark.parametrize("y", [np.sin(np.arange(120) / 4), np.arange(60.0)], ids=["sine", "line"])
def test_series_without_noise_have_facts_and_no_warning(y: np.ndarray) -> None:
    assert facts_about(y, season_length=1).to_frame()["median"].notna().any()


@pytest.mark.parametrize("weights", [[], [0.5], [0.9], [1.2, -0.5]])
def test_linear_series_are_called_nonlinear_one_time_in_twenty(weights: list[float]) -> None:
    rate = np.mean([teraesvirta(autoregression(weights, 200))[1] < 0.05 for _ in range(300)])
    # four standard errors of a share of 300
    assert rate < 0.05 + 0.05


@pytest.mark.parametrize("make", [logistic_map, star])
def test_nonlinear_series_are_found(make) -> None:
    assert np.mean([teraesvirta(make(300))[1] < 0.05 for _ in range(60)]) > 0.9


@pytest.mark.parametrize("values", [np.ones(100), np.arange(20.0), np.empty(0), np.array([1.0])])
def test_teraesvirta_says_nothing_of_series_without_information(values: np.ndarray) -> None:
    assert np.isnan(teraesvirta(values)[1])


@pytest.mark.parametrize("d", [0.0, 0.3, 0.45])
def test_long_memory_is_measured_with_the_error_that_it_says(d: float) -> None:
    found = [long_memory(fractional(d, 3000)) for _ in range(30)]
    estimates = np.array([f.d for f in found])
    error = np.median([f.standard_error for f in found])
    # a bias of one standard error, and a spread of which 30 numbers say +-40 %
    assert abs(estimates.mean() - d) < error
    assert 0.5 * error < estimates.std() < 1.6 * error


@pytest.mark.parametrize("weights", [[0.5], [0.9], [1.2, -0.5]])
def test_short_memory_is_not_called_long(weights: list[float]) -> None:
    assert np.mean([long_memory(autoregression(weights, 1000)).is_long for _ in range(50)]) <= 0.2


def test_long_memory_needs_points_beyond_the_season() -> None:
    assert np.isnan(long_memory(RNG.normal(size=100)).d)
    assert np.isnan(long_memory(RNG.normal(size=1000), season_length=52).d)
    assert np.isnan(long_memory(np.arange(500.0)).d)


def test_strengths_are_those_of_stl() -> None:
    y = 0.05 * np.arange(144) + 3 * np.sin(np.arange(144) * np.pi / 6) + RNG.normal(size=144)
    parts = STL(y, period=12).fit()
    _, trend, season = strengths(y, 12)
    rest = np.var(parts.resid)
    # the rest is what is left, so rounding differs
    assert trend == pytest.approx(1 - rest / np.var(parts.trend + parts.resid), rel=1e-6)
    assert season == pytest.approx(1 - rest / np.var(parts.seasonal + parts.resid), rel=1e-6)
    assert strengths(RNG.normal(size=144), 12)[2] < 0.5


@pytest.mark.parametrize("n", [1, 2, 3, 10, 30])
def test_short_series_and_long_seasons_have_facts(n: int) -> None:
    facts = facts_about(pd.DataFrame({"ds": range(n), "y": RNG.normal(size=n)}), season_length=24, freq=1)
    assert facts.per_series["n_points"].tolist() == [n]
    assert np.isnan(facts.per_series["season_strength"][0])
    assert facts.expectations[0].favours == "others"


def test_constant_series_have_facts() -> None:
    facts = facts_about(np.full(300, 5.0), season_length=12)
    assert facts.per_series[["trend_strength", "season_strength", "nonlinearity_p"]].isna().all(axis=None)
    assert facts.to_dict()["facts"][3]["median"] is None


def test_a_series_that_is_made_for_others_and_one_for_the_lstm() -> None:
    n = 600
    plain = 0.1 * np.arange(n) + 5 * np.sin(np.arange(n) * np.pi / 6) + RNG.normal(size=n)
    reasons = {e.favours for e in facts_about(plain, season_length=12).expectations}
    assert reasons == {"others"}
    curved = facts_about(logistic_map(3000), season_length=1).expectations
    assert any(e.favours == "LSTM" and "nonlinearity" in str(e.message) for e in curved)
    long = facts_about(fractional(0.4, 4000), season_length=1).expectations
    assert any(e.favours == "LSTM" and "memory is long" in str(e.message) for e in long)


def test_many_series_and_gaps_are_told() -> None:
    days = pd.date_range("2024-01-01", periods=200)
    table = pd.concat(
        pd.DataFrame({"unique_id": f"s{s}", "ds": days, "y": autoregression([0.5], 200)}) for s in range(12)
    )
    table.loc[table.index % 10 == 3, "y"] = np.nan
    facts = facts_about(table, season_length=7)
    sentences = " ".join(str(e.message) for e in facts.expectations)
    assert "12 series with 2,160 points" in sentences
    assert "10% of the points are missing" in sentences
    assert "median" in repr(facts)


def test_a_season_is_found_where_none_is_named() -> None:
    y = np.sin(np.arange(2000) * 2 * np.pi / 63) + RNG.normal(0, 0.3, 2000)
    assert facts_about(y).season_length == 63
    days = pd.date_range("2024-01-01", periods=300)
    week = pd.DataFrame({"ds": days, "y": 3.0 * (days.day_of_week < 5) + RNG.normal(size=300)})
    assert facts_about(week).season_length == 7
    assert facts_about(week.assign(y=RNG.normal(size=300))).season_length == 1


def test_a_season_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="season_length"):
        facts_about(np.arange(50.0), season_length=0)
