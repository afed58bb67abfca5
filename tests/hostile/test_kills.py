"""Does the same command, run again after it was killed at any moment, end as if it never was, bit by bit?"""

from pathlib import Path

import pytest

from hostile.fuzz_kills import COMMANDS, check_kills

FEW, MANY = 1, {"forecast": 100, "backtest": 100, "tune": 20}


def test_killed_forecast_ends_as_if_it_never_was(tmp_path: Path) -> None:
    check_kills("forecast", FEW, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_many_kills_change_nothing(command: str, tmp_path: Path) -> None:
    check_kills(command, MANY[command], tmp_path)
