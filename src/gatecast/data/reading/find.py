"""Which columns of a table hold the time, the target and the name of the series?

Names that were given win; then names that everybody uses, in any case; then what the columns hold.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from gatecast._validation import suggest
from gatecast.data.panel.frequency import is_regular
from gatecast.data.reading.clock_columns import find_clocks
from gatecast.data.reading.dates import CLOCK, parse_dates
from gatecast.data.reading.id_remedies import counts_parts, telling_columns
from gatecast.data.reading.layouts import DAY_OF_YEAR
from gatecast.data.reading.numbers import MISSING, parse_numbers
from gatecast.data.reading.numeric_times import STEP_NAMES
from gatecast.data.reading.parts import PARTS, find_date_parts, part_of
from gatecast.exceptions import DataError
from gatecast.texts.message import Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TARGET_NAMES",
    "THING_NAMES",
    "TIME_NAMES",
    "Found",
    "Wanted",
    "check_unread",
    "column_kind",
    "find_columns",
    "is_unnamed",
    "known_names",
    "raise_unknown",
    "text_kind",
]

TIME_NAMES = (
    *("ds", "date", "datetime", "timestamp", "time", "day", "month", "year", "week", "quarter", "period", "t", "step"),
    *("date_time", "time_stamp", "datum", "fecha", "unix", "unixtime", "unix_time", "epoch", "index", "ts"),
    *("date/time", "date time", "zeit", "zeitpunkt", "zeitstempel", "monat", "jahr", "quartal", "woche"),
    *("time_period", "timestamp_ms", "epoch_ms", "kalenderwoche", "fiscal year", "fiscal_year", "season"),
    *("mois", "annee", "année", "semaine", "trimestre", "jour", "horodatage", "période", "periode"),
    *("mes", "año", "semana", "día", "periodo", "período", "mese", "anno", "settimana"),
    *("дата", "время", "месяц", "год", "квартал", "неделя", "период"),
    *("日付", "日時", "時刻", "期間", "時間", "날짜", "일자", "일시", "시간", "기간", "년월"),
    *(
        "yearmonth",
        "year_month",
        "yearweek",
        "year_week",
        "yearquarter",
        "year_quarter",
        "month_year",
        "observation_date",
    ),
    *("idx", "time_idx", "time_index", "timestep", "time_step"),
    *("日期", "时间", "日期时间", "时间戳", "时刻", "年月", "年月日", "月份", "年份"),
    *("年", "月", "日", "周", "季度", "年度", "周次", "旬"),
    *("yyyymmdd", "yyyymm", "mess_datum", "berichtszeitraum", "zeitraum", "stichtag", "trade_date", "trading_day"),
    *("week ending", "week_ending", "week commencing", "week_commencing", "fiscal year/period", "calmonth", "datenum"),
    # a part of a date that says nothing alone
    *(name for part in ("year", "half", "quarter", "month", "week", "hour") for name in PARTS[part][0]),
)
TIME_NAMES = tuple(dict.fromkeys(TIME_NAMES))
TARGET_NAMES = (
    *("y", "value", "values", "target", "sales"),
    *("数值", "值", "销量", "销售量", "销售额", "目标", "数量"),
)
ID_NAMES = ("unique_id", "id", "series_id", "series", "item_id", "序列", "编号", "名称")
# Names of things that have series of their own: an id where times repeat, or where each stands in one stretch of rows.
THING_NAMES = (
    *("item", "store", "shop", "sku", "product", "group", "sensor", "machine", "pump", "station", "site", "meter"),
    *("location", "region", "country", "city", "customer", "device", "ticker", "symbol", "asset", "branch"),
    *("store_id", "shop_id", "product_id", "sensor_id", "device_id", "station_id", "group_id", "site_id", "meter_id"),
    *("门店", "店铺", "商品", "产品", "站点", "地区", "城市", "国家", "设备", "传感器", "客户"),
)
NUMERIC = ("integer", "number", "number text")
SAMPLE = 100
MOST_LISTED = 12
FEWEST_TIMES = 3
YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20|21)\d{2}(?!\d)")
TWO_NUMBERS = re.compile(r"\D{0,12}\d{1,2}\D{1,4}\d{1,2}\D{0,12}")
PLAIN_NUMBER = re.compile(r"[-+]?\d{1,7}(?:\.\d+)?")  # that is no date written in digits
MOST_NUMBERS = 0.5  # with a few broken cells a column still holds numbers: the error about the cells helps more


@dataclass(frozen=True)
class Wanted:
    """The names that were given; None where the column is to be found. Covariates are none of the three."""

    id: str | None = None
    time: str | None = None
    target: str | None = None
    covariates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """The columns that were found."""

    target: str  # of the values
    dates: tuple[str, ...] = ()  # of the times, or of year, month and day; empty if only the order of the rows counts
    clock: tuple[str, ...] = ()  # of the time of day beside the date: texts like 13:00, or hour, minute and second
    spare: tuple[str, ...] = ()  # the same, to be joined only if the dates repeat
    id: str | None = None  # with the name of the series, None if there is one series or the times have to tell
    texts: tuple[str, ...] = ()  # may be the name of the series, if times repeat

    @property
    def times(self) -> tuple[str, ...]:
        """All columns that together are the time."""
        return self.dates + self.clock


def find_columns(frame: "pd.DataFrame", wanted: Wanted) -> Found:
    """Find the columns of a table; a `DataError` where one is not there or not clear."""
    for label, name in (("id_col", wanted.id), ("time_col", wanted.time), ("target_col", wanted.target)):
        if name is not None and name not in frame.columns:
            raise_unknown(label, name, frame.columns)
    kinds = {str(name): column_kind(frame[name]) for name in frame.columns if name not in wanted.covariates}
    id_col = wanted.id or _known_id(frame, kinds, {wanted.time, wanted.target})
    free = {name: kind for name, kind in kinds.items() if name not in {id_col, wanted.target}}
    dates, clock = ((wanted.time,), ()) if wanted.time else _find_time(frame, free, has_target=bool(wanted.target))
    spare = () if clock or len(dates) != 1 else _clocks(frame, {n: kind for n, kind in free.items() if n not in dates})
    taken = {id_col, *dates, *clock}
    # Hours are no target beside dates that repeat, unless they are all there is.
    others = set(_numeric(kinds)) - taken - set(spare)
    if spare and others and frame.duplicated([*dates, *([id_col] if id_col else [])]).any():
        taken |= set(spare)
    keys = [name for name in (*dates, *clock, id_col) if name]
    target = wanted.target or _find_target(frame, kinds, taken, keys)
    # a time or a part of a date is no name of a series
    texts = [name for name, kind in kinds.items() if kind == "text" and part_of(name) is None]
    texts = [name for name in texts if name not in {*taken, id_col, target, *known_names(texts, TIME_NAMES)}]
    return Found(target, dates, clock, tuple(name for name in spare if name != target), id_col, tuple(texts))


def check_unread(frame: "pd.DataFrame", found: Found) -> None:
    """Refuse a table without times where a column of texts has a year in each: times in a form that is not known."""
    for name in () if found.dates else found.texts:
        cells = [str(cell).strip() for cell in frame[name].dropna()]
        texts = set(cells)
        # two numbers in each of many texts, of which none comes twice, are a year and a part of it
        are_parts = len(texts) == len(cells) and all(map(TWO_NUMBERS.fullmatch, texts))
        if len(texts) >= FEWEST_TIMES and (are_parts or all(YEAR.search(text) for text in texts)):
            first = str(frame[name].dropna().iloc[0])
            raise DataError(Message("times.unread", {"name": name, "first": first}))


def column_kind(column: "pd.Series") -> str:
    """Say what a column holds: "time", "integer", "number", "flag", or what `text_kind` says."""
    import pandas as pd

    types = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "text"
    if types.is_datetime64_any_dtype(column.dtype) or isinstance(column.dtype, pd.PeriodDtype):
        return "time"
    if types.is_bool_dtype(column.dtype):
        return "flag"
    if types.is_numeric_dtype(column.dtype):
        return "integer" if types.is_integer_dtype(column.dtype) else "number"
    kind = types.infer_dtype(column, skipna=True)
    if kind in ("date", "datetime", "datetime64", "period"):
        return "time"
    if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
        return "integer" if kind == "integer" else "number"
    return "flag" if kind == "boolean" else text_kind(column)


def text_kind(column: "pd.Series") -> str:
    """Say what texts hold: "clock", "date", "number text" or "text"."""
    return _kind(tuple(_sample(column)))


@lru_cache(maxsize=256)  # the same cells are asked about for the header and for the columns
def _kind(texts: tuple[str, ...]) -> str:
    import pandas as pd

    if all(map(PLAIN_NUMBER.fullmatch, texts)):
        return "number text" if texts else "text"
    if sum(CLOCK.fullmatch(text) is not None for text in texts) > MOST_NUMBERS * len(texts):
        return "clock"
    sample = pd.Series(texts, dtype=object)
    if parse_dates(sample, digits=False) is not None:
        return "date"
    numbers = parse_numbers(sample).floats
    return "number text" if np.isfinite(numbers).mean() >= MOST_NUMBERS else "text"


def _sample(column: "pd.Series") -> list[str]:
    """Return the first and the last texts that say something, at most 100 each."""
    # mostly they stand at the ends, and a long column need not be read as a whole
    n = 10 * SAMPLE
    while 2 * n < len(column):
        first, last = _written(column.iloc[:n]), _written(column.iloc[-n:])
        if min(len(first), len(last)) >= SAMPLE:
            return [*first[:SAMPLE], *last[-SAMPLE:]]
        n *= 10
    texts = _written(column)
    return texts if len(texts) <= 2 * SAMPLE else [*texts[:SAMPLE], *texts[-SAMPLE:]]


def _written(column: "pd.Series") -> list[str]:
    texts = (str(cell).strip() for cell in column.dropna())
    return [text for text in texts if text.lower() not in MISSING]


def _is_running(column: "pd.Series") -> bool:
    """Tell whether a column only counts its rows, from 0 or 1 on; fewer than three rows may do so by chance."""
    numbers = parse_numbers(column).floats if column.dtype.kind in "iuO" else np.zeros(0)
    return len(numbers) >= 3 and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())


def is_unnamed(name: str) -> bool:
    """Tell whether a column has no name of its own."""
    return name.strip() == "" or name.startswith("Unnamed: ")


def known_names(names: Iterable[str], known: tuple[str, ...]) -> list[str]:
    """Return the names that are known, in any case, in the order of the known ones."""
    # a unit or zone behind a name, as in "Time (UTC)", is no part of it
    plain = {name: re.sub(r"\s*[(\[].*[)\]]$", "", name.strip().lower()) for name in names}
    return [name for wish in known for name in plain if plain[name] == wish]


def _known_id(frame: "pd.DataFrame", kinds: dict[str, str], taken: set[str | None]) -> str | None:
    for name in known_names((name for name in kinds if name not in taken), ID_NAMES):
        # An `id` that never repeats is the number of the row.
        if name == ID_NAMES[0] or frame[name].astype(str).duplicated().any():
            return name
    return None


def _find_time(
    frame: "pd.DataFrame", free: dict[str, str], *, has_target: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns of the date and those of the time of day.

    A column that is called a time is never left out: if nothing else is the time, it is read or refused.
    """
    promised = [name for name in known_names(free, TIME_NAMES) if free[name] != "flag"]
    named = [name for name in promised if _may_be_time(frame, name, free)]
    # T is a temperature beside a date
    named.sort(key=lambda name: name.strip().lower() in STEP_NAMES)
    strong = [name for name in named if free[name] in ("time", "date")]
    held = [name for name, kind in free.items() if kind in ("time", "date")]
    is_ds = bool(named) and named[0].strip().lower() == "ds"
    candidates = named[:1] if is_ds else strong or held
    if len(candidates) > 1:
        raise DataError(Message("column.several_times", {"names": _listed(candidates), "example": candidates[0]}))
    # years written as dates, like 2024年, may stand beside their months
    are_years = len(candidates) == 1 and free[candidates[0]] == "date" and part_of(candidates[0]) == "year"
    if are_years or (not candidates and not _is_whole(frame, named[:1])):
        parts = find_date_parts(frame, [name for name, kind in free.items() if kind in (*NUMERIC, "text", "date")])
        if parts:
            return parts, _clocks(frame, free) if len(parts) == 3 else ()
    candidates = candidates or named[:1]
    if not candidates:
        # the only numbers are the values, whatever they are called
        values = [] if has_target else _numeric(free)
        rest = [name for name in promised if values != [name]]
        first = next((name for name in free if _are_rising_dates(frame, name, free, has_target=has_target)), None)
        return tuple([*([first] if first else []), *rest][:1]), ()
    is_text = free[candidates[0]] == "date"
    clocks = find_clocks(frame, free, []) if is_text else ()
    return (candidates[0],), clocks


