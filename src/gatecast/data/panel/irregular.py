"""What is to be said of times without a frequency: which rows are odd, and which remedies were found to work?"""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.find_calendar import gap_share
from gatecast.data.panel.grid import DAY, Grid
from gatecast.data.panel.stamps import Stamps, within
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

__all__ = ["fits_without_freq", "raise_irregular"]

# rows of a series that are taken for mistakes, and rows that tell what is none
MOST_ODD, FEWEST_ROWS = 3, 8
# a remedy that leaves more of the steps empty is none
MOST_EMPTY = 0.75
ALIASES = ("min", "h", "D", "W", "MS")

# returns the clear frequency of times, None where there is none
Clear = Callable[[Stamps], Grid | None]
Named = Callable[[str | int, Stamps], Grid]


def raise_irregular(stamps: Stamps, clear: Clear, named: Named) -> NoReturn:
    """Raise a DataError that names the rows that break a frequency, or the remedies that work."""
    odd = _odd(stamps)
    grid = clear(_without(stamps, odd)) if len(odd) else None
    if grid is not None:
        times = [_text(stamps.times[row]) for row in odd[:MOST_ODD]]
        raise DataError(Message("times.odd", {"times": times, "freq": grid.freq}))
    lengths, counts = np.unique(stamps.steps(), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:2]
    common = [
        Message("times.counted", {"step": _step(int(lengths[i]), stamps.is_integer), "n": int(counts[i])})
        for i in order
    ]
    steps = Message("words.both", {"first": common[0], "second": common[1]}) if len(common) > 1 else common[0]
    worth = _worth_a_try(stamps, named)
    if worth is None:
        raise DataError(Message("times.irregular", {"steps": steps}))
    raise DataError(Message("times.irregular_freq", {"steps": steps, "freq": worth[0], "share": worth[1]}))


def fits_without_freq(stamps: Stamps, clear: Clear) -> str:
    """Say that `freq` may be left out where that helps, else what does: the first of some remedies."""
    grid = clear(stamps)
    if grid is not None:
        return f"Leave `freq` out, as {grid.freq!r} fits"
    return 'Pass `freq="order"` to take the rows as the steps'


def _step(step: int, is_integer: bool) -> str | Message:
    """Say the length of a step as people do."""
    if is_integer:
        return str(step)
    for name, unit in (("day", DAY), ("hour", DAY // 24), ("minute", DAY // 1440), ("second", 10**9)):
        if step % unit == 0:
            return Message(f"unit.{name}", {"n": step // unit})
    return Message("unit.second", {"n": f"{step / 10**9:g}"})


def _text(time: object) -> str:
    return str(time).removesuffix(".000000000").removesuffix("T00:00:00").replace("T", " ")


def _odd(stamps: Stamps) -> Array:
    """Return the few rows that are the common step away from none beside them."""
    if len(stamps.times) < FEWEST_ROWS * len(stamps.ids):
        return np.zeros(0, np.int64)
    times: Ints = stamps.times.view(np.int64)
    steps = np.diff(times)
    lengths, counts = np.unique(within(steps, stamps.offsets), return_counts=True)
    is_common = steps == lengths[np.argmax(counts)]
    is_common[stamps.offsets[1:-1] - 1] = False
    alone = ~(np.append(False, is_common) | np.append(is_common, False))
    odd = np.flatnonzero(alone)
    return odd if len(odd) <= max(MOST_ODD, len(stamps.times) // 100) else odd[:0]


def _without(stamps: Stamps, rows: Array) -> Stamps:
    keep = np.ones(len(stamps.times), bool)
    keep[rows] = False
    lengths = np.add.reduceat(keep, stamps.offsets[:-1])
    some = lengths > 0
    offsets = np.concatenate(([0], np.cumsum(lengths[some]))).astype(np.int64)
    return Stamps(stamps.times[keep], offsets, stamps.ids[some])


def _worth_a_try(stamps: Stamps, named: Named) -> tuple[str, float] | None:
    """Return the frequency that leaves fewest steps empty and its share of them, None where most would be."""
    shares = {}
    for alias in (1,) if stamps.is_integer else ALIASES:
        grid = named(alias, stamps)
        share = gap_share(grid, replace(stamps, times=grid.snap(stamps.times)))
        if share is not None and share <= MOST_EMPTY:
            shares["1" if alias == 1 else f'"{alias}"'] = share
    return min(shares.items(), key=lambda pair: pair[1]) if shares else None
