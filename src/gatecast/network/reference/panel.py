"""What should the core read from a panel? Inputs, naive forecasts and targets of some sequences, laid out as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatecast.network.inputs import PanelArrays, ValueInputs
from gatecast.network.reference.network import Ahead, Batch

__all__ = ["batch_of", "candidates_at", "inputs_at"]

Array = np.ndarray

# beyond this many units the size of an outlier does not count
CLIP_CHANGE, CLIP_LEVEL = 10.0, 3.0


def inputs_at(panel: PanelArrays, value_inputs: ValueInputs, s: int, t: int) -> Array:
    """Dense inputs at position t of series s.

    Changes over each lag (zero before the series is that old), the level if wanted, whether nothing was observed;
    without lags the value itself. Then the covariates.
    """
    y, row = _values(panel, s), int(panel.offsets[s]) + t
    about = [y[t]]
    if value_inputs.lags:
        changes = [y[t] - y[t - lag] if t >= lag else 0.0 for lag in value_inputs.lags]
        spread = 1.0 if panel.spreads is None else panel.spreads[s]
        level = np.clip(y[t] / spread, -CLIP_LEVEL, CLIP_LEVEL)
        levels = [level] if value_inputs.level else []
        about = [*np.clip(changes, -CLIP_CHANGE, CLIP_CHANGE), *levels, float(np.isnan(panel.targets[row]))]
    return np.concatenate([about, _row(panel.numbers, row), _row(panel.static_numbers, s)]).astype(y.dtype)


def candidates_at(panel: PanelArrays, value_inputs: ValueInputs, s: int, t: int, H: int) -> Array:
    """Naive forecasts `(J, H)` made at position t of series s; the last value stands in for seasons not yet seen."""
    y = _values(panel, s)[: t + 1]
    out = np.zeros((value_inputs.n_candidates, H), y.dtype)
    for j, m in enumerate(value_inputs.skip_forecasts):
        if m < 0:
            out[j] = y[m:].mean()
        elif m > 0:
            # the value m * ceil(k / m) steps before target t + k
            sources = [t + k - m * -(-k // m) for k in range(1, H + 1)]
            out[j] = [y[at] if at >= 0 else y[t] for at in sources]
    for j, n in enumerate(value_inputs.drifts, start=len(value_inputs.skip_forecasts)):
        n = min(n, t)
        out[j] = y[t] + np.arange(1, H + 1) * ((y[t] - y[t - n]) / n if n else 0.0)
    return out


def batch_of(
    panel: PanelArrays, value_inputs: ValueInputs, places: Sequence[tuple[int, int]], T: int, first: int, H: int
) -> Batch:
    """Lay out the sequences of T steps that begin at `places`, (series, position) each; zeros after a series' end."""
    dtype, B, N = panel.values.dtype, len(places), T - first
    x = np.zeros((B, T, value_inputs.n_inputs + panel.n_inputs), dtype)
    y = np.full((B, N, H), np.nan, dtype)
    candidates = np.zeros((B, N, value_inputs.n_candidates, H), dtype)
    codes = np.zeros((B, T, panel.codes.shape[1] + panel.static_codes.shape[1]), np.int32)
    numbers_ahead = np.zeros((B, N, H, panel.n_ahead_numbers), dtype)
    codes_ahead = np.zeros((B, N, H, panel.n_ahead_codes), np.int32)
    known = np.zeros((B, N, H), bool)
    for b, (s, start) in enumerate(places):
        begin, length = int(panel.offsets[s]), len(_values(panel, s))
        for t in range(min(T, length - start)):
            row = begin + start + t
            x[b, t] = inputs_at(panel, value_inputs, s, start + t)
            codes[b, t] = np.concatenate([_row(panel.codes, row), _row(panel.static_codes, s)])
        for n in range(N):
            # origins after the end count for nothing; the core sees the last point there
            at = min(start + first + n, length - 1)
            candidates[b, n] = candidates_at(panel, value_inputs, s, at, H)
            ahead = slice(begin + at + 1, begin + min(at + 1 + H, length))
            k = ahead.stop - ahead.start
            if start + first + n < length:
                y[b, n, :k] = panel.targets[ahead]
            known[b, n, :k] = True
            numbers_ahead[b, n, :k] = panel.numbers[ahead, : panel.n_ahead_numbers] if panel.n_ahead_numbers else 0
            codes_ahead[b, n, :k] = panel.codes[ahead, : panel.n_ahead_codes] if panel.n_ahead_codes else 0
    return Batch(x, y, codes, candidates, Ahead(numbers_ahead, codes_ahead, known))


def _values(panel: PanelArrays, s: int) -> Array:
    return panel.values[panel.offsets[s] : panel.offsets[s + 1]]


def _row(table: Array, row: int) -> Array:
    return table[row] if table.shape[1] else table.reshape(-1)[:0]
