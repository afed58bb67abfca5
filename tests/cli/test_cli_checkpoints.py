"""Does an unfinished fit go on, and is no file lost on the way?"""

import signal

import pytest

from .commands import QUICK, spawn_unfinished


def test_resumed_fit_gives_the_same(gatecast, csv, tmp_path):
    first = gatecast("forecast", csv, *QUICK, "--patience", 0, "--checkpoint", "fit.ckpt", "--json").json
    assert {path.name for path in tmp_path.iterdir()} == {"data.csv", "fit.ckpt", "fit.test.ckpt"}
    assert first["files"]["checkpoint"] == "fit.ckpt"
    again = gatecast("forecast", csv, *QUICK, "--patience", 0, "--checkpoint", "fit.ckpt", "--json").json
    named = gatecast("forecast", csv, *QUICK, "--patience", 0, "--resume", "fit.ckpt", "--json").json
    assert named["forecast"] == again["forecast"]
    plain = gatecast("forecast", csv, *QUICK, "--patience", 0, "--json").json
    assert first["forecast"] == again["forecast"] == plain["forecast"]
    assert first["test"]["errors"] == again["test"]["errors"] == plain["test"]["errors"]


def test_checkpoint_of_an_earlier_run_is_not_lost(gatecast, csv, tmp_path):
    for name in ("fit.ckpt", "other.test.ckpt"):
        (tmp_path / name).write_text("old")
    for name, lost in (("fit.ckpt", "fit.ckpt"), ("other.ckpt", "other.test.ckpt")):
        outcome = gatecast("forecast", csv, *QUICK, "--patience", 0, "--checkpoint", name)
        assert outcome.code == 2
        assert f"{lost} is no complete checkpoint" in outcome.err
        assert (tmp_path / lost).read_text() == "old"


def test_data_file_is_no_checkpoint(gatecast, csv):
    before = csv.read_bytes()
    outcome = gatecast("forecast", csv, *QUICK, "--checkpoint", "data.csv")
    assert outcome.code == 2
    assert csv.read_bytes() == before


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--seed", 1), "belongs to a fit with other settings or other data"),
        (("--hidden-size", 8), "belongs to a fit with other settings or other data"),
    ],
)
def test_checkpoint_of_another_fit_is_refused(gatecast, csv, tmp_path, more, says):
    assert gatecast("forecast", csv, *QUICK, "--patience", 0, "--checkpoint", "fit.ckpt").code == 0
    before = (tmp_path / "fit.ckpt").read_bytes()
    outcome = gatecast("forecast", csv, *QUICK, "--patience", 0, *more, "--resume", "fit.ckpt")
    assert outcome.code == 2
    assert says in outcome.err
    assert (tmp_path / "fit.ckpt").read_bytes() == before


def test_control_c_says_how_to_go_on(tmp_path, monkeypatch):
    process = spawn_unfinished(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Run the same command again to go on from fit.ckpt." in err
    assert "Traceback" not in err
