"""Does `gatecast backtest` keep every forecast with its error, and say in one sentence what it cannot do?"""

import numpy as np
import pandas as pd
import pytest

import gatecast as package

from .commands import write_csv

FAST = ("--models", "Naive", "--models", "LinearAR")


@pytest.fixture
def wave(tmp_path):
    noise = np.random.default_rng(0).normal(size=200)
    return write_csv(tmp_path / "wave.csv", 200, cell=lambda t: f"{np.sin(t) + 0.1 * noise[t]:.4f}")


def test_backtest_is_that_of_the_library(gatecast, wave):
    report = gatecast(
        "backtest",
        wave,
        "--horizon",
        3,
        "--n-windows",
        4,
        "--step-size",
        2,
        *FAST,
        "--level",
        90,
        "--out",
        "w.csv",
        "--json",
    ).json
    found = package.backtest(
        pd.read_csv(wave, parse_dates=[0]),
        3,
        [package.Naive(3), package.LinearAR(3)],
        n_windows=4,
        step_size=2,
        level=90,
        progress=False,
    )
    kept = pd.read_csv("w.csv", parse_dates=["ds", "cutoff"])
    assert list(kept) == list(found.forecasts)
    np.testing.assert_allclose(kept.iloc[:, 3:].to_numpy(float), found.forecasts.iloc[:, 3:].to_numpy(float))
    best = report["models"][0]
    assert best["model"] == "LinearAR"
    assert best["mae"] == pytest.approx((kept["y"] - kept["LinearAR"]).abs().mean())
    inside = kept["y"].between(kept["LinearAR-lo-90"], kept["LinearAR-hi-90"])
    assert best["coverage-90"] == pytest.approx(inside.mean())
    assert len(report["windows"]) == len(report["runs"]) == 8
    assert best["megabytes"] > 0


def test_backtest_is_read_at_80_columns(gatecast, wave):
    outcome = gatecast("backtest", wave, "--horizon", 3, "--n-windows", 14, "--models", "SARIMA(2, 0, 0)", *FAST)
    assert outcome.code == 0
    for part in (
        "Errors over 14 windows of 3 steps",
        "SARIMA(2,0,0)",
        "80 % held",
        "the newest 12",
        "--out windows.csv",
    ):
        assert part in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_windows_without_room_are_not_counted(gatecast, wave):
    out = " ".join(gatecast("backtest", wave, "--horizon", 30, "--step-size", 30, "--n-windows", 9, *FAST).out.split())
    # 200 points hold six times 30 behind a first origin
    assert "6 windows of 30 steps (there was no room for 9)" in out


def test_backtest_has_the_lstm_in_it(gatecast, wave, few_epochs):
    report = gatecast("backtest", wave, "--horizon", 2, "--n-windows", 2, "--no-refit", "--json").json
    names = {"LSTM", "LSTM (pretrained)", "SeasonalNaive", "Naive"}
    assert {model["model"] for model in report["models"]} == names


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--horizon", 3, "--models", "SARIMA(2,0)"), "There is no model 'SARIMA(2,0)'"),
        (("--horizon", 3, "--models", "Naive", "--models", "naive"), "`--models naive` was passed twice"),
        (("--horizon", 3, "--level", 0, *FAST), "`--level`"),
        (("--horizon", 3, "--step-size", 0, *FAST), "step"),
        (("--horizon", 200, *FAST), "200"),
        (("--horizon", 3, "--folder", "wave.csv", *FAST), "wave.csv"),
        (("--horizon", 3, "--out", "wave.csv", *FAST), "wave.csv"),
    ],
)
def test_backtest_bad_input(gatecast, wave, arguments, said):
    before = wave.read_bytes()
    outcome = gatecast("backtest", wave, *arguments)
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())
    assert wave.read_bytes() == before
