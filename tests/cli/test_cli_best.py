"""Does `gatecast forecast --model best` forecast with what its comparison found best, and one of its models alone?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import AutoETS, Best, compare

from .commands import weekly, write_csv, write_shops

MODELS = ("Naive", "SeasonalNaive", "LinearAR")


@pytest.fixture
def few_models(monkeypatch):
    """Leave out what takes seconds to learn."""
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", MODELS)


@pytest.mark.usefixtures("few_models")
def test_best_is_that_of_the_library(gatecast, weekly_csv, tmp_path):
    arguments = ("--horizon", 7, "--model", "best", "--level", 80, "--out", tmp_path / "out.csv")
    outcome = gatecast("forecast", weekly_csv, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    data = pd.read_csv(weekly_csv, parse_dates=[0])
    found = compare(data, 7, list(MODELS), level=80, progress=False)
    expected = Best(found.backtest, list(found_models(found))).fit(data).predict(level=80)
    written = pd.read_csv(tmp_path / "out.csv")
    assert list(written) == list(expected)
    np.testing.assert_allclose(written["Best"], expected["Best"], rtol=1e-12)
    best = found.board.verdict.best
    assert f"The forecast comes from {best}, fitted to all points." in " ".join(outcome.out.split())
    assert f"{best} has the smallest MASE" in " ".join(outcome.out.split())


def found_models(found):
    from gatecast.comparison.comparison import model_named

    return [model_named(name, 7) for name in found.backtest.models]


@pytest.mark.usefixtures("few_models")
def test_json_has_comparison_and_forecast(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv", header="unique_id,ds,y,price,region")
    outcome = gatecast("forecast", shops, "--horizon", 5, "--model", "best", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = outcome.json
    assert {"data", "comparison", "verdict", "forecast", "files", "notes"} == set(report)
    assert len(report["forecast"]) == 3 * 5
    names = {row["model"] for row in report["forecast"]}
    assert all(name in MODELS or name.startswith("Mean(") for name in names)
    assert report["verdict"][0].endswith(".")


def test_one_model_is_shown_beside_the_seasonal_naive(gatecast, csv):
    outcome = gatecast("forecast", csv, "--horizon", 4, "--model", "AutoETS", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    expected = AutoETS(4).fit(pd.read_csv(csv, parse_dates=[0])).predict()["AutoETS"]
    assert f"{expected.iloc[0]:.4g}" in outcome.out
    loud = gatecast("forecast", csv, "--horizon", 4, "--model", "AutoETS").out
    assert "SeasonalNaive" in loud
    assert "take " not in loud


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (("--save", "m.safetensors"), "--save"),
        (("--plot", "p.png"), "--plot"),
        (("--hidden-size", "8"), "--hidden-size"),
        (("--test-size", "0"), "--test-size"),
        (("--quantiles", "0.9"), "--quantiles"),
        (("--no-refit",), "--no-refit"),
    ],
)
def test_what_only_the_lstm_has_is_refused_before_the_file_is_read(gatecast, option, named):
    outcome = gatecast("forecast", "nowhere.csv", "--horizon", 4, "--model", "best", *option)
    assert outcome.code == 2
    assert f"`{named}` was passed with `--model best`, and only the LSTM has it." in " ".join(outcome.err.split())


def test_a_model_that_is_none_is_named_with_those_there_are(gatecast, csv):
    outcome = gatecast("forecast", csv, "--horizon", 4, "--model", "Prophet")
    assert outcome.code == 2
    assert "There is no model 'Prophet', and one of LSTM, " in " ".join(outcome.err.split())


def test_best_knows_what_is_ahead(gatecast, monkeypatch, tmp_path):
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", ("LSTM", "Naive"))
    shops = write_shops(tmp_path / "shops.csv", n_ahead=5, header="unique_id,ds,y,price,region")
    outcome = gatecast("forecast", shops, "--horizon", 5, "--future", "price", "--model", "best", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert len(outcome.json["forecast"]) == 3 * 5
    assert all(np.isfinite(row["Best"]) for row in outcome.json["forecast"])


def test_short_files_have_a_sentence(gatecast, tmp_path):
    short = write_csv(tmp_path / "short.csv", n=3, cell=weekly)
    outcome = gatecast("forecast", short, "--horizon", 7, "--model", "best")
    assert outcome.code == 2
    assert outcome.err.startswith("Error: ")
