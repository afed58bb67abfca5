"""Do intervals hold as often as they say, whatever the errors are like?"""

import numpy as np
import pytest

from gatecast.exceptions import ConfigError, DataError
from gatecast.metrics.conformal import MAX_ROWS, Conformal, coverage, fit_conformal


def hits(n, level, is_symmetric, draw, n_trials=4000):
    """How often the interval of n residuals holds for the next one, in many trials at once (one for each step)."""
    rng = np.random.default_rng(0)
    lower, upper = fit_conformal(draw(rng, (n, n_trials)), is_symmetric=is_symmetric).bounds(level)
    return coverage(lower.T, upper.T, draw(rng, (1, n_trials)))


DRAWS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "heavy tails": lambda rng, shape: rng.standard_cauchy(size=shape),
    "skewed and biased": lambda rng, shape: rng.exponential(size=shape) + 3,
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(
    ("is_symmetric", "n", "level"),
    [(True, 19, 95), (True, 50, 80), (True, 200, 90), (False, 39, 95), (False, 50, 80), (False, 200, 90)],
)
def test_coverage_in_finite_samples(draw, is_symmetric, n, level):
    measured = hits(n, level, is_symmetric, DRAWS[draw])
    # at least the level; at most one part of n + 1 more (two if asymmetric); four deviations of a binomial
    slack = 4 * np.sqrt((level / 100) * (1 - level / 100) / 4000)
    assert measured >= level / 100 - slack
    assert measured <= level / 100 + (1 if is_symmetric else 2) / (n + 1) + slack


def test_half_width_is_the_ranked_residual():
    rng = np.random.default_rng(0)
    residuals = rng.normal(size=(99, 3))
    # ceil(100 * 0.8) = 80th smallest
    np.testing.assert_array_equal(fit_conformal(residuals).half_widths(80), np.sort(np.abs(residuals), axis=0)[79])
    expected = np.sort(residuals, axis=0)[[4, 9, 49, 89]].T
    np.testing.assert_array_equal(fit_conformal(residuals).quantiles([0.05, 0.1, 0.5, 0.9]), expected)


def test_asymmetric_ends_by_hand():
    lower, upper = fit_conformal(np.arange(99.0)[:, None], is_symmetric=False).bounds([50, 90])
    assert (lower.tolist(), upper.tolist()) == ([[24.0, 4.0]], [[74.0, 94.0]])


@pytest.mark.parametrize(
    ("residuals", "expected"),
    [
        # one step shows no growth, so it is that of a random walk; errors that do not grow do not grow later either
        (np.array([[-1.0], [1.0]]), np.sqrt([1, 2, 3, 4])),
        (np.ones((9, 3)), np.ones(5)),
    ],
)
def test_growth_beyond_the_measured_steps(residuals, expected):
    np.testing.assert_allclose(fit_conformal(residuals).growth(len(expected)), expected, rtol=1e-9)


def test_quantiles_mirror_with_the_sign():
    residuals = np.random.default_rng(0).gamma(2, size=(57, 4))
    quantiles = fit_conformal(residuals).quantiles([0.03, 0.2, 0.5, 0.8, 0.97])
    mirrored = fit_conformal(-residuals).quantiles([0.03, 0.2, 0.5, 0.8, 0.97])
    np.testing.assert_array_equal(quantiles, -mirrored[:, ::-1])


def test_each_step_has_its_own_width():
    rng = np.random.default_rng(0)
    spread = np.array([1.0, 5.0, 0.2, 2.0])
    conformal = fit_conformal(spread * rng.normal(size=(2000, 4)))
    # 1.645 deviations, known to about 5 % from 2000 residuals
    np.testing.assert_allclose(conformal.half_widths(90), 1.645 * spread, rtol=0.1)
    lower, upper = (end.T for end in conformal.bounds(90))
    actual = spread * rng.normal(size=(5000, 4))
    measured = [coverage(lower[:, [step]], upper[:, [step]], actual[:, [step]]) for step in range(4)]
    np.testing.assert_allclose(measured, 0.9, atol=0.03)


