"""Do the native core and the NumPy reference compute the same? Outputs, gradients and whole trainings."""

import functools

import numpy as np
import pytest
from core_problems import (
    LOSSES,
    POINT_LOSSES,
    assert_agrees_with_reference,
    assert_close,
    make_problem,
    native_gradients,
    reference_gradients,
    trainer_of,
)

from gatecast.exceptions import ConfigError
from gatecast.network import inputs, reference, wrapper
from gatecast.network.spec import LayerSpec, NetworkSpec
from oracles.adam import adam_step, clip_factor

# float64: both round in other orders, over sums of some hundred terms: 1e-12 of the largest number.
# float32: the same with its 6e-8 of rounding, carried through 20 steps and 3 layers (measured: 2e-6).
TOLERANCES = {np.float64: 1e-12, np.float32: 1e-5}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", [(50,), (17, 16, 3)], ids=["one-layer", "three-layers"])
@pytest.mark.parametrize("first", [0, 8, 19])
def test_native_agrees_with_reference(first, hidden, loss, dtype, each_isa):
    problem = make_problem(hidden, B=37, T=20, first=first, loss=loss)
    assert_agrees_with_reference(problem, TOLERANCES[dtype], dtype)


# 1,100 rows are 69 chunks, which is more than there are slots for their gradients
@pytest.mark.parametrize("B", [*range(1, 36), 1100])
def test_native_agrees_with_reference_any_batch_size(B, each_isa):
    problem = make_problem((9,), B=B, T=3, seed=B)
    expected, actual = reference_gradients(problem), native_gradients(problem)
    assert_close(actual.weights, expected.weights, 1e-12)
    assert_close(actual.inputs, expected.inputs, 1e-12)


def reference_training(problem, batches, rates, optimizer):
    """The training loop, step by step in NumPy: weights, their mean, moments and one record for each step."""
    flat, mean, moments, records = problem.flat.copy(), problem.flat.copy(), np.zeros((2, problem.flat.size)), []
    for k, rate in enumerate(rates):
        batch = batches[k % len(batches)]
        at = reference.gradients(problem.spec, flat, batch, problem.loss)
        error = at.predictions[:, :, problem.loss.middle] - batch.y
        count = np.sum(~np.isnan(error))
        records.append([at.loss, at.loss, np.nansum(error**2) / count, count, np.linalg.norm(at.weights)])
        clipped = at.weights * clip_factor(at.weights, optimizer.clip_norm)
        adam_step(flat, clipped, moments, k + 1, rate, optimizer, mean, problem.spec.decays)
    return flat, mean, moments, np.array(records)


OPTIMIZERS = {
    "plain": wrapper.OptimizerSettings(),
    "clipped": wrapper.OptimizerSettings(clip_norm=0.05),
    "decay": wrapper.OptimizerSettings(weight_decay=2.0, beta1=0.8, beta2=0.99, epsilon=1e-4),
    "averaging": wrapper.OptimizerSettings(weight_decay=0.5, ema_decay=0.7),
}


RATES = 3e-3 * np.sin(np.linspace(0.5, 2.5, 40)) ** 2


