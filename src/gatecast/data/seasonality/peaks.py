"""Does a spectrum stand out at the frequencies of a season?

It is compared with its own neighbourhood, so that a smooth one (noise, random walks, autoregressions) shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gatecast.data.panel.arrays import Array, Floats, Ints

__all__ = ["differenced", "log_tail", "season_p_values"]

N_HARMONICS = 12  # harmonics beyond the twelfth say little and make the test weaker
N_FOR_MEDIAN = 8  # above so many neighbours their median is taken, which other seasons among them do not move


def differenced(rows: Floats) -> Floats:
    """Return the changes of series, `(S, n)`, from step to step without outliers, level and unit; at most 1 in size.

    Where a value is missing, the last one stands in.
    """
    missing = np.isnan(rows)
    if missing.any():
        newest = np.maximum.accumulate(np.where(missing, -1, np.arange(rows.shape[1])), axis=1)
        rows = np.where(newest < 0, np.nan, np.take_along_axis(rows, np.maximum(newest, 0), axis=1))
    changes = np.nan_to_num(np.diff(rows, axis=1, prepend=rows[:, :1]))
    changes -= np.median(changes, axis=1, keepdims=True)
    # five robust standard deviations
    bound = 5 * 1.4826 * np.median(np.abs(changes), axis=1, keepdims=True)
    bound[bound == 0] = np.inf
    changes = np.clip(changes, -bound, bound)
    # in units of the largest, so that squares neither overflow nor vanish
    largest = np.abs(changes).max(axis=1, keepdims=True)
    return np.asarray(changes / np.where(largest > 0, largest, 1.0))


def season_p_values(rows: Floats, season: int, shorter: Sequence[int] = ()) -> Floats:
    """Return how likely each series without this season would look as seasonal as it does, shape `(S,)`.

    At each harmonic of the season the periodogram is compared with its neighbours up to half way to the next
    harmonic; without a season their ratio is that of two exponential variables of one mean, hence F distributed
    (Priestley 1981, section 6.1.4). The harmonics are joined by Fisher's method and by the smallest one
    (Bonferroni), whichever says more. Those of `shorter` seasons do not count, because they are known already.
    The rows, from `differenced`, `(S, n)`, hold a whole number of seasons, at least three.
    """
    n = rows.shape[1]
    power = np.abs(np.fft.rfft(rows, axis=1)) ** 2
    # rounding errors of a straight line are no season
    tiny = n * 1e-24
    known = _harmonics_of(shorter, n)
    logs = []
    centers = np.arange(1, season // 2 + 1) * (n // season)
    for center in centers[~known[centers]][:N_HARMONICS]:
        around = _neighbours(center, n // season, n, known)
        if len(around) >= 2:
            background, freedom = _background(power[:, around])
            # at the highest frequency there is no phase: half of a chi-square of one degree is not above an exponential
            height = power[:, center] * (0.5 if 2 * center == n else 1.0)
            logs.append(log_tail(height / np.maximum(background, tiny), freedom))
    return _joined(np.array(logs)) if logs else np.ones(len(rows))


def log_tail(ratio: Floats, freedom: Array | float) -> Floats:
    """Return the log probability that an exponential variable exceeds `ratio` times the mean of `freedom` others."""
    return np.asarray(-freedom * np.log1p(ratio / freedom))


def _harmonics_of(seasons: Iterable[int], n: int) -> Array:
    """Mark the bins, (n // 2 + 1,), within one bin of a harmonic of some season."""
    bins = np.arange(n // 2 + 1)
    marked = np.zeros(len(bins), dtype=bool)
    for season in seasons:
        nearest = np.round(bins * season / n)
        marked |= (nearest > 0) & (np.abs(bins - nearest * n / season) < 1.01)
    return marked


def _neighbours(center: int, n_periods: int, n: int, known: Array) -> Ints:
    width = max(1, n_periods // 2)
    around = np.concatenate([np.arange(center - width, center), np.arange(center + 1, center + width + 1)])
    # the spectrum is a mirror at its highest frequency
    around = np.where(2 * around > n, n - around, around)
    around = around[around > 0]
    return np.asarray(around[~known[around]])


def _background(power: Floats) -> tuple[Floats, float]:
    """Return the mean power around a harmonic, `(S,)`, and how many values it is worth."""
    n_around = power.shape[1]
    if n_around < N_FOR_MEDIAN:
        return power.mean(axis=1), float(n_around)
    # the median of an exponential variable is log 2 of its mean, and varies as the mean of half as many
    return np.median(power, axis=1) / np.log(2), n_around / 2


def _joined(logs: Floats) -> Floats:
    """Join the log p-values of K harmonics, `(K, S)`, to p-values, `(S,)`."""
    n_tests = len(logs)
    smallest = logs.min(axis=0) + np.log(n_tests)
    total = -logs.sum(axis=0)
    # the tail of a chi-square of 2K degrees, which is a Poisson sum
    terms = np.cumsum(np.log(np.arange(1, n_tests)))
    with np.errstate(divide="ignore"):
        powers = np.arange(1, n_tests)[:, None] * np.log(total) - terms[:, None]
    fisher = np.logaddexp.reduce(np.concatenate([np.zeros((1, len(total))), powers]), axis=0) - total
    return np.asarray(np.exp(np.minimum(np.log(2) + np.minimum(smallest, fisher), 0.0)))
