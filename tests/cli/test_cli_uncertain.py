"""Does `gatecast forecast` say how sure it is, what it decided, and how the time was used?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster, Training, train_test_split
from gatecast.cli.tables import ON_TEST, coverage_words
from made_series import forecaster

from .commands import QUICK, weekly, write_csv


def said(outcome):
    assert outcome.code == 0, outcome
    return " ".join(outcome.out.split())


@pytest.fixture
def long_csv(tmp_path):
    return write_csv(tmp_path / "long.csv", n=200, cell=weekly)


def test_intervals_and_quantiles_are_columns_in_the_order_of_their_ends(gatecast, long_csv, tmp_path):
    options = ("--level", 80, "--level", 95, "--quantiles", 0.9)
    assert gatecast("forecast", long_csv, *QUICK, *options, "--out", "f.parquet", "--quiet").code == 0
    table = pd.read_parquet(tmp_path / "f.parquet")
    names = ["LSTM", "LSTM-lo-95", "LSTM-lo-80", "LSTM-hi-80", "LSTM-hi-95", "LSTM-ql0.9"]
    assert table.columns.tolist() == ["unique_id", "ds", *names]
    ordered = table[["LSTM-lo-95", "LSTM-lo-80", "LSTM", "LSTM-hi-80", "LSTM-hi-95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0).all()


def test_intervals_are_those_of_the_library(gatecast, long_csv):
    report = gatecast("forecast", long_csv, *QUICK, "--level", 90, "--json").json
    table = pd.read_csv(long_csv, parse_dates=["ds"])
    settings = {"epochs": 1, "lookback": 6, "progress": False}
    expected = forecaster(4, **settings).fit(table).predict(level=90)
    assert [row["LSTM-hi-90"] for row in report["forecast"]] == pytest.approx(expected["LSTM-hi-90"].tolist())
    train, test = train_test_split(table)
    measured = forecaster(4, **settings).fit(train).evaluate(test, level=90).coverage
    assert report["intervals"] == {"coverage": {"90.0": pytest.approx(measured[90.0])}, "measured_on": "the test part"}


def test_coverage_stands_beside_what_it_should_be(gatecast, long_csv):
    outcome = gatecast("forecast", long_csv, *QUICK, "--level", 80, "--level", 95)
    assert "Measured on the test part: the 80 % interval held" in said(outcome)
    assert " to " in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_coverage_without_a_test_part_says_where_it_was_measured(gatecast, long_csv):
    options = ("--level", 80, "--test-size", 0)
    outcome = gatecast("forecast", long_csv, *QUICK, *options)
    assert "Nothing was held back, as was asked for" in said(outcome)
    assert "Measured on the validation set, from which their widths come: the 80 % interval held" in said(outcome)
    report = gatecast("forecast", long_csv, *QUICK, *options, "--json").json
    # widths are ranks of these very errors, so they hold at least as often as they say
    assert report["intervals"]["coverage"]["80.0"] >= 0.8
    assert report["test"] is None


def test_learned_quantiles_without_a_test_part_are_not_measured(gatecast, long_csv):
    options = ("--loss", "quantile", "--quantiles", 0.1, "--level", 80, "--test-size", 0)
    outcome = gatecast("forecast", long_csv, *QUICK, *options)
    assert "How often the intervals hold was not measured." in said(outcome)


def test_quantile_loss_learns_what_is_asked_for(gatecast, long_csv):
    options = ("--loss", "quantile", "--quantiles", 0.1, "--quantiles", 0.7, "--save", "m.safetensors")
    assert gatecast("forecast", long_csv, *QUICK, *options, "--quiet").code == 0
    # both sides and the median, so that the list is what the loss takes
    assert list(LSTMForecaster.load("m.safetensors").quantiles) == [0.1, 0.3, 0.5, 0.7, 0.9]


def test_too_few_errors_for_a_level_are_a_note(gatecast, csv):
    report = gatecast("forecast", csv, *QUICK, "--level", 99.9, "--json").json
    assert any("at least 999 are needed" in note for note in report["notes"])
    assert "Note: The 99.9 % interval is as wide" in said(gatecast("forecast", csv, *QUICK, "--level", 99.9))


def test_says_what_it_decided_and_why(gatecast, long_csv):
    text = said(gatecast("forecast", long_csv, *QUICK))
    for part in (
        "7 kept: The series shows a season of 7 steps.",
        "365 dropped: No series has 3 full seasons",
        "best on the validation set",
        "LSTM, one layer of 32 units",
        "a forecast counts once 6 points were read",
        " steps. ",
        "told when to stop, and how wide intervals must be",
        "The forecast comes from a second fit, which learned from the test part too.",
    ):
        assert part in text


def test_decisions_are_fields(gatecast, long_csv):
    model = gatecast("forecast", long_csv, *QUICK, "--ensemble", 2, "--json").json["model"]
    assert [(season["season_length"], season["kept"]) for season in model["seasons"]] == [(7, True), (365, False)]
    assert (model["ensemble"], model["hidden_size"], model["n_layers"], model["lookback"]) == (2, 32, 1, 6)
    assert 0 < model["steps"] <= model["steps_planned"]
    assert model["stop"]["reason"] in ("finished", "no_improvement")
    # the rule of `hold_out_lengths`: a fifth of the series at most
    assert model["validation"]["n_points"] == 40
    # the values, the learning rate, and that so quick a fit is no better than a season that repeats itself
    assert len(model["decisions"]) == 3


def test_network_and_learning_are_those_that_were_asked_for(gatecast, long_csv):
    options = (
        "--cell",
        "gru",
        "--n-layers",
        2,
        "--hidden-size",
        9,
        "--dropout",
        0.1,
        "--decoder-sizes",
        5,
        "--layer-norm",
    )
    more = (
        "--transform",
        "log1p",
        "--season-length",
        7,
        "--season-length",
        14,
        "--validation-size",
        0.1,
        "--learning-rate",
        0.004,
    )
    outcome = gatecast("forecast", long_csv, *QUICK, *options, *more, "--save", "m.safetensors", "--json")
    assert outcome.code == 0, outcome
    model = LSTMForecaster.load("m.safetensors")
    kinds = [layer.kind for layer in model.fitted_.ensemble.spec.stack]
    assert kinds == ["gru", "norm", "dropout"] * 2
    assert [layer.units for layer in model.fitted_.ensemble.spec.decoder] == [5]
    facts = outcome.json["model"]
    assert (facts["cell"], facts["hidden_size"], facts["n_layers"], facts["transform"]) == ("gru", 9, 2, "log1p")
    assert [season["season_length"] for season in facts["seasons"]] == [7, 14]
    assert facts["validation"]["n_points"] == 20
    assert model.training.learning_rate == 0.004


def test_windows_with_attention_in_both_directions(gatecast, csv):
    options = ("--mode", "windows", "--bidirectional", "--attention", "--skip", "none")
    assert "bidirectional LSTM, one layer" in said(gatecast("forecast", csv, *QUICK, *options))


def test_time_limit_says_what_to_do(gatecast, long_csv):
    # it would take hours, and nothing else ends it
    options = ("--horizon", 4, "--epochs", 1_000_000, "--patience", 0, "--max-seconds", 1.5, "--json")
    report = gatecast("forecast", long_csv, *options).json
    assert report["model"]["stop"]["reason"] == "time"
    assert any("`--max-seconds`" in note and "`--hidden-size`" in note for note in report["notes"])


def test_no_refit_forecasts_from_the_end_of_all_data(gatecast, csv):
    options = ("--no-refit", "--save", "m.safetensors", "--plot", "p.png")
    report = gatecast("forecast", csv, *QUICK, *options, "--json").json
    assert report["refitted"] is False
    assert report["forecast"][0]["ds"] == "2024-03-21T00:00:00"
    table = pd.read_csv(csv, parse_dates=["ds"])
    train, _ = train_test_split(table)
    expected = LSTMForecaster(4, lookback=6, progress=False, training=Training(epochs=1)).fit(train).predict(data=table)
    assert [row["LSTM"] for row in report["forecast"]] == pytest.approx(expected["LSTM"].tolist())
    outcome = gatecast("forecast", csv, *QUICK, *options)
    assert "it learned from the points before the test part and has read all of them" in said(outcome)
    # the saved model stands at the end of its training part, so the data have to be read again
    assert f"gatecast predict m.safetensors {csv}" in outcome.out


def test_constant_series_is_a_note(gatecast, tmp_path):
    path = write_csv(tmp_path / "c.csv", cell=lambda t: "7.25")
    assert "Note: The series never changes: its forecast is that value." in said(gatecast("forecast", path, *QUICK))


def test_predict_has_intervals(gatecast, long_csv, tmp_path):
    gatecast("forecast", long_csv, *QUICK, "--save", "m.safetensors", "--quiet")
    outcome = gatecast("predict", "m.safetensors", "--level", 80, "--horizon", 6, "--out", "f.csv")
    assert outcome.code == 0
    expected = LSTMForecaster.load("m.safetensors").predict(6, level=80)
    table = pd.read_csv(tmp_path / "f.csv")
    assert table["LSTM-lo-80"].tolist() == pytest.approx(expected["LSTM-lo-80"].tolist())
    assert "80 %" in outcome.out
    assert "intervals there grow as errors grew over 4 steps" in said(outcome)


def test_words_about_coverage():
    assert str(coverage_words({80.0: 0.779}, ON_TEST)) == (
        "Measured on the test part: the 80 % interval held 77.9 % of what came."
    )
