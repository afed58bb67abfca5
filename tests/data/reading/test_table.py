"""Do all kinds of tables become the same panel, and does each broken one say what is wrong and where?"""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import Columns, to_panel
from gatecast.data.reading.files import read_table
from gatecast.data.reading.find import column_kind
from gatecast.exceptions import ConfigError, DataError

DAYS = pd.date_range("2024-01-01", periods=6)
VALUES = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])


def as_pandas(**columns):
    return pd.DataFrame({"ds": DAYS, "y": VALUES} | columns)


TABLES = {
    "pandas": as_pandas(),
    "polars": pl.DataFrame({"ds": DAYS.to_numpy(), "y": VALUES}),
    "polars dates": pl.DataFrame({"ds": [day.date() for day in DAYS], "y": VALUES}),
    "other names": pd.DataFrame({"When": DAYS, "temp": VALUES}),
    "id": as_pandas(unique_id="a"),
    "text times": as_pandas(ds=DAYS.strftime("%Y-%m-%d")),
    "date objects": as_pandas(ds=[day.date() for day in DAYS]),
    "periods": as_pandas(ds=DAYS.to_period("D")),
    "datetime index": pd.DataFrame({"temp": VALUES}, index=DAYS),
    "named index": pd.DataFrame({"temp": VALUES}, index=DAYS.rename("day")),
    "period index": pd.Series(VALUES, index=DAYS.to_period("D")),
    "series": pd.Series(VALUES, index=DAYS, name="temp"),
    "shuffled": as_pandas().sample(frac=1, random_state=0),
    "float32": as_pandas(y=VALUES.astype(np.float32)),
    "integers": as_pandas(y=VALUES.astype(int)),
    "nullable": as_pandas(y=pd.array(VALUES.astype(int), dtype="Int64")),
    "decimal": as_pandas(y=[decimal.Decimal(int(value)) for value in VALUES]),
    "polars decimal": pl.DataFrame({"ds": DAYS.to_numpy(), "y": [decimal.Decimal(int(value)) for value in VALUES]}),
    "texts": as_pandas(y=[f"{value:g}" for value in VALUES]),
    "unnamed index column": pd.DataFrame({"Unnamed: 0": range(6), "day": DAYS, "v": VALUES}),
}


@pytest.mark.parametrize("kind", TABLES)
def test_all_kinds_give_the_same_panel(kind):
    panel = to_panel(TABLES[kind])
    np.testing.assert_array_equal(panel.values, VALUES)
    assert list(panel.times(0)) == list(DAYS)
    assert (panel.freq, panel.n_series, panel.backend) == ("D", 1, "polars" if "polars" in kind else "pandas")


@pytest.mark.parametrize("data", [VALUES, list(VALUES), VALUES.reshape(-1, 1), VALUES.astype(int), pl.Series(VALUES)])
def test_arrays_count_their_steps(data):
    panel = to_panel(data)
    np.testing.assert_array_equal(panel.values, VALUES)
    assert (panel.freq, panel.starts.tolist(), panel.ids.tolist()) == (1, [0], ["y"])


def test_array_is_not_copied():
    assert np.shares_memory(to_panel(VALUES).values, VALUES)


@pytest.mark.parametrize("library", [pd, pl])
def test_long_table_keeps_series_in_order_of_appearance(library):
    columns = {
        "unique_id": ["b", "a", "b", "a", "b"],
        "ds": [datetime.datetime(2024, 1, day) for day in (2, 5, 1, 4, 3)],
        "y": [2.0, 20.0, 1.0, 10.0, 3.0],
    }
    panel = to_panel(library.DataFrame(columns))
    assert panel.ids.tolist() == ["b", "a"]
    assert panel.values.tolist() == [1.0, 2.0, 3.0, 10.0, 20.0]
    assert panel.offsets.tolist() == [0, 3, 5]
    assert panel.starts.astype("datetime64[D]").astype(str).tolist() == ["2024-01-01", "2024-01-04"]


def test_integer_ids_and_steps():
    panel = to_panel(pd.DataFrame({"unique_id": [7, 7, 3, 3], "ds": [1, 2, 5, 6], "y": [1.0, 2.0, 3.0, 4.0]}))
    assert (panel.ids.tolist(), panel.starts.tolist(), panel.freq) == ([7, 3], [1, 5], 1)


def test_columns_by_name_and_by_object():
    frame = pd.DataFrame({"shop": list("aabb"), "day": [*DAYS[:2]] * 2, "sold": [1, 2, 3, 4], "price": 1.0})
    by_name = to_panel(frame, id_col="shop", time_col="day", target_col="sold")
    by_object = to_panel(frame, columns=Columns("shop", "day", "sold"))
    partly = to_panel(frame, columns=Columns(target="sold"))
    for panel in (by_name, by_object, partly):
        assert (panel.columns, panel.values.tolist()) == (Columns("shop", "day", "sold"), [1, 2, 3, 4])


