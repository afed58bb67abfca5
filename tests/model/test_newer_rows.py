"""Do newer rows inherit what a model knows: zone, frequency, steps and the names of its series?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster, PretrainedLSTM, to_panel, train_test_split
from gatecast.data.reading.files import read_table
from made_series import SMALL, forecaster, table, wave

Y = wave(140, period=7)


def frame(freq: str, n: int = 140, **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.date_range("2023-01-02", periods=n, freq=freq, **options), "y": Y[:n]})


def fitted(data: pd.DataFrame, **names: Any) -> LSTMForecaster:
    return PretrainedLSTM(2, season_length=7).fit(data, **names)


def with_gap(data: pd.DataFrame, rows: list[int], first: int = 130) -> pd.DataFrame:
    """The newer rows with those that are missing as empty ones."""
    newer = data.iloc[first : first + max(rows) + 1].copy()
    newer.loc[[first + k for k in range(max(rows)) if k not in rows], "y"] = np.nan
    return newer


@pytest.mark.parametrize("freq", ["B", "h", "D", "MS", "W-TUE", "QE", "15min"])
@pytest.mark.parametrize("rows", [[0], [0, 1, 2], [0, 1, 2, 3, 4], [0, 2, 4], [1, 3]])
def test_newer_rows_lie_on_the_steps_of_the_model(freq: str, rows: list[int]) -> None:
    data = frame(freq)
    model = fitted(data[:130])
    forecast = model.predict(data=data.iloc[[130 + k for k in rows]])
    assert forecast["ds"].iloc[0] == data["ds"][130 + max(rows) + 1]
    expected = model.predict(data=with_gap(data, rows))
    assert forecast["LSTM"].tolist() == expected["LSTM"].tolist()


def test_split_data_of_business_days_are_evaluated() -> None:
    train, test = train_test_split(frame("B"), 5)
    assert fitted(train).evaluate(test).n_origins == 5


def test_steps_that_were_given_are_inherited() -> None:
    model = fitted(frame("7D")[:130], freq="7D")
    assert model.predict(data=frame("7D")[130:])["ds"].iloc[0] == frame("7D", 140)["ds"].iloc[-1] + pd.Timedelta("7D")
    steps = pd.DataFrame({"t": np.arange(140) * 5, "y": Y})
    assert fitted(steps[:130]).predict(data=steps.iloc[[130, 132]])["t"].tolist() == [665, 670]


def test_many_rows_of_another_frequency_are_no_rows_with_gaps() -> None:
    model = fitted(frame("h"))
    with pytest.raises(DataError, match="have the frequency 'D', and the model learned from 'h'"):
        model.predict(data=frame("D", 9))
    with pytest.raises(DataError, match="have the frequency 'h', and the model learned from 'D'"):
        fitted(frame("D")).predict(data=frame("h", 9))


def test_times_between_the_steps_are_refused() -> None:
    model = fitted(frame("D"))
    newer = frame("D").assign(ds=lambda rows: rows["ds"] + pd.Timedelta("140D") + pd.Timedelta("6h"))
    with pytest.raises(DataError, match="'y' begins at 2023-05-22 06:00:00, and the steps of the training part"):
        model.predict(data=newer)


def test_hours_without_the_zone_of_training_are_refused() -> None:
    aware, naive = frame("h", tz="Asia/Shanghai"), frame("h")
    with pytest.raises(DataError, match=r"times of the data \('ds'\) have no time zone, and times in Asia/Shanghai"):
        fitted(aware[:130]).predict(data=naive[130:])
    with pytest.raises(DataError, match="are in Asia/Shanghai, and times without a zone"):
        fitted(naive[:130]).predict(data=aware[130:])


def test_another_zone_means_the_same_instants() -> None:
    data = frame("h", tz="Asia/Shanghai")
    model = fitted(data[:130])
    in_utc = data.assign(ds=data["ds"].dt.tz_convert("UTC"))
    expected, forecast = model.predict(data=data[130:]), model.predict(data=in_utc[130:])
    pd.testing.assert_frame_equal(forecast, expected)


def test_days_are_those_of_the_zone_of_training() -> None:
    data = frame("D", tz="Asia/Shanghai")
    model = fitted(data[:130])
    expected = model.predict(data=data[130:])
    for zone in ("UTC", None):
        times = data["ds"].dt.tz_convert(zone) if zone else data["ds"].dt.tz_localize(None)
        pd.testing.assert_frame_equal(model.predict(data=data.assign(ds=times)[130:]), expected)


def two(data: pd.DataFrame, ids: tuple[Any, Any] = ("a", "b")) -> pd.DataFrame:
    return pd.concat([data.assign(unique_id=ids[0]), data.assign(unique_id=ids[1], y=data["y"] * 2)])


@pytest.mark.parametrize(("ids", "spelled"), [(("a", "b"), ("a ", " b")), ((1, 2), ("1", "2")), (("1", "2"), (1, 2))])
def test_ids_are_the_same_however_they_are_written(ids: tuple[Any, Any], spelled: tuple[Any, Any]) -> None:
    data = frame("D")
    model = fitted(two(data[:130], ids))
    expected, forecast = model.predict(data=two(data[130:], ids)), model.predict(data=two(data[130:], spelled))
    pd.testing.assert_frame_equal(forecast, expected)


def test_ids_that_differ_by_spaces_are_one_series_in_training_too() -> None:
    data = two(frame("D"))
    spaced = data.assign(unique_id=np.where(data["ds"] < "2023-03-01", data["unique_id"], data["unique_id"] + " "))
    pd.testing.assert_frame_equal(fitted(spaced).predict(), fitted(data).predict())


def test_a_silent_series_is_forecast_from_what_is_remembered() -> None:
    data = two(frame("D")).reset_index(drop=True)
    model = fitted(data[data["ds"] < "2023-05-12"])
    newer = data[data["ds"] >= "2023-05-12"]
    silent = newer.assign(y=newer["y"].where(newer["unique_id"] == "a"))
    forecast = model.predict(data=silent)
    assert forecast["unique_id"].tolist() == ["a", "a", "b", "b"]
    assert forecast["LSTM"].notna().all()
    alone = model.predict(data=newer[newer["unique_id"] == "a"])
    np.testing.assert_allclose(forecast["LSTM"][:2], alone["LSTM"], rtol=1e-5)
    with pytest.warns(UserWarning, match="1 of 2 series has no value of 'y' and is left out: 'c'"):
        unknown = model.predict(data=silent.assign(unique_id=silent["unique_id"].replace("b", "c")))
    pd.testing.assert_frame_equal(unknown, alone)


def test_newer_rows_of_a_wide_table_inherit_its_columns() -> None:
    data = frame("D")
    wide = pd.DataFrame({"day": data["ds"], "a": data["y"], "b": data["y"] + 3.0})
    model = fitted(wide[:130], target_col=["a", "b"])
    forecast = model.predict(data=wide[130:])
    assert forecast["unique_id"].tolist() == ["a", "a", "b", "b"]
    assert (forecast["day"] > wide["day"].iloc[-1]).all()
    part = model.predict(data=wide[130:][["day", "b"]])
    np.testing.assert_allclose(part["LSTM"], forecast["LSTM"][2:], rtol=1e-5)


def test_rows_that_the_training_part_has_too_are_left_out() -> None:
    data = frame("D")
    model = fitted(data[:130])
    expected = model.predict(data=data[130:])
    pd.testing.assert_frame_equal(model.predict(data=data[126:]), expected)
    assert model.evaluate(data[126:]).n_origins == model.evaluate(data[130:]).n_origins == 10


def test_rows_that_differ_from_what_was_learned_are_named() -> None:
    data = frame("D")
    model = fitted(data[:130])
    changed = data[126:].assign(y=lambda rows: rows["y"].where(rows["ds"] != "2023-05-09", 99.0))
    told = rf"Series 'y' holds 99 at 2023-05-09, where the training part held {Y[127]:g}: it is read from its own"
    with pytest.warns(UserWarning, match=told):
        model.predict(data=changed)
    waves = table(100, ("y",))
    trained = forecaster(3, **SMALL | {"transform": "none"}, season_length=7).fit(waves[:90])
    changed = waves[86:93].assign(y=99.0)
    with pytest.raises(DataError, match=r"where the training part held .*, and rows that go on after it, or 12 or mo"):
        trained.predict(data=changed)


def test_one_of_two_rows_beside_the_steps_is_named() -> None:
    data = frame("B")
    model = fitted(data[:130])
    saturday = data["ds"].iloc[130] + pd.offsets.Week(weekday=5)
    newer = pd.DataFrame({"ds": [data["ds"].iloc[130], saturday], "y": [1.0, 2.0]})
    with pytest.raises(DataError, match=f"1 of 2 times do not fall on `freq='B'`, the first is {saturday.date()}"):
        model.predict(data=newer)


BERLIN = pd.date_range("2023-10-20", periods=400, freq="h", tz="Europe/Berlin")
# the hour of 02:00 that clocks show a second time
SECOND = 9 * 24 + 3


def hours(zone: bool) -> pd.DataFrame:
    y = wave(400, period=24)
    return pd.DataFrame({"ds": BERLIN if zone else BERLIN.tz_localize(None), "y": y})


def forecasts(table: pd.DataFrame, data: pd.DataFrame, n: int, **how: Any) -> tuple[Any, Any]:
    """Return the forecasts of `data` after the first n rows and those of the same rows with their zone."""
    aware = PretrainedLSTM(2, season_length=24).fit(hours(zone=True)[:n])
    bare = PretrainedLSTM(2, season_length=24).fit(to_panel(table[:n], **how))
    return bare.predict(data=data), aware.predict(data=hours(zone=True).loc[data.index])


@pytest.mark.parametrize("rows", [slice(300, 330), slice(300, 301), slice(0, 330)])
def test_rows_without_a_zone_are_in_the_one_that_the_autumn_hour_gave_the_model(rows: slice) -> None:
    with pytest.warns(UserWarning, match="2023-10-29 02:00:00 is there twice"):
        found, expected = forecasts(hours(zone=False), hours(zone=False)[rows], 300)
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("n", [SECOND - 20, SECOND - 1, SECOND, SECOND + 1])
@pytest.mark.parametrize("runs_back", [False, True])
def test_the_hour_that_comes_twice_is_read_in_the_order_of_newer_rows(n: int, runs_back: bool, tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    hours(zone=False)[:n].to_csv(path, index=False)
    model = PretrainedLSTM(2, season_length=24).fit(read_table(path, timezone="Europe/Berlin").panel)
    model.save(tmp_path / "model")
    newer = hours(zone=False)[n : n + 40]
    expected = PretrainedLSTM(2, season_length=24).fit(hours(zone=True)[:n]).predict(data=hours(zone=True)[n : n + 40])
    again = LSTMForecaster.load(tmp_path / "model")
    found = again.predict(data=newer[::-1] if runs_back else newer)
    pd.testing.assert_frame_equal(found, expected)


def test_the_second_hour_alone_goes_on_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    hours(zone=False)[:SECOND].to_csv(path, index=False)
    model = PretrainedLSTM(2, season_length=24).fit(read_table(path, timezone="Europe/Berlin").panel)
    found = model.predict(data=hours(zone=False)[SECOND : SECOND + 1])
    assert found["ds"].tolist() == BERLIN[SECOND + 1 : SECOND + 3].tolist()


def test_rows_about_the_future_are_in_the_zone_of_the_model(tmp_path: Path) -> None:
    path, n = tmp_path / "load.csv", SECOND - 2
    table = hours(zone=False).assign(price=lambda rows: rows["y"] % 3)
    table[:n].to_csv(path, index=False)
    model = forecaster(**SMALL | {"horizon": 6, "future": ["price"]})
    model.fit(read_table(path, future=["price"], timezone="Europe/Berlin").panel)
    ahead = table[n : n + 6][["ds", "price"]]
    expected = model.predict(future=ahead.assign(ds=BERLIN[n : n + 6]))
    pd.testing.assert_frame_equal(model.predict(future=ahead), expected)


def test_times_that_clocks_skipped_are_named(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    spring = pd.DataFrame({"ds": pd.date_range("2024-03-25", periods=190, freq="h"), "y": wave(190, period=24)})
    spring[:140].to_csv(path, index=False)
    model = PretrainedLSTM(2).fit(read_table(path, timezone="Europe/Berlin").panel)
    with pytest.raises(DataError, match=r"Clocks in Europe/Berlin, .* skipped some of the times of the data \('ds'\)"):
        model.predict(data=spring[140:])


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"])
@pytest.mark.parametrize("n", [1, 5])
def test_day_or_month_comes_first_as_the_times_go_on(form: str, n: int) -> None:
    data = frame("D").assign(ds=lambda table: pd.date_range("2024-01-01", periods=140).strftime(form))
    # 91 rows end with March, so that the next days are all below 13
    forecast = fitted(data[:91]).predict(data=data[91 : 91 + n])
    assert forecast["ds"].iloc[0] == pd.Timestamp("2024-04-01") + pd.Timedelta(days=n)


def test_rows_whose_order_counts_go_on() -> None:
    data = frame("D").iloc[[*range(0, 140, 3), *range(1, 140, 3)]].sort_values("ds")
    model = fitted(data[:80], freq="order")
    newer = model.predict(data=data[80:85])
    assert newer["ds"].tolist() == [85, 86]
    whole = model.predict(data=data[:85])
    assert whole["ds"].tolist() == [85, 86]


def test_weeks_of_another_weekday_are_not_moved() -> None:
    data = frame("W-MON")
    newer = data[130:135].assign(ds=lambda table: table["ds"] + pd.Timedelta("6D"))
    with pytest.raises(DataError, match="times between its steps|have the frequency 'W-SUN'"):
        fitted(data[:130]).predict(data=newer)


def test_names_that_are_nearly_known_are_told() -> None:
    data = pd.concat([frame("D").assign(shop=name) for name in ("north", "south")])
    model = fitted(data[data["ds"] < frame("D")["ds"][100]], id_col="shop")
    newer = data[data["ds"] >= frame("D")["ds"][100]]
    with pytest.warns(UserWarning, match="learned from the series 'north', 'south', and not from 'North', 'South'"):
        model.predict(data=newer.assign(shop=newer["shop"].str.title()))
    with pytest.warns(UserWarning, match="and not from 'y'"):
        model.predict(data=newer[newer["shop"] == "north"].drop(columns="shop"))


def test_few_rows_far_from_the_others_are_told() -> None:
    zero_shot = fitted(frame("D")[:100])
    far = frame("D")[:5].assign(ds=lambda table: table["ds"] + pd.Timedelta("700D"))
    with pytest.warns(UserWarning, match="its 5 rows alone are used"):
        zero_shot.predict(data=far)


def test_ids_that_became_numbers_with_a_point_are_known() -> None:
    data = pd.concat([frame("D").assign(shop=name) for name in (1, 2)])
    begin = frame("D")["ds"][100]
    model = fitted(data[data["ds"] < begin], id_col="shop")
    newer = data[data["ds"] >= begin]
    expected = model.predict(data=newer)
    assert (
        model.predict(data=newer.assign(shop=newer["shop"].astype(str) + ".0"))["LSTM"].tolist()
        == expected["LSTM"].tolist()
    )
