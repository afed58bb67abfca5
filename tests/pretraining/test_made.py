"""Made series have what their process promises: poles, filters, seasons, trends and values as tables hold them."""

import numpy as np
import pytest
from scipy.signal import lfilter

from gatecast.pretraining import made
from gatecast.pretraining.made_panel import LASTING, SHARES, lengths_of, make_mixture

SEASONS = ((), (4,), (12,), (24, 168))


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seasons", SEASONS, ids=str)
@pytest.mark.parametrize("kind", made.KINDS)
def test_paths_are_finite_and_the_same_for_the_same_seed(kind, seasons):
    first, again = (made.make_series(kind, 30, 200, seasons, rng(3)) for _ in range(2))
    assert first.shape == (30, 200)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert (made.make_series(kind, 30, 200, seasons, rng(4)) != first).any()


def test_poles_lie_in_the_disk_and_many_near_its_edge():
    coefficients = made._polynomial(2000, 4, 0.9, rng())
    sizes = [np.abs(np.roots([1.0, *-row])) for row in coefficients if row.any()]
    largest = np.array([size.max() for size in sizes])
    assert largest.max() < 0.9 + 1e-9
    # of one pole that is uniform by area a share of 1 - (1/2)^2 lies beyond half the radius, of several more
    assert (largest > 0.45).mean() > 0.75
    assert len(sizes) == pytest.approx(1600, abs=80)  # one of five has no pole


def test_filters_agree_with_scipy():
    e = rng().normal(size=(3, 50))
    ar, ma = np.array([0.5, -0.3]), np.array([0.4, 0.2, -0.1])
    x = made._arma(e, np.tile(ar, (3, 1)), np.tile(ma, (3, 1)))
    np.testing.assert_allclose(x, lfilter([1, *-ma], [1, *-ar], e), rtol=0, atol=1e-12)
    z = made._seasonal_filter(e, 4, np.full(3, 0.7), np.full(3, -0.5))
    expected = lfilter([1, 0, 0, 0, -0.5], [1, 0, 0, 0, -0.7], e)
    np.testing.assert_allclose(z, expected, rtol=0, atol=1e-12)


def test_half_an_integration_twice_is_a_whole_one():
    e = rng().normal(size=(4, 60))
    half = np.full(4, 0.5)
    twice = made._fractional(made._fractional(e, half), half)
    # fast Fourier transforms of 120 numbers are exact to about 1e-13
    np.testing.assert_allclose(twice, np.cumsum(e, axis=1), rtol=0, atol=1e-11)
    np.testing.assert_allclose(made._fractional(e, np.zeros(4)), e, rtol=0, atol=1e-12)


@pytest.mark.parametrize("m", [2, 4, 7, 12, 52])
def test_seasons_have_mean_zero_and_size_one(m):
    patterns = made.season_patterns(400, m, rng())
    np.testing.assert_allclose(patterns.mean(axis=1), 0.0, atol=1e-12)
    sizes = patterns.std(axis=1)
    # some have no spike or no harmonic at all
    assert np.isclose(sizes, 1.0).mean() > 0.8
    assert ((np.isclose(sizes, 1.0)) | (sizes < 1e-9)).all()


@pytest.mark.parametrize("kind", ["ets", "sarima", "components", "gaussian_process", "regimes"])
def test_the_season_shows(kind):
    # the change over a whole season is smaller than over half of one in most series, and over no season it is not
    def share(seasons):
        x = made.make_series(kind, 300, 240, seasons, rng(1))
        detrended = x - np.array([np.convolve(row, np.ones(12) / 12, "same") for row in x])
        change = [np.abs(detrended[:, 30 + lag : -30] - detrended[:, 30 : -30 - lag]).mean(axis=1) for lag in (12, 6)]
        return (change[0] < 0.8 * change[1]).mean()

    assert share((12,)) > share(()) + 0.25


def test_trends_outgrow_the_noise_in_some_series_and_not_in_others():
    x = made.make_series("ets", 600, 120, (), rng())
    moved = np.abs(x[:, -10:].mean(axis=1) - x[:, :10].mean(axis=1))
    assert 0.1 < (moved > 30).mean() < 0.6
    assert (moved < 8).mean() > 0.15


def test_innovations_have_size_one_and_heavy_tails_in_a_third():
    e = made.innovations(3000, 400, rng())
    assert np.median(np.abs(e)) == pytest.approx(0.6745, rel=0.06)
    kurtosis = (e**4).mean(axis=1) / (e**2).mean(axis=1) ** 2
    assert 0.25 < (kurtosis > 4.0).mean() < 0.6


def test_observed_values_are_amounts_counts_and_numbers_around_a_level():
    y = make_mixture(2000, 120, (12,), rng())
    assert np.isfinite(y).all()
    whole = (y == np.round(y)).all(axis=1)
    assert 0.1 < whole.mean() < 0.3
    assert (y >= 0).all(axis=1).mean() > 0.6
    assert (y < 0).any(axis=1).mean() > 0.05


def test_kinds_come_in_their_shares_and_lengths_evenly_by_factor():
    assert set(SHARES) == set(made.KINDS)
    assert sum(SHARES.values()) == pytest.approx(1.0)
    lengths = lengths_of(20_000, 20, 320, rng())
    assert (lengths.min(), lengths.max()) == (20, 320)
    # half of them lie below the geometric mean
    assert (lengths < 80).mean() == pytest.approx(0.5, abs=0.02)


def test_the_year_of_days_comes_again_on_the_same_day_of_the_week():
    x = made.years(400, 1100, 364, rng())
    x = x[x.std(axis=1) > 0]
    # one of four has none, as have those whose waves, weeks and days are all absent
    assert 0.6 < len(x) / 400 < 0.8
    size = x.std(axis=1)
    year, half = (np.abs(x[:, lag:] - x[:, :-lag]).mean(axis=1) / size for lag in (364, 182))
    # waves of 365.25 days and dates are a day or two off
    assert (year < 0.5 * half).mean() > 0.8


def test_random_walks_know_hardly_more_than_their_last_value():
    steps = np.diff(made.random_walks(500, 400, rng()), axis=1)
    steps -= steps.mean(axis=1, keepdims=True)
    again = (steps[:, 1:] * steps[:, :-1]).mean(axis=1) / (steps**2).mean(axis=1)
    # three in ten undo up to three tenths of a step; the others have none, within chance of 1 in the root of 400
    assert np.median(np.abs(again)) < 0.06
    assert (again < -0.12).mean() == pytest.approx(0.3 * 0.18 / 0.45, abs=0.06)


@pytest.mark.parametrize(("season", "share"), [(1, 0.35), (4, 0.4)])
def test_trends_last_in_a_share_of_the_series(season, share):
    trends = made.lasting_trends(4000, *LASTING[season], rng())
    assert (trends != 0).mean() == pytest.approx(share, abs=0.03)
    assert (trends > 0).sum() / (trends != 0).sum() == pytest.approx(0.75, abs=0.03)
    low, high = LASTING[season][1]
    sizes = np.abs(trends[trends != 0])
    assert low <= sizes.min() < 1.05 * low
    assert high >= sizes.max() > 0.95 * high
