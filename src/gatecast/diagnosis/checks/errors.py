"""Do the errors still hold something? Their own past, a season, a mean that moves, a spread that changes."""

from __future__ import annotations

import numpy as np

from gatecast.data.seasonality.period import find_period
from gatecast.diagnosis import thresholds as limits
from gatecast.diagnosis.checks.remedies import more_seasons, more_sight
from gatecast.diagnosis.evidence import Evidence
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.linear import orders_up_to
from gatecast.diagnosis.statistics import ljung_box_p, newey_west_z, remainder
from gatecast.model.loss import DISTRIBUTION_LOSSES
from gatecast.texts.message import Message

__all__ = ["drift", "heteroscedasticity", "predictable_remainder", "remainder_of", "season_in_residuals"]

# lags of the errors that may predict them; more cost certainty
REMAINDER_LAGS = 24
POINTS_PER_LAG = 15


def predictable_remainder(evidence: Evidence) -> Finding | None:
    """The past of the errors predicts them, out of sample, and the Ljung-Box test agrees that this is no chance."""
    residuals = _series_of(evidence)
    share = remainder_of(evidence)
    if share <= limits.REMAINDER:
        return None
    p = ljung_box_p(residuals, evidence.facts.season_length)
    if p >= limits.SIGNIFICANT:
        return None
    numbers = {"r2": share, "ljung_box_p": p, "n": float(len(residuals))}
    return Finding("predictable-remainder", "warning", numbers, {"part": part_of(evidence.part)}, more_sight(evidence))


