"""Does the same command, run again after it was killed at any moment, end as if it never was, bit by bit?"""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

FEW, MANY = 1, 100

COMMANDS = {
    "forecast": (
        *("forecast", "data.csv", "--horizon", "3", "--hidden-size", "8", "--lookback", "12", "--epochs", "40"),
        *("--patience", "0", "--ensemble", "2", "--checkpoint", "kept", "--out", "out.csv"),
    ),
    "backtest": (
        *("backtest", "data.csv", "--horizon", "3", "--models", "Naive", "--models", "LinearAR", "--n-windows", "6"),
        *("--folder", "kept", "--out", "out.csv"),
    ),
}
PROGRAM = "from gatecast.cli import choices, main; choices.CHECKPOINT_SECONDS = 1e-9; main()"


def start(command: str, folder: Path) -> subprocess.Popen[bytes]:
    """Begin a command in a folder with a table."""
    folder.mkdir(exist_ok=True)
    if not (folder / "data.csv").exists():
        days = np.datetime64("2024-01-01") + np.arange(90)
        lines = [f"{day},{50 + 10 * np.sin(t / 2) + np.cos(t * t):.3f}" for t, day in enumerate(days)]
        (folder / "data.csv").write_text("ds,y\n" + "\n".join(lines) + "\n")
    arguments = [sys.executable, "-c", PROGRAM, *COMMANDS[command]]
    return subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a command that nobody kills."""
    _, err = process.communicate()
    assert (process.returncode, err) == (0, b"")


def check_kills(command: str, n_kills: int, folder: Path) -> None:
    """Kill a command at random moments of its whole time, and run it again until it ends, as often as asked for."""
    started = time.monotonic()
    finish(start(command, folder / "whole"))
    seconds, rng, n_killed, n_rounds = time.monotonic() - started, random.Random(0), 0, 0
    while n_killed < n_kills:
        n_rounds += 1
        own = folder / str(n_rounds)
        for _ in range(min(3, n_kills)):
            process = start(command, own)
            time.sleep(rng.random() * seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            n_killed += process.returncode == -signal.SIGKILL
        finish(start(command, own))
        assert (own / "out.csv").read_bytes() == (folder / "whole" / "out.csv").read_bytes()
        # what killed runs had begun to write is gone
        assert not list(own.rglob(".*"))


def test_killed_forecast_ends_as_if_it_never_was(tmp_path: Path) -> None:
    check_kills("forecast", FEW, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_many_kills_change_nothing(command: str, tmp_path: Path) -> None:
    check_kills(command, MANY, tmp_path)
