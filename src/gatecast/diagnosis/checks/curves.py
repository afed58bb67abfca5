"""Was it trained long enough, and well? From the curve of the loss."""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis import thresholds as limits
from gatecast.diagnosis.checks.remedies import more_epochs
from gatecast.diagnosis.evidence import Curves, Evidence
from gatecast.diagnosis.findings import Finding
from gatecast.diagnosis.statistics import slope_t
from gatecast.texts.message import Message

__all__ = ["diverging", "past_its_best", "plateau", "still_learning", "too_noisy"]


def still_learning(evidence: Evidence) -> Finding | None:
    """The loss was still falling when training ended."""
    curves = _long_enough(evidence)
    if curves is None or evidence.facts.stop == "no_improvement" or not _is_falling(curves.loss):
        return None
    gain = _gain(curves.loss)
    numbers = {"gain": gain, "t": slope_t(_end(curves.loss))[1], "checks": float(len(curves.loss))}
    return Finding("still-learning", "warning", numbers, _whose(curves), more_epochs(evidence, 3))


def plateau(evidence: Evidence) -> Finding | None:
    """The loss had come to rest."""
    curves = _long_enough(evidence)
    if curves is None:
        return None
    if any(check(evidence) is not None for check in (still_learning, diverging, too_noisy, past_its_best)):
        return None
    numbers = {"gain": _gain(curves.loss), "checks": float(len(curves.loss))}
    return Finding("plateau", "ok", numbers, _whose(curves))


def diverging(evidence: Evidence) -> Finding | None:
    """The loss rose on learned points too, or stopped being a number."""
    curves = _long_enough(evidence)
    if curves is None:
        return None
    loss = curves.train if len(curves.train) else curves.loss
    if np.isfinite(loss).all() and np.isfinite(curves.loss).all():
        rise = float(np.median(_end(loss)) / loss.min() - 1) if loss.min() > 0 else 0.0
        after = loss[int(np.argmin(loss)) :]
        if rise <= limits.DIVERGING or len(after) < 3 or not slope_t(after)[1] > limits.TREND:
            return None
    else:
        rise = float("inf")
    return Finding("diverging", "warning", {"rise": rise}, settings=_slower(evidence))


def past_its_best(evidence: Evidence) -> Finding | None:
    """The validation loss rose again while the loss on learned points went on to fall."""
    curves = _long_enough(evidence)
    if curves is None or not len(curves.train) or not np.isfinite(curves.loss).all():
        return None
    best = int(np.argmin(curves.loss))
    rise = float(np.median(_end(curves.loss)) / curves.loss[best] - 1) if curves.loss[best] > 0 else 0.0
    gained = float(1 - np.median(_end(curves.train)) / curves.train[best]) if curves.train[best] > 0 else 0.0
    if rise <= limits.PAST_BEST or gained <= 0 or diverging(evidence) is not None:
        return None
    epochs = max(1, round(float(curves.epochs[best]))) if len(curves.epochs) else evidence.facts.epochs
    numbers = {"rise": rise, "train_gain": gained, "best_epoch": float(epochs)}
    return Finding("past-its-best", "info", numbers, settings={"epochs": epochs})


def too_noisy(evidence: Evidence) -> Finding | None:
    """The loss jumps from check to check."""
    curves = _long_enough(evidence)
    if curves is None or not np.isfinite(curves.loss).all() or curves.loss.min() <= 0:
        return None
    half = np.log(curves.loss[len(curves.loss) // 2 :])
    if len(half) < 4:
        return None
    # second differences of independent noise have six times its variance; a smooth curve has none
    scatter = float(np.sqrt(np.mean(np.diff(half, 2) ** 2) / 6))
    if scatter <= limits.NOISY:
        return None
    return Finding("too-noisy", "warning", {"scatter": scatter}, _whose(curves), _slower(evidence))


def _long_enough(evidence: Evidence) -> Curves | None:
    curves = evidence.curves
    return curves if curves is not None and len(curves.loss) >= limits.LEAST_CHECKS else None


def _end(curve: np.ndarray) -> np.ndarray:
    return curve[-max(4, len(curve) // 3) :]


def _gain(loss: np.ndarray) -> float:
    """Return the share by which half as many checks again as the end has would lower the loss."""
    end = _end(loss)
    slope, _, _ = slope_t(end)
    return float(-slope * len(end) / 2 / np.abs(end).mean()) if np.abs(end).mean() > 0 else 0.0


def _is_falling(loss: np.ndarray) -> bool:
    """Tell whether the end falls, by much of the loss or by much of all that it fell, and does not flatten out."""
    if not np.isfinite(loss).all():
        return False
    end = _end(loss)
    slope, t, _ = slope_t(end)
    fall, whole = -slope * (len(end) - 1), float(loss[0] - loss[-1])
    if t > -limits.TREND or fall < limits.LEAST_FALL * float(np.abs(end).mean()):
        return False
    # a schedule that ends in tiny steps flattens out: what it fell before says nothing
    last = end[len(end) // 2 :]
    later = -slope_t(last)[0] * (len(last) - 1) if len(last) > 2 else float(last[0] - last[-1])
    is_steady = later > limits.STEADY * fall
    return is_steady and (_gain(loss) > limits.LEARNING_GAIN or fall > limits.FALL_SHARE * whole)


def _slower(evidence: Evidence) -> dict[str, float]:
    return {"learning_rate": float(f"{evidence.facts.learning_rate / 3:.1g}")}


def _whose(curves: Curves) -> dict[str, Message]:
    return {"curve": Message("part.validation" if curves.is_validation else "part.training")}
