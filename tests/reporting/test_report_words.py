"""Are numbers, times and names of a report short, and as its readers write them?"""

import numpy as np
import pandas as pd

from gatecast.reporting.compact import rounded, times_of
from gatecast.reporting.words import Words


def test_numbers_have_four_digits_that_count():
    said = [Words("en").number(value) for value in (0.49734, 25680.2, None, np.nan, 0.0, 1e-7, 12)]
    assert said == ["0.4973", "25,680", "–", "–", "0", "1e-07", "12"]


def test_shares_p_values_and_seconds():
    english, chinese = Words("en"), Words("zh")
    assert [english.percent(0.123), chinese.percent(0.123, "+.1f"), english.percent(None)] == ["12 %", "+12.3%", "–"]
    assert [english.p_value(p) for p in (0.0004, 0.1234, None)] == ["< 0.001", "0.12", "–"]
    assert [english.p_text(p) for p in (0.0004, 0.04)] == ["p < 0.001", "p = 0.04"]
    assert [english.seconds(0.04), chinese.seconds(12.34), english.seconds(None)] == ["< 0.1 s", "12.3 秒", "–"]


def test_names_are_short_and_on_one_line():
    assert Words("en").name("a\nb") == "a b"
    assert len(Words("en").name("x" * 10_000)) == 60


def test_plain_data_are_short():
    assert rounded([1.23456789, np.nan, 12345678.0]) == [1.23457, None, 12345700.0]
    assert times_of(pd.Index([7, 8])) == [7, 8]
    assert times_of(pd.date_range("2024-01-31", periods=1)) == ["2024-01-31"]
    assert times_of(pd.date_range("2024-01-31 13:00", periods=1, tz="UTC")) == ["2024-01-31 13:00"]
    assert times_of(pd.date_range("2024-01-31 13:00:05", periods=1)) == ["2024-01-31 13:00:05"]