def test_y_is_preferred_among_numbers():
    assert to_panel(as_pandas(clean=0.0)).columns.target == "y"


@pytest.mark.parametrize(("name", "near"), [("Temp", "temp"), ("temperatur", "temperature"), ("SALES", "sales")])
def test_unknown_name_suggests_the_nearest(name, near):
    with pytest.raises(DataError, match=f"`target_col='{name}'` names no column.*Did you mean '{near}'"):
        to_panel(pd.DataFrame({"day": DAYS, near: VALUES}), target_col=name)


def test_gap_in_one_series_moves_no_other():
    frame = pd.DataFrame({"unique_id": list("aaabb"), "ds": [*DAYS[[0, 1, 3]], *DAYS[:2]], "y": range(5)})
    panel = to_panel(frame)
    np.testing.assert_array_equal(panel.values, [0, 1, np.nan, 2, 3, 4])
    assert (panel.offsets.tolist(), panel.n_gaps) == ([0, 4, 6], 1)


MISSING = {
    "floats": as_pandas(y=[np.nan, 1.0, 4.0, np.nan, 5.0, np.nan]),
    "nullable": as_pandas(y=pd.array([None, 1, 4, None, 5, None], dtype="Int64")),
    "objects": as_pandas(y=[None, 1, 4, pd.NA, 5.0, np.nan]),
    "texts": as_pandas(y=["", "1.0", " 4", "n/a", "5", "-"]),
    "more texts": as_pandas(y=["NA", "1,0", "4", "?", "5,0", "null"]),
    "series": pd.Series([np.nan, 1.0, 4.0, np.nan, 5.0, np.nan], index=DAYS),
    "polars": pl.DataFrame({"ds": DAYS.to_numpy(), "y": [None, 1.0, 4.0, None, 5.0, float("nan")]}),
    "array": np.array([np.nan, 1.0, 4.0, np.nan, 5.0, np.nan]),
    "list": [None, 1, 4.0, None, 5, float("nan")],
    "masked": np.ma.masked_array([9.0, 1.0, 4.0, 9.0, 5.0, 9.0], mask=[1, 0, 0, 1, 0, 1]),
    "polars series": pl.Series([None, 1.0, 4.0, None, 5.0, None]),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_values_become_nan_at_every_place(kind):
    panel = to_panel(MISSING[kind])
    np.testing.assert_array_equal(panel.values, [np.nan, 1, 4, np.nan, 5, np.nan])
    assert (panel.n_gaps, panel.lengths.tolist()) == (3, [6])


BAD = {
    "all missing": (as_pandas(y=np.nan), ["'y'", "empty in every row", "at least one value"]),
    "all missing in several": (
        pd.DataFrame({"unique_id": list("aabb"), "ds": [*DAYS[:2]] * 2, "y": [np.nan] * 4}),
        ["'y'", "empty in every row", "`target_col=`"],
    ),
    "inf": (as_pandas(y=[1, 2, 3, 4, np.inf, 4]), ["'y'", "1 value ", "inf", "row 5", "2024-01-05"]),
    "text": (as_pandas(y=["1", "2", "oops", "4", "5", "6"]), ["'y'", "'oops'", "row 3"]),
    "duplicates": (as_pandas(ds=DAYS[[0, 1, 1, 3, 4, 5]]), ["2 rows", "2024-01-02", "row 2, row 3", "add up"]),
    "duplicates in series": (
        pd.DataFrame({"unique_id": list("aabbb"), "ds": DAYS[[0, 1, 0, 0, 0]], "y": range(5)}),
        ["3 rows", "'b'", "2024-01-01", "row 3, row 4, row 5"],
    ),
    "no numbers": (pd.DataFrame({"ds": DAYS, "name": list("abcdef")}), ["No column holds numbers", "'name'"]),
    "several targets": (as_pandas().rename(columns={"y": "a"}).assign(b=1), ["'a', 'b'", "target_col="]),
    "several times": (pd.DataFrame({"sent": DAYS, "got": DAYS, "v": VALUES}), ["'sent', 'got'", "time_col="]),
    "several ids": (
        pd.DataFrame({"ds": DAYS[[0, 1, 0, 1]], "y": 1.0, "shop": list("aabb"), "town": list("ccdd")}),
        ["'shop', 'town'", "id_col="],
    ),
    "no time": (as_pandas(ds=[*DAYS[:5], pd.NaT]), ["'ds'", "empty", "row 6"]),
    "no id": (as_pandas(unique_id=["a", "a", None, "a", "a", "a"]), ["'unique_id'", "row 3"]),
    "fraction of a step": (pd.DataFrame({"ds": [1.0, 2.0, 2.5], "y": 1.0}), ["'ds'", "2.5", "row 3"]),
    "unclear dates": (as_pandas(ds=DAYS.strftime("%d/%m/%Y")), ["day first", "month first", "pd.to_datetime"]),
    "no dates": (as_pandas(ds=list("abcdef")), ["'ds' holds no dates", "'a'", "time_col="]),
    "far future": (as_pandas(ds=[datetime.datetime(3000, 1, day) for day in range(1, 7)]), ["1678 to 2261"]),
    "empty": (as_pandas().head(0), ["no rows"]),
    "no columns": (pd.DataFrame(), ["no rows"]),
    "two names": (pd.DataFrame(np.zeros((3, 2)), columns=["y", "y"]), ["'y'", "once"]),
    "dict": ({"y": [VALUES, VALUES[:2]], "ds": VALUES}, ["dict", "equally long"]),
    "none": (None, ["NoneType"]),
    "matrix": (np.zeros((3, 2)), ["(3, 2)", "unique_id"]),
    "inf in array": (np.array([1.0, np.nan, np.inf]), ["1 value", "inf", "index 2"]),
    "nan alone in array": (np.full(3, np.nan), ["3 times NaN", "at least one was expected"]),
    "text in list": (["1", "b"], ["'b'", "index 1"]),
    "complex": (np.zeros(3, dtype=complex), ["not a finite number"]),
    "empty list": ([], ["empty"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_say_what_and_where(case):
    data, parts = BAD[case]
    with pytest.raises(DataError) as error:
        to_panel(data)
    assert not [part for part in parts if part not in str(error.value)], str(error.value)


def test_array_frequency_must_be_integer():
    with pytest.raises(ConfigError, match="without times, got 'D'"):
        to_panel(VALUES, freq="D")


def test_huge_numbers_pass():
    np.testing.assert_array_equal(to_panel(as_pandas(y=VALUES * 1e30)).values, VALUES * 1e30)


def test_flag_is_a_target_only_by_name():
    frame = as_pandas(y=VALUES > 3).rename(columns={"y": "flag"})
    assert to_panel(frame, target_col="flag").values.tolist() == [0, 0, 1, 0, 1, 1]
    with pytest.raises(DataError, match="No column holds numbers"):
        to_panel(frame)


def test_integers_that_are_dates_repeat_in_each_series():
    days = [int(f"{day:%Y%m%d}") for day in DAYS]
    panel = to_panel(pd.DataFrame({"unique_id": list("aaaaaabbbbbb"), "ds": days * 2, "y": [*VALUES, *VALUES]}))
    assert list(panel.times(1)) == list(DAYS)
    np.testing.assert_array_equal(panel.series(1), VALUES)


@pytest.mark.parametrize("n_blank", [0, 3_000, 30_000])
def test_cells_that_say_something_are_found_within_a_long_column(n_blank):
    hours = ["NA"] * n_blank + ["13:00", "14:00"] * 2_000 + [None] * n_blank
    assert column_kind(pd.Series(hours, dtype=object)) == "clock"


def test_panel_is_returned_as_it_is():
    panel = to_panel([3.0, 4.0])
    assert to_panel(panel, freq="D", id_col="shop") is panel


def test_a_series_without_any_value_is_left_out_and_named():
    ids, prices = list("aabbccdd"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    frame = pd.DataFrame({"unique_id": ids, "ds": [*DAYS[:2]] * 4, "y": ["NA", "-", 1, None, None, "", 5, 6]})
    frame = frame.assign(price=prices, size=[1, 1, 2, 2, 3, 3, 4, 4])
    with pytest.warns(UserWarning, match="2 of 4 series have no value of 'y' and are left out: 'a', 'c'"):
        panel = to_panel(frame, future=["price"], static=["size"])
    assert (panel.ids.tolist(), panel.offsets.tolist()) == (["b", "d"], [0, 2, 4])
    np.testing.assert_array_equal(panel.values, [1, np.nan, 5, 6])
    assert (panel.future["price"].tolist(), panel.static["size"].tolist()) == ([3, 4, 7, 8], [2, 4])


def test_a_series_without_any_value_is_said_of_a_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("unique_id,ds,y\na,2024-01-01,\na,2024-01-02,NA\nb,2024-01-01,1\nb,2024-01-02,2\n")
    table = read_table(path)
    assert (table.panel.ids.tolist(), table.n_series, table.n_rows) == (["b"], 1, 4)
    assert table.notes[0] == "1 of 2 series has no value of 'y' and is left out: 'a'."
