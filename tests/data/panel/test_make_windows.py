"""Are the supervised samples those of the tutorial?"""

import numpy as np
import pytest

from gatecast.data import make_windows
from gatecast.exceptions import ConfigError, DataError


def create_dataset(dataset, look_back):
    """The tutorial's loop, as an oracle."""
    X, Y = [], []
    for i in range(len(dataset) - look_back - 1):
        X.append(dataset[i : i + look_back])
        Y.append(dataset[i + look_back])
    return np.array(X)[:, :, None], np.array(Y)


@pytest.mark.parametrize("look_back", [1, 2, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_make_windows_equals_tutorial(look_back, dtype):
    values = np.random.default_rng(0).normal(size=30).astype(dtype)
    X, Y = make_windows(values, look_back)
    expected_X, expected_Y = create_dataset(values, look_back)
    np.testing.assert_array_equal(X, expected_X)
    np.testing.assert_array_equal(Y, expected_Y)
    assert X.dtype == Y.dtype == dtype


def test_make_windows_keeps_last_on_request():
    X, Y = make_windows(np.arange(10.0), 3, drop_last=False)
    assert X.shape == (7, 3, 1)
    assert Y[-1] == 9.0
    np.testing.assert_array_equal(X[-1, :, 0], [6.0, 7.0, 8.0])


def test_make_windows_shares_memory():
    values = np.arange(100.0)
    X, Y = make_windows(values, 5)
    assert np.shares_memory(X, values)
    assert np.shares_memory(Y, values)


def test_make_windows_accepts_column_and_integers():
    X, Y = make_windows(np.arange(6).reshape(-1, 1), 2)
    assert X.dtype == np.float64
    np.testing.assert_array_equal(Y, [2.0, 3.0, 4.0])


@pytest.mark.parametrize("look_back", [0, -1, 1.5, True, "2"])
def test_make_windows_look_back_must_be_positive_integer(look_back):
    with pytest.raises(ConfigError, match="`look_back` must be a positive integer"):
        make_windows([1.0, 2.0, 3.0], look_back)


def test_make_windows_too_short_names_lengths():
    with pytest.raises(DataError, match="has 3 points.*needs at least 4"):
        make_windows([1.0, 2.0, 3.0], 2)
    assert len(make_windows([1.0, 2.0, 3.0], 2, drop_last=False)[1]) == 1
    with pytest.raises(DataError, match="one series at a time"):
        make_windows(np.zeros((5, 2)))
