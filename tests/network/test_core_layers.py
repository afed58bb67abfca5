"""Does each kind of layer compute what its NumPy reference says, and are its gradients right?

Every kind in `LAYERS` is tried alone, above and below others, with all that a layer may be asked for; a new kind is
tried without a further line here. The oracles are the reference (1e-12: sums in another order) and differences (1e-6).
"""

from dataclasses import replace

import numpy as np
import pytest
from core_problems import (
    assert_agrees_with_reference,
    assert_native_gradients,
    native_gradients,
    problem_of,
    reference_gradients,
    source_of,
    trainer_of,
)

from gatecast.network import inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.inputs import LossSettings
from gatecast.network.layers import LAYERS
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.network.wrapper import OptimizerSettings

T, F, H = 7, 3, 4
# normalising small numbers bends fast: a quarter of the usual step, whose rounding error is still 1e-12
STEP = 5e-4
LSTM = LayerSpec("lstm", 5)


def places_of(kind):
    """Stacks and decoders in which a kind of layer may stand."""
    layer, units = LayerSpec(kind, 5, dropout=0.4), LAYERS[kind](F, 5).outputs
    places = {"alone": ((layer,), ()), "on-top": ((LSTM, layer), ())}
    # what speaks of the last step alone has nothing to say to layers that read all steps
    if kind != "attention":
        places |= {"below": ((layer, LSTM), ())}
    if LAYERS[kind](units, units).outputs == units:
        places |= {"residual": ((LSTM, LayerSpec(kind, 5, residual=True, dropout=0.4)), ())}
    if not LAYERS[kind].mixes_steps:
        places |= {"decoder": ((LSTM,), (layer, LayerSpec("dense", 3)))}
    if LAYERS[kind].mixes_steps and not LAYERS[kind].sees_ahead:
        for dilation in (2, 3, 4, 7, 9):
            places |= {f"dilation-{dilation}": ((LayerSpec(kind, 5, dilation), LSTM), ())}
        places |= {"dilated-residual": ((LSTM, LayerSpec(kind, 5, 2, residual=True)), ())}
    return places


PLACES = {f"{kind}-{name}": place for kind in LAYERS for name, place in places_of(kind).items()}
# others that occur: two bidirectional layers, as deep a stack as people ask for, a layer behind an attention
PLACES |= {
    "two-bidirectional": ((LayerSpec("bidirectional", 5), LayerSpec("bidirectional", 4)), ()),
    "bidirectional-then-dropout": ((LayerSpec("bidirectional", 5), LayerSpec("dropout", dropout=0.3)), ()),
    "bidirectional-then-attention": ((LayerSpec("bidirectional", 3), LayerSpec("attention", 4)), ()),
    "attention-then-norm-and-dense": ((LSTM, LayerSpec("attention", 3), LayerSpec("norm"), LayerSpec("dense", 4)), ()),
    "stacked-dilations": (tuple(LayerSpec("lstm", 4, d, residual=True) for d in (1, 2, 4)), ()),
    "mixed": ((LayerSpec("gru", 6, 2), LayerSpec("norm"), LayerSpec("dropout", dropout=0.5), LSTM), ()),
}


def spec_of(place):
    stack, decoder = PLACES[place]
    return NetworkSpec(F, stack, H, decoder=decoder)


def firsts_of(spec):
    """Steps from which the head speaks: inside a block of dilated steps too; windows alone where that is a must."""
    return [T - 1] if spec.sees_ahead else [0, 3, 5, T - 1]


CASES = [(place, first) for place in PLACES for first in firsts_of(spec_of(place))]


@pytest.mark.parametrize(("place", "first"), CASES)
def test_layer_agrees_with_its_reference(place, first, each_isa):
    # 21 rows are two chunks, the second one smaller
    assert_agrees_with_reference(problem_of(spec_of(place), B=21, T=T, first=first), 1e-12)


@pytest.mark.parametrize("place", PLACES)
def test_layer_in_single_precision(place, each_isa):
    # 6e-8 of rounding, carried through 7 steps and up to 4 layers
    assert_agrees_with_reference(problem_of(spec_of(place), B=21, T=T, first=T - 1), 2e-5, np.float32)


@pytest.mark.parametrize(("place", "first"), CASES)
def test_layer_gradients_by_differences(place, first, each_isa):
    assert_native_gradients(problem_of(spec_of(place), B=2, T=T, first=first), step=STEP)


@pytest.mark.parametrize("place", [p for p in PLACES if "dropout" in p or "mixed" in p])
def test_layer_gradients_with_chance(place, each_isa):
    first = firsts_of(spec_of(place))[-2:][0]
    problem = problem_of(spec_of(place), B=3, T=T, first=first)
    assert_native_gradients(problem, chance=True, step=STEP)
    assert not np.array_equal(native_gradients(problem, chance=True).weights, native_gradients(problem).weights)


@pytest.mark.parametrize("place", [p for p in PLACES if "dropout" not in p and "mixed" not in p])
def test_norm_of_the_gradient_is_that_of_the_weights_alone(place, each_isa):
    # rows are padded inside: what stands in the padding must not count, nor move
    problem = problem_of(spec_of(place), B=21, T=T, first=T - 1)
    trainer = trainer_of(problem)
    for _ in range(3):
        at = replace(problem, flat=trainer.weights())
        norm = trainer.run(source_of(problem), 0, np.full(1, 1e-2))[2][0, 4]
        assert norm == pytest.approx(np.linalg.norm(reference_gradients(at).weights), rel=1e-12)


@pytest.mark.parametrize("place", PLACES)
def test_core_counts_the_same_weights_and_states(place):
    spec = spec_of(place)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 0), LossSettings(), OptimizerSettings(), 1)
    assert (len(trainer.weights()), trainer.state_size) == (spec.n_parameters, spec.state_size)


