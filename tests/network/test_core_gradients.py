"""Are the gradients right? Every parameter and input against central differences in float64, by value.

The oracle differs from what is tested: it only uses the loss. Its own error is about 1e-12 (see `differences`), and
the smallest gradients that are measured by their own size are 1e-5 of the largest: it can prove 1e-7. Measured is 1e-7,
asked for 1e-6
(`assert_gradients`). Layers of other kinds stand in `test_core_layers.py`, panels in `test_core_panels.py`.
"""

import pytest
from core_problems import (
    LOSSES,
    assert_gradients,
    assert_native_gradients,
    differences,
    make_problem,
    native_gradients,
    reference_gradients,
)

from gatecast.network import reference

# first = T - 1 is the way of windows; the others are the way of sequences, with and without a burn-in
WAYS = {"windows": 3, "burn-in": 2, "every-step": 0}


@pytest.mark.parametrize("hidden", [(7,), (5, 3, 6)], ids=["one-layer", "three-layers"])
@pytest.mark.parametrize("first", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("loss", LOSSES)
def test_native_gradients_each_loss_and_way(loss, first, hidden, each_isa):
    assert_native_gradients(make_problem(hidden, first=first, loss=loss))


@pytest.mark.parametrize("B", [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 33])
def test_native_gradients_each_tile_remainder(B, each_isa):
    assert_native_gradients(make_problem((5,), B=B, T=3))


@pytest.mark.parametrize("D", [1, 3, 16, 17])
def test_native_gradients_hidden_size_between_vectors(D, each_isa):
    assert_native_gradients(make_problem((D,), T=3, seed=D))


def test_native_gradients_of_the_tutorial_network():
    assert_native_gradients(make_problem((50,), B=2, T=2, F=1, H=1, ragged=False))


@pytest.mark.parametrize(("F", "H"), [(1, 1), (17, 1), (1, 17), (5, 24)])
def test_native_gradients_inputs_and_outputs(F, H, each_isa):
    assert_native_gradients(make_problem((3,), T=3, F=F, H=H))


def test_native_gradients_single_step(each_isa):
    # one step from a zero state: nothing recurs, and the core leaves U out of its work
    problem = make_problem((6, 5), T=1)
    assert_native_gradients(problem)
    views = problem.spec.views(native_gradients(problem).weights)
    assert not views["layers.0.recurrent_kernel"].any()


def test_native_gradients_over_many_blocks_of_steps():
    # gradients of the weights are summed over blocks of 128 rows: 1 row x 300 steps cuts three of them
    assert_native_gradients(make_problem((2,), B=1, T=300, F=1, H=1, first=250, ragged=False))


# the layers know nothing of the loss: one loss for several of them is enough
@pytest.mark.parametrize(("loss", "hidden"), [*((loss, (5,)) for loss in LOSSES), ("quantile", (3, 2, 3))], ids=str)
@pytest.mark.parametrize("first", WAYS.values(), ids=WAYS.keys())
def test_reference_gradients(loss, first, hidden):
    problem = make_problem(hidden, first=first, loss=loss)

    def loss_at():
        return reference.loss_of(problem.spec, problem.flat, problem.batch, problem.loss)

    weights, inputs = differences(loss_at, problem.flat), differences(loss_at, problem.x)
    assert_gradients(problem.spec, reference_gradients(problem), weights, inputs)
