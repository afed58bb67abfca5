"""Are levels and quantiles checked, converted and named as people expect?"""

import re

import numpy as np
import pytest

from gatecast.exceptions import ConfigError
from gatecast.metrics.levels import (
    check_levels,
    check_quantiles,
    level_columns,
    level_to_quantiles,
    quantile_columns,
)


@pytest.mark.parametrize(
    ("level", "message"),
    [
        (100, "`level` must be a percentage above 1 and below 100, got 100. Use `level=[80, 95]`."),
        ([80, 0], "got 0. Use `level=[80, 95]`."),
        (0.95, "got 0.95. Did you mean `level=95`?"),
        (float("nan"), "got nan. Use"),
        ("95", "`level` must be one number or several, got '95'. Use `level=[80, 95]`."),
        (True, "got True"),
        ([], "`level` must be one number or several, got none."),
        (None, "got None"),
    ],
)
def test_impossible_levels_are_refused(level, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        check_levels(level)


@pytest.mark.parametrize(
    ("quantiles", "message"),
    [
        ([0.5, 1.0], "`quantiles` must be above 0 and below 1, got 1. Use `quantiles=[0.1, 0.5, 0.9]`."),
        (95, "got 95. Use `quantiles=0.95`."),
        (-0.1, "got -0.1. Use `quantiles=[0.1, 0.5, 0.9]`."),
        ([], "got none"),
    ],
)
def test_impossible_quantiles_are_refused(quantiles, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        check_quantiles(quantiles)


def test_numbers_of_any_kind_are_taken():
    assert check_levels(np.array([95, 80, 95])) == (80.0, 95.0)
    assert check_levels(np.int64(90)) == (90.0,)
    assert check_quantiles((0.9, np.float32(0.5))) == (0.5, 0.9)


def test_quantiles_of_levels_are_the_tails():
    assert level_to_quantiles(90) == (0.05, 0.95)
    assert level_to_quantiles([99.9, 50]) == (0.0005, 0.25, 0.75, 0.9995)


def test_columns_go_from_low_to_high():
    assert level_columns("LSTM", 95) == ["LSTM-lo-95", "LSTM-hi-95"]
    assert level_columns("M", [97.5, 80]) == ["M-lo-97.5", "M-lo-80", "M-hi-80", "M-hi-97.5"]
    assert quantile_columns("LSTM", [0.9, 0.025]) == ["LSTM-ql0.025", "LSTM-ql0.9"]
