"""Does every table that is made at random end in a panel or in a sentence?"""

import random
import warnings
from pathlib import Path

import pytest

from hostile.fuzz_tables import main, read_one

FEW, MANY = 60, 10_000


def test_tables_end_in_a_panel_or_a_sentence(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        # what is wrong with such tables may be warned of
        warnings.simplefilter("ignore", UserWarning)
        for case in range(FEW):
            read_one(random.Random(case), tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_many_tables_end_in_a_panel_or_a_sentence() -> None:
    assert main(MANY) == 0
