"""Are partitions forecast alike wherever they are computed? Pickled functions, schemas, models as bytes, one thread.

Oracles: `gatecast.forecast`, `LSTMForecaster.predict` and the tables themselves.
"""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import gatecast
from cluster.made_frames import monthly, sorted_rows
from gatecast import ConfigError, DataError, LSTMForecaster, NotFittedError, PretrainedLSTM, Training, partition
from gatecast.exceptions import ModelFileError

FRAME = monthly(6)
ZERO_SHOT = PretrainedLSTM(horizon=3, season_length=12)
QUICK = Training(epochs=1)
# one thread or two, and alone or beside others, sums are added in the same order
EXACT = {"rtol": 0, "atol": 0}


@pytest.fixture(scope="module")
def trained():
    model = LSTMForecaster(3, hidden_size=4, lookback=24, pretrained="none", training=QUICK, progress=False, ensemble=1)
    return model.fit(FRAME, id_col="unique_id", target_col="y")


def test_a_partition_is_forecast_as_a_table_is():
    expected = gatecast.forecast(FRAME.drop(columns="region"), 3, level=80, season_length=12)
    pd.testing.assert_frame_equal(partition.fit_predict(FRAME, ZERO_SHOT, 80), expected, **EXACT)
    pd.testing.assert_frame_equal(partition.forecast(FRAME, 3, 80, season_length=12), expected, **EXACT)
    pd.testing.assert_frame_equal(
        partition.fit_predict(FRAME, {"horizon": 3, "season_length": 12, "pretrained": "only"}, 80), expected, **EXACT
    )


def test_points_do_not_depend_on_what_else_a_partition_holds():
    together = partition.forecast(FRAME, 3, season_length=12, freq="MS")
    alone = [partition.forecast(rows, 3, season_length=12, freq="MS") for _, rows in FRAME.groupby("unique_id")]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together, rtol=1e-6)


