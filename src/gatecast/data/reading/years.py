"""In which century is a year of two digits? The other rows of the column and today's date decide."""

import datetime
from collections.abc import Iterable

__all__ = ["full_years"]

AHEAD = 10  # years by which plans and covariates may reach into the future


def full_years(short: Iterable[int], this_year: int | None = None) -> dict[int, int]:
    """Return the full year of each year of two digits that stand in one column.

    The years follow each other without the longest gap of a century, so that 62 to 75 and 98 to 03 stay together. They
    are the newest ones that begin by next year and end within ten years: 49 is 1949, and 24 is 2024.

    Examples:
        >>> full_years([98, 99, 0, 1], this_year=2026)
        {98: 1998, 99: 1999, 0: 2000, 1: 2001}
        >>> full_years([49, 60], this_year=2026)
        {49: 1949, 60: 1960}
    """
    now = datetime.datetime.now(tz=datetime.UTC).year if this_year is None else this_year
    years = sorted(set(short))
    gaps = [(after - before) % 100 or 100 for before, after in zip([years[-1], *years], years, strict=False)]
    candidates = [_newest(years[i], years[i - 1], now) for i, gap in enumerate(gaps) if gap == max(gaps)]
    first = max(candidates)
    return {year: first + (year - first) % 100 for year in short}


def _newest(first: int, last: int, now: int) -> int:
    """Return the newest full year that ends in the digits `first` from which the years up to `last` are possible."""
    span = (last - first) % 100
    latest = min(now + 1, now + AHEAD - span)
    return latest - (latest - first) % 100
