"""Does a saved model learn on, and do bounds and weights come from the command line?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster

from .commands import QUICK, write_csv


@pytest.fixture
def newer(csv):
    return write_csv(csv.with_name("newer.csv"), n=110)


def test_update_replaces_the_model_or_writes_another_one(gatecast, saved_model, newer, tmp_path):
    model = tmp_path / "m.safetensors"
    model.write_bytes(saved_model.read_bytes())
    report = gatecast("update", model, newer, "--save", "other.safetensors", "--json").json
    assert report["files"]["model"].endswith("other.safetensors")
    assert any(
        "Learned on from an earlier fit, with 110 points of 1 known series" in d for d in report["model"]["decisions"]
    )
    assert model.read_bytes() == saved_model.read_bytes()
    outcome = gatecast("update", model, newer)
    assert outcome.code == 0, outcome.err
    assert "Learned on from an earlier fit" in " ".join(outcome.out.split())
    assert "gatecast predict" in outcome.out
    expected, found = (
        LSTMForecaster.load(tmp_path / name).predict() for name in ("other.safetensors", "m.safetensors")
    )
    pd.testing.assert_frame_equal(found, expected)
    assert found["ds"].min() == pd.Timestamp("2024-01-01") + pd.Timedelta(days=110)


def test_forecast_starts_from_a_model(gatecast, saved_model, newer):
    report = gatecast("forecast", newer, *QUICK, "--start", saved_model, "--json").json
    assert report["test"] is None
    assert any("Learned on" in decision for decision in report["model"]["decisions"])
    outcome = gatecast("forecast", newer, *QUICK[:-1], "5", "--start", saved_model)
    assert outcome.code == 2
    assert "`--horizon 5` was passed, and the model to start from has `--horizon 4`" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("update", "data.csv", "data.csv"), "`data.csv` is a table, and a model was expected first"),
        (("update", "none.safetensors", "data.csv"), "There is no model file"),
        (("forecast", "data.csv", *QUICK, "--start", "data.csv"), "`data.csv` is a table, and a model was expected"),
        (("forecast", "data.csv", *QUICK, "--start", "m", "--model", "AutoETS"), "--start"),
        (("forecast", "data.csv", *QUICK, "--lower", "much"), "`--lower` must be a finite number, got 'much'"),
        (("forecast", "data.csv", *QUICK, "--upper", "55"), "values lie beyond `--upper 55`, the first is"),
        (("forecast", "data.csv", *QUICK, "--weight-col", "w"), "weight"),
    ],
)
def test_wrong_calls_are_answered(gatecast, csv, arguments, says):
    outcome = gatecast(*arguments)
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


def test_bounds_of_the_command_line(gatecast, tmp_path):
    path = write_csv(tmp_path / "sales.csv", cell=lambda t: f"{max(0.0, 8.4 * np.sin(t / 3)):.1f}")
    level = ("--level", "95", "--json")
    found = pd.DataFrame(gatecast("forecast", path, *QUICK, *level).json["forecast"])
    free = pd.DataFrame(gatecast("forecast", path, *QUICK, *level, "--lower", "none").json["forecast"])
    held = pd.DataFrame(gatecast("forecast", path, *QUICK, *level, "--lower", "0", "--upper", "8.5").json["forecast"])
    assert free["LSTM-lo-95"].min() < 0 <= found["LSTM-lo-95"].min()
    assert held["LSTM-lo-95"].min() >= 0
    assert held["LSTM-hi-95"].max() <= 8.5
    told = gatecast("forecast", path, *QUICK, "--lang", "zh")
    assert "--lower none" in told.out


def test_weights_of_the_command_line(gatecast, tmp_path):
    path = write_csv(tmp_path / "w.csv", header="ds,y,w", cell=lambda t: f"{50 + 10 * np.sin(t / 2):.3f},{1 + t % 2}")
    outcome = gatecast("forecast", path, *QUICK, "--weight-col", "w")
    assert outcome.code == 0, outcome.err
    assert "weights" in outcome.out
    assert "Targets count as column 'w' says" in " ".join(outcome.out.split())
    plain, weighted = (
        gatecast("forecast", path, *QUICK, *more, "--target-col", "y", "--json").json["test"]["errors"]["Naive"]["mae"]
        for more in ((), ("--weight-col", "w"))
    )
    assert plain != weighted
