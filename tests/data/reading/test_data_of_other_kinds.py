"""Do paths, dicts and lists of series, lazy tables and data sets of other libraries become panels?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gatecast
from gatecast import to_panel
from gatecast.data.reading.containers import as_table
from gatecast.exceptions import DataError

N = 12
DAYS = pd.date_range("2024-01-01", periods=N).as_unit("ns")
Y = np.arange(float(N))
TABLE = pd.DataFrame({"ds": DAYS, "y": Y})


def facts(data: Any, **names: Any) -> tuple[list[Any], list[int], Any, list[float]]:
    """Return ids, lengths, the first start and the first values of a panel."""
    panel = to_panel(data, **names)
    return panel.ids.tolist(), panel.lengths.tolist(), panel.starts[0], panel.series(0)[:2].tolist()


def dated(ids: list[Any], lengths: list[int], first: Any = DAYS[0]) -> tuple[Any, ...]:
    return ids, lengths, np.datetime64(first), [0.0, 1.0]


def counted(ids: list[Any], lengths: list[int]) -> tuple[Any, ...]:
    return ids, lengths, 0, [0.0, 1.0]


CONTAINERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "dict of arrays": ({"a": Y, "b": Y[:5]}, counted(["a", "b"], [N, 5])),
    "dict of lists": ({"a": Y.tolist(), "b": Y[:5].tolist()}, counted(["a", "b"], [N, 5])),
    "dict of polars series": ({"a": pl.Series(Y), "b": pl.Series(Y[:5])}, counted(["a", "b"], [N, 5])),
    "dict of series": ({"a": pd.Series(Y, DAYS), "b": pd.Series(Y[:5], DAYS[:5])}, dated(["a", "b"], [N, 5])),
    "dict by numbers": ({7: Y, 8: Y}, counted([7, 8], [N, N])),
    "dict of tables": ({"a": TABLE, "b": TABLE[:5]}, dated(["a", "b"], [N, 5])),
    "dict of indexed tables": ({"a": TABLE.set_index("ds"), "b": TABLE.set_index("ds")[:5]}, dated(["a", "b"], [N, 5])),
    "dict of polars tables": ({"a": pl.from_pandas(TABLE), "b": pl.from_pandas(TABLE)}, dated(["a", "b"], [N, N])),
    "dict of columns": ({"ds": DAYS, "y": Y}, dated(["y"], [N])),
    "dict of texts": ({"date": DAYS.astype(str).tolist(), "sold": Y.tolist()}, dated(["sold"], [N])),
    "rows": (TABLE.to_dict("records"), dated(["y"], [N])),
    "list of lists": ([Y.tolist(), Y[:5].tolist()], counted([0, 1], [N, 5])),
    "list of arrays": ([Y, Y], counted([0, 1], [N, N])),
    "list of named series": ([pd.Series(Y, DAYS, name="a"), pd.Series(Y, DAYS, name="b")], dated(["a", "b"], [N, N])),
    "list of series": ([pd.Series(Y, DAYS), pd.Series(Y, DAYS)], dated([0, 1], [N, N])),
    "list of tables": ([TABLE, TABLE[:5]], dated([0, 1], [N, 5])),
    "column of numbers": ([[value] for value in Y], counted(["y"], [N])),
    "lazy": (pl.from_pandas(TABLE).lazy(), dated(["y"], [N])),
    "record batch": (pa.RecordBatch.from_pandas(TABLE), dated(["y"], [N])),
    "reader": (pa.Table.from_pandas(TABLE).to_reader(), dated(["y"], [N])),
    "range": (range(N), counted(["y"], [N])),
    "unnamed levels": (pd.Series([*Y, *Y], pd.MultiIndex.from_product([["a", "b"], DAYS])), dated(["a", "b"], [N, N])),
    "unnamed levels, times first": (
        pd.Series(np.repeat(Y, 2), pd.MultiIndex.from_product([DAYS, ["a", "b"]])),
        dated(["a", "b"], [N, N]),
    ),
    "unnamed levels of numbers": (
        pd.DataFrame({"v": [*Y, *Y]}, pd.MultiIndex.from_product([[1, 2], range(N)])),
        counted([1, 2], [N, N]),
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_of_series_are_read(name: str) -> None:
    data, expected = CONTAINERS[name]
    assert facts(data) == expected


def test_wide_tables_are_read_by_name_and_else_one_sentence_says_how() -> None:
    wide = pd.DataFrame({"north": Y, "south": Y}, index=DAYS)
    assert facts(wide, target_col=["north", "south"]) == dated(["north", "south"], [N, N])
    assert facts(wide, target_col=list(wide.columns)) == dated(["north", "south"], [N, N])
    with pytest.raises(DataError, match=r"in a wide table.*target_col=\['north', 'south'\]"):
        to_panel(wide)


def test_forecasts_of_a_dict_have_its_names() -> None:
    forecast = gatecast.forecast({"north": pd.Series(Y, DAYS), "south": pd.Series(Y, DAYS)}, 2)
    assert forecast["unique_id"].tolist() == ["north", "north", "south", "south"]
    assert forecast["ds"].tolist()[:2] == [pd.Timestamp("2024-01-13"), pd.Timestamp("2024-01-14")]


def test_lazy_tables_come_back_with_rows() -> None:
    train, test = gatecast.train_test_split(pl.from_pandas(TABLE).lazy(), 2)  # type: ignore[type-var]
    assert isinstance(train, pl.DataFrame)
    assert len(test) == 2
    assert isinstance(gatecast.forecast(train.lazy(), 2), pl.DataFrame)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "csv.gz"])
def test_paths_and_urls_are_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"sales.{kind}"
    if kind == "jsonl":
        TABLE.to_json(path, orient="records", lines=True, date_format="iso")
    elif kind == "parquet":
        TABLE.to_parquet(path)
    else:
        TABLE.to_csv(path, index=False)
    expected = gatecast.forecast(TABLE, 3)
    for named in (path, str(path), path.as_uri()):
        pd.testing.assert_frame_equal(gatecast.forecast(named, 3), expected)
    model = gatecast.PretrainedLSTM(3).fit(path)
    pd.testing.assert_frame_equal(model.predict(data=path), expected)


def test_what_of_a_file_is_left_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("Sales of 2024\n\n" + TABLE.to_csv(index=False))
    with pytest.warns(UserWarning, match=r"sales\.csv: "):
        assert facts(path) == dated(["y"], [N])


BAD: dict[str, tuple[Any, str]] = {
    "no series": ({}, "is empty"),
    "a number": ({"a": 1.0}, "'a' has the type float and 0 dimensions"),
    "tables and series": ({"a": TABLE, "b": Y}, "'a' has the type DataFrame and 2 dimensions"),
    "some with times": ({"a": Y, "b": pd.Series(Y, DAYS)}, "1 of 2 series have an index"),
    "columns of other lengths": ({"ds": DAYS, "y": Y[:3]}, "equally long"),
    "a matrix": (np.zeros((3, 2)), r"`list\(array\)`"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_one_table_is_said_in_a_sentence(name: str) -> None:
    data, says = BAD[name]
    with pytest.raises(DataError, match=says):
        to_panel(data)


class Coordinate:
    def __init__(self, cells: Any) -> None:
        self.dtype = np.asarray(cells).dtype


class DataArray:
    """What xarray's array says of itself: dimensions, their coordinates, and a table."""

    __module__ = "xarray.core.dataarray"

    def __init__(self, dims: tuple[str, ...], cells: dict[str, Any], name: str | None = "temp") -> None:
        self.dims, self.cells, self.name = dims, cells, name
        self.coords = {dim: Coordinate(index) for dim, index in cells.items()}

    def rename(self, name: str) -> DataArray:
        return DataArray(self.dims, self.cells, name)

    def to_dataframe(self) -> pd.DataFrame:
        index = pd.MultiIndex.from_product([self.cells[dim] for dim in self.dims], names=self.dims)
        assert self.name is not None
        return pd.DataFrame({self.name: np.arange(float(len(index))) % N}, index=index)


