"""Is a column that is called a time read or refused, in whatever form it comes, and never left out?"""

import numpy as np
import pandas as pd
import pytest

from gatecast.data import to_panel
from gatecast.data.reading.dates import parse_dates
from gatecast.data.reading.files import read_table
from gatecast.data.reading.years import full_years
from gatecast.exceptions import DataError

N = 48
VALUES = np.round(50 + 10 * np.sin(np.arange(N) / 5), 2)
MONTHS = pd.date_range("2015-01-01", periods=N, freq="MS")
HOURS = pd.date_range("2018-01-01", periods=N, freq="h")
DAYS = pd.date_range("2018-01-01", periods=N)


def written(tmp_path, columns, hole=()):
    """Write a file from columns, without some of its rows."""
    frame = pd.DataFrame(columns).drop(index=list(hole))
    frame.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
CHINESE = ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"]
MONTH_WORDS = {
    "english": MONTHS.strftime("%B"),
    "short": MONTHS.strftime("%b"),
    "german": [GERMAN.split()[m - 1] for m in MONTHS.month],
    "chinese numbers": [f"{m}月" for m in MONTHS.month],
    "chinese words": [CHINESE[m - 1] for m in MONTHS.month],
    "letter": [f"M{m:02d}" for m in MONTHS.month],
}


@pytest.mark.parametrize("kind", MONTH_WORDS)
@pytest.mark.parametrize("names", [("Year", "Month"), ("年", "月份")])
def test_months_as_words_beside_a_year_are_one_series(tmp_path, kind, names):
    columns = {names[0]: MONTHS.year, names[1]: MONTH_WORDS[kind], "cash": VALUES}
    table = read_table(written(tmp_path, columns))
    assert (table.n_series, table.freq, table.n_gaps, table.target_col) == (1, "MS", 0, "cash")
    assert list(table.panel.times(0)) == list(MONTHS)
    assert list(to_panel(pd.DataFrame(columns)).times(0)) == list(MONTHS)


@pytest.mark.parametrize("write", ["Q{}", "{}. Quartal", "第{}季度", "{}Q", "{}"])
def test_quarters_beside_a_year(tmp_path, write):
    times = pd.date_range("2005-04-01", periods=N, freq="QS")
    columns = {"Year": times.year, "Quarter": [write.format(q) for q in times.quarter], "GDP": VALUES}
    table = read_table(written(tmp_path, columns))
    assert (table.freq, table.start, table.n_series) == ("QS-JAN", "2005-04-01", 1)


@pytest.mark.parametrize("write", ["W{:02d}", "week {}", "第{}周", "{}", "KW {}"])
def test_weeks_beside_a_year(tmp_path, write):
    times = pd.date_range("2014-12-01", periods=2 * N, freq="W-MON")
    iso = times.isocalendar()
    columns = {"Year": iso.year.to_numpy(), "Week": [write.format(w) for w in iso.week], "sold": [*VALUES, *VALUES]}
    table = read_table(written(tmp_path, columns))
    assert (table.freq, table.start, table.n_gaps) == ("W-MON", "2014-12-01", 0)
    assert list(table.panel.times(0)) == list(times)


def test_a_week_that_its_year_does_not_have_is_named(tmp_path):
    columns = {"Year": [2021] * 3, "Week": [51, 52, 53], "sold": [1.0, 2.0, 3.0]}
    with pytest.raises(DataError, match="'Year', 'Week' hold '2021', '53' in line 4"):
        read_table(written(tmp_path, columns))


