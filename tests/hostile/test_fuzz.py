"""Does hostile input end in a sentence, or in what is right? `hostile.fuzz` tries more of it."""

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from hostile.fuzz import TARGETS, many
from hostile.fuzz_files import run_search, searched
from hostile.fuzz_fits import FINE, drawn, ending

FEW = {"texts": 60, "models": 100, "checkpoints": 100, "backtests": 6, "parquet": 50, "studies": 4}
MANY = {"fits": 15_000, "texts": 10_000, "models": 10_000, "checkpoints": 10_000, "backtests": 500}
MANY |= {"parquet": 500, "studies": 500}


@pytest.mark.parametrize("target", FEW)
@pytest.mark.filterwarnings("ignore::UserWarning")  # what is wrong with such tables may be warned of
def test_a_few_end_as_they_may(target: str, tmp_path: Path) -> None:
    for case in range(FEW[target]):
        TARGETS[target](random.Random(case), tmp_path)


def test_a_search_goes_on_from_a_study_that_lost_a_trial(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    path.write_bytes(searched())
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM trials WHERE number = 2")
    run_search(path, 1)


def test_fits_of_odd_series_forecast_near_their_history() -> None:
    ends = [ending(drawn(random.Random(case))) for case in range(60)]
    assert set(ends) <= set(FINE)
    # most of them are no sentences
    assert ends.count("forecast") > len(ends) / 2


@pytest.mark.slow
@pytest.mark.parametrize("target", MANY)
def test_many_end_as_they_may(target: str) -> None:
    assert set(MANY) == set(TARGETS)
    assert many(target, MANY[target], first=0) == 0
