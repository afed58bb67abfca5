"""Does Dask forecast as one machine does, on a local cluster of two workers, also where one is killed in mid-job?

Run by `make test-cluster`.
"""

import os
import signal
import time

import dask.dataframe
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from cluster.checks import FRAME, POINTS, ZERO_SHOT, alike, check_forecasts, check_joblib
from cluster.made_frames import monthly
from gatecast import PretrainedLSTM, distributed, partition


@pytest.fixture(scope="module")
def client():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "memory_limit": "1.5GB"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


def table_of(frame, n_partitions=3):
    scattered = frame.sample(frac=1, random_state=0).reset_index(drop=True)
    return dask.dataframe.from_pandas(scattered, npartitions=n_partitions)


def test_forecasts_on_two_workers(client):
    check_forecasts(table_of(FRAME), lambda made: made.compute())


def test_nothing_is_computed_before_it_is_asked_for(client):
    ran = []
    table = table_of(FRAME).map_partitions(lambda rows: ran.append(1) or rows, meta=FRAME.iloc[:0])
    with dask.config.set({"scheduler": "synchronous", "dataframe.shuffle.method": "tasks"}):
        made = distributed.forecast(table, ZERO_SHOT, freq="MS")
        assert ran == []
        assert isinstance(made, dask.dataframe.DataFrame)
        made.compute()
        assert ran


def test_partitions_that_hold_whole_series_stay_where_they_are(client):
    table = dask.dataframe.from_map(lambda s: FRAME[FRAME["unique_id"] == f"s{s:03d}"], range(12))
    made = distributed.forecast(table, ZERO_SHOT, freq="MS", is_whole=True)
    assert made.npartitions == 12
    alike(made.compute()[POINTS], partition.forecast(FRAME, 3, season_length=12, freq="MS"))


def test_a_worker_that_is_killed_loses_nothing(client, tmp_path):
    def slow(rows):
        # says that it has begun, and waits for the kill or until that is over
        (tmp_path / f"began-{os.getpid()}").touch()
        while not (tmp_path / "killed").exists():
            time.sleep(0.05)
        return rows

    frame = monthly(16)
    whole = dask.dataframe.from_map(lambda k: frame[frame["unique_id"].str[1:].astype(int) % 8 == k], range(8))
    table = whole.map_partitions(slow, meta=frame.iloc[:0])
    future = client.compute(distributed.forecast(table, ZERO_SHOT, freq="MS", is_whole=True))
    while not list(tmp_path.glob("began-*")):
        time.sleep(0.05)
    pid = int(next(tmp_path.glob("began-*")).name.removeprefix("began-"))
    os.kill(pid, signal.SIGKILL)
    (tmp_path / "killed").touch()
    made = future.result(timeout=240)
    alike(made, partition.forecast(frame, 3, season_length=12, freq="MS"))
    client.wait_for_workers(2, timeout=240)
    assert pid not in client.run(os.getpid).values()


def test_backtests_over_joblib(client):
    check_joblib("dask")


def test_a_model_is_sent_once_and_kept():
    partition._unpacked.cache_clear()
    content = partition.model_bytes(PretrainedLSTM(3, season_length=12).fit(FRAME, target_col="y"))
    table = dask.dataframe.from_pandas(FRAME, npartitions=1)
    meta = partition.schema(table.dtypes).empty
    with dask.config.set(scheduler="synchronous"):
        for _ in range(2):
            made = table.map_partitions(lambda rows: partition.predict_with(content, rows), meta=meta)
            assert len(made.compute()) == len(pd.unique(FRAME["unique_id"])) * 3
    assert partition._unpacked.cache_info().misses == 1
