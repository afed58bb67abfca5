"""Do `predict`, `doctor` and `demo` say what the library says?"""

import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gatecast as package
from gatecast import LSTMForecaster, Training
from gatecast.cli import doctor
from gatecast.network import wrapper

from .commands import QUICK, write_csv


def test_predict_goes_on_from_the_training_data(gatecast, saved_model):
    outcome = gatecast("predict", saved_model)
    assert outcome.code == 0
    expected = LSTMForecaster.load(saved_model).predict()
    assert "Forecast of y, 4 steps ahead" in outcome.out
    for value in expected["LSTM"]:
        assert f"{value:.2f}" in outcome.out


def test_predict_from_newer_data(gatecast, saved_model, tmp_path):
    # the training data had 80 days; these are those and twenty more, so the forecast begins at day 101
    write_csv(tmp_path / "newer.csv", n=100)
    report = gatecast("predict", saved_model, "newer.csv", "--horizon", 6, "--json").json
    expected = LSTMForecaster.load(saved_model).predict(6, pd.read_csv(tmp_path / "newer.csv", parse_dates=["ds"]))
    assert [row["LSTM"] for row in report["forecast"]] == pytest.approx(expected["LSTM"].tolist())
    assert report["forecast"][0]["ds"] == "2024-04-10T00:00:00"
    assert (report["horizon"], report["model"]["horizon"], report["data"]["n_rows"]) == (6, 4, 100)


def test_predict_says_that_steps_are_recursive(gatecast, saved_model):
    said = " ".join(gatecast("predict", saved_model, "--horizon", 6).out.split())
    assert "The model learned 4 steps ahead: steps 5 to 6 are forecast from the forecasts." in said
    sure = " ".join(gatecast("predict", saved_model, "--horizon", 6, "--level", 80).out.split())
    assert "intervals there grow as errors grew over 4 steps; how often they hold was not measured." in sure
    assert "step 5 is forecast from" in " ".join(gatecast("predict", saved_model, "--horizon", 5).out.split())
    assert "from the forecasts" not in gatecast("predict", saved_model, "--horizon", 4).out
    assert gatecast("predict", saved_model, "--horizon", 6, "--json").json["notes"]


@pytest.mark.filterwarnings("default::UserWarning")
def test_predict_says_what_becomes_of_a_value_that_is_too_low(gatecast, csv, tmp_path):
    gatecast("forecast", csv, *QUICK, "--transform", "log1p", "--save", "m.safetensors", "--quiet")
    (tmp_path / "one.csv").write_text("ds,y\n2024-03-21,-55\n")
    outcome = gatecast("predict", "m.safetensors", "one.csv", "--json")
    assert outcome.code == 0
    assert outcome.err.startswith("Note: 1 value is below 0")
    assert "-55 of series 'y' at 2024-03-21: it counts as 0. Fit with `--transform none`" in outcome.err
    assert ".py" not in outcome.err


def test_predict_takes_the_columns_of_the_training_data(gatecast, saved_model, tmp_path):
    plain = write_csv(tmp_path / "plain.csv", n=90)
    wide = pd.read_csv(plain).assign(other=1.5, sales=2.5)[["ds", "sales", "other", "y"]]
    wide.to_csv(tmp_path / "wide.csv", index=False)
    one, other = (gatecast("predict", saved_model, name, "--json").json for name in ("plain.csv", "wide.csv"))
    assert one["forecast"] == other["forecast"]
    assert other["data"]["target_col"] == "y"


def test_predict_from_one_new_row(gatecast, saved_model, tmp_path):
    (tmp_path / "one.csv").write_text("ds,y\n2024-03-21,55\n")
    report = gatecast("predict", saved_model, "one.csv", "--json").json
    assert report["forecast"][0]["ds"] == "2024-03-22T00:00:00"


def test_predict_from_one_new_row_takes_the_frequency_of_the_model(gatecast, tmp_path):
    months = pd.date_range("2019-01-01", periods=48, freq="MS")
    LSTMForecaster(2, lookback=4, progress=False, training=Training(epochs=1)).fit(
        pd.DataFrame({"ds": months, "y": np.sin(np.arange(48))})
    ).save(tmp_path / "m.safetensors")
    (tmp_path / "one.csv").write_text("ds,y\n2023-01-01,0.5\n")
    report = gatecast("predict", "m.safetensors", "one.csv", "--json").json
    assert [row["ds"][:10] for row in report["forecast"]] == ["2023-02-01", "2023-03-01"]


