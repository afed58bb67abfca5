"""How is the native core called? Names, defaults and checks for the extension module.

Contract of the boundary: arrays are C-contiguous and of one floating type (`float32` for work, `float64` for proofs),
allocated here; the core never keeps a copy of a panel. The GIL is released while it trains or predicts, and Ctrl-C is
noticed within 50 ms or one chunk of work. Results are bit-identical for any number of threads.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatecast import _native
from gatecast.exceptions import ConfigError
from gatecast.network.spec import NetworkSpec

__all__ = [
    "FINISHED",
    "NOT_FINITE",
    "LossSettings",
    "PanelArrays",
    "SequenceResult",
    "array_source",
    "available_isas",
    "isa",
    "make_stream",
    "make_trainer",
    "run_sequences",
    "segment_source",
    "thread_count",
    "window_source",
]

FINISHED, NOT_FINITE = 0, 2
LOSSES = {"mse": 0, "mae": 1, "huber": 2}


def available_isas() -> list[str]:
    """Instruction sets that this build has and this processor runs, slowest first."""
    return list(_native.available_isas())


def isa() -> str:
    """Name the instruction set in use: the fastest one, or what `GATECAST_ISA` says.

    Raises:
        ConfigError: `GATECAST_ISA` names one that does not run here.
    """
    names = available_isas()
    wanted = os.environ.get("GATECAST_ISA", "")
    if wanted and wanted not in names:
        known = ", ".join(names)
        msg = f"GATECAST_ISA is {wanted!r}, but this processor and build run {known}. Unset it or use one of these."
        raise ConfigError(msg)
    return wanted or names[-1]


def thread_count(wanted: int | None = None) -> int:
    """Return how many threads to use: `wanted`, or one for each processor that this process may use.

    More than four for each processor would only wait, so that is the limit; the result is the same for any number.
    """
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(wanted or n_processors, 4 * n_processors)


@dataclass(frozen=True)
class LossSettings:
    """What is minimised, and how Adam goes about it."""

    loss: str = "mse"
    huber_delta: float = 1.0
    clip_norm: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7


@dataclass(frozen=True)
class PanelArrays:
    """A scaled panel as the core reads it.

    Args:
        inputs: `(N,)` scaled values, gaps carried forward.
        targets: `(N,)` the same with NaN in the gaps; may be `inputs` itself.
        offsets: `(S + 1,)` int64; series s is `inputs[offsets[s]:offsets[s + 1]]`.
        units: `(S,)` float64; one scaled unit in units of the data.
    """

    inputs: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray
    units: np.ndarray


@dataclass(frozen=True)
class SequenceResult:
    """What a network said about some sequences: states behind them and forecasts."""

    h: np.ndarray  # (n, state_size)
    c: np.ndarray  # (n, state_size)
    last: np.ndarray  # (n, H): forecast from the last state
    every: np.ndarray  # (sum of lengths, width): first `width` outputs after each step


def _typed(stem: str, dtype: np.dtype[Any]) -> Any:
    return getattr(_native, f"{stem}_{np.dtype(dtype).name}")


def make_trainer(spec: NetworkSpec, weights: np.ndarray, settings: LossSettings, n_threads: int) -> Any:
    """Make a trainer that starts from `weights`.

    Args:
        spec: Shape of the network.
        weights: `(spec.n_parameters,)`, float32 or float64: the type of all arithmetic.
        settings: Loss and optimiser.
        n_threads: Threads, kept for the trainer's life.

    Returns:
        An object with `run(source, first_step, rates) -> (outcome, steps, records)`, where the columns of `records`
        `(steps, 5)` are mean loss, mean loss and mean squared error in units of the data, number of targets and norm of
        the gradient; `gradient(source) -> (loss, predictions, weights, inputs)`; `weights()`, `set_weights(flat)`,
        `moments()`, `set_moments(moments, steps)` and `adam_steps`.
    """
    trainer = _typed("Trainer", weights.dtype)(
        spec.input_size,
        list(spec.hidden_sizes),
        spec.output_size,
        LOSSES[settings.loss],
        settings.huber_delta,
        settings.beta1,
        settings.beta2,
        settings.epsilon,
        settings.clip_norm,
        n_threads,
        isa(),
    )
    trainer.set_weights(weights)
    return trainer


def array_source(x: np.ndarray, y: np.ndarray) -> Any:
    """Batches that are given, used in turn.

    Args:
        x: Inputs `(N, B, T, F)`.
        y: Targets of the last steps `(N, B, T - first, H)`, of the same type; NaN where there is none.
    """
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    return _typed("ArraySource", x.dtype)(x, y, x.shape[2] - y.shape[2])


def window_source(
    panel: PanelArrays,
    lookback: int,
    horizon: int,
    batch_size: int,
    *,
    shuffle: bool,
    n_dropped: int,
    seed: int,
) -> Any:
    """Every window of `lookback` points with the `horizon` points behind it; `n_dropped` last ones are left out."""
    make = _typed("WindowSource", panel.inputs.dtype)
    arrays = (panel.inputs, panel.targets, panel.offsets, panel.units)
    return make(*arrays, lookback, horizon, batch_size, shuffle, n_dropped, seed)


def segment_source(panel: PanelArrays, burn_in: int, lessons: int, batch_size: int, seed: int) -> Any:
    """Random segments of `burn_in + lessons` points with a forecast at each step after the burn-in."""
    make = _typed("SegmentSource", panel.inputs.dtype)
    return make(panel.inputs, panel.targets, panel.offsets, panel.units, burn_in, lessons, batch_size, seed)


def run_sequences(
    spec: NetworkSpec,
    weights: np.ndarray,
    inputs: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    *,
    state: tuple[np.ndarray, np.ndarray] | None = None,
    width: int = 0,
    n_threads: int = 1,
) -> SequenceResult:
    """Run the network along many sequences.

    Args:
        spec: Shape of the network.
        weights: `(spec.n_parameters,)`.
        inputs: `(N, F)`, of the same type.
        starts: `(n,)` int64: where each sequence begins in `inputs`; overlaps are fine.
        lengths: `(n,)` int64; a sequence of length 0 keeps its state.
        state: h and c before the first step, `(n, state_size)` each; zeros when absent. They are not changed.
        width: How many outputs are wanted after every step.
        n_threads: Threads for this call.
    """
    n = len(starts)
    shape = (n, spec.state_size)
    h, c = (s.copy() for s in state) if state else (np.zeros(shape, weights.dtype) for _ in range(2))
    last = np.zeros((n, spec.output_size), weights.dtype)
    every = np.zeros((int(lengths.sum()) if width else 0, width), weights.dtype)
    sizes = (spec.input_size, list(spec.hidden_sizes), spec.output_size)
    run = _typed("run_sequences", weights.dtype)
    run(*sizes, weights, inputs, starts, lengths, state is None, h, c, last, every, n_threads, isa())
    return SequenceResult(h, c, last, every)


def make_stream(spec: NetworkSpec, weights: np.ndarray, window: int, center: float, unit: float) -> Any:
    """Make an object with `update(value) -> (H,)`, `skip(value)` and `set_state(h, c)`.

    Args:
        spec: Shape of the network, with one input.
        weights: `(spec.n_parameters,)`.
        window: 0 to carry the state along, else the points that each forecast reads from a zero state.
        center: Subtracted from each value.
        unit: Each value is divided by it; forecasts are in units of the data again.
    """
    sizes = (spec.input_size, list(spec.hidden_sizes), spec.output_size)
    return _typed("Stream", weights.dtype)(*sizes, weights, window, center, unit, isa())
