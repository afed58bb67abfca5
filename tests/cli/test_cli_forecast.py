"""Does `gatecast forecast` read, test, forecast and write what it says?"""

import json

import numpy as np
import pandas as pd
import pytest

import gatecast as package
from gatecast import Panel
from gatecast.cli.tables import verdict
from gatecast.data.reading.split import held_out_positions as positions_of
from gatecast.metrics.errors import Evaluation, Score
from made_series import forecaster

from .commands import QUICK, write_csv


def test_prints_what_it_understood_and_the_errors(gatecast, weekly_csv):
    outcome = gatecast("forecast", weekly_csv, *QUICK)
    assert outcome.code == 0
    # halves of days are written, midnights of days are not
    assert "00:00" not in outcome.out
    for text in (
        "weekly.csv: what gatecast understood",
        "UTF-8",
        "cells between commas",
        "daily (D)",
        "80, 2024-01-01",
    ):
        assert text in outcome.out
    for text in ("Errors on 16 points held back, 1 to 4 steps ahead", "naive (the last value)", "(7 steps ago)"):
        assert text in outcome.out
    assert "The LSTM's RMSE" in outcome.out
    assert "2024-03-21" in outcome.out
    assert "--out forecast.csv" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "\x1b" not in outcome.out


def test_json_is_one_object_with_the_figures_of_the_library(gatecast, weekly_csv):
    outcome = gatecast("forecast", weekly_csv, *QUICK, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = outcome.json
    assert report["data"]["freq"] == "D"
    assert report["data"]["n_rows"] == 80
    table = pd.read_csv(weekly_csv, parse_dates=["ds"])
    train, test = package.train_test_split(table)
    settings = {"epochs": 1, "lookback": 6, "progress": False}
    expected = forecaster(4, **settings).fit(train).evaluate(test)
    assert report["test"]["errors"]["LSTM"]["rmse"] == pytest.approx(expected.rmse)
    assert report["test"]["errors"]["SeasonalNaive"]["mae"] == pytest.approx(expected.scores["SeasonalNaive"].mae)
    final = forecaster(4, **settings).fit(table).predict()
    assert [row["LSTM"] for row in report["forecast"]] == pytest.approx(final["LSTM"].tolist())
    assert [row["ds"] for row in report["forecast"]] == [f"2024-03-{day}T00:00:00" for day in (21, 22, 23, 24)]
    assert report["files"] == {"out": None, "plot": None, "model": None, "checkpoint": None}
    assert report["remarks"] == []


def test_writes_csv_picture_and_model(gatecast, csv, tmp_path):
    outcome = gatecast("forecast", csv, *QUICK, "--out", "f.csv", "--plot", "p.png", "--save", "m.safetensors")
    assert outcome.code == 0
    table = pd.read_csv(tmp_path / "f.csv")
    assert table.columns.tolist() == ["unique_id", "ds", "LSTM"]
    assert len(table) == 4
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert package.LSTMForecaster.load(tmp_path / "m.safetensors").predict()["LSTM"].tolist() == pytest.approx(
        table["LSTM"].tolist()
    )
    assert {path.name for path in tmp_path.iterdir()} == {"data.csv", "f.csv", "p.png", "m.safetensors"}


def test_writes_parquet(gatecast, csv, tmp_path):
    assert gatecast("forecast", csv, *QUICK, "--out", "f.parquet", "--quiet").code == 0
    assert pd.read_parquet(tmp_path / "f.parquet")["ds"].tolist()[0] == pd.Timestamp("2024-03-21")


def test_quiet_prints_the_forecast_only(gatecast, csv):
    outcome = gatecast("forecast", csv, *QUICK, "--quiet")
    assert outcome.out.startswith("Forecast of y, 4 steps ahead")
    assert not outcome.err


def test_progress_bar_is_silent_without_a_terminal(gatecast, csv):
    assert not gatecast("forecast", csv, *QUICK).err


def test_chinese_file_in_gbk(gatecast, tmp_path):
    path = write_csv(tmp_path / "数据.csv", header="日期,数值")
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    outcome = gatecast("forecast", path, *QUICK, "--out", "预测.csv")
    assert outcome.code == 0
    assert "日期" in outcome.out
    assert "GB18030" in outcome.out
    assert (tmp_path / "预测.csv").read_text(encoding="utf-8").startswith("unique_id,日期,LSTM\n数值,2024-03-21,")


def test_several_series(gatecast, tmp_path):
    days = pd.date_range("2024-01-01", periods=60)
    table = pd.concat(
        [pd.DataFrame({"shop": s, "ds": days, "y": np.sin(np.arange(60) + k)}) for k, s in enumerate("ab")]
    )
    table.to_csv(tmp_path / "shops.csv", index=False)
    outcome = gatecast("forecast", "shops.csv", *QUICK, "--plot", "p.svg", "--json")
    assert outcome.code == 0
    assert [row["shop"] for row in outcome.json["forecast"]] == ["a"] * 4 + ["b"] * 4
    outcome = gatecast("forecast", "shops.csv", *QUICK, "--plot", "p.svg")
    assert "shows the first of 2 series, 'a'" in outcome.out


def test_options_name_columns_and_dates(gatecast, tmp_path):
    lines = [f"{1 + t % 28:02d}/{1 + t // 28:02d}/2024;{t},5;{t}" for t in range(84)]
    (tmp_path / "d.csv").write_text("tag;wert;nummer\n" + "\n".join(lines), encoding="utf-8")
    arguments = ("--time-col", "tag", "--target-col", "wert", "--date-format", "%d/%m/%Y", "--freq", "D")
    report = gatecast("forecast", "d.csv", *QUICK, *arguments, "--json").json
    assert (report["data"]["target_col"], report["data"]["start"]) == ("wert", "2024-01-01")
    # three months of 28 days: what lies between is missing
    assert report["data"]["n_gaps"] == 4


def test_gap_at_the_split_does_not_spoil_the_errors(gatecast, tmp_path):
    path = write_csv(tmp_path / "gap.csv", n=100)
    lines = path.read_text().splitlines()
    del lines[81]
    path.write_text("\n".join(lines))
    report = gatecast("forecast", path, *QUICK, "--json").json
    assert report["data"]["n_gaps"] == 1
    assert report["test"]["errors"]["LSTM"]["rmse"] > 0


def test_constant_series_is_forecast_as_it_is(gatecast, tmp_path):
    path = write_csv(tmp_path / "c.csv", cell=lambda t: "7.25")
    outcome = gatecast("forecast", path, *QUICK, "--json")
    assert [row["LSTM"] for row in outcome.json["forecast"]] == [7.25] * 4
    # MASE is a ratio to zero here, and null says so
    assert outcome.json["test"]["errors"]["LSTM"]["mase"] is None
    assert gatecast("forecast", path, *QUICK).code == 0


def test_huge_numbers(gatecast, tmp_path):
    path = write_csv(tmp_path / "h.csv", cell=lambda t: f"{1e30 * (1 + t % 7)}")
    outcome = gatecast("forecast", path, *QUICK, "--json")
    assert outcome.code == 0
    assert 0 < outcome.json["forecast"][0]["LSTM"] < 1e31


def test_short_series_is_forecast_with_a_warning(gatecast, tmp_path):
    path = write_csv(tmp_path / "s.csv", n=10)
    outcome = gatecast("forecast", path, "--horizon", 6, "--epochs", 1)
    assert outcome.code == 0
    assert "the error of this forecast is unknown" in outcome.out
    assert gatecast("forecast", path, "--horizon", 6, "--epochs", 1, "--json", "--plot", "p.png").json["test"] is None


def panel_of(*lengths):
    offsets = np.cumsum([0, *lengths])
    return Panel(np.arange(len(lengths)), np.ones(offsets[-1]), offsets, np.zeros(len(lengths), int), 1)


@pytest.mark.parametrize(
    ("n", "horizon", "expected"),
    [(100, 4, 80), (100, 30, 70), (40, 16, 24), (30, 16, 24), (20, 16, 20), (10, 6, 10), (3, 1, 2)],
)
def test_positions_leave_a_horizon_to_test_where_they_can(n, horizon, expected):
    assert positions_of(panel_of(n), 0.2, horizon, None).tolist() == [expected]


def test_positions_of_a_number_of_points_are_taken_as_they_are():
    assert positions_of(panel_of(100, 50), 7, 24, None).tolist() == [93, 43]


def evaluation(**rmse):
    scores = {name: Score(value, value, 1.0, np.zeros(1)) for name, value in rmse.items()}
    return Evaluation(scores, 1, 10, 7)


@pytest.mark.parametrize(
    ("rmse", "says"),
    [
        ({"LSTM": 88, "Naive": 120, "SeasonalNaive": 100}, "12% below that of the seasonal naive"),
        (
            {"LSTM": 112, "Naive": 100},
            "12% above that of the naive forecast: on these data the naive forecast is the better",
        ),
        ({"LSTM": 300, "Naive": 100}, "is 3.0 times that of the naive forecast"),
        ({"LSTM": 101, "Naive": 100}, "about that of the naive"),
        ({"LSTM": 0, "Naive": 0}, "RMSE is 0.0000 and that of the naive forecast is 0.0000"),
    ],
)
def test_verdict(rmse, says):
    assert says in str(verdict(evaluation(**rmse)))


def test_verdict_says_where_the_mean_absolute_error_disagrees():
    scores = {"LSTM": Score(90, 70, 1.0, np.zeros(1)), "Naive": Score(100, 60, 1.0, np.zeros(1))}
    said = str(verdict(Evaluation(scores, 1, 10, 1)))
    assert said.endswith(
        "10% below that of the naive forecast, the best of the naive ones; by the MAE it is the other way round."
    )


def test_replaces_an_older_forecast(gatecast, csv, tmp_path):
    (tmp_path / "f.csv").write_text("old")
    assert gatecast("forecast", csv, *QUICK, "--out", "f.csv", "--quiet").out == ""
    assert (tmp_path / "f.csv").read_text().startswith("unique_id,ds,LSTM\n")


def test_json_goes_through_a_link(gatecast, csv, tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert gatecast("forecast", csv, *QUICK, "--out", "link.csv", "--json").json["files"]["out"] == "link.csv"
    assert (tmp_path / "link.csv").is_symlink()
    assert json.dumps((tmp_path / "real.csv").read_text()).count("LSTM") == 1
