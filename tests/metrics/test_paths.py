"""Do paths keep the forecasts, the errors and how errors hang together?"""

import numpy as np
import pytest

from gatecast.exceptions import ConfigError, DataError
from gatecast.metrics.paths import match_quantiles, sample_paths

RNG = np.random.default_rng(0)
# errors that grow and hang together, as those of a random walk do
RESIDUALS = RNG.normal(size=(3000, 6)).cumsum(axis=1)
FORECASTS = RNG.normal(size=(4, 6)) * 10
SCALES = np.array([1.0, 2.0, 0.5, 10.0])


def test_paths_have_the_moments_of_the_residuals():
    paths = sample_paths(FORECASTS, RESIDUALS, SCALES, 20_000)
    assert paths.shape == (4, 20_000, 6)
    errors = (paths - FORECASTS[:, None]) / SCALES[:, None, None]
    for s in range(4):
        # 20,000 draws know a mean to 1 % of the deviation, a correlation to 1 %; four times that
        np.testing.assert_allclose(errors[s].mean(axis=0), RESIDUALS.mean(axis=0), atol=0.04 * 6**0.5)
        np.testing.assert_allclose(np.corrcoef(errors[s].T), np.corrcoef(RESIDUALS.T), atol=0.04)


def test_a_path_is_a_forecast_and_one_row_of_residuals():
    paths = sample_paths(FORECASTS, RESIDUALS[:5], SCALES, 50)
    errors = (paths - FORECASTS[:, None]) / SCALES[:, None, None]
    distance = np.abs(errors[:, :, None, :] - RESIDUALS[:5]).max(axis=3).min(axis=2)
    assert distance.max() < 1e-12


def test_seed_decides():
    same = [sample_paths(FORECASTS, RESIDUALS, SCALES, 10, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], sample_paths(FORECASTS, RESIDUALS, SCALES, 10, seed=4))


def test_paths_and_shuffle_by_hand():
    paths = sample_paths(np.array([[10.0, 20.0]]), np.array([[1.0, 2.0]]), np.array([3.0]), n_paths=2)
    np.testing.assert_array_equal(paths, [[[13, 26], [13, 26]]])
    matched = match_quantiles(np.array([[[5.0], [1.0], [3.0]]]), [0.25, 0.75], np.array([[[0.0, 10.0]]]))
    np.testing.assert_allclose(matched.ravel(), [10, 0, 5], atol=1e-12)


def test_series_do_not_share_rows():
    paths = sample_paths(np.zeros((2, 6)), RESIDUALS, np.ones(2), 200)
    assert not np.array_equal(paths[0], paths[1])


def test_missing_residuals_are_replaced_by_others_of_their_step():
    residuals = RESIDUALS[:40].copy()
    residuals[RNG.random(residuals.shape) < 0.3] = np.nan
    paths = sample_paths(np.zeros((1, 6)), residuals, np.ones(1), 500)
    for step in range(6):
        assert set(paths[0, :, step]) <= set(residuals[:, step])


def test_shuffle_gives_the_margins_and_keeps_the_ranks():
    probabilities = np.array([0.005, 0.1, 0.25, 0.5, 0.75, 0.9, 0.995])
    values = np.sort(RNG.normal(size=(4, 6, 7)), axis=2) * 5
    paths = sample_paths(FORECASTS, RESIDUALS, SCALES, 999)
    matched = match_quantiles(paths, probabilities, values)
    in_order = np.take_along_axis(matched, np.argsort(paths, axis=1, kind="stable"), axis=1)
    # rounding of an interpolation between numbers of about 10
    assert (np.diff(in_order, axis=1) >= -1e-12).all()
    at = (np.arange(999) + 0.5) / 999
    for s, k in np.ndindex(4, 6):
        expected = np.interp(at, probabilities, values[s, k])
        np.testing.assert_allclose(np.sort(matched[s, :, k]), expected, rtol=1e-12, atol=1e-12)


def test_shuffle_with_one_quantile_gives_it_to_all():
    np.testing.assert_array_equal(
        match_quantiles(np.zeros((1, 3, 1)), 0.5, np.full((1, 1, 1), 7.0)), np.full((1, 3, 1), 7)
    )


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"shape \(n, 6\).*got shape \(3, 2\)"):
        sample_paths(FORECASTS, np.zeros((3, 2)), SCALES)
    with pytest.raises(DataError, match="something observed at each step"):
        sample_paths(np.zeros((1, 2)), np.array([[1.0, np.nan]]), np.ones(1))
    with pytest.raises(ConfigError, match="`n_paths` must be a positive integer, got 0"):
        sample_paths(FORECASTS, RESIDUALS, SCALES, 0)
    with pytest.raises(ConfigError, match=r"must have shape \(1, 1, 2\).*got \(1, 1, 3\)"):
        match_quantiles(np.zeros((1, 3, 1)), [0.1, 0.9], np.zeros((1, 1, 3)))
