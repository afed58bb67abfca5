"""How does a service keep a forecast up to date? One observation in, the next forecasts out."""

from __future__ import annotations

import math
import warnings
from collections import deque

import numpy as np

from gatecast.data.values.gaps import fill_gaps
from gatecast.exceptions import DataError
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import low_value
from gatecast.network.ensemble import median
from gatecast.network.wrapper import Stream as CoreStream
from gatecast.network.wrapper import make_stream

__all__ = ["Stream"]


class Stream:
    """Forecasts of one series that are renewed with each observation, in constant time and memory.

    Made by `LSTMForecaster.stream`; it goes on where the training part ended and leaves the model as it is.
    """

    def __init__(self, fitted: Fitted, row: int) -> None:
        preparation = fitted.preparation.rows(np.array([row]))
        self._preparation = preparation
        self._loss = fitted.ensemble.first.loss
        self._anchors = fitted.anchors[row].copy()
        self._is_plain = preparation.transform.name == "none"
        self._is_sparse = bool(preparation.is_sparse[0])
        self._center, self._unit = float(preparation.scaling.center[0]), float(preparation.units[0])
        self._scale = float(preparation.scaling.scale[0])
        self._id = fitted.after.ids.tolist()[row]
        self._has_warned = False
        # what a gap is filled from, as the next batch of data would be
        self._season = preparation.value_inputs.season
        newest = fitted.memories[0].rows(np.array([row])).newest_values(self._season + 1)[0]
        self._newest = deque(newest.tolist(), maxlen=len(newest))
        self._cores = [_core(fitted, member, row) for member in range(len(fitted.memories))]

    def update(self, value: float) -> np.ndarray:
        """Take in the next observation.

        Args:
            value: In the data's units; NaN for a step at which nothing was observed, which is filled as other gaps are.
                One that is lower than the fit's logarithm can read (see `Settings.transform`) counts as the lowest,
                with one warning for each stream.

        Returns:
            `(H,)` forecasts of the next steps, in the data's units.

        Raises:
            DataError: `value` is not a finite number.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise DataError(f"`value` must be a number, got {value!r}. Convert it with float() first.") from None
        if math.isinf(number):
            raise DataError(f"`value` must be finite, got {number}. Pass NaN for a step without an observation.")
        if number < self._preparation.transform.lowest and not self._has_warned:
            self._has_warned = True
            told = low_value(self._preparation.transform, "A value is", f"{number:g} of series {self._id!r}")
            warnings.warn(told, stacklevel=2)
        scaled = self._scaled(number)
        is_observed = not math.isnan(scaled)
        entered = scaled if is_observed else self._instead()
        self._newest.append(entered)
        each, anchors = [core.update(entered, is_observed) for core in self._cores], self._anchors[None]
        if self._is_sparse:
            # a mean needs more than the middle
            whole = median(each).astype(np.float64)
            return np.asarray(self._preparation.point(self._loss, whole[None], anchors=anchors)[0])
        point = median([parameters[self._loss.middle] for parameters in each]).astype(np.float64)
        if self._is_plain:
            return np.asarray(point * self._unit + self._center)
        return np.asarray(self._preparation.restore(point[None], anchors=anchors)[0])

    def _instead(self) -> float:
        """Return what stands in for a value that was not observed."""
        return float(fill_gaps(np.array([np.nan]), np.array([0, 1]), self._season, np.array([self._newest]))[0])

    def _scaled(self, value: float) -> float:
        """Bend and scale a value; NaN where it is missing, or where what a difference needs is."""
        if self._is_plain:
            return (value - self._center) / self._scale
        transform, lag = self._preparation.transform, len(self._anchors)
        known = np.append(self._anchors, value)
        ends = np.array([0, len(known)])
        bent = float(transform.forward(known, ends)[-1])
        if lag:
            self._anchors = transform.anchors(known, ends)[0]
        return (bent - self._center) / self._scale


def _core(fitted: Fitted, member: int, row: int) -> CoreStream:
    """Make the core's stream of one network, which has read all but the newest point, and let it read that."""
    network, memory = fitted.ensemble.networks[member], fitted.memories[member].rows(np.array([row]))
    spread = float(fitted.preparation.spreads[row])
    core = make_stream(
        network.spec, network.weights, network.loss, network.value_inputs, network.window, (0.0, 1.0, spread)
    )
    values, targets = memory.recent.values, memory.recent.targets
    core.remember(values[:-1].copy(), targets[:-1].copy())
    if not network.window:
        core.set_state(memory.state[0].copy())
    core.update(float(values[-1]), bool(~np.isnan(targets[-1])))
    return core
