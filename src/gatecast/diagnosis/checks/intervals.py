"""Do the intervals hold as often as they say?"""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.checks.remedies import larger_hold_out
from gatecast.diagnosis.evidence import Evidence
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.statistics import block_means
from gatecast.diagnosis.thresholds import CONFIDENCE, COVERAGE_GAP, LEAST_POINTS
from gatecast.model.plan import DISTRIBUTION_LOSSES
from gatecast.texts.message import Message

__all__ = ["intervals_too_narrow", "intervals_too_wide"]


def intervals_too_narrow(evidence: Evidence) -> Finding | None:
    """Some interval holds less often than it says, beyond what chance explains."""
    return _judged(evidence, -1)


def intervals_too_wide(evidence: Evidence) -> Finding | None:
    """Some interval holds more often than it says, beyond what chance explains."""
    return _judged(evidence, 1)


def _judged(evidence: Evidence, side: int) -> Finding | None:
    known = evidence.coverage
    if known is None or len(known.hits) < LEAST_POINTS:
        return None
    means = block_means(known.hits)
    numbers: dict[str, float] = {}
    said = []
    for n, level in enumerate(known.levels):
        share, held = level / 100, float(known.hits[:, n].mean())
        reach = _z() * np.hypot(means[:, n].std(), _of_calibration(share, known.n_calibration))
        # no less than a binomial count varies
        reach = max(float(reach), _z() * np.sqrt(share * (1 - share) / len(known.hits)))
        # a level near 100 % has little room above: half of it counts
        gap = min(COVERAGE_GAP, (1 - share) / 2) if side > 0 else COVERAGE_GAP
        numbers |= {f"coverage_{level:g}": held, f"reach_{level:g}": reach}
        if side * (held - share) > max(gap, reach):
            said.append(Message("evidence.level", {"level": level, "held": 100 * held}))
    if not said:
        return None
    facts = {"part": part_of(evidence.part), "levels": said}
    remedy = larger_hold_out(evidence)
    if evidence.facts.loss in DISTRIBUTION_LOSSES:
        remedy = {"loss": "mae", **remedy}
    elif side > 0 and known.n_calibration:
        remedy = {"loss": "quantile"}
    return Finding(f"intervals-too-{'wide' if side > 0 else 'narrow'}", "warning", numbers, facts, remedy)


def _of_calibration(share: float, n: int) -> float:
    """Return the standard deviation of the coverage that n errors calibrate: a Beta variable (Vovk 2012)."""
    return float(np.sqrt(share * (1 - share) / (n + 2))) if n else 0.0


def _z() -> float:
    from scipy.special import ndtri

    return float(-ndtri((1 - CONFIDENCE) / 2))
