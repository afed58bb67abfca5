"""Are outliers, leaks and gaps found, and is what fails said?"""

import re

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, LSTMForecaster, PretrainedLSTM, SeasonalNaive, Training, to_panel
from gatecast.comparison import compare
from gatecast.comparison.comparison import model_named
from gatecast.diagnosis import diagnose
from gatecast.reporting import report
from gatecast.reporting.data import about_data
from gatecast.reporting.suspects import find_leaks, find_outliers
from gatecast.reporting.work import scope_of


def panel_of(*series, **columns):
    n = len(series[0])
    parts = [pd.DataFrame({"unique_id": f"s{k}", "ds": np.arange(n), "y": y}) for k, y in enumerate(series)]
    table = pd.concat(parts)
    for name, column in columns.items():
        table[name] = column
    return table


def noisy(n=200, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def test_outliers_are_those_that_were_planted():
    y = 3 * np.arange(240.0) + 50 * np.sin(2 * np.pi * np.arange(240) / 12) + noisy(240)
    y[[70, 150]] += [40, -40]
    found = find_outliers(to_panel(panel_of(y)), [12])
    assert sorted(found.positions.tolist()) == [70, 150]
    # what stands there without the plants, within the noise of a mean of two
    assert found.usual == pytest.approx(found.values - np.where(found.positions == 70, 40, -40), abs=4)


@pytest.mark.parametrize("season", [12, 24])
def test_normal_noise_trend_and_season_have_no_outliers(season):
    series = [np.arange(300.0) ** 2 / 100 + noisy(300, k) + 20 * np.cos(np.arange(300) * np.pi / 6) for k in range(20)]
    assert find_outliers(to_panel(panel_of(*series)), [season]).n == 0


def test_a_mostly_constant_series_and_gaps_are_no_trouble():
    y = np.zeros(80)
    y[40] = 5.0
    y[50:55] = np.nan
    found = find_outliers(to_panel(panel_of(y)))
    assert found.positions.tolist() == [40]
    assert find_outliers(to_panel(panel_of(np.full(30, 7.0)))).n == 0


def test_leaks_are_found_at_their_distance():
    y = noisy()
    table = panel_of(y, same=5 - 2 * y, later=np.append(y[3:], [0, 0, 0]), other=noisy(seed=1))
    panel = to_panel(table, future=["same", "other"], past=["later"])
    assert [(leak.name, leak.steps, leak.is_equal) for leak in find_leaks(panel, 6)] == [
        ("same", 0, False),
        ("later", 3, True),
    ]


def test_a_trend_in_common_or_an_older_target_is_no_leak():
    y = 5 * np.arange(200.0) + noisy()
    table = panel_of(y, trend=5 * np.arange(200.0) + noisy(seed=2), older=np.append([0.0], y[:-1]), now=y)
    # the target itself is known up to now
    assert find_leaks(to_panel(table, future=["trend"], past=["older", "now"]), 6) == ()


@pytest.fixture(scope="module")
def leaky():
    y = noisy(120)
    table = panel_of(y, np.zeros(120))
    table["price"] = table["y"] * 2
    return LSTMForecaster(
        2, hidden_size=4, lookback=6, future=["price"], progress=False, training=Training(epochs=1)
    ).fit(table)


def test_checks_raise_alarms(leaky):
    found = about_data(leaky, leaky._panel, None)
    states = {check["code"]: check["state"] for check in found["checks"]}
    assert states == {"constant": "warning", "leaks": "warning", "leak_now": "warning"}
    assert found["checks"][0]["names"] == ["s1"]


def test_a_part_that_fails_says_why_and_the_others_stay(leaky):
    # nothing is known of the price ahead, so there is no forecast
    known = leaky._panel
    found = compare(known, 2, ["Naive", "SeasonalNaive"], n_windows=2, progress=False)
    made = report(leaky, comparison=found)
    assert "price" in made.facts["forecast"]["failed"]["sentence"]
    assert made.facts["memory"]["half_lives"]["n"] == 4
    assert "This part could not be made" in made.html
    rows = made.facts["covariates"]["rows"]
    assert [row["name"] for row in rows] == ["price"]


def test_scope_shrinks_with_series_and_length():
    assert scope_of(to_panel(panel_of(noisy())), 12).n_windows == 5
    assert scope_of(to_panel(panel_of(noisy(40))), 12).n_windows == 1
    assert scope_of(to_panel(panel_of(noisy(60))), 12).n_windows == 3
    many = scope_of(to_panel(panel_of(*[noisy(seed=k) for k in range(12)])), 12)
    assert (many.n_windows, many.left_out) == (2, ("AutoARIMA",))
    assert "AutoARIMA" not in many.models


def test_what_is_not_passed_is_computed(monkeypatch, tmp_path):
    import gatecast.reporting.work as work

    monkeypatch.setattr(work, "USUAL", ("LSTM", "Naive"))
    data = panel_of(noisy(150) + np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 30))
    model = LSTMForecaster(
        3, hidden_size=4, lookback=6, season_length=5, progress=False, training=Training(epochs=1)
    ).fit(data[:120])
    made = report(model, test=data[120:])
    assert [m["model"] for m in made.facts["comparison"]["models"] if m["model"] == "LSTM"]
    assert made.facts["diagnosis"]["judged_on"] == {
        "part": "test part",
        "n": 30,
        "sentence": "30 points of the test part, one step ahead",
        "is_scaled": False,
        "is_other_fit": False,
    }
    assert made.facts["forecast"]["about"] == "forecast.about_read"
    assert made.facts["forecast"]["series"][0]["ahead"] == [150, 151, 152]
    assert "has read the newer values" in made.html
    # its own code makes it again
    monkeypatch.chdir(tmp_path)
    exec(made.facts["recipe"]["code"], {"data": data[:120], "test": data[120:]})
    again = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert charts_of(again) == charts_of(made.html)


