"""How does a service keep a forecast up to date? One observation in, the next forecasts out."""

from __future__ import annotations

import math
import os
import warnings
from collections import deque
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gatecast._files import Tensors, fingerprint, packed, unpacked
from gatecast._json import JsonObject
from gatecast._validation import check_path
from gatecast.data.reading.table import LARGEST
from gatecast.data.values.bounds import Bounds
from gatecast.data.values.gaps import carry_forward, fill_gaps
from gatecast.data.values.ranges import MOST_RANGES
from gatecast.exceptions import DataError
from gatecast.metrics.levels import check_levels
from gatecast.model.fitted import Fitted
from gatecast.model.inputs import MOST_SCALED, Preparation, beyond_bound, low_value, too_far
from gatecast.model.settings import Settings
from gatecast.network.ensemble import median
from gatecast.network.memory import Memory
from gatecast.network.wrapper import Stream as CoreStream
from gatecast.network.wrapper import make_stream
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.model.forecast import Forecast, ForecastOrigin
    from gatecast.model.watch import Detection, Watch

__all__ = ["Stream"]

# of what `Stream.state` returns, and what counts beside its arrays
STATE_KEY, STATE_FORMAT = "gatecast_stream", 1
COUNTED = ("n_updates", "has_warned", "has_moved", "is_lifted")
OF_ONE_SHAPE = ("anchors", "range")
# observations that a series without a scale is read from again
MOST_READ_AGAIN = 1000
# observations that are kept beside the memories, so that copies of a stream are made of the same arithmetic
MOST_SINCE = 4096


