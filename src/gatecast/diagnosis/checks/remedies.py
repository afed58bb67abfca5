"""What should be changed? Settings that can be pasted, each as small a step as will show."""

from __future__ import annotations

from gatecast.diagnosis.evidence import Evidence
from gatecast.model.settings import as_code

__all__ = ["longer_lookback", "more_epochs", "more_seasons", "more_sight"]

LEAST_LOOKBACK = 16
# lookbacks that people write
STEPS = (16, 32, 48, 64, 96, 128, 168, 192, 256, 336, 400)


def longer_lookback(evidence: Evidence) -> str:
    """Return the lookback that a nearly best linear model needs, rounded up; "" where the fit has that already."""
    facts = evidence.facts
    needed = max(facts.needed_lags, LEAST_LOOKBACK)
    if facts.needed_lags <= facts.lookback:
        return ""
    # in windows, where nothing else is remembered, twice a lookback that is no longer short is not worth its time
    rounded = next((step for step in STEPS if step >= needed), needed)
    return f"lookback={rounded}"


def more_epochs(evidence: Evidence, factor: int = 2) -> str:
    """Return more epochs than were trained."""
    return as_code({"epochs": _more(evidence, factor)})


def more_seasons(evidence: Evidence, season: int) -> str:
    """Return the seasons with one more."""
    seasons = sorted({*evidence.facts.seasons, season})
    return f"season_length={seasons[0] if len(seasons) == 1 else tuple(seasons)}"


def more_sight(evidence: Evidence) -> str:
    """Return a longer lookback; where that is long enough a wider network that learns longer."""
    longer = longer_lookback(evidence)
    if longer:
        return longer
    return as_code({"hidden_size": 2 * evidence.facts.hidden_size, "epochs": _more(evidence, 2)})


def _more(evidence: Evidence, factor: int) -> int:
    return max(factor * evidence.facts.epochs, evidence.facts.epochs + 4)
