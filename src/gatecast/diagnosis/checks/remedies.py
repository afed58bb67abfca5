"""What should be changed? Settings, each as small a step as will show."""

from __future__ import annotations

from gatecast._json import JsonObject
from gatecast.diagnosis.evidence import Evidence

__all__ = ["larger_hold_out", "less_freedom", "more_epochs", "more_seasons", "more_sight"]

USUAL_HOLD_OUT, MOST_HELD_OUT = 0.2, 0.5
USUAL_DROPOUT, MOST_DROPOUT = 0.2, 0.9
# a network with fewer units is not worth its time
LEAST_UNITS = 8
# lookbacks that people write
STEPS = (16, 32, 48, 64, 96, 128, 168, 192, 256, 336, 400)


def more_epochs(evidence: Evidence, factor: int = 2) -> JsonObject:
    """Return more epochs than were trained."""
    return {"epochs": max(factor * evidence.facts.epochs, evidence.facts.epochs + 4)}


def larger_hold_out(evidence: Evidence) -> JsonObject:
    """Return a larger hold-out than there was."""
    share = evidence.facts.hold_out_share
    larger = USUAL_HOLD_OUT if share < 0.75 * USUAL_HOLD_OUT else min(2 * share, MOST_HELD_OUT)
    return {"validation_size": float(f"{larger:.1g}")}


def less_freedom(evidence: Evidence) -> JsonObject:
    """Return fewer units, shorter training and more dropout than there were."""
    facts = evidence.facts
    hidden = min(facts.hidden_size, max(LEAST_UNITS, facts.hidden_size // 2))
    dropout = max(USUAL_DROPOUT, min(facts.dropout + 0.1, MOST_DROPOUT))
    return {"hidden_size": hidden, "epochs": max(1, facts.epochs // 2), "dropout": float(f"{dropout:.2g}")}


def more_seasons(evidence: Evidence, season: int) -> JsonObject:
    """Return the seasons with one more."""
    seasons = sorted({*evidence.facts.seasons, season})
    return {"season_length": seasons[0] if len(seasons) == 1 else tuple(seasons)}


def more_sight(evidence: Evidence) -> JsonObject:
    """Return the lookback that a nearly best linear model needs, rounded up; if there is one, a wider, longer fit."""
    needed = evidence.facts.needed_lags
    if needed > evidence.facts.lookback:
        return {"lookback": next((step for step in STEPS if step >= needed), needed)}
    return {"hidden_size": 2 * evidence.facts.hidden_size, **more_epochs(evidence)}
