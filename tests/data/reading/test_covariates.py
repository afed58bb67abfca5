"""Do covariates stand beside the right values, in their role, and does each wrong one say what is wrong?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import to_panel, train_test_split
from gatecast.data.reading.covariates import with_static_of
from gatecast.data.reading.files import read_table
from gatecast.exceptions import ConfigError, DataError

DAYS = pd.date_range("2024-01-01", periods=4)
ROLES = {"past": ["rain", "mood"], "future": ["price", "promo"], "static": ["area", "region"]}


def shops(**changes):
    """Two shops; shop b lacks the second day, and knows neither its rain nor its mood on the third."""
    return pd.DataFrame(
        {
            "unique_id": list("aaaabbb"),
            "ds": [*DAYS, *DAYS[[0, 2, 3]]],
            "y": np.arange(7.0),
            "price": [1, 2, 3, 4, 5, 6, 7],
            "promo": [True, False, False, True, True, True, False],
            "rain": [0.5, 1.5, 2.5, 3.5, 4.5, np.nan, 6.5],
            "mood": ["good", "bad", "bad", "good", "odd", None, "bad"],
            "area": [10.0] * 4 + [20.0, np.nan, 20.0],
            "region": ["north"] * 4 + ["south"] * 3,
        }
        | changes
    )


# what each column is on the grid, as one reads it off the table
RAIN = [0.5, 1.5, 2.5, 3.5, 4.5, np.nan, np.nan, 6.5]
MOOD = ["good", "bad", "bad", "good", "odd", None, None, "bad"]
PRICE = [1, 2, 3, 4, 5, np.nan, 6, 7]
PROMO = [1, 0, 0, 1, 1, np.nan, 1, 0]


def assert_shops(panel):
    assert panel.roles.past == ("rain", "mood")
    np.testing.assert_array_equal(panel.past["rain"], RAIN)
    assert panel.past["mood"].tolist() == MOOD
    np.testing.assert_array_equal(panel.future["price"], PRICE)
    np.testing.assert_array_equal(panel.future["promo"], PROMO)
    assert panel.static["area"].tolist() == [10.0, 20.0]
    assert panel.static["region"].tolist() == ["north", "south"]
    assert [panel.past["rain"].dtype, panel.future["promo"].dtype, panel.past["mood"].dtype] == [float, float, object]


@pytest.mark.parametrize("kind", ["pandas", "polars", "shuffled", "category", "nullable", "objects"])
def test_covariates_stand_at_their_values(kind):
    table = shops()
    match kind:
        case "polars":
            columns = table.drop(columns="ds").replace({np.nan: None}).to_dict("list")
            table = pl.DataFrame(columns | {"ds": table["ds"].to_numpy()}, strict=False)
        case "shuffled":
            # b moves behind a again by its first appearance
            table = pd.concat([table.iloc[:1], table.iloc[1:].sample(frac=1, random_state=0)])
        case "category":
            table = table.astype({"mood": "category", "region": "category"})
        case "nullable":
            table = table.convert_dtypes()
        case "objects":
            table = table.astype(object)
    assert_shops(to_panel(table, target_col="y", id_col="unique_id", **ROLES))


@pytest.mark.parametrize(("delimiter", "decimal"), [(",", "."), (";", ",")])
def test_covariates_of_files_are_read_in_the_users_notation(tmp_path, delimiter, decimal):
    shops().to_csv(tmp_path / "shops.csv", sep=delimiter, decimal=decimal, index=False, na_rep="n/a")
    table = read_table(tmp_path / "shops.csv", **ROLES)
    assert_shops(table.panel)
    assert table.ignored == ()


def test_covariates_of_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    shops().to_parquet(tmp_path / "shops.parquet")
    assert_shops(read_table(tmp_path / "shops.parquet", **ROLES).panel)


def test_texts_are_numbers_in_files_only(tmp_path):
    texts = shops(price=[f"{p},5" for p in range(7)])
    assert to_panel(texts, future="price").future["price"].dtype == object
    texts.to_csv(tmp_path / "shops.csv", sep=";", index=False)
    price = read_table(tmp_path / "shops.csv", target_col="y", future="price").panel.future["price"]
    np.testing.assert_array_equal(price, [0.5, 1.5, 2.5, 3.5, 4.5, np.nan, 5.5, 6.5])


def test_na_is_a_category_in_a_dataframe_and_missing_in_a_file(tmp_path):
    table = shops(region=["NA"] * 4 + ["EU"] * 3)
    assert to_panel(table, static="region").static["region"].tolist() == ["NA", "EU"]
    table.to_csv(tmp_path / "shops.csv", index=False)
    panel = read_table(tmp_path / "shops.csv", target_col="y", static="region").panel
    assert panel.static["region"].tolist() == [None, "EU"]


def test_category_numbers_are_written_the_same_way():
    codes = pd.Series([1, 2, 1, 2, 1, 2, 3]).astype("category")
    assert to_panel(shops(mood=codes), past="mood").past["mood"].tolist() == ["1", "2", "1", "2", "1", None, "2", "3"]
    floats = codes.astype(float).astype("category")
    assert to_panel(shops(mood=floats), past="mood").past["mood"][0] == "1"


def test_covariates_are_no_target_no_time_and_no_id():
    table = pd.DataFrame({"day": DAYS, "visits": 1.0, "price": 2.0})
    with pytest.raises(DataError, match="Several columns may be the target"):
        to_panel(table)
    assert to_panel(table, future=["price"]).columns.target == "visits"
    twice = pd.DataFrame({"day": [*DAYS] * 2, "v": 1.0, "shop": ["a"] * 4 + ["b"] * 4, "town": ["c"] * 4 + ["d"] * 4})
    assert to_panel(twice, static="town").ids.tolist() == ["a", "b"]
    with pytest.raises(DataError, match="No column beside the covariates holds numbers"):
        to_panel(table, future=["price", "visits"])


def test_panel_carries_covariates_through_cuts():
    panel = to_panel(shops(), **ROLES)
    head, tail = panel.head(np.array([3, 1])), panel.tail_from(np.array([3, 1]))
    assert head.past["mood"].tolist() == ["good", "bad", "bad", "odd"]
    np.testing.assert_array_equal(tail.future["price"], [4, np.nan, 6, 7])
    assert tail.static["region"].tolist() == ["north", "south"]
    led = panel.with_leading_gaps(np.array([1, 2]))
    np.testing.assert_array_equal(led.future["price"], [np.nan, 1, 2, 3, 4, np.nan, np.nan, 5, np.nan, 6, 7])
    assert led.past["mood"].tolist() == [None, *MOOD[:4], None, None, *MOOD[4:]]
    after = panel.tail_from(panel.lengths)
    assert (after.roles, after.past["mood"].shape, after.future["price"].dtype) == (panel.roles, (0,), float)
    one = to_panel(shops().head(4), **ROLES).tail_from(np.array([2]))
    assert (one.past["rain"].tolist(), one.static["region"].tolist()) == ([2.5, 3.5], ["north"])


def test_split_keeps_covariates():
    train, test = train_test_split(shops(), 1)
    assert list(train.columns) == list(test.columns) == list(shops().columns)
    panel = to_panel(train, **ROLES)
    np.testing.assert_array_equal(panel.future["price"], [1, 2, 3, 5, np.nan, 6])


def test_new_data_need_the_columns_of_the_training_data():
    like = to_panel(shops(), **ROLES)
    lacking = shops().drop(columns=["rain", "promo"])
    with pytest.raises(DataError, match="lacks the columns 'rain', 'promo', and all"):
        to_panel(lacking, like=like, **ROLES)
    without = to_panel(shops().drop(columns="region"), like=like, **ROLES)
    known = to_panel(shops(), **ROLES)
    assert without.roles.static == ("area",)
    assert with_static_of(without, known).static["region"].tolist() == ["north", "south"]
    b_first = to_panel(shops().iloc[::-1].drop(columns="region"), like=like, **ROLES)
    assert with_static_of(b_first, known).static["region"].tolist() == ["south", "north"]
    new = to_panel(shops(unique_id=list("aaaaccc")).drop(columns="region"), like=like, **ROLES)
    with pytest.raises(DataError, match=r"static column 'region', which 1 series .* \('c'\)"):
        with_static_of(new, known)


BAD_ARGUMENTS = {
    "two roles": ({"past": "price", "future": "price"}, "'price' stands twice in `past` and `future`"),
    "twice": ({"past": ["rain", "rain"]}, "'rain' stands twice in `past`"),
    "target": ({"future": "y"}, "'y' is the target and"),
    "named target": ({"future": "price", "target_col": "price"}, "'price' is the target and"),
    "time": ({"future": "ds"}, "'ds' is the time and"),
    "id": ({"static": "unique_id"}, "'unique_id' is the name of the series"),
    "named id": ({"static": "region", "id_col": "region"}, "name another column with `id_col=`"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_a_column_has_one_use(case):
    arguments, says = BAD_ARGUMENTS[case]
    with pytest.raises(ConfigError, match=says):
        to_panel(shops(), **arguments)


def test_a_default_name_may_be_a_covariate_when_it_is_not_in_use():
    assert to_panel(shops(), past="y", target_col="price").past["y"][0] == 0.0


BAD_COLUMNS = {
    "unknown": ({}, {"future": "prize"}, ["`future='prize'` names no column", "Did you mean 'price'?"]),
    "infinite": ({"rain": [1, 2, 3, np.inf, 1, 2, 3]}, {"past": "rain"}, ["'rain' holds inf in row 4", "finite"]),
    "changing": ({}, {"static": "price"}, ["'price' changes within series 'a'", "1.0 and 2.0", "`future`"]),
    "changing text": ({}, {"static": "mood"}, ["'mood' changes within series 'a'", "'good' and 'bad'"]),
    "dates": ({"rain": [*DAYS, *DAYS[:3]]}, {"past": "rain"}, ["'rain' holds dates", "2024-01-01"]),
    "date texts": ({"mood": ["2024-01-01"] * 7}, {"past": "mood"}, ["'mood' holds dates (the first is '2024-01-01')"]),
    "durations": ({"rain": pd.to_timedelta(range(7), unit="h")}, {"past": "rain"}, ["'rain' holds durations", "hours"]),
    "lists": ({"mood": [[1]] * 7}, {"past": "mood"}, ["'mood' holds lists or the like (the first is [1])"]),
    "complex": ({"rain": np.zeros(7, complex)}, {"past": "rain"}, ["'rain'", "finite numbers"]),
}


@pytest.mark.parametrize("case", BAD_COLUMNS)
def test_bad_covariates_say_what_and_where(case):
    changes, roles, parts = BAD_COLUMNS[case]
    with pytest.raises(DataError) as error:
        to_panel(shops(**changes), target_col="y", **roles)
    assert not [part for part in parts if part not in str(error.value)], str(error.value)


@pytest.mark.parametrize("data", [np.arange(9.0), [1.0, 2.0], pl.Series([1.0, 2.0])])
def test_arrays_have_no_covariates(data):
    with pytest.raises(ConfigError, match=r"An array was passed with covariates \('price'\).*DataFrame"):
        to_panel(data, future=["price"])


def test_without_times_nothing_is_known_ahead():
    table = pd.DataFrame({"v": [1.0, 2.0, 3.5], "price": [1.0, 5.0, 2.0]})
    assert to_panel(table, past="price").past["price"].tolist() == [1.0, 5.0, 2.0]
    with pytest.raises(ConfigError, match="A table without times was passed with covariates"):
        to_panel(table, future="price")


def test_default_panel_has_no_covariates():
    panel = to_panel([1.0, 2.0])
    assert (panel.past, panel.future, panel.static) == ({}, {}, {})
