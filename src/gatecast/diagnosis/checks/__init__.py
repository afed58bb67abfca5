"""Which checks are there? Each is a function of the evidence that returns a finding or none; another is a line here.

The order is that in which remedies are tried: what the series needs first, then how long and how fast it is learned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gatecast.diagnosis.checks import curves, errors, fit, intervals
from gatecast.diagnosis.evidence import Evidence
from gatecast.diagnosis.findings import SEVERITIES, Finding, error_of

__all__ = ["CHECKS", "judge"]

Check = Callable[[Evidence], Finding | None]

CHECKS: tuple[Check, ...] = (
    fit.leakage,
    fit.worse_than_naive,
    fit.underfit,
    errors.predictable_remainder,
    errors.season_in_residuals,
    curves.diverging,
    curves.too_noisy,
    curves.still_learning,
    fit.overfit,
    curves.past_its_best,
    fit.data_too_short,
    fit.seeds_disagree,
    errors.drift,
    errors.heteroscedasticity,
    intervals.intervals_too_narrow,
    intervals.intervals_too_wide,
    fit.above_noise_floor,
    fit.at_noise_floor,
    curves.plateau,
)


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    """Ask all checks; what asks for action comes first."""
    found = [finding for check in CHECKS if (finding := check(evidence)) is not None]
    if evidence.is_scaled:
        error = {"error": error_of(is_scaled=True)}
        found = [
            replace(finding, facts=finding.facts | error) if "rmse" in finding.evidence else finding
            for finding in found
        ]
    if not evidence.facts.is_trained:
        # remedies are settings of a training
        found = [replace(finding, settings={}) for finding in found]
    return tuple(sorted(found, key=lambda finding: SEVERITIES.index(finding.severity)))
