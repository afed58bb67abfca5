"""What did each hidden unit do at each step? Gates and states of a fitted network along one series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gatecast._validation import suggest
from gatecast.data.panel.arrays import Array, Frame
from gatecast.data.panel.panel import Panel
from gatecast.exceptions import ConfigError
from gatecast.explanation.events import THRESHOLD, ForgetEvents, find_events
from gatecast.explanation.units import HalfLives, Spectra, Units, find_spectra, half_lives
from gatecast.model.alignment import model_inputs
from gatecast.network.memory import TrainedNetwork
from gatecast.network.spec import NetworkSpec
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

    from gatecast.model.fitted import Fitted

__all__ = ["Gates", "LayerGates", "read_gates"]


@dataclass(frozen=True)
class LayerGates:
    """Gates and states of one recurrent layer (of one direction of it, where it is bidirectional).

    Attributes:
        kind: "lstm" or "gru".
        number: Which layer, counted from 1 among the recurrent ones, the lowest first.
        direction: "forward", or "backward" for what reads each window backwards.
        dilation: The state of a step comes from so many steps before.
        parts: float32 arrays `(T, D)` by name: "input", "forget", "candidate", "output", "cell" and "hidden" of an
            LSTM, "update", "reset", "candidate" and "hidden" of a GRU. Gates are shares from 0 to 1.
    """

    kind: str
    number: int
    direction: str
    dilation: int
    parts: dict[str, Array]

    @property
    def n_units(self) -> int:
        """D."""
        return int(self.parts["hidden"].shape[1])

    @property
    def name(self) -> str:
        """What to call it, e.g. "layer 1" or "layer 1 (backward)"."""
        return f"layer {self.number}" + (" (backward)" if self.direction == "backward" else "")

    @property
    def retention(self) -> Array:
        """Share of its memory that a unit keeps in a step, `(T, D)`: an LSTM's forget gate, a GRU's update gate."""
        return self["forget" if self.kind == "lstm" else "update"]

    @property
    def memory(self) -> Array:
        """What a unit carries along, `(T, D)`: an LSTM's cell state, a GRU's hidden state."""
        return self["cell" if self.kind == "lstm" else "hidden"]

    def __getitem__(self, name: str) -> Array:
        if name not in self.parts:
            known = ", ".join(repr(part) for part in self.parts)
            nearest = suggest(name, self.parts)
            raise ConfigError(
                f"A layer of kind {self.kind!r} has no {name!r}, and one of {known} was expected. "
                f"Did you mean {nearest!r}?"
            )
        return self.parts[name]


@dataclass(frozen=True)
class Gates:
    """Gates and states of all recurrent layers along one series, made by `LSTMForecaster.gates`.

    Row t is what the network did when it read point t, on the way to the forecast behind it. A network that learned on
    windows reads each window from a zero state: there row t is the last step of the window that ends at point t, so
    that its state does not follow from row t - 1.

    Attributes:
        panel: The series that was read, T points of it.
        layers: One for each recurrent layer and direction, the lowest first.
        season_length: Steps in the model's season; 1 where there is none.
        window: Points that each row was read from; 0 where the state is carried along.
        member: Which network of the ensemble.
    """

    panel: Panel
    layers: tuple[LayerGates, ...]
    season_length: int
    window: int
    member: int

    @property
    def unique_id(self) -> object:
        """Id of the series."""
        return self.panel.ids.tolist()[0]

    @property
    def times(self) -> pd.Index:
        """Time of each row, `(T,)`."""
        return self.panel.times(0)

    @property
    def freq(self) -> str | int:
        """Frequency of the times."""
        return self.panel.freq

    @property
    def n_steps(self) -> int:
        """T."""
        return int(self.panel.lengths[0])

    @property
    def units(self) -> Units:
        """Labels of the units of all layers, n of them, in the order of `retention` and `memory`."""
        sizes = [layer.n_units for layer in self.layers]
        return Units(
            np.repeat([layer.number for layer in self.layers], sizes),
            np.repeat([layer.direction for layer in self.layers], sizes),
            np.concatenate([np.arange(size) for size in sizes]),
        )

    @property
    def retention(self) -> Array:
        """Share of its memory that each unit keeps, of all layers, `(T, n)`."""
        return np.concatenate([layer.retention for layer in self.layers], axis=1)

    @property
    def memory(self) -> Array:
        """What each unit carries along, of all layers, `(T, n)`."""
        return np.concatenate([layer.memory for layer in self.layers], axis=1)

    def half_lives(self) -> HalfLives:
        """Tell how long each unit remembers; see `HalfLives`."""
        dilations = np.repeat([layer.dilation for layer in self.layers], [layer.n_units for layer in self.layers])
        return half_lives(self.retention, self.units, dilations, self.freq)

    def forget_events(self, threshold: float = THRESHOLD) -> ForgetEvents:
        """Find the moments at which units wipe their memory; see `ForgetEvents`.

        Args:
            threshold: A unit wipes its memory where it keeps less than this share of it in a step.

        Raises:
            ConfigError: `threshold` is no share between 0 and 1.
        """
        return find_events(self.retention, self.units, self.panel, self.season_length, threshold)

    def spectra(self) -> Spectra:
        """Tell which frequencies each unit carries; see `Spectra`."""
        return find_spectra(self.memory, self.units, self.freq)

    def to_frame(self) -> Frame:
        """Return all numbers as a long table of the library that the data came from.

        Returns:
            A row for each unit and time, units of a time one behind the other: `unique_id, ds, layer, unit` (and
            `direction` of a bidirectional layer), then each gate and state under its name.
        """
        units, T = self.units, self.n_steps
        columns: dict[str, Array] = {name: np.tile(column, T) for name, column in units.columns().items()}
        for name in self.layers[0].parts:
            columns[name] = np.concatenate([layer[name] for layer in self.layers], axis=1).ravel()
        rows = np.zeros(T * len(units), np.int64)
        return self.panel.frame(rows, np.repeat(self.panel.all_times(), len(units)), **columns)


def read_gates(fitted: Fitted, panel: Panel, unique_id: object = None, member: int = 0) -> Gates:
    """Read one series as a forecast does, and keep what the recurrent layers did."""
    network = member_of(fitted, member)
    if not network.spec.trace_size:
        raise ConfigError(Message("failure.no_gates", {"setting": {"n_layers": 1}}))
    found, _, arrays = model_inputs(fitted, panel.only(panel.row(unique_id)))
    traced = network.trace(found.memories[member], arrays)
    return Gates(found.panel, _layers(network.spec, traced), fitted.season_length, network.window, member)


def member_of(fitted: Fitted, member: int) -> TrainedNetwork:
    """Return one network of the ensemble."""
    networks = fitted.ensemble.networks
    if isinstance(member, bool) or not isinstance(member, int | np.integer) or not 0 <= member < len(networks):
        most = f" to {len(networks) - 1}" if len(networks) > 1 else ""
        raise ConfigError(
            f"`member` must be the number of one of {len(networks)} networks, 0{most}, got {member!r}. Use `member=0`."
        )
    return networks[member]


def _layers(spec: NetworkSpec, traced: Array) -> tuple[LayerGates, ...]:
    """Cut the rows of the core into named arrays, without a copy."""
    layers: list[LayerGates] = []
    at, number = 0, 0
    for asked, layer in zip(spec.stack, spec.layers, strict=False):
        parts: dict[str, dict[str, Array]] = {}
        for path, n in layer.traced:
            way, _, name = path.rpartition(".")
            parts.setdefault(way or "forward", {})[name] = traced[:, at : at + n]
            at += n
        number += bool(parts)
        kind = "gru" if asked.kind == "gru" else "lstm"
        layers += [LayerGates(kind, number, way, layer.dilation, part) for way, part in parts.items()]
    return tuple(layers)
