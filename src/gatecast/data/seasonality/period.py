"""After how many steps does one series repeat itself, if its frequency does not tell?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gatecast.data.panel.arrays import Floats, Ints
from gatecast.data.seasonality.peaks import log_tail

__all__ = ["find_period"]

MAX_POINTS = 10_000  # one search looks at so many of the last points
MIN_POINTS = 20
MIN_PERIODS = 5  # a period must come so often to be told from a trend
LOG_P_VALUE = np.log(0.005)  # chance finds a period once in two hundred times
WIDTHS = (1, 3, 5, 9)  # a peak may be spread over so many bins, because real cycles vary
SPREAD = 1.5  # the background of a bin is the spectrum between 2/3 and 3/2 of its frequency
BENT = 1.5
N_PEAKS = 12  # besides the strongest peak
NEAR_TOP = 0.9


def find_period(series: Floats) -> int | None:
    """Return after how many steps a series, `(T,)`, NaN where missing, repeats itself; None where it does not.

    Peaks of the spectrum above their own neighbourhood give periods, which may be those of harmonics. So the season is
    the smallest multiple of one of them (up to six) at which the autocorrelation has risen again by at least nine
    tenths of the highest rise. Without a peak, a cycle of varying length (the sun's) may still show as a
    high bump of the autocorrelation. Its limits were set by simulation: noise, random walks and
    first-order autoregressions have a period in about 1 % of the cases. The last 10,000 points are looked at.
    """
    y = series[-MAX_POINTS:]
    seen = np.flatnonzero(~np.isnan(y))
    if len(seen) < MIN_POINTS or y[seen].min() == y[seen].max():
        return None
    y = np.interp(np.arange(len(y)), seen, y[seen])
    # in units of the range, so that squares neither overflow nor vanish
    y = (y - y.mean()) / (y.max() - y.min())
    peaks = _peaks(_spectrum(y))
    return _season_at(y, peaks) if len(peaks) else _bump(y)


def _spectrum(y: Floats) -> Floats:
    """Return the periodogram, (n // 2 + 1,), after removing what a first-order autoregression explains."""
    n = len(y)
    memory = min(float(y[1:] @ y[:-1] / (y[:-1] @ y[:-1])), 1.0)
    rest = np.diff(y, prepend=y[0]) if memory > 0.999 else y - memory * np.concatenate((y[:1], y[:-1]))
    rest -= np.median(rest)
    bound = 5 * 1.4826 * float(np.median(np.abs(rest)))
    rest = np.clip(rest, -bound, bound) if bound > 0 else rest
    return np.abs(np.fft.rfft(rest * np.hanning(n + 2)[1:-1])) ** 2


def _peaks(power: Floats) -> Floats:
    """Return the frequencies, in bins, of the peaks that chance does not explain, most improbable first."""
    background = _smooth_background(power)
    freedom = np.maximum(np.arange(len(power)) * (SPREAD - 1 / SPREAD), 1.0) / 3
    log_p = np.stack([_log_p(power, background, freedom, width) for width in WIDTHS if width < len(power)])
    # twice, because several widths are tried
    threshold = LOG_P_VALUE - np.log(2 * len(power))
    if log_p.min() > threshold:
        return np.empty(0)
    width, center = np.unravel_index(np.argmin(log_p), log_p.shape)
    low = int(center) - WIDTHS[width] // 2
    strongest = low + int(np.argmax(power[low : low + WIDTHS[width]]))
    sharp = log_p[0]
    is_top = (sharp < threshold) & (sharp <= np.roll(sharp, 1)) & (sharp <= np.roll(sharp, -1))
    others = np.flatnonzero(is_top)
    others = others[np.argsort(sharp[others])][:N_PEAKS]
    return _between_bins(power, np.array(list(dict.fromkeys([strongest, *others.tolist()]))))


def _smooth_background(power: Floats) -> Floats:
    """Return the spectrum's median around each frequency, as a mean; never 0."""
    n = len(power)
    knots = np.unique(np.round(MIN_PERIODS * 2 ** np.arange(0, np.log2(max(n / MIN_PERIODS, 2)), 0.25)).astype(int))
    knots = knots[knots < n]
    bounds = [(int(k / SPREAD), min(int(np.ceil(k * SPREAD)), n - 1) + 1) for k in knots]
    medians = np.array([_median(power[low:high]) for low, high in bounds]) / np.log(2)
    # what is a millionth of a millionth of the largest is rounding
    medians = np.maximum(medians, 1e-12 * power.max())
    return np.asarray(np.exp(np.interp(np.log(np.maximum(np.arange(n), 1)), np.log(knots), np.log(medians))))


def _median(values: Floats) -> float:
    """Return what `np.median` does, which takes eight times as long for a few values."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _log_p(power: Floats, background: Floats, freedom: Floats, width: int) -> Floats:
    """Return how improbable the mean of `width` bins is at each frequency, (n // 2 + 1,)."""
    ratio = np.convolve(power, np.full(width, 1 / width), mode="same") / background
    if width == 1:
        log_p = log_tail(ratio, freedom)
    else:
        # the mean of `width` tapered bins is worth half as many; Chernoff's bound for a gamma variable, weakened by
        # what is not known about the background, which a bent spectrum exceeds a little without a peak
        shape, ratio = width / 2, ratio / BENT
        exponent = shape * (ratio - 1 - np.log(np.maximum(ratio, 1.0)))
        log_p = np.where(ratio > 1, -exponent * freedom / (freedom + shape * ratio / 2), 0.0)
    log_p[: MIN_PERIODS + width // 2] = 0.0
    return np.asarray(log_p)


def _between_bins(power: Floats, bins: Ints) -> Floats:
    """Place each of some peaks between bins by a parabola through the logarithms."""
    peaks = bins.astype(np.float64)
    inner = np.flatnonzero((bins > 0) & (bins < len(power) - 1))
    left, top, right = np.log(np.maximum(power[bins[inner] + np.array([[-1], [0], [1]])], np.finfo(float).tiny))
    bend = left - 2 * top + right
    with np.errstate(divide="ignore", invalid="ignore"):
        peaks[inner] += np.where(bend < 0, 0.5 * (left - right) / bend, 0.0)
    return peaks


def _season_at(y: Floats, peaks: Floats) -> int | None:
    """Return the multiple of some peak's period that is the season."""
    n = len(y)
    periods = n / peaks
    correlations = _autocorrelations(_without_trend(y, 2 * round(float(periods.max())) + 1))
    # a list is read one by one much faster than an array
    rise = _rise(correlations).tolist()
    found = [lag for period in periods.tolist() for times in range(1, 7) if (lag := _nearest_lag(rise, period, times))]
    top = max((rise[lag] for lag in found), default=0.0)
    return min((lag for lag in found if top > 0 and rise[lag] >= NEAR_TOP * top), default=None)


def _nearest_lag(rise: Sequence[float], period: float, times: int) -> int:
    """Return the best lag within a quarter of a bin of a multiple of a period, 0 if that is out of reach."""
    n = len(rise)
    doubt = period * period / n / 4
    low, high = round(times * (period - doubt)), round(times * (period + doubt))
    return max(range(max(low, 2), min(high, n // 3) + 1), key=rise.__getitem__, default=0)


def _bump(y: Floats) -> int | None:
    """Return the lag at which the autocorrelation rises again most, if it rises high."""
    n = len(y)
    time = np.linspace(-1.0, 1.0, n)
    correlations = _autocorrelations(y - time * (y @ time) / (time @ time))
    rise = _rise(correlations)[: n // 8 + 1]
    lag = int(np.argmax(rise))
    # two steps back and forth make no season; at the last lag the top may not be reached
    if lag < 4 or lag == len(rise) - 1:
        return None
    chance = 1 / np.sqrt(n)
    if rise[lag] < max(0.4, 6 * chance) or correlations[lag] < max(0.3, 4 * chance):
        return None
    # where it rises for the second time says more exactly how long a cycle is
    near = np.arange(lag - lag // 5, lag + lag // 5 + 1)
    return int(near[np.argmax(correlations[near] + correlations[2 * near])])


def _rise(correlations: Floats) -> Floats:
    """Return how far the autocorrelation has risen above its lowest value so far, `(n,)`."""
    return np.asarray(correlations - np.minimum.accumulate(correlations))


def _without_trend(y: Floats, width: int) -> Floats:
    """Subtract the moving mean of `width` points, an odd number."""
    if 2 * width > len(y):
        return y
    sums = np.concatenate(([0.0], np.cumsum(np.pad(y, width // 2, mode="edge"))))
    return np.asarray(y - (sums[width:] - sums[:-width]) / width)


def _autocorrelations(y: Floats) -> Floats:
    """Return the autocorrelation at lags 0 to n - 1, `(n,)`, each over as many pairs as there are."""
    n = len(y)
    products = np.fft.irfft(np.abs(np.fft.rfft(y, 2 * n)) ** 2)[:n]
    return np.asarray(products / products[0] * (n / (n - np.arange(n))))
