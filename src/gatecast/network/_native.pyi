"""
The native core of gatecast. Use gatecast.network.wrapper, which documents and checks.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy
from numpy.typing import NDArray


def available_isas() -> list[str]:
    """
    Instruction sets that this build has and this processor runs, slowest first.
    """

def compiler() -> str:
    """The compiler that built the core."""

def layer_kinds() -> list[str]:
    """Names of all kinds of layers."""

def loss_kinds() -> list[str]:
    """Names of all losses."""

class Layer:
    """One layer of a network."""

    def __init__(self, *, kind: str, units: int, dilation: int, residual: bool, ends_stack: bool, dropout: float) -> None: ...

class Shape:
    """The shape of a network."""

    def __init__(self, *, dense_inputs: int, embeddings: Sequence[Sequence[int]], layers: Sequence[Layer], n_stack_layers: int, horizon: int, n_skip_forecasts: int, n_parameters_of_step: int, n_contexts: int, n_ahead_numbers: int, n_ahead_codes: int, future_units: int) -> None: ...

class ValueInputs:
    """
    Which numbers about the values enter, and which naive forecasts are mixed.
    """

    def __init__(self, *, lags: Sequence[int], skip_forecasts: Sequence[int], drifts: Sequence[int], averages: Sequence[Sequence[int]], level: bool) -> None: ...

class Loss:
    """What is minimised."""

    def __init__(self, *, kind: str, huber_delta: float, quantiles: Sequence[float]) -> None: ...

    @property
    def n_parameters(self) -> int:
        """Numbers that are forecast of each step."""

class Panel_float32:
    """Many series, one behind the other; it keeps its arrays alive."""

    def __init__(self, *, values: Annotated[NDArray, dict(device='cpu', writable=False)], targets: Annotated[NDArray, dict(device='cpu', writable=False)], target_weights: Annotated[NDArray, dict(device='cpu', writable=False)], offsets: Annotated[NDArray, dict(device='cpu', writable=False)], units: Annotated[NDArray, dict(device='cpu', writable=False)], spreads: Annotated[NDArray, dict(device='cpu', writable=False)], numbers: Annotated[NDArray, dict(device='cpu', writable=False)], codes: Annotated[NDArray, dict(device='cpu', writable=False)], static_numbers: Annotated[NDArray, dict(device='cpu', writable=False)], static_codes: Annotated[NDArray, dict(device='cpu', writable=False)], n_ahead_numbers: int, n_ahead_codes: int) -> None: ...

class Panel_float64:
    """Many series, one behind the other; it keeps its arrays alive."""

    def __init__(self, *, values: Annotated[NDArray, dict(device='cpu', writable=False)], targets: Annotated[NDArray, dict(device='cpu', writable=False)], target_weights: Annotated[NDArray, dict(device='cpu', writable=False)], offsets: Annotated[NDArray, dict(device='cpu', writable=False)], units: Annotated[NDArray, dict(device='cpu', writable=False)], spreads: Annotated[NDArray, dict(device='cpu', writable=False)], numbers: Annotated[NDArray, dict(device='cpu', writable=False)], codes: Annotated[NDArray, dict(device='cpu', writable=False)], static_numbers: Annotated[NDArray, dict(device='cpu', writable=False)], static_codes: Annotated[NDArray, dict(device='cpu', writable=False)], n_ahead_numbers: int, n_ahead_codes: int) -> None: ...

class Source_float32:
    """Where the sequences of training steps come from."""

    @property
    def T(self) -> int: ...

    @property
    def first(self) -> int: ...

    @property
    def max_batch(self) -> int: ...

    def batch(self, step: int) -> int: ...

class WindowSource_float32(Source_float32):
    """Every window of `lookback` points, batch by batch."""

    def __init__(self, *, panel: Panel_float32, value_inputs: ValueInputs, lookback: int, horizon: int, batch_size: int, shuffle: bool, n_dropped: int, seed: int) -> None: ...

    @property
    def windows(self) -> int: ...

    @property
    def steps_per_epoch(self) -> int: ...

class SegmentSource_float32(Source_float32):
    """Segments at random places."""

    def __init__(self, *, panel: Panel_float32, value_inputs: ValueInputs, burn_in: int, n_targets: int, batch_size: int, seed: int) -> None: ...

    @property
    def n_targets(self) -> int: ...

class ArraySource_float32(Source_float32):
    """Batches that are given, used in turn."""

    def __init__(self, *, x: Annotated[NDArray, dict(device='cpu', writable=False)], y: Annotated[NDArray, dict(device='cpu', writable=False)], target_weights: Annotated[NDArray, dict(device='cpu', writable=False)], first: int) -> None: ...

class Source_float64:
    """Where the sequences of training steps come from."""

    @property
    def T(self) -> int: ...

    @property
    def first(self) -> int: ...

    @property
    def max_batch(self) -> int: ...

    def batch(self, step: int) -> int: ...

class WindowSource_float64(Source_float64):
    """Every window of `lookback` points, batch by batch."""

    def __init__(self, *, panel: Panel_float64, value_inputs: ValueInputs, lookback: int, horizon: int, batch_size: int, shuffle: bool, n_dropped: int, seed: int) -> None: ...

    @property
    def windows(self) -> int: ...

    @property
    def steps_per_epoch(self) -> int: ...

class SegmentSource_float64(Source_float64):
    """Segments at random places."""

    def __init__(self, *, panel: Panel_float64, value_inputs: ValueInputs, burn_in: int, n_targets: int, batch_size: int, seed: int) -> None: ...

    @property
    def n_targets(self) -> int: ...

class ArraySource_float64(Source_float64):
    """Batches that are given, used in turn."""

    def __init__(self, *, x: Annotated[NDArray, dict(device='cpu', writable=False)], y: Annotated[NDArray, dict(device='cpu', writable=False)], target_weights: Annotated[NDArray, dict(device='cpu', writable=False)], first: int) -> None: ...

def shuffled(index: int, n: int, key: int) -> int:
    """Where `index` stands in a shuffled order of n."""

class Trainer_float32:
    """A network that learns."""

    def __init__(self, *, shape: Shape, loss: Loss, beta1: float, beta2: float, epsilon: float, clip_norm: float, weight_decay: float, ema_decay: float, n_threads: int, isa: str) -> None: ...

    def set_weights(self, weights: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def weights(self) -> NDArray[numpy.float32]: ...

    def mean_weights(self) -> NDArray[numpy.float32]: ...

    def set_mean_weights(self, weights: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def moments(self) -> NDArray[numpy.float32]: ...

    def set_moments(self, moments: Annotated[NDArray, dict(device='cpu', writable=False)], adam_steps: int) -> None: ...

    @property
    def adam_steps(self) -> int: ...

    @property
    def state_size(self) -> int: ...

    def run(self, source: Source_float32, first_step: int, rates: Annotated[NDArray, dict(device='cpu', writable=False)]) -> tuple[int, int, NDArray[numpy.float64]]: ...

    def run_into(self, source: Source_float32, first_step: int, rates: Annotated[NDArray, dict(device='cpu', writable=False)], records: Annotated[NDArray, dict(device='cpu')]) -> tuple[int, int]: ...

    def gradient(self, source: Source_float32, chance: bool) -> tuple[float, NDArray[numpy.float32], NDArray[numpy.float32], NDArray[numpy.float32]]: ...

class Trainer_float64:
    """A network that learns."""

    def __init__(self, *, shape: Shape, loss: Loss, beta1: float, beta2: float, epsilon: float, clip_norm: float, weight_decay: float, ema_decay: float, n_threads: int, isa: str) -> None: ...

    def set_weights(self, weights: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def weights(self) -> NDArray[numpy.float64]: ...

    def mean_weights(self) -> NDArray[numpy.float64]: ...

    def set_mean_weights(self, weights: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def moments(self) -> NDArray[numpy.float64]: ...

    def set_moments(self, moments: Annotated[NDArray, dict(device='cpu', writable=False)], adam_steps: int) -> None: ...

    @property
    def adam_steps(self) -> int: ...

    @property
    def state_size(self) -> int: ...

    def run(self, source: Source_float64, first_step: int, rates: Annotated[NDArray, dict(device='cpu', writable=False)]) -> tuple[int, int, NDArray[numpy.float64]]: ...

    def run_into(self, source: Source_float64, first_step: int, rates: Annotated[NDArray, dict(device='cpu', writable=False)], records: Annotated[NDArray, dict(device='cpu')]) -> tuple[int, int]: ...

    def gradient(self, source: Source_float64, chance: bool) -> tuple[float, NDArray[numpy.float64], NDArray[numpy.float64], NDArray[numpy.float64]]: ...

def run_sequences_float32(*, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], panel: Panel_float32, series: Annotated[NDArray, dict(device='cpu', writable=False)], starts: Annotated[NDArray, dict(device='cpu', writable=False)], lengths: Annotated[NDArray, dict(device='cpu', writable=False)], zero_state: bool, state: Annotated[NDArray, dict(device='cpu')], last: Annotated[NDArray, dict(device='cpu')], every: Annotated[NDArray, dict(device='cpu')], every_from: Annotated[NDArray, dict(device='cpu', writable=False)], every_step: int, trace: Annotated[NDArray, dict(device='cpu')], trace_each: bool, n_threads: int, isa: str) -> None:
    """Runs a network along sequences."""

def forecast_slopes_float32(*, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], panel: Panel_float32, series: Annotated[NDArray, dict(device='cpu', writable=False)], origins: Annotated[NDArray, dict(device='cpu', writable=False)], n_steps: int, middle: int, inputs: Annotated[NDArray, dict(device='cpu')], shares: Annotated[NDArray, dict(device='cpu')], ahead: Annotated[NDArray, dict(device='cpu')], n_threads: int, isa: str) -> None:
    """Goes back from each step of forecasts to what went in."""

class Stream_float32:
    """Forecasts of one series, renewed with each observation."""

    def __init__(self, *, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], window: int, center: float, unit: float, spread: float, isa: str) -> None: ...

    def set_state(self, state: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def remember(self, values: Annotated[NDArray, dict(device='cpu', writable=False)], targets: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def update(self, value: float, observed: bool) -> NDArray[numpy.float32]: ...

def run_sequences_float64(*, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], panel: Panel_float64, series: Annotated[NDArray, dict(device='cpu', writable=False)], starts: Annotated[NDArray, dict(device='cpu', writable=False)], lengths: Annotated[NDArray, dict(device='cpu', writable=False)], zero_state: bool, state: Annotated[NDArray, dict(device='cpu')], last: Annotated[NDArray, dict(device='cpu')], every: Annotated[NDArray, dict(device='cpu')], every_from: Annotated[NDArray, dict(device='cpu', writable=False)], every_step: int, trace: Annotated[NDArray, dict(device='cpu')], trace_each: bool, n_threads: int, isa: str) -> None:
    """Runs a network along sequences."""

def forecast_slopes_float64(*, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], panel: Panel_float64, series: Annotated[NDArray, dict(device='cpu', writable=False)], origins: Annotated[NDArray, dict(device='cpu', writable=False)], n_steps: int, middle: int, inputs: Annotated[NDArray, dict(device='cpu')], shares: Annotated[NDArray, dict(device='cpu')], ahead: Annotated[NDArray, dict(device='cpu')], n_threads: int, isa: str) -> None:
    """Goes back from each step of forecasts to what went in."""

class Stream_float64:
    """Forecasts of one series, renewed with each observation."""

    def __init__(self, *, shape: Shape, loss: Loss, value_inputs: ValueInputs, weights: Annotated[NDArray, dict(device='cpu', writable=False)], window: int, center: float, unit: float, spread: float, isa: str) -> None: ...

    def set_state(self, state: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def remember(self, values: Annotated[NDArray, dict(device='cpu', writable=False)], targets: Annotated[NDArray, dict(device='cpu', writable=False)]) -> None: ...

    def update(self, value: float, observed: bool) -> NDArray[numpy.float64]: ...
