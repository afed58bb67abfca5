"""Are the weights where the specification says?"""

import numpy as np

from gatecast.network.spec import NetworkSpec

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
