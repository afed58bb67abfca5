"""Does each target count as much as its weight says: in the loss, in all gradients, and in what a training measures?"""

from dataclasses import replace

import numpy as np
import pytest
from core_problems import (
    LOSSES,
    Problem,
    assert_agrees_with_reference,
    assert_native_gradients,
    make_problem,
    native_gradients,
    source_of,
    trainer_of,
)
from test_core_panels import LENGTHS, PROBLEMS, value_inputs_of

from gatecast.network import reference
from gatecast.network.inputs import ValueInputs
from gatecast.network.wrapper import OptimizerSettings, segment_source
from oracles.segment_draws import Segments

VALUE_INPUTS = value_inputs_of("lags")


def weighted(problem: Problem, weights: np.ndarray) -> Problem:
    return replace(problem, batch=replace(problem.batch, target_weights=weights))


def drawn(shape: tuple[int, ...]) -> np.ndarray:
    """Weights between 0 and 3, a fifth of them 0."""
    rng = np.random.default_rng(3)
    return np.where(rng.random(shape) < 0.2, 0.0, rng.uniform(0, 3, shape))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("H", [1, 17])
def test_weighted_losses_agree_with_the_reference_and_with_differences(loss, H, each_isa):
    problem = make_problem((3,), B=4, T=3, H=H, loss=loss, seed=H)
    problem = weighted(problem, drawn(problem.y.shape))
    # as without weights, see `test_core_agreement.py`
    assert_agrees_with_reference(problem, 1e-12)
    assert_native_gradients(problem)


@pytest.mark.parametrize("way", PROBLEMS)
def test_weights_of_a_panel_stand_beside_its_targets(way, each_isa):
    problem = PROBLEMS[way]("everything", loss="quantile")
    panel = replace(problem.panel, target_weights=drawn((sum(LENGTHS),)))
    # the batch that the source draws, laid out again: where a target stands is known by its number
    order = replace(problem.panel, targets=np.arange(float(sum(LENGTHS))))
    made = {"windows": windows_of, "segments": segments_of}[way](order)
    weights = np.where(np.isnan(made), 0.0, panel.target_weights[np.nan_to_num(made).astype(int)])
    problem = replace(weighted(problem, weights), panel=panel)
    assert_agrees_with_reference(problem, 1e-12)


def windows_of(panel, H=3, lookback=6, B=21):
    every = [(s, i) for s, n in enumerate(LENGTHS) for i in range(max(n - lookback - H + 1, 0))]
    return reference.batch_of(panel, ValueInputs(), every[:B], lookback, lookback - 1, H).y


def segments_of(panel, H=5, burn_in=2, n_targets=11, B=21):
    draws = Segments(LENGTHS, burn_in, n_targets, 5)
    places = [draws.draw(counter) for counter in range(B)]
    return reference.batch_of(panel, ValueInputs(), places, draws.T, burn_in, H).y


def same_bits(one, other):
    assert one.loss == other.loss
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.inputs, other.inputs)
    np.testing.assert_array_equal(one.predictions, other.predictions)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_that_are_all_the_same_change_no_bit(loss, dtype, each_isa):
    problem = make_problem((5,), B=7, T=6, first=2, H=5, loss=loss)
    plain = native_gradients(problem, dtype)
    for weight in (1.0, 4.0):
        same_bits(native_gradients(weighted(problem, np.full(problem.y.shape, weight)), dtype), plain)


@pytest.mark.parametrize("loss", LOSSES)
def test_weight_of_zero_is_no_target(loss, each_isa):
    problem = make_problem((5,), B=7, T=6, first=2, H=5, loss=loss)
    weights = (np.random.default_rng(1).random(problem.y.shape) < 0.6).astype(float)
    missing = replace(problem, batch=replace(problem.batch, y=np.where(weights > 0, problem.y, np.nan)))
    same_bits(native_gradients(weighted(problem, weights)), native_gradients(missing))
    nothing = native_gradients(weighted(problem, np.zeros(problem.y.shape)))
    assert nothing.loss == 0.0
    assert not nothing.weights.any()


@pytest.mark.parametrize("loss", LOSSES)
def test_weight_of_two_is_the_same_target_twice(loss, each_isa):
    problem = make_problem((5,), B=6, T=6, first=2, H=5, loss=loss)
    weights = np.ones(problem.y.shape)
    weights[[1, 4]] = 2.0
    twice = [0, 1, 2, 3, 4, 5, 1, 4]
    repeated = replace(problem, batch=reference.Batch(problem.x[twice], problem.y[twice]))
    once, both = native_gradients(weighted(problem, weights)), native_gradients(repeated)
    # sums in another order
    assert once.loss == pytest.approx(both.loss, rel=1e-13)
    np.testing.assert_allclose(once.weights, both.weights, rtol=1e-10, atol=1e-13)


def trained(panel, dtype=np.float32):
    problem = PROBLEMS["segments"]("lags", loss="quantile")
    problem = replace(
        problem, panel=panel(problem.panel), make_source=lambda a: segment_source(a, VALUE_INPUTS, 2, 11, 21, 5)
    )
    trainer = trainer_of(problem, dtype, threads=2, optimizer=OptimizerSettings(ema_decay=0.9))
    _, _, records = trainer.run(source_of(problem, dtype), 0, np.full(12, 1e-2))
    return trainer.mean_weights(), records


def test_training_with_weights_of_one_is_a_training_without(each_isa):
    plain, records = trained(lambda panel: panel)
    ones, same = trained(lambda panel: replace(panel, target_weights=np.ones(len(panel.values))))
    np.testing.assert_array_equal(ones, plain)
    np.testing.assert_array_equal(same, records)


def test_a_step_counts_the_sum_of_weights(each_isa):
    _, records = trained(lambda panel: panel)
    _, halved = trained(lambda panel: replace(panel, target_weights=np.full(len(panel.values), 0.5)))
    np.testing.assert_array_equal(halved[:, 3], records[:, 3] / 2)
    # means, which are the same whatever all weigh
    np.testing.assert_array_equal(halved[:, [0, 1, 2, 4]], records[:, [0, 1, 2, 4]])


def test_reference_gradients_with_weights():
    problem = make_problem((3,), B=3, T=3, H=3, loss="normal")
    weights = drawn(problem.y.shape)
    batch = replace(problem.batch, target_weights=weights)
    each = [
        reference.loss_of(problem.spec, problem.flat, replace(problem.batch, y=only(problem.y, k)), problem.loss)
        for k in np.ndindex(problem.y.shape)
    ]
    there = ~np.isnan(problem.y).ravel()
    expected = np.average(np.array(each)[there], weights=weights.ravel()[there])
    assert reference.loss_of(problem.spec, problem.flat, batch, problem.loss) == pytest.approx(expected, rel=1e-12)


def only(y, place):
    """Targets of which one is left."""
    kept = np.full_like(y, np.nan)
    kept[place] = y[place]
    return kept
