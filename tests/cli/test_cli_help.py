"""What does a newcomer read, and how fast?"""

import subprocess
import sys

import pytest

import gatecast as package


def test_no_arguments_show_help(gatecast):
    outcome = gatecast()
    assert outcome.code == 0
    for command in (
        "demo",
        "forecast",
        "predict",
        "update",
        "compare",
        "backtest",
        "report",
        "diagnose",
        "gates",
        "tune",
        "doctor",
    ):
        assert command in outcome.out
    assert not outcome.err


def test_version(gatecast):
    outcome = gatecast("--version")
    assert (outcome.code, outcome.out) == (0, f"gatecast {package.__version__}\n")


@pytest.mark.parametrize(
    "command",
    ["demo", "forecast", "predict", "update", "compare", "backtest", "report", "diagnose", "gates", "tune", "doctor"],
)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_has_examples_and_fits_80_columns(gatecast, command, flag):
    outcome = gatecast(command, flag)
    assert outcome.code == 0
    assert "Examples" in outcome.out
    assert f"gatecast {command}" in outcome.out
    assert "--json" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_unknown_command_suggests(gatecast):
    outcome = gatecast("forcast", "x.csv")
    assert outcome.code == 2
    assert "Did you mean 'forecast'?" in outcome.err
    assert not outcome.out


@pytest.mark.parametrize(
    "arguments", [["forecast"], ["forecast", "x.csv"], ["forecast", "x.csv", "--horizon", "abc"], ["demo", "--nope"]]
)
def test_bad_options_exit_2(gatecast, arguments):
    outcome = gatecast(*arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    assert not outcome.out


def test_help_loads_nothing_heavy():
    code = """
import sys
from gatecast.cli.app import run
assert run(["--help"]) == 0
heavy = {"pandas", "matplotlib", "statsmodels", "pyarrow", "narwhals", "polars", "tqdm"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, stdout=subprocess.DEVNULL)
