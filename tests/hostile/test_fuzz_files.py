"""Does every file that is broken under a valid checksum end in a sentence, or in forecasts that are finite?"""

import random
from pathlib import Path

import pytest

from hostile.fuzz_files import TARGETS, main

FEW, MANY = {"models": 100, "checkpoints": 100, "backtests": 6, "tables": 50, "studies": 4}, 10_000


@pytest.mark.parametrize("target", TARGETS)
def test_broken_files_end_in_a_sentence(target: str, tmp_path: Path) -> None:
    for case in range(FEW[target]):
        TARGETS[target](random.Random(case), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_many_broken_files_end_in_a_sentence(target: str) -> None:
    assert main(target, MANY if target in ("models", "checkpoints") else MANY // 20) == 0
