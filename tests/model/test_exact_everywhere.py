"""Is a model the same whatever the order of its series, the types of its settings and the tasks that use it at once?"""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import DataError, LSTMForecaster, Network, PretrainedLSTM, Training
from made_series import SMALL, forecaster, wave

LENGTHS = {"s1": 90, "s2": 200, "s10": 130, "b": 70, "7": 150}
ENDS = pd.date_range("2024-01-01", periods=200)
SERIES = [
    pd.DataFrame({"unique_id": name, "ds": ENDS[-n:], "y": wave(n, period=5 + k, seed=k)})
    for k, (name, n) in enumerate(LENGTHS.items())
]
TABLE = pd.concat(SERIES, ignore_index=True)


def by_id(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["unique_id", "ds"], ignore_index=True)


@pytest.fixture(scope="module")
def expected() -> LSTMForecaster:
    return forecaster(2, **SMALL, season_length=5).fit(TABLE)


@pytest.mark.parametrize(
    "other",
    [
        pd.concat(SERIES[::-1]),
        TABLE.iloc[::-1],
        TABLE.sample(frac=1, random_state=3),
        TABLE.sort_values(["ds", "unique_id"]),
    ],
    ids=["series", "backwards", "mixed", "by time"],
)
def test_order_of_series_and_rows_does_not_change_a_bit(expected: LSTMForecaster, other: pd.DataFrame) -> None:
    model = forecaster(2, **SMALL, season_length=5).fit(other)
    names = other["unique_id"].unique().tolist()
    assert model.fitted_.after.ids.tolist() == names
    forecast = model.predict(level=80)
    assert forecast["unique_id"].drop_duplicates().tolist() == names
    pd.testing.assert_frame_equal(by_id(forecast), by_id(expected.predict(level=80)), check_exact=True)
    for one, two in zip(model.fitted_.ensemble.networks, expected.fitted_.ensemble.networks, strict=True):
        np.testing.assert_array_equal(one.weights, two.weights)
    newer = TABLE.groupby("unique_id").tail(3).assign(ds=lambda rows: rows["ds"] + pd.Timedelta("3D"))
    again, before = model.predict(data=newer), expected.predict(data=newer)
    np.testing.assert_allclose(by_id(again)["LSTM"], by_id(before)["LSTM"], rtol=1e-5)


PLAIN: dict[str, Any] = {
    "horizon": 2,
    "lookback": 12,
    "hidden_size": 8,
    "n_layers": 1,
    "ensemble": 2,
    "seed": 3,
    "n_threads": 1,
    "season_length": (7,),
    "loss": "quantile",
    "quantiles": (0.1, 0.5, 0.9),
    "progress": False,
    "network": Network(dropout=0.25, dilations=(1,), decoder_sizes=(4,)),
    "training": Training(epochs=2, batch_size=8, learning_rate=0.01, validation_size=0.25, patience=5),
}
NUMPY: dict[str, Any] = {
    "horizon": np.int64(2),
    "lookback": np.int32(12),
    "hidden_size": np.int64(8),
    "n_layers": np.int8(1),
    "ensemble": np.uint8(2),
    "seed": np.int64(3),
    "n_threads": np.int64(1),
    "progress": np.bool_(False),
    "season_length": np.array(7),
    "loss": np.str_("quantile"),
    "quantiles": np.array([0.1, 0.5, 0.9]),
    "network": Network(dropout=np.float32(0.25), dilations=np.array([1]), decoder_sizes=np.array([4])),  # type: ignore[arg-type]
    "training": Training(
        epochs=np.int64(2),  # type: ignore[arg-type]
        batch_size=np.int64(8),  # type: ignore[arg-type]
        learning_rate=np.float64(0.01),
        validation_size=np.float64(0.25),
        patience=np.int64(5),  # type: ignore[arg-type]
    ),
}


def test_settings_of_numpy_are_stored_like_plain_ones(tmp_path: Path) -> None:
    plain, other = (LSTMForecaster(**settings).fit(wave(200)) for settings in (PLAIN, NUMPY))
    pd.testing.assert_frame_equal(other.predict(level=80), plain.predict(level=80), check_exact=True)
    other.save(tmp_path / "model.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(loaded.predict(np.int64(3)), plain.predict(3), check_exact=True)
    assert other.settings_.values() == plain.settings_.values() | {"season_length": 7}


@pytest.mark.parametrize("size", [1e301, 1.7e308])
def test_values_whose_differences_are_no_numbers_are_an_error(size: float) -> None:
    told = "Series 'y' holds .* at .*, and values up to 1e\\+300 were expected"
    for y in (wave(60) / 20 * size, np.r_[wave(60), -size], np.where(np.arange(60) % 2, size, -size)):
        for data in (y, pd.Series(y, index=pd.date_range("2024-01-01", periods=len(y)))):
            with pytest.raises(DataError, match=told):
                PretrainedLSTM(2).fit(data)
    model = PretrainedLSTM(2).fit(wave(60))
    with pytest.raises(DataError, match=told):
        model.predict(data=[1.0, size])
    with pytest.raises(DataError, match="`value` must be at most 1e\\+300"):
        model.stream().update(size)


@pytest.mark.parametrize("kind", [np.sin, np.sign, np.abs])
def test_forecasts_of_the_largest_values_are_numbers(kind: Any) -> None:
    y = kind(np.sin(np.arange(120))) * 1e300
    assert np.isfinite(PretrainedLSTM(2).fit(y).predict(level=80).iloc[:, 2:].to_numpy()).all()


def test_eight_threads_that_predict_at_once_are_exact(expected: LSTMForecaster) -> None:
    alone = expected.predict(level=80)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: expected.predict(level=80), range(40)):
            pd.testing.assert_frame_equal(found, alone, check_exact=True)


def test_tasks_of_an_event_loop_are_exact(expected: LSTMForecaster) -> None:
    async def work() -> list[pd.DataFrame]:
        return await asyncio.gather(*(asyncio.to_thread(expected.predict, 3) for _ in range(12)))

    alone = expected.predict(3)
    for found in asyncio.run(work()):
        pd.testing.assert_frame_equal(found, alone, check_exact=True)


FORKED = """
import warnings
import numpy as np
from joblib import Parallel, delayed
from gatecast import PretrainedLSTM

warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
y = 10 + np.sin(np.arange(140) / 3)
model = PretrainedLSTM(3, n_threads=2).fit(y)
alone = model.predict(level=80)
found = Parallel(2, backend="multiprocessing")(delayed(model.predict)(level=80) for _ in range(4))
again = Parallel(2, backend="multiprocessing")(delayed(PretrainedLSTM(3, n_threads=2).fit)(y) for _ in range(2))
print(all(one.equals(alone) for one in (*found, *(other.predict(level=80) for other in again))))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_processes_that_are_forked_from_a_server_are_exact() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(gatecast.__file__).parents[1])}
    environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
    done = subprocess.run([sys.executable, "-c", FORKED], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
