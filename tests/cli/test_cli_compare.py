"""Does `gatecast compare` say what the library says, and in one sentence what it cannot do?"""

import numpy as np
import pandas as pd
import pytest

from .commands import write_csv

FAST = ("--models", "Naive", "--models", "SeasonalNaive", "--models", "LinearAR")


@pytest.fixture
def wave(tmp_path):
    noise = np.random.default_rng(0).normal(size=200)
    return write_csv(tmp_path / "wave.csv", 200, cell=lambda t: f"{np.sin(t) + 0.1 * noise[t]:.4f}")


def test_compare_names_the_best_and_keeps_every_forecast(gatecast, wave):
    report = gatecast("compare", wave, "--horizon", 3, "--n-windows", 4, *FAST, "--out", "windows.csv", "--json").json
    assert report["models"][0]["model"] == report["best"] == "LinearAR"
    assert report["verdict"]
    kept = pd.read_csv("windows.csv")
    assert len(kept) == 12
    # the best model's error, from the forecasts that were written
    error = (kept["y"] - kept["LinearAR"]).abs().mean()
    assert report["models"][0]["mae"] == pytest.approx(error)


def test_compare_is_read_at_80_columns(gatecast, wave):
    outcome = gatecast("compare", wave, "--horizon", 3, "--n-windows", 5, *FAST)
    assert outcome.code == 0
    for part in ("Errors over 5 windows of 3 steps", "LinearAR", "nonlinearity (p)", "5 windows are few"):
        assert part in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_compare_has_the_lstm_in_it(gatecast, wave, few_epochs):
    report = gatecast(
        "compare", wave, "--horizon", 2, "--n-windows", 2, "--models", "LSTM", *FAST, "--no-refit", "--json"
    )
    assert {model["model"] for model in report.json["models"]} == {"LSTM", "Naive", "SeasonalNaive", "LinearAR"}
    assert all(np.isfinite(model["mase"]) for model in report.json["models"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--horizon", 3, "--models", "ARIMAX"), "There is no model 'ARIMAX'"),
        (("--horizon", 3, "--models", "Naive", "--models", "Naive"), "twice"),
        (("--horizon", 300, *FAST), "300"),
        (("--horizon", 0, *FAST), "horizon"),
        (("--horizon", 3, "--n-windows", 0, *FAST), "`--n-windows`"),
        (("--horizon", 3, "--time-limit", 0, *FAST), "time-limit"),
        (("--horizon", 3, "--prefer", "quick", *FAST), "`--prefer fast`"),
        (("--horizon", 3, "--out", "wave.csv", *FAST), "wave.csv"),
        (("--horizon", 3, "--out", "x.pdf", *FAST), ".csv"),
    ],
)
def test_compare_bad_input(gatecast, wave, arguments, said):
    before = wave.read_bytes()
    outcome = gatecast("compare", wave, *arguments)
    assert outcome.code == 2
    assert said in outcome.err.replace("\n", " ")
    assert "Traceback" not in outcome.err
    assert wave.read_bytes() == before
