"""Is it a good fit? Against naive and linear forecasts, against its own errors on learned points, against the noise."""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.checks.errors import remainder_of
from gatecast.diagnosis.checks.remedies import less_freedom, more_sight
from gatecast.diagnosis.evidence import Evidence, rmse
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.statistics import block_means, ratio_draws, ratio_interval
from gatecast.diagnosis.thresholds import (
    ABOVE_FLOOR,
    AT_FLOOR,
    CONFIDENCE,
    LEAKAGE,
    LEAST_POINTS,
    OVERFIT_GAP,
    REMAINDER,
    UNDERFIT_GAP,
)
from gatecast.texts.message import Message

__all__ = ["above_noise_floor", "at_noise_floor", "leakage", "overfit", "underfit", "worse_than_naive"]


def worse_than_naive(evidence: Evidence) -> Finding | None:
    """Repeating the last value is better, beyond what chance explains."""
    errors = evidence.fresh
    found = _gap(errors.network, errors.naive)
    if found is None or found[1] <= 1 + UNDERFIT_GAP:
        return None
    ratio, low, high = found
    numbers = {"rmse": errors.rmse, "naive_rmse": rmse(errors.naive), "ratio": ratio, "low": low, "high": high}
    return Finding("worse-than-naive", "error", numbers, {"part": part_of(evidence.part)}, more_sight(evidence))


def underfit(evidence: Evidence) -> Finding | None:
    """A linear autoregression is better on new points, and on learned ones as well."""
    errors, learned = evidence.fresh, evidence.learned
    found = _gap(errors.network, errors.linear)
    if found is None or found[1] <= 1 + UNDERFIT_GAP:
        return None
    if learned is not None and evidence.is_out_of_sample and rmse(learned.network) < rmse(learned.linear):
        # what it learned it learned well: that is no underfit but an overfit
        return None
    ratio, low, high = found
    numbers = {
        "rmse": errors.rmse,
        "train_rmse": rmse(learned.network) if learned else float("nan"),
        "linear_rmse": rmse(errors.linear),
        "ratio": ratio,
        "low": low,
        "high": high,
        "lookback": float(evidence.facts.lookback),
        "needed_lags": float(evidence.facts.needed_lags),
    }
    facts = {"part": part_of(evidence.part), "lags": _about_lags(evidence)}
    return Finding("underfit", "warning", numbers, facts, more_sight(evidence))


def overfit(evidence: Evidence) -> Finding | None:
    """Errors on new points are larger than on learned ones, more so than those of the linear model."""
    fresh, learned = evidence.fresh, evidence.learned
    if not evidence.is_out_of_sample or learned is None or not len(learned.linear):
        return None
    ratios = [np.log(ratio_draws(part.network, part.linear, seed)) for part, seed in ((fresh, 1), (learned, 2))]
    gap = 0.5 * (ratios[0] - ratios[1])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.exp(np.quantile(gap, [tail, 1 - tail]))
    own, linear = fresh.rmse / learned.rmse, rmse(fresh.linear) / rmse(learned.linear)
    if low <= 1 + OVERFIT_GAP / 2 or own / linear <= 1 + OVERFIT_GAP:
        return None
    numbers = {
        "rmse": fresh.rmse,
        "train_rmse": learned.rmse,
        "ratio": own,
        "linear_ratio": linear,
        "low": float(low),
        "high": float(high),
    }
    return Finding("overfit", "warning", numbers, {"part": part_of(evidence.part)}, less_freedom(evidence))


def leakage(evidence: Evidence) -> Finding | None:
    """The error is suspiciously far below the noise, or a covariate is the target itself."""
    facts, floor = evidence.facts, evidence.floor
    if facts.same_as_target:
        return Finding("leakage-suspected", "error", {"correlation": 1.0}, about=facts.same_as_target)
    if floor is None or not evidence.is_out_of_sample or not floor.low > 0 or not len(evidence.fresh.network):
        return None
    ratio = evidence.fresh.rmse / floor.low
    if ratio >= LEAKAGE:
        return None
    numbers = {"rmse": evidence.fresh.rmse, "floor": floor.rmse, "floor_low": floor.low, "ratio": ratio}
    named = {"part": part_of(evidence.part), "method": _named(floor.method)}
    return Finding("leakage-suspected", "warning", numbers, named)


def at_noise_floor(evidence: Evidence) -> Finding | None:
    """Nothing better is known to be possible: the error is that of the noise, and nothing is predictable in it."""
    found = _over_floor(evidence)
    if found is None or evidence.floor is None:
        return None
    over, numbers = found
    share = remainder_of(evidence)
    if over > AT_FLOOR or share > REMAINDER:
        return None
    facts = {"part": part_of(evidence.part), "limit": AT_FLOOR, "method": _named(evidence.floor.method)}
    return Finding("at-noise-floor", "ok", numbers | {"remainder": share}, facts)


def above_noise_floor(evidence: Evidence) -> Finding | None:
    """The error is clearly above an estimate of the noise."""
    found = _over_floor(evidence)
    if found is None or evidence.floor is None or found[0] <= ABOVE_FLOOR:
        return None
    numbers = found[1]
    # the interval of the floor, and that of the errors themselves
    low, _ = np.quantile(np.sqrt(np.maximum(block_means(evidence.fresh.network**2), 0)), [0.005, 0.995])
    if evidence.floor.method != "linear" and low <= evidence.floor.high:
        return None
    compared = _gap(evidence.fresh.network, evidence.fresh.linear)
    if evidence.floor.method == "linear" and (compared is None or compared[1] <= 1 + ABOVE_FLOOR / 2):
        return None
    facts = {"method": _named(evidence.floor.method)}
    return Finding("above-noise-floor", "info", numbers, facts, more_sight(evidence))


def _over_floor(evidence: Evidence) -> tuple[float, dict[str, float]] | None:
    floor = evidence.floor
    if floor is None or not floor.rmse > 0 or not evidence.is_out_of_sample:
        return None
    own = evidence.fresh.rmse
    over = own / floor.rmse - 1
    if floor.method == "linear":
        # on the same points, where the luck of the part cancels out
        over = own / rmse(evidence.fresh.linear) - 1
    numbers = {"rmse": own, "floor": floor.rmse, "floor_low": floor.low, "floor_high": floor.high, "above": over}
    return over, numbers


def _gap(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float] | None:
    """Return the ratio of two RMSEs on the same points with its 99 % interval; None for too few or perfect ones."""
    if len(ours) < LEAST_POINTS or len(theirs) != len(ours) or not np.any(theirs):
        return None
    return (rmse(ours) / rmse(theirs), *ratio_interval(ours, theirs))


def _about_lags(evidence: Evidence) -> Message | str:
    facts = evidence.facts
    if facts.needed_lags <= facts.lookback:
        return ""
    return Message("evidence.lags", {"needed": facts.needed_lags, "lookback": facts.lookback})


def _named(method: str) -> Message:
    return Message("evidence.gamma" if method == "gamma test" else "evidence.linear")
