"""What do changes of the clock do to times: an hour twice, a midnight that does not exist, offsets that change?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.grid import DAY
from gatecast.data.reading.times import RowTimes, local_times, time_text
from gatecast.exceptions import ConfigError, DataError

if TYPE_CHECKING:
    from gatecast.data.reading.find import Found
    from gatecast.data.reading.frames import Source

__all__ = ["raise_clock_change", "real_midnights", "with_zone", "zone_of_days"]

# one for each rule of when clocks change; the most common first
ZONES = (
    *("Europe/Berlin", "America/New_York", "Europe/London", "Europe/Helsinki", "America/Chicago", "America/Denver"),
    *("America/Los_Angeles", "America/Halifax", "America/St_Johns", "Australia/Sydney", "Australia/Adelaide"),
    *("Pacific/Auckland", "America/Sao_Paulo", "America/Santiago", "America/Asuncion", "America/Havana"),
    *("America/Mexico_City", "Asia/Jerusalem", "Asia/Beirut", "Asia/Tehran", "Asia/Amman", "Africa/Cairo"),
    *("Africa/Casablanca", "Australia/Lord_Howe", "Atlantic/Azores"),
)


def check_zone(timezone: str) -> None:
    """Refuse the name of a zone that is not known, with a ConfigError."""
    import pandas as pd

    try:
        pd.DatetimeIndex([]).tz_localize(timezone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"`timezone` must be the name of a time zone, got {timezone!r}. Use for example `--timezone Europe/Berlin`."
        ) from None


def in_zone(instants: Array, codes: Ints, timezone: str) -> Array | None:
    """Return in UTC what clocks of a zone showed, `(N,)` of the series `codes`; None where they never showed it.

    Of an hour that is there twice the first row is the one before the change, in tables that run backwards the last.
    """
    import pandas as pd

    falls = np.diff(instants.astype(np.int64))[codes[1:] == codes[:-1]]
    runs_back = int((falls < 0).sum()) > int((falls > 0).sum())
    rows = np.arange(len(instants))
    order = np.lexsort((-rows if runs_back else rows, instants, codes))
    again = np.zeros(len(instants), bool)
    again[order[1:]] = (instants[order[1:]] == instants[order[:-1]]) & (codes[order[1:]] == codes[order[:-1]])
    local = pd.DatetimeIndex(instants)
    there = local.tz_localize(timezone, ambiguous=~again, nonexistent="NaT")
    if there.hasnans:
        return None
    return there.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[ns]")


def with_zone(source: Source, times: RowTimes, codes: Ints) -> RowTimes:
    """Read times without a zone as those of the zone that was given for a file, if one was."""
    if source.timezone is None or times.timezone is not None or times.instants.dtype.kind != "M":
        return times
    check_zone(source.timezone)
    utc = in_zone(times.instants, codes, source.timezone)
    if utc is None:
        raise DataError(
            f"Clocks in {source.timezone} skipped some of the times, and times that they showed were expected. Pass "
            "the `--timezone` in which they were written, or leave it out."
        )
    return replace(times, instants=utc, timezone=source.timezone)


def raise_clock_change(source: Source, found: Found, instants: Array, codes: Ints, again: Ints) -> None:
    """Say that the hour that rows of `again` repeat is that of a clock that is set back, where one zone explains it."""
    if instants.dtype.kind != "M" or not (instants.astype(np.int64) % DAY).any():
        return
    for zone in ZONES:
        utc = in_zone(instants, codes, zone)
        pairs = None if utc is None else np.unique(np.stack([codes, utc.astype(np.int64)]), axis=1)
        if pairs is None or pairs.shape[1] < len(instants):
            continue
        name = found.dates[0]
        remedy = (
            f"`--timezone {zone}`, or the zone like it that the times are of"
            if source.is_file
            else f"`data[{name!r}] = data[{name!r}].dt.tz_localize({zone!r}, ambiguous='infer')` for each series"
        )
        raise DataError(
            f"The time {time_text(instants[again[0]])} is there twice ({source.where(int(again[0]))} repeats it), as "
            f"where clocks are set back in autumn, for example in {zone}, and times with their zone were expected. "
            f"Pass {remedy}; nothing is to be removed or added up."
        )


def real_midnights(local: Array, timezone: str) -> Array:
    """Move times to the usual time of day where clocks skipped that, as midnight in some zones, on the same day."""
    import pandas as pd

    days = local.astype("datetime64[D]")
    clocks, counts = np.unique(local - days, return_counts=True)
    usual = clocks[np.argmax(counts)]
    late = np.flatnonzero(local - days != usual)
    if not len(late) or len(late) > len(local) // 10:
        return local
    meant = (days[late] + usual).astype("datetime64[ns]")
    there = pd.DatetimeIndex(meant).tz_localize(timezone, ambiguous=np.ones(len(late), bool), nonexistent="NaT")
    result = local.copy()
    result[late] = np.where(there.isna(), meant, local[late])
    return result


def zone_of_days(utc: Array) -> str | None:
    """Return a zone whose clocks show the same time of day at all times, while UTC shows two or three; else None."""
    if len(np.unique(utc - utc.astype("datetime64[D]"))) not in (2, 3):
        return None
    for zone in ZONES:
        local = real_midnights(local_times(utc, zone), zone)
        if len(np.unique(local - local.astype("datetime64[D]"))) == 1:
            return zone
    return None
