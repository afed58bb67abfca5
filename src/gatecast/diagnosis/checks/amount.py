"""Are there enough data, and enough networks, for what was learned to be more than luck?"""

from __future__ import annotations

import numpy as np

from gatecast.diagnosis.evidence import Evidence, rmse
from gatecast.diagnosis.findings import Finding, part_of
from gatecast.diagnosis.thresholds import LEAST_POINTS, SEED_SHARE, WEIGHTS_PER_POINT

__all__ = ["data_too_short", "seeds_disagree"]

LEAST_UNITS = 4


def data_too_short(evidence: Evidence) -> Finding | None:
    """There are many times more weights than points."""
    facts = evidence.facts
    if not facts.n_learned:
        return None
    ratio = facts.n_parameters / facts.n_learned
    if ratio <= WEIGHTS_PER_POINT:
        return None
    # weights grow as the square of the units
    units = max(LEAST_UNITS, int(facts.hidden_size * np.sqrt(WEIGHTS_PER_POINT / 2 / ratio)))
    numbers = {"n_parameters": float(facts.n_parameters), "n_learned": float(facts.n_learned), "ratio": ratio}
    remedy = {"hidden_size": units} if units < facts.hidden_size else {}
    return Finding("data-too-short", "warning", numbers, settings=remedy)


def seeds_disagree(evidence: Evidence) -> Finding | None:
    """The members of an ensemble, which differ by their seed, forecast differently."""
    members, errors = evidence.fresh.members, evidence.fresh
    if len(members) < 2 or len(errors) < LEAST_POINTS or not errors.rmse > 0:
        return None
    spread = float(members.var(axis=0, ddof=1).mean())
    actual = errors.network + errors.fitted
    each = [rmse(actual - member) for member in members]
    share = spread / float(np.mean(np.square(each)))
    if share <= SEED_SHARE:
        return None
    numbers = {"share": share, "best_rmse": min(each), "worst_rmse": max(each), "rmse": errors.rmse}
    facts = {"part": part_of(evidence.part), "n_members": len(members)}
    return Finding("seeds-disagree", "info", numbers, facts, {"ensemble": 2 * len(members)})