class Stream:
    """Forecasts of one series that are renewed with each observation, in constant time and memory.

    Made by `LSTMForecaster.stream`; it goes on where the training part ended and leaves the model as it is. It can be
    pickled; `save` writes a model file from which another process goes on, and `state` returns what is to be kept of
    many streams of one model.

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
        self._is_linear = self._is_plain or not preparation.transform.is_elementwise
        self._observed = preparation.observed[0].tolist()
        self._within, self._is_lifted = _usual_values(preparation), False
        self._has_bounds = bool(preparation.bounds.are_any[0])
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
        # errors so far, once anomalies are asked for
        self._watch: Watch | None = None

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
        if self._is_linear and abs(number - self._center) > MOST_SCALED * self._scale:
            raise too_far(f"{number:g} of series {self._id!r}")
        if number < self._within[0] or number > self._within[1]:
            self._read_newer(number)
        self._raw.append(number)
        self._n_updates += 1
        if self._unit == 0 and (self._has_moved or self._moves(number)):
            return np.asarray(self._read_again().forecast(self._fitted.horizon).point[0])
        self._widen(number)
        scaled = self._scaled(number)
        is_observed = not math.isnan(scaled)
        entered = scaled if is_observed else self._instead()
        self._newest.append(entered)
        if len(self._since) >= MOST_SINCE:
            self._settle()
        self._since.append((entered, is_observed))
        self._each = each = [core.update(entered, is_observed) for core in self._cores]
        anchors = self._anchors[None]
        if self._has_bounds:
            # a mean of counts needs more than the middle
            whole = median(each).astype(np.float64)
            return self._limited(self._preparation.point(self._loss, whole[None], anchors=anchors)[0])
        point = median([parameters[self._loss.middle] for parameters in each]).astype(np.float64)
        if self._is_plain:
            return self._limited(point * self._unit + self._center)
        return self._limited(self._preparation.restore(point[None], anchors=anchors)[0])

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
        lower, upper = self.next_forecast().intervals(check_levels(level))
        return np.stack([lower[0, :, 0], upper[0, :, 0]])

    def detect(self, value: float, *, false_alarms: float = 0.01) -> Detection:
        """Take in the next observation as `update` does, and tell whether it is an anomaly.

        Args:
            value: As in `update`.
            false_alarms: Share of the observations of a clean series that are to be called anomalies; with another
                share the errors so far are forgotten.

        Returns:
            `expected`, `lower`, `upper`, `score` and `anomaly`, as `LSTMForecaster.detect` says of the same values.
            What `state` and `save` keep does not hold the errors so far: then they begin with those of the fit again.

        Raises:
            DataError: `value` is not a finite number.
            ConfigError: `false_alarms` makes no sense.

        Examples:
            >>> from gatecast import PretrainedLSTM
            >>> stream = PretrainedLSTM(horizon=1).fit([1.0, 3.0, 2.0, 3.5] * 20).stream()
            >>> [stream.detect(value).anomaly for value in (1.0, 9.0, 2.0)]
            [False, True, False]
        """
        from gatecast.model.watch import Watch

        if self._watch is None or self._watch.false_alarms != false_alarms:
            self._watch = Watch(self, false_alarms)
        return self._watch.take(self, value)

    @property
    def fitted(self) -> Fitted:
        """What was learned, of this series alone."""
        return self._fitted

    def twin(self) -> Stream:
        """Return a stream of the same series that goes on by itself from here."""
        twin = object.__new__(type(self))
        state = self.__getstate__() | {"_watch": None}
        twin.__setstate__({k: copy(part) if isinstance(part, deque | list) else part for k, part in state.items()})
        return twin

    def next_forecast(self) -> Forecast:
        """Return the forecast after the newest observation."""
        from gatecast.model.forecast import Forecast, after_training

        horizon = self._fitted.horizon
        if self._has_moved:
            return self._read_again().forecast(horizon)
        if self._each is None:
            return after_training(self._fitted, None, horizon).forecast(horizon)
        scaled = median(self._each)[None].astype(np.float64)
        return Forecast(self._fitted, self._preparation, scaled, self._anchors[None])

    def _read_newer(self, value: float) -> None:
        """Lift a bound that was found and does not hold; warn, once, of a value that counts as another or crosses one.

        A bound that was given stays.
        """
        preparation = self._preparation
        panel = replace(self._fitted.after, values=np.array([value]), offsets=np.array([0, 1]))
        self._lift(preparation.bounds.lifted(panel))
        beyond = self._preparation.bounds.beyond(panel)
        is_low = value < preparation.transform.lowest
        if self._has_warned or not (is_low or len(beyond)):
            return
        self._has_warned = True
        told = low_value(preparation.transform, "A value is", f"{value:g} of series {self._id!r}") if is_low else ""
        told = told or str(beyond_bound("failure.newer_beyond", preparation.bounds, panel, beyond))
        warnings.warn(told, stacklevel=3)

    def _lift(self, bounds: Bounds) -> None:
        self._is_lifted |= bounds is not self._preparation.bounds
        self._preparation = replace(self._preparation, bounds=bounds)
        self._within = _usual_values(self._preparation)
        self._has_bounds = bool(bounds.are_any[0])

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

    def state(self) -> bytes:
        """Return what the stream took in since the fit, without its model, to go on from with `stream(state=...)`.

        It is a small safetensors file with a checksum, which holds no code. What goes on from it says the same as the
        stream, bit for bit.

        Examples:
            >>> from gatecast import PretrainedLSTM
            >>> model = PretrainedLSTM(horizon=1).fit([1.0, 3.0] * 20)
            >>> stream = model.stream()
            >>> _ = stream.update(1.0)
            >>> model.stream(state=stream.state()).update(3.0) == stream.update(3.0)
            array([ True])
        """
        facts = {"format": STATE_FORMAT, "of": self._of()}
        return packed(STATE_KEY, self._arrays(), facts | {name: getattr(self, f"_{name}") for name in COUNTED})

    def _arrays(self) -> Tensors:
        recent = self._memories[0].recent
        return {
            "anchors": self._anchors,
            "newest": np.array(self._newest, np.float64),
            "range": np.array(self._observed, np.float64),
            "raw": np.array(self._raw, np.float64),
            "entered": np.array([value for value, _ in self._since], np.float64),
            "observed": np.array([is_observed for _, is_observed in self._since], bool),
            "recent.values": recent.values,
            "recent.targets": recent.targets,
            **{f"members.{n}.state": memory.state for n, memory in enumerate(self._memories)},
        }

    def go_on(self, state: bytes) -> None:
        """Take in what `state` returned of a stream of the same series and model.

        Raises:
            DataError: It is damaged, or of another series or model.
        """
        if not isinstance(state, bytes | bytearray):
            raise DataError(Message("stream.no_bytes", {"kind": type(state).__name__}))
        try:
            tensors, facts, checksum = unpacked(bytes(state), STATE_KEY)
        except (ValueError, KeyError):
            raise DataError(Message("stream.damaged")) from None
        number = facts.get("format")
        if checksum is None or not isinstance(number, int):
            raise DataError(Message("stream.damaged"))
        if number != STATE_FORMAT:
            raise DataError(Message("stream.format", {"number": number, "known": STATE_FORMAT}))
        if facts.get("of") != self._of():
            raise DataError(Message("stream.another", {"name": repr(self._id)}))
        if not self._fits(tensors, facts):
            raise DataError(Message("stream.damaged"))
        self._take(tensors, facts)

    def _fits(self, tensors: Tensors, facts: JsonObject) -> bool:
        """Tell whether arrays and counts are those of a state of this stream: somebody may have made them."""
        own, pairs = self._arrays(), (("entered", "observed"), ("recent.values", "recent.targets"))
        of_one = [name for name in own if name in OF_ONE_SHAPE or name.startswith("members.")]
        kinds = {name: (array.dtype, array.ndim) for name, array in own.items()}
        return (
            {name: (array.dtype, array.ndim) for name, array in tensors.items()} == kinds
            and all(tensors[name].shape == own[name].shape for name in of_one)
            and all(tensors[one].shape == tensors[other].shape for one, other in pairs)
            and len(tensors["recent.values"]) > 0
            and [type(facts.get(name)) for name in COUNTED] == [int, bool, bool, bool]
        )

    def _of(self) -> str:
        """Return a text that is the same for equal series and models alone."""
        fitted = self._fitted
        arrays = (network.weights for network in fitted.ensemble.networks)
        start = fitted.after.starts.astype(np.int64)
        return fingerprint({"id": str(self._id)}, [*arrays, start, fitted.lengths, fitted.tail])

    def _take(self, tensors: Tensors, facts: JsonObject) -> None:
        """Put what a checked state holds in the place of what is known of the end of the fit."""
        self._anchors = tensors["anchors"]
        self._newest.extend(tensors["newest"].tolist())
        self._raw.extend(tensors["raw"].tolist())
        self._since = list(zip(tensors["entered"].tolist(), tensors["observed"].tolist(), strict=True))
        values = tensors["recent.values"]
        recent = replace(
            self._memories[0].recent,
            values=values,
            targets=tensors["recent.targets"],
            offsets=np.array([0, len(values)]),
        )
        states = (tensors[f"members.{n}.state"] for n in range(len(self._memories)))
        self._memories = tuple(Memory(recent, state) for state in states)
        self._observed = tensors["range"].tolist()
        self._n_updates, self._has_warned, self._has_moved, is_lifted = (facts[name] for name in COUNTED)
        if is_lifted:
            self._lift(self._preparation.bounds.without_lower())
        self._cores = self._make_cores()

    def _as_fitted(self) -> Fitted:
        """Return what is known after the newest observation, as after a fit."""
        fitted, n = self._fitted, np.array([self._n_updates])
        after = replace(fitted.after, starts=fitted.after.grid.times(fitted.after.starts, n))
        now = replace(fitted, lengths=fitted.lengths + n, tail=self._tail(), after=after, preparation=self._preparation)
        if not self._has_moved:
            preparation = replace(self._preparation, observed=np.array([self._observed]))
            return replace(now, memories=self._settled(), preparation=preparation, anchors=self._anchors[None])
        origin = self._read_again()
        return replace(now, memories=origin.memories, preparation=origin.preparation, anchors=origin.anchors)

    def _tail(self) -> np.ndarray:
        raw, tail = np.array(self._raw, np.float64), self._fitted.tail
        values = np.concatenate([tail[0], raw])
        return carry_forward(values, np.array([0, len(values)]))[None, -tail.shape[1] :]

    def _widen(self, value: float) -> None:
        """Know the range of one more value, as `Preparation.having_seen` does."""
        low, high = self._observed
        # also where nothing was observed before, and not where nothing is now
        self._observed = [value if value < low or low != low else low, value if value > high or high != high else high]

    def _limited(self, forecast: np.ndarray) -> np.ndarray:
        """Cut a forecast off as `Preparation.limited` does."""
        low, high = self._observed
        reach = MOST_RANGES * (high - low)
        return np.minimum(np.maximum(forecast, high - reach), low + reach) if reach == reach else forecast

    def _moves(self, value: float) -> bool:
        self._has_moved = not math.isnan(value) and value != float(self._fitted.tail[0, -1])
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
        known = np.append(self._anchors, value) if lag else np.array([value])
        ends = np.array([0, len(known)])
        bent = float(transform.forward(known, ends)[-1])
        if lag:
            self._anchors = transform.anchors(known, ends)[0]
        return (bent - self._center) / self._scale


def _usual_values(preparation: Preparation) -> tuple[float, float]:
    """Return the least and the greatest value that count as they are and cross no bound of the series."""
    bounds = preparation.bounds
    return max(float(preparation.transform.lowest), float(bounds.lower[0])), float(bounds.upper[0])


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