def test_step_without_enough_residuals_borrows_from_its_neighbours():
    residuals = np.full((30, 5), np.nan)
    residuals[:, 0], residuals[:, 1], residuals[:, 4] = 100.0, 1.0, 7.0
    residuals[0, 2], residuals[:10, 3] = 3.0, 5.0
    widths = fit_conformal(residuals).half_widths(95)
    # the third has 1 and takes 1 and 10 more from beside it; the fourth, with 10, takes 1 and 30
    np.testing.assert_array_equal(widths, [100, 1, 5, 7, 7])
    # 3 residuals are enough for 75 %, so only the third step borrows: 5 is the 32nd of 41
    np.testing.assert_array_equal(fit_conformal(residuals).half_widths(75), [100, 1, 5, 5, 7])


def test_intervals_are_nested_even_where_steps_borrow():
    rng = np.random.default_rng(0)
    residuals = rng.normal(size=(12, 6)) * np.array([1, 9, 1, 9, 1, 9])
    residuals[rng.random((12, 6)) < 0.4] = np.nan
    for is_symmetric in (True, False):
        lower, upper = fit_conformal(residuals, is_symmetric=is_symmetric).bounds([99, 50, 80, 95, 90])
        assert (np.diff(lower, axis=1) <= 0).all()
        assert (np.diff(upper, axis=1) >= 0).all()
        assert (np.diff(fit_conformal(residuals).quantiles(np.arange(1, 20) / 20), axis=1) >= 0).all()


def test_too_few_residuals_give_the_widest_and_a_note():
    conformal = fit_conformal(np.array([[1.0, -2.0], [np.nan, 4.0]]))
    np.testing.assert_array_equal(conformal.half_widths(95), [4, 4])
    assert str(conformal.note(95)) == (
        "The 95 % interval is as wide as the widest of 3 residuals, because at least 19 are needed."
    )
    assert conformal.note(75) is None
    asymmetric = fit_conformal(np.array([[1.0, -2.0], [np.nan, 4.0]]), is_symmetric=False)
    np.testing.assert_array_equal(asymmetric.bounds(95), [[[-2], [-2]], [[4], [4]]])
    assert "at least 39" in str(asymmetric.note(95))
    assert fit_conformal(np.zeros((19, 1))).note(95) is None
    assert fit_conformal(np.zeros((39, 1)), is_symmetric=False).note(95) is None


def test_stored_and_loaded_calibration_is_the_same():
    conformal = fit_conformal(np.random.default_rng(0).normal(size=(50, 3)), is_symmetric=False)
    loaded = Conformal.from_arrays(conformal.to_arrays())
    assert loaded.is_symmetric is False
    np.testing.assert_array_equal(loaded.bounds([80, 95]), conformal.bounds([80, 95]))


def test_of_many_rows_some_are_drawn():
    rng = np.random.default_rng(0)
    residuals = rng.normal(size=(100_000, 2))
    residuals[:1000] = np.nan
    conformal = fit_conformal(residuals)
    assert conformal.residuals.shape == (MAX_ROWS, 2)
    assert not np.isnan(conformal.residuals).any()
    np.testing.assert_allclose(conformal.half_widths(90), 1.645, rtol=0.05)
    np.testing.assert_array_equal(conformal.residuals, fit_conformal(residuals).residuals)


@pytest.mark.parametrize("residuals", [np.full((3, 2), np.nan), np.empty((0, 2)), np.zeros(3), np.array([[np.inf]])])
def test_useless_residuals_are_refused(residuals):
    with pytest.raises(DataError, match="finite numbers with something observed.*Calibrate on more origins"):
        fit_conformal(residuals)


def test_impossible_level_is_refused():
    with pytest.raises(ConfigError, match="got 195"):
        fit_conformal(np.zeros((3, 1))).half_widths(195)


def test_coverage_counts_what_was_observed():
    assert np.isnan(coverage(np.zeros((1, 1)), np.ones((1, 1)), np.array([[np.nan]])))
    assert coverage(np.zeros((1, 4)), np.ones((1, 4)), np.array([[0.5, 2.0, 1.0, np.nan]])) == 2 / 3
