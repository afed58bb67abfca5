"""Are rows without a target at the end of a table the future, and gaps where they are not?"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster, to_panel
from made_series import SMALL, forecaster, with_covariates

FUTURE = ["price", "is_open", "weather"]
SETTINGS = SMALL | {"horizon": 4, "future": FUTURE, "transform": "none", "season_length": 7}
DATA = with_covariates(200)[["unique_id", "ds", "y", *FUTURE]]
BEGIN = DATA["ds"].max() - pd.Timedelta(days=5)


def blank(data: pd.DataFrame = DATA) -> pd.DataFrame:
    """The last six days have no target."""
    return data.assign(y=data["y"].where(data["ds"] < BEGIN))


def test_rows_without_a_target_are_the_future() -> None:
    known, ahead = DATA[DATA["ds"] < BEGIN], DATA[DATA["ds"] >= BEGIN].drop(columns="y")
    by_hand = forecaster(**SETTINGS).fit(known)
    model = forecaster(**SETTINGS).fit(blank())
    assert model.fitted_.lengths.tolist() == by_hand.fitted_.lengths.tolist() == [194, 194]
    assert model.history_ == by_hand.history_
    expected = by_hand.predict(6, future=ahead)
    pd.testing.assert_frame_equal(model.predict(6), expected)
    pd.testing.assert_frame_equal(model.predict(6, future=ahead), expected)
    pd.testing.assert_frame_equal(by_hand.predict(6, data=blank()), expected)
    pd.testing.assert_frame_equal(model.simulate(3), by_hand.simulate(3, future=ahead))
    assert model.decisions_ == (
        *by_hand.decisions_,
        "The last 6 steps have no 'y' in any series: they are the future, of which 'price', 'is_open', 'weather' are "
        "known.",
    )
    # in-sample forecasts are of what was learned from
    assert len(model.predict_insample()) == 2 * 194


def test_polars_and_one_series_without_a_name_do_the_same() -> None:
    pl = pytest.importorskip("polars")
    one = blank(DATA[DATA["unique_id"] == "a"]).drop(columns=["unique_id", "is_open"])
    settings = SETTINGS | {"future": ["price", "weather"]}
    expected = forecaster(**settings).fit(one).predict()
    found = forecaster(**settings).fit(pl.from_pandas(one)).predict()
    assert expected["ds"].iloc[0] == BEGIN
    np.testing.assert_array_equal(found["LSTM"].to_numpy(), expected["LSTM"].to_numpy())


def test_model_file_asks_for_the_future(tmp_path: Path) -> None:
    model = forecaster(**SETTINGS).fit(blank())
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    assert loaded.decisions_ == model.decisions_
    with pytest.raises(DataError, match="No future rows were passed"):
        loaded.predict()
    pd.testing.assert_frame_equal(loaded.predict(future=blank()), model.predict())


def test_steps_behind_these_rows_are_asked_for() -> None:
    model = forecaster(**SETTINGS).fit(blank())
    with pytest.raises(DataError, match="lack 6 values: 'price', 'is_open', 'weather' of series 'a', 'b' at"):
        model.predict(7)


def test_series_that_ended_earlier_keeps_its_gap() -> None:
    data = blank()
    is_gap = (data["unique_id"] == "b") & (data["ds"] >= BEGIN - pd.Timedelta(days=3))
    data["y"] = data["y"].mask(is_gap)
    model = forecaster(**SETTINGS).fit(data)
    # both begin where the newest observation of all was made
    assert model.fitted_.lengths.tolist() == [194, 194]
    assert model.predict()["ds"].tolist() == [*pd.date_range(BEGIN, periods=4)] * 2


def test_rows_are_a_gap_where_nothing_is_known_ahead() -> None:
    model = forecaster(**SETTINGS | {"future": []}).fit(blank()[["unique_id", "ds", "y"]])
    assert model.fitted_.lengths.tolist() == [200, 200]
    assert not any("future" in sentence for sentence in model.decisions_)


def test_series_without_any_value_is_named() -> None:
    data = blank()
    data["y"] = data["y"].where(data["unique_id"] != "b")
    with pytest.warns(UserWarning, match="1 of 2 series has no value of 'y' and is left out: 'b'"):
        found = forecaster(**SETTINGS).fit(data).predict()
    alone = forecaster(**SETTINGS).fit(data[data["unique_id"] == "a"])
    pd.testing.assert_frame_equal(found, alone.predict().reset_index(drop=True))


def test_panel_is_cut_alike() -> None:
    panel = to_panel(blank(), future=FUTURE)
    found = forecaster(**SETTINGS).fit(panel).predict()
    pd.testing.assert_frame_equal(found, forecaster(**SETTINGS).fit(blank()).predict())