def test_arrays_of_xarray_are_read() -> None:
    two = DataArray(("station", "time"), {"station": ["a", "b"], "time": DAYS}, None)
    assert facts(two) == dated(["a", "b"], [N, N])
    three = DataArray(("lat", "lon", "time"), {"lat": [1.5, 2.5], "lon": [3, 4], "time": DAYS})
    assert facts(three)[:2] == (["1.5/3", "1.5/4", "2.5/3", "2.5/4"], [N] * 4)
    assert facts(DataArray(("time",), {"time": range(N)})) == counted(["temp"], [N])
    with pytest.raises(DataError, match="has the dimensions 'x', and one with times"):
        to_panel(DataArray(("x",), {"x": range(N)}))


class TimeSeries:
    """What a TimeSeries of Darts says of itself: a table."""

    __module__ = "darts.timeseries"

    def __len__(self) -> int:
        return N

    def to_dataframe(self) -> pd.DataFrame:
        return pd.DataFrame({"sold": Y}, index=DAYS.rename("time"))


def test_series_of_darts_are_read() -> None:
    assert facts(TimeSeries()) == dated(["sold"], [N])
    assert facts([TimeSeries(), TimeSeries()]) == dated([0, 1], [N, N])


def test_data_sets_of_gluonts_are_read() -> None:
    entries: list[dict[str, Any]] = [
        {"start": pd.Period("2024-01", freq="M"), "target": Y, "item_id": "a"},
        {"start": pd.Period("2024-03", freq="M"), "target": Y[:5], "item_id": "b"},
    ]

    class ListDataset:
        __module__ = "gluonts.dataset.common"

        def __iter__(self) -> Any:
            return iter(entries)

    for data in (entries, ListDataset()):
        assert facts(data) == dated(["a", "b"], [N, 5])
    assert gatecast.forecast(entries, 1)["ds"].tolist() == [pd.Period("2025-01"), pd.Period("2024-08")]
    with pytest.raises(DataError, match="Period as `start`"):
        to_panel([{"start": "2024-01", "target": Y}])


def test_many_series_are_put_together_at_once() -> None:
    many = {f"s{number}": Y for number in range(3)}
    table, ids = as_table(many)
    assert isinstance(table, pd.DataFrame)
    assert ids == ("unique_id",)
    assert table["unique_id"].tolist() == np.repeat(list(many), N).tolist()
