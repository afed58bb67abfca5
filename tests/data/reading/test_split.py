"""Is the split by time, per series, and of the user's own kind?"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from gatecast.data import split_positions, to_panel, train_test_split
from gatecast.exceptions import ConfigError, DataError


def two_series():
    days = pd.date_range("2024-01-01", periods=10)
    return pd.DataFrame({"unique_id": ["a"] * 10 + ["b"] * 5, "ds": [*days, *days[:5]], "y": np.arange(15.0)})


@pytest.mark.parametrize(("n", "share", "n_train"), [(10_000, 0.2, 8000), (144, 0.2, 115), (30, 0.1, 27), (1, 0.2, 1)])
def test_split_positions_rounds_as_the_tutorial(n, share, n_train):
    # The tutorial's own formula, where it leaves at least one point.
    assert n_train == max(1, int(round(n * (1 - share), 9)))
    assert split_positions(to_panel(np.zeros(n)), share).tolist() == [n_train]


@pytest.mark.parametrize(("test_size", "expected"), [(0.2, [8, 4]), (0.5, [5, 2]), (3, [7, 2]), (np.int64(1), [9, 4])])
def test_split_positions_per_series(test_size, expected):
    assert split_positions(to_panel(two_series()), test_size).tolist() == expected


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_split_frame_keeps_kind_and_order(library):
    shuffled = two_series().sample(frac=1, random_state=0)
    data = shuffled if library == "pandas" else pl.DataFrame(shuffled.to_dict("list"))
    train, test = train_test_split(data, 2)
    assert type(train) is type(test) is type(data)
    assert (len(train), len(test)) == (11, 4)
    assert sorted(test["y"]) == [8.0, 9.0, 13.0, 14.0]
    assert list(train["y"]) == [y for y in shuffled["y"] if y not in (8.0, 9.0, 13.0, 14.0)]


def test_split_series_and_arrays():
    series = pd.Series(np.arange(10.0), index=pd.date_range("2024", periods=10), name="temp")
    train, test = train_test_split(series.sample(frac=1, random_state=1))
    assert sorted(test) == [8.0, 9.0]
    assert test.name == "temp"
    array = np.arange(10.0)
    train, test = train_test_split(array)
    assert np.shares_memory(train, array)
    assert np.shares_memory(test, array)
    assert train_test_split([1, 2, 3, 4, 5], 1) == ([1, 2, 3, 4], [5])
    assert train_test_split(pl.Series("v", [1.0, 2.0]), 1)[1].to_list() == [2.0]


def test_split_counts_missing_times():
    days = pd.date_range("2024-01-01", periods=10).delete([8])
    train, test = train_test_split(pd.DataFrame({"ds": days, "y": range(9)}), 3)
    assert (len(train), len(test)) == (7, 2)


def test_split_does_not_look_at_values():
    frame = two_series().assign(y=[np.nan, *range(14)])
    assert len(train_test_split(frame)[1]) == 3


@pytest.mark.parametrize("test_size", [0, -1, 0.0, 1.0, 1.5, -0.2, float("nan"), True, "a", None])
def test_split_bad_size(test_size):
    with pytest.raises(ConfigError, match="`test_size` must be"):
        train_test_split([1.0, 2.0, 3.0], test_size)


def test_split_too_short_names_series():
    with pytest.raises(DataError, match="Series 'b' has 5 points, but `test_size=5` needs at least 6"):
        train_test_split(two_series(), 5)


def test_split_columns_by_name():
    frame = two_series().rename(columns={"unique_id": "shop", "ds": "when", "y": "sold"}).assign(price=1.0)
    train, test = train_test_split(frame, 1, id_col="shop", time_col="when", target_col="sold")
    assert (len(train), len(test)) == (13, 2)


DAYS = pd.date_range("2024-01-01", periods=10)


@pytest.mark.parametrize("as_frame", [pd.DataFrame, pl.DataFrame])
def test_columns_that_name_series_together(as_frame):
    rows = [(s, i, day, 1.0 * k) for k, day in enumerate(DAYS) for s in ("x", "z") for i in (1, 2)]
    columns = dict(zip(("store", "item", "date", "sold"), zip(*rows, strict=True), strict=True))
    train, test = train_test_split(as_frame(columns), 3, id_col=["store", "item"])
    assert (len(train), len(test)) == (28, 12)
    assert list(test.columns) == list(columns)
    assert set(test["sold"]) == {7.0, 8.0, 9.0}


def test_columns_that_are_a_series_each():
    frame = pd.DataFrame({"date": DAYS[::-1], "A": range(10), "B": range(10, 20)})
    train, test = train_test_split(frame, 3, target_col=["A", "B"])
    assert (train["A"].tolist(), test["B"].tolist()) == ([*range(3, 10)], [10, 11, 12])


def test_rows_are_not_divided_where_times_stand_across_the_header():
    frame = pd.DataFrame({"shop": ["a", "b"], **{f"2024-0{m}-01": [1.0, 2.0] for m in range(1, 8)}})
    with pytest.raises(DataError, match="times across the header.*`data.melt"):
        train_test_split(frame, 2)
