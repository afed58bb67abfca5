"""Is it a good fit? Against naive and linear forecasts, its own errors on learned points, the noise, and luck."""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis import thresholds as limits
from gatecast.diagnosis.checks.errors import remainder_of
from gatecast.diagnosis.checks.remedies import less_freedom, more_sight
from gatecast.diagnosis.evidence import Evidence, rmse
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.statistics import block_means, ratio_draws
from gatecast.texts.message import Message

__all__ = [
    "above_noise_floor",
    "at_noise_floor",
    "data_too_short",
    "leakage",
    "overfit",
    "seeds_disagree",
    "underfit",
    "worse_than_naive",
]

LEAST_UNITS = 4
TAIL = (1 - limits.CONFIDENCE) / 2


def worse_than_naive(evidence: Evidence) -> Finding | None:
    """Repeating the last value is better, beyond what chance explains."""
    errors = evidence.fresh
    found = _gap(errors.network, errors.naive)
    if found is None or found[1] <= 1 + limits.UNDERFIT_GAP:
        return None
    ratio, low, high = found
    numbers = {"rmse": errors.rmse, "naive_rmse": rmse(errors.naive), "ratio": ratio, "low": low, "high": high}
    return Finding("worse-than-naive", "error", numbers, {"part": part_of(evidence.part)}, more_sight(evidence))


def underfit(evidence: Evidence) -> Finding | None:
    """A linear autoregression is better on new points, and on learned ones as well."""
    errors, learned = evidence.fresh, evidence.learned
    found = _gap(errors.network, errors.linear)
    if found is None or found[1] <= 1 + limits.UNDERFIT_GAP:
        return None
    if learned is not None and evidence.is_out_of_sample and rmse(learned.network) < rmse(learned.linear):
        # what it learned it learned well: that is no underfit but an overfit
        return None
    ratio, low, high = found
    train_rmse = rmse(learned.network) if learned else float("nan")
    numbers = {"rmse": errors.rmse, "train_rmse": train_rmse, "linear_rmse": rmse(errors.linear), "ratio": ratio}
    lookback, needed = evidence.facts.lookback, evidence.facts.needed_lags
    numbers |= {"low": low, "high": high, "lookback": float(lookback), "needed_lags": float(needed)}
    lags = Message("evidence.lags", {"needed": needed, "lookback": lookback}) if needed > lookback else ""
    facts = {"part": part_of(evidence.part), "lags": lags}
    return Finding("underfit", "warning", numbers, facts, more_sight(evidence))


def overfit(evidence: Evidence) -> Finding | None:
    """Errors on new points are larger than on learned ones, more so than those of the linear model."""
    fresh, learned = evidence.fresh, evidence.learned
    if not evidence.is_out_of_sample or learned is None or not len(learned.linear):
        return None
    ratios = [np.log(ratio_draws(part.network, part.linear, seed)) for part, seed in ((fresh, 1), (learned, 2))]
    gap = 0.5 * (ratios[0] - ratios[1])
    low, high = np.exp(np.quantile(gap, [TAIL, 1 - TAIL]))
    own, linear = fresh.rmse / learned.rmse, rmse(fresh.linear) / rmse(learned.linear)
    if low <= 1 + limits.OVERFIT_GAP / 2 or own / linear <= 1 + limits.OVERFIT_GAP:
        return None
    numbers = {"rmse": fresh.rmse, "train_rmse": learned.rmse, "ratio": own, "linear_ratio": linear}
    numbers |= {"low": float(low), "high": float(high)}
    return Finding("overfit", "warning", numbers, {"part": part_of(evidence.part)}, less_freedom(evidence))


def leakage(evidence: Evidence) -> Finding | None:
    """The error is suspiciously far below the noise, or a covariate is the target itself."""
    facts, floor = evidence.facts, evidence.floor
    if facts.same_as_target:
        return Finding("leakage-suspected", "error", {"correlation": 1.0}, about=facts.same_as_target)
    if floor is None or not evidence.is_out_of_sample or not floor.low > 0 or not len(evidence.fresh.network):
        return None
    ratio = evidence.fresh.rmse / floor.low
    if ratio >= limits.LEAKAGE:
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
    if over > limits.AT_FLOOR or share > limits.REMAINDER:
        return None
    facts = {"part": part_of(evidence.part), "limit": limits.AT_FLOOR, "method": _named(evidence.floor.method)}
    return Finding("at-noise-floor", "ok", numbers | {"remainder": share}, facts)


