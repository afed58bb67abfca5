"""How long does the classic tutorial's job take, beside Keras, and are the forecasts as good?"""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median

import numpy as np

from harness.goals import Row
from harness.processes import SideProcess

__all__ = ["run"]

N_POINTS, N_TRAIN = 10_000, 8_000
BEFORE, AFTER = 4, 3
BACKENDS = {"TensorFlow": "tensorflow", "JAX": "jax"}


def run() -> list[Row]:
    """Fit with Keras once on each of two backends, which takes a minute or two, and with gatecast before and after."""
    data = {"values": _series()}
    with ExitStack() as stack:
        ours = stack.enter_context(SideProcess("tutorial_gatecast:TutorialGatecast", data, n_train=N_TRAIN))
        keras = {name: stack.enter_context(_keras(data, backend)) for name, backend in BACKENDS.items()}
        for side in keras.values():
            side.call("ready")
        seconds = [ours.call("fit") for _ in range(BEFORE)]
        theirs = {name: side.call("fit") for name, side in keras.items()}
        seconds += [ours.call("fit") for _ in range(AFTER)]
        fastest = min(theirs, key=theirs.__getitem__)
        sides = ours, keras[fastest]
        errors = [_test_rmse(data["values"], side.arrays("predict")["forecast"]) for side in sides]
    return _rows(seconds, theirs, fastest, *errors)


def _keras(data: dict[str, np.ndarray], backend: str) -> SideProcess:
    environment = {"KERAS_BACKEND": backend}
    return SideProcess("tutorial_keras:TutorialKeras", data, environment=environment, n_train=N_TRAIN)


def _series() -> np.ndarray:
    """The tutorial's sine with noise, from its own numbers."""
    clean = np.sin(np.arange(0, 1000, 0.1))
    return clean + np.random.RandomState(0).normal(0, 0.5, N_POINTS)


def _test_rmse(values: np.ndarray, forecast: np.ndarray) -> float:
    """Error over the tutorial's test windows: without the first point, which has none, and the last, which it drops."""
    test = slice(N_TRAIN + 1, N_POINTS - 1)
    return float(np.sqrt(np.mean((forecast[test] - values[test]) ** 2)))


def _rows(seconds: list[float], theirs: dict[str, float], fastest: str, ours: float, of_keras: float) -> list[Row]:
    low, high, best = min(seconds), max(seconds), theirs[fastest]
    note = f"on {fastest}; 5 epochs of batch size 1; one fit with Keras, several with gatecast before and after it"
    return [
        Row("tutorial", "fit: Keras / gatecast", best / median(seconds), "times", best / high, best / low, note),
        Row("tutorial", "fit: gatecast", median(seconds), "s", low, high, f"the first one {seconds[0]:.3f} s"),
        *(Row("tutorial", f"fit: Keras on {name}", value, "s") for name, value in theirs.items()),
        Row("tutorial", "test RMSE: distance to Keras's", abs(ours - of_keras), "", note="noise floor 0.495"),
        Row("tutorial", "test RMSE: gatecast", ours, ""),
        Row("tutorial", "test RMSE: Keras", of_keras, ""),
    ]
