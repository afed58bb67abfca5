"""Does `gatecast tune` search, measure on what it has not seen, write its files, and refuse nonsense?"""

import re
from dataclasses import replace

import numpy as np
import pytest

from gatecast import LSTMForecaster
from gatecast.tuning import objective

from .commands import write_csv


@pytest.fixture(autouse=True)
def short_trials(monkeypatch):
    """Let the trial of the defaults take no longer than those of the space below."""
    fit = objective.fit_panel

    def hurry(settings, panel, **more):
        return fit(replace(settings, epochs=min(settings.epochs or 4, 4)), panel, **more)

    monkeypatch.setattr(objective, "fit_panel", hurry)


ONE = ("--horizon", 3, "--n-trials", 3, "--n-windows", 1)
SPACE = ("--space", "epochs=1:4", "--space", "hidden_size=8,16", "--space", "lookback=4:12:log")


def test_table_settings_and_files(gatecast, csv, tmp_path):
    files = ("--report", "page.txt", "--save", "m.safetensors", "--study", "s.db")
    outcome = gatecast("tune", csv, *ONE, *SPACE, *files)
    assert (outcome.code, outcome.err) == (0, "")
    assert "The best of 2 trials" in outcome.out or "The best of 3 trials" in outcome.out
    assert "Errors on 16 points held back" in outcome.out
    assert "The search ended because all 3 trials were made" in " ".join(outcome.out.split())
    assert "hidden_size" in (tmp_path / "page.txt").read_text()
    # what each trial tried: its start or a changed setting, and whole numbers as such
    rows = [line.split()[3:] for line in outcome.out.splitlines() if re.match(r" [012] +[\d.]+ +[\d.]+ ", line)]
    assert len(rows) in (2, 3)
    assert ["as", "the", "model", "is"] in rows
    assert all(re.fullmatch(r"as|the|[a-z_]+=[\w.]+,?", row[0]) for row in rows)
    assert not re.search(r"(epochs|lookback|hidden_size)=\d+\.", outcome.out)
    # what is to be copied is not wrapped
    assert max(len(line) for line in outcome.out.splitlines() if not line.startswith("Best settings")) <= 80
    # learned from all points: the forecast begins behind them
    assert str(LSTMForecaster.load(tmp_path / "m.safetensors").predict()["ds"].iloc[0])[:10] == "2024-03-21"


def test_json_goes_on_from_the_study(gatecast, csv):
    arguments = ("tune", csv, *ONE, *SPACE, "--study", "s.db", "--json")
    first, second = gatecast(*arguments).json, gatecast(*arguments).json
    assert [trial["trial"] for trial in second["trials"]] == [*range(6)]
    assert second["trials"][:3] == first["trials"]
    chosen = second["trials"][second["search"]["best_trial"]]
    assert second["search"]["error"] == chosen["error"]
    assert set(first["test"]) >= {"LSTM", "Naive"}
    assert set(first["search"]["space"]) >= {"epochs", "hidden_size", "lookback"}


def test_search_never_reads_the_held_back_part(gatecast, tmp_path, monkeypatch):
    seen, fit = [], objective.fit_panel
    monkeypatch.setattr(objective, "fit_panel", lambda s, p, **more: seen.append(p.values) or fit(s, p, **more))
    # 16 of 80 points are held back, and are larger than all others
    data = write_csv(tmp_path / "data.csv", cell=lambda t: f"{50 + np.sin(t / 2) + 900 * (t >= 64):.3f}")
    assert gatecast("tune", data, *ONE, *SPACE).code == 0
    assert seen
    assert max(values.max() for values in seen) < 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--n-trials", 0), "`--n-trials` must be a positive integer, got 0"),
        (("--max-seconds", 0), "`--max-seconds` must be a positive number"),
        (("--space", "lokback=4:8"), "Did you mean 'lookback'"),
        (("--space", "lookback"), "has no name and values"),
        (("--space", "dropout=0:2"), "`--dropout` must be at least 0"),
        (("--space", "lookback=9:3"), "Use for example `--space lookback=8:128 "),
        (("--metric", "mape"), "`--metric` must be one of"),
        (("--study", "data.csv"), "is the data file itself"),
        (("--report", "nowhere/x.txt"), "nowhere"),
        (("--test-size", "1.5"), "`--test-size` must be a share"),
    ],
)
def test_bad_input_exits_2_in_one_sentence(gatecast, csv, arguments, message):
    usual = ONE[:2] + ONE[4:] if "--n-trials" in arguments else ONE
    outcome = gatecast("tune", csv, *usual, *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.err.startswith("Error: ")
    assert len(outcome.err.splitlines()) == 1
    assert not outcome.out


def test_study_of_other_data_exits_2(gatecast, csv, tmp_path):
    assert gatecast("tune", csv, *ONE, *SPACE, "--study", "s.db", "--quiet").code == 0
    other = write_csv(tmp_path / "other.csv", n=90)
    outcome = gatecast("tune", other, *ONE, *SPACE, "--study", "s.db", "--quiet")
    assert outcome.code == 2
    assert "s.db holds a study of other data" in outcome.err


def test_ctrl_c_keeps_the_best_and_exits_130(gatecast, csv, tmp_path, monkeypatch):
    judge, calls = objective.judge, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return judge(*arguments)

    monkeypatch.setattr(objective, "judge", interrupted)
    outcome = gatecast("tune", csv, *ONE, *SPACE, "--report", "page.txt", "--json")
    assert outcome.code == 130
    assert outcome.json["search"]["ended_because"] == "Ctrl-C ended it"
    assert (tmp_path / "page.txt").exists()
