"""How wide must an interval be to hold as often as it says? Learned from forecasts of data that the fit did not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gatecast.exceptions import DataError
from gatecast.metrics.levels import check_levels, check_quantiles
from gatecast.texts.message import Message

__all__ = ["Conformal", "coverage", "fit_conformal"]

MAX_ROWS = 5_000


@dataclass(frozen=True)
class Conformal:
    """Residuals of forecasts that the fit did not see, and the intervals that follow from them.

    Split conformal prediction (Vovk, Gammerman and Shafer 2005; Lei et al. 2018) for each step of the horizon on
    its own (Stankeviciute, Alaa and van der Schaar 2021): if the next residual is exchangeable with the n that
    were kept, an interval that reaches the `ceil((n + 1) * level)`-th smallest absolute residual holds with at
    least that probability. It holds on average over series and origins, not for each one.

    A step with too few residuals for a level borrows those of its neighbours, one more on either side until there
    are enough (19 for 95 %, 39 if asymmetric), which assumes that their errors are alike. If all steps together have
    too few, the widest residual is taken and `note` says so. Widths are not made to grow with the step: where the data
    say that a later step is easier, its interval is narrower.
    """

    # (n, H) actual minus forecast in units of each series' scale, NaN where nothing was observed
    residuals: np.ndarray
    is_symmetric: bool = True  # whether intervals reach as far up as down

    def half_widths(self, level: float) -> np.ndarray:
        """Return how far a symmetric interval reaches at each step, `(H,)`, in units of the scales."""
        share = check_levels(level)[0] / 100
        pools = self._pools(np.abs(self.residuals), _least_count(share, is_symmetric=True))
        return np.array([_ranked(pool, _rank_up(share, len(pool))) for pool in pools])

    def bounds(self, levels: object) -> tuple[np.ndarray, np.ndarray]:
        """Return what is added to a forecast to get the lower and upper ends of intervals of sorted levels, `(H, L)`.

        An asymmetric interval leaves out the same share of residuals below and above, at most `(1 - level) / 2` each.
        An interval of a higher level is never narrower, also where steps borrow from their neighbours.
        """
        ends = [self._ends(level) for level in check_levels(levels)]
        lower, upper = np.stack([low for low, _ in ends], axis=1), np.stack([high for _, high in ends], axis=1)
        return np.minimum.accumulate(lower, axis=1), np.maximum.accumulate(upper, axis=1)

    def _ends(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        if self.is_symmetric:
            width = self.half_widths(level)
            return -width, width
        tail = (1 - level / 100) / 2
        ends = self.quantiles([tail, 1 - tail])
        return ends[:, 0], ends[:, 1]

    def quantiles(self, probabilities: object) -> np.ndarray:
        """Return what is added to a forecast to get its sorted quantiles, `(H, Q)`, from the signed residuals.

        Below the median the `floor((n + 1) p)`-th smallest residual, above it the `ceil((n + 1) p)`-th, so that two
        of them hold what lies between them at least as often as they say; 0.5 is the median.
        """
        wanted = check_quantiles(probabilities)
        tail = min(min(p, 1 - p) for p in wanted)
        pools = self._pools(self.residuals, _least_count(1 - 2 * tail, is_symmetric=False))
        return np.array([[_quantile(pool, p) for p in wanted] for pool in pools])

    def note(self, level: float) -> Message | None:
        """Say what keeps an interval from being as sure as its level in %, None if nothing does."""
        number = check_levels(level)[0]
        least = _least_count(number / 100, is_symmetric=self.is_symmetric)
        total = int(np.isfinite(self.residuals).sum())
        if total >= least:
            return None
        return Message("judged.widest", {"level": number, "n": total, "least": least})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all that was learned: `residuals`, `(n, H)` float64, and `is_symmetric`, `(1,)`."""
        return {"residuals": self.residuals, "is_symmetric": np.array([self.is_symmetric])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Conformal:
        """Build the calibration whose `to_arrays` these are."""
        return cls(np.asarray(arrays["residuals"], dtype=np.float64), bool(arrays["is_symmetric"][0]))

    def growth(self, horizon: int) -> np.ndarray:
        """Return how much larger errors are taken to be in each of `horizon` steps, (horizon,), 1 for the H measured.

        A step beyond the H that were measured is compared with the one at the same place in the first block, by a
        variance that grows in a straight line, `a + c h` with neither below 0: that of exponential smoothing,
        `1 + alpha ** 2 (h - 1)` times that of one step (Hyndman, Koehler, Ord and Snyder 2008, section 6.3; Hyndman and
        Athanasopoulos 2021, section 8.7). It is fitted to the squares of the mean absolute residuals of the H steps, so
        that errors which did not grow with the step do not grow beyond it either. One step alone shows no growth: then
        it is that of a random walk, the root of h. This is an extrapolation and has no guarantee of coverage.
        """
        H = self.residuals.shape[1]
        step = np.arange(horizon)
        level, slope = _line(self.residuals) if horizon > H else (0.0, 0.0)
        if level + slope == 0:
            return np.ones(horizon)
        return np.asarray(np.sqrt((level + slope * (step + 1)) / (level + slope * (step % H + 1))))

    def _pools(self, scores: np.ndarray, least: int) -> list[np.ndarray]:
        """Return the sorted scores that speak for each step: its own, and its neighbours' while there are too few."""
        counts = np.isfinite(scores).sum(axis=0)
        # NaN goes to the end
        ranked = np.sort(scores, axis=0)
        return [_pool(ranked, counts, step, least) for step in range(len(counts))]


def fit_conformal(residuals: np.ndarray, *, is_symmetric: bool = True, seed: int = 0) -> Conformal:
    """Keep the residuals `(n, H)` that intervals are made of, NaN where nothing was observed.

    Of more than 5,000 rows, 5,000 are drawn, which are as exchangeable as all. DataError: nothing was observed, or a
    residual is infinite.
    """
    residuals = np.asarray(residuals, dtype=np.float64)
    if residuals.ndim != 2 or not np.isfinite(residuals).any() or np.isinf(residuals).any():
        n_infinite = int(np.isinf(residuals).sum())
        raise DataError(
            f"`residuals` must be an array (n, H) of finite numbers with something observed, got shape "
            f"{residuals.shape} with {n_infinite} infinite and {int(np.isfinite(residuals).sum())} finite ones. "
            "Calibrate on more origins."
        )
    rows = np.flatnonzero(np.isfinite(residuals).any(axis=1))
    if len(rows) > MAX_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_ROWS, replace=False))
    return Conformal(residuals[rows], is_symmetric)