@pytest.mark.parametrize("name", ["fit_predict", "forecast", "model_bytes", "predict_with", "schema"])
def test_functions_are_pickled_by_their_name(name):
    function = getattr(partition, name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_settings_are_pickled():
    again = pickle.loads(pickle.dumps(ZERO_SHOT))
    assert again.settings == ZERO_SHOT.settings


def test_one_thread_inside_and_the_forecaster_is_left_as_it_is():
    model = LSTMForecaster(3, n_threads=2)
    assert partition.single_threaded(model).n_threads == 1
    partition.fit_predict(FRAME, model)
    assert model.n_threads == 2
    assert not model.__sklearn_is_fitted__()


def test_a_model_on_workers_has_one_thread(trained):
    content = partition.model_bytes(trained.set_params(n_threads=2))
    networks = partition._unpacked(content).fitted_.ensemble.networks
    assert {network.n_threads for network in networks} == {1}


TIMES = {
    "ns": FRAME["ds"],
    "us": FRAME["ds"].astype("datetime64[us]"),
    "zone": FRAME["ds"].dt.tz_localize("Europe/Berlin"),
    "dates": FRAME["ds"].dt.date,
    "arrow": FRAME["ds"].astype(pd.ArrowDtype(pa.timestamp("us"))),
    "arrow dates": FRAME["ds"].dt.date.astype(pd.ArrowDtype(pa.date32())),
    "steps": pd.Series(np.tile(np.arange(48, dtype=np.int32), 6)),
}
NAMES = {
    "texts": FRAME["unique_id"],
    "arrow": FRAME["unique_id"].astype("string[pyarrow]"),
    "categories": FRAME["unique_id"].astype("category"),
    "numbers": FRAME["unique_id"].str[1:].astype(np.int32),
}


@pytest.mark.parametrize("ids", NAMES)
@pytest.mark.parametrize("times", TIMES)
def test_what_comes_back_is_what_the_schema_says(times, ids):
    if ids != "texts" and times not in ("ns", "steps"):
        times = "us"
    frame = FRAME.assign(ds=TIMES[times], unique_id=NAMES[ids])
    made = partition.schema(frame.dtypes, (80, 95), 0.5)
    forecast = partition.forecast(frame, 2, (80, 95), 0.5, season_length=12)
    assert forecast.dtypes.to_dict() == made.dtypes == made.empty.dtypes.to_dict()
    assert list(forecast) == list(made.dtypes)
    assert forecast["unique_id"].tolist() == np.repeat(NAMES[ids].unique(), 2).tolist()
    assert isinstance(forecast["ds"].iloc[0], type(frame["ds"].iloc[0]))


def test_schemas_of_spark():
    assert partition.schema(FRAME.dtypes, 80).ddl == (
        "`unique_id` string, `ds` timestamp, `LSTM` double, `LSTM-lo-80` double, `LSTM-hi-80` double"
    )
    made = partition.schema({"shop`s": "bigint", "day": "date", "z": "double"}, id_col="shop`s", time_col="day")
    assert made.ddl == "`shop``s` bigint, `day` date, `LSTM` double"
    numbers = {"unique_id": np.dtype(np.uint16), "ds": pd.Int32Dtype()}
    assert partition.schema(numbers).ddl == "`unique_id` int, `ds` int, `LSTM` double"
    own = {"unique_id": "decimal(5,0)", "ds": pd.ArrowDtype(pa.date32())}
    assert partition.schema(own).ddl == "`unique_id` decimal(5,0), `ds` date, `LSTM` double"


def test_an_empty_partition_has_the_columns_too(trained):
    none = FRAME.iloc[:0]
    blank = FRAME.assign(y=np.nan)
    made = partition.schema(FRAME.dtypes, 80).empty
    content = partition.model_bytes(trained)
    for rows in (none, blank):
        pd.testing.assert_frame_equal(partition.forecast(rows, 3, 80), made)
        pd.testing.assert_frame_equal(partition.predict_with(content, rows, 80), made)
    by_region = partition.fit_predict(none, ZERO_SHOT, by="region")
    assert list(by_region) == ["region", "unique_id", "ds", "LSTM"]


def test_a_model_for_each_group():
    # the same names in both groups are different series
    frame = FRAME.assign(unique_id=FRAME["unique_id"].map({f"s{s:03d}": f"shop {s // 2}" for s in range(6)}))
    forecast = partition.fit_predict(frame, ZERO_SHOT, by="region")
    assert list(forecast) == ["region", "unique_id", "ds", "LSTM"]
    for region, rows in frame.groupby("region"):
        own = forecast[forecast["region"] == region].drop(columns="region").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, partition.fit_predict(rows, ZERO_SHOT), **EXACT)


def test_series_that_are_groups():
    forecast = partition.fit_predict(FRAME, ZERO_SHOT, by="unique_id", freq="MS")
    assert list(forecast) == ["unique_id", "ds", "LSTM"]
    pd.testing.assert_frame_equal(forecast, partition.fit_predict(FRAME, ZERO_SHOT), rtol=1e-6)


def test_an_error_names_the_group():
    wrong = FRAME.assign(y=np.where(FRAME["region"] == "north", np.inf, FRAME["y"]))
    with pytest.raises(DataError, match="The group region=north cannot be forecast: Column 'y' holds"):
        partition.fit_predict(wrong, ZERO_SHOT, by="region")


def test_a_model_forecasts_series_that_it_has_not_seen(trained):
    others = monthly(5, first=6)
    content = partition.model_bytes(trained)
    forecast = partition.predict_with(content, others, level=80)
    pd.testing.assert_frame_equal(forecast, trained.predict(data=others, level=80), **EXACT)
    # one series is not taken for one that was learned from
    single = others[others["unique_id"] == "s007"]
    own = forecast[forecast["unique_id"] == "s007"].reset_index(drop=True)
    pd.testing.assert_frame_equal(partition.predict_with(content, single, level=80), own, rtol=1e-6)


