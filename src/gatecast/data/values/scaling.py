"""How are series brought to a common scale, and back? Learned per series, from the training part only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gatecast.data.panel.arrays import Array, Block, Floats, Ints, blocks
from gatecast.exceptions import ConfigError

__all__ = ["KINDS", "Scaling", "fit_scaling", "naive_scale", "unit_for_squares"]

KINDS = ("season", "standard", "minmax", "mean", "none")


@dataclass(frozen=True)
class Scaling:
    """Per series: `scaled = (y - center) / scale`, in the units of the data, shape `(S,)` each."""

    center: Floats
    scale: Floats
    kind: str

    def transform(self, values: Array, offsets: Ints, dtype: npt.DTypeLike = np.float64) -> Array:
        """Scale the values of all series, shape `(N, ...)`, in float64, to `dtype` of the same shape. NaN stays NaN."""
        scaled = np.empty(values.shape, dtype)
        for block in blocks(offsets):
            center, scale = self._spread(values, block)
            # what is too large becomes infinite
            with np.errstate(over="ignore"):
                # a single series may be so long that a copy of it is felt
                for rows in block.pieces() if len(block.lengths) == 1 else [block.rows]:
                    part = np.subtract(values[rows], center, dtype=np.float64)
                    part /= scale
                    scaled[rows] = part
        return scaled

    def inverse(self, values: Array, offsets: Ints) -> Floats:
        """Bring scaled values of all series, shape `(N, ...)`, back to the units of the data, as float64."""
        restored = np.empty(values.shape)
        for block in blocks(offsets):
            center, scale = self._spread(values, block)
            np.multiply(values[block.rows], scale, dtype=np.float64, out=restored[block.rows])
            restored[block.rows] += center
        return restored

    def _spread(self, values: Array, block: Block) -> tuple[Floats, Floats]:
        shape = (-1,) + (1,) * (values.ndim - 1)
        center, scale = (_spread(part[block.series], block.lengths) for part in (self.center, self.scale))
        return center.reshape(shape), scale.reshape(shape)


def fit_scaling(values: Floats, offsets: Ints, kind: str = "standard", season: int = 1) -> Scaling:
    """Learn a scaling per series from the training part, `(N,)`; NaN is skipped, a constant series gets scale 1.

    The kind is "season" (mean 0, mean absolute change over `season` steps 1), "standard" (mean 0, deviation 1),
    "minmax" (0..1 over the training part), "mean" (mean size 1, and 0 stays 0) or "none".
    """
    if kind not in KINDS:
        raise ConfigError(f'`scaling` must be one of {", ".join(KINDS)}, got {kind!r}. Use `scaling="standard"`.')
    S = len(offsets) - 1
    center, scale = np.zeros(S), np.ones(S)
    for block in blocks(offsets) if kind != "none" else ():
        of_block = _fit_block(values[block.rows], block.offsets, kind, season)
        center[block.series], scale[block.series] = of_block
    return Scaling(center, scale, kind)


def _fit_block(values: Floats, offsets: Ints, kind: str, season: int) -> tuple[Floats, Floats]:
    """Return the centers and scales of some series."""
    S = len(offsets) - 1
    center, scale = np.zeros(S), np.ones(S)
    filled = np.flatnonzero(np.diff(offsets))
    if not len(filled):
        return center, scale
    begins, lengths = offsets[filled], np.diff(offsets)[filled]
    low, high = (np.nan_to_num(edge.reduceat(values, begins)) for edge in (np.fmin, np.fmax))
    spread = high - low
    center[filled] = low
    varies = spread > 0
    if kind == "minmax":
        scale[filled[varies]] = spread[varies]
        return center, scale
    if kind == "mean":
        largest = np.maximum(np.abs(low), np.abs(high))
        largest[largest == 0] = 1.0
        sizes, *_ = _moments(np.abs(values), begins, lengths, np.zeros_like(low), largest)
        center[filled[varies]], scale[filled[varies]] = 0.0, sizes[varies]
        return center, scale
    mean, deviation = _moments(values, begins, lengths, low, np.where(varies, spread, 1.0))
    center[filled[varies]] = mean[varies]
    scale[filled[varies]] = deviation[varies]
    if kind == "season":
        change = naive_scale(values, offsets, season)
        known = varies & np.isfinite(change[filled])
        scale[filled[known]] = change[filled[known]]
    return center, scale


def _moments(values: Floats, begins: Ints, lengths: Ints, low: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each series, without what is missing."""
    # in units of the range, so that squares of huge numbers do not overflow and of tiny ones do not vanish
    unit = values - _spread(low, lengths)
    unit /= _spread(spread, lengths)
    seen = ~np.isnan(unit)
    n = lengths if seen.all() else np.maximum(np.add.reduceat(seen, begins, dtype=np.int64), 1)
    unit[~seen] = 0.0
    mean = np.add.reduceat(unit, begins) / n
    unit -= _spread(mean, lengths)
    unit[~seen] = 0.0
    np.square(unit, out=unit)
    return low + mean * spread, np.sqrt(np.add.reduceat(unit, begins) / n) * spread


def _spread(each: Floats, lengths: Ints) -> Floats:
    # one series needs no copy of its number per value: 10 million points stay affordable
    return each if len(each) == 1 else np.repeat(each, lengths)


def unit_for_squares(values: Array) -> float:
    """Return what to divide values by, none of them missing, so that their squares neither overflow nor vanish.

    Examples:
        >>> unit_for_squares(np.array([3.0, -4.0])), unit_for_squares(np.array([1e200, -4e200]))
        (1.0, 4e+200)
    """
    largest = float(np.abs(values).max(initial=0.0))
    return 1.0 if 1e-150 < largest < 1e150 else largest or 1.0


def naive_scale(values: Floats, offsets: Ints, season: int, power: int = 1) -> Floats:
    """Return each series' mean absolute change over a season: the denominator of MASE (Hyndman and Koehler 2006).

    With a `power` of 2 it is the root of the mean squared change, the denominator of RMSSE. A season of 1 is taken for
    series, in `(N,)`, that are not longer; NaN where the change is zero or cannot be known.
    """
    scales = np.empty(len(offsets) - 1)
    for block in blocks(offsets):
        scales[block.series] = _naive_block(values[block.rows], block.offsets, season, power)
    return scales


def _naive_block(values: Floats, offsets: Ints, season: int, power: int) -> Floats:
    lengths = np.diff(offsets)
    scales = np.full(len(lengths), np.nan)
    for lag in {1, season}:
        ours = np.flatnonzero((lengths > season) == (lag == season) if season > 1 else lengths > 1)
        ours = ours[lengths[ours] > lag]
        if len(ours):
            scales[ours] = _mean_change(values, offsets, ours, lag, power)
    return scales


def _mean_change(values: Floats, offsets: Ints, series: Ints, lag: int, power: int) -> Floats:
    change = np.zeros(len(values) - lag + 1)
    np.abs(np.subtract(values[lag:], values[:-lag], out=change[:-1]), out=change[:-1])
    seen = ~np.isnan(change)
    change[~seen] = 0.0
    unit = 1.0 if power == 1 else unit_for_squares(change)
    change = change if power == 1 else (change / unit) ** power
    # from the begin of each series to its last change; the sums in between, across two series, are not looked at
    edges = np.column_stack([offsets[series], offsets[series + 1] - lag]).ravel()
    total = np.add.reduceat(change, edges)[::2]
    n = np.diff(edges)[::2] if seen.all() else np.add.reduceat(seen, edges, dtype=np.int64)[::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n if power == 1 else unit * (total / n) ** (1 / power)
    return np.where(mean > 0, mean, np.nan)
