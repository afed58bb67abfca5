"""What do changes of the clock do to times: an hour twice, a midnight that does not exist, offsets that change?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.panel.grid import DAY
from gatecast.data.reading.times import RowTimes, local_times, time_text
from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    from gatecast.data.panel.panel import Panel
    from gatecast.data.reading.find import Found
    from gatecast.data.reading.frames import Source

__all__ = ["inherit_zone", "raise_clock_change", "real_midnights", "set_back", "told_set_back", "with_zone"]
__all__ += ["zone_of_days", "zone_set_back"]

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


def in_zone(instants: Array, codes: Ints, timezone: str, *, is_later: bool = False) -> Array | None:
    """Return in UTC what clocks of a zone showed, `(N,)` of the series `codes`; None where they never showed it.

    Of an hour that is there twice the first row is the one before the change, in tables that run backwards the last;
    with `is_later` all are those after the change.
    """
    import pandas as pd

    falls = np.diff(instants.astype(np.int64))[codes[1:] == codes[:-1]]
    runs_back = int((falls < 0).sum()) > int((falls > 0).sum())
    rows = np.arange(len(instants))
    order = np.lexsort((-rows if runs_back else rows, instants, codes))
    again = np.zeros(len(instants), bool)
    again[order[1:]] = (instants[order[1:]] == instants[order[:-1]]) & (codes[order[1:]] == codes[order[:-1]])
    local = pd.DatetimeIndex(instants)
    there = local.tz_localize(timezone, ambiguous=~(again | is_later), nonexistent="NaT")
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
    return replace(times, instants=utc, timezone=source.timezone, is_bare=True)


def inherit_zone(after: Panel, found: Found, times: RowTimes, rows: Ints, whose: str) -> RowTimes:
    """Read times without a zone in that of a panel whose times were written without it, too.

    `rows`, `(N,)`, are the series of `after`, right behind which newer ones go on, -1 for others. A time that clocks
    showed twice and that is there once is the later one where the series goes on with that.
    """
    is_bare = times.timezone is None and times.instants.dtype.kind == "M"
    if not (is_bare and after.bare_times and after.timezone and not after.grid.follows_calendar):
        return times
    utc = in_zone(times.instants, rows, after.timezone)
    if utc is None:
        names = ", ".join(map(repr, found.times))
        raise DataError(
            f"Clocks in {after.timezone}, in which the data before were read, skipped some of the times of {whose} "
            f"({names}), and times that they showed were expected. Correct them, or give them a zone."
        )
    second = in_zone(times.instants, rows, after.timezone, is_later=True)
    # clocks that showed all of them once showed the later ones too
    assert second is not None
    goes_on = (rows >= 0) & (second == after.starts[rows]) & (utc < second)
    # where both are there, the later one is read already
    goes_on[goes_on] = ~np.isin(second[goes_on], utc)
    return replace(times, instants=np.where(goes_on, second, utc), timezone=after.timezone)


def set_back(instants: Array, codes: Ints) -> tuple[str, Array] | None:
    """Return a zone whose clocks were set back where the series `codes` have a time twice, and all times in UTC.

    None where no zone explains all of them.
    """
    import pandas as pd

    if instants.dtype.kind != "M" or not (instants.astype(np.int64) % DAY).any():
        return None
    again = pd.DataFrame({"series": codes, "time": instants}).duplicated().to_numpy()
    days, years = (
        np.unique(times.astype(unit))
        for times, unit in ((instants[again], "datetime64[D]"), (instants, "datetime64[Y]"))
    )
    # once a year at most
    if not 1 <= len(days) <= len(years):
        return None
    for zone in ZONES:
        utc = in_zone(instants, codes, zone)
        if utc is not None and not pd.DataFrame({"series": codes, "time": utc}).duplicated().any():
            return zone, utc
    return None


def zone_set_back(instants: Array, codes: Ints) -> str | None:
    """Return the zone of `set_back` if the order of the rows tells which of two rows was before the change."""
    found = set_back(instants, codes)
    if found is None:
        return None
    steps = np.diff(found[1].astype(np.int64))[codes[1:] == codes[:-1]]
    return found[0] if (steps > 0).all() or (steps < 0).all() else None


def told_set_back(found: Found, zone: str, time: np.datetime64, *, is_file: bool) -> Message:
    """Say in which zone times are read, one of which is there twice."""
    facts = {"time": time_text(time), "zone": zone, "name": found.dates[0]}
    return Message("clocks.read_file" if is_file else "clocks.read_data", facts)


def raise_clock_change(source: Source, found: Found, instants: Array, codes: Ints, again: Ints) -> None:
    """Say that the hour that rows of `again` repeat is that of a clock that is set back, where one zone explains it."""
    explained = set_back(instants, codes)
    if explained is None:
        return
    facts = {"name": found.dates[0], "zone": explained[0]}
    remedy = Message("clocks.sort_file" if source.is_file else "clocks.sort_data", facts)
    time, where = time_text(instants[again[0]]), source.where(int(again[0]))
    raise DataError(Message("clocks.twice", {"time": time, "where": where, "zone": explained[0], "remedy": remedy}))


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
