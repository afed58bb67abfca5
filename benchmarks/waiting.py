"""How long do people wait? Ratios, each measured in turns in one run after both sides were shown to say the same.

    python benchmarks/waiting.py                      # all, about two minutes
    python benchmarks/waiting.py --only one table     # some of them
    python benchmarks/waiting.py --only table --rows 10000000

`one`: one forecast of one series; a window through ONNX Runtime where that is installed. `table`: a CSV beside
`pandas.read_csv`. `long`: a fit to one long series over its training steps alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

__all__ = ["long", "main", "one", "table"]

ROUNDS = 7
Timed = dict[str, list[float]]


def take_turns(sides: dict[str, Callable[[], object]], rounds: int = ROUNDS, calls: int = 1) -> Timed:
    """Let several sides work in turn, and return the seconds of each call."""
    seconds: Timed = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, call in sides.items():
            for _ in range(calls):
                begin = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - begin)
    # the first round fills caches
    return {name: times[calls:] for name, times in seconds.items()}


def said(seconds: Timed) -> dict[str, dict[str, float]]:
    """Return the smallest and the middle time of each side, in ms."""
    return {name: {"min": 1e3 * min(times), "median": 1e3 * median(times)} for name, times in seconds.items()}


def one(_: argparse.Namespace) -> dict[str, object]:
    """One series of 144 months: a zero-shot forecast, `predict()` of a fitted model, and a window of 48 points."""
    import gatecast

    rng = np.random.default_rng(0)
    months = np.arange(144)
    y = (120 + 2 * months) * (1 + 0.2 * np.sin(months * np.pi / 6)) + rng.normal(0, 5, 144)
    fitted = gatecast.PretrainedLSTM(12).fit(y)
    np.testing.assert_array_equal(fitted.predict()["LSTM"], gatecast.forecast(y, 12)["LSTM"])
    sides: dict[str, Callable[[], object]] = {"zero-shot": lambda: gatecast.forecast(y, 12), "predict": fitted.predict}
    return said(take_turns(sides | _windows(np.sin(np.arange(900) * 0.1)), calls=20))


def _windows(y: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return a forecast of one window of 48 points, ours and that of ONNX Runtime."""
    try:
        import onnxruntime
    except ImportError:
        return {}
    import gatecast

    sizes = {"lookback": 48, "hidden_size": 50, "n_layers": 1, "ensemble": 1, "pretrained": "none"}
    training = gatecast.Training(epochs=1, mode="windows")
    model = gatecast.LSTMForecaster(1, progress=False, training=training, **sizes).fit(y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.to_onnx(path)
        # threads of its own would wait in loops while the others work
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options)
    network, memory = model.fitted_.ensemble.first, model.fitted_.memories[0]
    history = y[None]
    # the last bits differ with the order of sums in single precision
    theirs = np.ravel(session.run(["forecast"], {"history": history})[0])
    np.testing.assert_allclose(theirs, model.predict()["LSTM"], rtol=1e-4, atol=1e-4)
    return {
        "window": lambda: network.forecast(memory),
        "window, ONNX Runtime": lambda: session.run(["forecast"], {"history": history[:, -48:]}),
    }


def table(arguments: argparse.Namespace) -> dict[str, object]:
    """A CSV of daily rows of 2,000 days for each shop: time beside `pandas.read_csv`, and memory of one reading."""
    from gatecast.data.reading.files import read_table

    n_shops, n_days = max(1, arguments.rows // 2000), min(arguments.rows, 2000)
    days = pd.date_range("2015-01-01", periods=n_days).strftime("%Y-%m-%d").to_numpy(object)
    values = np.random.default_rng(0).normal(100, 30, (n_shops, n_days)).round(3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        for k in range(n_shops):
            rows = pd.DataFrame({"unique_id": f"shop_{k}", "ds": days, "y": values[k]})
            rows.to_csv(path, index=False, header=k == 0, mode="a")
        np.testing.assert_array_equal(read_table(path).panel.values, values.ravel())
        sides = {"gatecast": lambda: read_table(path), "pandas": lambda: pd.read_csv(path)}
        seconds = take_turns(sides, rounds=3)
        peaks = {name: _peak(name, path) for name in sides}
    return {"rows": n_shops * n_days, "ms": said(seconds), "MB": peaks, **_ratio(seconds, "gatecast", "pandas")}


def _ratio(seconds: Timed, ours: str, theirs: str) -> dict[str, float]:
    return {"ratio": median(a / b for a, b in zip(seconds[ours], seconds[theirs], strict=True))}


PEAK = """
import sys
from pathlib import Path
import pandas
from gatecast.data.reading.files import read_table

def read(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

small = Path(sys.argv[2]).with_name("small.csv")
for path in (small, sys.argv[2]):
    before = read("VmRSS")
    read_table(path) if sys.argv[1] == "gatecast" else pandas.read_csv(path)
print(read("VmHWM") - before)
"""


def _peak(name: str, path: Path) -> float:
    """Return the most memory that a process of its own holds for a table beyond that of a small one, in MB; Linux."""
    with path.open() as whole:
        path.with_name("small.csv").write_text("".join(islice(whole, 100)))
    told = subprocess.run([sys.executable, "-c", PEAK, name, path], capture_output=True, text=True, check=True)
    return float(told.stdout)


def long(arguments: argparse.Namespace) -> dict[str, object]:
    """One series of so many points, one epoch: the whole fit over its training steps alone, in processor time."""
    import gatecast
    from gatecast.training import loop

    rng, t = np.random.default_rng(0), np.arange(arguments.points)
    y = 10 + np.sin(t * 2 * np.pi / 24) + 0.3 * np.sin(t * 2 * np.pi / 168) + rng.normal(0, 0.2, len(t))
    spent = [0.0]
    run, steps = loop._Run, loop._Run._steps

    def timed(self: loop._Run, until: int) -> None:
        begin = time.process_time()
        steps(self, until)
        spent[0] += time.process_time() - begin

    run._steps = timed  # type: ignore[method-assign]
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    model = gatecast.LSTMForecaster(24, progress=False, pretrained="none", training=gatecast.Training(epochs=1)).fit(y)
    seconds = time.process_time() - begin
    run._steps = steps  # type: ignore[method-assign]
    # what was learned is the sum of two seasons
    ahead = np.arange(len(t), len(t) + 24)
    wave = 10 + np.sin(ahead * 2 * np.pi / 24) + 0.3 * np.sin(ahead * 2 * np.pi / 168)
    error = np.sqrt(np.mean((model.predict()["LSTM"].to_numpy() - wave) ** 2))
    assert error < 0.4, f"the forecast is off by {error:.2f}"
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"points": len(t), "seconds": seconds, "steps": spent[0], "ratio": seconds / spent[0], "MB": peak}


MEASURED = {"one": one, "table": table, "long": long}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=list(MEASURED))
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table")
    parser.add_argument("--points", type=int, default=1_000_000, help="of the long series")
    arguments = parser.parse_args()
    for name in arguments.only:
        print(name, json.dumps(MEASURED[name](arguments), indent=1), flush=True)


if __name__ == "__main__":
    main()
