"""Is it a good fit? Against naive and linear forecasts, against its own errors on learned points, against the noise."""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.checks.errors import remainder_of
from gatecast.diagnosis.checks.remedies import more_sight
from gatecast.diagnosis.evidence import Errors, Evidence, rmse
from gatecast.diagnosis.findings import Finding
from gatecast.diagnosis.statistics import block_means, ratio_interval
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
from gatecast.model.settings import as_code

__all__ = ["above_noise_floor", "at_noise_floor", "leakage", "overfit", "underfit", "worse_than_naive"]


def worse_than_naive(evidence: Evidence) -> Finding | None:
    """Repeating the last value is better, beyond what chance explains."""
    errors = evidence.fresh
    found = _gap(errors.network, errors.naive)
    if found is None or found[1] <= 1 + UNDERFIT_GAP:
        return None
    ratio, low, high = found
    numbers = {"rmse": errors.rmse, "naive_rmse": rmse(errors.naive), "ratio": ratio, "low": low, "high": high}
    sentence = (
        f"Repeating the last value is better: its RMSE on the {evidence.part} is {rmse(errors.naive):.4g}, the LSTM's "
        f"{errors.rmse:.4g} is {ratio:.2f} times that ({low:.2f} to {high:.2f})."
    )
    return Finding("worse-than-naive", "error", numbers, sentence, more_sight(evidence))


def underfit(evidence: Evidence) -> Finding | None:
    """A linear autoregression is better on new points, and on learned ones as well."""
    errors, learned = evidence.fresh, evidence.learned
    found = _gap(errors.network, errors.linear)
    if found is None or found[1] <= 1 + UNDERFIT_GAP:
        return None
    if learned is not None and evidence.is_out_of_sample and _is_learned_well(learned):
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
    sentence = (
        f"It is underfit: on the {evidence.part} its RMSE is {errors.rmse:.4g}, where a linear autoregression on the "
        f"same training part reaches {rmse(errors.linear):.4g} ({ratio:.2f} times; 99 % interval {low:.2f} to "
        f"{high:.2f}){_about_lags(evidence)}."
    )
    return Finding("underfit", "warning", numbers, sentence, more_sight(evidence))


def overfit(evidence: Evidence) -> Finding | None:
    """Errors on new points are larger than on learned ones, more so than those of the linear model."""
    fresh, learned = evidence.fresh, evidence.learned
    if not evidence.is_out_of_sample or learned is None or not len(learned.linear):
        return None
    ratios = [_log_ratio(part, seed) for part, seed in ((fresh, 1), (learned, 2))]
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
    sentence = (
        f"It is overfit: its RMSE is {learned.rmse:.4g} on points that it learned from and {fresh.rmse:.4g} on the "
        f"{evidence.part}, {own:.2f} times as much; for a linear model that factor is {linear:.2f}."
    )
    epochs = max(1, evidence.facts.epochs // 2)
    hidden = max(8, evidence.facts.hidden_size // 2)
    remedy = as_code({"hidden_size": hidden, "epochs": epochs, "dropout": 0.2})
    return Finding("overfit", "warning", numbers, sentence, remedy)


def leakage(evidence: Evidence) -> Finding | None:
    """The error is suspiciously far below the noise, or a covariate is the target itself."""
    facts, floor = evidence.facts, evidence.floor
    if facts.same_as_target:
        sentence = (
            f"A leak is suspected: the column {facts.same_as_target!r} moves exactly as the target, before the target "
            "is known. Leave it out, unless it is known so early in use."
        )
        return Finding("leakage-suspected", "error", {"correlation": 1.0}, sentence, about=facts.same_as_target)
    if floor is None or not evidence.is_out_of_sample or not floor.low > 0 or not len(evidence.fresh.network):
        return None
    ratio = evidence.fresh.rmse / floor.low
    if ratio >= LEAKAGE:
        return None
    numbers = {"rmse": evidence.fresh.rmse, "floor": floor.rmse, "floor_low": floor.low, "ratio": ratio}
    sentence = (
        f"A leak is suspected: the RMSE of {evidence.fresh.rmse:.4g} is {ratio:.0%} of what the series' own past "
        f"allows ({floor.low:.4g} at least, by {_named(floor.method)}). Check whether a covariate or the test part "
        "holds what is to be forecast."
    )
    return Finding("leakage-suspected", "warning", numbers, sentence)


def at_noise_floor(evidence: Evidence) -> Finding | None:
    """Nothing better is known to be possible: the error is that of the noise, and nothing is predictable in it."""
    found = _over_floor(evidence)
    if found is None or evidence.floor is None:
        return None
    over, numbers = found
    share = remainder_of(evidence)
    if over > AT_FLOOR or share > REMAINDER:
        return None
    sentence = (
        f"It is at its floor: the RMSE of {evidence.fresh.rmse:.4g} on the {evidence.part} is within {AT_FLOOR:.0%} "
        f"of the noise, estimated as {evidence.floor.rmse:.4g} "
        f"({evidence.floor.low:.4g} to {evidence.floor.high:.4g}) by "
        f"{_named(evidence.floor.method)}. More training will not help."
    )
    return Finding("at-noise-floor", "ok", numbers | {"remainder": share}, sentence)


def above_noise_floor(evidence: Evidence) -> Finding | None:
    """The error is clearly above an estimate of the noise."""
    found = _over_floor(evidence)
    if found is None or evidence.floor is None or found[0] <= ABOVE_FLOOR:
        return None
    over, numbers = found
    # the interval of the floor, and that of the errors themselves
    low, _ = np.quantile(np.sqrt(np.maximum(block_means(evidence.fresh.network**2), 0)), [0.005, 0.995])
    if evidence.floor.method != "linear" and low <= evidence.floor.high:
        return None
    compared = _gap(evidence.fresh.network, evidence.fresh.linear)
    if evidence.floor.method == "linear" and (compared is None or compared[1] <= 1 + ABOVE_FLOOR / 2):
        return None
    sentence = (
        f"The RMSE of {evidence.fresh.rmse:.4g} is {over:.0%} above the noise, estimated as {evidence.floor.rmse:.4g} "
        f"({evidence.floor.low:.4g} to {evidence.floor.high:.4g}) by {_named(evidence.floor.method)}: a better "
        "forecast "
        "is possible."
    )
    return Finding("above-noise-floor", "info", numbers, sentence, more_sight(evidence))


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


def _is_learned_well(learned: Errors) -> bool:
    return bool(rmse(learned.network) < rmse(learned.linear))


def _log_ratio(errors: Errors, seed: int) -> np.ndarray:
    means = block_means(np.stack([errors.network**2, errors.linear**2], axis=1), seed)
    means = np.maximum(means, np.finfo(float).tiny)
    return np.asarray(np.log(means[:, 0] / means[:, 1]))


def _about_lags(evidence: Evidence) -> str:
    facts = evidence.facts
    if facts.needed_lags <= facts.lookback:
        return ""
    return f", which looks back {facts.needed_lags} points where the LSTM looks back {facts.lookback}"


def _named(method: str) -> str:
    return "the Gamma test" if method == "gamma test" else "the errors of the best linear autoregression"
