"""When was each row of all series observed? Sorted times, one series behind the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, blocks
from gatecast.data.panel.grid import Grid

__all__ = ["Stamps", "within"]


@dataclass(frozen=True)
class Stamps:
    """The sorted timestamps of all series, one behind the other, and what to call the series in errors."""

    times: Array
    offsets: Ints
    ids: Array

    @property
    def is_integer(self) -> bool:
        """Whether the times are integer steps rather than dates."""
        return self.times.dtype.kind != "M"

    @property
    def starts(self) -> Array:
        """The first time of each series, shape `(S,)`."""
        return self.times[self.offsets[:-1]]

    @property
    def last(self) -> Array:
        """The last time of each series, shape `(S,)`."""
        return self.times[self.offsets[1:] - 1]

    def one(self, index: int) -> "Stamps":
        """Return the stamps of one series."""
        begin, end = self.offsets[index], self.offsets[index + 1]
        return Stamps(self.times[begin:end], np.array([0, end - begin]), self.ids[index : index + 1])

    def steps(self) -> Ints:
        """Return the differences within the series, as int64 (nanoseconds for dates)."""
        times: Ints = self.times.view(np.int64)
        steps = np.empty(len(times) - len(self.ids), np.int64)
        for block in blocks(self.offsets):
            # one step less than rows for each series before
            begin = block.rows.start - block.series.start
            kept = within(np.diff(times[block.rows]), block.offsets)
            steps[begin : begin + len(kept)] = kept
        return steps

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """Yield the places of some times after the other, and the first time of the series of each."""
        for block in blocks(self.offsets):
            yield block.rows, np.repeat(self.starts[block.series], block.lengths)

    def positions(self, grid: Grid) -> Ints:
        """Return the position of each time on the grid of its series, shape `(N,)`."""
        positions = np.empty(len(self.times), np.int64)
        for rows, starts in self.blocks():
            positions[rows] = grid.positions(self.times[rows], starts)
        return positions


def within(differences: Ints, offsets: Ints) -> Ints:
    """Drop the differences between the end of one series and the start of the next."""
    keep = np.ones(len(differences), dtype=bool)
    keep[offsets[1:-1] - 1] = False
    return differences[keep]
