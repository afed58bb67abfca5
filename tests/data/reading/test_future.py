"""Does each step ahead get the covariates of its own time, and is everything that lacks named at once?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import to_panel
from gatecast.data.reading.files import read_source
from gatecast.data.reading.future import read_future
from gatecast.exceptions import DataError

DAYS = pd.date_range("2024-01-01", periods=9)


def trained(**changes):
    """Two series, of which b ends two days before a."""
    table = pd.DataFrame(
        {
            "shop": list("aaaaabbb"),
            "day": [*DAYS[:5], *DAYS[:3]],
            "sold": np.arange(8.0),
            "price": np.arange(8.0),
            "event": [None, *"xyxyxyx"],
        }
        | changes
    )
    panel = to_panel(table, id_col="shop", target_col="sold", future=["price", "event"])
    return panel.tail_from(panel.lengths)


def rows(**changes):
    """All days of both series, the price being the day of the month, plus 100 in series b."""
    table = pd.DataFrame({"shop": ["a"] * 9 + ["b"] * 9, "day": [*DAYS] * 2})
    table["price"] = table["day"].dt.day + 100.0 * (table["shop"] == "b")
    table["event"] = ["e" + str(day) for day in table["day"].dt.day]
    return table.assign(**changes)


PRICE = [[6, 7, 8], [104, 105, 106]]
EVENT = [["e6", "e7", "e8"], ["e4", "e5", "e6"]]
NAMES = ["price", "event"]


@pytest.mark.parametrize("kind", ["pandas", "shuffled", "polars", "more columns", "text times", "indexed"])
def test_each_step_gets_its_own_row(kind):
    table = rows()
    match kind:
        case "shuffled":
            table = table.sample(frac=1, random_state=0)
        case "polars":
            table = pl.DataFrame(table.drop(columns="day").to_dict("list") | {"day": table["day"].to_numpy()})
        case "more columns":
            table = table.assign(sold=np.nan, other="z", more=1.0, note=pd.Timestamp("2020-01-01"))
        case "text times":
            table = table.assign(day=table["day"].dt.strftime("%Y-%m-%d"))
        case "indexed":
            table = table.set_index("day")
    values = read_future(trained(), table, 3, NAMES)
    assert list(values) == NAMES
    np.testing.assert_array_equal(values["price"], PRICE)
    assert values["event"].tolist() == EVENT
    assert (values["price"].dtype, values["event"].dtype) == (float, object)


def test_rows_of_a_file(tmp_path):
    path = tmp_path / "next.csv"
    rows().assign(price=lambda t: t["price"] + 0.5).to_csv(
        path, sep=";", decimal=",", index=False, date_format="%d.%m.%Y"
    )
    values = read_future(trained(), read_source(path, date_format="%d.%m.%Y"), 3, NAMES)
    np.testing.assert_array_equal(values["price"], np.array(PRICE) + 0.5)
    assert values["event"].tolist() == EVENT


def test_what_other_rows_hold_does_not_matter():
    table = rows()
    table.loc[0, "price"] = np.inf
    table = pd.concat([table, table.head(2), pd.DataFrame({"shop": ["c"], "day": DAYS[:1], "price": [np.nan]})])
    np.testing.assert_array_equal(read_future(trained(), table, 3, NAMES)["price"], PRICE)


def test_one_series_needs_no_name():
    panel = to_panel(pd.DataFrame({"ds": DAYS[:5], "y": 1.0, "price": 1.0}), future="price")
    after = panel.tail_from(panel.lengths)
    table = pd.DataFrame({"ds": DAYS, "price": np.arange(1.0, 10)})
    assert read_future(after, table, 2, ["price"])["price"].tolist() == [[6, 7]]
    assert read_future(after, table.assign(unique_id="any"), 2, ["price"])["price"].tolist() == [[6, 7]]


def test_nothing_is_needed_of_nothing():
    assert read_future(trained(), None, 3, []) == {}


def test_kinds_are_those_of_the_training_data():
    numbers_as_texts = rows(price=rows()["price"].astype(int).astype(str))
    np.testing.assert_array_equal(read_future(trained(), numbers_as_texts, 3, NAMES)["price"], PRICE)
    texts_as_numbers = rows(event=np.arange(18.0))
    assert read_future(trained(), texts_as_numbers, 1, NAMES)["event"].tolist() == [["5"], ["12"]]
    flags = trained(price=[True, False] * 4)
    assert read_future(flags, rows(price=[False, True] * 9), 2, NAMES)["price"].tolist() == [[1, 0], [0, 1]]


def test_integer_steps():
    panel = to_panel(pd.DataFrame({"ds": [2, 4, 6], "y": 1.0, "price": 1.0}), future="price")
    after = panel.tail_from(panel.lengths)
    values = read_future(after, pd.DataFrame({"ds": [10, 9, 8], "price": [1.0, 2.0, 3.0]}), 2, ["price"])
    assert values["price"].tolist() == [[3, 1]]


def zoned(freq, zone="Europe/Berlin"):
    # the clock changes on 31 March
    times = pd.date_range("2024-03-29", periods=100, freq=freq, tz=zone)
    table = pd.DataFrame({"ds": times, "y": 1.0, "price": np.arange(100.0)})
    panel = to_panel(table.head(40), future="price")
    return panel.tail_from(panel.lengths), table


@pytest.mark.parametrize("freq", ["h", "D", "ME"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "Asia/Shanghai"])
def test_time_zones_mean_the_same_instants(freq, zone):
    after, table = zoned(freq)
    table["ds"] = table["ds"].dt.tz_convert(zone)
    assert read_future(after, table, 50, ["price"])["price"].tolist() == [list(range(40, 90))]


def test_days_without_a_zone_are_local_days_and_hours_are_refused():
    after, table = zoned("D")
    table["ds"] = table["ds"].dt.tz_localize(None)
    assert read_future(after, table, 2, ["price"])["price"].tolist() == [[40, 41]]
    after, table = zoned("h")
    table["ds"] = table["ds"].dt.tz_localize(None)
    with pytest.raises(DataError, match=r"\('ds'\) have no time zone, and times in Europe/Berlin"):
        read_future(after, table, 2, ["price"])


def test_hours_with_a_zone_behind_hours_without_are_refused():
    hours = pd.date_range("2024-01-01", periods=9, freq="h")
    panel = to_panel(pd.DataFrame({"ds": hours[:5], "y": 1.0, "price": 1.0}), future="price")
    table = pd.DataFrame({"ds": hours.tz_localize("UTC"), "price": 1.0})
    with pytest.raises(DataError, match="are in UTC, and times without a zone"):
        read_future(panel.tail_from(panel.lengths), table, 2, ["price"])


def holes():
    table = rows()
    table.loc[(table["shop"] == "a") & (table["day"] == DAYS[6]), "price"] = np.nan
    table.loc[(table["shop"] == "b") & (table["day"] == DAYS[3]), "event"] = None
    return table


BAD = {
    "none": (None, ["No future rows were passed", "'price', 'event'", "2024-01-04 to 2024-01-08", "'day'"]),
    "empty": (rows().head(0), ["No future rows", "2024-01-04 to 2024-01-06"]),
    "column": (rows().drop(columns="event"), ["lack the column 'event'", "'shop', 'day', 'price'"]),
    "values": (holes(), ["lack 2 values", "'price', 'event'", "'a', 'b'", "2024-01-04, 2024-01-07", "3 steps"]),
    "rows": (rows()[:7], ["lack 8 values", "2024-01-04, 2024-01-05, 2024-01-06 and 1 more,"]),
    "series": (rows().drop(columns="shop").head(9), ["no column with the names of the series", "'shop'"]),
    "times": (rows().drop(columns="day"), ["no column with times", "Add 'day'"]),
    "twice": (pd.concat([rows(), rows().iloc[5:6]]), ["row 6", "row 19", "'a' at 2024-01-06"]),
    "text": (rows(price="dear"), ["'price' holds 'dear'", "row 6"]),
    "infinite": (rows(price=np.inf), ["'price' holds inf", "row 6"]),
    "steps": (rows(day=[*range(9)] * 2), ["('day') are integer steps, and dates"]),
    "array": (np.zeros(3), ["are an array", "DataFrame"]),
    "dict": ({"price": 1}, ["'price' has the type int"]),
}


@pytest.mark.parametrize("case", BAD)
def test_all_that_lacks_is_named_in_one_sentence(case):
    table, parts = BAD[case]
    with pytest.raises(DataError) as error:
        read_future(trained(), table, 3, NAMES)
    message = str(error.value)
    assert not [part for part in parts if part not in message], message
    assert "\n" not in message