def above_noise_floor(evidence: Evidence) -> Finding | None:
    """The error is clearly above an estimate of the noise."""
    found = _over_floor(evidence)
    if found is None or evidence.floor is None or found[0] <= limits.ABOVE_FLOOR:
        return None
    # the interval of the floor, and that of the errors themselves
    low, _ = np.quantile(np.sqrt(np.maximum(block_means(evidence.fresh.network**2), 0)), [0.005, 0.995])
    if evidence.floor.method != "linear" and low <= evidence.floor.high:
        return None
    compared = _gap(evidence.fresh.network, evidence.fresh.linear)
    if evidence.floor.method == "linear" and (compared is None or compared[1] <= 1 + limits.ABOVE_FLOOR / 2):
        return None
    facts = {"method": _named(evidence.floor.method)}
    return Finding("above-noise-floor", "info", found[1], facts, more_sight(evidence))


def data_too_short(evidence: Evidence) -> Finding | None:
    """There are many times more weights than points."""
    facts = evidence.facts
    if not facts.is_trained or not facts.n_learned:
        return None
    ratio = facts.n_parameters / facts.n_learned
    if ratio <= limits.WEIGHTS_PER_POINT:
        return None
    # weights grow as the square of the units
    units = max(LEAST_UNITS, int(facts.hidden_size * np.sqrt(limits.WEIGHTS_PER_POINT / 2 / ratio)))
    numbers = {"n_parameters": float(facts.n_parameters), "n_learned": float(facts.n_learned), "ratio": ratio}
    remedy = {"hidden_size": units} if units < facts.hidden_size else {}
    return Finding("data-too-short", "warning", numbers, settings=remedy)


def seeds_disagree(evidence: Evidence) -> Finding | None:
    """The members of an ensemble, which differ by their seed, forecast differently."""
    members, errors = evidence.fresh.members, evidence.fresh
    if len(members) < 2 or len(errors) < limits.LEAST_POINTS or not errors.rmse > 0:
        return None
    spread = float(members.var(axis=0, ddof=1).mean())
    actual = errors.network + errors.fitted
    each = [rmse(actual - member) for member in members]
    share = spread / float(np.mean(np.square(each)))
    if share <= limits.SEED_SHARE:
        return None
    numbers = {"share": share, "best_rmse": min(each), "worst_rmse": max(each), "rmse": errors.rmse}
    facts = {"part": part_of(evidence.part), "n_members": len(members)}
    return Finding("seeds-disagree", "info", numbers, facts, {"ensemble": 2 * len(members)})


def _over_floor(evidence: Evidence) -> tuple[float, dict[str, float]] | None:
    floor = evidence.floor
    if floor is None or not floor.rmse > 0 or not evidence.is_out_of_sample:
        return None
    own, same = evidence.fresh.rmse, rmse(evidence.fresh.linear)
    # of the linear model the errors on the same points, where the luck of the part cancels out
    part = same / floor.rmse if floor.method == "linear" else 1.0
    low, middle, high = floor.low * part, floor.rmse * part, floor.high * part
    over = own / middle - 1
    return over, {"rmse": own, "floor": middle, "floor_low": low, "floor_high": high, "above": over}


def _gap(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float] | None:
    """Return the ratio of two RMSEs on the same points with its 99 % interval; None for too few or perfect ones."""
    if len(ours) < limits.LEAST_POINTS or len(theirs) != len(ours) or not np.any(theirs):
        return None
    low, high = np.quantile(np.sqrt(ratio_draws(ours, theirs)), [TAIL, 1 - TAIL])
    return rmse(ours) / rmse(theirs), float(low), float(high)


def _named(method: str) -> Message:
    return Message("evidence.gamma" if method == "gamma test" else "evidence.linear")
