"""Do the learning rates have the published shapes?"""

import numpy as np
import pytest

from gatecast.training.schedule import SCHEDULES, learning_rates


def test_constant_stays() -> None:
    assert learning_rates("constant", 0.3, 5).tolist() == [0.3] * 5


def test_cosine_falls_from_the_peak_to_zero() -> None:
    rates = learning_rates("cosine", 2.0, 101)
    assert rates[0] == 2.0
    assert rates[50] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(rates) < 0).all()


def test_one_cycle_rises_for_30_percent_and_falls_to_almost_nothing() -> None:
    rates = learning_rates("one-cycle", 1.0, 1001)
    assert rates[0] == pytest.approx(1 / 25)
    assert int(np.argmax(rates)) == 300
    assert rates[300] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(1e-4)
    assert (np.diff(rates[:301]) > 0).all()
    assert (np.diff(rates[300:]) < 0).all()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_works_for_a_single_step(schedule: str) -> None:
    assert np.isfinite(learning_rates(schedule, 0.01, 1)).all()
