"""How may a column of texts write dates? The layouts that are known, and a reader of each, in the order of trying."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array
from gatecast.data.panel.frequency import is_regular
from gatecast.data.panel.grid import MONTHS
from gatecast.data.reading.numbers import plain_numbers
from gatecast.data.reading.words import month_number, with_chinese_digits, without_weekdays
from gatecast.data.reading.years import full_years

if TYPE_CHECKING:
    import pandas as pd

    Texts = pd.Series[str]
    Times = pd.DatetimeIndex

__all__ = ["DAY_OF_YEAR", "LAYOUTS", "YEARS", "Dates", "by_one", "in_range", "read_year_quarters", "read_year_weeks"]

CLOCK_FORMATS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I %p", " %H")
# After months became short English names; years of two digits are made full where no other layout fits.
WORD_FORMATS = ("%d %b %Y", "%b %d %Y", "%b %Y", "%Y %b", "%Y %b %d", "%Y %d %b", "%d %b %y", "%b %d %y", "%b %y")
OFFSET = r"(?:Z|[+-]\d{2}(?::?\d{2})?)"
UNIX_UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}  # Unix times count as such between 2001 and 2100
COMPACT = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
DAY_OF_YEAR = "year and day of the year"
N_DECIDING = 2000
YEARS = (1678, 2261)  # the years that nanoseconds since 1970 in 64 bits can hold
# words of months that may number something else: "Set 12"
UNSURE_MONTHS = (
    "set",
    "out",
    "mag",
    "mart",
    "lip",
    "lis",
    "lut",
    "sie",
    "sty",
    "paz",
    "gru",
    "kas",
    "ara",
    "tem",
    "sub",
)


@dataclass(frozen=True)
class Dates:
    """The times of a column."""

    times: "Times"  # nanoseconds, perhaps with a time zone; NaT where a text is no date
    layout: str  # how the dates are written, as strptime or in words
    order: str = ""  # "day first", "month first" or "ambiguous" where that had to be found out
    other: "Times | None" = None  # where that is ambiguous, the times with the month first


Reader = Callable[["pd.Series[str]"], Dates | None]


def in_range(index: "pd.Index") -> "Times":
    """Keep what fits into nanoseconds; everything else is no date."""
    import pandas as pd

    times = pd.DatetimeIndex(index)
    first, last = times.min(), times.max()
    if not pd.isna(first) and (first.year < YEARS[0] or last.year > YEARS[1]):
        times = pd.DatetimeIndex(times.where((times.year >= YEARS[0]) & (times.year <= YEARS[1])))
    return times.as_unit("ns")


def _first_text(texts: "Texts") -> str:
    """Return the first text that says something."""
    return str(next((text for text in texts if text), ""))


def by_one(format_: str, layout: str) -> Reader:
    """Return a reader of one format of strptime."""
    return lambda texts: Dates(_by_formats(*_full(texts, format_)), layout)


def _full(texts: "Texts", format_: str) -> "tuple[Texts, tuple[str, ...]]":
    """Find the century of years of two digits, where a format has them."""
    if format_.count("%y") != 1:
        return texts, (format_,)
    pieces = [piece for piece in re.split(r"(%.)", format_) if piece]
    pattern = "".join(
        r"(\d{2})" if piece == "%y" else ".+?" if piece.startswith("%") else re.escape(piece) for piece in pieces
    )
    return _with_full_years(texts, f"^{pattern}$"), (format_.replace("%y", "%Y"),)


def _with_full_years(texts: "Texts", pattern: str) -> "Texts":
    """Write the two digits of the only group of a pattern as a full year; other texts stay."""
    found = [re.match(pattern, text) for text in texts]
    short = {int(match[1]) for match in found if match}
    full = full_years(short) if short else {}
    return _texts(
        texts,
        [
            text if match is None else f"{text[: match.start(1)]}{full[int(match[1])]}{text[match.end(1) :]}"
            for text, match in zip(texts, found, strict=True)
        ],
    )


def _texts(like: "Texts", new: list[str]) -> "Texts":
    """Return new texts in the places of others."""
    import pandas as pd

    return pd.Series(new, index=like.index, dtype=object)


def _by_formats(texts: "Texts", formats: tuple[str, ...]) -> "Times":
    """Read each text by the first format that fits it."""
    import pandas as pd

    cells = texts.to_numpy(dtype=object)
    times = _by_format(cells, formats[0])
    for format_ in formats[1:]:
        missing = times.isna()
        if not missing.any():
            break
        found = _by_format(cells[missing], format_)
        if found.notna().any():
            result = pd.Series(times)
            result[missing] = found
            times = pd.DatetimeIndex(result)
    return times


def _by_format(cells: Array, format_: str) -> "Times":
    import pandas as pd

    return in_range(pd.DatetimeIndex(pd.to_datetime(cells, format=format_, errors="coerce")))


def _with_clock(texts: "Texts", format_: str) -> "Times":
    formats = [format_ + clock for clock in CLOCK_FORMATS]
    # What fits the first text will fit most: begin with it, the others then have little to do.
    first = _first_text(texts)
    return _by_formats(texts, tuple(sorted(formats, key=lambda one: not _fits(first, one))))


@lru_cache(maxsize=1024)
def _fits(text: str, format_: str) -> bool:
    return not _by_format(np.array([text], dtype=object), format_).hasnans


def _shown(texts: "Texts", date: str) -> str:
    """Show the layout, with its time of day if there is one."""
    first = _first_text(texts)
    if ":" not in first:
        return date
    return date + (" %H:%M:%S" if first.count(":") > 1 else " %H:%M")


def _said_years(layout: str, times: "Times") -> str:
    """Say to which years those of two digits belong."""
    years = times.dropna().year
    if not len(years):
        return layout
    many = f"s {years.min()} to" if years.min() < years.max() else ""
    return f"{layout} (year{many} {years.max()})"


def _mapped(texts: "Texts", read: Callable[[str], str]) -> "Times":
    """Write each text as year, month and day, and read that."""
    return _by_formats(texts.map(read), ("%Y-%m-%d",))


def _iso(texts: "Texts") -> Dates | None:
    import pandas as pd

    offsets = texts.str.extract(rf"\d\s*({OFFSET})$", expand=False).where(texts.str.contains(":"))
    separator = texts.str.extract(r"^\d{4}([-/.])", expand=False).dropna().iloc[0]
    if offsets.notna().any():
        utc = len(offsets.unique()) > 1
        with_zone = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=utc))
        return Dates(in_range(with_zone), "ISO 8601 with time zone")
    dashed = texts.str.replace(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", r"\1-\2-\3", regex=True)
    dashed = dashed.str.replace(r"(?<=\d)[T ]\s*(?=\d)", " ", regex=True)
    times = in_range(pd.DatetimeIndex(pd.to_datetime(dashed, format="ISO8601", errors="coerce")))
    if times.isna().any():
        times = _with_clock(dashed, "%Y-%m-%d")
    return Dates(times, _shown(texts, f"%Y{separator}%m{separator}%d"))


def _chinese(texts: "Texts") -> Dates | None:
    plain = texts.map(with_chinese_digits).str.replace(r"\s+", "", regex=True)
    plain = _with_full_years(plain, r"^(\d{2})年.*$")
    first = _first_text(plain)
    plain = plain.str.replace(r"(\d{4})年(\d{1,2})月份?(\d{1,2})[日号]?", r"\1-\2-\3 ", regex=True)
    plain = plain.str.replace(r"(\d{4})年(\d{1,2})月份?", r"\1-\2-1 ", regex=True)
    plain = plain.str.replace(r"(\d{4})年度?$", r"\1-1-1", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点時](\d{1,2})分(\d{1,2})秒", r"\1:\2:\3", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点時](\d{1,2})分?(?!\d)", r"\1:\2", regex=True)
    plain = plain.str.replace(r"(\d{1,2})[时点時]", r"\1:00", regex=True)
    plain = plain.str.replace(r"([AP]M)$", r" \1", regex=True).str.strip()
    layout = "%Y年" + ("%m月" if "月" in first else "") + ("%d日" if re.search("[日号]", first) else "")
    return Dates(_with_clock(plain, "%Y-%m-%d"), layout)


def _ten_days(texts: "Texts") -> Dates | None:
    """Read the thirds of a Chinese month as their first days: 1, 11 and 21."""

    def first_day(text: str) -> str:
        found = re.fullmatch(r"(\d{4})年(\d{1,2})月份?([上中下])旬", with_chinese_digits(text).replace(" ", ""))
        return f"{found[1]}-{found[2]}-{1 + 10 * '上中下'.index(found[3])}" if found else ""

    return Dates(_mapped(texts, first_day), "thirds of months, by their first days")


def _day_and_month(texts: "Texts") -> Dates | None:
    """Decide over the whole column which of the first two numbers is the day."""
    first = _first_text(texts)
    match = re.match(r"\d{1,2}([-/.])\d{1,2}[-/.](\d+)", first)
    separator = match[1] if match else "/"
    plain = texts.str.replace(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d+)", r"\1/\2/\3", regex=True)
    plain = plain.str.replace("T", " ", regex=False)
    is_short = match is not None and len(match[2]) == 2
    if is_short:
        by_year = _year_first(plain)
        plain = _with_full_years(plain, r"^\d{1,2}/\d{1,2}/(\d{2})(?!\d).*$")
    order, times, other = _in_order(plain)
    if order == "ambiguous" and separator == ".":
        # with points nobody writes the month first
        order, other = "day first", None
    date = (("%m", "%d") if order == "month first" else ("%d", "%m")) + ("%y" if is_short else "%Y",)
    if is_short and by_year is not None and _is_better(by_year, times):
        return Dates(by_year, _said_years(separator.join(("%y", "%m", "%d")), by_year), "year first")
    layout = _shown(texts, separator.join(date))
    return Dates(times, _said_years(layout, times) if is_short else layout, order, other)


def _in_order(plain: "Texts") -> "tuple[str, Times, Times | None]":
    """Read 31/01/2024 or 01/31/2024, and tell which of the two it was; where both make sense the latter comes, too."""
    formats = {"day first": "%d/%m/%Y", "month first": "%m/%d/%Y"}
    if len(plain) > N_DECIDING:
        # One day above 12 decides, and a part of the column mostly has it: then the other order need not be read.
        part = plain.iloc[np.unique(np.linspace(0, len(plain) - 1, N_DECIDING).astype(int))]
        order = _by_count(*(_with_clock(part, one) for one in formats.values()))
        if order:
            return order, _with_clock(plain, formats[order]), None
    day_first, month_first = (_with_clock(plain, one) for one in formats.values())
    order = _order(day_first, month_first)
    other = month_first if order == "ambiguous" else None
    return order, month_first if order == "month first" else day_first, other


def _year_first(plain: "Texts") -> "Times | None":
    """Read 24/01/31 with the year first."""
    times = _with_clock(_with_full_years(plain, r"^(\d{2})/\d{1,2}/\d{2}(?!\d).*$"), "%Y/%m/%d")
    return times if times.notna().any() else None


def _is_better(new: "Times", old: "Times") -> bool:
    """Tell whether an order that hardly anybody uses is meant: it reads more texts, or it alone gives regular steps."""
    n_new, n_old = int(np.sum(new.notna())), int(np.sum(old.notna()))
    if n_new != n_old:
        return n_new > n_old
    return len(new) > 2 and is_regular(new.dropna().to_numpy()) and not is_regular(old.dropna().to_numpy())


def _by_count(day_first: "Times", month_first: "Times") -> str:
    """Tell the order by the number of texts that are dates in it, "" where they are as many."""
    n_day, n_month = int(np.sum(day_first.notna())), int(np.sum(month_first.notna()))
    return "" if n_day == n_month else "day first" if n_day > n_month else "month first"


def _order(day_first: "Times", month_first: "Times") -> str:
    """Tell the order by the number of texts that are dates in it, then by which gives a regular series."""
    order = _by_count(day_first, month_first)
    if order or day_first.equals(month_first):
        return order or "day first"
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


def _fiscal(texts: "Texts") -> Dates | None:
    """Read years that reach into the next, like 2000-01 and 2000/2001, where all of them do."""
    found = [re.fullmatch(r"(?:FY ?)?(\d{4})[-/](\d{2}|\d{4})", text, re.IGNORECASE) for text in texts if text]
    pairs = {(int(match[1]), match[2]) for match in found if match}
    follow = all((year + 1) % 10 ** len(last) == int(last) for year, last in pairs)
    if not pairs or None in found or not follow or (len(pairs) == 1 and min(pairs)[1] <= "12"):
        return None
    return Dates(
        _mapped(texts, lambda text: f"{re.sub('[^0-9]', '', text)[:4]}-1-1"), "fiscal years, by the first year"
    )


def _fiscal_end(texts: "Texts") -> Dates | None:
    """Read years that are called fiscal, like FY2001 and FY01, by their number."""
    plain = _with_full_years(texts, r"(?i)^FY ?(\d{2})$")
    return Dates(_mapped(plain, lambda text: f"{text[-4:]}-1-1" if text else ""), "fiscal years")


def _month(texts: "Texts") -> Dates | None:
    plain = texts.str.replace(r"^(\d{4})[-/.M ]*(\d{1,2})$", r"\1-\2", regex=True, flags=re.IGNORECASE)
    plain = plain.str.replace(r"^(\d{1,2})[-/.](\d{4})$", r"\2-\1", regex=True)
    return Dates(_by_formats(plain, ("%Y-%m",)), "year and month")


def _parts_of_years(texts: "Texts", mark: str, months: int, layout: str) -> Dates | None:
    """Read a year and the number of a part of it, which a mark like Q stands before or behind."""
    year, number = r"(?P<year>\d{4}|\d{2})", rf"(?P<part>[1-{12 // months}])"
    patterns = (
        rf"{year}年? ?[-/ ]? ?第?{mark}\.? ?{number}",
        rf"{year}年? ?[-/ ]? ?第?{number}\.? ?{mark}",
        rf"{mark}\.? ?{number} ?[-/, ']? ?{year}",
        rf"{number}\.? ?{mark} ?[-/, ']? ?{year}",
    )
    plain = [with_chinese_digits(text) for text in texts]
    found = [
        next((match for pattern in patterns if (match := re.fullmatch(pattern, text, re.IGNORECASE))), None)
        for text in plain
    ]
    short = {int(match["year"]) for match in found if match and len(match["year"]) == 2}
    full = full_years(short) if short else {}
    dates = [
        ""
        if match is None
        else f"{full.get(int(match['year']), match['year'])}-{(int(match['part']) - 1) * months + 1}-1"
        for match in found
    ]
    times = _by_formats(_texts(texts, dates), ("%Y-%m-%d",))
    return Dates(times, _said_years(layout, times) if short else layout)


def _quarter(texts: "Texts") -> Dates | None:
    return _parts_of_years(texts, QUARTER, 3, "year and quarter")


def _half(texts: "Texts") -> Dates | None:
    plain = texts.str.replace("上半年", "H1", regex=False).str.replace("下半年", "H2", regex=False)
    return _parts_of_years(plain, "[HS]", 6, "year and half")


def _week(texts: "Texts") -> Dates | None:
    def monday(text: str) -> str:
        plain = with_chinese_digits(text)
        found = re.fullmatch(
            rf"(?P<year>\d{{4}})年? ?-? ?第?{WEEK}?(?P<week>\d{{1,2}})周?(?:-?(?P<day>[1-7]))?", plain, re.I
        )
        found = found or re.fullmatch(rf"{WEEK} ?(?P<week>\d{{1,2}}) ?[-/, ]? ?(?P<year>\d{{4}})(?P<day>)", plain, re.I)
        return f"{found['year']}-W{found['week']}-{found['day'] or 1}" if found else ""

    return Dates(_by_formats(texts.map(monday), ("%G-W%V-%u",)), "ISO year and week")


def read_year_weeks(texts: "Texts") -> Dates | None:
    """Read 202023 as the 23rd week of 2020."""
    return _week(texts.str.replace(r"^(\d{4})(\d{2})$", r"\1-W\2", regex=True))


def read_year_quarters(texts: "Texts") -> Dates | None:
    """Read 20203 as the third quarter of 2020."""
    return _quarter(texts.str.replace(r"^(\d{4})0?([1-4])$", r"\1Q\2", regex=True))


def _words(texts: "Texts") -> Dates | None:
    """Read months as words, in several languages, with a time of day and an offset from UTC behind or between."""
    words = [_split_words(text) for text in texts.iloc[:20]]
    if not any(_months(parts) for _, parts in words):
        return None
    split = [_split_words(text) for text in texts]
    plain = _texts(texts, [" ".join(map(_english, parts)) for _, parts in split])
    counts = [int(np.sum(_by_formats(plain.iloc[:20], (format_,)).notna())) for format_ in WORD_FORMATS]
    best = WORD_FORMATS[int(np.argmax(counts))]
    named = {word for _, parts in split for word in _months(parts)}
    if best.endswith("%y") and len(named) == 1 and named <= set(UNSURE_MONTHS) and len(texts) > 1:
        return None
    dates, (format_,) = _full(plain, best)
    times = _with_clock(dates.str.cat([f" {clock}".rstrip() for (clock, _), _ in split]), format_)
    is_long = any(len(word) > 3 for word in named)
    layout = _shown(texts, best.replace("%b", "%B") if is_long else best)
    layout = _said_years(layout, times) if "%y" in best else layout
    offsets = np.array([offset for (_, offset), _ in split], dtype=object)
    return Dates(_from_offsets(times, offsets), layout)


def _split_words(text: str) -> tuple[tuple[str, str], list[str]]:
    """Return the time of day with the offset from UTC, and the words and numbers of the date without weekdays."""
    text = re.sub(r"(?<=\d):(?=\d{1,2}:\d{2}:\d{2})", " ", text)
    clock = re.search(r"(?<!\d)(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?: ?([AaPp])\.?[Mm]\b\.?)?", text)
    offset = re.search(r"(?<= )[+-]\d{2}:?\d{2}$", text)
    date = text if clock is None else f"{text[: clock.start()]} {text[clock.end() : offset and offset.start()]}"
    time = "" if clock is None else clock[1] + (f" {clock[2].upper()}M" if clock[2] else "")
    date = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", date, flags=re.IGNORECASE)
    return (time, offset[0] if offset else ""), without_weekdays(re.findall(r"[^\W\d_]+|\d+", date))


def _months(parts: list[str]) -> list[str]:
    return [word.lower() for word in parts if not word.isdigit() and month_number(word)]


def _english(word: str) -> str:
    number = None if word.isdigit() else month_number(word)
    return word if number is None else MONTHS[number - 1]


def _from_offsets(times: "Times", offsets: Array) -> "Times":
    """Bring local times with offsets like +0100 to UTC; without any they stay as they are."""
    import pandas as pd

    if not (offsets != "").any():
        return times
    plain = [text.replace(":", "") for text in offsets]
    minutes = [int(f"{text[0]}1") * (60 * int(text[1:3]) + int(text[3:5])) if text else 0 for text in plain]
    utc = times - pd.to_timedelta(minutes, unit="m")
    return pd.DatetimeIndex(utc.where(offsets != "")).tz_localize("UTC")


def _compact(texts: "Texts") -> Dates | None:
    format_ = COMPACT.get(len(_first_text(texts)), COMPACT[8])
    return Dates(_by_formats(texts, (format_,)), format_)


def _short_days(texts: "Texts") -> Dates | None:
    """Read 240131, where weeks like 202031 give no regular times."""
    times = _by_formats(*_full(texts, "%y%m%d"))
    return Dates(times, "%y%m%d") if is_regular(times.dropna().to_numpy()) else None


def _days_first(texts: "Texts") -> Dates | None:
    """Read 31012024, and 1012024, which lost the zero before it in a number."""
    return Dates(_by_formats(texts.where(texts == "", texts.str.zfill(8)), ("%d%m%Y",)), "%d%m%Y")


def _unix(texts: "Texts") -> Dates | None:
    import pandas as pd

    unit = UNIX_UNITS.get(len(_first_text(texts)))
    if unit is None:
        return None
    numbers = plain_numbers(texts).astype("Int64")
    times = pd.DatetimeIndex(pd.to_datetime(numbers, unit=unit, errors="coerce"))  # type: ignore[call-overload]
    return Dates(in_range(times), f"Unix time in {unit}")


_DAY_MONTH_CLOCK = r"(?:[T ]\s*\d{1,2}(?::\d{2})*(?:\.\d+)?\s*(?:[AP]M)?)?"
QUARTER = r"(?:Q|T|Qtr|Quarter|Quartal|季度?)"
WEEK = r"(?:W|Wk|Week|Woche|KW|周|第)"
# Pattern, reader, and whether the column must be known to be the time: most plain digits are something else.
LAYOUTS: tuple[tuple[str, Reader, bool], ...] = (
    (rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}{_DAY_MONTH_CLOCK}\s*{OFFSET}?", _iso, False),
    (rf"\d{{1,2}}([-/.])\d{{1,2}}\1(?:\d{{4}}|\d{{2}}){_DAY_MONTH_CLOCK}", _day_and_month, False),
    (r"(?:FY ?)?\d{4}[-/](?:\d{2}|\d{4})", _fiscal, False),
    (r"FY ?(?:\d{2}|\d{4})", _fiscal_end, False),
    (r"\d{4}[-/]\d{1,2}|\d{4} ?M ?\d{1,2}|\d{1,2}[-/]\d{4}", _month, False),
    (r"\d{4}年?[ /-]*第?[1-4一二三四]季度?", _quarter, False),
    (rf"\d{{4}}[ /-]*{QUARTER}\.? ?[1-4]|{QUARTER}\.? ?[1-4][ /',-]*\d{{4}}|Q[1-4][ /',-]+\d{{2}}", _quarter, False),
    (rf"[1-4]\.? ?{QUARTER}[ /',-]*\d{{4}}|[1-4]Q[ /',-]*\d{{2}}|\d{{4}}[ /-]*[1-4]\.? ?Q", _quarter, False),
    (r"\d{4}[ /-]?[HS][12]|[HS][12][ /-]?\d{4}|\d{4}年?[上下]半年", _half, False),
    (rf"\d{{4}}年? ?-? ?第?{WEEK} ?\d{{1,2}}周?(?:-?[1-7])?|{WEEK} ?\d{{1,2}}[ ,/-]*\d{{4}}", _week, False),
    (r"\d{4}年?\d{1,2}月份?[上中下]旬|\d{4}年.{1,3}月份?[上中下]旬", _ten_days, False),
    (r"(?:\d{4}|\d{2}|[〇零一二三四五六七八九]{4})年.*", _chinese, False),
    (r"(?=.*\d)(?=.*[^\W\d_]{3}).{5,45}", _words, False),
    (r"(?:19|20)\d{2}-[0-3]\d{2}", by_one("%Y-%j", DAY_OF_YEAR), False),
    (r"(?:19|20)\d{2}[0-3]\d{2}", by_one("%Y%j", DAY_OF_YEAR), True),
    (r"[1-4]T[ /',-]*\d{2}", _quarter, True),
    (r"(?:19|20)\d{6}|2100\d{4}|(?:19|20)\d{10}|(?:19|20)\d{12}", _compact, False),
    (r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])", _compact, True),
    (r"[1-4]\d{9}|[1-4]\d{12}|[1-4]\d{15}|[1-4]\d{18}", _unix, True),
    (r"(?:1[6-9]|2[0-2])\d{2}(?:0[1-9]|1[0-2])", by_one("%Y%m", "%Y%m"), True),
    (r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", _short_days, True),
    (r"(?:1[6-9]|2[0-2])\d{2}(?:0[1-9]|[1-4]\d|5[0-3])", read_year_weeks, True),
    (r"(?:0?[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}", _days_first, True),
    (r"(?:1[6-9]|2[0-2])\d{2}", by_one("%Y", "year"), True),
)