def remainder_of(evidence: Evidence) -> float:
    """Return the share of the errors' variance that a linear autoregression predicts out of sample."""
    residuals = _series_of(evidence)
    if len(residuals) < limits.LEAST_POINTS or not residuals.std() > 0:
        return 0.0
    season = evidence.facts.season_length
    most = min(REMAINDER_LAGS, len(residuals) // POINTS_PER_LAG)
    few, many = orders_up_to(most)[: 1 + most // 8], list(range(1, most + 1))
    more = [season] if season > 1 and 3 * season < len(residuals) else []
    # the better of a short and a long memory
    return max(remainder(residuals, few), remainder(residuals, sorted({*many, *more})))


def season_in_residuals(evidence: Evidence) -> Finding | None:
    """The errors repeat themselves after some steps."""
    residuals = _series_of(evidence)
    if len(residuals) < 2 * limits.LEAST_POINTS or not residuals.std() > 0:
        return None
    candidates = {find_period(residuals), _echo(residuals)} - {None}
    shares = {season: _seasonal_share(residuals, season) for season in candidates if season is not None}
    season = max(shares, key=lambda lag: shares[lag], default=0)
    share = shares.get(season, 0.0)
    if share <= limits.SEASON_SHARE:
        return None
    numbers = {"season_length": float(season), "r2": share, "n": float(len(residuals))}
    known = season in evidence.facts.seasons
    remedy = more_sight(evidence) if known else more_seasons(evidence, season)
    return Finding("season-in-residuals", "warning", numbers, {"part": part_of(evidence.part)}, remedy)


def drift(evidence: Evidence) -> Finding | None:
    """The mean of the errors is not zero, or moves, on points that were not learned from."""
    residuals = _series_of(evidence)
    if len(residuals) < limits.LEAST_POINTS or not residuals.std() > 0 or not evidence.is_out_of_sample:
        return None
    spread = float(residuals.std())
    time = np.linspace(-0.5, 0.5, len(residuals))
    mean, moved = float(residuals.mean()) / spread, float(time @ residuals / (time @ time)) / spread
    mean_z, moved_z = newey_west_z(residuals), newey_west_z(residuals, time)
    is_off = abs(mean) > limits.DRIFT and abs(mean_z) > _far(len(residuals))
    is_moving = abs(moved) > 3 * limits.DRIFT and abs(moved_z) > _far(len(residuals))
    if not is_off and not is_moving:
        return None
    numbers = {"mean": mean, "mean_z": mean_z, "change": moved, "change_z": moved_z}
    code = "moved" if not is_off else "too_high" if mean < 0 else "too_low"
    what = Message(f"evidence.{code}", {"by": abs(mean if is_off else moved)})
    facts = {"part": part_of(evidence.part), "what": what}
    remedy = {"transform": "none" if evidence.facts.transform == "difference" else "difference"}
    return Finding("residual-drift", "warning", numbers, facts, remedy)


def heteroscedasticity(evidence: Evidence) -> Finding | None:
    """The size of the errors depends on the forecast, on time, or on the errors before."""
    errors = evidence.fresh
    rows = errors.longest()
    residuals = errors.network[rows]
    n = len(residuals)
    if n < 2 * limits.LEAST_POINTS or not residuals.std() > 0 or evidence.facts.loss in DISTRIBUTION_LOSSES:
        return None
    size = np.abs(residuals - residuals.mean())
    level = _rank_correlation(size, errors.fitted[rows]) if len(errors.fitted) else (0.0, 0.0)
    first, last = residuals[: n // 3].std(), residuals[-(n // 3) :].std()
    time = max(first, last) / max(min(first, last), 1e-300)
    time_z = newey_west_z((size - size.mean()), np.linspace(-0.5, 0.5, n))
    squares = np.minimum(size, 5 * float(np.median(size)) + 1e-300) ** 2
    squares = squares - squares.mean()
    # the correlation of squares at lag 1, as of returns
    clusters = float(squares[1:] @ squares[:-1]) / max(float(squares @ squares), 1e-300)
    limit = _far(n)
    by_level = abs(level[0]) > limits.SPREAD_WITH_LEVEL and abs(level[1]) > limit
    by_time = time > limits.SPREAD_OVER_TIME and abs(time_z) > limit
    by_itself = clusters > limits.SPREAD_CLUSTERS and clusters * np.sqrt(n) > limit
    if not by_level and not by_time and not by_itself:
        return None
    numbers = {"level": level[0], "level_z": level[1], "over_time": float(time), "clusters": clusters}
    how = Message(f"evidence.{'with_forecast' if by_level else 'over_time' if by_time else 'in_stretches'}")
    grows = by_level and level[0] > 0 and evidence.facts.is_positive and evidence.facts.transform == "none"
    remedy = {"transform": "log1p"} if grows else {"loss": "normal"}
    return Finding("heteroscedasticity", "info", numbers, {"how": how}, remedy)


def _series_of(evidence: Evidence) -> np.ndarray:
    """Return the errors of the series with the most of them, in the order of time."""
    return np.asarray(evidence.fresh.network[evidence.fresh.longest()])


def _echo(residuals: np.ndarray) -> int | None:
    """Return the lag at which short or jagged errors come again, None where none is sure.

    The autocorrelation must rise to it beyond chance, with all lags counted (Bonferroni), stand above its neighbours,
    and come again at twice the lag.
    """
    from scipy.special import ndtri

    n = len(residuals)
    most = n // 5
    centred = residuals - residuals.mean()
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    correlations = np.fft.irfft(power)[: 2 * most + 2] / float(centred @ centred)
    lags = np.arange(4, most + 1)
    if not len(lags):
        return None
    lag = int(lags[np.argmax(correlations[lags])])
    chance = 1 / np.sqrt(n)
    sure = -float(ndtri(limits.SIGNIFICANT / len(lags))) * chance
    rise = correlations[lag] - correlations[1:lag].min()
    is_top = correlations[lag] > max(correlations[lag - 1], correlations[lag + 1])
    # a short memory has faded long before
    is_alone = correlations[lag] > correlations[2 : lag // 2 + 2].max()
    again = correlations[2 * lag] > 2 * chance
    is_season = correlations[lag] > sure and rise > sure and is_top and is_alone and again
    return lag if is_season else None


def _seasonal_share(residuals: np.ndarray, season: int) -> float:
    """Return the share of the variance that the mean of the other cycles at the same phase explains."""
    n = len(residuals)
    if n < 3 * season:
        return remainder(residuals, [season])
    phase = np.arange(n) % season
    counts = np.bincount(phase, minlength=season)
    centred = residuals - residuals.mean()
    sums = np.bincount(phase, centred, season)
    others = (sums[phase] - centred) / np.maximum(counts[phase] - 1, 1)
    # fewer cycles make a noisier mean, which is shrunk by what that noise is worth
    slope = float(others @ centred) / max(float(others @ others), 1e-300)
    return 1 - float(((centred - np.clip(slope, 0, 1) * others) ** 2).sum()) / float((centred**2).sum())


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return Spearman's rank correlation and how many robust standard errors it is from 0."""
    ranks = [_ranks(part) for part in (a, b)]
    x, y = ((r - r.mean()) / max(float(r.std()), 1e-300) for r in ranks)
    return float(np.mean(x * y)), newey_west_z(x, y)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks, the mean one for equal values."""
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right"), float)


def _far(n: int) -> float:
    """Return the limit of a z at one in a thousand; further out for few points, where robust errors are too small."""
    from scipy.special import ndtri

    return float(-ndtri(limits.VERY_SIGNIFICANT / 2)) * (1 + 10 / n)
