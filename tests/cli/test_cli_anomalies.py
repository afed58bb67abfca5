"""Does `gatecast anomalies` say what the library says, to people, programs and files?"""

import csv as csv_files

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster, PretrainedLSTM

from .commands import write_csv, write_shops


@pytest.fixture
def spiky(tmp_path):
    random = np.random.default_rng(0).normal(size=140)
    return write_csv(
        tmp_path / "spiky.csv", 140, cell=lambda t: f"{50 + 10 * (t % 7 == 2) + random[t] + 40 * (t == 100):.3f}"
    )


def test_anomalies_for_people(gatecast, spiky):
    outcome = gatecast("anomalies", spiky)
    assert outcome.code == 0
    said = " ".join(outcome.out.split())
    assert "Anomalies of" in said
    assert "2024-04-10" in said
    assert "points are marked" in said or "points is marked" in said
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_anomalies_for_programs_and_files(gatecast, spiky, tmp_path):
    outcome = gatecast("anomalies", spiky, "--json", "--false-alarms", "0.02", "--out", "all.csv", "--plot", "a.png")
    report = outcome.json
    table = pd.read_csv(spiky, parse_dates=["ds"])
    found = PretrainedLSTM(1).fit(table).detect(false_alarms=0.02)
    assert report["n_anomalies"] == found["anomaly"].sum() == len(report["anomalies"])
    assert report["n_points"] == found["score"].notna().sum()
    assert "2024-04-10T00:00:00" in [row["ds"] for row in report["anomalies"]]
    assert report["remarks"] == []
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv_files.DictReader(file))
    assert list(rows[0]) == ["unique_id", "ds", "y", "expected", "lower", "upper", "score", "anomaly"]
    assert [row["anomaly"] == "True" for row in rows] == found["anomaly"].tolist()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_saved_model_goes_on(gatecast, saved_model, csv, tmp_path):
    newer = write_csv(tmp_path / "newer.csv", 90, cell=lambda t: f"{50 + 10 * np.sin(t / 2) + 99 * (t == 85):.3f}")
    report = gatecast("anomalies", newer, "--model", saved_model, "--json").json
    found = LSTMForecaster.load(saved_model).detect(pd.read_csv(newer, parse_dates=["ds"]))
    assert report["n_anomalies"] == found["anomaly"].sum() > 0
    wrong = gatecast("anomalies", newer, "--model", saved_model, "--season-length", 7)
    assert (wrong.code, "Leave `--season-length` out" in wrong.err) == (2, True)
    assert gatecast("anomalies", newer, "--model", newer).code == 2


def test_several_series_and_quiet_ones(gatecast, tmp_path):
    shops = write_shops(tmp_path / "shops.csv", n=80)
    outcome = gatecast("anomalies", shops, "--target-col", "y", "--id-col", "shop", "--lang", "zh")
    assert outcome.code == 0
    assert "个点" in outcome.out
    few = write_csv(tmp_path / "few.csv", 6)
    assert "too short" in gatecast("anomalies", few).out
    flat = write_csv(tmp_path / "flat.csv", 60, cell=lambda t: "5")
    assert "None of" in gatecast("anomalies", flat).out


def test_several_columns_of_ids_stand_beside_each_other(gatecast, tmp_path):
    random = np.random.default_rng(0).normal(size=(2, 80))
    random[1, 60] = 40
    days = pd.date_range("2024-01-01", periods=80)
    parts = [pd.DataFrame({"region": "north", "shop": n, "day": days, "sold": random[n]}) for n in (0, 1)]
    pd.concat(parts).to_csv("shops.csv", index=False)
    named = ("--id-col", "region,shop", "--target-col", "sold")
    outcome = gatecast("anomalies", "shops.csv", *named, "--plot", "shops.png")
    assert outcome.code == 0, outcome.err
    row = next(line.split() for line in outcome.out.splitlines() if "2024-03-01" in line)
    assert row[:4] == ["north", "1", "2024-03-01", "40.00"]
    found = gatecast("anomalies", "shops.csv", *named, "--json").json["anomalies"]
    assert {(each["region"], each["shop"]) for each in found if each["sold"] == 40} == {("north", 1)}


@pytest.mark.parametrize("share", ["0", "1", "-0.1"])
def test_a_wrong_share_is_refused_before_a_file_is_read(gatecast, share):
    outcome = gatecast("anomalies", "nowhere.csv", f"--false-alarms={share}")
    assert outcome.code == 2
    assert "Use `--false-alarms 0.01`" in outcome.err
