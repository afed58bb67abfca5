"""Is a time that stands in several columns put together, and only where that is meant?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import to_panel, train_test_split
from gatecast.data.reading.files import read_table
from gatecast.exceptions import DataError

N = 60
VALUES = np.round(np.random.default_rng(5).normal(size=N), 3)
HOURS = pd.date_range("2023-12-30 20:00", periods=N, freq="h")
PARTS = ["year", "month", "day", "hour", "minute", "second"]
ALIASES = ["YS", "MS", "D", "h", "min", "s"]


def in_parts(n_parts, names=PARTS):
    """Write times in columns of their own, down to a part, from a year that ends soon."""
    times = pd.date_range("2023-12-01", periods=N, freq=ALIASES[n_parts - 1])
    return pd.DataFrame(
        {name: getattr(times, part) for part, name in list(zip(PARTS, names, strict=False))[:n_parts]}
        | {"temp": VALUES}
    )


def with_hours(**columns):
    """Write a date and an hour, as in the bike sharing table."""
    dates = HOURS.strftime("%m/%d/%Y")
    return pd.DataFrame({"dteday": dates, "hr": HOURS.hour, "cnt": VALUES} | columns)


def both(tmp_path, frame, **named):
    """Read a table as DataFrame and as file: the panels must be the same."""
    frame.to_csv(path := tmp_path / "data.csv", index=False)
    table, panel = read_table(path, **named), to_panel(frame, **named)
    assert table.panel.starts.tolist() == panel.starts.tolist()
    assert (table.panel.freq, table.panel.columns) == (panel.freq, panel.columns)
    np.testing.assert_array_equal(table.panel.values, panel.values)
    return table, panel


@pytest.mark.parametrize("n_parts", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("names", [PARTS, ["YR", "Month", "DAY", "Hr", "Minute", "Second"], list("年月日时分秒")])
def test_parts_are_joined(tmp_path, n_parts, names):
    frame = in_parts(n_parts, names)
    table, panel = both(tmp_path, frame)
    parts = {part: frame[name] for part, name in zip(PARTS, names[:n_parts], strict=False)}
    assert list(panel.times(0)) == list(pd.to_datetime({"day": 1, **parts} if n_parts == 2 else parts))
    assert panel.values.tolist() == VALUES.tolist()
    assert (panel.columns.time, panel.columns.target, panel.freq) == ("ds", "temp", ALIASES[n_parts - 1])
    assert (table.time_col, table.ignored) == (" + ".join(names[:n_parts]), ())


def test_year_and_quarter(tmp_path):
    times = pd.date_range("2001-04-01", periods=N, freq="QS")
    table, panel = both(tmp_path, pd.DataFrame({"Year": times.year, "Quarter": times.quarter, "gdp": VALUES}))
    assert list(panel.times(0)) == list(pd.to_datetime({"year": times.year, "month": times.quarter * 3 - 2, "day": 1}))
    assert (table.time_col, panel.freq) == ("Year + Quarter", "QS-JAN")


def test_parts_and_a_clock_of_text(tmp_path):
    frame = in_parts(4).assign(Time=lambda table: table.pop("hour").map("{:02d}:30".format))
    table, panel = both(tmp_path, frame)
    assert list(panel.times(0)) == list(pd.date_range("2023-12-01 00:30", periods=N, freq="h"))
    assert table.time_col == "year + month + day + Time"


@pytest.mark.parametrize("rows", [slice(0, 1), slice(0, 2), slice(30, None)])
def test_parts_of_few_rows_are_joined_too(rows):
    frame = in_parts(4)
    panel = to_panel(frame.iloc[rows], freq="h", target_col="temp")
    assert list(panel.times(0)) == list(pd.to_datetime(frame[PARTS[:4]].iloc[rows]))


@pytest.mark.parametrize("kind", ["polars", "nullable", "float", "series", "unsorted"])
def test_parts_in_all_kinds_of_tables(kind):
    frame = in_parts(4)
    data = {
        "polars": lambda: pl.DataFrame(frame.to_dict("list")),
        "nullable": lambda: frame.convert_dtypes(),
        "float": lambda: frame.astype(float),
        "series": lambda: frame.set_index(PARTS[:4])["temp"],
        "unsorted": lambda: frame.sample(frac=1, random_state=0),
    }[kind]()
    panel = to_panel(data)
    assert list(panel.times(0)) == list(pd.to_datetime(frame[PARTS[:4]]))
    assert panel.values.tolist() == VALUES.tolist()


@pytest.mark.parametrize("name", ["unique_id", "shop"])
def test_parts_of_several_series(tmp_path, name):
    frame = pd.concat([in_parts(3).assign(**{name: shop}) for shop in "ba"])
    panel = both(tmp_path, frame)[1]
    assert (panel.ids.tolist(), panel.lengths.tolist(), panel.columns.id) == (["b", "a"], [N, N], name)


@pytest.mark.parametrize("better", ["date", "when", "ds"])
def test_better_time_column_wins(better):
    days = pd.date_range("2020-01-01", periods=N)
    panel = to_panel(in_parts(4).assign(**{better: days}), target_col="temp")
    assert (panel.columns.time, list(panel.times(0))) == (better, list(days))


@pytest.mark.parametrize("number", ["No", "index", "t"])
def test_running_number_is_neither_time_nor_target(tmp_path, number):
    for first in (0, 1):
        frame = in_parts(4)
        frame.insert(0, number, np.arange(N) + first)
        table, panel = both(tmp_path, frame)
        assert (panel.columns.target, panel.freq, table.ignored) == ("temp", "h", (number,))


def test_nullable_number_with_a_hole_is_no_running_number():
    frame = in_parts(4).assign(No=pd.array([pd.NA, *range(2, N + 1)], dtype="Int64"))
    with pytest.raises(DataError, match="'temp', 'No'"):
        to_panel(frame)


def test_running_number_alone_is_a_target():
    frame = pd.DataFrame({"ds": pd.date_range("2024", periods=5), "sold": range(1, 6)})
    assert to_panel(frame).values.tolist() == [1, 2, 3, 4, 5]


def test_numbers_that_are_no_years_are_not_joined():
    frame = with_hours(yr=0, mnth=HOURS.month, day=HOURS.day).drop(columns="dteday")
    with pytest.raises(DataError, match="'day' holds only a part of a date, which repeats"):
        to_panel(frame)


def test_day_that_is_not_in_the_calendar_is_named(tmp_path):
    frame = in_parts(3)
    frame.loc[7, ["year", "month", "day"]] = [2023, 2, 30]
    frame.to_csv(path := tmp_path / "data.csv", index=False)
    text = "Columns 'year', 'month', 'day' hold '2023', '2', '30' in {}, and a date was expected"
    with pytest.raises(DataError, match=text.format("row 8")):
        to_panel(frame)
    with pytest.raises(DataError, match=text.format("line 9")):
        read_table(path)


@pytest.mark.parametrize("column", ["month", "hour"])
def test_empty_part_is_named(tmp_path, column):
    frame = in_parts(4).astype({column: "Int64"})
    frame.loc[7, column] = pd.NA
    frame.to_csv(path := tmp_path / "data.csv", index=False)
    for read, row in ((lambda: to_panel(frame), "row 8"), (lambda: read_table(path), "line 9")):
        with pytest.raises(DataError, match=f"'{column}'.*{row}"):
            read()


@pytest.mark.parametrize("name", ["hr", "Hour", "小时", "时"])
def test_date_and_hour_are_joined(tmp_path, name):
    frame = with_hours(No=range(1, N + 1)).rename(columns={"hr": name})
    table, panel = both(tmp_path, frame)
    assert list(panel.times(0)) == list(HOURS)
    assert (panel.columns.time, panel.columns.target, panel.freq) == ("dteday", "cnt", "h")
    assert (table.time_col, table.ignored) == (f"dteday + {name}", ("No",))
    assert table.date_format == "%m/%d/%Y + hour"


@pytest.mark.parametrize("dates", ["times", "objects", "integers", "periods"])
def test_hour_is_joined_to_every_kind_of_date(dates):
    kinds = {
        "times": HOURS.normalize(),
        "objects": HOURS.date,
        "integers": HOURS.strftime("%Y%m%d").astype(int),
        "periods": HOURS.to_period("D"),
    }
    panel = to_panel(with_hours(dteday=kinds[dates]).rename(columns={"dteday": "date"}))
    assert list(panel.times(0)) == list(HOURS)


def test_date_hour_and_minute_are_joined():
    times = pd.date_range("2024-01-01", periods=N, freq="15min")
    frame = with_hours(dteday=times.normalize(), hr=times.hour, minute=times.minute)
    assert list(to_panel(frame).times(0)) == list(times)


@pytest.mark.parametrize("name", ["unique_id", "town"])
def test_hours_of_several_series(tmp_path, name):
    frame = pd.concat([with_hours(**{name: town}) for town in "ba"])
    table, panel = both(tmp_path, frame)
    assert (panel.ids.tolist(), list(panel.times(1))) == (["b", "a"], list(HOURS))
    assert (table.id_col, table.time_col) == (name, "dteday + hr")


def test_hour_is_not_joined_where_dates_do_not_repeat(tmp_path):
    days = pd.date_range("2024-01-01", periods=N)
    one = with_hours(dteday=days, hr=7)
    two = pd.concat([one.assign(shop=shop) for shop in "ab"])
    for frame in (one, two):
        table, panel = both(tmp_path, frame, target_col="cnt")
        assert (panel.freq, list(panel.times(0)), table.time_col) == ("D", list(days), "dteday")


def test_hour_is_the_target_where_it_is_the_only_number():
    days = pd.date_range("2024-01-01", periods=4)
    frame = pd.DataFrame({"date": [*days, *days], "shop": list("aaaabbbb"), "hour": [3, 4, 5, 6, 7, 8, 9, 1]})
    panel = to_panel(frame)
    assert (panel.ids.tolist(), panel.values.tolist()) == (["a", "b"], frame["hour"].tolist())


def test_hour_is_not_joined_to_a_time_of_day():
    frame = with_hours(dteday=HOURS).iloc[[0, 1, 1, 2]].assign(hr=[1, 2, 3, 4])
    with pytest.raises(DataError, match="2 rows have the time 2023-12-30 21:00"):
        to_panel(frame)


def test_named_time_is_respected(tmp_path):
    table, panel = both(tmp_path, with_hours(), time_col="dteday")
    assert (list(panel.times(0)), table.time_col) == (list(HOURS), "dteday + hr")
    clock = with_hours(hr=HOURS.strftime("%H:%M"))
    assert list(both(tmp_path, clock, time_col="dteday")[1].times(0)) == list(HOURS)
    yearly = in_parts(2).iloc[::12]
    assert to_panel(yearly, time_col="year", target_col="temp").starts.tolist() == [2023]


@pytest.mark.parametrize("rows", [slice(0, 1), slice(3, 5)])
def test_hour_is_joined_where_the_frequency_asks_for_it(rows):
    # One row a day: newer data behind a model of hours, whose frequency is known.
    panel = to_panel(with_hours().iloc[rows], time_col="dteday", target_col="cnt", freq="h")
    assert list(panel.times(0)) == list(HOURS[rows])


def test_hours_from_1_to_24_need_a_name_that_says_their_side(tmp_path):
    hours = pd.date_range("2024-01-01", periods=48, freq="h")
    frame = pd.DataFrame({"date": hours.normalize(), "hour": hours.hour + 1, "load": VALUES[:48]})
    with pytest.raises(DataError, match="'hour' holds 24 in row 24, and.* 0 to 23.*Subtract 1.*'HE'"):
        to_panel(frame)
    table, panel = both(tmp_path, frame.rename(columns={"hour": "HE"}))
    assert list(panel.times(0)) == list(hours + pd.Timedelta(hours=1))
    assert table.date_format == "%Y-%m-%d + hour ending"
    frame["hour"] -= 1
    assert list(to_panel(frame).times(0)) == list(hours)


REPEATED = pd.DataFrame({"ds": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-02"]), "y": 1.0})
REMEDIES = {
    "only numbers": (REPEATED, {}, r"expected\. Remove or add up the duplicates\.$"),
    "running number": (REPEATED.assign(No=range(4)), {}, r"Remove or add up the duplicates\.$"),
    "given id": (REPEATED.assign(shop="a"), {"id_col": "shop"}, r"Remove or add up the duplicates\.$"),
    "number of the shop": (REPEATED.assign(shop=[7, 8, 7, 8]), {}, "expected. Name .*`id_col='shop'`"),
    "three columns": (
        pd.DataFrame(
            [(day, a, b, c, 1.0) for day in HOURS[:3] for a in "xy" for b in "xy" for c in (1, 2)],
            columns=["hour", "region", "branch", "size", "sold"],
        ),
        {"target_col": "sold", "time_col": "hour"},
        r"these columns name .*`id_col=\['region', 'branch', 'size'\]`",
    ),
    "one row twice": (
        pd.concat([with_hours(), with_hours().tail(1)]),
        {},
        r"2 rows have the time 2024-01-02 07:00:00 \(row 60, row 61\).*duplicates\.$",
    ),
    "hours of shops": (
        pd.concat([with_hours(shop=shop) for shop in (7, 8)]),
        {"target_col": "cnt"},
        "2 rows have the time 2023-12-30 20:00:00 .*`id_col='shop'`",
    ),
    "hours alone": (with_hours(), {"time_col": "hr"}, "Leave `time_col` out.*'dteday', 'hr'"),
    "year of dates": (
        in_parts(4),
        {"time_col": "year", "target_col": "temp"},
        "Leave `time_col` out.*'year', 'month', 'day', 'hour'",
    ),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_repeated_times_name_only_what_helps(case):
    frame, named, message = REMEDIES[case]
    with pytest.raises(DataError, match=message):
        to_panel(frame, **named)


def test_remedies_work():
    for case in ("number of the shop", "hours of shops"):
        frame, named, _ = REMEDIES[case]
        assert to_panel(frame, id_col="shop", **named).ids.tolist() == [7, 8]
    assert to_panel(REMEDIES["hours alone"][0]).freq == "h"
    assert to_panel(REMEDIES["year of dates"][0]).freq == "h"


@pytest.mark.parametrize("name", ["ds", "date", "Day"])
@pytest.mark.parametrize("library", [pd, pl])
def test_digits_of_dates_in_a_table(name, library):
    days = pd.date_range("1999-12-20", periods=N)
    digits = days.strftime("%Y%m%d").astype(int).tolist()
    panel = to_panel(library.DataFrame({name: digits, "v": VALUES}))
    assert (list(panel.times(0)), panel.freq, panel.columns.time) == (list(days), "D", name)


@pytest.mark.parametrize(
    "steps", [[2020, 2021, 2022], [202001, 202002, 202003], [20240230, 20240231, 20240232], [18991230, 18991231]]
)
def test_other_integers_in_a_table_stay_steps(steps):
    assert to_panel(pd.DataFrame({"ds": steps, "y": 1.0})).starts.tolist() == steps[:1]


@pytest.mark.parametrize("missing", [(7, 8), (8,), (7, 8, 9)])
def test_split_at_a_gap_loses_no_row(missing):
    days = pd.date_range("2024-01-01", periods=12).delete(missing)
    frame = pd.DataFrame({"Date": days.strftime("%Y-%m-%d"), "Temp": np.arange(len(days)) * 1.5})
    train, test = train_test_split(frame, 4)
    pd.testing.assert_frame_equal(pd.concat([train, test]), frame)
    assert test["Date"].iloc[0] == str(next(day for day in days if day >= pd.Timestamp("2024-01-09")).date())
    assert to_panel(test, freq="D").values[-1] == frame["Temp"].iloc[-1]


def test_split_of_joined_times():
    frame = with_hours()
    train, test = train_test_split(frame, 0.25)
    pd.testing.assert_frame_equal(pd.concat([train, test]), frame)
    assert len(test) == N // 4


def products(n_days: int = 3) -> pd.DataFrame:
    """Sales of two products in two shops, which only both columns tell apart."""
    keys = [(day, shop, item) for day in range(n_days) for shop in "ab" for item in ("x", "y")]
    frame = pd.DataFrame(keys, columns=["day", "shop", "item"])
    return frame.assign(date=pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop("day"), "D"), y=1.0)


@pytest.mark.parametrize("named", [{}, {"id_col": "shop"}, {"id_col": "item"}])
def test_two_columns_that_name_series_together_are_no_duplicates(named):
    with pytest.raises(DataError) as error:
        to_panel(products(), **named)
    assert "pass `id_col=['shop', 'item']`" in str(error.value).replace("'item', 'shop'", "'shop', 'item'")
    assert "Remove" not in str(error.value)
    assert to_panel(products(), id_col=["shop", "item"]).n_series == 4


@pytest.mark.parametrize("periods", [[46, 48, 50], [24, 24, 23]])
def test_parts_of_a_day_are_no_names_of_series(periods):
    days = [pd.Timestamp("2024-01-01") + pd.Timedelta(k, "D") for k, n in enumerate(periods) for _ in range(n)]
    table = pd.DataFrame({"date": days, "block": [1 + k for n in periods for k in range(n)], "load": 1.5})
    with pytest.raises(DataError, match="If 'block' counts parts of each time, such as its hours, put both into one"):
        to_panel(table, target_col="load")