def _is_whole(frame: "pd.DataFrame", named: list[str]) -> bool:
    """Tell whether an integer column is a better time than year, month and day: it is no part and no count."""
    return any(
        part_of(name) is None and name.strip().lower() not in STEP_NAMES and not _is_running(frame[name])
        for name in named
    )


def _clocks(frame: "pd.DataFrame", free: dict[str, str]) -> tuple[str, ...]:
    return find_clocks(frame, free, _numeric(free))


def _numeric(kinds: dict[str, str]) -> list[str]:
    return [name for name, kind in kinds.items() if kind in NUMERIC]


def _may_be_time(frame: "pd.DataFrame", name: str, kinds: dict[str, str]) -> bool:
    """Numbers count if they differ in each series, say `ds` or are dates: months 1 to 12 are none of it."""
    if kinds[name] not in NUMERIC:
        return kinds[name] in ("time", "date")
    if sum(kind in NUMERIC for kind in kinds.values()) < 2:
        return False
    plain = name.strip().lower()
    if plain == "ds" or frame[name].is_unique:
        return True
    may_be_dates = kinds[name] == "integer" and plain not in STEP_NAMES
    if may_be_dates and parse_dates(frame[name].drop_duplicates().astype(str)) is not None:
        return True
    things = [other for other, kind in kinds.items() if kind in ("text", "integer") and other != name]
    return part_of(name) is None and any(not frame.duplicated([other, name]).any() for other in things)


