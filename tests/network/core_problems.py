"""On what is the core judged? Random networks and batches, and gradients by differences."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatecast.network import inputs, reference, wrapper
from gatecast.network.inputs import LossSettings, PanelArrays
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.network.wrapper import OptimizerSettings

# every loss, with the settings under which it is judged
LOSSES = {name: LossSettings(name, quantiles=(0.1, 0.4, 0.7, 0.95)) for name in inputs.LOSSES}
POINT_LOSSES = ["mse", "mae", "huber"]
# what oracles said of problems, see `once`
KNOWN: dict[tuple[Any, ...], Any] = {}


@dataclass(frozen=True)
class Problem:
    """A network with random weights and one batch, all float64."""

    spec: NetworkSpec
    flat: np.ndarray
    batch: reference.Batch
    loss: LossSettings
    # where the batch comes from a panel: the panel, and how to make a source of it
    panel: PanelArrays | None = None
    make_source: Callable[[PanelArrays], Any] | None = None

    @property
    def x(self):
        """Dense inputs (B, T, F)."""
        return self.batch.x

    @property
    def y(self):
        """Targets (B, T - first, H), NaN where there is none."""
        return self.batch.y


def make_problem(hidden=(7,), F=2, H=3, loss="mse", **options):
    """Draw a problem for stacked LSTM layers and a plain head."""
    stack = tuple(LayerSpec("lstm", D) for D in hidden)
    return problem_of(NetworkSpec(F, stack, H, n_parameters_of_step=LOSSES[loss].n_parameters), loss, **options)


def problem_of(spec, loss="mse", B=3, T=4, first=0, seed=0, ragged=True):
    """Draw a batch whose forecasts lie well away from the kinks of mae, huber and quantile."""
    rng = np.random.default_rng(seed)
    flat = draw_weights(spec, rng)
    x = rng.normal(size=(B, T, spec.dense_inputs))
    settings = LOSSES[loss]
    blank = reference.Batch(x, np.full((B, T - first, spec.horizon), np.nan))
    predictions = reference_gradients(Problem(spec, flat, blank, settings)).predictions
    y = targets_off_the_kinks(settings, predictions, rng)
    if ragged:
        # rows end at different steps (the first one never does), and some targets inside are missing too
        last = y[0, -1, 0]
        for row in range(1, B):
            y[row, rng.integers(1, T - first + 1) :] = np.nan
        y[rng.random(y.shape) < 0.1] = np.nan
        y[0, -1, 0] = last
    return Problem(spec, flat, reference.Batch(x, y), settings)


def draw_weights(spec, rng):
    """Draw weights that are not as small as initial ones."""
    widest = max((layer.units for layer in spec.stack if layer.kind not in ("dropout", "norm")), default=1)
    # large layers with such weights would be chaotic: each rounding grows from step to step
    return rng.normal(size=spec.n_parameters) * min(0.7, 2.0 / np.sqrt(widest))


def targets_off_the_kinks(loss, predictions, rng):
    """Targets 0.3 or 3 away from the forecast (kinks at 0 and 1), or half way between quantiles, or outside of all."""
    if loss.loss != "quantile":
        point = predictions[:, :, 0]
        return point + rng.choice([-3.0, -0.3, 0.3, 3.0], point.shape)
    outer = np.concatenate([predictions[:, :, :1] - 1, predictions, predictions[:, :, -1:] + 1], axis=2)
    between = (outer[:, :, 1:] + outer[:, :, :-1]) / 2
    which = rng.integers(0, between.shape[2], predictions[:, :, 0].shape)
    return np.take_along_axis(between, which[:, :, None], axis=2)[:, :, 0]


def trainer_of(problem, dtype=np.float64, threads=1, optimizer=None):
    flat = problem.flat.astype(dtype)
    return wrapper.make_trainer(problem.spec, flat, problem.loss, optimizer or OptimizerSettings(), threads)


def source_of(problem, dtype=np.float64):
    if problem.panel is not None:
        return problem.make_source(cast_panel(problem.panel, dtype))
    weights = problem.batch.target_weights
    return wrapper.array_source(
        problem.x[None].astype(dtype), problem.y[None].astype(dtype), None if weights is None else weights[None]
    )


def cast_panel(panel, dtype):
    return replace(panel, values=panel.values.astype(dtype), targets=panel.targets.astype(dtype))


def native_gradients(problem, dtype=np.float64, chance=False):
    """What the core says: mean loss, predictions, gradients of weights and inputs."""
    return reference.Gradients(*trainer_of(problem, dtype).gradient(source_of(problem, dtype), chance))


def once(oracle, problem, *options):
    """What an oracle says of a problem, asked once for all instruction sets: the key is all that the problem holds."""
    source = problem.make_source and problem.make_source.__qualname__
    arrays = pickle.dumps((problem.flat, problem.batch, problem.panel))
    key = (oracle, repr((problem.spec, problem.loss)), arrays, source, options)
    if key not in KNOWN:
        KNOWN[key] = oracle(problem, *options)
    return KNOWN[key]


def _reference_gradients(problem):
    return reference.gradients(problem.spec, problem.flat, problem.batch, problem.loss)


def reference_gradients(problem):
    return once(_reference_gradients, problem)


def differences(function, at, step=2e-3):
    """Gradient of `function` at `at`, by central differences of fourth order.

    With this step the truncation error (step**4 / 30) and the rounding error (1e-16 / step) are 1e-12 or less.
    """
    gradient = np.zeros_like(at)
    for k in np.ndindex(at.shape):
        before = at[k]
        values = {}
        for side in (-2, -1, 1, 2):
            at[k] = before + side * step
            values[side] = function()
        at[k] = before
        gradient[k] = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * step)
    return gradient


def native_differences(problem, chance, step):
    """The core's loss, and gradients of weights and (None for a panel's) inputs that use nothing but it."""
    trainer, source = trainer_of(problem), source_of(problem)
    loss = trainer.gradient(source, chance)[0]

    def loss_of_weights():
        trainer.set_weights(problem.flat)
        return trainer.gradient(source, chance)[0]

    def loss_of_inputs():
        return trainer.gradient(source_of(problem), chance)[0]

    weights = differences(loss_of_weights, problem.flat, step)
    trainer.set_weights(problem.flat)
    return loss, weights, None if problem.panel is not None else differences(loss_of_inputs, problem.x, step)


def relative_error(actual, exact, largest):
    """Largest relative error of single elements.

    Elements below a thousandth of the largest in their array, or below 1e-5 of the `largest` gradient of all, are
    measured by those: the differences cannot resolve them.
    """
    floor = max(1e-3 * np.abs(exact).max(), 1e-5 * largest)
    return float((np.abs(actual - exact) / np.maximum(np.abs(exact), floor)).max())


def assert_gradients(spec, gradients, weights, inputs, limit=1e-6):
    largest = max(np.abs(weights).max(), 0.0 if inputs is None else np.abs(inputs).max())
    assert largest > 0
    if inputs is not None:
        assert relative_error(gradients.inputs, inputs, largest) < limit
    exact = spec.views(weights)
    for name, actual in spec.views(gradients.weights).items():
        assert relative_error(actual, exact[name], largest) < limit, name


def assert_native_gradients(problem, chance=False, step=2e-3):
    gradients = native_gradients(problem, chance=chance)
    loss, weights, inputs = once(native_differences, problem, chance, step)
    # the differences may be those of another instruction set: it has the same loss
    assert abs(gradients.loss - loss) <= 1e-12 * max(abs(loss), 1.0)
    assert_gradients(problem.spec, gradients, weights, inputs)


def assert_close(actual, expected, tolerance):
    assert np.abs(actual - expected).max() <= tolerance * max(np.abs(expected).max(), 1e-30)


def assert_agrees_with_reference(problem, tolerance, dtype=np.float64):
    """Loss, forecasts and all gradients."""
    expected, actual = reference_gradients(problem), native_gradients(problem, dtype)
    assert actual.weights.dtype == dtype
    assert abs(actual.loss - expected.loss) <= tolerance * max(abs(expected.loss), 1.0)
    assert_close(actual.predictions, expected.predictions, tolerance)
    assert_close(actual.inputs, expected.inputs, tolerance)
    named = problem.spec.views(expected.weights)
    for name, weights in problem.spec.views(actual.weights).items():
        assert_close(weights, named[name], tolerance)
