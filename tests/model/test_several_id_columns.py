"""Do several columns that name the series together come back as they came?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import gatecast
from gatecast import Combination, LSTMForecaster, Naive, PretrainedLSTM, SeasonalNaive, Training
from gatecast.charts.timeline import make_timeline

N, H = 24, 3
IDS = ["region", "shop"]
KEYS = [*IDS, "ds"]
DAYS = pd.date_range("2024-01-01", periods=N)


def shops() -> pd.DataFrame:
    """Return four series, named by a region and a number."""
    regions, numbers = np.repeat(["north", "south"], 2 * N), np.tile(np.repeat([1, 2], N), 2)
    times = pd.concat([pd.Series(DAYS)] * 4, ignore_index=True)
    return pd.DataFrame({"region": regions, "shop": numbers, "ds": times, "y": np.arange(4.0 * N) % 7})


def in_arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


TABLES: dict[str, Any] = {
    "plain": lambda frame: frame,
    "categories": lambda frame: frame.astype({"region": "category", "shop": "int32"}),
    "periods": lambda frame: frame.assign(ds=frame["ds"].dt.to_period("D")),
    "polars": lambda frame: pl.from_pandas(frame).with_columns(
        pl.col("region").cast(pl.Enum(["south", "north"])), pl.col("shop").cast(pl.Int16), pl.col("ds").cast(pl.Date)
    ),
    "arrow": in_arrow,
}


def schema(table: Any) -> list[Any]:
    if isinstance(table, pd.DataFrame):
        return table[KEYS].dtypes.to_list()
    return list(table.schema.types[:3]) if isinstance(table, pa.Table) else list(table.schema.values())[:3]


def in_pandas(table: Any) -> pd.DataFrame:
    return table if isinstance(table, pd.DataFrame) else table.to_pandas()


def assert_joins(forecast: Any, future: Any) -> None:
    assert schema(forecast) == schema(future)
    assert list(in_pandas(forecast))[:3] == KEYS
    assert len(in_pandas(future).merge(in_pandas(forecast), on=KEYS, validate="one_to_one")) == 4 * H


@pytest.mark.parametrize("name", TABLES)
def test_forecasts_have_the_columns(name: str, tmp_path: Path) -> None:
    train, future = gatecast.train_test_split(TABLES[name](shops()), H, id_col=IDS)
    model = PretrainedLSTM(H).fit(train, id_col=IDS)
    assert_joins(model.predict(level=80), future)
    assert_joins(model.predict(data=train), future)
    assert_joins(Naive(H).fit(train, id_col=IDS).predict(), future)
    model.save(tmp_path / "model.safetensors")
    loaded = PretrainedLSTM.load(tmp_path / "model.safetensors")
    assert_joins(loaded.predict(), future)
    assert_joins(loaded.predict(data=train), future)
    mean = Combination([SeasonalNaive(H, season_length=7), Naive(H)], weights="mean").fit(train, id_col=IDS)
    assert_joins(mean.predict(), future)


def test_a_new_series_has_its_own_cells() -> None:
    data = shops()
    model = PretrainedLSTM(H).fit(data[data["region"] == "north"], id_col=IDS)
    forecast = model.predict(data=data)
    assert forecast[IDS].drop_duplicates().to_numpy().tolist() == [
        ["north", 1],
        ["north", 2],
        ["south", 1],
        ["south", 2],
    ]


def test_rows_about_the_future_may_have_the_columns() -> None:
    data = shops().assign(price=1.0)
    train, future = gatecast.train_test_split(data, H, id_col=IDS)
    model = LSTMForecaster(H, future=["price"], hidden_size=4, ensemble=1, training=Training(epochs=1), progress=False)
    model.fit(train, id_col=IDS)
    expected = model.predict(future=future)
    assert_joins(expected, future)
    at_the_end = pd.concat([train, future.assign(y=np.nan)])
    pd.testing.assert_frame_equal(model.fit(at_the_end, id_col=IDS).predict(), expected)


def test_targets_beside_an_id_are_named_beside_it() -> None:
    data = shops()
    wide = data.assign(online=data["y"] + 1)[data["region"] == "north"].drop(columns="region")
    forecast = gatecast.forecast(wide, 1, id_col="shop", target_col=["y", "online"])
    assert forecast[["shop", "unique_id"]].to_numpy().tolist() == [[1, "y"], [2, "y"], [1, "online"], [2, "online"]]


def test_one_of_them_can_be_drawn() -> None:
    data = shops()
    model = PretrainedLSTM(H).fit(data, id_col=IDS)
    naive = Naive(H).fit(data, id_col=IDS)
    for one, values in ((model, model.predict()), (naive, naive.predict())):
        expected = values.query("region == 'south' and shop == 1").iloc[:, 3].tolist()
        panel = gatecast.to_panel(data, id_col=IDS)
        assert make_timeline(one, panel, None, values, "south/1").forecast.tolist() == expected
        assert make_timeline(one, panel, None, H, "south/1").forecast.tolist() == pytest.approx(expected)
