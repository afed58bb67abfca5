"""Are parts of dates and times of day read in the languages and forms of offices, and digits below any name?"""

import numpy as np
import pandas as pd
import pytest

from gatecast.data.reading.clock_columns import numbered_clock
from gatecast.data.reading.files import read_table
from gatecast.exceptions import DataError

MONTHS = pd.date_range("2020-01-01", periods=36, freq="MS")
DAYS = pd.date_range("2024-01-01", periods=36)
HOURS = pd.date_range("2024-01-01", periods=72, freq="h")
WEEKS = pd.date_range("2020-06-01", periods=36, freq="W-MON")
HALVES = [(year, half) for year in range(2000, 2018) for half in (1, 2)]
QUARTERS = [(year, quarter) for year in range(2012, 2021) for quarter in range(1, 5)]
GERMAN = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"


def read(columns, hole=(), backwards=False, **named):
    """Read a file of columns beside rising values, without some of its rows, perhaps the newest first."""
    frame = pd.DataFrame(columns)
    frame["value"] = np.arange(len(frame)) + 10.5
    frame = frame.drop(index=list(hole))
    frame = frame[::-1] if backwards else frame
    return read_table("data.csv", content=frame.to_csv(index=False).encode(), **named)


def is_whole(table, freq, start):
    """Tell whether a table is one series in the order of time, without gaps."""
    values = table.panel.values
    return (table.n_series, table.freq, table.start, table.n_gaps) == (1, freq, start, 0) and (
        np.diff(values) > 0
    ).all()


OF_YEARS = {
    "Polish": {"Rok": MONTHS.year, "Miesiąc": MONTHS.month},
    "Russian": {"Год": MONTHS.year, "Месяц": MONTHS.month},
    "Korean": {"연도": MONTHS.year, "월": [f"{m}월" for m in MONTHS.month]},
    "SAP": {"GJAHR": MONTHS.year, "MONAT": [f"{m:02d}" for m in MONTHS.month]},
    "numbered": {"Calendar Year": MONTHS.year, "Month No": MONTHS.month},
    "fiscal": {"Fiscal Year": MONTHS.year, "Fiscal Month": MONTHS.month},
    "merged": {"Jahr": [y if m == 1 else None for y, m in zip(MONTHS.year, MONTHS.month, strict=True)],
               "Monat": [GERMAN[4 * m - 4 : 4 * m - 1] for m in MONTHS.month]},
}  # fmt: skip


@pytest.mark.parametrize("case", OF_YEARS)
@pytest.mark.parametrize("named", [{}, {"target_col": "value"}])
def test_year_and_month_in_other_languages(case, named):
    assert is_whole(read(OF_YEARS[case], **named), "MS", "2020-01-01")


def test_halves_and_quarters_are_no_names_of_series():
    years = [year for year, _ in HALVES]
    for name, texts in (("half", ["H1", "H2"]), ("semester", [1, 2]), ("半年", ["上半年", "下半年"])):
        assert is_whole(read({"year": years, name: [texts[half - 1] for _, half in HALVES]}), "6MS", "2000-01-01")
    quarters = [f"第{quarter}四半期" for _, quarter in QUARTERS]
    assert is_whole(read({"年": [year for year, _ in QUARTERS], "四半期": quarters}), "QS-JAN", "2012-01-01")


def test_seasons_and_weekdays_are_no_names_of_series():
    columns = {"year": np.repeat(range(2010, 2019), 4), "season": ["Spring", "Summer", "Autumn", "Winter"] * 9}
    with pytest.raises(DataError, match="If 'season' counts parts of each time"):
        read(columns)
    with pytest.raises(DataError, match="holds only a part of a date"):
        read({"weekday": np.repeat(["Mon", "Tue", "Wed"], 24), "hour": [*range(24)] * 3})


@pytest.mark.parametrize("backwards", [False, True])
def test_months_of_fiscal_years_are_refused(backwards):
    months = MONTHS + pd.DateOffset(months=3)
    columns = {"Year": months.year - (months.month < 4), "Month": months.month}
    with pytest.raises(DataError, match="look like fiscal years"):
        read(columns, backwards=backwards)
    both = {name: [*cells, *cells] for name, cells in columns.items()}
    with pytest.raises(DataError, match="look like fiscal years"):
        read({"shop": ["a"] * 36 + ["b"] * 36, **both}, backwards=backwards)


def test_months_in_no_order_are_no_fiscal_years():
    order = np.random.default_rng(0).permutation(36)
    table = read({"year": MONTHS.year[order], "month": MONTHS.month[order]})
    assert (table.freq, table.n_gaps) == ("MS", 0)
    by_month = sorted(zip(MONTHS.month, MONTHS.year, strict=True))
    table = read({"year": [year for _, year in by_month], "month": [month for month, _ in by_month]})
    assert (table.freq, table.n_gaps) == ("MS", 0)


CLOCKS = {
    "spans": [f"{h:%H:%M}-{h + pd.Timedelta('1h'):%H:%M}" for h in HOURS],
    "four digits": [f"{h:%H%M}" for h in HOURS],
    "digits without zeros": [int(f"{h:%H%M}") for h in HOURS],
    "shares of a day": [round(h.hour / 24, 6) for h in HOURS],
    "with AM": [f"{h:%I:%M %p}" for h in HOURS],
}


