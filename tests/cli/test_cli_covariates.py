"""Do columns beside the target, rows about the future and the calendar reach the model, and back?"""

import pandas as pd
import pytest

from gatecast import LSTMForecaster
from gatecast.data import to_panel
from gatecast.data.reading.ahead import observed_lengths
from made_series import forecaster

from .commands import QUICK, write_csv, write_shops

SHOPS = (
    "--id-col",
    "shop",
    "--target-col",
    "y",
    "--future",
    "price",
    "--static",
    "region",
    "--epochs",
    "1",
    "--horizon",
    "4",
)


@pytest.fixture
def expected(tmp_path):
    """What the library says to the same table, split by hand."""

    def forecast(path):
        table = pd.read_csv(path, parse_dates=["ds"])
        known, ahead = table[table["y"].notna()], table[table["y"].isna()]
        settings = {"future": ["price"], "static": ["region"], "epochs": 1, "progress": False}
        model = forecaster(4, **settings).fit(known, id_col="shop", target_col="y")
        return model.predict(future=ahead)["LSTM"].tolist()

    return forecast


def test_rows_without_a_target_are_the_future(gatecast, tmp_path, expected):
    path = write_shops(tmp_path / "shops.csv", n_ahead=6)
    report = gatecast("forecast", path, *SHOPS, "--json").json
    assert [row["ds"][:10] for row in report["forecast"]][:4] == [f"2024-03-0{day}" for day in (1, 2, 3, 4)]
    assert [row["LSTM"] for row in report["forecast"]] == pytest.approx(expected(path))
    assert (report["data"]["n_gaps"], report["data"]["end"]) == (0, "2024-02-29")
    outcome = gatecast("forecast", path, *SHOPS)
    for text in ("the last 6 steps, which have no target", "price (numbers)", "region (categories)"):
        assert text in outcome.out


def test_future_file_gives_the_same(gatecast, tmp_path):
    write_shops(tmp_path / "both.csv", n_ahead=4)
    write_shops(tmp_path / "past.csv")
    # in any order, with rows of the past among them, and without the target
    ahead = pd.read_csv(tmp_path / "both.csv").sample(frac=1, random_state=0)
    ahead[["price", "ds", "shop"]].to_csv(tmp_path / "ahead.csv", index=False)
    one = gatecast("forecast", "both.csv", *SHOPS, "--json").json
    other = gatecast("forecast", "past.csv", *SHOPS, "--future-file", "ahead.csv", "--json").json
    assert one["forecast"] == other["forecast"]


def test_price_ahead_matters(gatecast, tmp_path):
    write_shops(tmp_path / "past.csv")
    forecasts = []
    for name, price in (("low.csv", 1), ("high.csv", 20)):
        ahead = pd.read_csv(write_shops(tmp_path / name, n_ahead=4)).assign(price=price)
        ahead.to_csv(tmp_path / name, index=False)
        report = gatecast("forecast", "past.csv", *SHOPS, "--future-file", name, "--json").json
        forecasts.append([row["LSTM"] for row in report["forecast"]])
    assert forecasts[0] != forecasts[1]


def test_saved_model_asks_for_the_future_again(gatecast, tmp_path):
    write_shops(tmp_path / "both.csv", n_ahead=4)
    fit = gatecast("forecast", "both.csv", *SHOPS, "--save", "m.safetensors", "--json").json
    report = gatecast("predict", "m.safetensors", "--future-file", "both.csv", "--json").json
    assert [row["LSTM"] for row in report["forecast"]] == pytest.approx([row["LSTM"] for row in fit["forecast"]])
    # newer data with rows about the future at their end need no file of their own
    write_shops(tmp_path / "newer.csv", n=70, n_ahead=4)
    report = gatecast("predict", "m.safetensors", "newer.csv", "--json").json
    assert report["forecast"][0]["ds"] == "2024-03-11T00:00:00"


def test_saved_model_knows_static_columns(gatecast, tmp_path):
    write_shops(tmp_path / "both.csv", n_ahead=4)
    gatecast("forecast", "both.csv", *SHOPS, "--save", "m.safetensors", "--quiet")
    newer = pd.read_csv(write_shops(tmp_path / "newer.csv", n=70, n_ahead=4))
    newer.drop(columns="region").to_csv(tmp_path / "plain.csv", index=False)
    one, other = (gatecast("predict", "m.safetensors", name, "--json").json for name in ("newer.csv", "plain.csv"))
    assert one["forecast"] == other["forecast"]


