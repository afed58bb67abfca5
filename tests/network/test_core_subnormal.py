"""Are numbers that are too small for normal precision zero in all of the core, and in the core alone?"""

import numpy as np

from gatecast.network import inputs, wrapper
from gatecast.network.spec import NetworkSpec

SPEC = NetworkSpec.plain(1, (5,), 3)
TINY = np.float32(1e-40)


def weights_of_tiny_forecasts():
    """All zero but the bias of the head, which is below the smallest normal number."""
    flat = np.zeros(SPEC.n_parameters, np.float32)
    SPEC.views(flat)["head.bias"][:] = TINY
    return flat


def assert_python_keeps_tiny_numbers():
    assert TINY * np.float32(1.0) > 0
    assert (np.full(8, TINY) * np.float32(0.5) > 0).all()


def test_workers_flush_tiny_numbers():
    values = np.ones(10, np.float32)
    panel = inputs.PanelArrays(values, values, np.array([0, 10]), np.ones(1))
    where = wrapper.Stretches(np.array([0]), np.array([0]), np.array([10]))
    result = wrapper.run_sequences(
        SPEC, weights_of_tiny_forecasts(), inputs.LossSettings(), inputs.ValueInputs(), panel, where
    )
    assert not result.last.any()
    assert_python_keeps_tiny_numbers()


def test_stream_flushes_tiny_numbers():
    stream = wrapper.make_stream(
        SPEC, weights_of_tiny_forecasts(), inputs.LossSettings(), inputs.ValueInputs(), 0, (0.0, 1.0, 1.0)
    )
    assert not stream.update(1.0, True).any()
    assert_python_keeps_tiny_numbers()


def test_gradient_flushes_tiny_numbers():
    settings = inputs.LossSettings(), wrapper.OptimizerSettings()
    trainer = wrapper.make_trainer(SPEC, weights_of_tiny_forecasts(), *settings, 1)
    x, y = np.ones((1, 2, 4, 1), np.float32), np.ones((1, 2, 4, 3), np.float32)
    assert not trainer.gradient(wrapper.array_source(x, y), False)[1].any()
    assert_python_keeps_tiny_numbers()
