"""Does `gatecast diagnose` say what the library says, of a saved model and of a table?"""

import numpy as np
import pytest

from .commands import write_csv

BLIND = (
    "--lookback",
    "1",
    "--mode",
    "windows",
    "--skip",
    "none",
    "--epochs",
    "3",
    "--hidden-size",
    "8",
    "--season-length",
    "1",
)


@pytest.fixture
def wave(tmp_path):
    noise = np.random.default_rng(0).normal(size=800)
    return write_csv(tmp_path / "wave.csv", 800, cell=lambda t: f"{np.sin(t / 3) + 0.3 * noise[t]:.4f}")


def test_diagnose_a_table(gatecast, wave):
    report = gatecast("diagnose", wave, *BLIND, "--json").json
    findings = {finding["code"]: finding for finding in report["findings"]}
    assert report["codes"] == list(findings)
    assert findings["underfit"]["remedy"].startswith("lookback=")
    assert report["judged_on"].startswith("160 points of the test part")
    outcome = gatecast("diagnose", wave, *BLIND)
    assert outcome.code == 0
    assert f"Try: --lookback {findings['underfit']['settings']['lookback']}" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_diagnose_a_saved_model_says_the_same(gatecast, wave, tmp_path):
    lines = wave.read_text().splitlines()
    (tmp_path / "train.csv").write_text("\n".join(lines[:641]) + "\n")
    options = (*BLIND, "--validation-size", "0")
    gatecast(
        "forecast", "train.csv", "--horizon", 1, *options, "--test-size", "0", "--save", "m.safetensors", "--quiet"
    )
    saved = gatecast("diagnose", "m.safetensors", wave, "--json").json
    fitted = gatecast("diagnose", wave, *options, "--json").json
    assert saved["findings"] == fitted["findings"]


def test_diagnose_fix_shows_and_keeps_what_helped(gatecast, wave, tmp_path):
    outcome = gatecast("diagnose", wave, *BLIND, "--fix", "--save", "better.safetensors")
    assert outcome.code == 0
    assert "Remedies, tried on the validation set" in outcome.out
    assert "kept" in outcome.out
    assert (tmp_path / "better.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("m.safetensors",), "does not hold its training data"),
        (("wave.csv", "--save", "x.safetensors"), "Pass `--fix` with it"),
        (("none.csv",), "none.csv"),
        (("none.safetensors", "wave.csv"), "none.safetensors"),
    ],
)
def test_diagnose_bad_input(gatecast, wave, arguments, said):
    outcome = gatecast("diagnose", *arguments)
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())
    assert not outcome.out


def test_diagnose_horizon_beside_a_model(gatecast, saved_model, csv):
    outcome = gatecast("diagnose", saved_model, csv, "--horizon", 3)
    assert outcome.code == 2
    assert "which has its own horizon" in outcome.err
