"""Which seasons count for a table: those given, those of its frequency that it shows, or one that is found?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gatecast._json import JsonObject
from gatecast.data.panel.panel import Panel
from gatecast.data.seasonality.seasons import SeasonCheck, check_seasons, find_season, usual_seasons
from gatecast.texts.message import Message

__all__ = ["Seasons", "choose_seasons"]


@dataclass(frozen=True)
class Seasons:
    """The seasons of a table, and how they were found."""

    lengths: tuple[int, ...] = ()  # steps of each season that counts, shortest first
    source: str = "given"  # `given`, `frequency` (those that it suggests and the data show) or `search`
    checks: tuple[SeasonCheck, ...] = ()  # what was found of each season that was looked for

    @property
    def shortest(self) -> int:
        """Steps in the shortest season; 1 where there is none."""
        return self.lengths[0] if self.lengths else 1

    @property
    def is_exact(self) -> bool:
        """Whether the length is known to the step: one that was searched for is another phase some seasons back."""
        return self.source != "search"

    @classmethod
    def from_dict(cls, facts: JsonObject) -> Self:
        """Return the seasons that `dataclasses.asdict` took apart."""
        checks = tuple(SeasonCheck.from_dict(check) for check in facts["checks"])
        return cls(tuple(facts["lengths"]), facts["source"], checks)


def choose_seasons(panel: Panel, given: int | Sequence[int] | None = None) -> Seasons:
    """Return the seasons that count.

    Given ones are taken as they are, 1 for none. Those of the frequency are dropped where the data do not show them;
    where the frequency suggests none, one is searched for. A year of days counts as 364 where weeks matter too, because
    it holds whole weeks.
    """
    if given is not None:
        lengths = {int(season) for season in np.atleast_1d(np.asarray(given))}
        return Seasons(tuple(sorted(season for season in lengths if season > 1)))
    usual = usual_seasons(panel.grid)
    if not usual:
        found = find_season(panel.values, panel.offsets)
        if found is None:
            return Seasons(source="search")
        check = SeasonCheck(found, True, 1.0, Message("season.found", {"n": found}))
        return Seasons((found,), "search", (check,))
    checks = tuple(check_seasons(panel.values, panel.offsets, usual))
    kept = [check.season_length for check in checks if check.kept]
    return Seasons(tuple(364 if season == 365 and 7 in kept else season for season in kept), "frequency", checks)
