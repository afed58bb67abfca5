"""Does `gatecast report` write one file that says how to make it again, and leave all others alone?"""

import json
import re
import shlex
from html import unescape

import pandas as pd
import pytest

from gatecast import Drift, LSTMForecaster

from .commands import write_csv, write_shops

FAST = ("--models", "Naive", "--models", "SeasonalNaive", "--n-windows", 2)

pytestmark = pytest.mark.usefixtures("few_epochs")


@pytest.fixture
def made(gatecast, weekly_csv):
    outcome = gatecast("report", weekly_csv, "--horizon", 3, *FAST, "--out", "made.html", "--json")
    assert outcome.code == 0, outcome.err
    return outcome.json


def test_report_is_written_and_printed_as_json(made, tmp_path):
    page = (tmp_path / "made.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "weekly.csv" in page
    assert made["files"] == {"report": "made.html"}
    assert made["data"]["n_observed"] == 80
    assert len(made["forecast"]["series"][0]["forecast"]) == 3
    assert {"fit", "compare", "test", "diagnose", "explain"} <= set(made["recipe"]["seconds"])


def test_its_python_and_its_command_make_it_again(made, gatecast, tmp_path):
    page = (tmp_path / "made.html").read_text(encoding="utf-8")
    shown = [unescape(code) for code in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, flags=re.DOTALL)]
    assert shown == [made["recipe"]["command"], made["recipe"]["code"]]
    (tmp_path / "made.html").unlink()
    program, *arguments = shlex.split(shown[0])
    assert program == "gatecast"
    assert gatecast(*arguments).code == 0
    by_command = charts(tmp_path / "made.html")
    (tmp_path / "made.html").unlink()
    exec(shown[1], {})
    # the same numbers in all charts: the same data, settings and seeds
    assert charts(tmp_path / "made.html") == by_command
    assert by_command["forecast-0"]["data"][-1]["y"] == made["forecast"]["series"][0]["forecast"]


@pytest.mark.parametrize("name", ["drift", "Best"])
def test_the_model_that_is_asked_for_makes_the_forecast(gatecast, weekly_csv, tmp_path, name):
    models = ("--models", "LSTM", *FAST)
    outcome = gatecast("report", weekly_csv, "--horizon", 3, *models, "--model", name, "--out", "made.html", "--json")
    assert outcome.code == 0, outcome.err
    made, shown = outcome.json, outcome.json["forecast"]
    compared = [row["model"] for row in made["comparison"]["models"]]
    if name == "Best":
        assert shown["model"] == made["comparison"]["recommended"]
        assert "--model " not in made["recipe"]["command"]
        return
    assert (shown["model"], shown["about"]) == ("Drift", "forecast.about_asked")
    assert "Drift" in compared
    data = pd.read_csv(weekly_csv, parse_dates=[0])
    assert shown["series"][0]["forecast"] == pytest.approx(Drift(3).fit(data).predict()["Drift"].tolist(), rel=1e-3)
    before = charts(tmp_path / "made.html")
    exec(made["recipe"]["code"], {})
    assert charts(tmp_path / "made.html") == before
    assert "--model Drift" in made["recipe"]["command"]


def charts(path):
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="charts">(.*?)</script>', page, flags=re.DOTALL)[1])


def test_covariates_and_names_with_spaces_come_again(gatecast, tmp_path):
    shops = write_shops(tmp_path / "my shops.csv", n_ahead=3)
    outcome = gatecast(
        "report", shops, "--id-col", "shop", "--future", "price", "--horizon", 3, *FAST, "--lang", "zh", "--json"
    )
    assert outcome.code == 0, outcome.err
    found = outcome.json
    assert found["recipe"]["command"].count("--future price") == 1
    assert "my shops.csv'" in found["recipe"]["command"]
    assert [row["name"] for row in found["covariates"]["rows"]] == ["price"]
    assert len(found["forecast"]["series"]) == 3
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    (tmp_path / "report.html").unlink()
    exec(found["recipe"]["code"], {})
    again = charts(tmp_path / "report.html")
    assert again["forecast-1"]["data"][-1]["y"] == found["forecast"]["series"][1]["forecast"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "report.pdf"), "must end in .html or .htm"),
        (("--out", "no/report.html"), "mkdir"),
        (("--lang", "fr"), "`--lang` must be one of en, zh, got 'fr'"),
        (("--models", "ARIMAX"), "There is no model 'ARIMAX'"),
        (("--model", "beest"), "There is no model 'beest', and one of best, LSTM, "),
        (("--n-windows", 0), "`--n-windows` must be a positive integer, got 0"),
        (("--step-size", 0), "`--step-size` must be a positive integer"),
        (("--time-limit", 0), "`--time-limit` must be a positive number"),
        (("--n-jobs", 0), "`--n-jobs` must be a whole number other than 0"),
        (("--horizon", 0), "`--horizon` must be a positive integer"),
        (("--horizon", 80), "`--horizon 80` needs at least 81"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(gatecast, csv, monkeypatch, arguments, said):
    monkeypatch.setattr(LSTMForecaster, "fit", None)
    horizon = () if "--horizon" in arguments else ("--horizon", 3)
    outcome = gatecast("report", csv, *horizon, *arguments)
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_the_data_file_is_not_replaced(gatecast, tmp_path):
    path = write_csv(tmp_path / "data.html")
    before = path.read_bytes()
    outcome = gatecast("report", path, "--horizon", 3, "--out", path)
    assert outcome.code == 2
    assert "would be lost" in outcome.err
    assert path.read_bytes() == before


def test_a_short_series_has_a_report_too(gatecast, tmp_path):
    pd.DataFrame({"ds": range(16), "y": [3, 5, 4, 7] * 4}).to_csv(tmp_path / "short.csv", index=False)
    outcome = gatecast("report", "short.csv", "--horizon", 2, *FAST, "--json")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "report.html").exists()
