"""Does one call give the backtest, its leaderboard and the facts, without looking behind the first origin?"""

import numpy as np
import pytest

from gatecast import ConfigError, Drift, Naive
from gatecast.compare import compare
from gatecast.compare.board import leaderboard


def wave(n: int = 120) -> np.ndarray:
    return np.sin(np.arange(n) / 2) + np.random.default_rng(0).normal(0, 0.1, n)


def test_board_is_that_of_the_backtest() -> None:
    found = compare(wave(), 3, [Naive(3), Drift(3), "LinearAR"], n_windows=3, progress=False)
    assert found.backtest.models == ("Naive", "Drift", "LinearAR")
    assert found.to_dict()["models"] == leaderboard(found.backtest).to_dict()["models"]
    assert found.board.verdict.best == "LinearAR"
    assert str(found.board.verdict) in repr(found)


def test_facts_are_of_what_came_before_the_first_origin() -> None:
    y = wave()
    changed = y.copy()
    # 3 windows of 3 steps are the newest 9 points
    changed[-9:] = 100.0
    one, two = (compare(data, 3, ["Naive"], n_windows=3, progress=False).facts.to_dict() for data in (y, changed))
    assert one == two


def test_names_of_models_are_read_in_any_case_and_unknown_ones_are_named() -> None:
    assert compare(wave(), 2, "naive", n_windows=2, progress=False).backtest.models == ("Naive",)
    with pytest.raises(ConfigError, match="There is no model 'Prophet'"):
        compare(wave(), 2, ["Prophet"], progress=False)
