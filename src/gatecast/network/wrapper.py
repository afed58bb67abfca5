"""How is the native core called? Names, defaults and checks for the extension module.

Contract of the boundary: arrays are C-contiguous and of one floating type (`float32` for work, `float64` for proofs),
allocated here; the core never keeps a copy of a panel. The GIL is released while it trains or predicts, and Ctrl-C is
noticed within 50 ms or one chunk of work. Results are bit-identical for any number of threads.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import TypeAlias

import numpy as np

from gatecast._machine import n_processors, wanted_threads
from gatecast.exceptions import ConfigError
from gatecast.network import _native
from gatecast.network._native import available_isas, compiler
from gatecast.network.calls import in_core, with_fewer_threads
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs, typed
from gatecast.network.spec import NetworkSpec

__all__ = [
    "FINISHED",
    "NOT_FINITE",
    "OptimizerSettings",
    "SequenceResult",
    "SlopeResult",
    "Source",
    "Stream",
    "Stretches",
    "Trainer",
    "array_source",
    "available_isas",
    "compiler",
    "forecast_slopes",
    "isa",
    "make_stream",
    "make_trainer",
    "native_shape",
    "run_sequences",
    "segment_source",
    "thread_count",
    "window_source",
]

# outcomes of a run
FINISHED, NOT_FINITE = 0, 2

# The core has each of these for float32 and float64 with one signature, which a type checker knows by the former.
Source: TypeAlias = _native.Source_float32
SegmentSource: TypeAlias = _native.SegmentSource_float32
WindowSource: TypeAlias = _native.WindowSource_float32
Stream: TypeAlias = _native.Stream_float32
Trainer: TypeAlias = _native.Trainer_float32


def isa() -> str:
    """Name the instruction set in use: the fastest one, or that of `GATECAST_ISA`; ConfigError if it cannot run."""
    names = available_isas()
    wanted = os.environ.get("GATECAST_ISA", "")
    if wanted and wanted not in names:
        known = ", ".join(names)
        msg = f"GATECAST_ISA is {wanted!r}, but this processor and build run {known}. Unset it or use one of these."
        raise ConfigError(msg)
    return wanted or names[-1]


def thread_count(wanted: int | None = None) -> int:
    """Return how many threads to use: `wanted`, `GATECAST_THREADS`, or one for each processor that may be used.

    More than four for each processor would only wait, so that is the limit; the result is the same for any number.
    ConfigError: `GATECAST_THREADS` is no number.
    """
    n_usable = n_processors()
    return min(wanted or wanted_threads() or n_usable, 4 * n_usable)


@dataclass(frozen=True)
class OptimizerSettings:
    """How Adam goes about it (Kingma and Ba 2015; decoupled weight decay by Loshchilov and Hutter 2019).

    A share `weight_decay` of the matrices is taken away in a step, over the learning rate. Biases, gains and other
    vectors are left alone, since a decay of biases underfits (Goodfellow, Bengio and Courville 2016, 7.1).
    """

    clip_norm: float = 0.0  # the gradient's norm is clipped to this; 0 leaves it alone
    weight_decay: float = 0.0
    ema_decay: float = 0.0  # share that each step keeps of the moving average of the weights; 0: there is none
    beta1: float = 0.9  # memory of the first moment
    beta2: float = 0.999  # memory of the second moment
    epsilon: float = 1e-7  # added to the root of the second moment


@dataclass(frozen=True)
class SequenceResult:
    """A network's states after some sequences and its forecasts, as parameters of each step."""

    state: np.ndarray  # (n, state_size)
    last: np.ndarray  # (n, P, H): forecast after the last step
    every: np.ndarray  # (n forecasts, P, width): first `width` steps of the forecasts that were asked for on the way
    trace: np.ndarray  # (sum of lengths or n, trace_size): what recurrent layers did; without columns if not asked for