def test_the_model_that_is_recommended_makes_the_forecast():
    data = panel_of(np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 30) + noisy(150) / 100)
    training = Training(epochs=1, patience=0)
    model = LSTMForecaster(3, hidden_size=4, lookback=6, season_length=1, progress=False, training=training).fit(data)
    found = compare(data, 3, {"LSTM": model, "SeasonalNaive": SeasonalNaive(3, season_length=5)}, progress=False)
    assert found.board.verdict.recommended == "SeasonalNaive"
    made = report(model, comparison=found)
    facts = made.facts["forecast"]
    assert (facts["model"], facts["about"]) == ("SeasonalNaive", "forecast.about_other")
    expected = SeasonalNaive(3).fit(data).predict(level=[80, 95])
    assert facts["series"][0]["forecast"] == pytest.approx(expected["SeasonalNaive"].tolist(), rel=1e-3)
    lower = next(band["lower"] for band in facts["series"][0]["bands"] if float(band["level"]) == 80)
    assert lower == pytest.approx(expected["SeasonalNaive-lo-80"].tolist(), rel=1e-3)
    assert "by SeasonalNaive, which the comparison below recommends" in made.html
    # what the network remembers is still that of the LSTM
    assert made.facts["memory"]["half_lives"]["n"] == 4


def test_epochs_of_a_fit_are_the_same_all_over_the_page():
    data = panel_of(np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 30) + noisy(150))
    small = {"hidden_size": 4, "lookback": 6, "season_length": 5, "progress": False}
    model = LSTMForecaster(3, **small, training=Training(epochs=3, patience=0)).fit(data)
    found = compare(data, 3, {"LSTM": model, "SeasonalNaive": SeasonalNaive(3)}, n_windows=2, progress=False)
    made = report(model, comparison=found)
    kept = made.facts["training"]["kept_epoch"]
    text = " ".join(re.sub("<[^>]+>", " ", made.html).split())
    assert f"3 of 3, those of epoch {kept:.4g} were kept" in text
    assert f"The weights of epoch {kept:.4g} were kept (RMSE " in text
    # another fit was diagnosed, whose epochs are others, and that is said
    assert made.facts["diagnosis"]["judged_on"]["is_other_fit"]
    assert "a second fit of the same settings learned from the first four fifths" in text
    given = report(model, comparison=found, diagnosis=diagnose(model))
    assert "a second fit of the same settings" not in given.html


