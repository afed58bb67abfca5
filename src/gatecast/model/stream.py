"""How does a service keep a forecast up to date? One observation in, the next forecasts out."""

from __future__ import annotations

import math
import os
import warnings
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._validation import check_path
from gatecast.data.reading.table import LARGEST
from gatecast.data.values.gaps import carry_forward, fill_gaps
from gatecast.exceptions import DataError
from gatecast.metrics.levels import check_levels
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import low_value
from gatecast.model.settings import Settings
from gatecast.network.ensemble import median
from gatecast.network.memory import Memory
from gatecast.network.wrapper import Stream as CoreStream
from gatecast.network.wrapper import make_stream

if TYPE_CHECKING:
    from gatecast.model.forecast import Forecast, ForecastOrigin

__all__ = ["Stream"]

# observations that a series without a scale is read from again
MOST_READ_AGAIN = 1000
# observations that are kept beside the memories, so that copies of a stream are made of the same arithmetic
MOST_SINCE = 4096


class Stream:
    """Forecasts of one series that are renewed with each observation, in constant time and memory.

    Made by `LSTMForecaster.stream`; it goes on where the training part ended and leaves the model as it is. It can be
    pickled, and `save` writes a model file from which another process goes on.

    A series that never changed in the training part has no scale. From its first other value on it is read anew with
    each observation, with the newest 1,000 of them, as `predict(data=...)` reads it.
    """

    def __init__(self, fitted: Fitted, row: int, settings: Settings) -> None:
        fitted = fitted.rows(np.array([row]))
        preparation = fitted.preparation
        self._fitted, self._settings = fitted, settings
        self._preparation = preparation
        self._loss = fitted.ensemble.first.loss
        self._anchors = fitted.anchors[0].copy()
        self._is_plain = preparation.transform.name == "none"
        self._is_bounded = bool(preparation.is_bounded[0])
        self._center, self._unit = float(preparation.scaling.center[0]), float(preparation.units[0])
        self._scale = float(preparation.scaling.scale[0])
        self._id = fitted.after.ids.tolist()[0]
        self._has_warned = self._has_moved = False
        # what a gap is filled from, as the next batch of data would be
        self._season = preparation.value_inputs.season
        newest = fitted.memories[0].newest_values(self._season + 1)[0]
        self._newest = deque(newest.tolist(), maxlen=len(newest))
        # the newest observations in the data's units, as many as a model file keeps, or as a first change needs
        self._raw: deque[float] = deque(maxlen=max(MOST_READ_AGAIN if self._unit == 0 else 1, fitted.tail.shape[1]))
        self._n_updates = 0
        # what was entered since the memories were
        self._since: list[tuple[float, bool]] = []
        self._memories = fitted.memories
        self._cores = self._make_cores()
        # what the networks said after the newest observation
        self._each: list[np.ndarray] | None = None

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
        if abs(number) > LARGEST:
            raise DataError(f"`value` must be at most {LARGEST:g}, got {number:g}. Correct it, or divide all values.")
        if number < self._preparation.transform.lowest and not self._has_warned:
            self._has_warned = True
            told = low_value(self._preparation.transform, "A value is", f"{number:g} of series {self._id!r}")
            warnings.warn(told, stacklevel=2)
        self._raw.append(number)
        self._n_updates += 1
        if self._unit == 0 and (self._has_moved or self._moves(number)):
            return np.asarray(self._read_again().forecast(self._fitted.horizon).point[0])
        scaled = self._scaled(number)
        is_observed = not math.isnan(scaled)
        entered = scaled if is_observed else self._instead()
        self._newest.append(entered)
        if len(self._since) >= MOST_SINCE:
            self._settle()
        self._since.append((entered, is_observed))
        self._each = each = [core.update(entered, is_observed) for core in self._cores]
        anchors = self._anchors[None]
        if self._is_bounded:
            # a mean of counts needs more than the middle
            whole = median(each).astype(np.float64)
            return np.asarray(self._preparation.point(self._loss, whole[None], anchors=anchors)[0])
        point = median([parameters[self._loss.middle] for parameters in each]).astype(np.float64)
        if self._is_plain:
            return np.asarray(point * self._unit + self._center)
        return np.asarray(self._preparation.restore(point[None], anchors=anchors)[0])

    def intervals(self, level: float = 80) -> np.ndarray:
        """Return the ends of the intervals around the forecasts after the newest observation.

        Args:
            level: Coverage in %.

        Returns:
            `(2, H)`, the lower and the upper ends, in the data's units: what `LSTMForecaster.predict` would say of the
            same observations.

        Raises:
            DataError: Nothing was held out in `fit`, so nothing is known of how wide intervals must be.
            ConfigError: `level` makes no sense.

        Examples:
            >>> from gatecast import PretrainedLSTM
            >>> stream = PretrainedLSTM(horizon=2).fit([1.0, 3.0, 2.0, 3.0] * 20).stream()
            >>> forecast = stream.update(1.0)
            >>> low, high = stream.intervals(level=80)
            >>> bool((low < high).all())
            True
        """
        lower, upper = self._forecast().intervals(check_levels(level))
        return np.stack([lower[0, :, 0], upper[0, :, 0]])

    def _forecast(self) -> Forecast:
        from gatecast.model.forecast import Forecast, after_training

        horizon = self._fitted.horizon
        if self._has_moved:
            return self._read_again().forecast(horizon)
        if self._each is None:
            return after_training(self._fitted, None, horizon).forecast(horizon)
        scaled = median(self._each)[None].astype(np.float64)
        return Forecast(self._fitted, self._preparation, scaled, self._anchors[None])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file that knows this series up to the newest observation: `load` it, and call `stream()`.

        Raises:
            ModelFileError: The file cannot be written.
            ConfigError: `path` is no path.

        Examples:
            >>> import os, tempfile
            >>> from gatecast import LSTMForecaster, PretrainedLSTM
            >>> stream = PretrainedLSTM(horizon=1).fit([1.0, 3.0] * 20).stream()
            >>> path = os.path.join(tempfile.mkdtemp(), "stream.safetensors")
            >>> _ = stream.update(1.0)
            >>> stream.save(path)
            >>> LSTMForecaster.load(path).stream().update(3.0).round(3) == stream.update(3.0).round(3)
            array([ True])
        """
        from gatecast.model.modelfile import write_model

        check_path("path", path)
        write_model(path, self._as_fitted(), self._settings.values())

    def _as_fitted(self) -> Fitted:
        """Return what is known after the newest observation, as after a fit."""
        fitted, n = self._fitted, np.array([self._n_updates])
        after = replace(fitted.after, starts=fitted.after.grid.times(fitted.after.starts, n))
        now = replace(fitted, lengths=fitted.lengths + n, tail=self._tail(), after=after)
        if not self._has_moved:
            return replace(now, memories=self._settled(), anchors=self._anchors[None])
        origin = self._read_again()
        return replace(now, memories=origin.memories, preparation=origin.preparation, anchors=origin.anchors)

    def _tail(self) -> np.ndarray:
        raw, tail = np.array(self._raw, np.float64), self._fitted.tail
        values = np.concatenate([tail[0], raw])
        return carry_forward(values, np.array([0, len(values)]))[None, -tail.shape[1] :]

    def _moves(self, value: float) -> bool:
        self._has_moved = not math.isnan(value) and value != self._fitted.tail[0, -1]
        return self._has_moved

    def _read_again(self) -> ForecastOrigin:
        """Read the newest observations with a scale of their own."""
        from gatecast.model.forecast import after_data

        values = np.array(self._raw)
        panel = replace(self._fitted.after, values=values, offsets=np.array([0, len(values)]))
        return after_data(self._fitted, panel, None, self._fitted.horizon)

    def _settle(self) -> None:
        """Take what was entered into the memories, so that it need not be kept."""
        self._memories, self._since = self._settled(), []
        self._cores = self._make_cores()

    def _settled(self) -> tuple[Memory, ...]:
        entered = np.array([value for value, _ in self._since], np.float32)
        observed = np.array([is_observed for _, is_observed in self._since], bool)
        known, ends = self._memories[0].recent, np.array([0, len(entered)])
        new = replace(known, values=entered, targets=np.where(observed, entered, np.float32(np.nan)), offsets=ends)
        return self._fitted.ensemble.read(self._memories, new) if len(entered) else self._memories

    def _make_cores(self) -> list[CoreStream]:
        cores = [_core(self._fitted, n, memory) for n, memory in enumerate(self._memories)]
        for entered, is_observed in self._since:
            for core in cores:
                core.update(entered, is_observed)
        return cores

    def __getstate__(self) -> dict[str, Any]:
        # the core's objects are made again from the memories
        return {name: value for name, value in vars(self).items() if name != "_cores"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._cores = self._make_cores()

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


def _core(fitted: Fitted, member: int, memory: Memory) -> CoreStream:
    """Make the core's stream of one network, which has read all but the newest point, and let it read that."""
    network, spread = fitted.ensemble.networks[member], float(fitted.preparation.spreads[0])
    core = make_stream(
        network.spec, network.weights, network.loss, network.value_inputs, network.window, (0.0, 1.0, spread)
    )
    values, targets = memory.recent.values, memory.recent.targets
    core.remember(values[:-1].copy(), targets[:-1].copy())
    if not network.window:
        core.set_state(memory.state[0].copy())
    core.update(float(values[-1]), bool(~np.isnan(targets[-1])))
    return core