@functools.cache
def expected_training(T, optimizer, loss):
    problems = [make_problem((6, 5), B=11, T=T, first=T // 3, seed=seed, loss=loss) for seed in range(7)]
    return problems, reference_training(problems[0], [p.batch for p in problems], RATES, OPTIMIZERS[optimizer])


@pytest.mark.parametrize("loss", POINT_LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("T", [1, 6])
def test_run_follows_the_reference_training(T, optimizer, loss, each_isa):
    problems, (flat, mean, moments, expected) = expected_training(T, optimizer, loss)
    problem, x, y = problems[0], np.stack([p.x for p in problems]), np.stack([p.y for p in problems])
    optimizer = OPTIMIZERS[optimizer]
    trainer = trainer_of(problem, threads=2, optimizer=optimizer)
    outcome, steps, records = trainer.run(wrapper.array_source(x, y), 0, RATES)
    assert (outcome, steps, trainer.adam_steps) == (wrapper.FINISHED, 40, 40)
    # 40 steps of rounding at 1e-16 each, amplified by the division by sqrt(v) of near-zero gradients
    np.testing.assert_allclose(records, expected, rtol=1e-9)
    np.testing.assert_allclose(trainer.weights(), flat, rtol=0, atol=1e-9)
    np.testing.assert_allclose(trainer.moments(), moments, rtol=0, atol=1e-9)
    if optimizer.ema_decay:
        np.testing.assert_allclose(trainer.mean_weights(), mean, rtol=0, atol=1e-9)
        assert np.abs(mean - flat).max() > 1e-4


@pytest.mark.parametrize("loss", ["quantile", "normal", "student"])
def test_run_follows_the_reference_training_of_distributions(loss, each_isa):
    problems = [make_problem((6,), B=5, seed=seed, loss=loss) for seed in range(3)]
    trainer, rates = trainer_of(problems[0], threads=2), np.full(20, 1e-3)
    source = wrapper.array_source(np.stack([p.x for p in problems]), np.stack([p.y for p in problems]))
    records = trainer.run(source, 0, rates)[2]
    flat, _, _, expected = reference_training(
        problems[0], [p.batch for p in problems], rates, wrapper.OptimizerSettings()
    )
    np.testing.assert_allclose(records, expected, rtol=1e-9)
    np.testing.assert_allclose(trainer.weights(), flat, rtol=0, atol=1e-9)


def test_mean_of_the_weights_is_kept_on():
    problem = make_problem((6,), B=5)
    averaging = wrapper.OptimizerSettings(ema_decay=0.9)
    whole, first, second = (trainer_of(problem, optimizer=averaging) for _ in range(3))
    source = wrapper.array_source(problem.x[None], problem.y[None])
    np.testing.assert_array_equal(whole.mean_weights(), problem.flat)
    whole.run(source, 0, np.full(10, 1e-2))
    first.run(source, 0, np.full(4, 1e-2))
    second.set_weights(first.weights())
    second.set_mean_weights(first.mean_weights())
    second.set_moments(first.moments(), first.adam_steps)
    second.run(source, 4, np.full(6, 1e-2))
    np.testing.assert_array_equal(second.mean_weights(), whole.mean_weights())


def test_run_in_two_parts_equals_one_run():
    batches = [make_problem((6,), B=5, seed=seed) for seed in range(3)]
    source = wrapper.array_source(np.stack([b.x for b in batches]), np.stack([b.y for b in batches]))
    whole, first, second = (trainer_of(batches[0]) for _ in range(3))
    whole.run(source, 0, np.full(10, 1e-3))
    first.run(source, 0, np.full(4, 1e-3))
    second.set_weights(first.weights())
    second.set_moments(first.moments(), first.adam_steps)
    second.run(source, 4, np.full(6, 1e-3))
    np.testing.assert_array_equal(second.weights(), whole.weights())
    np.testing.assert_array_equal(second.moments(), whole.moments())


def test_isa_is_the_fastest_unless_told(monkeypatch):
    monkeypatch.delenv("GATECAST_ISA", raising=False)
    assert wrapper.isa() == wrapper.available_isas()[-1]


def test_isa_from_the_environment(each_isa):
    assert wrapper.isa() == each_isa


def test_isa_unknown_is_a_config_error(monkeypatch):
    monkeypatch.setenv("GATECAST_ISA", "mmx")
    with pytest.raises(ConfigError, match="GATECAST_ISA is 'mmx'.*baseline"):
        wrapper.isa()


def test_one_trainer_works_on_sources_of_other_shapes_in_turn():
    # the room for a step is kept from call to call: a larger, a longer and a partial one must not get too little
    sizes = [(1, 1), (5, 3), (40, 2), (5, 3), (2, 9), (40, 2)]
    problems = [make_problem((6,), B=B, T=T, seed=B * T, ragged=False) for B, T in sizes]
    together = trainer_of(problems[0], threads=3)
    for problem in problems:
        alone = trainer_of(problem, threads=1)
        alone.set_weights(together.weights())
        alone.set_moments(together.moments(), together.adam_steps)
        source = wrapper.array_source(problem.x[None], problem.y[None])
        np.testing.assert_array_equal(together.gradient(source, False)[2], alone.gradient(source, False)[2])
        for trainer in (together, alone):
            trainer.run(source, 0, np.full(2, 1e-2))
        np.testing.assert_array_equal(together.weights(), alone.weights())
        np.testing.assert_array_equal(together.moments(), alone.moments())


EVERY_KIND = (
    LayerSpec("lstm", 6),
    LayerSpec("norm"),
    LayerSpec("gru", 5),
    LayerSpec("bidirectional", 4),
    LayerSpec("attention", 3),
)


def test_matrices_decay_and_vectors_do_not(each_isa):
    """Without a gradient only decay changes weights: a matrix shrinks by its share, a bias stays."""
    spec = NetworkSpec(2, EVERY_KIND, 2, decoder=(LayerSpec("dense", 7),), embeddings=())
    flat = np.random.default_rng(0).normal(size=spec.n_parameters)
    trainer = wrapper.make_trainer(spec, flat, inputs.LossSettings(), wrapper.OptimizerSettings(weight_decay=0.5), 1)
    # no target is there, so nothing has a gradient
    trainer.run(wrapper.array_source(np.ones((1, 3, 4, 2)), np.full((1, 3, 1, 2), np.nan)), 0, np.array([0.1]))
    before, after = spec.views(flat), spec.views(trainer.weights())
    for name, weights in before.items():
        is_vector = name.split(".")[-1] in ("bias", "recurrent_bias", "gain", "shift", "score")
        expected = weights if is_vector else weights * (1 - 0.1 * 0.5)
        np.testing.assert_allclose(after[name], expected, rtol=1e-14, err_msg=name)
