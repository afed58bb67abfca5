"""Which dates do the texts of a column mean? One layout is found for the whole column."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gatecast.data.panel.arrays import Array, Ints
from gatecast.data.reading.frames import number_cells
from gatecast.data.reading.iso_dates import read_alike
from gatecast.data.reading.layouts import LAYOUTS, Dates, by_one
from gatecast.data.reading.words import WEEKDAYS, plain_text
from gatecast.data.reading.years import full_years

if TYPE_CHECKING:
    import pandas as pd

    Texts = pd.Series[str]
    Times = pd.DatetimeIndex

__all__ = ["CLOCK", "Dates", "parse_dates", "parse_digits"]

# A time of day, as in a column of its own.
CLOCK = re.compile(
    r"\d{1,2}(?:[:：]\d{2}){1,2}(?:\s*(?:-|–|—|~|to|bis|至)\s*\d{1,2}(?:[:：]\d{2}){1,2})?"
    r"|\d{1,2}(?:[:：]\d{2}){1,2}(?:\.\d+)?(?: ?[AaPp]\.?[Mm]\.?)?|\d{1,2}[时時](?:\d{1,2}分)?(?:\d{1,2}秒)?"
    r"|(?:上午|下午|凌晨|早上|中午|晚上|午前|午後|오전|오후) ?\d{1,2}[:：时点時].*"
)
MOST = 0.5  # a layout counts if it reads more than this share of the texts
HALF_DAYS = {"上午": "AM", "凌晨": "AM", "早上": "AM", "中午": "PM", "下午": "PM", "晚上": "PM"}
HALF_DAYS |= {"午前": "AM", "午後": "PM", "오전": "AM", "오후": "PM"}
ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # years before their first
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}
# a time of day behind a date, for which days begin at 00:00
MIDNIGHT = re.compile(r"(?<=\d[T ])24(?=:?00(?::?00(?:\.0+)?)?(?![\d:]))")
UTC = re.compile(r"\s*\b(?:UTC|GMT)\b(?![+-])")


def parse_dates(texts: "pd.Series", date_format: str | None = None, *, digits: bool = True) -> Dates | None:
    """Find out how a column of texts writes its dates and read them; None if they are no dates at all.

    `digits` says whether plain digits that are no clear date `(2024, 202401, 1700000000)` may be one.
    """
    import pandas as pd

    codes, unique = number_cells(texts)
    dates = None if date_format else read_alike(unique)
    if dates is None:
        stripped = pd.Series(unique, dtype=object).astype(str).str.strip()
        dates = by_one(date_format, date_format)(stripped) if date_format else _rewritten(stripped, digits)
    if dates is None:
        return None

    # A missing text has code -1 and gives NaT.
    def of_rows(unique: "Times") -> "Times":
        return unique.as_unit("ns").take(codes, allow_fill=True, fill_value=pd.NaT)  # type: ignore[arg-type]

    other = None if dates.other is None else of_rows(dates.other)
    return Dates(of_rows(dates.times), dates.layout, dates.order, other)


def parse_digits(numbers: Ints) -> Dates | None:
    """Read integers as dates, like 20240131; None if they are none."""
    import pandas as pd

    # each number becomes a text once: few differ, and texts of all would take ten times their memory
    codes, unique = pd.factorize(numbers)
    dates = parse_dates(pd.Series(unique).astype(str))
    return None if dates is None else replace(dates, times=dates.times.take(codes))


def _rewritten(texts: "Texts", digits: bool) -> Dates | None:
    """Bring spellings of the same into one form, and read that."""
    import pandas as pd

    if not all(map(str.isascii, texts)):
        texts = texts.map(plain_text)
    sample = _sample(texts)
    for looks, pattern, new in REWRITES:
        if _share(looks.search, sample) > MOST:
            texts = texts.str.replace(pattern, new, regex=True, flags=re.IGNORECASE).str.strip()
    late, texts = _late(texts)
    is_utc = np.array(["UTC" in text or "GMT" in text for text in texts], dtype=bool)
    if is_utc.any():
        texts = texts.str.replace(UTC, "", regex=True)
    dates = _first_that_fits(texts, digits)
    if dates is None:
        return None

    def moved(times: "Times") -> "Times":
        times = times + pd.to_timedelta(late.astype(np.int64), unit="D") if late.any() else times
        if is_utc.any() and times.tz is None:
            times = pd.DatetimeIndex(times.where(is_utc)).tz_localize("UTC")
        return times

    return replace(dates, times=moved(dates.times), other=None if dates.other is None else moved(dates.other))


def _half_day(found: re.Match[str]) -> str:
    # 午前0時 is midnight, which a clock of twelve hours calls 12
    return f"{re.sub(r'^0{1,2}(?=[:时点時])', '12', found[2].strip())} {HALF_DAYS[found[1]]}"


def _with_colons(found: re.Match[str]) -> str:
    return ":".join(filter(None, found.groups()))


def _basic(found: re.Match[str]) -> str:
    return f"{found[1]}-{found[2]}-{found[3]} {found[4]}:{found[5] or '00'}:{found[6] or '00'}"


def _republic(found: re.Match[str]) -> str:
    return f"{int(found[1]) + 1911}年"


def _era(found: re.Match[str]) -> str:
    return f"{ERAS[found[1]] + (1 if found[2] == '元' else int(found[2]))}年"


def _korean(found: re.Match[str]) -> str:
    return found[0].strip().translate(KOREAN)


def _short_week(found: re.Match[str]) -> str:
    year = int(found[2])
    return f"{full_years([year])[year]}-W{found[1]}"


def _roman(found: re.Match[str]) -> str:
    year, number = (found[1], found[2]) if found[1].isdigit() else (found[2], found[1])
    return f"{year}Q{ROMAN[number.upper()]}"


def _late(texts: "Texts") -> "tuple[Array, Texts]":
    """Write 24:00 as 00:00, and tell in which texts that was: they mean the next day."""
    late = np.array(["24" in text and MIDNIGHT.search(text) is not None for text in texts], dtype=bool)
    if not late.any():
        return late, texts
    return late, texts.where(~late, texts.str.replace(MIDNIGHT, "00", regex=True))


def _sample(texts: "Texts") -> list[str]:
    written = [text for text in texts if text]
    return [written[i] for i in sorted({*np.linspace(0, len(written) - 1, 50).astype(int).tolist()})] if written else []


def _share(fits: "Callable[[str], re.Match[str] | None]", sample: list[str]) -> float:
    """Return which share of some texts fits a pattern."""
    return sum(fits(text) is not None for text in sample) / max(len(sample), 1)


def _first_that_fits(texts: "Texts", digits: bool) -> Dates | None:
    """Try the layout that most texts have; a few broken ones must not hide it."""
    sample = _sample(texts)
    for pattern, read, needs_name in PATTERNS:
        if (digits or not needs_name) and _share(pattern.fullmatch, sample) > MOST:
            dates = read(texts)
            if dates is not None and float(np.mean(dates.times[texts != ""].notna())) > MOST:
                return dates
    return None


PATTERNS = [(re.compile(pattern, re.IGNORECASE), read, needs_name) for pattern, read, needs_name in LAYOUTS]
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_HALVES = "|".join(HALF_DAYS)
KOREAN = str.maketrans("년월일시분초", "年月日時分秒")
_ROMAN, _QUARTERLY = "IV|I{1,3}", r"(?:Quartal|trim\w*|kwarta\w*|kw|T)?\.?"
_WEEKDAY = rf"\(\s*(?:[日月火水木金土월화수목금토일]|{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})\.?\s*\)"
# What most of the texts must look like, what is replaced in all of them, and by what.
_REWRITES: tuple[tuple[str, str, "str | Callable[[re.Match[str]], str]"], ...] = (
    # the weekday in Chinese, and years of the Republic of China
    (r"(?:周|星期|礼拜)[一二三四五六日天]", r"\s*[(]?(?:周|星期|礼拜)[一二三四五六日天][)]?", " "),
    (r"民[国國]\d{2,3}年", r"民[国國](\d{2,3})年", _republic),
    (rf"(?:{'|'.join(ERAS)})\s*(?:\d{{1,2}}|元)年", rf"({'|'.join(ERAS)})\s*(\d{{1,2}}|元)年", _era),
    (r"^\d{4}년 ?\d분기$", r"^(\d{4})년 ?(\d)분기$", r"\1Q\2"),
    (r"\d{4}년", r"(?<=\d)\s*[년월일시분초]", _korean),
    (rf"[\d日]\s*{_WEEKDAY}", rf"\s*{_WEEKDAY}", " "),
    # clocks in words, zones and offsets as programs of other languages write them, and periods of SAP
    (rf"{_DATE},\s*\d", rf"({_DATE}),\s*(?=\d)", r"\1 "),
    (r"\d\s*Uhr$", r"\s*Uhr$", ""),
    (r"[+-]\d{2}:\d{2}\[[\w/+-]+\]$", r"\[[\w/+-]+\]$", ""),
    (r"GMT[+-]\d{4}(?:\s*\(.*\))?$", r"\s*GMT([+-]\d{2})(\d{2})(?:\s*\(.*\))?$", r" \1\2"),
    (r"^/Date\(-?\d+", r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$", r"\1"),
    (r"^\d{1,2}-[A-Z]{3}-\d{2,4} \d{1,2}\.\d{2}\.\d{2}", r" (\d{1,2})\.(\d{2})\.(\d{2})(?:\.0+)?(?= |$)", r" \1:\2:\3"),
    (r"^0\d{2}[./]\d{4}$", r"^0(\d{2})[./](\d{4})$", r"\2-\1"),
    # years of the Republic of China without its name, weeks behind a year, and with years of two digits
    (r"^1[01]\d[/.年-]\s*\d{1,2}(?!\d)", r"^(1[01]\d)(?=[/.年-])", lambda found: str(int(found[1]) + 1911)),
    (r"^\d{4}年 ?\d{1,2}周$", r"^(\d{4})年 ?(\d{1,2})周$", r"\1-W\2"),
    (r"^\d{1,2}\. ?KW[ /]*\d{4}$", r"^(\d{1,2})\. ?KW[ /]*(\d{4})$", r"\2-W\1"),
    (r"^(?:KW|W|Wk) ?\d{1,2}[ /'-]\d{2}$", r"^[a-z]+ ?(\d{1,2})[ /'-](\d{2})$", _short_week),
    # quarters by their months, in Roman numerals, in words and behind marks; months and weeks behind marks
    (r"^\d{4}年?\s*\d{1,2}\s*[-~〜]\s*\d{1,2}月期?$", r"^(\d{4})年?\s*(\d{1,2})\s*[-~〜]\s*\d{1,2}月期?$", r"\1年\2月"),
    (rf"^(?:{_ROMAN})[ ./-]*{_QUARTERLY}[ ./-]*\d{{4}}$", rf"^({_ROMAN})[ ./-]*{_QUARTERLY}[ ./-]*(\d{{4}})$", _roman),
    (rf"^\d{{4}}[ ./-]+(?:{_ROMAN})$", rf"^(\d{{4}})[ ./-]+({_ROMAN})$", _roman),
    (r"^\d(?:st|nd|rd|th) (?:quarter|qtr)", r"^(\d)\w\w (?:quarter|qtr)\.?,?(?: of)? (\d{4})$", r"\2Q\1"),
    (r"^FY ?\d{4}[ -]*Q\d$", r"^FY ?(\d{4})[ -]*Q(\d)$", r"\1Q\2"),
    (r"^\d{4}[:.]Q\d$", r"^(\d{4})[:.]Q(\d)$", r"\1Q\2"),
    (r"^\d{4}:[1-4]$", r"^(\d{4}):([1-4])$", r"\1Q\2"),
    (r"^\d{4}:\d{1,2}$", r"^(\d{4}):(\d{1,2})$", r"\1-\2"),
    (r"^\d{4}-M\d{1,2}$", r"^(\d{4})-M(\d{1,2})$", r"\1M\2"),
    (r"^M\d{1,2}[ /-]\d{4}$", r"^M(\d{1,2})[ /-](\d{4})$", r"\2M\1"),
    (r"^(?:semaine|semana|sem\.?|S) ?\d{1,2}[ ,/-]+\d{4}$", r"^[a-z.]+ ?(\d{1,2})[ ,/-]+(\d{4})$", r"\2-W\1"),
    (r"^\d{4}[ -]?S\d{2}$", r"^(\d{4})[ -]?S(\d{2})$", r"\1-W\2"),
    # points behind the parts of a date, and half days right behind the clock
    (r"^\d{1,4}\.\s*\d{1,2}\.\s*\d{1,4}\.?(?!\d)", r"^(\d{1,4})\.\s*(\d{1,2})\.\s*(\d{1,4})\.?(?=\s|$)", r"\1.\2.\3"),
    (r"\d[ap]m$", r"(?<=\d)(?=[ap]m$)", " "),
    # spans count from where they begin
    (rf"{_DATE}.*\s(?:-|to|~|至)\s*{_DATE}", r"\s+(?:-|to|~|至)\s*.*$", ""),
    (rf"(?:{_HALVES})\s*\d", rf"({_HALVES})\s*(\d.*)$", _half_day),
    (r"\d ?[ap]\.\s?m\.", r"(?<=\d) ?([ap])\.\s?m\.?$", r" \1m"),
    # Python's logging writes milliseconds behind a comma
    (r":\d{2},\d+", r"(?<=:\d{2}),(?=\d)", "."),
    (rf"{_DATE}[T ]+\d{{1,2}}\.\d{{2}}", rf"^({_DATE}[T ]+\d{{1,2}})\.(\d{{2}})(?:\.(\d{{2}}))?$", _with_colons),
    (r"\d{4}-\d{1,2}-\d{1,2}[-_]\d{1,2}", r"^(\d{4}-\d{1,2}-\d{1,2})[-_](?=\d)", r"\1 "),
    (r"(?:19|20)\d{6}[T ]\d{2}", r"^(\d{4})(\d{2})(\d{2})[T ](\d{2})(?::?(\d{2}))?(?::?(\d{2}))?", _basic),
)
REWRITES = [(re.compile(looks, re.IGNORECASE), pattern, new) for looks, pattern, new in _REWRITES]
