"""On what is the core judged? Random networks and batches, and gradients by differences."""

from dataclasses import dataclass

import numpy as np

from gatecast.network import native, reference
from gatecast.network.spec import NetworkSpec

DELTA = 1.0


@dataclass(frozen=True)
class Problem:
    """A network with random weights and one batch, all float64."""

    spec: NetworkSpec
    flat: np.ndarray
    x: np.ndarray  # (B, T, F)
    y: np.ndarray  # (B, T - first, H), NaN where there is no target


def make_problem(hidden=(7,), B=3, T=4, F=2, H=3, first=0, seed=0, ragged=True):
    """Draw a problem whose errors are 0.3 or 3 in size: far from the kinks of mae (0) and huber (1)."""
    rng = np.random.default_rng(seed)
    spec = NetworkSpec(F, hidden, H)
    # large layers with such weights would be chaotic: each rounding grows from step to step
    flat = rng.normal(size=spec.n_parameters) * min(0.7, 2.0 / np.sqrt(max(hidden)))
    x = rng.normal(size=(B, T, F))
    predictions, _ = reference.forward(spec, flat, x, first)
    y = predictions + rng.choice([-3.0, -0.3, 0.3, 3.0], predictions.shape)
    if ragged:
        # rows end at different steps (the first one never does), and some targets inside are missing too
        for row in range(1, B):
            y[row, rng.integers(1, T - first + 1) :] = np.nan
        y[rng.random(y.shape) < 0.1] = np.nan
        y[0, -1, 0] = predictions[0, -1, 0] + 0.3
    return Problem(spec, flat, x, y)


def trainer_of(problem, loss="mse", dtype=np.float64, threads=1, clip_norm=0.0):
    settings = native.LossSettings(loss, huber_delta=DELTA, clip_norm=clip_norm)
    return native.make_trainer(problem.spec, problem.flat.astype(dtype), settings, threads)


def source_of(problem, dtype=np.float64):
    return native.array_source(problem.x[None].astype(dtype), problem.y[None].astype(dtype))


def native_gradients(problem, loss="mse", dtype=np.float64):
    """What the core says: mean loss, predictions, gradients of weights and inputs."""
    return reference.Gradients(*trainer_of(problem, loss, dtype).gradient(source_of(problem, dtype)))


def reference_gradients(problem, loss="mse"):
    return reference.gradients(problem.spec, problem.flat, problem.x, problem.y, loss, DELTA)


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


def relative_error(actual, exact, largest):
    """Largest relative error of single elements.

    Elements below a thousandth of the largest in their array, or below 1e-5 of the `largest` gradient of all, are
    measured by those: the differences cannot resolve them.
    """
    floor = max(1e-3 * np.abs(exact).max(), 1e-5 * largest)
    return float((np.abs(actual - exact) / np.maximum(np.abs(exact), floor)).max())
