"""Does the native core compute what it should on this machine? Against the NumPy reference, in about a second."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from gatecast.network import native, reference
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec

__all__ = ["Check", "check_core"]

# float64 rounding over some thousand sums stays far below
GRADIENT_LIMIT = 1e-10
# float32 holds seven digits, and states are carried over 40 steps
FORECAST_LIMIT = 1e-5


@dataclass(frozen=True)
class Check:
    """One check and how it went.

    Args:
        name: What was checked.
        passed: Whether it is as it should be.
        detail: The largest difference, or what went wrong.
        seconds: How long it took.
    """

    name: str
    passed: bool
    detail: str
    seconds: float


def check_core() -> list[Check]:
    """Check every instruction set of this machine, and the identity of threads."""
    checks = []
    for isa in native.available_isas():
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
    """Compare float64 gradients of stacked layers, for each loss, with targets missing."""
    started = time.perf_counter()
    rng = np.random.default_rng(0)
    spec = NetworkSpec(2, (17, 9), 3)
    flat = rng.normal(size=spec.n_parameters) * 0.5
    x, y = rng.normal(size=(5, 12, 2)), rng.normal(size=(5, 8, 3))
    y[2, 5:] = np.nan
    worst = 0.0
    for loss in native.LOSSES:
        trainer = native.make_trainer(spec, flat, native.LossSettings(loss), 1)
        ours = reference.Gradients(*trainer.gradient(native.array_source(x[None], y[None])))
        expected = reference.gradients(spec, flat, x, y, loss)
        worst = max(
            worst,
            _difference(ours.weights, expected.weights),
            _difference(ours.inputs, expected.inputs),
            _difference(np.array(ours.loss), np.array(expected.loss)),
        )
    return _check(f"gradients, {isa}", worst, GRADIENT_LIMIT, started)


def _forecasts(isa: str) -> Check:
    """Compare float32 outputs along one sequence."""
    started = time.perf_counter()
    spec = NetworkSpec(1, (50,), 4)
    flat = initial_weights(spec, 0)
    x = np.sin(np.arange(40, dtype=np.float32))[:, None]
    run = native.run_sequences(spec, flat, x, np.array([0]), np.array([40]), width=spec.output_size)
    expected, _ = reference.forward(spec, flat.astype(np.float64), x[None].astype(np.float64))
    return _check(f"forecasts, {isa}", _difference(run.every, expected[0]), FORECAST_LIMIT, started)


def _threads(isa: str) -> Check:
    """Train a few steps on one, two and three threads: the weights must be the same, bit by bit."""
    started = time.perf_counter()
    weights = [_trained(n_threads) for n_threads in (1, 2, 3)]
    same = all(np.array_equal(weights[0], other) for other in weights[1:])
    detail = "1, 2 and 3 threads give the same weights" if same else "1, 2 and 3 threads give different weights"
    return Check(f"threads, {isa}", same, detail, time.perf_counter() - started)


def _trained(n_threads: int) -> np.ndarray:
    spec = NetworkSpec(1, (24,), 2)
    values = np.sin(np.arange(600, dtype=np.float32) * 0.1)
    panel = native.PanelArrays(values, values, np.array([0, 250, 600]), np.ones(2))
    source = native.segment_source(panel, 8, 24, 13, 0)
    trainer = native.make_trainer(spec, initial_weights(spec, 0), native.LossSettings(clip_norm=1.0), n_threads)
    trainer.run(source, 0, np.full(20, 0.01))
    return np.asarray(trainer.weights())


def _difference(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference over the largest expected number; NaN counts as infinite."""
    difference = np.abs(actual - expected).max() / max(float(np.abs(expected).max()), 1e-300)
    return float(difference) if np.isfinite(difference) else float("inf")


def _check(name: str, worst: float, limit: float, started: float) -> Check:
    detail = f"largest difference {worst:.1e}, limit {limit:.0e}"
    return Check(name, worst < limit, detail, time.perf_counter() - started)
