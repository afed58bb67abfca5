"""Does the same command, run again after kills at random moments, end as if there were none? Bit by bit.

    PYTHONPATH=tests python tests/hostile/fuzz_kills.py backtest 100 [seed]

runs `forecast`, `backtest` or `tune` of a small table once to its end, then in rounds: each kills the command up to
three times (SIGKILL at a random moment of its whole time), runs it again to its end and compares all that it wrote.
What the killed commands had kept by then must still be there, as it was. `test_kills` kills once, the slow tests often.
"""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

__all__ = ["COMMANDS", "check_kills", "main"]

KILLS_OF_ROUND = 3
SMALL = ("--hidden-size", "8", "--lookback", "12", "--patience", "0")
COMMANDS = {
    "forecast": (
        *("forecast", "data.csv", "--horizon", "3", *SMALL, "--epochs", "40", "--ensemble", "2"),
        *("--checkpoint", "kept", "--out", "out.csv"),
    ),
    "backtest": (
        *("backtest", "data.csv", "--horizon", "3", "--models", "Naive", "--models", "LinearAR", "--n-windows", "6"),
        *("--folder", "kept", "--out", "out.csv"),
    ),
    "tune": (
        *("tune", "data.csv", "--horizon", "3", "--n-trials", "9", "--n-windows", "1", "--study", "kept"),
        *("--space", "learning-rate=1e-3:1e-1:log", "--space", "lookback=4:20", "--space", "epochs=4:40", "--quiet"),
        *("--save", "out.csv"),
    ),
}
# a checkpoint is written all the time, and what the defaults of a search would train for is shortened
PROGRAM = """
from gatecast.cli import choices, main
from gatecast.model import plan
choices.CHECKPOINT_SECONDS = 1e-9
plan.LEAST_STEPS = 20
main()
"""


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


def kept(folder: Path) -> dict[str, object]:
    """Return what a command has said to keep for good: windows of a backtest, trials of a search that ended."""
    path = folder / "kept"
    if path.is_dir():
        names = [one.stem for one in path.glob("*.json") if one.with_suffix(".parquet").exists()]
        return {name: (path / f"{name}.parquet").read_bytes() for name in names}
    if not path.exists() or not path.read_bytes().startswith(b"SQLite"):
        return {}
    with contextlib.closing(sqlite3.connect(path)) as file:
        query = "select number, state, value from trials left join trial_values using (trial_id)"
        try:
            return {str(number): rest for number, *rest in file.execute(query) if rest[0] not in ("RUNNING", "WAITING")}
        except sqlite3.OperationalError:
            # killed before there was a table
            return {}


def check_kills(command: str, n_kills: int, folder: Path, seed: int = 0) -> int:
    """Kill a command as often as asked for, and run it to its end; returns the rounds that this took."""
    started = time.monotonic()
    finish(start(command, folder / "whole"))
    seconds, rng, n_killed, n_rounds = time.monotonic() - started, random.Random(seed), 0, 0
    while n_killed < n_kills:
        n_rounds += 1
        own = folder / str(n_rounds)
        there: dict[str, object] = {}
        for _ in range(min(KILLS_OF_ROUND, n_kills)):
            process = start(command, own)
            time.sleep(rng.random() * seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            n_killed += process.returncode == -signal.SIGKILL
            there = _checked(there, kept(own))
            if process.returncode == 0:
                # the next search would be another one
                break
        else:
            finish(start(command, own))
        _checked(there, kept(own))
        assert (own / "out.csv").read_bytes() == (folder / "whole" / "out.csv").read_bytes()
        # what killed runs had begun to write is gone
        assert not list(own.rglob(".*"))
    return n_rounds


def _checked(before: dict[str, object], now: dict[str, object]) -> dict[str, object]:
    lost = [name for name, content in before.items() if now.get(name) != content]
    assert not lost, f"lost or changed: {lost}"
    return now


def main(command: str, n_kills: int, seed: int = 0) -> None:
    """Kill a command many times, and tell in how many rounds."""
    with tempfile.TemporaryDirectory() as folder:
        n_rounds = check_kills(command, n_kills, Path(folder), seed)
    print(f"{n_kills} kills of {command} in {n_rounds} rounds: each ended as if there were none, and nothing was lost")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
