"""Do networks begin as the design says: Glorot, orthonormal, forget bias 1?"""

import numpy as np
import pytest

from gatecast.network.initial import initial_weights
from gatecast.network.spec import LayerSpec, NetworkSpec

SPEC = NetworkSpec.plain(3, (40, 25), 6)


def views(seed=0, dtype=np.float64):
    return SPEC.views(initial_weights(SPEC, seed, dtype))


@pytest.mark.parametrize(("name", "fans"), [("layers.0", 3 + 160), ("layers.1", 40 + 100), ("head", 25 + 6)])
def test_kernels_are_glorot_uniform(name, fans):
    kernels = np.concatenate([views(seed)[f"{name}.kernel"].ravel() for seed in range(30)])
    limit = np.sqrt(6.0 / fans)
    assert np.abs(kernels).max() <= limit
    # at least 4,500 draws: the largest is within 1 %, mean and deviation within 5 standard errors
    assert np.abs(kernels).max() > 0.99 * limit
    assert abs(kernels.mean()) < 5 * limit / np.sqrt(3 * kernels.size)
    assert kernels.std() == pytest.approx(limit / np.sqrt(3), rel=5 / np.sqrt(kernels.size))


@pytest.mark.parametrize("layer", [0, 1])
def test_recurrent_kernels_have_orthonormal_rows(layer):
    U = views()[f"layers.{layer}.recurrent_kernel"]
    np.testing.assert_allclose(U @ U.T, np.eye(len(U)), rtol=0, atol=1e-13)


def test_biases_are_zero_but_for_the_forget_gate():
    gates = views()["layers.0.bias"].reshape(4, 40)
    np.testing.assert_array_equal(gates, np.repeat([[0.0], [1.0], [0.0], [0.0]], 40, axis=1))
    assert not views()["head.bias"].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_seed_decides(dtype):
    one, same, other = (initial_weights(SPEC, seed, dtype) for seed in (1, 1, 2))
    assert one.dtype == dtype
    np.testing.assert_array_equal(one, same)
    assert (one != other).mean() > 0.9


def test_float32_weights_are_those_of_float64_rounded():
    np.testing.assert_array_equal(initial_weights(SPEC, 4), initial_weights(SPEC, 4, np.float64).astype(np.float32))


def test_single_unit_network():
    assert np.isfinite(initial_weights(NetworkSpec.plain(1, (1,), 1), 0)).all()


def test_network_with_everything_begins_near_the_candidates():
    spec = NetworkSpec(
        2,
        (LayerSpec("gru", 40), LayerSpec("norm"), LayerSpec("attention", 20)),
        6,
        n_skip_forecasts=2,
        embeddings=((300, 5),),
        n_ahead_numbers=1,
        n_contexts=2,
        future_units=30,
    )
    at = spec.views(initial_weights(spec, 0, np.float64))
    plain = np.sqrt(6.0 / (80 + spec.output_size))
    # a tenth of what Glorot says, 3,840 draws
    assert 0.099 * plain < np.abs(at["head.kernel"]).max() <= 0.1 * plain
    # 1,500 draws of deviation 0.1
    assert at["embeddings.0"].std() == pytest.approx(0.1, rel=0.1)
    # the future decoder has no effect at first, but a gradient
    assert not at["future.out"].any()
    assert at["future.kernel"].all()
    np.testing.assert_array_equal(at["layers.1.gain"], 1.0)
    U = at["layers.0.recurrent_kernel"]
    np.testing.assert_allclose(U @ U.T, np.eye(40), rtol=0, atol=1e-13)
