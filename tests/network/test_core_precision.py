"""How exact are the core's sigmoid and tanh? A layer of hand-set weights lays each of them bare.

With W = (0, 0, 1, 0), U = 0 and b = (100, 0, 0, 0) the state after one step from zero is sigmoid(100) tanh(x), which is
tanh(x); with x at the input gate and 100 at the candidate it is sigmoid(x); and with a state carried through an open
forget gate (f = 1, i = 0, o = 1) the output is tanh(c). The oracle is NumPy in float64.
"""

import numpy as np
import pytest

from gatecast.network import inputs, wrapper
from gatecast.network.spec import NetworkSpec

I, F, G, O = range(4)  # noqa: E741 - the gates
# One rounding is 6e-8. The polynomial has 1.2e-7; the reciprocal of AVX2 starts from 12 bits, of which Newton's step
# makes 23 (another 1.2e-7 and its own roundings), and an open gate at 100 adds its own reciprocal. Measured: 4.8e-7.
RELATIVE = 6e-7
GRID = np.concatenate([np.linspace(-30, 30, 20001), np.linspace(-0.7, 0.7, 20001), np.geomspace(1e-30, 1, 2001)])
GRID = GRID[GRID != 0]


def layer_of(D, entering, biases):
    """`entering`: the gate that reads the input, if any; `biases`: by gate."""
    spec = NetworkSpec.plain(1, (D,), 1)
    flat = np.zeros(spec.n_parameters, np.float32)
    weights = spec.views(flat)
    if entering is not None:
        weights["layers.0.kernel"].reshape(4, D)[entering] = 1.0
    for gate, bias in biases.items():
        weights["layers.0.bias"].reshape(4, D)[gate] = bias
    return spec, flat


def single_steps(spec, flat, x, c=None):
    """States h and c (n, D) of every number after one step of its own."""
    x = np.asarray(x, np.float32)
    n, D = len(x), spec.state_size // 2
    state = None
    if c is not None:
        state = np.repeat(np.stack([np.zeros(n), c], axis=1).astype(np.float32), D, axis=1)
    panel = inputs.PanelArrays(x, x, np.array([0, n]), np.ones(1))
    steps = wrapper.Stretches(np.zeros(n, np.int64), np.arange(n), np.ones(n, np.int64))
    result = wrapper.run_sequences(spec, flat, inputs.LossSettings(), inputs.ValueInputs(), panel, steps, state=state)
    return result.state[:, :D], result.state[:, D:]


def tanh_of_candidate(x, D):
    return single_steps(*layer_of(D, G, {I: 100.0}), x)[1]


def sigmoid_of_gate(x, D):
    return single_steps(*layer_of(D, I, {G: 100.0}), x)[1]


def tanh_of_state(x, D):
    return single_steps(*layer_of(D, None, {I: -100.0, F: 100.0, O: 100.0}), np.zeros(len(x)), c=x)[0]


def exact_sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


# name: (function, float64 oracle)
FUNCTIONS = {
    "tanh_of_candidate": (tanh_of_candidate, np.tanh),
    "tanh_of_state": (tanh_of_state, np.tanh),
    "sigmoid": (sigmoid_of_gate, exact_sigmoid),
}


@pytest.mark.parametrize("D", [1, 16], ids=["one-lane", "whole-vector"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_relative_error_over_the_range(name, D, each_isa):
    function, exact = FUNCTIONS[name]
    x = GRID.astype(np.float32)
    expected = exact(x.astype(np.float64))[:, None]
    assert np.abs(function(x, D) / expected - 1).max() < RELATIVE


@pytest.mark.parametrize("function", [tanh_of_candidate, tanh_of_state])
def test_tanh_tiny_keeps_relative_accuracy(function, each_isa):
    x = np.array([1e-6, -1e-6, 3e-20, -1e-37], np.float32)
    np.testing.assert_allclose(function(x, 1)[:, 0], x, rtol=RELATIVE)
    assert function(np.zeros(1), 1)[0, 0] == 0.0


@pytest.mark.parametrize("size", [20.0, 100.0, 1e30, 3e38])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_large_inputs_saturate(name, size, each_isa):
    function, exact = FUNCTIONS[name]
    low, high = function(np.array([-size, size]), 1)[:, 0]
    # absolute errors: sigmoid(-100) is 4e-44, which float32 cannot hold
    np.testing.assert_allclose([low, high], np.round(exact(np.array([-20.0, 20.0]))), rtol=0, atol=RELATIVE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nan_stays_nan(name, each_isa):
    assert np.isnan(FUNCTIONS[name][0](np.array([np.nan, 0.5]), 1)[:, 0]).tolist() == [True, False]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_exceed_one_by_a_rounding_at_most(name, each_isa):
    values = FUNCTIONS[name][0](np.linspace(-20, 20, 100001), 1)
    assert np.abs(values).max() <= 1.0 + np.finfo(np.float32).eps
