"""What comes of files that are broken under a valid checksum? `test_fuzz_files` runs a few cases, this program many.

    python tests/hostile/fuzz_files.py models 10000 [first]

prints each case that ends in anything but an error of gatecast's own or finite forecasts, and the slowest ones.
"""

import contextlib
import functools
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from safetensors.numpy import load

from gatecast import GatecastError, LSTMForecaster, ModelFileError
from gatecast.training import loop
from gatecast.training.progress import _Silent
from hostile.broken import Arrays, break_arrays, break_facts, read_facts, write_broken
from made_series import COVARIATES, SMALL, forecaster, wave, with_covariates

__all__ = ["TARGETS", "model_file"]

KINDS: dict[str, dict[str, Any]] = {
    "plain": {"transform": "none", "ensemble": 2},
    "covariates": {**COVARIATES, "calendar": True},
    "box-cox": {"transform": "box-cox"},
    "seasonal difference": {"transform": "seasonal-difference", "season_length": 7},
    "quantiles": {"loss": "quantile", "transform": "log1p"},
    "windows": {"mode": "windows", "attention": True, "bidirectional": True, "validation_size": 0.2},
    "layers": {"cell": "gru", "dilations": (1, 2), "residual": True, "layer_norm": True, "decoder_sizes": (6,)},
}
CHANGES = (1, 1, 1, 2, 4)


@functools.cache
def written(kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and facts of the file of a small model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        forecaster(horizon=3, **SMALL | KINDS[kind]).fit(with_covariates(100)).save(path)
        content = path.read_bytes()
    return load(content), read_facts(content, "gatecast")


def break_both(arrays: Arrays, facts: Any, rng: random.Random) -> tuple[Arrays, Any]:
    """Break facts or arrays, once or a few times."""
    for _ in range(rng.choice(CHANGES)):
        if rng.random() < 0.6:
            facts = break_facts(facts, rng)
        else:
            arrays = break_arrays(arrays, rng)
    return arrays, facts


def model_file(rng: random.Random, folder: Path) -> None:
    """Break a model file; what opens must forecast finite numbers."""
    kind = rng.choice(sorted(KINDS))
    arrays, facts = break_both(*written(kind), rng)
    path = folder / "model"
    write_broken(path, "gatecast", arrays, facts)
    try:
        model = LSTMForecaster.load(path)
    except ModelFileError:
        return
    known = with_covariates(120)
    has_future = model.fitted_.preparation.encoder is not None
    asked = [{"future": known[known["ds"] >= "2024-04-10"] if has_future else None}]
    asked.append({"data": known[known["ds"] < "2024-04-20"], "future": known if has_future else None})
    for arguments in asked:
        try:
            forecast = model.predict(**arguments)
        except GatecastError:
            # other dates, names or columns than those that are passed
            continue
        assert np.isfinite(np.asarray(forecast["LSTM"], np.float64)).all(), "forecasts that are not finite"


Y = wave(60)
LONGER: dict[str, Any] = SMALL | {"epochs": 20}
UNFINISHED: dict[str, dict[str, Any]] = {
    "two networks": LONGER | {"transform": "none", "ensemble": 2, "learning_rate": 0.01},
    "selection": LONGER | {"transform": "auto"},
    "moving average": LONGER | {"transform": "none", "ema_decay": 0.9, "learning_rate": "find"},
}
# calls of the core until the interruption, which also count those of the selection
CALLS = {"two networks": 20, "selection": 90, "moving average": 12}


@functools.cache
def interrupted(kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and facts of the checkpoint of a fit that was interrupted in the middle."""
    ended = [None] * CALLS[kind] + [KeyboardInterrupt] * 99
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        model = forecaster(3, **UNFINISHED[kind], checkpoint=path)
        with (
            patch.object(loop, "SECONDS_PER_CALL", 0.0),
            patch.object(_Silent, "advance", side_effect=ended),
            contextlib.suppress(KeyboardInterrupt),
        ):
            model.fit(Y)
        content = path.read_bytes()
    return load(content), read_facts(content, "gatecast_checkpoint")


def checkpoint(rng: random.Random, folder: Path) -> None:
    """Break a checkpoint; what goes on from it must forecast finite numbers."""
    kind = rng.choice(sorted(UNFINISHED))
    arrays, facts = break_both(*interrupted(kind), rng)
    path = folder / "checkpoint"
    write_broken(path, "gatecast_checkpoint", arrays, facts)
    try:
        model = forecaster(3, **UNFINISHED[kind], checkpoint=path).fit(Y)
    except GatecastError:
        return
    assert np.isfinite(model.predict()["LSTM"]).all(), "forecasts that are not finite"


TARGETS: dict[str, Callable[[random.Random, Path], None]] = {"models": model_file, "checkpoints": checkpoint}


def main(target: str, n_cases: int, first: int = 0) -> int:
    """Run many cases; returns how many ended in another way than they may."""
    failed, slow = 0, []
    before = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in range(first, first + n_cases):
            started = time.perf_counter()
            try:
                TARGETS[target](random.Random(case), Path(folder))
            except Exception:
                failed += 1
                print(f"--- {target} {case}\n{traceback.format_exc()[-1500:]}", flush=True)
            slow.append((time.perf_counter() - started, case))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            if case > first + 200 and peak > before + 50:
                print(f"{case}: memory went from {before:.0f} to {peak:.0f} MB", flush=True)
            before = max(before, peak)
    print(f"{failed} of {n_cases} failed; the slowest: {sorted(slow)[-5:]}; at most {before:.0f} MB")
    return failed


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(bool(main(sys.argv[1], *map(int, sys.argv[2:]))))
