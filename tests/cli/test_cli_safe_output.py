"""Can names in a table harm whoever opens what was written, or reads it in a terminal?"""

import csv
import signal

import numpy as np
import pandas as pd
import pytest

from gatecast.cli.output import Printer, visible, write_table

from .commands import spawn_unfinished

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1"]
HARMLESS = ["shop 1", "-12.5", "+3", "1e-5", "a=b", "", "北京"]


def cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("kind", ["object", "string", "category"])
def test_cells_of_a_csv_are_no_formulas(tmp_path, kind):
    names = FORMULAS + HARMLESS
    frame = pd.DataFrame({"=name": pd.Series(names, dtype=kind), "y": -np.arange(1.0, len(names) + 1)})
    write_table(frame, tmp_path / "f.csv")
    header, *rows = cells(tmp_path / "f.csv")
    assert header == ["'=name", "y"]
    assert [row[0] for row in rows] == [f"'{name}" for name in FORMULAS] + HARMLESS
    assert [float(row[1]) for row in rows] == frame["y"].tolist()
    write_table(frame, tmp_path / "raw.csv", raw_cells=True)
    assert [row[0] for row in cells(tmp_path / "raw.csv")] == ["=name", *names]


def test_forecast_of_such_names_is_written_safely_or_raw(gatecast, tmp_path):
    days = np.arange("2024-01", "2024-03", dtype="M8[D]")
    lines = [f"{name},{day},{day.astype(int) % 7}" for name in ("=1+1", "b") for day in days]
    (tmp_path / "data.csv").write_text("shop,ds,y\n" + "\n".join(lines) + "\n")
    command = ("forecast", "data.csv", "--horizon", 2, "--pretrained", "only", "--test-size", 0, "--out", "f.csv")
    assert gatecast(*command).code == 0
    assert {row[0] for row in cells(tmp_path / "f.csv")} == {"shop", "'=1+1", "b"}
    assert gatecast(*command, "--raw-cells").code == 0
    assert {row[0] for row in cells(tmp_path / "f.csv")} == {"shop", "=1+1", "b"}


def test_control_characters_are_written_out():
    assert visible("a\x1b[31m\x07\x9b\u202eb\nc") == "a\\x1b[31m\\x07\\x9b\\u202eb\nc"
    assert visible("a\nb\tc", one_line=True) == "a\\nb\\tc"
    assert visible("北京 é 😀") == "北京 é 😀"


def test_names_cannot_steer_the_terminal(capsys):
    printer, name = Printer(shown=True), "\x1b[2Jshop\r\x1b]0;title\x07"
    printer.say(name)
    printer.table("t", [name, "y"], [[f"{name}\nfake", "1"]])
    printer.facts("f", {name: name})
    printer.file(name, None)
    out = capsys.readouterr().out
    assert not set("\x1b\x07\r") & set(out)
    assert "shop" in out


def test_errors_cannot_steer_the_terminal(gatecast, tmp_path):
    (tmp_path / "data.csv").write_text("ds,y\x1b[2J\n2024-01-01,x\n2024-01-02,y\n")
    outcome = gatecast("forecast", "data.csv", "--horizon", 2)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err + outcome.out


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_asked_to_end_is_like_control_c(tmp_path, name, code):
    number = getattr(signal, name)
    # a command under nohup leaves a hang-up unheard, and the tests may run under it
    before = signal.signal(number, signal.SIG_DFL)
    try:
        process = spawn_unfinished(tmp_path)
    finally:
        signal.signal(number, before)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code
    assert "Run the same command again to go on from fit.ckpt." in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"data.csv", "wait.py", "fit.test.ckpt"}
