"""Is a half-life what the forget gates say, in steps and in words?"""

import numpy as np
import pytest

from gatecast.explanation.units import Units, duration, duration_message, half_lives
from gatecast.texts.message import Message

from .hand_set import fitted, forget_bias, hourly, set_weights

FORGET = [0.5, 0.9, 0.99, 0.2, 0.999]
# what float32 leaves of ln(0.999)
TOLERANCE = 1e-3


def units(n):
    return Units(np.ones(n, int), np.full(n, "forward"), np.arange(n))


def test_half_lives_of_hand_set_forget_gates():
    biases = {"layers__0__bias": forget_bias(FORGET), "layers__1__bias": forget_bias(FORGET[::-1])}
    model = set_weights(fitted(hourly()), **biases)
    lives = model.gates().half_lives()
    expected = np.log(0.5) / np.log([*FORGET, *FORGET[::-1]])
    np.testing.assert_allclose(lives.steps, expected, rtol=TOLERANCE)
    assert lives.texts[:3] == ("1 hour", "6.6 hours", "2.9 days")
    assert lives.quantile(0) == lives.steps.min()
    assert lives.quantile(1) == lives.steps.max()
    assert lives.sentence() == "unit 4 of layer 1 remembers 29 days, unit 1 of layer 2 remembers 26 minutes."
    assert lives.to_frame()["unit"].tolist()[:2] == [4, 0]


def test_a_cell_holds_half_after_its_half_life():
    # gates that vary: what is left of a value after n steps is their product
    gates = np.random.default_rng(0).uniform(0.8, 1.0, (20_000, 3)).astype(np.float32)
    steps = half_lives(gates, units(3), np.ones(3), 1).steps
    for n in range(3):
        left = np.exp(np.log(gates[:, n].astype(float)).cumsum())
        halvings = [-np.log2(left[k + round(20 * steps[n])] / left[k]) for k in range(0, 1500, 10)]
        # twenty half-lives, of which the rounding is a fiftieth: within 5 %
        assert np.mean(halvings) == pytest.approx(20, rel=0.05)


def test_dilated_cells_remember_as_many_times_longer():
    model = fitted(hourly(), n_layers=None, dilations=(1, 3))
    model = set_weights(model, **{f"layers__{n}__bias": forget_bias([0.9] * 5) for n in (0, 1)})
    steps = model.gates().half_lives().steps
    np.testing.assert_allclose(steps[5:], 3 * steps[:5])


def test_gates_that_never_or_always_forget():
    gates = np.stack([np.ones(50), np.zeros(50)], axis=1).astype(np.float32)
    lives = half_lives(gates, units(2), np.ones(2), "D")
    assert lives.texts[0] == "for ever"
    assert lives.steps[1] < 0.01


@pytest.mark.parametrize(
    ("steps", "freq", "text"),
    [
        (1, "h", "1 hour"),
        (36, "h", "1.5 days"),
        (0.5, "h", "30 minutes"),
        (400, "D", "400 days"),
        (2, "W-MON", "2 weeks"),
        (18, "MS", "18 months"),
        (2, "QS", "6 months"),
        (3, "YS", "3 years"),
        (5, "B", "5 business days"),
        (7.5, 10, "7.5 steps"),
        (1500, "s", "25 minutes"),
        (2, "10ms", "20 milliseconds"),
        (9, "D", "9 days"),
        (8, "15min", "2 hours"),
        (2.4, "MS", "2.4 months"),
        (1, 1, "1 step"),
        (0.25, "h", "15 minutes"),
        (1234.5, 1, "1,234 steps"),
        (48, "h", "2 days"),
        (3, "W-SUN", "3 weeks"),
        (30, "MS", "2.5 years"),
        (float("inf"), "h", "for ever"),
        (float("nan"), "D", "unknown"),
    ],
)
def test_durations(steps, freq, text):
    assert duration(steps, freq) == text


def test_durations_are_messages_and_units_have_names():
    assert duration_message(9, "D") == Message("unit.day", {"n": "9"})
    both = Units(np.array([1, 2]), np.array(["forward", "backward"]), np.array([3, 0]))
    assert both.names == ("unit 3 of layer 1", "unit 0 of layer 2 (backward)")