@lru_cache(maxsize=32)
def native_shape(spec: NetworkSpec) -> _native.Shape:
    """Return the core's own record of a network's shape."""
    layers = [
        _native.Layer(
            kind=asked.kind,
            units=layer.units,
            dilation=layer.dilation,
            residual=spec.is_residual(n),
            ends_stack=layer.ends_stack,
            dropout=layer.dropout,
        )
        for n, (asked, layer) in enumerate(zip((*spec.stack, *spec.decoder), spec.layers, strict=True))
    ]
    others = {name: value for name, value in spec.to_dict().items() if name not in ("stack", "decoder")}
    return _native.Shape(layers=layers, n_stack_layers=len(spec.stack), **others)


def make_trainer(
    spec: NetworkSpec, weights: np.ndarray, loss: LossSettings, optimizer: OptimizerSettings, n_threads: int
) -> Trainer:
    """Make a trainer that starts from `weights`, whose type (float32 or float64) is that of all arithmetic.

    Its `run(source, first_step, rates)` returns outcome, steps and records, whose columns `(steps, 5)` are mean loss,
    mean loss and mean squared error in units of the data, number of targets and norm of the gradient. `run_into` writes
    them to an array of the caller, where those of the finished steps (`adam_steps` counts these) are also after Ctrl-C.
    `gradient(source, chance)`, with dropout where `chance` is true, returns loss, predictions `(B, T - first, P, H)`
    and the gradients of weights and inputs.
    """
    shape, settings = native_shape(spec), asdict(optimizer)
    trainer = with_fewer_threads(
        lambda n: typed(Trainer, weights.dtype)(shape=shape, loss=loss.native(), n_threads=n, isa=isa(), **settings),
        n_threads,
    )
    trainer.set_weights(weights)
    return trainer


def array_source(x: np.ndarray, y: np.ndarray, target_weights: np.ndarray | None = None) -> Source:
    """Batches that are given, used in turn: inputs `(N, B, T, F)`, targets `(N, B, T - first, H)` with NaN for none.

    `target_weights` of the shape of `y` say what each target counts in the loss; all the same when absent.
    """
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    weights = np.ascontiguousarray(np.zeros(0) if target_weights is None else target_weights, x.dtype)
    make = typed(_native.ArraySource_float32, x.dtype)
    return make(x=x, y=y, target_weights=weights, first=x.shape[2] - y.shape[2])


def window_source(
    panel: PanelArrays,
    value_inputs: ValueInputs,
    lookback: int,
    horizon: int,
    batch_size: int,
    *,
    shuffle: bool,
    n_dropped: int,
    seed: int,
) -> WindowSource:
    """Every window of `lookback` points with the `horizon` points after it; `n_dropped` last ones are left out."""
    return typed(WindowSource, panel.values.dtype)(
        panel=panel.native(),
        value_inputs=value_inputs.native(),
        lookback=lookback,
        horizon=horizon,
        batch_size=batch_size,
        shuffle=shuffle,
        n_dropped=n_dropped,
        seed=seed,
    )


def segment_source(
    panel: PanelArrays, value_inputs: ValueInputs, burn_in: int, n_targets: int, batch_size: int, seed: int
) -> SegmentSource:
    """Random segments of `burn_in + n_targets` points with a forecast at each step after the burn-in."""
    return typed(SegmentSource, panel.values.dtype)(
        panel=panel.native(),
        value_inputs=value_inputs.native(),
        burn_in=burn_in,
        n_targets=n_targets,
        batch_size=batch_size,
        seed=seed,
    )


@dataclass(frozen=True)
class Stretches:
    """Parts of the series of a panel, overlaps are fine: `(n,)` int64 each, starts counted within the series."""

    series: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


