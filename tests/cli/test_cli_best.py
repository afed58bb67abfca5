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


def test_best_shows_one_row_and_says_why_where_the_lstm_trained_nothing(gatecast, csv, monkeypatch):
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", ("LSTM", "LSTM (pretrained)", "SeasonalNaive"))
    outcome = gatecast("forecast", csv, "--horizon", 4, "--model", "best", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert [row["model"] for row in outcome.json["comparison"]["models"]] == ["LSTM (pretrained)", "SeasonalNaive"]
    assert {row["model"] for row in outcome.json["forecast"]} <= {"LSTM (pretrained)", "SeasonalNaive"}
    assert sum(note.startswith("LSTM forecasts what LSTM (pretrained) does") for note in outcome.json["notes"]) == 1
    # how many windows there are is no option of this command
    assert "Use `" not in " ".join(outcome.json["verdict"])


@pytest.mark.usefixtures("few_models")
def test_json_has_comparison_and_forecast(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv", header="unique_id,ds,y,price,region")
    outcome = gatecast("forecast", shops, "--horizon", 5, "--model", "best", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report = outcome.json
    assert {"data", "comparison", "verdict", "forecast", "files", "notes", "remarks"} == set(report)
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
    assert "There is no model 'Prophet', and one of best, LSTM, " in " ".join(outcome.err.split())


@pytest.mark.parametrize(("name", "nearest"), [("beest", "best"), ("AutoEST", "AutoETS"), ("linear_ar", "LinearAR")])
def test_a_misspelled_model_is_answered_with_the_nearest_before_the_file_is_read(gatecast, name, nearest):
    outcome = gatecast("forecast", "nowhere.csv", "--horizon", 4, "--model", name)
    assert outcome.code == 2
    assert outcome.err.rstrip().endswith(f"was expected. Use `{nearest}`.")
    assert "one of best, LSTM, " in outcome.err


@pytest.mark.usefixtures("few_models")
@pytest.mark.parametrize("name", ["Best", "BEST", " best"])
def test_best_is_best_in_any_capitals(gatecast, csv, name):
    first, again = (gatecast("forecast", csv, "--horizon", 4, "--model", one) for one in ("best", name))
    assert (again.code, again.err) == (0, "")
    assert rows(again.out) == rows(first.out)


def rows(text):
    return [line for line in text.splitlines() if line.startswith(" 2024-")]


@pytest.mark.parametrize("name", ["autoets", "AUTOETS", "Auto ETS"])
def test_models_are_known_in_any_capitals(gatecast, csv, name):
    outcome = gatecast("forecast", csv, "--horizon", 4, "--model", name, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert {"AutoETS", "ds", "unique_id"} == set(outcome.json["forecast"][0])


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize("name", ["lstm", "Lstm "])
def test_the_lstm_is_the_usual_one_in_any_capitals(gatecast, csv, name):
    first, again = (gatecast("forecast", csv, "--horizon", 4, *more) for more in ((), ("--model", name)))
    assert (again.code, again.out) == (0, first.out)


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("AutoETS", ("--future", "price"), "`--future price` was passed with `--model AutoETS`, which learns from the"),
        ("autoets", ("--calendar",), "`--calendar` was passed with `--model AutoETS`, which learns from the target"),
        ("Mean(Naive, Drift)", ("--past", "price"), "`--past price` was passed with `--model 'Mean(Naive, Drift)'`"),
        ("LSTM (pretrained)", ("--static", "region"), "which learns from the target alone. Leave it out, or take"),
        ("AutoETS", ("--save", "m.safetensors"), "which is no LSTM, and `gatecast predict` reads an LSTM alone."),
        ("best", ("--save", "m.safetensors"), "which may choose others than the LSTM, and `gatecast predict` reads"),
        (
            "best",
            ("--save", "m.safetensors"),
            "keep it by its name, as with `--model 'LSTM (pretrained)' --save m.safe",
        ),
        ("best", ("--plot", "p.csv"), "`--plot p.csv` must end in .png"),
    ],
)
def test_what_is_going_to_fail_is_refused_before_the_file_is_read(gatecast, model, options, said):
    outcome = gatecast("forecast", "nowhere.csv", "--horizon", 4, "--model", model, *options)
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())


@pytest.mark.usefixtures("few_models")
def test_the_forecast_of_the_best_is_drawn(gatecast, weekly_csv, monkeypatch, tmp_path):
    figures = []
    monkeypatch.setattr("gatecast.cli.output.write_picture", lambda figure, path: figures.append(figure) or "")
    arguments = ("--horizon", 7, "--model", "best", "--plot", tmp_path / "p.png", "--json")
    outcome = gatecast("forecast", weekly_csv, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json["files"]["plot"] == str(tmp_path / "p.png")
    (figure,) = figures
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert [*axes.get_legend_handles_labels()[1]] == ["data", "95 % interval", "80 % interval", "forecast"]
    assert lines["forecast"].get_ydata().tolist() == [row["Best"] for row in outcome.json["forecast"]]
    assert lines["data"].get_ydata().tolist() == pd.read_csv(weekly_csv)["y"].tolist()
    assert axes.get_xlabel() == "ds (daily)"


def test_a_picture_of_one_model_is_written_and_says_which_series_it_shows(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv")
    outcome = gatecast("forecast", shops, "--horizon", 5, "--model", "linearar", "--plot", "p.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "p.png shows the first of 3 series, 'a'." in outcome.out


def test_pretrained_networks_are_kept_for_predict(gatecast, csv):
    arguments = ("--horizon", 4, "--model", "LSTM (pretrained)", "--save", "m.safetensors", "--quiet")
    outcome = gatecast("forecast", csv, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    again = gatecast("predict", "m.safetensors")
    assert rows(again.out) == rows(outcome.out) != []


@pytest.mark.usefixtures("few_epochs")
def test_what_is_known_ahead_is_left_out_where_the_best_does_not_use_it(gatecast, monkeypatch, tmp_path):
    # the LSTM takes part and knows the price, and what is best learns from the target alone
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", ("LSTM", "Naive"))
    monkeypatch.setattr("gatecast.comparison.board._overall", lambda *args: ("Naive",))
    monkeypatch.setattr(
        "gatecast.comparison.board._winner",
        lambda *args: (
            dict.fromkeys(("winner", "chosen"), "Naive")
            | {"models": ("Naive",), "difference": 0.0, "standard_error": 0.0}
        ),
    )
    shops = write_shops(tmp_path / "shops.csv", n_ahead=5, header="unique_id,ds,y,price,region")
    outcome = gatecast("forecast", shops, "--horizon", 5, "--future", "price", "--model", "best", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert len(outcome.json["forecast"]) == 3 * 5
    assert outcome.json["notes"] == ["price was not used: what forecasts learned from the target alone."]


def test_series_that_the_best_could_not_learn_are_named(gatecast, monkeypatch, tmp_path):
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", ("AutoETS", "Naive"))
    days, lengths = np.datetime64("2024-01-01") + np.arange(40), {"a": 40, "b": 6}
    lines = [f"{shop},{days[t]},{weekly(t)}" for shop, n in lengths.items() for t in range(n)]
    (tmp_path / "two.csv").write_text("\n".join(["unique_id,ds,y", *lines]) + "\n")
    outcome = gatecast("forecast", "two.csv", "--horizon", 2, "--model", "best", "--json")
    assert outcome.code == 0
    assert (
        "AutoETS leaves series 'b' to a naive forecast: Its 6 values are too few for AutoETS." in outcome.json["notes"]
    )


def test_a_faster_model_is_had_by_its_name(gatecast, csv, monkeypatch):
    monkeypatch.setattr("gatecast.comparison.comparison.USUAL", ("Naive", "Drift", "SeasonalNaive"))
    monkeypatch.setattr("gatecast.comparison.verdict._faster", lambda *args: "SeasonalNaive")
    outcome = gatecast("forecast", csv, "--horizon", 4, "--model", "best")
    assert outcome.code == 0
    assert "(`--model SeasonalNaive`)" in " ".join(outcome.out.split())
    assert "--prefer" not in outcome.out


@pytest.mark.usefixtures("few_epochs")
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
