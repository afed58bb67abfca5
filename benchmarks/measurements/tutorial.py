"""How long does the classic tutorial's job take, beside Keras, and are the forecasts as good?"""

from __future__ import annotations

from statistics import median

import numpy as np

from harness.goals import Row
from harness.processes import SideProcess

__all__ = ["run"]

N_POINTS, N_TRAIN = 10_000, 8_000
OURS_BEFORE, OURS_AFTER = 4, 3


def run() -> list[Row]:
    """Fit with Keras once, which takes a minute or two, and with gatecast before and after it."""
    data = {"values": _series()}
    with (
        SideProcess("tutorial_gatecast:TutorialGatecast", data, n_train=N_TRAIN) as ours,
        SideProcess("tutorial_keras:TutorialKeras", data, n_train=N_TRAIN) as theirs,
    ):
        seconds = [ours.call("fit") for _ in range(OURS_BEFORE)]
        keras_seconds = theirs.call("fit")
        seconds += [ours.call("fit") for _ in range(OURS_AFTER)]
        errors = [_test_rmse(data["values"], side.arrays("predict")["forecast"]) for side in (ours, theirs)]
    return _rows(seconds, keras_seconds, *errors)


def _series() -> np.ndarray:
    """The tutorial's sine with noise, from its own numbers."""
    clean = np.sin(np.arange(0, 1000, 0.1))
    return clean + np.random.RandomState(0).normal(0, 0.5, N_POINTS)


def _test_rmse(values: np.ndarray, forecast: np.ndarray) -> float:
    """Error over the tutorial's test windows: without the first point, which has none, and the last, which it drops."""
    test = slice(N_TRAIN + 1, N_POINTS - 1)
    return float(np.sqrt(np.mean((forecast[test] - values[test]) ** 2)))


def _rows(seconds: list[float], keras_seconds: float, ours: float, theirs: float) -> list[Row]:
    low, high = min(seconds), max(seconds)
    ratio = keras_seconds / median(seconds)
    note = "5 epochs of batch size 1; one fit with Keras, several with gatecast before and after it"
    return [
        Row("tutorial", "fit: Keras / gatecast", ratio, "times", keras_seconds / high, keras_seconds / low, note),
        Row("tutorial", "fit: gatecast", median(seconds), "s", low, high, f"the first one {seconds[0]:.3f} s"),
        Row("tutorial", "fit: Keras", keras_seconds, "s"),
        Row("tutorial", "test RMSE: distance to Keras's", abs(ours - theirs), "", note="noise floor 0.495"),
        Row("tutorial", "test RMSE: gatecast", ours, ""),
        Row("tutorial", "test RMSE: Keras", theirs, ""),
    ]
