"""Is the year of a single row a slip of the pen? The rows beside it tell."""

import numpy as np

from gatecast.data.panel.arrays import Array, Ints, later
from gatecast.data.reading.find import Found
from gatecast.data.reading.frames import Source
from gatecast.data.reading.parts import turning_row
from gatecast.data.reading.times import time_text
from gatecast.exceptions import DataError

__all__ = ["check_turns", "check_years"]

NEAR = 2.5  # neighbours of a wrong row are two steps apart, where months differ a little more
FEWEST_ROWS = 8
MOST = 2**63 - 1  # nanoseconds since 1970 that a time can be away
MOST_STEPS = 100_000  # whose median says how long steps are
FAR_YEARS = 10  # a first or last row may lie behind a gap: only one of more years is no gap


def check_turns(source: Source, found: Found) -> None:
    """Refuse years and months that are not those of the calendar, with the first row that shows it."""
    row = turning_row(source.frame, found.dates, found.id) if len(found.dates) > 1 else None
    if row is not None:
        names = ", ".join(map(repr, found.dates))
        raise DataError(
            f"Columns {names} go from the last month of a year to its first, or back, in {source.where(row)}, and "
            "years from January to December were expected. These look like fiscal years: write the calendar year of "
            "each month, or sort the rows if they are not."
        )


def check_years(source: Source, found: Found, instants: Array, codes: Ints) -> None:
    """Refuse a row with a year that its neighbours contradict, while the rest of its date fits between them."""
    if instants.dtype.kind != "M" or len(instants) < FEWEST_ROWS:
        return
    is_grouped = bool((codes[1:] >= codes[:-1]).all())
    order: Ints | slice = slice(None) if is_grouped else np.argsort(codes, kind="stable")
    times, series = instants[order].astype("datetime64[ns]", copy=False).view(np.int64), codes[order]
    begins = np.flatnonzero(series[1:] != series[:-1]) + 1
    steps = np.diff(times)
    # from the last row of a series to the first of the next one there is none
    steps[begins - 1] = 0
    n_steps = len(steps) - len(begins)
    n_against = min(np.count_nonzero(steps < 0), np.count_nonzero(steps > 0))
    # rows in no order tell nothing about each other
    if not n_steps or n_against > max(1, n_steps // 20):
        return
    step = _usual_step(steps, begins)
    # where all go one way, none lies beside its neighbours
    for i in _between(times, series, step) if n_against else ():
        if _fits(times[i], times[i - 1], times[i + 1]):
            _raise_wrong(source, found, instants, _rows(order, i), _rows(order, [i - 1, i + 1]))
    for end, beside, further in _ends(begins, len(series)):
        last, second, third = int(times[end]), int(times[beside]), int(times[further])
        is_far = abs(last - second) > FAR_YEARS * 365 * 86_400 * 10**9
        # half a step further than where it was expected, or the end of all times
        bound = min(max(second + 3 * (second - third) // 2, -MOST), MOST)
        if is_far and abs(second - third) < NEAR * step and _fits(last, second, bound):
            _raise_wrong(source, found, instants, _rows(order, end), _rows(order, [beside]))


def _usual_step(steps: Ints, begins: Ints) -> float:
    """Return the median size of steps without those before `begins`, of at most so many that it takes no time."""
    places = np.setdiff1d(np.arange(0, len(steps), 1 + len(steps) // MOST_STEPS), begins - 1)
    return float(np.median(np.abs(steps[places]))) if len(places) else float(np.abs(steps).max())


def _rows(order: Ints | slice, places: int | list[int]) -> Ints:
    """Return the rows that stand at some places of the order by series."""
    return np.asarray(places if isinstance(order, slice) else order[places])


def _between(times: Ints, series: Ints, step: float) -> Ints:
    """Return the places whose time does not lie between those of its neighbours, which are two steps apart."""
    before, here, after = times[:-2], times[1:-1], times[2:]
    same = (series[:-2] == series[1:-1]) & (series[1:-1] == series[2:])
    apart = np.abs(after - before)
    outside = (here < np.minimum(before, after)) | (here > np.maximum(before, after))
    return np.flatnonzero(same & outside & (apart < NEAR * step) & (apart > 1.5 * step)) + 1


def _ends(begins: Ints, n: int) -> list[tuple[int, int, int]]:
    """Return the last and the first place of each series of at least four of n rows, with two places beside it."""
    firsts, lasts = [0, *begins.tolist()], [*(begins - 1).tolist(), n - 1]
    long = [(b, e) for b, e in zip(firsts, lasts, strict=True) if e - b >= 3]
    return [(e, e - 1, e - 2) for _, e in long] + [(b, b + 1, b + 2) for b, _ in long]


def _fits(time: int, one: int, other: int) -> bool:
    """Tell whether a time with another year lies between two others."""
    low, high = sorted((int(one), int(other)))
    date = np.datetime64(int(time), "ns")
    month = int(date.astype("datetime64[M]").astype(int)) % 12
    rest = date - date.astype("datetime64[M]")
    for bound in (low, high):
        year = np.datetime64(bound, "ns").astype("datetime64[Y]").astype("datetime64[M]")
        moved = int((later(year, month).astype("datetime64[ns]") + rest).astype(np.int64))
        if low < moved < high and moved != time:
            return True
    return False


def _raise_wrong(source: Source, found: Found, instants: Array, row: Ints, beside: Ints) -> None:
    near = " and ".join(time_text(instants[other]) for other in sorted(map(int, beside)))
    wrong, where = time_text(instants[int(row)]), source.where(int(row))
    name = " + ".join(found.times)
    raise DataError(
        f"Column {name!r} holds {wrong} in {where}, beside {near}, and a time that "
        "follows the rows around it was expected. Correct its year."
    )
