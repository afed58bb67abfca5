"""How many steps does the season have that a frequency suggests?"""

from __future__ import annotations

from gatecast.data.grid import DAY, BusinessGrid, FixedGrid, Grid, MonthGrid

__all__ = ["usual_season"]


def usual_season(grid: Grid) -> int:
    """Return the season that people expect at a frequency.

    A day for steps below a day (24 for hours, 48 for half hours), a week for days (7, or 5 for business days), a year
    for weeks, months and quarters (52, 12, 4), 1 (no season) for years and integer steps.

    Args:
        grid: From `Panel.grid`.

    Examples:
        >>> from gatecast.data.frequency import named_grid
        >>> [usual_season(named_grid(freq)) for freq in ("30min", "D", "MS", 1)]
        [48, 7, 12, 1]
    """
    if isinstance(grid, BusinessGrid):
        return max(1, 5 // grid.n_days)
    if isinstance(grid, MonthGrid):
        return max(1, 12 // grid.n_months)
    if isinstance(grid, FixedGrid):
        for season in (DAY, 7 * DAY, 364 * DAY):
            if grid.nanoseconds < season:
                return max(1, season // grid.nanoseconds)
    return 1
