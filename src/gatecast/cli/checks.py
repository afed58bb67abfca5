"""Does the native core compute what it should on this machine? Against the NumPy reference, in about a second."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from gatecast.network import inputs, reference, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.layers import LAYERS
from gatecast.network.spec import LayerSpec, NetworkSpec

__all__ = ["Check", "check_core"]

# float64 rounding over some thousand sums stays far below
GRADIENT_LIMIT = 1e-10
# float32 holds seven digits, and states are carried over 40 steps
FORECAST_LIMIT = 1e-5
LSTM = (LayerSpec("lstm", 17), LayerSpec("lstm", 9))


@dataclass(frozen=True)
class Check:
    """One check and how it went; the detail is the largest difference, or what went wrong."""

    name: str
    passed: bool
    detail: str
    seconds: float


def check_core() -> list[Check]:
    """Check every instruction set of this machine, and the identity of threads."""
    checks = []
    for isa in wrapper.available_isas():
        with _only(isa):
            checks += [_gradients(isa), _forecasts(isa), _threads(isa)]
    return checks


@contextmanager
def _only(isa: str) -> Iterator[None]:
    before = os.environ.get("GATECAST_ISA")
    os.environ["GATECAST_ISA"] = isa
    try:
        yield
    finally:
        if before is None:
            del os.environ["GATECAST_ISA"]
        else:
            os.environ["GATECAST_ISA"] = before


def _gradients(isa: str) -> Check:
    """Compare float64 gradients, for each loss and each kind of layer, with targets missing."""
    started = time.perf_counter()
    worst = max(_gradient_difference(LSTM, name) for name in inputs.LOSSES)
    for kind, layer in LAYERS.items():
        if kind != "lstm":
            worst = max(worst, _gradient_difference((*LSTM[:1], LayerSpec(kind, 9)), "mse", layer.sees_ahead))
    return _check(f"gradients, {isa}", worst, GRADIENT_LIMIT, started)


def _gradient_difference(stack: tuple[LayerSpec, ...], name: str, windows: bool = False) -> float:
    rng = np.random.default_rng(0)
    loss = inputs.LossSettings(name, quantiles=(0.1, 0.5, 0.9))
    spec = NetworkSpec(2, stack, 3, n_parameters_of_step=loss.n_parameters)
    flat = rng.normal(size=spec.n_parameters) * 0.5
    x, y = rng.normal(size=(5, 12, 2)), rng.normal(size=(5, 1 if windows else 8, 3))
    y[2, 5:] = np.nan
    trainer = wrapper.make_trainer(spec, flat, loss, wrapper.OptimizerSettings(), 1)
    ours = reference.Gradients(*trainer.gradient(wrapper.array_source(x[None], y[None]), False))
    expected = reference.gradients(spec, flat, reference.Batch(x, y), loss)
    return max(
        _difference(ours.weights, expected.weights),
        _difference(ours.inputs, expected.inputs),
        _difference(np.array(ours.loss), np.array(expected.loss)),
    )


def _forecasts(isa: str) -> Check:
    """Compare float32 forecasts along one sequence, a mixture of candidates among them."""
    started = time.perf_counter()
    value_inputs = inputs.ValueInputs((1, 7), (1, 7))
    spec = NetworkSpec(value_inputs.n_inputs, (LayerSpec("lstm", 50),), 4, n_skip_forecasts=2)
    flat, loss = initial_weights(spec, 0), inputs.LossSettings()
    panel, exact = (_sine(40, dtype) for dtype in (np.float32, np.float64))
    whole = wrapper.Stretches(*(np.array([number]) for number in (0, 0, 40)))
    run = wrapper.run_sequences(spec, flat, loss, value_inputs, panel, whole, width=spec.horizon)
    batch = reference.batch_of(exact, value_inputs, [(0, 0)], 40, 0, spec.horizon)
    expected = reference.gradients(spec, flat.astype(np.float64), batch, loss).predictions
    return _check(f"forecasts, {isa}", _difference(run.every, expected[0]), FORECAST_LIMIT, started)


def _threads(isa: str) -> Check:
    """Train a few steps on one, two and three threads: the weights must be the same, bit by bit."""
    started = time.perf_counter()
    weights = [_trained(n_threads) for n_threads in (1, 2, 3)]
    same = all(np.array_equal(weights[0], other) for other in weights[1:])
    detail = "1, 2 and 3 threads give the same weights" if same else "1, 2 and 3 threads give different weights"
    return Check(f"threads, {isa}", same, detail, time.perf_counter() - started)


def _trained(n_threads: int) -> np.ndarray:
    spec = NetworkSpec.plain(1, (24,), 2)
    source = wrapper.segment_source(_sine(600, np.float32), inputs.ValueInputs(), 8, 24, 13, 0)
    settings = inputs.LossSettings(), wrapper.OptimizerSettings(clip_norm=1.0)
    trainer = wrapper.make_trainer(spec, initial_weights(spec, 0), *settings, n_threads)
    trainer.run(source, 0, np.full(20, 0.01))
    return np.asarray(trainer.weights())


def _sine(length: int, dtype: type) -> inputs.PanelArrays:
    values = np.sin(np.arange(length) * 0.1).astype(np.float32).astype(dtype)
    return inputs.PanelArrays(values, values, np.array([0, length]), np.ones(1))


def _difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference over the largest expected number; NaN counts as infinite."""
    difference = np.abs(actual - expected).max() / max(float(np.abs(expected).max()), 1e-300)
    return float(difference) if np.isfinite(difference) else float("inf")


def _check(name: str, worst: float, limit: float, started: float) -> Check:
    detail = f"largest difference {worst:.1e}, limit {limit:.0e}"
    return Check(name, worst < limit, detail, time.perf_counter() - started)