def run_sequences(
    spec: NetworkSpec,
    weights: np.ndarray,
    loss: LossSettings,
    value_inputs: ValueInputs,
    panel: PanelArrays,
    stretches: Stretches,
    *,
    state: np.ndarray | None = None,
    width: int = 0,
    every_from: np.ndarray | None = None,
    every_step: int = 1,
    trace: str = "none",
    n_threads: int = 1,
) -> SequenceResult:
    """Run the network along many sequences; one of length 0 keeps its state and has no forecast (NaN).

    The `state` before the first step `(n, state_size)` is not changed; zeros when absent. `width` says how many steps
    of the forecast are wanted after every step, or, of each sequence, after step `every_from` `(n,)` int64, from 0 on,
    and every `every_step`-th one behind it. `trace` says of which steps it is told what recurrent layers did
    (`NetworkSpec.trace_size` numbers each, see `Layer.traced`): "none", "each" or the "last" one of each sequence.
    """
    n, P = len(stretches.series), spec.n_parameters_of_step
    after = np.zeros((n, spec.state_size), weights.dtype) if state is None else state.copy()
    last = np.full((n, P, spec.horizon), np.nan, weights.dtype)
    first = np.zeros(n, np.int64) if every_from is None else every_from
    n_every = int(np.maximum(-(-(stretches.lengths - first) // every_step), 0).sum()) if width else 0
    every = np.zeros((n_every, P, width), weights.dtype)
    each = trace == "each"
    traced = np.empty((0, 0), weights.dtype)
    if trace != "none":
        traced = np.zeros((int(stretches.lengths.sum()) if each else n, spec.trace_size), weights.dtype)
    run = partial(
        typed(_native.run_sequences_float32, weights.dtype),
        shape=native_shape(spec),
        loss=loss.native(),
        value_inputs=value_inputs.native(),
        weights=weights,
        panel=panel.native(),
        series=stretches.series,
        starts=stretches.starts,
        lengths=stretches.lengths,
        zero_state=state is None,
        state=after,
        last=last,
        every=every,
        every_from=first,
        every_step=every_step,
        trace=traced,
        trace_each=each,
        isa=isa(),
    )
    with in_core():
        with_fewer_threads(lambda n: run(n_threads=n), n_threads)
    return SequenceResult(after, last, every, traced)


@dataclass(frozen=True)
class SlopeResult:
    """Gradients of each step of n point forecasts, in scaled units."""

    inputs: np.ndarray  # (n, H, T, dense_inputs): with respect to what entered at each step
    candidates: np.ndarray  # (n, H, J): with respect to the step's naive forecasts, which are the head's shares of them
    ahead: np.ndarray  # (n, H, n_ahead_numbers): with respect to what was known ahead of the step


def forecast_slopes(
    spec: NetworkSpec,
    weights: np.ndarray,
    loss: LossSettings,
    value_inputs: ValueInputs,
    panel: PanelArrays,
    places: tuple[np.ndarray, np.ndarray],
    n_steps: int,
    *,
    n_threads: int = 1,
) -> SlopeResult:
    """Go back from each step of some forecasts to what went in; dropout takes no part.

    `places` are series and position `(n,)` int64 each of the newest point that a forecast reads, the last of `n_steps`
    points that it reads from a zero state.
    """
    n, H, dtype = len(places[0]), spec.horizon, weights.dtype
    result = SlopeResult(
        np.zeros((n, H, n_steps, spec.dense_inputs), dtype),
        np.zeros((n, H, spec.n_skip_forecasts), dtype),
        np.zeros((n, H, spec.n_ahead_numbers), dtype),
    )
    run = partial(
        typed(_native.forecast_slopes_float32, dtype),
        shape=native_shape(spec),
        loss=loss.native(),
        value_inputs=value_inputs.native(),
        weights=weights,
        panel=panel.native(),
        series=places[0],
        origins=places[1],
        n_steps=n_steps,
        middle=loss.middle,
        inputs=result.inputs,
        shares=result.candidates,
        ahead=result.ahead,
        isa=isa(),
    )
    with in_core():
        with_fewer_threads(lambda n: run(n_threads=n), n_threads)
    return result


def make_stream(
    spec: NetworkSpec,
    weights: np.ndarray,
    loss: LossSettings,
    value_inputs: ValueInputs,
    window: int,
    scale: tuple[float, float, float],
) -> Stream:
    """Make an object with `update(value, observed) -> (P, H)`, `remember(values, targets)` and `set_state(state)`.

    The network has no covariates; `window` is 0 to carry the state along, else the points that each forecast reads from
    a zero state. `scale` is center, unit and spread: scaled = (value - center) / unit. Forecasts are in scaled units.
    """
    center, unit, spread = scale
    return typed(Stream, weights.dtype)(
        shape=native_shape(spec),
        loss=loss.native(),
        value_inputs=value_inputs.native(),
        weights=weights,
        window=window,
        center=center,
        unit=unit,
        spread=spread,
        isa=isa(),
    )