def test_bytes_hold_no_series(trained):
    content = partition.model_bytes(trained)
    assert b"s001" not in content
    assert partition._unpacked(content).decisions_ == trained.decisions_


def test_the_content_of_a_model_file_does_as_well(trained, tmp_path):
    trained.save(tmp_path / "model.safetensors")
    others = monthly(2, first=6)
    forecast = partition.predict_with((tmp_path / "model.safetensors").read_bytes(), others)
    pd.testing.assert_frame_equal(forecast, partition.predict_with(partition.model_bytes(trained), others), **EXACT)


def test_short_series_are_forecast_by_pretrained_networks(trained):
    short = monthly(1, first=8, n_months=20)
    mixed = pd.concat([short, monthly(1, first=9)], ignore_index=True)
    forecast = partition.predict_with(partition.model_bytes(trained), mixed)
    season = trained.fitted_.season_length
    expected = partition.forecast(short, 3, season_length=season)
    assert set(forecast["unique_id"]) == {"s008", "s009"}
    own = forecast[forecast["unique_id"] == "s008"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, expected, rtol=1e-6)


def test_covariates_that_are_known_ahead_stand_in_the_rows_without_a_target():
    rng = np.random.default_rng(0)
    frame = FRAME.assign(price=rng.normal(size=len(FRAME)), size=FRAME["unique_id"].str[1:].astype(float))
    ahead = frame.groupby("unique_id", sort=False).tail(2).assign(y=np.nan)
    ahead["ds"] += pd.DateOffset(months=2)
    whole = pd.concat([frame, ahead], ignore_index=True)
    model = LSTMForecaster(2, hidden_size=4, lookback=6, future=["price"], static=["size"], training=QUICK)
    model = model.set_params(progress=False).fit(frame, id_col="unique_id", target_col="y")
    content = partition.model_bytes(model)
    # other series than those that it learned from
    whole["unique_id"] = whole["unique_id"].str.replace("s", "t")
    forecast = partition.predict_with(content, whole)
    pd.testing.assert_frame_equal(sorted_rows(forecast), model.predict(data=whole), rtol=1e-6)
    cheaper = whole.assign(price=np.where(whole["y"].isna(), whole["price"] - 5, whole["price"]))
    assert not np.allclose(partition.predict_with(content, cheaper)["LSTM"], forecast["LSTM"])


def test_wrong_calls_are_told(trained):
    with pytest.raises(ConfigError, match="There is no column 'shop' among 'unique_id', 'ds', 'y', 'region'"):
        partition.forecast(FRAME, 3, id_col="shop")
    with pytest.raises(ConfigError, match="There is no column 'ds'"):
        partition.schema({"unique_id": "string"})
    with pytest.raises(ConfigError, match="`settings` has the type int"):
        partition.fit_predict(FRAME, 3)
    with pytest.raises(ConfigError, match="horizon"):
        partition.fit_predict(FRAME, {"horizn": 3})
    with pytest.raises(ConfigError, match="`model` has the type int"):
        partition.model_bytes(3)
    with pytest.raises(NotFittedError):
        partition.model_bytes(LSTMForecaster(3))
    with pytest.raises(DataError, match="Column 'ds' holds texts of the type string"):
        partition.schema({"unique_id": "string", "ds": "string"})
    with pytest.raises(DataError, match="Column 'ds' holds texts such as '2019-01-01'"):
        partition.forecast(FRAME.assign(ds=FRAME["ds"].dt.strftime("%Y-%m-%d")), 3)
    with pytest.raises(ModelFileError, match="is not a complete safetensors file"):
        partition.predict_with(b"12345678{}", FRAME)
    with pytest.raises(ConfigError, match="`h` is called `horizon` here"):
        partition.forecast(FRAME, h=3)
