"""Which dates do the texts of a column mean? One layout is found for the whole column."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Ints
from gatecast.data.panel.frequency import is_regular
from gatecast.data.reading.frames import number_cells

if TYPE_CHECKING:
    import pandas as pd

    Texts = pd.Series[str]
    Times = pd.DatetimeIndex

__all__ = ["CLOCK", "Dates", "parse_dates", "parse_digits"]

# A time of day, as in a column of its own.
CLOCK = r"\d{1,2}(?:[:：]\d{2}){1,2}(?:\.\d+)?(?: ?[AaPp]\.?[Mm]\.?)?|\d{1,2}时(?:\d{1,2}分)?(?:\d{1,2}秒)?"
CLOCK_FORMATS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H")
WORD_FORMATS = (
    *("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%b %Y", "%B %Y"),
    *("%Y %b", "%Y %B", "%Y %b %d", "%d %b %y", "%b %y"),
)
OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
UNIX_UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}  # Unix times count as such between 2001 and 2100
COMPACT = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
MOST = 0.5  # a layout counts if it reads more than this share of the texts
N_DECIDING = 2000
YEARS = (1678, 2261)  # the years that nanoseconds since 1970 in 64 bits can hold


@dataclass(frozen=True)
class Dates:
    """The times of a column."""

    times: "Times"  # nanoseconds, perhaps with a time zone; NaT where a text is no date
    layout: str  # how the dates are written, as strptime or in words
    order: str = ""  # "day first", "month first" or "ambiguous" where that had to be found out


Reader = Callable[["pd.Series[str]"], Dates | None]


def parse_dates(texts: "pd.Series", date_format: str | None = None, *, digits: bool = True) -> Dates | None:
    """Find out how a column of texts writes its dates and read them; None if they are no dates at all.

    `digits` says whether plain digits that are no clear date `(2024, 202401, 1700000000)` may be one.
    """
    import pandas as pd

    codes, unique = number_cells(texts)
    stripped = pd.Series(unique, dtype=object).astype(str).str.strip()
    dates = _by_one(date_format, date_format)(stripped) if date_format else _first_that_fits(stripped, digits)
    if dates is None:
        return None
    # A missing text has code -1 and gives NaT.
    times = pd.Series(dates.times).reindex(codes)
    return Dates(pd.DatetimeIndex(times).as_unit("ns"), dates.layout, dates.order)


def parse_digits(numbers: Ints) -> Dates | None:
    """Read integers as dates, like 20240131; None if they are none."""
    import pandas as pd

    # each number becomes a text once: few differ, and texts of all would take ten times their memory
    codes, unique = pd.factorize(numbers)
    dates = parse_dates(pd.Series(unique).astype(str))
    return None if dates is None else replace(dates, times=dates.times.take(codes))


def _first_that_fits(texts: "Texts", digits: bool) -> Dates | None:
    """Try the layout that most texts have; a few broken ones must not hide it."""
    written = texts[texts != ""]
    sample = written.iloc[np.unique(np.linspace(0, len(written) - 1, 50).astype(int))] if len(written) else written
    for pattern, read, needs_name in LAYOUTS:
        fits = sample.str.fullmatch(pattern, flags=re.IGNORECASE)
        if (digits or not needs_name) and len(sample) and float(fits.mean()) > MOST:
            dates = read(texts)
            if dates is not None and float(np.mean(dates.times[written.index].notna())) > MOST:
                return dates
    return None


def _in_range(index: "pd.Index") -> "Times":
    """Keep what fits into nanoseconds; everything else is no date."""
    import pandas as pd

    times = pd.Series(pd.DatetimeIndex(index))
    times = times.where((times.dt.year >= YEARS[0]) & (times.dt.year <= YEARS[1]))
    return pd.DatetimeIndex(times).as_unit("ns")


def _by_formats(texts: "Texts", formats: tuple[str, ...]) -> "Times":
    """Read each text by the first format that fits it."""
    import pandas as pd

    result = pd.Series(_in_range(pd.DatetimeIndex(pd.to_datetime(texts, format=formats[0], errors="coerce"))))
    for format_ in formats[1:]:
        missing = result.isna().to_numpy()
        if not missing.any():
            break
        found = pd.to_datetime(texts[missing], format=format_, errors="coerce")
        if found.notna().any():
            result[missing] = _in_range(pd.DatetimeIndex(found))
    return pd.DatetimeIndex(result)


def _with_clock(texts: "Texts", format_: str) -> "Times":
    import pandas as pd

    formats = [format_ + clock for clock in CLOCK_FORMATS]
    # What fits the first text will fit most: begin with it, the others then have little to do.
    fits = pd.Series([bool(_by_formats(texts.iloc[:1], (one,)).notna().all()) for one in formats])
    return _by_formats(texts, tuple(formats[i] for i in np.argsort(~fits.to_numpy(), kind="stable")))


def _first(texts: "Texts") -> str:
    return str(next((text for text in texts if text), ""))


def _shown(texts: "Texts", date: str) -> str:
    """Show the layout, with its time of day if there is one."""
    first = _first(texts)
    if ":" not in first:
        return date
    return date + (" %H:%M:%S" if first.count(":") > 1 else " %H:%M")


def _iso(texts: "Texts") -> Dates | None:
    import pandas as pd

    offsets = texts.str.extract(rf"\d({OFFSET})$", expand=False).where(texts.str.contains(":"))
    separator = texts.str.extract(r"^\d{4}([-/.])", expand=False).dropna().iloc[0]
    if offsets.notna().any():
        utc = len(offsets.unique()) > 1
        with_zone = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=utc))
        return Dates(_in_range(with_zone), "ISO 8601 with time zone")
    dashed = texts.str.replace(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", r"\1-\2-\3", regex=True)
    dashed = dashed.str.replace(r"(?<=\d)[T ]\s*(?=\d)", " ", regex=True)
    times = _in_range(pd.DatetimeIndex(pd.to_datetime(dashed, format="ISO8601", errors="coerce")))
    if times.isna().any():
        times = _with_clock(dashed, "%Y-%m-%d")
    return Dates(times, _shown(texts, f"%Y{separator}%m{separator}%d"))


def _chinese(texts: "Texts") -> Dates | None:
    plain = texts.str.replace(r"\s+", "", regex=True).str.replace("：", ":", regex=False)
    plain = plain.str.replace(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?", r"\1-\2-\3 ", regex=True)
    plain = plain.str.replace(r"(\d{4})年(\d{1,2})月", r"\1-\2-1 ", regex=True)
    plain = plain.str.replace(r"(\d{4})年$", r"\1-1-1", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点](\d{1,2})分(\d{1,2})秒$", r"\1:\2:\3", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点](\d{1,2})分$", r"\1:\2", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点]$", r"\1:00", regex=True).str.strip()
    first = _first(texts)
    layout = "%Y年" + ("%m月" if "月" in first else "") + ("%d日" if re.search("[日号]", first) else "")
    times = _with_clock(plain, "%Y-%m-%d")
    return Dates(times, layout)


def _day_and_month(texts: "Texts") -> Dates | None:
    """Decide over the whole column which of the first two numbers is the day."""
    first = _first(texts)
    match = re.match(r"\d{1,2}([-/.])\d{1,2}[-/.](\d+)", first)
    separator = match[1] if match else "/"
    plain = texts.str.replace(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d+)", r"\1/\2/\3", regex=True)
    plain = plain.str.replace("T", " ", regex=False)
    year = "%Y" if match is None or len(match[2]) == 4 else "%y"
    formats = {"day first": f"%d/%m/{year}", "month first": f"%m/%d/{year}"}
    # One day above 12 decides, and a part of the column mostly has it: then the other order need not be read.
    part = plain.iloc[np.unique(np.linspace(0, len(plain) - 1, N_DECIDING).astype(int))]
    order = _order(*(_with_clock(part, one) for one in formats.values()), by_count=True)
    order = order or _order(*(_with_clock(plain, one) for one in formats.values()))
    times = _with_clock(plain, formats.get(order, formats["day first"]))
    date = ("%m", "%d") if order == "month first" else ("%d", "%m")
    return Dates(times, _shown(texts, separator.join((*date, year))), order)


def _order(day_first: "Times", month_first: "Times", *, by_count: bool = False) -> str:
    """Tell the order by the number of texts that are dates in it, then by which gives a regular series."""
    n_day, n_month = int(np.sum(day_first.notna())), int(np.sum(month_first.notna()))
    if n_day != n_month:
        return "day first" if n_day > n_month else "month first"
    if by_count or day_first.equals(month_first):
        return "" if by_count else "day first"
    day, month = (times.dropna() for times in (day_first, month_first))
    for fits in (
        (is_regular(day.to_numpy()), is_regular(month.to_numpy())),
        (bool(day.is_monotonic_increasing), bool(month.is_monotonic_increasing)),
    ):
        if fits == (False, False):
            break
        if fits != (True, True):
            return "day first" if fits[0] else "month first"
    return "ambiguous"


def _month(texts: "Texts") -> Dates | None:
    plain = texts.str.replace(r"^(\d{4})[-/.M ]*(\d{1,2})$", r"\1-\2", regex=True, flags=re.IGNORECASE)
    plain = plain.str.replace(r"^(\d{1,2})[-/.](\d{4})$", r"\2-\1", regex=True)
    return Dates(_by_formats(plain, ("%Y-%m",)), "year and month")


def _quarter(texts: "Texts") -> Dates | None:
    import pandas as pd

    year = texts.str.extract(r"(\d{4})", expand=False)
    quarter = texts.str.extract(r"(?:Q|第|年)([1-4])", expand=False, flags=re.IGNORECASE).astype(float)
    month = (quarter * 3 - 2).map(lambda number: f"{number:.0f}")
    times = pd.to_datetime(year + "-" + month, format="%Y-%m", errors="coerce")
    return Dates(_in_range(pd.DatetimeIndex(times)), "year and quarter")


def _week(texts: "Texts") -> Dates | None:
    plain = texts.str.upper().str.replace(r"^(\d{4})-?W(\d{1,2})$", r"\1-W\2-1", regex=True)
    plain = plain.str.replace(r"^(\d{4})-?W(\d{1,2})-?([1-7])$", r"\1-W\2-\3", regex=True)
    return Dates(_by_formats(plain, ("%G-W%V-%u",)), "ISO year and week")


def _words(texts: "Texts") -> Dates | None:
    plain = texts.str.replace(r"[\s,./-]+", " ", regex=True).str.strip().str.title()
    plain = plain.str.replace("Sept ", "Sep ", regex=False)
    # The clock comes last and is no part of the choice.
    dates = plain.iloc[:20].str.replace(r" \d{1,2}:.*$", "", regex=True)
    counts = [int(np.sum(_by_formats(dates, (format_,)).notna())) for format_ in WORD_FORMATS]
    best = WORD_FORMATS[int(np.argmax(counts))]
    times = _with_clock(plain, best)
    if times.hasnans:
        # "May" is a short name and a full one: the rest of the column may have the other.
        missing = np.asarray(times.isna())
        other = best.replace("%B", "%b") if "%B" in best else best.replace("%b", "%B")
        times = times.where(~missing, _with_clock(plain.where(missing, ""), other))
    return Dates(times, _shown(texts, best))


def _compact(texts: "Texts") -> Dates | None:
    format_ = COMPACT.get(len(_first(texts)), COMPACT[8])
    return Dates(_by_formats(texts, (format_,)), format_)


def _by_one(format_: str, layout: str) -> Reader:
    return lambda texts: Dates(_by_formats(texts, (format_,)), layout)


def _unix(texts: "Texts") -> Dates | None:
    import pandas as pd

    unit = UNIX_UNITS.get(len(_first(texts)))
    if unit is None:
        return None
    numbers = pd.to_numeric(texts, errors="coerce").astype("Int64")
    times = pd.DatetimeIndex(pd.to_datetime(numbers, unit=unit, errors="coerce"))  # type: ignore[call-overload]
    return Dates(_in_range(times), f"Unix time in {unit}")


_DAY_MONTH_CLOCK = r"(?:[T ]\s*\d{1,2}(?::\d{2})*(?:\.\d+)?\s*(?:[AP]M)?)?"
# Pattern, reader, and whether the column must be known to be the time: most plain digits are something else.
LAYOUTS: tuple[tuple[str, Reader, bool], ...] = (
    (rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}{_DAY_MONTH_CLOCK}\s*{OFFSET}?", _iso, False),
    (rf"\d{{1,2}}([-/.])\d{{1,2}}\1(?:\d{{4}}|\d{{2}}){_DAY_MONTH_CLOCK}", _day_and_month, False),
    (r"\d{4}[-/]\d{1,2}|\d{4} ?M ?\d{1,2}|\d{1,2}[-/]\d{4}", _month, False),
    (r"\d{4}[ -]?Q[1-4]|Q[1-4][ /-]?\d{4}|\d{4}年第?[1-4]季度?", _quarter, False),
    (r"\d{4}-?W\d{1,2}(?:-?[1-7])?", _week, False),
    (r"\d{4}年.*", _chinese, False),
    (r"[\d ,./-]*[a-z]{3,9}\.?[\s,./-]+\d.*|\d{4}[\s-][a-z]{3,9}", _words, False),
    (r"(?:19|20)\d{6}|2100\d{4}|(?:19|20)\d{10}|(?:19|20)\d{12}", _compact, False),
    (r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])", _compact, True),
    (r"[1-4]\d{9}|[1-4]\d{12}|[1-4]\d{15}|[1-4]\d{18}", _unix, True),
    (r"(?:1[6-9]|2[0-2])\d{2}(?:0[1-9]|1[0-2])", _by_one("%Y%m", "%Y%m"), True),
    (r"(?:1[6-9]|2[0-2])\d{2}", _by_one("%Y", "year"), True),
)
