"""Tests of differences against scipy, statsmodels, published tables, formulas written out, and made series."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from comparison.made_backtests import made_backtest
from gatecast.comparison.scores import Cells, cells_of, score_windows
from gatecast.comparison.significance import (
    average_ranks,
    bootstrap_skill,
    critical_difference,
    detectable_difference,
    diebold_mariano,
    holm,
    units_of,
)
from gatecast.exceptions import ConfigError, DataError


def by_hand(d: np.ndarray, h: int) -> tuple[float, float]:
    """Harvey, Leybourne and Newbold (1997), equations 3, 5 and 9, as loops."""
    n, mean = len(d), sum(d) / len(d)
    gammas = [sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n for k in range(h)]
    variance = (gammas[0] + 2 * sum(gammas[1:])) / n
    corrected = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n) * mean / np.sqrt(variance)
    return corrected, 2 * stats.t.cdf(-abs(corrected), n - 1)


@pytest.mark.parametrize("horizon", [1, 2, 4])
def test_diebold_mariano_is_its_formula(horizon: int) -> None:
    d = np.convolve(np.random.default_rng(horizon).normal(0.3, 1, 43), np.ones(4) / 2, "valid")
    found = diebold_mariano(d, horizon)
    # the same sums in another order
    assert (found.statistic, found.p_value) == pytest.approx(by_hand(d, horizon), rel=1e-9)
    assert found.difference / found.standard_error == pytest.approx(found.statistic)


def test_diebold_mariano_by_pencil() -> None:
    # mean 2, autocovariances 2.5, 0.75: S = (2.5 + 1.5) / 4 = 1, correction sqrt((4 + 1 - 4 + 2/4) / 4)
    found = diebold_mariano(np.array([0.0, 1.0, 3.0, 4.0]), 2)
    gammas = (2.5, ((-1) * (-2) + 1 * (-1) + 2 * 1) / 4)
    assert gammas == (2.5, 0.75)
    assert found.statistic == pytest.approx(2 / 1 * np.sqrt(1.5 / 4), rel=1e-12)


def test_one_step_ahead_is_the_paired_t_test() -> None:
    a, b = np.random.default_rng(0).exponential(size=(2, 17))
    expected = stats.ttest_rel(a, b)
    found = diebold_mariano(a - b)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


def test_a_variance_that_is_not_positive_gets_weights() -> None:
    d = np.array([1.0, -1.0] * 6) + np.linspace(0.4, 0.5, 12)
    centred = d - d.mean()
    gammas = [centred[k:] @ centred[: 12 - k] / 12 for k in range(2)]
    assert gammas[0] + 2 * gammas[1] < 0
    variance = (gammas[0] + 2 * 0.5 * gammas[1]) / 12
    expected = d.mean() / np.sqrt(variance) * np.sqrt((12 + 1 - 4 + 2 / 12) / 12)
    assert diebold_mariano(d, 2).statistic == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "horizon"), [(0, 1), (1, 1), (2, 1), (3, 3), (5, 6)])
def test_too_few_windows_have_no_p_value_and_say_why(n: int, horizon: int) -> None:
    found = diebold_mariano(np.arange(1.0, n + 1), horizon)
    assert np.isnan(found.p_value)
    assert f"{n} loss differences are too few" in str(found.note)


def test_equal_errors_and_equal_differences() -> None:
    assert diebold_mariano(np.zeros(5)).p_value == 1
    assert diebold_mariano(np.full(5, 0.1)).p_value == 0
    assert diebold_mariano(np.array([1.0, np.nan, 2.0, 4.0, np.inf])).n == 3


@pytest.mark.parametrize("n", [3, 5, 9, 20, 200])
def test_detectable_difference_is_that_of_the_power_of_the_paired_t_test(n: int) -> None:
    # exact, by the noncentral t distribution, in standard deviations of the differences
    exact = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8)
    # the sum of two quantiles approximates it: by 6 % for 3 differences, by less for more
    assert detectable_difference(1 / np.sqrt(n), n) == pytest.approx(exact, rel=0.06)


def test_detectable_difference_is_found_four_times_in_five() -> None:
    rng, n = np.random.default_rng(0), 12
    true = detectable_difference(2.0 / np.sqrt(n), n)
    found = np.mean([diebold_mariano(rng.normal(true, 2.0, n)).p_value < 0.05 for _ in range(2_000)])
    # three standard errors of a share of 2,000, and the approximation
    assert found == pytest.approx(0.8, abs=0.04)


def test_no_difference_is_detectable_without_a_test() -> None:
    assert np.isnan(detectable_difference(np.nan, 2))
    assert np.isnan(detectable_difference(1.0, 1))


def test_a_horizon_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="got 0"):
        diebold_mariano(np.ones(4), 0)


@pytest.mark.parametrize(("n", "horizon"), [(5, 1), (20, 1), (60, 3)])
def test_models_that_are_alike_are_told_apart_one_time_in_twenty(n: int, horizon: int) -> None:
    rng = np.random.default_rng(n)
    noise = rng.normal(size=(600, n + horizon - 1))
    d = np.stack([np.convolve(row, np.ones(horizon), "valid") for row in noise])
    rate = np.mean([diebold_mariano(row, horizon).p_value < 0.05 for row in d])
    # four standard errors of a share of 600, and the test of overlapping windows is known to be a little liberal
    assert 0.05 - 0.036 <= rate <= 0.05 + 0.036 + 0.02 * (horizon > 1)


def test_a_difference_is_found_in_many_windows() -> None:
    rng = np.random.default_rng(0)
    d = rng.normal(0.5, 1, size=(200, 60))
    # the t-test with 60 points has a power of 0.97 here
    assert np.mean([diebold_mariano(row).p_value < 0.05 for row in d]) > 0.9


def test_holm_against_statsmodels() -> None:
    p = np.random.default_rng(0).uniform(0, 0.2, 21)
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12)
    assert np.isnan(holm(np.array([np.nan, 0.01]))).tolist() == [True, False]


def test_friedman_against_scipy() -> None:
    errors = np.random.default_rng(0).exponential(size=(4, 30)) + np.array([[0.0], [0.2], [0.5], [0.5]])
    ranks = average_ranks(("A", "B", "C", "D"), errors)
    expected = stats.friedmanchisquare(*errors)
    assert (ranks.statistic, ranks.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    # by the formula of Friedman, from mean ranks
    k, n = errors.shape
    mean = np.array(list(ranks.mean.values()))
    assert 12 * n / (k * (k + 1)) * (np.sum(mean**2) - k * (k + 1) ** 2 / 4) == pytest.approx(ranks.statistic)
    assert ranks.differ("A", "D") == (abs(mean[0] - mean[3]) > ranks.critical_difference)


def test_nemenyi_against_the_published_table() -> None:
    # Demsar 2006, table 5 (a), for 0.05 and 2 to 10 models
    published = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
    for k, q in enumerate(published, start=2):
        # with N = k (k + 1) / 6 the difference is q itself; the table has three digits
        assert critical_difference(k, 1) / np.sqrt(k * (k + 1) / 6) == pytest.approx(q, abs=1.1e-3)


def test_ranks_need_series_and_models() -> None:
    assert "9 and 3" in str(average_ranks(("A", "B", "C"), np.ones((3, 9))).note)
    assert "20 and 2" in str(average_ranks(("A", "B"), np.ones((2, 20))).note)
    assert average_ranks(("A", "B", "C"), np.ones((3, 12))).p_value == 1
    missing = np.random.default_rng(0).normal(size=(3, 12))
    missing[1, 0] = np.nan
    assert average_ranks(("A", "B", "C"), missing).n_series == 11


def cells(errors: dict[str, np.ndarray], **options) -> Cells:
    backtest = made_backtest(errors, **options)
    return cells_of(score_windows(backtest).windows, backtest.forecasts, backtest.models)


def test_cells_hold_the_errors_of_windows_that_are_shared() -> None:
    a = np.random.default_rng(0).uniform(1, 2, size=(4, 12))
    b = a.copy()
    b[2, 3] = np.nan
    found = cells({"A": a, "B": b, "C": np.where(np.arange(12) < 6, a, np.nan)})
    np.testing.assert_allclose(found.errors[0], a)
    assert found.complete.tolist() == [True, True, False]
    assert (~found.shared).sum() == 1
    assert not found.shared[2, 3]


@pytest.mark.parametrize(("horizon", "step", "overlap"), [(1, 1, 1), (4, 4, 1), (4, 2, 2), (4, 1, 4), (5, 2, 3)])
def test_overlap_counts_origins_with_a_target_in_common(horizon: int, step: int, overlap: int) -> None:
    assert cells({"A": np.ones((1, 8))}, horizon=horizon, step=step).overlap == overlap


def test_series_that_end_at_other_times_are_matched_from_their_ends() -> None:
    backtest = made_backtest({"A": np.arange(1.0, 13.0).reshape(4, 3)})
    lag = backtest.forecasts["unique_id"].map({f"s{i:03d}": 1000 * i for i in range(4)})
    table = backtest.forecasts.assign(ds=backtest.forecasts["ds"] + lag, cutoff=backtest.forecasts["cutoff"] + lag)
    found = cells_of(score_windows(backtest).windows.assign(cutoff=table["cutoff"]), table, ("A",))
    np.testing.assert_allclose(found.errors[0], np.arange(1.0, 13.0).reshape(4, 3))


def test_few_origins_of_many_series_are_tested_by_series() -> None:
    a = np.random.default_rng(0).uniform(1, 2, size=(12, 3))
    units = units_of(cells({"A": a}))
    assert (units.what, units.horizon) == ("series", 1)
    np.testing.assert_allclose(units.losses[0], a.mean(axis=1))
    units = units_of(cells({"A": a[:4]}, horizon=2, step=1))
    assert (units.what, units.horizon) == ("origin", 2)
    np.testing.assert_allclose(units.losses[0], a[:4].mean(axis=0))
    assert "3 windows are few" in str(units.note)
    assert units_of(cells({"A": np.ones((12, 10))})).note is None


def test_skill_against_a_bootstrap_of_loops() -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(1, 2, size=(6, 8))
    own = base * rng.uniform(0.5, 1.1, size=(6, 8))
    found = bootstrap_skill(cells({"SeasonalNaive": base, "A": own}), "SeasonalNaive", n_draws=4_000)
    drawn = []
    for _ in range(4_000):
        s, t = rng.integers(6, size=6), rng.integers(8, size=8)
        drawn.append(1 - own[np.ix_(s, t)].sum() / base[np.ix_(s, t)].sum())
    assert found.skill[1] == pytest.approx(1 - own.sum() / base.sum())
    # the ends of two bootstraps of 4,000 draws differ by about a fortieth of their width
    np.testing.assert_allclose((found.lower[1], found.upper[1]), np.quantile(drawn, [0.025, 0.975]), atol=0.01)
    assert (found.skill[0], found.lower[0], found.upper[0]) == (0, 0, 0)


def test_intervals_of_skill_hold_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(150):
        s, t = rng.normal(0, 0.1, (20, 1)), rng.normal(0, 0.1, (1, 20))
        own = 0.9 + s + t + rng.normal(0, 0.1, (20, 20))
        cube = Cells(("SeasonalNaive", "A"), np.arange(20), np.stack([np.ones((20, 20)), own]), "mase", 1)
        found = bootstrap_skill(cube, "SeasonalNaive", n_draws=400)
        hits += found.lower[1] <= 0.1 <= found.upper[1]
    # 95 % less what percentiles of 20 series and origins lose, and four standard errors of a share of 150
    assert hits / 150 > 0.86


def test_skill_from_one_window_has_no_interval() -> None:
    found = bootstrap_skill(cells({"SeasonalNaive": np.ones((1, 1)), "A": np.full((1, 1), 0.5)}), "SeasonalNaive")
    assert found.skill[1] == pytest.approx(0.5)
    assert np.isnan([found.lower[1], found.upper[1]]).all()
    assert "no interval" in str(found.note)


def test_skill_needs_its_baseline() -> None:
    with pytest.raises(DataError, match="Add it"):
        bootstrap_skill(cells({"A": np.ones((1, 3))}), "SeasonalNaive")
