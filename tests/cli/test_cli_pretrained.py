"""Do commands say of pretrained networks that nothing was trained, cope with that, and load nothing heavy?"""

import numpy as np
import pytest

from gatecast import ConfigError, PretrainedLSTM, diagnose, forecast, report
from gatecast.charts import learning_curves, plot_forecast

from .commands import spawn

ONLY = ("--pretrained", "only", "--horizon", "6")


@pytest.fixture
def months(tmp_path):
    """Ten years of months with a trend and a season."""
    path = tmp_path / "months.csv"
    t = np.arange(120)
    y = (50 + t) * (1 + 0.3 * np.sin(2 * np.pi * t / 12)) + np.random.default_rng(0).normal(0, 2, 120)
    days = np.datetime64("2014-01") + t
    path.write_text("ds,y\n" + "\n".join(f"{day}-01,{value:.4f}" for day, value in zip(days, y, strict=True)) + "\n")
    return path


@pytest.fixture
def pretrained_model(gatecast, months, tmp_path):
    path = tmp_path / "pretrained.safetensors"
    assert gatecast("forecast", months, *ONLY, "--quiet", "--save", path).code == 0
    return path


def test_a_forecast_without_training_says_so(gatecast, months):
    outcome = gatecast("forecast", months, *ONLY, "--level", "80")
    said = " ".join(outcome.out.split())
    assert outcome.code == 0
    for part in (
        "learned from made series of season 12",
        "Nothing was trained: pretrained networks read the data.",
        "Fit with `--pretrained none`",
        "the networks learned how wide intervals must be",
        "networks that have read the test part too",
    ):
        assert part in said
    assert "0 of 0 steps" not in said
    assert "second fit" not in said


def test_a_forecast_without_training_for_programs(gatecast, months):
    import pandas as pd

    outcome = gatecast("forecast", months, *ONLY, "--level", "80", "--json")
    told = outcome.json
    assert told["model"]["trained"] is False
    assert told["model"]["stop"]["reason"] == "pretrained"
    assert told["model"]["train_loss"] is None
    assert "made series of season 12" in told["model"]["decisions"][0]
    expected = forecast(pd.read_csv(months, parse_dates=["ds"]), 6, level=80)
    assert [row["LSTM"] for row in told["forecast"]] == expected["LSTM"].tolist()
    assert [row["LSTM-lo-80"] for row in told["forecast"]] == expected["LSTM-lo-80"].tolist()


def test_settings_of_a_training_are_refused(gatecast, months):
    outcome = gatecast("forecast", months, *ONLY, "--hidden-size", "8")
    assert outcome.code == 2
    assert "`--hidden-size 8` was passed, and pretrained networks" in " ".join(outcome.err.split())


def test_a_saved_one_predicts_and_shows_its_gates(gatecast, months, pretrained_model):
    ahead = gatecast("predict", pretrained_model, "--level", "80", "--json").json["forecast"]
    again = gatecast("predict", pretrained_model, months, "--level", "80", "--json").json["forecast"]
    assert [row["LSTM"] for row in ahead] == [row["LSTM"] for row in again]
    gates = gatecast("gates", pretrained_model, months)
    assert gates.code == 0
    assert "How long units remember" in gates.out


def test_a_diagnosis_proposes_no_settings_of_a_training(gatecast, months, pretrained_model):
    found = gatecast("diagnose", pretrained_model, months, "--json").json
    assert "data-too-short" not in found["codes"]
    assert all(not finding["settings"] for finding in found["findings"])
    outcome = gatecast("diagnose", pretrained_model, months, "--fix")
    assert outcome.code == 2
    assert "`--fix` was passed with pretrained networks" in " ".join(outcome.err.split())
    assert "fit with `--pretrained none`" in " ".join(outcome.err.split())


def test_charts_and_a_report_without_curves(months):
    import pandas as pd

    data = pd.read_csv(months, parse_dates=["ds"])
    model = PretrainedLSTM(6).fit(data)
    assert [axes.get_title(loc="left") for axes in plot_forecast(model, data).axes] == [
        "Data, predictions and forecast"
    ]
    with pytest.raises(ConfigError, match="not trained here, which have no learning curve"):
        learning_curves(model)
    with pytest.raises(ConfigError, match="`fix=True` was passed with pretrained networks"):
        diagnose(model, fix=True)
    page = report(model)
    assert page.facts["training"]["curves"] == []
    assert "Nothing was trained" in page.html
    assert "memory" in page.facts
    assert "failed" not in page.facts["memory"]


def test_nothing_heavy_is_loaded_where_nothing_is_trained(months):
    code = f"""
import sys
from gatecast.cli.app import run
assert run(["forecast", {str(months)!r}, "--horizon", "6", "--level", "80"]) == 0
print({{"heavy": sorted({{"scipy", "matplotlib", "statsmodels", "sklearn", "plotly"}} & set(sys.modules))}})
"""
    script = months.with_name("script.py")
    script.write_text(code)
    process = spawn(script=script)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "{'heavy': []}"