@pytest.mark.parametrize("kind", LAYERS)
def test_initial_weights_of_each_kind(kind):
    layer = LAYERS[kind](4, 6)
    weights = {name: np.zeros(shape) for name, shape in layer.shapes().items()}
    layer.initial(np.random.default_rng(0), weights)
    y = layer.forward(np.random.default_rng(1).normal(size=(2, 5, 4)), weights)
    assert y.shape == (2, 5, layer.outputs)
    assert y[:, -1].std() > 0.02


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if not LAYERS[kind].sees_ahead])
def test_layer_that_sees_no_ahead_reads_no_point_behind_a_step(kind):
    layer, rng = LAYERS[kind](F, 5, dilation=2), np.random.default_rng(0)
    weights = {name: rng.normal(size=shape) for name, shape in layer.shapes().items()}
    x = rng.normal(size=(1, T, F))
    before = layer.forward(x, weights).copy()
    x[:, 4:] += 1.0
    np.testing.assert_array_equal(layer.forward(x, weights)[:, :4], before[:, :4])
    assert (layer.forward(x, weights)[:, 4:] != before[:, 4:]).any()


def test_dilated_state_comes_from_that_many_steps_before():
    # the input of step 0 alone is not zero: with zero biases, only steps 0, 3 and 6 know of it
    spec = NetworkSpec(1, (LayerSpec("lstm", 4, dilation=3),), 1)
    problem = problem_of(spec, B=1, T=T, ragged=False)
    spec.views(problem.flat)["layers.0.bias"][:] = 0.0
    problem.x[:] = 0.0
    problem.x[0, 0] = 1.0
    predictions = native_gradients(problem).predictions.ravel() - spec.views(problem.flat)["head.bias"]
    assert np.flatnonzero(predictions).tolist() == [0, 3, 6]


# --- dropout ---------------------------------------------------------------------------------------------------------


def kept_inputs(share, B=400, T=3, width=50, seed_step=0, layers=1):
    """Which inputs dropout keeps (B, width): a dense head of ones is all that stands above it."""
    stack = tuple(LayerSpec("dropout", dropout=share) for _ in range(layers))
    spec = NetworkSpec(width, stack, 1)
    flat = np.zeros(spec.n_parameters)
    spec.views(flat)["head.kernel"][:] = 1.0
    x, y = np.ones((1, B, T, width)), -np.ones((1, B, T, 1))
    trainer = wrapper.make_trainer(spec, flat, inputs.LossSettings("mse"), wrapper.OptimizerSettings(), 1)
    _, predictions, _, d_inputs = trainer.gradient(wrapper.array_source(x, y), True)
    # the gradient of an input is that of the forecast, times what it was multiplied by
    slopes = 2 * (predictions[:, :, 0] + 1) / (B * T)
    return d_inputs / slopes, predictions


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_dropout_leaves_out_its_share(share):
    factors, _ = kept_inputs(share)
    kept = factors > 0.5
    np.testing.assert_allclose(factors[kept], 1 / (1 - share), rtol=1e-12)
    # one mask for each sequence
    np.testing.assert_array_equal(kept, np.repeat(kept[:, :1], 3, axis=1))
    # 20,000 draws: five standard deviations
    assert abs(1 - kept[:, 0].mean() - share) <= 5 * np.sqrt(share * (1 - share) / 20_000)


def test_dropout_masks_differ_between_sequences_and_layers():
    single = kept_inputs(0.5)[0][:, 0] > 0.5
    # rows and columns are independent: correlations of 400 draws are below 5 / sqrt(400)
    assert np.abs(np.corrcoef(single.T) - np.eye(50)).max() < 0.25
    assert len(np.unique(single, axis=0)) == 400
    # two layers of 1/2 keep a quarter, everywhere: none is the other's mask
    both = kept_inputs(0.5, layers=2)[0][:, 0] > 0.5
    assert np.abs(both.mean(axis=0) - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / 400)
    assert not (both & ~single).any()
    # nor is unit 0 of the second layer unit 1 of the first: about 200 draws, five standard deviations
    drawn = single[:, 0]
    assert abs((both[drawn, 0] == single[drawn, 1]).mean() - 0.5) < 0.18


def test_dropout_is_the_same_for_the_same_step_and_another_for_the_next():
    problem = problem_of(NetworkSpec(F, (LSTM, LayerSpec("dropout", dropout=0.5)), H), B=6, T=T)

    def trained(first_step, steps):
        trainer = trainer_of(problem, threads=2)
        return trainer.run(source_of(problem), first_step, np.full(steps, 0.0))[2][:, 0]

    np.testing.assert_array_equal(trained(0, 4), trained(0, 4))
    np.testing.assert_array_equal(trained(0, 4)[2:], trained(2, 2))
    assert len(set(trained(0, 4))) == 4


def test_dropout_is_off_in_forecasts():
    spec = NetworkSpec(1, (LSTM, LayerSpec("dropout", dropout=0.5)), H)
    values = np.random.default_rng(0).normal(size=30)
    flat = np.random.default_rng(1).normal(size=spec.n_parameters)
    panel = inputs.PanelArrays(values, values, np.array([0, 30]), np.ones(1))
    where = wrapper.Stretches(*(np.array([n]) for n in (0, 0, 30)))
    run = [
        wrapper.run_sequences(s, flat, inputs.LossSettings(), inputs.ValueInputs(), panel, where, width=H).every
        for s in (spec, NetworkSpec(1, (LSTM,), H))
    ]
    np.testing.assert_array_equal(*run)
