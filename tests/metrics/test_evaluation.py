"""Are errors counted right: missing targets, several series, huge numbers?"""

import numpy as np
import pytest

from gatecast.metrics.errors import score

FORECASTS = np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 10.0]])
ACTUAL = np.array([[2.0, 2.0], [3.0, np.nan], [13.0, 14.0]])
SERIES = np.array([0, 0, 1])


def test_missing_targets_do_not_count() -> None:
    found = score(FORECASTS, ACTUAL, SERIES, np.array([1.0, 2.0]))
    errors = np.array([1, 0, 0, 3, 4])
    assert found.rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert found.mae == pytest.approx(np.mean(errors))
    np.testing.assert_allclose(found.rmse_by_step, [np.sqrt(10 / 3), np.sqrt(16 / 2)])


def test_mase_is_the_mean_over_series() -> None:
    found = score(FORECASTS, ACTUAL, SERIES, np.array([1.0, 2.0]))
    assert found.mase == pytest.approx(np.mean([(1 / 3) / 1.0, 3.5 / 2.0]))
    unknown = score(FORECASTS, ACTUAL, SERIES, np.array([np.nan, 2.0]))
    assert unknown.mase == pytest.approx(3.5 / 2.0)


def test_squares_of_huge_errors_do_not_overflow() -> None:
    found = score(FORECASTS * 1e200, ACTUAL * 1e200, SERIES, np.array([1.0, 2.0]))
    assert found.rmse == pytest.approx(1e200 * np.sqrt(26 / 5))
