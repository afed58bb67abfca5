"""What does a trained network remember of a series, and what does it forecast from that?

A network that learned on sequences carries its state (h, c) from the first point on. A network that learned on windows
keeps the newest points and reads them from a zero state for each forecast. Both are a `Memory`, one row for each
series.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gatecast.network.native import SequenceResult, run_sequences
from gatecast.network.spec import NetworkSpec

__all__ = ["Memory", "TrainedNetwork"]

# windows run through the core at once; bounds the memory that their final states take
WINDOWS_PER_CALL = 1 << 15


@dataclass(frozen=True)
class Memory:
    """What is remembered of S series, in scaled units.

    Args:
        h: `(S, state_size)` hidden states; `(S, 0)` for a network of windows.
        c: `(S, state_size)` cell states; `(S, 0)` for a network of windows.
        recent: `(S, window)` newest points, the newest last; `(S, 0)` for a network of sequences.
    """

    h: np.ndarray
    c: np.ndarray
    recent: np.ndarray

    def rows(self, index: np.ndarray) -> Memory:
        """Take the rows of some series."""
        return Memory(self.h[index], self.c[index], self.recent[index])


@dataclass(frozen=True)
class TrainedNetwork:
    """Weights and the way in which they were trained.

    Args:
        spec: Shape of the network.
        weights: `(spec.n_parameters,)`.
        window: Points that a forecast reads from a zero state; 0 when the state is carried along.
        n_threads: Threads for inference.
    """

    spec: NetworkSpec
    weights: np.ndarray
    window: int
    n_threads: int = 1

    def blank(self, n_series: int) -> Memory:
        """Remember nothing. A network of windows reads zeros in place of points that it has not seen."""
        state = 0 if self.window else self.spec.state_size
        zeros = np.zeros((n_series, state), self.weights.dtype)
        return Memory(zeros, zeros, np.zeros((n_series, self.window), self.weights.dtype))

    def read(self, memory: Memory, inputs: np.ndarray, offsets: np.ndarray) -> Memory:
        """Take in new points.

        Args:
            memory: What was remembered before.
            inputs: `(N,)` new points of all series, scaled.
            offsets: `(S + 1,)`; series s has `inputs[offsets[s]:offsets[s + 1]]`.

        Returns:
            What is remembered after them.
        """
        if self.window:
            points, begins = _join(memory.recent, inputs, offsets)
            newest = begins[1:, None] + np.arange(-self.window, 0)
            return replace(memory, recent=points[newest])
        result = self._run(inputs, offsets[:-1], np.diff(offsets), (memory.h, memory.c))
        return replace(memory, h=result.h, c=result.c)

    def forecast(self, memory: Memory, horizon: int | None = None) -> np.ndarray:
        """Forecast from what is remembered.

        Args:
            memory: Of S series.
            horizon: Steps ahead; those beyond the network's own are forecast from its forecasts, block by block.

        Returns:
            `(S, horizon)`, scaled.
        """
        H = self.spec.output_size
        horizon = horizon or H
        blocks = [self._forecast_block(memory)]
        offsets = np.arange(len(memory.recent) + 1) * H
        while len(blocks) * H < horizon:
            memory = self.read(memory, blocks[-1].ravel(), offsets)
            blocks.append(self._forecast_block(memory))
        return np.hstack(blocks)[:, :horizon]

    def forecast_each(self, memory: Memory, inputs: np.ndarray, offsets: np.ndarray, width: int) -> np.ndarray:
        """Forecast after every one of the new points.

        Args:
            memory: What was remembered before them.
            inputs: `(N,)`.
            offsets: `(S + 1,)`.
            width: How many steps ahead, at most the network's horizon.

        Returns:
            `(N, width)`, scaled; row n is forecast from point n and all before it.
        """
        if self.window:
            points, begins = _join(memory.recent, inputs, offsets)
            lengths = np.diff(offsets)
            starts = np.arange(len(inputs)) + np.repeat(begins[:-1] - offsets[:-1], lengths) + 1
            return self._forecast_windows(points, starts, width)
        return self._run(inputs, offsets[:-1], np.diff(offsets), (memory.h, memory.c), width).every

    def _forecast_block(self, memory: Memory) -> np.ndarray:
        if self.window:
            starts = np.arange(len(memory.recent)) * self.window
            return self._forecast_windows(memory.recent.ravel(), starts, self.spec.output_size)
        none = np.zeros(len(memory.h), np.int64)
        return self._run(np.zeros(0, self.weights.dtype), none, none, (memory.h, memory.c)).last

    def _forecast_windows(self, points: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
        out = np.zeros((len(starts), width), self.weights.dtype)
        for at in range(0, len(starts), WINDOWS_PER_CALL):
            part = np.ascontiguousarray(starts[at : at + WINDOWS_PER_CALL])
            lengths = np.full(len(part), self.window, np.int64)
            out[at : at + len(part)] = self._run(points, part, lengths, None).last[:, :width]
        return out

    def _run(
        self,
        inputs: np.ndarray,
        starts: np.ndarray,
        lengths: np.ndarray,
        state: tuple[np.ndarray, np.ndarray] | None,
        width: int = 0,
    ) -> SequenceResult:
        return run_sequences(
            self.spec,
            self.weights,
            np.ascontiguousarray(inputs[:, None]),
            np.ascontiguousarray(starts),
            lengths,
            state=state,
            width=width,
            n_threads=self.n_threads,
        )


def _join(recent: np.ndarray, inputs: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put each series' remembered points in front of its new ones; returns points and where each series begins."""
    window = recent.shape[1]
    begins = offsets + window * np.arange(len(offsets))
    if len(recent) == 1:
        return np.concatenate([recent[0], inputs]), begins
    pieces = [p for s, row in enumerate(recent) for p in (row, inputs[offsets[s] : offsets[s + 1]])]
    return np.concatenate(pieces), begins
