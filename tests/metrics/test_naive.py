"""Are the naive forecasts and the scale of MASE what the textbooks say?"""

import numpy as np
import pytest

from gatecast.data.values.scaling import naive_scale
from gatecast.metrics.naive import seasonal_naive

Y = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 3.0, 5.0])
OFFSETS = np.array([0, 6, 8])


def test_last_value_is_the_naive_forecast() -> None:
    forecast = seasonal_naive(Y, OFFSETS, np.array([2, 5, 7]), horizon=3, season=1)
    np.testing.assert_array_equal(forecast, [[4, 4, 4], [32, 32, 32], [5, 5, 5]])


def test_newest_season_is_repeated() -> None:
    forecast = seasonal_naive(Y, OFFSETS, np.array([4]), horizon=7, season=3)
    # the season behind origin 4 is 4, 8, 16
    np.testing.assert_array_equal(forecast, [[4, 8, 16, 4, 8, 16, 4]])


def test_series_younger_than_a_season_falls_back_to_its_last_value() -> None:
    forecast = seasonal_naive(Y, OFFSETS, np.array([7, 1]), horizon=2, season=4)
    np.testing.assert_array_equal(forecast, [[5, 5], [2, 2]])


def test_scale_is_the_mean_absolute_seasonal_change() -> None:
    scales = naive_scale(Y, OFFSETS, season=2)
    assert scales[0] == pytest.approx(np.mean([3, 6, 12, 24]))
    # two points have no change over two steps: the change over one step is taken
    assert scales[1] == pytest.approx(2)


def test_scale_skips_gaps_and_is_unknown_for_constants() -> None:
    scales = naive_scale(np.array([1.0, np.nan, 5.0, 7.0, 2.0, 2.0]), np.array([0, 4, 6]), season=1)
    assert scales[0] == pytest.approx(2)
    assert np.isnan(scales[1])
