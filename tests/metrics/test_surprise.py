"""Are p-values of errors as rare as they say, for any distribution, and are a few anomalies no hindrance?"""

import numpy as np
import pytest

from gatecast.metrics.surprise import Surprise, promised_sizes, score_of, walk

NOTHING = np.empty(0)


def draws(kind, n, seed=0):
    rng = np.random.default_rng(seed)
    made = {
        "normal": rng.normal(size=n),
        "student": rng.standard_t(3, n),
        "laplace": rng.laplace(size=n),
        "uniform": rng.uniform(-1, 1, n),
    }
    return np.abs(made[kind])


@pytest.mark.parametrize("kind", ["normal", "student", "laplace", "uniform"])
@pytest.mark.parametrize("false_alarms", [0.01, 0.1])
def test_false_alarms_are_as_rare_as_asked_whatever_the_errors(kind, false_alarms):
    sizes, offsets = draws(kind, 9000), np.arange(0, 9001, 900)
    p_values, limits = walk(sizes, offsets, NOTHING, false_alarms)
    judged = ~np.isnan(p_values)
    # four standard errors of a share of 9,000 draws, and a tenth, as errors that are very rare are not kept
    room = 4 * np.sqrt(false_alarms / judged.sum()) + 0.1 * false_alarms
    assert abs((sizes > limits)[judged].mean() - false_alarms) < room
    assert ((p_values < false_alarms) == (sizes > limits))[judged].all()


def test_each_error_is_compared_with_earlier_ones_of_its_series_alone():
    sizes = draws("normal", 60)
    _, limits = walk(sizes, np.array([0, 30, 60]), NOTHING, 0.05)
    np.testing.assert_array_equal(limits[30:], walk(sizes[30:], np.array([0, 30]), NOTHING, 0.05)[1])
    changed = sizes.copy()
    changed[20:] *= 7
    np.testing.assert_array_equal(walk(changed, np.array([0, 30, 60]), NOTHING, 0.05)[1][:21], limits[:21])
    assert np.isnan(limits[:10]).all()


def test_a_rank_is_what_a_p_value_is_made_of():
    surprise = Surprise(np.arange(1.0, 20.0), 0.1)
    # 3 of 19 are at least as large, 16 and the largest itself counted as one of 20
    assert 3 / 20 <= surprise.p_value(16.5) <= 4 / 20
    assert surprise.p_value(0.0) == 1
    assert 0 < surprise.p_value(100.0) < 1 / 20
    # two of 20 may be larger
    assert surprise.limit() == pytest.approx(18)


def test_anomalies_among_earlier_errors_hide_no_later_one():
    sizes = draws("normal", 400)
    sizes[50:390:20] = 30.0
    sizes[395] = 8.0
    p_values, limits = walk(sizes, np.array([0, 400]), NOTHING, 0.01)
    assert p_values[395] < 0.001
    assert (sizes > limits)[50:390:20].all()


def test_errors_that_stay_large_become_usual():
    sizes = draws("normal", 400)
    sizes[200:] *= 20
    flags = sizes > walk(sizes, np.array([0, 400]), NOTHING, 0.01)[1]
    assert flags[200:210].mean() > 0.5
    assert flags[300:].mean() < 0.1


def test_of_a_series_without_errors_the_rank_alone_counts():
    surprise = Surprise(np.zeros(30), 0.01)
    assert surprise.p_value(5.0) == pytest.approx(1 / 31)
    assert surprise.p_value(0.0) == 1
    assert surprise.limit() == np.inf
    assert Surprise(np.zeros(30), 0.05).limit() == 0


def test_too_few_errors_say_nothing():
    surprise = Surprise(np.array([1.0, np.nan]), 0.01)
    assert np.isnan(surprise.p_value(3.0))
    assert surprise.limit() == np.inf
    surprise.take(np.nan)
    assert np.isnan(Surprise(promised_sizes(), 0.01).p_value(np.nan))


def test_many_measured_errors_stand_for_a_few():
    many = Surprise(draws("normal", 5000), 0.01)
    for size in np.full(300, 10.0) + draws("uniform", 300):
        many.take(size)
    assert many.p_value(10.5) > 0.2


def test_scores_grow_with_rarity():
    assert score_of(np.array([0.1, 0.001, 0.0])).tolist() == [1.0, 3.0, 300.0]
