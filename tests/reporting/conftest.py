"""What do the tests of the report share? Two reports, made once."""

import pytest

from .made_reports import nasty_report, small_report


@pytest.fixture(scope="session")
def small():
    return small_report()


@pytest.fixture(scope="session")
def nasty():
    return nasty_report()
