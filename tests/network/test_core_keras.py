"""Does the core train as Keras does? Against values of Keras 3.15 (see tests/golden/README.md), in float32.

Keras computes in float32 too and sums in other orders, so single results differ by a few roundings (1e-7 of numbers
near 1), and 30 to 50 steps of Adam carry them along: 1e-5 for the first step, 1e-4 for the trace.
"""

from pathlib import Path

import numpy as np
import pytest

from gatecast.network import inputs, reference, wrapper
from gatecast.network.spec import LayerSpec, NetworkSpec

GOLDEN = Path(__file__).parents[1] / "golden"
SPECS = {
    "tutorial": NetworkSpec.plain(1, (50,), 1),
    "lstm": NetworkSpec.plain(3, (16,), 2),
    "stacked": NetworkSpec.plain(2, (10, 10), 4),
    "sequence": NetworkSpec.plain(2, (12,), 3),
    "bidirectional": NetworkSpec(2, (LayerSpec("bidirectional", 7),), 3),
    "gru": NetworkSpec(2, (LayerSpec("gru", 9),), 1),
}


class Golden:
    """One file of reference values, in the core's layout."""

    def __init__(self, name):
        self.spec = SPECS[name]
        with np.load(GOLDEN / f"keras_{name}.npz") as file:
            self.values = dict(file)
        self.x, y = self.values["x"], self.values["y"]
        # networks that speak after the last step only have targets without a time axis
        self.y = y if y.ndim == 4 else y[:, :, None]

    def flat(self, what):
        parts = {key.split(":")[0].split("/")[1]: v for key, v in self.values.items() if key.startswith(what + "/")}
        return np.concatenate([parts[str(i)].ravel() for i in range(len(parts))])

    def trainer(self):
        settings = inputs.LossSettings(), wrapper.OptimizerSettings()
        return wrapper.make_trainer(self.spec, self.flat("initial"), *settings, 2)

    def source(self):
        return wrapper.array_source(self.x, self.y)


@pytest.fixture(params=SPECS, scope="module")
def golden(request):
    return Golden(request.param)


def same(actual, expected, tolerance):
    np.testing.assert_allclose(actual.ravel(), expected.ravel(), rtol=0, atol=tolerance)


def test_first_outputs_and_gradients_as_in_keras(golden, each_isa):
    _, predictions, weights, _ = golden.trainer().gradient(golden.source(), False)
    same(predictions, golden.values["prediction_before"], 1e-5)
    same(weights, golden.flat("gradient0"), 1e-5)


def test_training_as_in_keras(golden, each_isa):
    trainer, trace = golden.trainer(), golden.values["loss_trace"]
    _, _, records = trainer.run(golden.source(), 0, np.full(len(trace), 1e-3))
    np.testing.assert_allclose(records[:, 0], trace, rtol=1e-4, atol=0)
    # each step of Adam moves a weight by about 1e-3, whatever its gradient: where that is near zero, so is certainty
    same(trainer.weights(), golden.flat("final"), 1e-4)
    same(trainer.gradient(golden.source(), False)[1], golden.values["prediction_after"], 1e-4)


def test_reference_as_in_keras(golden):
    at = reference.gradients(
        golden.spec, golden.flat("initial"), reference.Batch(golden.x[0], golden.y[0]), inputs.LossSettings()
    )
    same(at.predictions, golden.values["prediction_before"], 1e-5)
    same(at.weights, golden.flat("gradient0"), 1e-5)
    assert at.loss == pytest.approx(golden.values["loss_trace"][0], rel=1e-5)
