"""How long are some steps, in words that people use? Nine steps of a day are nine days."""

from __future__ import annotations

import math

from gatecast.data.panel.frequency import named_grid
from gatecast.data.panel.grid import DAY, BusinessGrid, FixedGrid, MonthGrid
from gatecast.texts.message import Message

__all__ = ["duration", "duration_message"]

SECOND = 1_000_000_000
# units of time, the longest first
UNITS = (
    ("week", 7 * DAY),
    ("day", DAY),
    ("hour", 3600 * SECOND),
    ("minute", 60 * SECOND),
    ("second", SECOND),
    ("millisecond", SECOND // 1000),
    ("microsecond", SECOND // 1_000_000),
)


def duration(steps: float, freq: str | int) -> str:
    """Say how long some steps are (infinity: for ever), with two digits that count."""
    return str(duration_message(steps, freq))


def duration_message(steps: float, freq: str | int) -> Message:
    """Return what `duration` says as a unit and its number, to be said in any language."""
    if not math.isfinite(steps):
        return Message("unit.for_ever" if steps > 0 else "unit.unknown")
    grid = named_grid(freq)
    if isinstance(grid, FixedGrid):
        return _elapsed(steps * grid.nanoseconds, weeks=grid.nanoseconds % (7 * DAY) == 0)
    if isinstance(grid, MonthGrid):
        months = steps * grid.n_months
        return _count(months / 12, "year") if months >= 24 or grid.n_months % 12 == 0 else _count(months, "month")
    if isinstance(grid, BusinessGrid):
        return _count(steps * grid.n_days, "business_day")
    return _count(steps, "step")


def _elapsed(nanoseconds: float, *, weeks: bool) -> Message:
    # days are counted on to weeks only where a step is one
    units = UNITS if weeks else UNITS[1:]
    name, size = next((unit for unit in units if nanoseconds >= 0.995 * unit[1]), units[-1])
    return _count(nanoseconds / size, name)


def _count(number: float, unit: str) -> Message:
    # two digits that count, and whole numbers from ten on
    return Message(f"unit.{unit}", {"n": f"{number:,.0f}" if abs(number) >= 9.95 else f"{number:.2g}"})