def test_predict_reads_times_in_several_columns_as_the_forecast_did(gatecast, tmp_path):
    hours = pd.date_range("2024-01-01", periods=120, freq="h")
    parts = pd.DataFrame(
        {"No": range(120), "year": hours.year, "month": hours.month, "day": hours.day, "hour": hours.hour}
    )
    table = parts.assign(dew=np.cos(np.arange(120)), pm25=50 + np.sin(np.arange(120)))
    table[:100].to_csv(tmp_path / "old.csv", index=False)
    table[100:].to_csv(tmp_path / "new.csv", index=False)
    fit = gatecast("forecast", "old.csv", "--target-col", "pm25", *QUICK, "--save", "m.safetensors", "--json")
    assert fit.json["forecast"][0]["ds"] == "2024-01-05T04:00:00"
    report = gatecast("predict", "m.safetensors", "new.csv", "--json").json
    assert report["forecast"][0]["ds"] == "2024-01-06T00:00:00"


def test_predict_says_what_is_wrong_in_the_target_of_the_training_data(gatecast, tmp_path):
    table = pd.read_csv(write_csv(tmp_path / "plain.csv", n=90)).rename(columns={"y": "pm25"}).assign(dew=1.5)
    table.to_csv(tmp_path / "old.csv", index=False)
    gatecast("forecast", "old.csv", "--target-col", "pm25", *QUICK, "--save", "m.safetensors")
    table["pm25"] = table["pm25"].astype(object)
    table.loc[85, "pm25"] = "broken"
    table.to_csv(tmp_path / "holes.csv", index=False)
    outcome = gatecast("predict", "m.safetensors", "holes.csv")
    assert outcome.code == 2
    assert "Column 'pm25' holds 1 value that is not a finite number" in outcome.err


def test_predict_writes_a_file(gatecast, saved_model, tmp_path):
    outcome = gatecast("predict", saved_model, "--out", "f.csv")
    assert outcome.out.endswith("Forecast written to f.csv\n")
    assert len(pd.read_csv(tmp_path / "f.csv")) == 4


def test_predict_with_a_model_of_polars_tables(gatecast, tmp_path, monkeypatch):
    import polars as pl

    y = pl.DataFrame({"ds": np.arange(60), "y": np.sin(np.arange(60))})
    LSTMForecaster(2, progress=False, training=Training(epochs=1)).fit(y).save(tmp_path / "m.safetensors")
    monkeypatch.setitem(sys.modules, "polars", None)
    assert len(gatecast("predict", "m.safetensors", "--json").json["forecast"]) == 2


def test_doctor_is_well(gatecast):
    outcome = gatecast("doctor")
    assert outcome.code == 0
    assert "All is well." in outcome.out
    for text in (package.__version__, wrapper.isa(), "threads", "extra plots"):
        assert text in outcome.out
    assert "FAIL" not in outcome.out


def test_doctor_json_has_each_instruction_set(gatecast):
    report = gatecast("doctor", "--json").json
    assert report["healthy"] is True
    # each extra that a user can ask for, straight from the project's description
    root = Path(__file__).parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(report["extras"]) == set(extras) - {"all"}
    assert set(report["extras"]["compare"]) == {need.split(">")[0] for need in extras["compare"]}
    assert report["instruction_sets"] == {"available": wrapper.available_isas(), "in_use": wrapper.isa()}
    names = [check["name"] for check in report["checks"]]
    assert len(names) == 3 * len(wrapper.available_isas())
    assert all(check["passed"] for check in report["checks"])


@pytest.fixture
def one_set(monkeypatch):
    """Check one instruction set: what is wrong with it is noticed as with all of them."""
    used = wrapper.isa()
    monkeypatch.setattr(doctor.wrapper, "available_isas", lambda: [used])


@pytest.mark.parametrize("wrong", [1 + 1e-6, np.nan])
def test_doctor_notices_wrong_gradients(gatecast, monkeypatch, one_set, wrong):
    right = doctor.reference.gradients

    def gradients(*arguments):
        result = right(*arguments)
        result.weights[3] *= wrong
        return result

    monkeypatch.setattr(doctor.reference, "gradients", gradients)
    outcome = gatecast("doctor")
    assert outcome.code == 1
    assert "FAIL  gradients" in outcome.out
    assert "please report it" in " ".join(outcome.out.split())
    assert gatecast("doctor", "--json").json["healthy"] is False


