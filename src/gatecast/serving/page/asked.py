"""What does the page ask for with a table? Only what a person has set by hand; the rest is found out."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from gatecast.serving.schemas import ColumnNames, Horizon, Numbers

__all__ = ["Asked", "AskedErrors", "AskedModel"]


class Asked(ColumnNames, kw_only=True, forbid_unknown_fields=True):
    """What a person has set on the page."""

    horizon: Horizon | None = None
    level: Numbers = 80.0
    season_length: Annotated[int, Meta(ge=1)] | None = None
    series: str | None = None  # which one is drawn, by its name


class AskedErrors(Asked, kw_only=True, forbid_unknown_fields=True):
    """Whose errors on held-back values are asked for: a model by its name, or those that take no time."""

    model: str = ""


class AskedModel(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is asked of a model that was trained."""

    level: Numbers = 80.0
    series: str | None = None
