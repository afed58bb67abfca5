"""Is the learning rate that is found below the one at which the loss breaks out, on made curves and on a network?"""

import numpy as np
import pytest

from gatecast.training.finder import HIGHEST, LOWEST, STEPS, find_learning_rate, steepest_rate
from made_series import forecaster

RATES = np.geomspace(LOWEST, HIGHEST, STEPS)


def curve(best: float, *, outbreak: float, noise: float = 0.0) -> np.ndarray:
    """A loss that falls to its lowest point at `best` and breaks out at `outbreak`."""
    position = np.log10(RATES)
    fall = 1 + 0.5 * np.clip(np.log10(best) - position, 0, None)
    rise = 10 * np.clip(position - np.log10(outbreak), 0, None)
    return fall + rise + noise * np.random.default_rng(0).normal(size=STEPS)


@pytest.mark.parametrize("best", [1e-3, 1e-2, 1e-1])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_rate_is_below_the_lowest_point_of_the_curve(best: float, noise: float) -> None:
    found = steepest_rate(RATES, curve(best, outbreak=2 * best, noise=noise))
    # a third of the lowest point, which smoothing and noise may move by a factor of 2.5
    assert best / 7.5 < found < best


def test_rate_of_a_short_curve_by_hand() -> None:
    # the lowest of unsmoothed losses, since the outbreak comes early: a third of 1e-2
    assert steepest_rate(np.geomspace(1e-4, 1.0, 5), np.array([1.0, 0.9, 0.5, 0.8, 9.0])) == pytest.approx(1e-2 / 3)


def test_what_comes_behind_the_outbreak_does_not_count() -> None:
    losses = curve(1e-2, outbreak=2e-2)
    # after a divergence a network can fall on a constant whose loss is low
    losses[-10:] = 0.0
    assert steepest_rate(RATES, losses) < 1e-2


def test_loss_that_falls_to_the_end_gives_a_third_of_the_highest_rate() -> None:
    assert steepest_rate(RATES, np.linspace(2, 1, STEPS)) == pytest.approx(HIGHEST / 3)


def test_training_that_breaks_down_at_once_gives_a_low_rate() -> None:
    class Broken:
        def run(self, source: object, first: int, rates: np.ndarray) -> tuple[int, int, np.ndarray]:
            return 2, 3, np.ones((len(rates), 5))

    assert find_learning_rate(Broken, None) <= RATES[2]


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_found_rate_trains_as_well_as_the_default(unit: float) -> None:
    y = unit * np.sin(np.arange(400) / 4)
    settings = {"horizon": 3, "hidden_size": 8, "lookback": 12, "epochs": 40, "progress": False, "transform": "none"}
    found = forecaster(**settings, learning_rate="find").fit(y)
    usual = forecaster(**settings).fit(y)
    assert found.history_["rmse"][-1] < 2 * usual.history_["rmse"][-1]
    # the search leaves no trace in the training: the same rate given by hand gives the same bits
    again = forecaster(**settings, learning_rate="find").fit(y)
    assert again.history_ == found.history_