def coverage(lower: np.ndarray, upper: np.ndarray, actual: np.ndarray) -> float:
    """Return the share of what came, `(n, H)`, that lies in the interval, ends included; NaN where nothing came."""
    seen = ~np.isnan(actual)
    inside = (actual >= lower) & (actual <= upper)
    return float(inside.sum() / seen.sum()) if seen.any() else float("nan")


def _line(residuals: np.ndarray) -> tuple[float, float]:
    """Fit `a + c h`, neither below 0, to the variance of residuals `(n, H)` at step h; through 0 where H is 1."""
    from scipy.optimize import nnls

    seen = np.isfinite(residuals)
    steps = np.flatnonzero(seen.any(axis=0))
    variance = np.array([np.abs(residuals[seen[:, k], k]).mean() ** 2 for k in steps])
    ones = np.ones(len(steps)) if residuals.shape[1] > 1 else np.zeros(len(steps))
    # a scale of its own keeps tiny and huge residuals from being lost to tolerances
    largest = variance.max()
    if largest == 0:
        return 0.0, 0.0
    level, slope = nnls(np.stack([ones, steps + 1.0], axis=1), variance / largest)[0]
    return float(level), float(slope)


def _least_count(share: float, *, is_symmetric: bool) -> int:
    """Return how many residuals are needed so that one of them is far enough out."""
    # n + 1 parts, of which one (or one on each side) may stay outside; rounded, because 1 - 0.95 is not quite 0.05
    outside = (1 - share) if is_symmetric else (1 - share) / 2
    return max(int(np.ceil(round(1 / outside, 9))) - 1, 1)


def _pool(ranked: np.ndarray, counts: np.ndarray, step: int, least: int) -> np.ndarray:
    horizon = len(counts)
    for reach in range(horizon):
        low, high = max(step - reach, 0), min(step + reach + 1, horizon)
        if counts[low:high].sum() >= least:
            break
    if reach == 0:
        return ranked[: counts[step], step]
    return np.sort(np.concatenate([ranked[: counts[k], k] for k in range(low, high)]))


def _rank_up(share: float, count: int) -> int:
    return int(np.ceil(round((count + 1) * share, 9)))


def _ranked(pool: np.ndarray, rank: int) -> float:
    """Return the `rank`-th smallest, counted from 1; the outermost where there is none."""
    return float(pool[min(max(rank, 1), len(pool)) - 1])


def _quantile(pool: np.ndarray, probability: float) -> float:
    if probability == 0.5:
        return float(np.median(pool))
    if probability > 0.5:
        return _ranked(pool, _rank_up(probability, len(pool)))
    # as far from below as the other from above
    return _ranked(pool, len(pool) + 1 - _rank_up(1 - probability, len(pool)))