def test_doctor_notices_threads_that_differ(gatecast, monkeypatch, one_set):
    right = doctor._trained
    monkeypatch.setattr(doctor, "_trained", lambda n_threads: right(n_threads) + (n_threads == 3) * np.float32(1e-6))
    outcome = gatecast("doctor")
    assert outcome.code == 1
    assert "1, 2 and 3 threads give different weights" in outcome.out


def test_doctor_with_an_unknown_instruction_set(gatecast, monkeypatch):
    monkeypatch.setenv("GATECAST_ISA", "mmx")
    outcome = gatecast("doctor")
    assert outcome.code == 2
    assert "GATECAST_ISA is 'mmx'" in outcome.err


@pytest.fixture
def short_demo(monkeypatch, few_epochs):
    """Make the demo quick: a shorter sine, and fewer epochs."""
    sine = package.datasets.sine
    monkeypatch.setattr(package.datasets, "sine", lambda: sine(1500))


def test_demo_json(gatecast, short_demo, tmp_path):
    outcome = gatecast("demo", "--out", "some/folder", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = outcome.json
    sarima = {"sarima", "sarima_by_hand"}
    assert set(report) == {
        "without_training",
        "noise_floor",
        "tutorial",
        "gatecast",
        *sarima,
        "diagnosis",
        "sunspots",
        "pictures",
        "report",
    }
    assert all(set(report[name]) == {"model", "test_rmse", "fit_seconds"} for name in sarima)
    assert set(report["without_training"]) == {"sine", "sunspots", "nile"}
    assert all(errors["gatecast"] < errors["SeasonalNaive"] for errors in report["without_training"].values())
    # knowing that it is a sine is worth something
    assert report["noise_floor"] * 0.98 < report["sarima_by_hand"]["test_rmse"] < report["sarima"]["test_rmse"]
    keys = {"train_rmse", "test_rmse", "fit_seconds", "predict_seconds", "losses", "coverage"}
    assert set(report["tutorial"]) == set(report["gatecast"]) == keys
    # those of the model, on the same data
    train, _ = package.train_test_split(package.datasets.sine()[["ds", "y"]])
    expected = LSTMForecaster.tutorial().fit(train).history_["loss"]
    assert len(expected) == 5
    assert report["tutorial"]["losses"] == pytest.approx(expected)
    assert set(report["diagnosis"]) == {"tutorial", "gatecast"}
    assert "underfit" in report["diagnosis"]["tutorial"]
    # the noise of the last 300 of these 1,500 points, straight from the generator
    noise = np.random.RandomState(0).normal(0, 0.5, 1500)[-300:]
    assert report["noise_floor"] == pytest.approx(np.sqrt(np.mean(noise**2)))
    assert report["tutorial"]["test_rmse"] > report["noise_floor"]
    # the tutorial holds nothing back, so it has no intervals
    assert report["tutorial"]["coverage"] == {}
    assert set(report["gatecast"]["coverage"]) == {"80.0", "95.0"}
    assert report["pictures"] == [f"some/folder/{n}.png" for n in ("sine-tutorial", "sine-gatecast", "sunspots")]
    assert report["report"] == "some/folder/report.html"
    assert "Sunspots per year" in (tmp_path / report["report"]).read_text(encoding="utf-8")
    for path in report["pictures"]:
        assert (tmp_path / path).read_bytes().startswith(b"\x89PNG")


def test_demo_prints_losses_errors_and_pictures(gatecast, short_demo, monkeypatch):
    # without matplotlib the demo goes on, and without models of other libraries too
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.ar_model", None)
    outcome = gatecast("demo")
    assert outcome.code == 0
    for text in (
        "epoch 5",
        "noise floor",
        "tutorial",
        "No pictures",
        "gatecast's intervals. Measured on the test part: the 80 % interval held",
        "gatecast[plots]",
        "No SARIMA this time",
        "gatecast[compare]",
    ):
        assert text in " ".join(outcome.out.split())
    assert max(map(len, outcome.out.splitlines())) <= 80


@pytest.mark.slow
def test_demo_reaches_its_figures(gatecast):
    report = gatecast("demo", "--json").json
    assert report["noise_floor"] == pytest.approx(0.4948, abs=5e-5)
    assert report["gatecast"]["test_rmse"] <= 0.500
    # statsforecast's search on all 8,000 points ends at 0.567
    assert report["sarima"]["test_rmse"] == pytest.approx(0.567, abs=0.01)
    assert report["sarima_by_hand"]["test_rmse"] <= 0.4990
    assert report["tutorial"]["test_rmse"] == pytest.approx(0.643, abs=0.01)
