"""Does `gatecast gates` say what the library says, of the series that was asked for?"""

import csv as csv_files

import numpy as np
import pytest

from gatecast import LSTMForecaster

from .commands import QUICK, write_shops


def test_gates_for_people(gatecast, saved_model, csv):
    outcome = gatecast("gates", saved_model, csv)
    assert outcome.code == 0
    for said in (
        "what gatecast understood",
        "LSTM units",
        "How long units remember",
        "shortest",
        "median",
        " remembers ",
        "Periods that units carry",
        "of what moves the forecasts",
    ):
        assert said in " ".join(outcome.out.split())
    assert "days" in outcome.out or "hours" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_gates_for_programs(gatecast, saved_model, csv):
    import pandas as pd

    report = gatecast("gates", saved_model, csv, "--json").json
    model = LSTMForecaster.load(saved_model)
    data = pd.read_csv(csv, parse_dates=["ds"])
    gates = model.gates(data)
    lives = gates.half_lives()
    assert report["n_steps"] == 80
    assert report["half_life"]["median"] == {"steps": lives.quantile(0.5), "time": lives.text(0.5)}
    assert [unit["half_life_steps"] for unit in report["units"]] == lives.steps.tolist()
    lags = model.lag_importance(data)
    assert report["lags"]["effective_lookback_steps"] == lags.effective_lookback
    assert report["forget_events"]["n"] == len(gates.forget_events())
    assert report["files"] == {"out": None}


def test_gates_are_written(gatecast, saved_model, csv, tmp_path):
    outcome = gatecast("gates", saved_model, csv, "--out", "gates.csv")
    assert outcome.code == 0
    assert "Gates written to gates.csv" in outcome.out
    with (tmp_path / "gates.csv").open() as file:
        rows = list(csv_files.DictReader(file))
    layers = LSTMForecaster.load(saved_model).gates(_table(csv)).layers
    assert len(rows) == 80 * sum(layer.n_units for layer in layers)
    np.testing.assert_allclose(float(rows[3]["cell"]), layers[0]["cell"][0, 3], rtol=1e-5)


def _table(path):
    import pandas as pd

    return pd.read_csv(path, parse_dates=["ds"])


def test_gates_of_one_of_several_series(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv")
    options = (*QUICK, "--id-col", "shop", "--save", "shops.safetensors", "--quiet")
    assert gatecast("forecast", shops, *options).code == 0
    assert gatecast("gates", "shops.safetensors", shops, "--unique-id", "b", "--json").json["unique_id"] == "b"
    for arguments, said in (
        ((), "`--unique-id` must be one of 3 series ('a', 'b', 'c'), got None. Pass one of them."),
        (("--unique-id", "bb"), "Did you mean `--unique-id b`?"),
        (("--unique-id", "b", "--member", "1"), "Use `--member 0`"),
        (("--unique-id", "b", "--threshold", "2"), "Use `--threshold 0.1`"),
    ):
        outcome = gatecast("gates", "shops.safetensors", shops, *arguments)
        assert outcome.code == 2
        assert said in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("m.safetensors",), "is a model, which keeps no data, and a series to read was expected as well"),
        (("none.safetensors", "data.csv"), "none.safetensors"),
        (("data.csv",), "`data.csv` is a table, and a model was expected first"),
        (("m.safetensors", "none.csv"), "none.csv"),
        (("m.safetensors", "data.csv", "--out", "data.csv"), "is the data file itself"),
        (("m.safetensors", "data.csv", "--out", "gates.txt"), ".csv"),
    ],
)
def test_gates_bad_input(gatecast, saved_model, csv, tmp_path, arguments, said):
    (tmp_path / "m.safetensors").write_bytes(saved_model.read_bytes())
    outcome = gatecast("gates", *arguments)
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())
    assert not outcome.out
