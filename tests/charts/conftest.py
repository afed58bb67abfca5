"""What do the tests of the pictures share? A fitted model and its data."""

import pytest

import gatecast

from .small_models import monthly, small


@pytest.fixture(scope="session")
def parts():
    return gatecast.train_test_split(monthly())


@pytest.fixture(scope="session")
def model(parts):
    return small(horizon=3).fit(parts[0])
