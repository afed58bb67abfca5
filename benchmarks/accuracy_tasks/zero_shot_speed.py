"""How long does a forecast without training take? One series, 100,000 series, and the command line in all."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from accuracy_tasks.data import find
from accuracy_tasks.rows import Options, Row
from harness.processes import SideProcess

__all__ = ["run"]

TASK = "zero_shot_speed"
HORIZON = 12
ONE, REPETITIONS = 144, 50
N_SERIES, N_POINTS = 100_000, 100
COMMANDS = 5
# what the installed command runs
MAIN = "import sys; from gatecast.cli import main; sys.exit(main())"


def run(options: Options) -> list[Row]:
    """Measure each in a process of its own."""
    return [*_one_series(), *_many_series(), _command(find(options.folder, "airline-passengers.csv")), _weights()]


def _one_series() -> list[Row]:
    with SideProcess("zero_shot:ZeroShot", horizon=HORIZON) as side:
        milliseconds = side.call("one_series", n_points=ONE, repetitions=REPETITIONS)
    note = f"{ONE} points, {HORIZON} steps, in Python after import; median of {REPETITIONS} after the first uses"
    return [Row(TASK, "one series", (milliseconds,), "ms", note)]


def _many_series() -> list[Row]:
    with SideProcess("zero_shot:ZeroShot", horizon=HORIZON) as side:
        process = side.call("small_forecast")
        table = side.call("make_table", n_series=N_SERIES, n_points=N_POINTS)
        forecast = side.call("many_series")
    size = f"{N_SERIES:,} series of {N_POINTS} points, horizon {HORIZON}"
    over = f"over a table of {table:.0f} MB and a process of {process:.0f} MB after a small forecast"
    return [
        Row(TASK, "many series", (forecast["seconds"],), "s", size),
        Row(TASK, "peak memory over the input", (forecast["peak"] - process - table,), "MB", over),
        Row(TASK, "peak memory of the process", (forecast["peak"],), "MB", "all of it, with Python and the input"),
    ]


def _command(file: Path) -> Row:
    name, note = "command line", f"`gatecast forecast {file.name} --horizon {HORIZON}`, the process in all"
    command = [sys.executable, "-c", MAIN, "forecast", str(file.resolve()), "--horizon", str(HORIZON)]
    times = []
    # files that a command writes are left where nobody looks for them
    with TemporaryDirectory() as folder:
        for _ in range(COMMANDS):
            start = perf_counter()
            done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
            times.append(perf_counter() - start)
            if done.returncode:
                return Row(TASK, name, (), note=f"not available: {done.stderr.strip()}")
    return Row(TASK, name, (median(times),), "s", f"{note}; median of {COMMANDS}")


def _weights() -> Row:
    found = find_spec("gatecast.pretraining")
    assert found
    assert found.origin
    size = sum(path.stat().st_size for path in Path(found.origin).parent.glob("*.safetensors"))
    return Row(TASK, "weights in the wheel", (size / 1e6,), "MB")