def test_a_page_about_pretrained_networks_has_no_epochs():
    data = panel_of(np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 20) + noisy(100))
    model = LSTMForecaster(3, pretrained="only", progress=False).fit(data)
    found = compare(data, 3, {"LSTM": model, "SeasonalNaive": SeasonalNaive(3)}, n_windows=2, progress=False)
    assert not {"epochs", "steps", "seed"} & set(report(model, comparison=found).facts["recipe"]["chosen"])


def test_errors_while_learning_transformed_values_say_so():
    data = panel_of(np.exp(np.tile([0.0, 2.0, 0.0, 1.0, 1.0], 30) + noisy(150) / 10))
    training = Training(epochs=2, validation_size=0)
    model = LSTMForecaster(3, hidden_size=4, lookback=6, transform="log1p", progress=False, training=training).fit(data)
    found = compare(data, 3, {"LSTM": model, "SeasonalNaive": SeasonalNaive(3)}, n_windows=2, progress=False)
    assert "RMSE (training part, of values under log1p) went from" in report(model, comparison=found).html


@pytest.mark.parametrize("name", ["LSTM (pretrained)", "Mean(LSTM, Drift)", "ours"])
def test_any_model_that_can_be_made_makes_the_forecast_where_it_is_recommended(name):
    data = panel_of(np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 20) + noisy(100) / 10)
    model = LSTMForecaster(3, hidden_size=4, lookback=6, progress=False, training=Training(epochs=1)).fit(data)
    found = compare(data, 3, {"LSTM": model, name: SeasonalNaive(3)}, n_windows=2, progress=False)
    object.__setattr__(found.board.verdict, "recommended", name)
    made = report(model, comparison=found)
    facts = made.facts["forecast"]
    assert facts["model"] == name
    if name == "ours":
        assert facts["about"] == "forecast.about_not_made"
        expected = model.predict()["LSTM"]
    else:
        assert facts["about"] == "forecast.about_other"
        expected = model_named(name, 3).fit(data).predict().iloc[:, 2]
        assert [band["level"] for band in facts["series"][0]["bands"]] == ["95", "80"]
    assert facts["series"][0]["forecast"] == pytest.approx(expected.tolist(), rel=1e-3)
    assert f"the comparison below recommends {name}" in made.html or f"by {name}, which" in made.html


def charts_of(page):
    return page[page.index('id="charts"') :].split("</script>")[0]


def test_the_model_of_the_report_is_never_judged_by_its_absence(monkeypatch):
    # on a busy machine it may take longer than a baseline may
    asked = {}

    def note(panel, horizon, models, **options):
        asked.update(options, models=models)
        raise ConfigError("enough is known")

    monkeypatch.setattr("gatecast.reporting.build.compare", note)
    made = LSTMForecaster(4, hidden_size=4, progress=False, training=Training(epochs=1)).fit(panel_of(noisy(80)))
    report(made)
    assert "time_limit" not in asked
    assert {model.time_limit for name, model in asked["models"].items() if not name.startswith("LSTM")} == {30.0}


def test_an_lstm_that_trained_nothing_is_one_row_and_its_forecast_is_shown_under_that_name() -> None:
    data = panel_of(np.tile([0.0, 5.0, 0.0, -5.0, 1.0], 12) + noisy(60))
    model = LSTMForecaster(3, progress=False).fit(data)
    models = {"LSTM": model, "LSTM (pretrained)": PretrainedLSTM(3), "SeasonalNaive": SeasonalNaive(3, season_length=5)}
    found = compare(data, 3, models, n_windows=2, progress=False)
    facts = report(model, comparison=found).facts
    assert [row["model"] for row in facts["comparison"]["models"]] == ["LSTM (pretrained)", "SeasonalNaive"]
    assert [row["model"] for row in facts["comparison"]["steps"]["models"]] == ["LSTM (pretrained)", "SeasonalNaive"]
    assert facts["comparison"]["notes"][0]["code"] == "note.same_forecasts"
    assert facts["forecast"]["model"] == found.board.verdict.recommended == "LSTM (pretrained)"
    assert facts["forecast"]["about"] == "forecast.about_pretrained"
    np.testing.assert_allclose(facts["forecast"]["series"][0]["forecast"], model.predict()["LSTM"], rtol=1e-4)
