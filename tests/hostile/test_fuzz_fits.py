"""Does every fit of a series that no network likes end in a sentence, or in finite forecasts near its history?"""

import random

import pytest

from hostile.fuzz_fits import FINE, drawn, ending, main

FEW, MANY = 60, 15_000


def test_fits_of_odd_series_forecast_near_their_history() -> None:
    ends = [ending(drawn(random.Random(case))) for case in range(FEW)]
    assert set(ends) <= set(FINE)
    # most of them are no sentences
    assert ends.count("forecast") > FEW / 2


@pytest.mark.slow
def test_many_fits_of_odd_series_forecast_near_their_history() -> None:
    assert main(MANY) == 0
