"""How do the tests run commands, and on which files?"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# so that a fit takes milliseconds
QUICK = ("--epochs", "1", "--lookback", "6", "--horizon", "4")


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        def refuse(name):
            raise AssertionError(f"{name} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


def spawn(*arguments, **options):
    """Start the installed command as a process of its own."""
    script = options.pop("script", None)
    program = [script] if script else ["-c", "from gatecast.cli import main; main()"]
    command = [sys.executable, "-W", "error", *program, *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8", **options.pop("env", {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **streams, **options)


def weekly(t):
    """A value that comes again every seventh day, nearly."""
    return f"{50 + 10 * (t % 7 == 2) + np.sin(t * t):.3f}"


def write_shops(path, n=60, n_ahead=0, header="shop,ds,y,price,region"):
    """Three shops whose price is known for `n_ahead` days more than their sales."""
    lines = [header]
    for k, shop in enumerate("abc"):
        for t, day in enumerate(np.datetime64("2024-01-01") + np.arange(n + n_ahead)):
            price = 5 + (t * (k + 2)) % 3
            sales = f"{60 - 4 * price + 5 * np.sin(2 * np.pi * t / 7) + k:.2f}" if t < n else ""
            lines.append(f"{shop},{day},{sales},{price},{'north' if k else 'south'}")
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def write_csv(path, n=80, header="ds,y", cell=lambda t: f"{50 + 10 * np.sin(t / 2):.3f}"):
    days = np.datetime64("2024-01-01") + np.arange(n)
    lines = [header, *(f"{day},{cell(t)}" for t, day in enumerate(days))]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(path)


def spawn_unfinished(folder):
    """Start a fit in a folder that would train for hours, and wait until it has kept a checkpoint."""
    write_csv(folder / "data.csv", n=500)
    (folder / "wait.py").write_text(
        "from gatecast.cli import choices, main\nchoices.CHECKPOINT_SECONDS = 0.05\nmain()\n"
    )
    options = ("--horizon", 4, "--epochs", 100_000, "--patience", 0, "--transform", "none", "--checkpoint", "fit.ckpt")
    process = spawn("forecast", "data.csv", *options, cwd=folder, script="wait.py")
    while not (folder / "fit.test.ckpt").exists() and process.poll() is None:
        time.sleep(0.05)
    return process
