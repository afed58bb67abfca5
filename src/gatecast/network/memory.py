"""What does a trained network remember of a series, and what does it forecast from that?

A network that learned on sequences carries its state from the first point on. One that learned on windows reads its
newest points from a zero state for each forecast. Both also keep the newest points, at which inputs and naive forecasts
look back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from gatecast.network.inputs import Ahead, LossSettings, PanelArrays, ValueInputs, cut, extend, join, newest, spans
from gatecast.network.spec import NetworkSpec
from gatecast.network.wrapper import SequenceResult, Stretches, run_sequences

__all__ = ["MOST_READ", "Memory", "TrainedNetwork"]

# points that a network that carries its state has read before a forecast, at most: it forgets older ones, as it learned
# on segments of some hundred points
MOST_READ = 10_000
# windows run through the core at once; bounds the memory that their final states take
WINDOWS_PER_CALL = 1 << 15


@dataclass(frozen=True)
class Memory:
    """What is remembered of S series."""

    recent: PanelArrays  # the newest points of each, as the core reads them
    # (S, state_size) before the newest point, which is read again for a forecast; (S, 0) for a network of windows
    state: np.ndarray

    @property
    def n_series(self) -> int:
        """S."""
        return len(self.state)

    def newest_values(self, n_points: int) -> np.ndarray:
        """Return the newest values of each series, the newest last, `(S, n_points)`; NaN where there are none."""
        positions = self.recent.offsets[1:, None] + np.arange(-n_points, 0)
        inside = positions >= self.recent.offsets[:-1, None]
        return np.where(inside, np.append(self.recent.values, np.nan)[np.where(inside, positions, -1)], np.nan)

    def newest_numbers(self) -> np.ndarray:
        """Return the newest row of `numbers` of each series, `(S, n)`; zeros where there is none."""
        rows = self.recent.numbers
        out: np.ndarray = np.zeros((self.n_series, *rows.shape[1:]), np.float32)
        some = np.diff(self.recent.offsets) > 0
        if rows.size:
            out[some] = rows[self.recent.offsets[1:][some] - 1]
        return out

    def rows(self, index: np.ndarray, keep: np.ndarray | None = None) -> Memory:
        """Take some series, with nothing remembered of those that `keep` excludes, `(n,)`."""
        lengths = np.diff(self.recent.offsets)[index]
        state = self.state[index]
        if keep is not None:
            lengths, state = np.where(keep, lengths, 0), np.where(keep[:, None], state, 0)
        return Memory(cut(self.recent.series(index), self.recent.offsets[:-1][index], lengths), state)


@dataclass(frozen=True)
class TrainedNetwork:
    """Weights and the way in which they were trained."""

    spec: NetworkSpec
    weights: np.ndarray
    loss: LossSettings
    value_inputs: ValueInputs
    window: int  # points that a forecast reads from a zero state; 0 when the state is carried along
    n_threads: int = 1

    @property
    def kept(self) -> int:
        """How many of the newest points have to be kept."""
        return self.value_inputs.history + max(self.window, 1)

    def blank(self, like: PanelArrays) -> Memory:
        """Remember nothing of as many series as `like` has."""
        none = np.zeros(like.n_series, np.int64)
        state_size = 0 if self.window else self.spec.state_size
        return Memory(cut(like, none, none), np.zeros((like.n_series, state_size), self.weights.dtype))

    def read(self, memory: Memory, new: PanelArrays) -> Memory:
        """Take in new points of all series; returns what is remembered after them."""
        n_old, n_new = np.diff(memory.recent.offsets), np.diff(new.offsets)
        panel = join(memory.recent, new)
        state = memory.state
        if not self.window:
            stretches = _before_newest(n_old, n_new)
            skipped = np.maximum(stretches.lengths - MOST_READ, 0)
            if skipped.any():
                state = np.where(skipped[:, None] > 0, 0, state)
                stretches = Stretches(stretches.series, stretches.starts + skipped, stretches.lengths - skipped)
            state = self._run(panel, stretches, state).state
        return Memory(newest(panel, self.kept), state)

    def forecast(self, memory: Memory, horizon: int | None = None, ahead: Ahead | None = None) -> np.ndarray:
        """Forecast scaled parameters `(S, P, horizon)`, with what is known ahead of these steps.

        Those beyond the network's own horizon are forecast from its forecasts, block by block.
        """
        H = self.spec.horizon
        horizon = horizon or H
        blocks = []
        for begin in range(0, horizon, H):
            n = min(H, horizon - begin)
            known = None if ahead is None else ahead.steps(begin, begin + n)
            blocks.append(self._forecast_block(memory, known)[:, :, :n])
            if begin + H < horizon:
                memory = self.read(memory, self._as_observed(memory, blocks[-1], known))
        return np.concatenate(blocks, axis=2)

    def forecast_each(self, memory: Memory, new: PanelArrays, width: int) -> np.ndarray:
        """Forecast scaled parameters `(N, P, width)` before every one of N new points, at most the horizon ahead.

        Row n is forecast from all points before point n, which is its first step; NaN where nothing came before.
        """
        n_old, n_new = np.diff(memory.recent.offsets), np.diff(new.offsets)
        panel = join(memory.recent, new)
        stretches = _before_newest(n_old, n_new)
        start, length = stretches.starts, stretches.lengths
        out = np.full((len(new.values), self.spec.n_parameters_of_step, width), np.nan, self.weights.dtype)
        # the first point of a series that nothing is known of has no forecast
        rows = spans(new.offsets[1:] - length, length)
        if self.window:
            series = np.repeat(_all(panel), length)
            out[rows] = self.forecast_windows(panel, series, spans(start, length), width)
        else:
            out[rows] = self._run(panel, stretches, memory.state, width).every
        return out

    def trace(self, memory: Memory, new: PanelArrays) -> np.ndarray:
        """Tell what the recurrent layers do at every one of N new points, on the way to the forecast after it.

        Returns `(N, spec.trace_size)`; of a network of windows, at the last step of the window that ends at the point.
        """
        n_old, n_new = np.diff(memory.recent.offsets), np.diff(new.offsets)
        panel = join(memory.recent, new)
        if self.window:
            return self._trace_windows(panel, np.repeat(_all(panel), n_new), spans(n_old, n_new))
        start = np.maximum(n_old - 1, 0)
        length = n_old + n_new - start
        traced = self._run(panel, Stretches(_all(panel), start, length), memory.state, trace="each").trace
        # the newest old point, whose state is kept, was read again
        return traced if not n_old.any() else traced[spans(np.cumsum(length) - n_new, n_new)]

    def _trace_windows(self, panel: PanelArrays, series: np.ndarray, origins: np.ndarray) -> np.ndarray:
        out = np.empty((len(series), self.spec.trace_size), self.weights.dtype)
        for part, stretches in self._windows(series, origins):
            out[part] = self._run(panel, stretches, None, trace="last").trace
        return out

    def _forecast_block(self, memory: Memory, ahead: Ahead | None) -> np.ndarray:
        last = np.diff(memory.recent.offsets) - 1
        panel = memory.recent if ahead is None else extend(memory.recent, ahead)
        if self.window:
            return self.forecast_windows(panel, _all(panel), last, self.spec.horizon)
        return self._run(panel, Stretches(_all(panel), last, np.ones_like(last)), memory.state).last

    def forecast_windows(self, panel: PanelArrays, series: np.ndarray, origins: np.ndarray, width: int) -> np.ndarray:
        """Forecast from windows that end at `origins`, positions in their series."""
        out = np.zeros((len(series), self.spec.n_parameters_of_step, width), self.weights.dtype)
        for part, stretches in self._windows(series, origins):
            out[part] = self._run(panel, stretches, None).last[:, :, :width]
        return out

    def _windows(self, series: np.ndarray, origins: np.ndarray) -> Iterator[tuple[slice, Stretches]]:
        """Split windows into those that go through the core at once, with their place in the panel."""
        for at in range(0, len(series), WINDOWS_PER_CALL):
            part = slice(at, at + WINDOWS_PER_CALL)
            lengths = np.minimum(origins[part] + 1, self.window)
            yield part, Stretches(series[part], origins[part] + 1 - lengths, lengths)

    def _as_observed(self, memory: Memory, block: np.ndarray, ahead: Ahead | None) -> PanelArrays:
        """Take a block of forecasts for what came."""
        S, H = len(block), block.shape[2]
        values = np.ascontiguousarray(block[:, self.loss.middle]).ravel()
        panel = memory.recent
        # of what is not known ahead the newest rows are all that is known
        ends = panel.offsets[1:] - 1
        numbers, codes = (np.repeat(a[ends] if a.size else a[:0], H, axis=0) for a in (panel.numbers, panel.codes))
        if ahead is not None:
            for rows, known in ((numbers, ahead.numbers), (codes, ahead.codes)):
                if rows.size:
                    rows[:, : known.shape[2]] = known.reshape(S * H, -1)
        offsets = np.arange(S + 1, dtype=np.int64) * H
        return replace(panel, values=values, targets=values, offsets=offsets, numbers=numbers, codes=codes)

    def _run(
        self, panel: PanelArrays, stretches: Stretches, state: np.ndarray | None, width: int = 0, trace: str = "none"
    ) -> SequenceResult:
        network, n_threads = (self.spec, self.weights, self.loss, self.value_inputs), self.n_threads
        return run_sequences(*network, panel, stretches, state=state, width=width, trace=trace, n_threads=n_threads)


def _all(panel: PanelArrays) -> np.ndarray:
    return np.arange(panel.n_series, dtype=np.int64)


def _before_newest(n_old: np.ndarray, n_new: np.ndarray) -> Stretches:
    """Return the points from the newest old one, whose state is kept, to the one before the newest."""
    start = np.maximum(n_old - 1, 0)
    return Stretches(np.arange(len(n_old), dtype=np.int64), start, np.maximum(n_old + n_new - 1 - start, 0))
