"""Are the statistics right? Against statsmodels, closed forms and simulation."""

import numpy as np
import pytest

from gatecast.diagnosis.floor import gamma_test, noise_floor
from gatecast.diagnosis.linear import fit_linear, orders_up_to
from gatecast.diagnosis.statistics import block_means, ljung_box_p, newey_west_z, remainder, slope_t

diagnostic = pytest.importorskip("statsmodels.stats.diagnostic")


def autoregression(phi, n, seed=0):
    out = np.random.default_rng(seed).normal(size=n)
    for t in range(1, n):
        out[t] += phi * out[t - 1]
    return out


@pytest.mark.parametrize(("season", "n_lags"), [(1, 10), (12, 24)])
def test_ljung_box_is_that_of_statsmodels(season, n_lags):
    errors = autoregression(0.15, 300)
    expected = diagnostic.acorr_ljungbox(errors, lags=[n_lags])["lb_pvalue"].iloc[0]
    # the same formula: rounding only
    assert ljung_box_p(errors, season) == pytest.approx(expected, rel=1e-9)


def test_newey_west_is_that_of_statsmodels():
    import statsmodels.api as sm

    errors = autoregression(0.5, 400) + 0.3
    lags = int(4 * (400 / 100) ** (2 / 9))
    options = {"maxlags": lags, "use_correction": False}
    fit = sm.OLS(errors, np.ones(400)).fit(cov_type="HAC", cov_kwds=options)
    assert newey_west_z(errors) == pytest.approx(fit.tvalues[0], rel=1e-9)
    time = np.linspace(-0.5, 0.5, 400)
    line = sm.OLS(errors, sm.add_constant(time)).fit(cov_type="HAC", cov_kwds=options)
    assert newey_west_z(errors, time) == pytest.approx(line.tvalues[1], rel=1e-9)


def test_slope_is_that_of_least_squares():
    import statsmodels.api as sm

    curve = np.array([3.0, 2.5, 2.6, 2.0, 1.9, 1.2])
    fit = sm.OLS(curve, sm.add_constant(np.arange(6))).fit()
    slope, t, scatter = slope_t(curve)
    assert (slope, t) == pytest.approx((fit.params[1], fit.tvalues[1]))
    assert scatter**2 == pytest.approx(fit.mse_resid)


def test_block_bootstrap_knows_that_errors_hang_together():
    # the variance of the mean of an AR(1) is 1 / (1 - phi)^2 / n; blocks of 25 catch most of it
    values = autoregression(0.5, 2000)
    spread = block_means(values).std()
    assert spread == pytest.approx(2 / np.sqrt(2000), rel=0.25)


def test_interval_of_a_mean_holds_as_often_as_it_says():
    held = 0
    for seed in range(100):
        low, high = np.quantile(block_means(np.random.default_rng(seed).normal(size=200)), [0.05, 0.95])
        held += low <= 0 <= high
    # a binomial count of 100 at 90 % lies within 80 and 98 in 999 of 1,000 cases; seeds are fixed
    assert 80 <= held <= 98


def test_remainder_of_an_autoregression_is_its_share():
    # an AR(1) predicts phi^2 of its variance
    assert remainder(autoregression(0.6, 5000), [1, 2, 3]) == pytest.approx(0.36, abs=0.04)
    # 50 inputs of noise overfit, and out of sample that shows as nothing
    assert remainder(np.random.default_rng(0).normal(size=600), list(range(1, 51))) < 0.0


def test_linear_is_least_squares():
    y = autoregression(0.7, 500)
    fit = fit_linear(y, np.zeros(500, int), np.arange(500) < 400, [1])
    x = np.stack([y[:399], np.ones(399)], axis=1)
    expected = np.linalg.lstsq(x, y[1:400], rcond=None)[0]
    # shrinkage of 1e-8 of the inputs' variance
    assert fit.weights == pytest.approx(expected, rel=1e-6)
    assert np.isnan(fit.residuals[400:]).all()
    ahead = fit.forecast(y, np.array([0, 450]))
    assert np.isnan(ahead[0])
    assert ahead[1] == pytest.approx(expected[0] * y[449] + expected[1], rel=1e-6)


def test_linear_finds_its_order_among_powers_of_two_and_seasons():
    assert orders_up_to(24, 12) == [1, 2, 3, 4, 6, 8, 12, 13, 16, 24]
    y = np.random.default_rng(0).normal(size=3000)
    for t in range(2, 3000):
        y[t] += 1.2 * y[t - 1] - 0.5 * y[t - 2]
    fit = fit_linear(y, np.zeros(3000, int), np.ones(3000, bool), [1, 2, 4, 8])
    assert (fit.order, *fit.weights[:2].round(1)) == (2, 1.2, -0.5)


def test_linear_residuals_are_of_points_that_were_not_learned_from():
    # 50 lags of noise learn by heart: in sample the error would be 0.7, out of sample it is above 1
    y = np.random.default_rng(0).normal(size=150)
    fit = fit_linear(y, np.zeros(150, int), np.ones(150, bool), [40])
    assert np.sqrt(np.nanmean(fit.residuals**2)) > 1.0


def test_linear_does_not_mix_series():
    y = np.concatenate([np.zeros(100), autoregression(0.9, 100)])
    begins = np.repeat([0, 100], 100)
    fit = fit_linear(y, begins, np.ones(200, bool), [1, 2])
    assert np.isnan(fit.residuals[[0, 100, 101]]).all()


@pytest.mark.parametrize("noise", [0.1, 0.4])
def test_gamma_test_finds_the_noise_of_a_map(noise):
    # the next value is a smooth function of the last one and noise of known variance: nothing else is to be known
    e = np.random.default_rng(0).normal(size=3000)
    x = np.zeros(3000)
    for t in range(1, 3000):
        x[t] = np.sin(2 * x[t - 1]) + noise * e[t]
    estimate, error = gamma_test(x, 1)
    # 4 standard errors, and a hundredth of the variance for what ten neighbours smooth away
    assert abs(estimate - noise**2) < 4 * error + 0.01 * x.var()
    assert error < 0.1 * noise**2


def test_floor_of_a_chaotic_map_is_not_linear():
    x = np.empty(2000)
    x[0] = 0.3
    for t in range(1, 2000):
        x[t] = 3.9 * x[t - 1] * (1 - x[t - 1])
    linear = fit_linear(x, np.zeros(2000, int), np.ones(2000, bool), [1, 2, 4]).residuals
    floor = noise_floor(x, linear[~np.isnan(linear)])
    assert floor.method == "gamma test"
    assert floor.rmse < 0.2 * np.nanstd(linear)


def test_floor_of_short_series_is_the_linear_one():
    errors = np.random.default_rng(0).normal(size=80)
    assert noise_floor(errors, errors).method == "linear"