@pytest.mark.parametrize("case", CLOCKS)
@pytest.mark.parametrize("named", [{}, {"target_col": "value"}])
def test_times_of_day_beside_dates(case, named):
    assert is_whole(read({"date": HOURS.date, "time": CLOCKS[case]}, **named), "h", "2024-01-01")


def test_the_clock_that_says_from_when():
    ends = (HOURS + pd.Timedelta("1h")).strftime("%H:%M")
    for begin, end in (("von", "bis"), ("start_time", "end_time")):
        table = read({"Datum": HOURS.strftime("%d.%m.%Y"), begin: HOURS.strftime("%H:%M"), end: ends})
        assert is_whole(table, "h", "2024-01-01")


def test_hours_with_fractions():
    halves = pd.date_range("2024-01-01", periods=96, freq="30min")
    assert is_whole(read({"date": halves.date, "hour": halves.hour + halves.minute / 60}), "30min", "2024-01-01")


def test_numbers_that_are_no_times_of_day():
    for numbers, name in (([1, 2, 3], "time"), ([12.37, 8.91], "time"), ([75, 130], "time"), ([0, 830], "load")):
        assert numbered_clock(pd.Series(numbers), name) is None


DIGITS = {
    "days": (DAYS.strftime("%Y%m%d"), "D", "2024-01-01"),
    "hours": (HOURS[:36].strftime("%Y%m%d%H"), "h", "2024-01-01"),
    "months": (MONTHS.strftime("%Y%m"), "MS", "2020-01-01"),
    "seconds": (HOURS[:36].as_unit("s").astype("int64"), "h", "2024-01-01"),
    "years": (np.arange(1980, 2016), "YS-JAN", "1980-01-01"),
}


@pytest.mark.parametrize("case", DIGITS)
@pytest.mark.parametrize("backwards", [False, True])
def test_digits_that_rise_or_fall_are_dates_below_any_name(case, backwards):
    cells, freq, start = DIGITS[case]
    table = read({"station": 7, "obs": cells}, backwards=backwards, target_col="value")
    assert (table.time_col, table.freq, table.start) == ("obs", freq, start)
    assert (np.diff(table.panel.values) > 0).all()


def test_holes_in_digits_are_gaps():
    assert read({"per": MONTHS.strftime("%Y%m")}, hole=[5, 6], target_col="value").n_gaps == 2


def test_numbers_that_rise_are_no_dates():
    for numbers in (10_000 + 7 * np.arange(36), 190_001 + 3 * np.arange(36), 1001 + np.arange(36)):
        table = read({"invoice": numbers}, target_col="value")
        assert (table.time_col, table.freq, table.n_gaps) == (None, 1, 0)


def test_texts_of_two_numbers_are_not_left_out():
    with pytest.raises(DataError, match="'Lauf' may hold the times, in a form that is not known"):
        read({"Lauf": [f"L{week.isocalendar().week:02d}~{week.year % 100}" for week in WEEKS]})


WRITTEN = {
    "with a unit": (("Zeit", [f"{h:%d.%m.%Y}, {h:%H:%M} Uhr" for h in HOURS]), "h"),
    "of Java": (("Time", [f"{h:%Y-%m-%dT%H:%M:%S}+01:00[Europe/Berlin]" for h in HOURS]), "h"),
    "of JavaScript": (("Time", [f"{h:%a %b %d %Y %H:%M:%S} GMT+0100 (CET)" for h in HOURS]), "h"),
    "of .NET": (("Time", [f"/Date({h.value // 10**6})/" for h in HOURS]), "h"),
    "of Oracle": (("Time", [f"{h:%d-%b-%y %I.%M.%S}.000000 {h:%p}".upper() for h in HOURS]), "h"),
    "German weeks": (("Zeitraum", [f"{w.isocalendar().week}. KW {w.isocalendar().year}" for w in WEEKS]), "W-MON"),
    "short weeks": (("KW", [f"KW{w.isocalendar().week:02d}/{w.isocalendar().year % 100}" for w in WEEKS]), "W-MON"),
    "Chinese weeks": (("周", [f"{w.isocalendar().year}年{w.isocalendar().week:02d}周" for w in WEEKS]), "W-MON"),
    "Republic of China": (("日期", [f"{d.year - 1911}/{d:%m/%d}" for d in DAYS]), "D"),
    "its months": (("年月", [f"{m.year - 1911}年{m.month}月" for m in MONTHS]), "MS"),
    "periods": (("Periode", [f"{m.month:03d}.{m.year}" for m in MONTHS]), "MS"),
    "periods behind years": (("Fiscal year/period", [f"{m.year}{m.month:03d}" for m in MONTHS]), "MS"),
    "short years in digits": (("date", DAYS.strftime("%y%m%d")), "D"),
    "the day first in digits": (("date", DAYS.strftime("%d%m%Y")), "D"),
    "which lost a zero": (("date", [f"{d:%d%m%Y}".lstrip("0") for d in DAYS]), "D"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_times_as_programs_and_offices_write_them(case):
    (name, cells), freq = WRITTEN[case]
    table = read({name: cells}, target_col="value")
    assert (table.time_col, table.freq, table.n_gaps, table.n_series) == (name, freq, 0, 1)


def test_dates_with_points_have_the_day_first():
    days = pd.date_range("2024-01-01", periods=5)
    assert is_whole(read({"Datum": days.strftime("%d.%m.%Y")}), "D", "2024-01-01")
    with pytest.raises(DataError, match="day first and with the month first"):
        read({"Datum": days.strftime("%d/%m/%Y")}, target_col="value")