def _are_rising_dates(frame: "pd.DataFrame", name: str, kinds: dict[str, str], *, has_target: bool) -> bool:
    """Tell whether digits, without a name that says so, are dates: they rise, or fall, from row to row.

    Days and months may have gaps; years, times of Unix and days of a year are numbers of another kind, too, so that
    they have to be regular. Only the first column is asked while the target is not known.
    """
    is_first = name == next(iter(kinds))
    others = [kind for other, kind in kinds.items() if other != name]
    if kinds[name] != "integer" or len(frame) < 3 or not (has_target or (is_first and set(others) & set(NUMERIC))):
        return False
    column = frame[name]
    if not column.is_unique or not (column.is_monotonic_increasing or column.is_monotonic_decreasing):
        return False
    dates = parse_dates(column.astype(str))
    if dates is None or dates.times.hasnans or dates.layout.startswith(DAY_OF_YEAR):
        return False
    if dates.layout == "year":
        return bool((np.abs(np.diff(column.to_numpy(dtype=np.int64))) == 1).all())
    is_unsure = dates.layout.startswith("Unix") or (is_first and not has_target)
    return not is_unsure or is_regular(dates.times.to_numpy())


def _find_target(frame: "pd.DataFrame", kinds: dict[str, str], taken: set[str | None], keys: list[str]) -> str:
    candidates = [name for name in _numeric(kinds) if name not in taken]
    named = known_names(candidates, TARGET_NAMES)
    if named and (named[0].strip().lower() == "y" or len(named) == 1):
        return named[0]
    # parts of dates and numbers of things are values only where nothing else is
    candidates = [name for name in candidates if part_of(name) is None] or candidates
    things = [name for name in known_names(candidates, THING_NAMES) if kinds[name] in ("integer", "number text")]
    candidates = [name for name in candidates if name not in things] or candidates
    counting = [n for n in candidates if kinds[n] == "integer" and (is_unnamed(n) or _is_running(frame[n]))]
    candidates = [name for name in candidates if name not in counting] or candidates
    repeats = len(candidates) > 1 and bool(keys) and bool(frame.duplicated(keys).any())
    if repeats:
        # numbers that rise within each date are its hours or the like
        dates = frame[keys[0]].astype(str).to_numpy()
        parts = [name for name in candidates if kinds[name] == "integer" and counts_parts(frame[name], dates)]
        candidates = [name for name in candidates if name not in parts] or candidates
    if len(candidates) == 1:
        return candidates[0]
    if candidates and repeats:
        _raise_long(frame, kinds, candidates, keys)
    if candidates:
        # in a wide table each column is a series
        facts = {"names": _listed(candidates), "example": candidates[-1], "first": repr(candidates[:2])}
        raise DataError(Message("column.several_targets", facts))
    if not len(frame):
        raise DataError(Message("column.no_rows"))
    first = [{"name": str(name), "value": str(frame[name].iloc[0])} for name in list(kinds)[:6]]
    shown = [Message("column.cell", facts) for facts in first]
    is_beside = len(kinds) < len(frame.columns)
    if not shown:
        raise DataError(Message("column.no_other", {"beside": Message("column.beside") if is_beside else ""}))
    raise DataError(Message("column.no_numbers_beside" if is_beside else "column.no_numbers", {"shown": shown}))


