"""How are panels joined, cut and extended before the core reads them? Row by row, whatever the rows hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gatecast.network.native import PanelArrays

__all__ = ["ROWS", "Ahead", "extend", "join", "newest", "spans", "split"]

# fields that have one row for each point
ROWS = ("values", "targets", "numbers", "codes")


class Ahead:
    """What is known of the steps behind the data.

    Args:
        numbers: `(S, H, n_ahead_numbers)`.
        codes: `(S, H, n_ahead_codes)` int32.
    """

    def __init__(self, numbers: np.ndarray, codes: np.ndarray) -> None:
        self.numbers, self.codes = numbers, codes

    @property
    def horizon(self) -> int:
        """H."""
        return int(self.numbers.shape[1])

    def steps(self, first: int, last: int) -> Ahead:
        """Take the steps [first, last)."""
        return Ahead(self.numbers[:, first:last], self.codes[:, first:last])

    def series(self, rows: np.ndarray) -> Ahead:
        """Take some series."""
        return Ahead(self.numbers[rows], self.codes[rows])


def spans(begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """List the positions `begins[s]`, `begins[s] + 1`, ... of each series, `lengths[s]` of them.

    Examples:
        >>> spans(np.array([5, 0]), np.array([2, 3])).tolist()
        [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(lengths)
    return np.asarray(np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - (ends - lengths), lengths))


def join(first: PanelArrays, second: PanelArrays) -> PanelArrays:
    """Put the rows of each series in `second` behind those in `first`."""
    n_first, n_second = np.diff(first.offsets), np.diff(second.offsets)
    if not n_first.any():
        return second
    offsets = np.concatenate(([0], np.cumsum(n_first + n_second))).astype(np.int64)
    begins = offsets[:-1]
    to_first, to_second = spans(begins, n_first), spans(begins + n_first, n_second)
    joined: dict[str, Any] = {
        name: _rows(getattr(first, name), getattr(second, name), to_first, to_second) for name in ROWS
    }
    return replace(second, offsets=offsets, **joined)


def newest(panel: PanelArrays, n_rows: int) -> PanelArrays:
    """Cut all but the newest `n_rows` rows of each series."""
    lengths = np.diff(panel.offsets)
    kept = np.minimum(lengths, n_rows)
    if (kept == lengths).all():
        return panel
    return _cut(panel, panel.offsets[1:] - kept, kept)


def split(panel: PanelArrays, lengths: np.ndarray) -> tuple[PanelArrays, PanelArrays]:
    """Cut each series behind its first `lengths[s]` rows."""
    counts = np.diff(panel.offsets)
    return (
        _cut(panel, panel.offsets[:-1], lengths),
        _cut(panel, panel.offsets[:-1] + lengths, counts - lengths),
    )


def extend(panel: PanelArrays, ahead: Ahead) -> PanelArrays:
    """Append rows of which only the covariates known ahead are known; the others are zero there."""
    S, H = len(panel.offsets) - 1, ahead.horizon
    dtype = panel.values.dtype
    numbers = np.zeros((S, H, panel.numbers.shape[1]), np.float32)
    numbers[:, :, : panel.n_ahead_numbers] = ahead.numbers
    codes = np.zeros((S, H, panel.codes.shape[1]), np.int32)
    codes[:, :, : panel.n_ahead_codes] = ahead.codes
    empty = replace(
        panel,
        values=np.zeros(S * H, dtype),
        targets=np.full(S * H, np.nan, dtype),
        offsets=np.arange(S + 1, dtype=np.int64) * H,
        numbers=numbers.reshape(S * H, -1) if numbers.size else panel.numbers[:0],
        codes=codes.reshape(S * H, -1) if codes.size else panel.codes[:0],
    )
    return join(panel, empty)


def _cut(panel: PanelArrays, begins: np.ndarray, lengths: np.ndarray) -> PanelArrays:
    rows = spans(begins, lengths)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    taken: dict[str, Any] = {name: _take(getattr(panel, name), rows) for name in ROWS}
    return replace(panel, offsets=offsets, **taken)


def _take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return array[rows] if len(array) else array


def _rows(first: np.ndarray, second: np.ndarray, to_first: np.ndarray, to_second: np.ndarray) -> np.ndarray:
    if not first.size and not second.size:
        return second[:0]
    out: np.ndarray = np.zeros((len(to_first) + len(to_second), *second.shape[1:]), second.dtype)
    out[to_first], out[to_second] = first, second
    return out
