"""What does the page ask for with a table? Only what a person has set by hand; the rest is found out."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gatecast.serving.schemas import ColumnNames, Horizon, Numbers

__all__ = ["Asked"]


class Asked(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """What a person has set on the page."""

    horizon: Horizon | None = None
    level: Numbers = 80.0
    season_length: Annotated[int, Meta(ge=1)] | None = None
    series: str | None = None  # which one is drawn, by its name