def test_rows_without_a_target_and_without_future_are_a_note(gatecast, tmp_path):
    path = write_shops(tmp_path / "shops.csv", n_ahead=5)
    report = gatecast("forecast", path, *QUICK, "--id-col", "shop", "--target-col", "y", "--json").json
    assert any("The last 5 steps of shops.csv have no y in any series" in note for note in report["notes"])
    assert report["forecast"][0]["ds"] == "2024-03-06T00:00:00"


def test_past_columns_and_the_calendar(gatecast, tmp_path):
    path = write_shops(tmp_path / "shops.csv")
    options = ("--past", "price", "--calendar", "--country", "CN", "--id-col", "shop", "--target-col", "y")
    assert gatecast("forecast", path, *QUICK, *options, "--save", "m.safetensors").code == 0
    encoder = LSTMForecaster.load("m.safetensors").fitted_.preparation.encoder
    assert [column.name for column in encoder.past_numbers] == ["price"]
    assert encoder.calendar_names[:2] == ("day_of_week_sin", "day_of_week_cos")
    assert "holiday" in encoder.calendar_names
    # nothing but the calendar is known ahead, so nothing has to be passed
    assert gatecast("predict", "m.safetensors").code == 0


def test_short_series_is_a_note(gatecast, tmp_path):
    lines = write_shops(tmp_path / "shops.csv").read_text().splitlines()
    lines += [f"new,2024-02-{day},30,5,north" for day in (25, 26, 27, 28, 29)]
    (tmp_path / "shops.csv").write_text("\n".join(lines))
    report = gatecast("forecast", "shops.csv", *QUICK, "--id-col", "shop", "--target-col", "y", "--json").json
    assert any("1 series have fewer than 10 points ('new')" in note for note in report["notes"])
    assert len(report["forecast"]) == 16


def test_series_that_ended_earlier_keeps_its_gap():
    days = pd.date_range("2024-01-01", periods=6)
    table = pd.concat([pd.DataFrame({"unique_id": s, "ds": days, "y": range(6)}) for s in "ab"])
    table["y"] = table["y"].astype(float)
    # nobody has the last day; b lacks the one before, too
    table.iloc[5, 2] = table.iloc[10, 2] = table.iloc[11, 2] = None
    assert observed_lengths(to_panel(table)).tolist() == [5, 5]


def test_weather_in_one_series_without_an_id(gatecast, tmp_path):
    path = write_csv(tmp_path / "d.csv", n=60)
    table = pd.read_csv(path).assign(weather=["sun", "rain", "snow"] * 20)
    table.loc[56:, "y"] = None
    table.to_csv(path, index=False)
    outcome = gatecast("forecast", path, *QUICK, "--target-col", "y", "--future", "weather", "--json")
    assert outcome.code == 0
    assert outcome.json["forecast"][0]["ds"] == "2024-02-26T00:00:00"


@pytest.mark.parametrize("test_size", ["0.2", "0"])
def test_a_picture_of_series_with_covariates_is_drawn(gatecast, tmp_path, test_size):
    write_shops(tmp_path / "shops.csv", n_ahead=4)
    outcome = gatecast("forecast", "shops.csv", *SHOPS, "--test-size", test_size, "--plot", "x.png", "--out", "f.csv")
    assert (outcome.code, outcome.err) == (0, "")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "x.png shows the first of 3 series, 'a'" in outcome.out


def test_a_picture_that_fails_costs_no_forecast(gatecast, tmp_path, monkeypatch):
    def fail(*arguments, **named):
        raise ValueError("no ink")

    monkeypatch.setattr("gatecast.charts.plot_forecast", fail)
    write_csv(tmp_path / "data.csv")
    outcome = gatecast("forecast", "data.csv", *QUICK, "--plot", "x.png", "--out", "f.csv")
    assert outcome.code == 0
    assert "x.png was not drawn, and all else is done: ValueError: no ink" in outcome.out
    assert "Picture drawn" not in outcome.out
    assert len(pd.read_csv(tmp_path / "f.csv")) == 4
    assert not (tmp_path / "x.png").exists()


def test_joint_targets_are_no_columns_of_the_table(gatecast, tmp_path):
    days = pd.date_range("2024-01-01", periods=80)
    steps = pd.Series(range(80))
    pd.DataFrame({"day": days, "temp": steps % 7, "load": steps % 5}).to_csv("both.csv", index=False)
    targets = ("--target-col", "temp", "--target-col", "load", "--joint")
    outcome = gatecast("forecast", "both.csv", *targets, *QUICK, "--save", "joint.safetensors")
    assert outcome.code == 0, outcome.err
    found = gatecast("inspect", "joint.safetensors", "--json").json
    assert found["covariates"] == {"past": [], "future": [], "static": []}
    assert gatecast("predict", "joint.safetensors", "both.csv", "--json").code == 0
