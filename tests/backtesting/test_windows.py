"""How many origins do series of a length allow, and how far apart are they?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import Naive, backtest, to_panel
from gatecast.backtesting.windows import canonical, choose_windows, rolling_windows
from gatecast.data import Panel


def panel(*lengths: int) -> Panel:
    parts = [pd.DataFrame({"unique_id": f"s{k:02d}", "ds": range(n), "y": 1.0}) for k, n in enumerate(lengths)]
    return to_panel(pd.concat(parts))


@pytest.mark.parametrize(
    ("lengths", "horizon", "expected"),
    [
        # half of 144 points are learned from, 60 steps lie between the first and the last origin
        ((144,), 12, (11, 6)),
        # 20 origins, a horizon apart, fit into half of 960 points
        ((960,), 24, (20, 24)),
        ((1_000,), 12, (20, 12)),
        # more points, fewer origins
        ((1_001,), 12, (10, 12)),
        ((10_000,), 12, (10, 12)),
        ((10_001,), 12, (5, 12)),
        # of 102 points 51 are left to learn from: five origins, 8 steps apart, overlap
        ((102,), 18, (5, 8)),
        # room for fewer than five, one step apart
        ((10,), 3, (3, 1)),
        ((4,), 3, (1, 1)),
        ((40,), 1, (20, 1)),
        # one number for several series, from the median length
        ((144, 144, 300), 12, (11, 6)),
        ((144,) * 10, 12, (5, 12)),
    ],
)
def test_windows_follow_from_the_lengths(lengths: tuple[int, ...], horizon: int, expected: tuple[int, int]) -> None:
    assert choose_windows(panel(*lengths), horizon) == expected


@pytest.mark.parametrize("length", [8, 20, 36, 60, 102, 144, 500])
@pytest.mark.parametrize("horizon", [1, 3, 7])
def test_half_of_a_series_is_left_to_learn_from(length: int, horizon: int) -> None:
    for n_windows in (None, 2, 3):
        n, step = choose_windows(panel(length), horizon, n_windows)
        first = length - horizon - (n - 1) * step
        # series that are too short for that have origins one step apart
        assert first >= length / 2 or step == 1
        assert 1 <= step <= horizon


def test_what_is_given_stays() -> None:
    assert choose_windows(panel(144), 12, 5, 12) == (5, 12)
    assert choose_windows(panel(102), 18, 5) == (5, 8)
    assert choose_windows(panel(144), 12, 3) == (3, 12)
    assert choose_windows(panel(144), 12, None, 20) == (4, 20)


def test_points_before_the_first_observation_do_not_count() -> None:
    y = np.r_[np.full(100, np.nan), np.ones(144)]
    assert choose_windows(to_panel(pd.DataFrame({"ds": range(244), "y": y})), 12) == (11, 6)


def test_a_backtest_has_these_windows_and_a_training_part_of_half_of_the_series() -> None:
    found = backtest(np.arange(102.0), 18, [Naive(18, time_limit=None)], level=None, progress=False)
    assert sorted(found.forecasts["cutoff"].unique()) == [51, 59, 67, 75, 83]
    first = rolling_windows(canonical(to_panel(np.arange(102.0))), 18, 5, 8)[0]
    assert len(first.table()) == 52
