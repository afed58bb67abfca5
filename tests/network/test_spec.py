"""Are the weights where the specification says?"""

import json

import numpy as np

from gatecast._json import converted
from gatecast.network.spec import LayerSpec, NetworkSpec

SPEC = NetworkSpec.plain(3, (5, 4), 2)


def test_shapes_by_hand():
    assert SPEC.shapes == {
        "layers.0.kernel": (3, 20),
        "layers.0.recurrent_kernel": (5, 20),
        "layers.0.bias": (20,),
        "layers.1.kernel": (5, 16),
        "layers.1.recurrent_kernel": (4, 16),
        "layers.1.bias": (16,),
        "head.kernel": (4, 2),
        "head.bias": (2,),
    }
    assert list(SPEC.shapes)[-2:] == ["head.kernel", "head.bias"]


def test_sizes_by_hand():
    # 60 + 100 + 20, 80 + 64 + 16, 8 + 2
    assert SPEC.n_parameters == 350
    assert SPEC.state_size == 2 * 9
    # what Keras counts for the tutorial's LSTM(50) + Dense(1)
    assert NetworkSpec.plain(1, (50,), 1).n_parameters == 10_451


def test_views_share_memory_and_cover_everything():
    flat = np.zeros(SPEC.n_parameters)
    views = SPEC.views(flat)
    for number, view in enumerate(views.values(), start=1):
        assert np.shares_memory(view, flat)
        view += number
    sizes = [int(np.prod(shape)) for shape in SPEC.shapes.values()]
    np.testing.assert_array_equal(flat, np.repeat(np.arange(1, 9), sizes))


FULL = NetworkSpec(
    4,
    (LayerSpec("gru", 5, 2), LayerSpec("norm"), LayerSpec("bidirectional", 3), LayerSpec("dropout", dropout=0.2)),
    7,
    decoder=(LayerSpec("dense", 6, residual=True),),
    n_skip_forecasts=2,
    n_parameters_of_step=3,
    embeddings=((9, 2), (4, 3)),
    n_ahead_numbers=1,
    n_ahead_codes=1,
    n_contexts=2,
    future_units=8,
)


def test_sizes_of_a_network_with_everything_by_hand():
    # 4 numbers and embeddings of 2 and 3; the bidirectional layer puts out 2 x 3
    assert FULL.input_size == 9
    assert FULL.layers[-1].outputs == 6
    assert FULL.is_residual(4)
    assert FULL.shapes["embeddings.1"] == (4, 3)
    assert FULL.shapes["layers.2.backward.kernel"] == (5, 12)
    # (2 candidates, 3 parameters, 2 contexts) of 7 steps
    assert FULL.shapes["head.kernel"] == (6, 49)
    # 2 contexts, one number and the first embedding
    assert FULL.shapes["future.kernel"] == (5, 8)
    assert FULL.state_size == 2 * 5


def test_specification_survives_json():
    assert converted(json.loads(json.dumps(FULL.to_dict())), NetworkSpec) == FULL


def test_sees_ahead_where_a_layer_does():
    assert FULL.sees_ahead
    assert not SPEC.sees_ahead


def test_stack_ends_where_no_layer_above_reads_other_steps():
    # dropout and norm take each step by itself: the bidirectional layer's last output is what each direction read last
    assert [layer.ends_stack for layer in FULL.layers[:4]] == [False, False, True, True]
    below = NetworkSpec(1, (LayerSpec("bidirectional", 3), LayerSpec("attention", 2)), 1)
    assert [layer.ends_stack for layer in below.layers] == [False, True]