NUMBERS = {
    "serial hours": ("date", [f"{43101 + i / 24:.6f}" for i in range(N)], "h", HOURS),
    "serial hours of few decimals": ("timestamp", [f"{43101 + i / 24:.4f}" for i in range(N)], "h", HOURS),
    "serial days": ("Date", [str(43101 + i) for i in range(N)], "D", DAYS),
    "decimal years": ("date", [f"{2015 + i / 12:.4f}" for i in range(N)], "MS", MONTHS),
    "decimal years of few decimals": ("time", [f"{2015 + i / 12:.2f}" for i in range(N)], "MS", MONTHS),
    "middles of months": ("time", [f"{2015 + (i + 0.5) / 12:.3f}" for i in range(N)], "MS", MONTHS),
    "year and month": ("month", [f"{2015 + i // 12}.{i % 12 + 1:02d}" for i in range(N)], "MS", MONTHS),
    "Unix seconds": ("timestamp", [f"{t.timestamp() + 0.5:.1f}" for t in HOURS], "h", HOURS + pd.Timedelta("500ms")),
    "weeks": (
        "yearweek",
        [t.strftime("%G%V") for t in pd.date_range("2020-06-01", periods=N, freq="W-MON")],
        "W-MON",
        None,
    ),
    "quarters": ("quarter", [f"{2005 + i // 4}{i % 4 + 1}" for i in range(N)], "QS-JAN", None),
    "month and year": ("Monat", [f"{t.month}.{t.year}" for t in MONTHS], "MS", MONTHS),
    "day of the year": ("date", [f"{t:%Y%j}" for t in DAYS], "D", DAYS),
    "tenths of a second": ("time", [f"{i / 10:.1f}" for i in range(N)], 1, range(N)),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_below_the_name_of_a_time_are_times_with_their_gaps(tmp_path, kind):
    name, texts, freq, times = NUMBERS[kind]
    table = read_table(written(tmp_path, {name: texts, "y": VALUES}, hole=range(20, 26)))
    assert (table.time_col, table.freq, table.n_gaps) == (name, freq, 6)
    assert times is None or list(table.panel.times(0)) == list(times)
    assert np.isnan(table.panel.values[20:26]).all()


def test_numbers_of_a_program_are_read_alike():
    serial = pd.DataFrame({"date": 43101 + np.arange(N) / 24, "y": VALUES})
    assert list(to_panel(serial).times(0)) == list(HOURS)
    assert list(to_panel(pd.DataFrame({"date": 43101 + np.arange(N), "y": VALUES})).times(0)) == list(DAYS)
    steps = to_panel(pd.DataFrame({"time": 43101 + np.arange(N), "y": VALUES}))
    assert (steps.freq, steps.starts.tolist()) == (1, [43101])


@pytest.mark.parametrize("values", [np.random.default_rng(0).random(N), np.geomspace(1.1, 9.7, N)])
def test_numbers_that_are_no_times_are_refused(tmp_path, values):
    with pytest.raises(DataError, match="'time' holds .* in line 2, and a date or an integer step was expected"):
        read_table(written(tmp_path, {"time": values, "y": VALUES}))


@pytest.mark.parametrize("name", ["month", "week", "day", "月"])
def test_a_part_of_a_date_alone_is_refused_where_it_repeats(tmp_path, name):
    columns = {name: [1 + i % 7 for i in range(N)], "sold": VALUES}
    with pytest.raises(DataError, match=f"'{name}' holds only a part of a date, which repeats"):
        read_table(written(tmp_path, columns))
    with pytest.raises(DataError, match="Add a column with the year"):
        to_panel(pd.DataFrame(columns))


STEPS = [i for i in range(40) if i not in (10, 11, 12, 30)]


def panel_rows(id_name, time_name, steps=tuple(STEPS)):
    rows = [(g, t, 10.0 * k + t) for k, g in enumerate("ab") for t in steps]
    return pd.DataFrame(rows, columns=[id_name, time_name, "y"])


@pytest.mark.parametrize("id_name", ["unique_id", "group", "which"])
@pytest.mark.parametrize("time_name", ["t", "step", "time", "time_idx", "period", "index"])
def test_integer_steps_that_repeat_in_each_series_are_its_times(id_name, time_name):
    panel = to_panel(panel_rows(id_name, time_name))
    assert (panel.n_series, panel.n_gaps, panel.columns.id, panel.columns.time) == (2, 8, id_name, time_name)


@pytest.mark.parametrize("id_name", ["unique_id", "group"])
def test_the_newest_row_first_is_no_other_order(id_name):
    panel = to_panel(panel_rows(id_name, "t", STEPS[::-1]))
    assert panel.values[0] == 0
    assert panel.series(1)[-1] == 49


def test_the_order_of_rows_is_said_where_a_table_has_other_columns():
    frame = pd.DataFrame({"y": VALUES, "note": [f"n{i % 3}" for i in range(N)]})
    with pytest.warns(UserWarning, match="No column .* holds times .there are 'note'.: the order of the rows"):
        to_panel(frame)
    assert to_panel(frame[["y"]]).freq == 1


@pytest.mark.parametrize("dated", [False, True])
def test_things_one_after_the_other_are_series(dated):
    times = {"date": pd.date_range("2024-01-01", periods=60)} if dated else {}
    frame = pd.DataFrame({"pump": ["P1"] * 30 + ["P2"] * 30} | times | {"flow": [*range(30), *range(900, 930)]})
    panel = to_panel(frame)
    assert (panel.ids.tolist(), panel.lengths.tolist(), panel.columns.id) == (["P1", "P2"], [30, 30], "pump")


def test_words_that_mean_something_else_elsewhere_stay_names_and_values():
    rows = [(tag, day, 1.0) for tag in ("T1", "P2") for day in DAYS]
    assert to_panel(pd.DataFrame(rows, columns=["tag", "time", "v"])).columns.id == "tag"
    assert to_panel(pd.DataFrame({"date": DAYS, "kW": VALUES})).columns.target == "kW"


def test_stretches_of_another_name_are_a_question():
    frame = pd.DataFrame({"date": DAYS, "regime": ["old"] * 24 + ["new"] * 24, "flow": VALUES})
    with pytest.raises(DataError, match="'regime' holds one stretch of rows for each text.*`id_col='regime'`"):
        to_panel(frame)
    assert to_panel(frame, past=["regime"]).n_series == 1
    assert to_panel(frame, id_col="regime").n_series == 2


WRITTEN = {
    "zone in words": (["2024-03-01 00:00:00 UTC", "2024-03-01 01:00:00 UTC"], "2024-03-01 01:00:00+00:00"),
    "mail": (["Fri, 01 Mar 2024 00:00:00 GMT", "Fri, 01 Mar 2024 01:00:00 GMT"], "2024-03-01 01:00:00+00:00"),
    "web server": (["01/Mar/2024:00:00:00 +0100", "01/Mar/2024:01:00:00 +0100"], "2024-03-01 00:00:00+00:00"),
    "basic": (["20240301T000000", "20240301T010000"], "2024-03-01 01:00:00"),
    "comma": (["2024-03-01 00:00:00,000", "2024-03-01 00:00:00,500"], "2024-03-01 00:00:00.500000"),
    "weekday": (["Friday, March 01, 2024", "Saturday, March 02, 2024"], "2024-03-02 00:00:00"),
    "ctime": (["Fri Mar 01 00:00:00 2024", "Fri Mar 01 01:00:00 2024"], "2024-03-01 01:00:00"),
    "points": (["01.03.2024 00.00", "31.03.2024 01.00"], "2024-03-31 01:00:00"),
    "dash": (["2024-03-01-00", "2024-03-01-01"], "2024-03-01 01:00:00"),
    "midnight": (["2024-02-29 23:00", "2024-02-29 24:00"], "2024-03-01 00:00:00"),
    "spans": (["01.03.2024 00:00 - 01.03.2024 01:00", "31.03.2024 01:00 - 31.03.2024 02:00"], "2024-03-31 01:00:00"),
    "german": (["1. März 2024", "2. Okt. 2024"], "2024-10-02 00:00:00"),
    "french": (["1 janv. 2024", "1 févr. 2024"], "2024-02-01 00:00:00"),
    "spanish": (["enero de 2024", "febrero de 2024"], "2024-02-01 00:00:00"),
    "half day": (["2024/01/01 上午 12:00:00", "2024/01/01 下午 1:00:00"], "2024-01-01 13:00:00"),
    "Chinese hour": (["2024年1月5日 下午3时", "2024年1月5日 下午4时"], "2024-01-05 16:00:00"),
    "Chinese weekday": (["2024-01-01 周一", "2024-01-02 周二"], "2024-01-02 00:00:00"),
    "Chinese month": (["2015年1月份", "2015年12月份"], "2015-12-01 00:00:00"),
    "Chinese words": (["二〇一五年十一月", "二〇一五年十二月"], "2015-12-01 00:00:00"),
    "Chinese week": (["2020年第2周", "2020年第53周"], "2020-12-28 00:00:00"),
    "ten days": (["2015年1月上旬", "2015年1月下旬"], "2015-01-21 00:00:00"),
    "republic": (["民國113年1月", "民國113年2月"], "2024-02-01 00:00:00"),
    "full width": (["２０２４－０１－０１", "２０２４－０１－０２"], "2024-01-02 00:00:00"),
    "quarter behind": (["1Q2005", "2Q2005"], "2005-04-01 00:00:00"),
    "quarter of a short year": (["Q1-05", "Q2-05"], "2005-04-01 00:00:00"),
    "quarter behind a stroke": (["2005/Q1", "2005/Q2"], "2005-04-01 00:00:00"),
    "half": (["2005H1", "2005H2"], "2005-07-01 00:00:00"),
    "Chinese half": (["2005年上半年", "2005年下半年"], "2005-07-01 00:00:00"),
    "fiscal": (["2000-01", "2001-02", "2002-03"], "2002-01-01 00:00:00"),
    "fiscal in full": (["1999/2000", "2000/2001"], "2000-01-01 00:00:00"),
    "months": (["2000-01", "2000-02", "2000-03"], "2000-03-01 00:00:00"),
    "short year first": (["24/01/30", "24/01/31", "24/02/01"], "2024-02-01 00:00:00"),
    "no space": (["01JAN2024", "02JAN2024"], "2024-01-02 00:00:00"),
    "old": (["Jan-49", "Feb-49"], "1949-02-01 00:00:00"),
    "Polish": (["styczeń 2020", "grudzień 2020"], "2020-12-01 00:00:00"),
    "Russian": (["май 2020", "декабря 2020"], "2020-12-01 00:00:00"),
    "Turkish": (["1 Ocak 2024", "2 Ağustos 2024"], "2024-08-02 00:00:00"),
    "Korean": (["2024년 1월 5일", "2024년 1월 6일"], "2024-01-06 00:00:00"),
    "Korean quarter": (["2024년 1분기", "2024년 2분기"], "2024-04-01 00:00:00"),
    "Korean half day": (["2024-01-01 오전 12:00", "2024-01-01 오후 1:00"], "2024-01-01 13:00:00"),
    "Japanese half day": (["2024-01-01 午前0:00", "2024-01-01 午後1:00"], "2024-01-01 13:00:00"),
    "Japanese weekday": (["2024年1月1日(月)", "2024年1月2日（火）"], "2024-01-02 00:00:00"),
    "Japanese era": (["平成31年4月", "令和元年5月"], "2019-05-01 00:00:00"),
    "Japanese quarter": (["2024年1-3月期", "2024年4-6月期"], "2024-04-01 00:00:00"),
    "weekday in brackets": (["2024/1/1(Mon)", "2024/1/2(Tue)"], "2024-01-02 00:00:00"),
    "points behind": (["2024. 1. 1.", "2024. 1. 2."], "2024-01-02 00:00:00"),
    "half day right behind": (["2024-01-01 12:00am", "2024-01-01 1:00pm"], "2024-01-01 13:00:00"),
    "half day in Spanish": (["2024-01-01 12:00 a. m.", "2024-01-01 1:00 p. m."], "2024-01-01 13:00:00"),
    "hour alone": (["2024-01-01 12 AM", "2024-01-01 1 PM"], "2024-01-01 13:00:00"),
    "day of the year": (["2024-001", "2024-366"], "2024-12-31 00:00:00"),
    "Roman quarter": (["I/2024", "II/2024"], "2024-04-01 00:00:00"),
    "Roman quarter behind": (["2024-III", "2024-IV"], "2024-10-01 00:00:00"),
    "Roman quarter in Spanish": (["I trim. 2024", "IV trim. 2024"], "2024-10-01 00:00:00"),
    "quarter in words": (["1st quarter 2024", "2nd quarter 2024"], "2024-04-01 00:00:00"),
    "quarter of a fiscal year": (["FY2024 Q1", "FY2024 Q2"], "2024-04-01 00:00:00"),
    "quarter behind a colon": (["2024:Q1", "2024:Q2"], "2024-04-01 00:00:00"),
    "number of a quarter": (["2024:1", "2024:2"], "2024-04-01 00:00:00"),
    "French quarter of a short year": (["1T24", "2T24"], "2024-04-01 00:00:00"),
    "months of offices": (["2024-M01", "2024-M12"], "2024-12-01 00:00:00"),
    "months before years": (["M01 2024", "M12 2024"], "2024-12-01 00:00:00"),
    "French weeks": (["S01 2024", "S12 2024"], "2024-03-18 00:00:00"),
    "weeks of offices": (["2024-S01", "2024-S12"], "2024-03-18 00:00:00"),
    "years called fiscal": (["FY2000", "FY2001"], "2001-01-01 00:00:00"),
    "short years called fiscal": (["FY99", "FY00"], "2000-01-01 00:00:00"),
    "across 1969": (["01/01/68", "01/01/69", "01/01/70"], "1970-01-01 00:00:00"),
    "across 2000": (["Jan-98", "Jan-99", "Jan-00"], "2000-01-01 00:00:00"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_layouts_of_dates(kind):
    texts, last = WRITTEN[kind]
    dates = parse_dates(pd.Series(texts, dtype=object))
    assert str(dates.times[-1]) == last
    assert not dates.times.hasnans


@pytest.mark.parametrize("texts", [["Set 12", "Set 13"], ["item 12", "item 13"], ["A1", "B2"], ["S1-05", "S2-05"]])
def test_names_with_numbers_are_no_dates(texts):
    assert parse_dates(pd.Series(texts, dtype=object)) is None


def test_weeks_of_a_year_are_no_months(tmp_path):
    times = pd.date_range("2020-01-06", periods=10, freq="W-MON")
    for write in ("{1}/{0}", "{0}/{1}"):
        texts = [write.format(*time.isocalendar()[:2]) for time in times]
        table = read_table(written(tmp_path, {"Woche": texts, "y": VALUES[:10]}))
        assert (table.freq, table.start) == ("W-MON", "2020-01-06")


PARTS_BESIDE = {
    "satellites": (("YEAR", "MO", "DY"), lambda t: (t.year, t.month, t.day), DAYS),
    "day of the year": (("YEAR", "DOY"), lambda t: (t.year, t.day_of_year), DAYS),
    "offices": (("Year", "Period"), lambda t: (t.year, f"M{t.month:02d}"), MONTHS),
    "short": (("Yr", "Mon"), lambda t: (t.year, t.strftime("%b")), MONTHS),
    "marks": (("年", "月"), lambda t: (f"{t.year}年", f"{t.month}月"), MONTHS),
}


@pytest.mark.parametrize("kind", PARTS_BESIDE)
def test_parts_of_dates_that_count_beside_a_year(tmp_path, kind):
    names, parts, times = PARTS_BESIDE[kind]
    columns = dict(zip(names, zip(*map(parts, times), strict=True), strict=True))
    table = read_table(written(tmp_path, {**columns, "level": VALUES}))
    assert list(table.panel.times(0)) == list(times)
    assert (table.n_series, table.target_col) == (1, "level")


def test_a_day_that_its_year_does_not_have_is_named(tmp_path):
    with pytest.raises(DataError, match="'YEAR', 'DOY' hold '2023', '366' in line 4"):
        read_table(written(tmp_path, {"YEAR": [2023] * 3, "DOY": [364, 365, 366], "v": [1.0, 2.0, 3.0]}))


def test_integers_that_are_regular_as_dates_only_are_dates_in_a_program():
    months = pd.DataFrame({"month": [100 * t.year + t.month for t in MONTHS], "y": VALUES})
    assert list(to_panel(months).times(0)) == list(MONTHS)
    unix = pd.DataFrame({"timestamp": HOURS.as_unit("ms").astype("int64"), "y": VALUES})
    assert list(to_panel(unix).times(0)) == list(HOURS)
    assert to_panel(pd.DataFrame({"year": range(2000, 2000 + N), "y": VALUES})).freq == 1


def test_times_of_several_offsets_as_objects():
    zone = pd.date_range("2024-03-30", periods=N, freq="h", tz="Europe/Berlin")
    objects = pd.Series([pd.Timestamp(t.isoformat()).to_pydatetime() for t in zone], dtype=object)
    assert list(to_panel(pd.DataFrame({"when": objects, "y": VALUES})).times(0)) == list(zone.tz_convert("UTC"))


def test_texts_with_years_in_an_unknown_form_are_refused():
    frame = pd.DataFrame({"kausi": [f"{2000 + i}. kausi#1" for i in range(N)], "y": VALUES})
    with pytest.raises(DataError, match="'kausi' may hold the times, in a form that is not known"):
        to_panel(frame)
    assert to_panel(frame, freq="order").freq == "order"


def test_a_month_alone_asks_for_its_year(tmp_path):
    with pytest.raises(DataError, match="only a part of a date .'1月' at first.*Add a column with the year"):
        read_table(written(tmp_path, {"月份": [f"{t.month}月" for t in MONTHS], "y": VALUES}))


def test_the_century_is_that_of_the_other_rows_and_of_the_past():
    assert full_years([24, 25, 26, 27, 35], this_year=2026) == {24: 2024, 25: 2025, 26: 2026, 27: 2027, 35: 2035}
    assert full_years([30, 35], this_year=2026) == {30: 1930, 35: 1935}
    assert full_years([27], this_year=2026) == {27: 2027}
    assert full_years(range(68, 100), this_year=2026)[68] == 1968
    assert full_years([*range(68, 100), *range(27)], this_year=2026)[26] == 2026


def test_a_given_format_reads_short_years_alike(tmp_path):
    path = written(tmp_path, {"Date": pd.date_range("1960-01-01", periods=N).strftime("%d/%m/%y"), "y": VALUES})
    table = read_table(path, date_format="%d/%m/%y")
    assert (table.start, table.freq) == ("1960-01-01", "D")
    assert read_table(path).date_format == "%d/%m/%y (year 1960)"


@pytest.mark.parametrize("row", [0, 20, N - 1])
@pytest.mark.parametrize("years", [100, -80])
def test_a_wrong_year_is_named_with_its_row(tmp_path, row, years):
    dates = [str(time.date()) for time in DAYS]
    dates[row] = f"{int(dates[row][:4]) + years}{dates[row][4:]}"
    with pytest.raises(DataError, match=f"holds {dates[row]} in line {row + 2}, beside .* Correct its year"):
        read_table(written(tmp_path, {"date": dates, "y": VALUES}))


def test_a_wrong_year_that_would_pass_as_a_gap_is_named():
    times = MONTHS.to_series().reset_index(drop=True)
    times[30] = times[30] + pd.DateOffset(years=2)
    with pytest.raises(DataError, match="holds 2019-07-01 in row 31, beside 2017-06-01 and 2017-08-01"):
        to_panel(pd.DataFrame({"date": times, "y": VALUES}))
    shuffled = pd.DataFrame({"date": MONTHS, "y": VALUES}).sample(frac=1, random_state=0)
    assert to_panel(shuffled).n_gaps == 0


def test_an_unknown_layout_names_the_option(tmp_path):
    with pytest.raises(DataError, match="date_format='%d/%m/%Y %H:%M'"):
        read_table(written(tmp_path, {"time": [f"{i:03d}#2024" for i in range(N)], "y": VALUES}))