def _raise_long(frame: "pd.DataFrame", kinds: dict[str, str], candidates: list[str], keys: list[str]) -> NoReturn:
    """Say that the target is not clear in a table of several rows for each time, which is no wide one."""
    # names and numbers of things come first, as they mostly do
    target = next((name for name in reversed(candidates) if kinds[name] != "integer"), candidates[-1])
    beside = [n for n, kind in kinds.items() if kind in ("text", "integer") and n not in (*keys, target)]
    beside = [name for name in beside if part_of(name) is None and frame[name].duplicated().any()]
    times = frame[keys].astype(str).agg(" ".join, axis=1).to_numpy()
    ids = [[name] for name in beside if not frame.duplicated([*keys, name]).any()][:1]
    ids = ids or [list(names) for names in (telling_columns(frame, beside, times),) if names]
    facts = {"names": _listed(candidates), "example": target}
    if ids:
        named = repr(ids[0][0] if len(ids[0]) == 1 else ids[0])
        raise DataError(Message("column.several_targets_ids", facts | {"ids": named}))
    raise DataError(Message("column.several_targets_long", facts))


def raise_unknown(label: str, name: str, columns: Iterable[object]) -> None:
    """Say that an argument names no column, and suggest the nearest one."""
    names = [str(column) for column in columns]
    near = suggest(name.lower(), [column.lower() for column in names], least=0.5)
    guess = next((column for column in names if near and column.lower() == near), names[-1] if names else None)
    facts = {"label": label, "name": name, "names": _listed(names), "guess": guess}
    raise DataError(Message("column.unknown_near" if near else "column.unknown", facts))


def _listed(names: list[str]) -> Message:
    shown = [repr(name) for name in names[:MOST_LISTED]]
    n_more = len(names) - MOST_LISTED
    return Message("words.more" if n_more > 0 else "words.all", {"shown": shown, "n": n_more})
