"""Do the intervals hold as often as they say?"""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.checks.remedies import larger_hold_out
from gatecast.diagnosis.evidence import Evidence
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.statistics import block_means
from gatecast.diagnosis.thresholds import CONFIDENCE, COVERAGE_GAP, LEAST_POINTS
from gatecast.model.loss import DISTRIBUTION_LOSSES
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
    from scipy.special import ndtri

    z = float(-ndtri((1 - CONFIDENCE) / 2))
    means = block_means(known.hits)
    numbers: dict[str, float] = {}
    said = []
    for n, level in enumerate(known.levels):
        share, held = level / 100, float(known.hits[:, n].mean())
        variance = share * (1 - share)
        # the coverage that so many errors calibrate is a Beta variable (Vovk 2012)
        calibrated = np.sqrt(variance / (known.n_calibration + 2)) if known.n_calibration else 0.0
        # no less than a binomial count varies
        reach = z * max(float(np.hypot(means[:, n].std(), calibrated)), float(np.sqrt(variance / len(known.hits))))
        # a level near 100 % has little room above: half of it counts
        gap = min(COVERAGE_GAP, (1 - share) / 2) if side > 0 else COVERAGE_GAP
        numbers |= {f"coverage_{level:g}": held, f"reach_{level:g}": reach}
        if side * (held - share) > max(gap, reach):
            said.append(Message("evidence.level", {"level": level, "held": 100 * held}))
    if not said:
        return None
    remedy = larger_hold_out(evidence)
    if evidence.facts.loss in DISTRIBUTION_LOSSES:
        remedy = {"loss": "mae", **remedy}
    elif side > 0 and known.n_calibration:
        remedy = {"loss": "quantile"}
    facts = {"part": part_of(evidence.part), "levels": said}
    return Finding(f"intervals-too-{'wide' if side > 0 else 'narrow'}", "warning", numbers, facts, remedy)
