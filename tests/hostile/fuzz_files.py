"""What comes of files that are broken under a valid checksum? Errors of gatecast's own, or finite forecasts."""

import contextlib
import functools
import hashlib
import io
import json
import random
import re
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from safetensors.numpy import load

from gatecast import Drift, GatecastError, LSTMForecaster, ModelFileError, Naive, backtest
from gatecast.data.reading.files import read_table
from gatecast.training import loop
from gatecast.training.progress import _Silent
from gatecast.tuning import objective, tune
from gatecast.tuning.objective import Judged
from hostile.broken import NESTED, Arrays, break_arrays, break_facts, break_rows, nested, read_facts, write_broken
from made_series import COVARIATES, SMALL, forecaster, table, wave, with_covariates

__all__ = ["FILES", "model_file"]

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
            with warnings.catch_warnings():
                # weights that somebody changed forecast anything, and are told to be cut off
                warnings.simplefilter("ignore", UserWarning)
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


BACKTESTED = table(40)


def run_backtest(folder: Path) -> Any:
    """Compare two naive models in three windows, which are kept in a folder."""
    return backtest(BACKTESTED, 3, [Naive(3), Drift(3)], n_windows=3, folder=folder, progress=False)


@functools.cache
def kept_windows() -> dict[str, bytes]:
    """Files of a finished backtest."""
    with tempfile.TemporaryDirectory() as folder:
        run_backtest(Path(folder))
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def backtest_folder(rng: random.Random, folder: Path) -> None:
    """Break the facts or the table of a window; the backtest goes on, or says what is damaged."""
    for name, content in kept_windows().items():
        (folder / name).write_bytes(content)
    path = folder / rng.choice(sorted(name for name in kept_windows() if name.endswith(".json")))
    facts = json.loads(path.read_bytes())
    if "checksum" in facts and rng.random() < 0.5:
        content = parquet_bytes(pd.read_parquet(path.with_suffix(".parquet")), rng)
        path.with_suffix(".parquet").write_bytes(content)
        facts["checksum"] = hashlib.sha256(content).hexdigest()
    else:
        facts = break_facts(facts, rng)
    path.write_text(re.sub(NESTED, nested, json.dumps(facts)))
    with contextlib.suppress(GatecastError):
        run_backtest(folder)


def parquet_bytes(frame: pd.DataFrame, rng: random.Random) -> bytes:
    """Write a table as Parquet with another content, or with metadata that say something else than it holds."""
    import pyarrow as pa
    from pyarrow import parquet

    arrow = pa.Table.from_pandas(frame, preserve_index=rng.choice([None, True, False]))
    metadata = json.loads(arrow.schema.metadata[b"pandas"])
    way = rng.randrange(5)
    if way == 0:
        columns = [frame[name] for name in rng.sample(list(frame), rng.randint(1, frame.shape[1]))]
        arrow = pa.Table.from_pandas(pd.concat(columns, axis=1).iloc[: rng.randint(0, len(frame))])
    elif way == 1:
        arrow = arrow.replace_schema_metadata({b"pandas": rng.choice([b"", b"{", b"[]", b"null", b"\xff", b"{}"])})
    else:
        for _ in range(rng.choice(CHANGES)):
            metadata = break_facts(metadata, rng)
        text = re.sub(NESTED, nested, json.dumps(metadata))
        arrow = arrow.replace_schema_metadata({b"pandas": text.encode()})
    stream = io.BytesIO()
    parquet.write_table(arrow, stream)
    return stream.getvalue()


def parquet_table(rng: random.Random, folder: Path) -> None:
    """Break what a Parquet file says of its columns; what is read has the values that it holds."""
    frame = with_covariates(40)
    frame = rng.choice([frame, frame.set_index("ds"), frame.set_index(["unique_id", "ds"])])
    path = folder / "table.parquet"
    path.write_bytes(parquet_bytes(frame, rng))
    with contextlib.suppress(GatecastError):
        read_table(path)


SPACE = {"lookback": (4, 20), "learning_rate": (1e-3, 1e-1, "log"), "cell": ["lstm", "gru"]}
SPACE |= dict.fromkeys(("hidden_size", "n_layers", "batch_size", "epochs", "dropout", "weight_decay", "loss"))


def run_search(path: Path, n_trials: int) -> Any:
    """Search for settings by errors that nothing is trained for."""
    start = forecaster(3, **SMALL | {"transform": "none", "n_layers": 1, "batch_size": 8, "learning_rate": 0.01})
    error = lambda settings, *_: Judged((abs((settings.lookback or 50) - 15) + 1.0,), (0.0,))  # noqa: E731
    space: dict[str, Any] = {**SPACE, "transform": None}
    with patch.object(objective, "judge", error):
        return tune(Y, start, space=space, n_trials=n_trials, n_windows=1, study=path)


@functools.cache
def searched() -> bytes:
    """The file of a search of eight trials."""
    with tempfile.TemporaryDirectory() as folder:
        run_search(Path(folder) / "study.db", 8)
        return (Path(folder) / "study.db").read_bytes()


def study(rng: random.Random, folder: Path) -> None:
    """Break a cell, a row or some bytes of a study; the search goes on, or says that the study is damaged."""
    path = folder / "study.db"
    content = bytearray(searched())
    if rng.random() < 0.2:
        for _ in range(rng.choice(CHANGES)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
    else:
        path.write_bytes(content)
        with contextlib.closing(sqlite3.connect(path)) as file, file:
            break_rows(file, rng)
    # nobody else is making the file
    with patch("gatecast.tuning.study.TRIES", 1), contextlib.suppress(GatecastError):
        run_search(path, 1)


FILES: dict[str, Callable[[random.Random, Path], None]] = {
    "models": model_file,
    "checkpoints": checkpoint,
    "backtests": backtest_folder,
    "parquet": parquet_table,
    "studies": study,
}
