"""How many series does a core of a cluster forecast, beside a core of one machine? Without training, in the same run.

`python benchmarks/cluster.py dask|ray|spark [--series 20000] [--json FILE]`, in `.venv-cluster` (`make test-cluster`).
Made monthly series are laid on two workers of one thread each. This process forecasts all of them in one call of
`gatecast.forecast` on two threads, the cluster by `gatecast.distributed.forecast` (with its shuffle by id, or by
`--whole` without it, and a count of what comes back), and this process once more. A core's throughput is series per
second of processor time, of all processes of the engine (scheduler, Java, shuffle and copies included); seconds on the
clock are told as well. Let the machine be quiet: engines look after their workers by the clock, also while these wait.
Memory is the largest that any worker of Python held, its libraries included.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

import gatecast
from gatecast import PretrainedLSTM, distributed

HORIZON, SEASON, FREQ, LEVEL = 12, 12, "MS", 80
N_WORKERS = 2
MODEL = PretrainedLSTM(horizon=HORIZON, season_length=SEASON)


def monthly(first: int, n_series: int, n_points: int) -> pd.DataFrame:
    """Make some of the series, the same ones wherever they are made."""
    rng, t = np.random.default_rng(first), np.arange(n_points)
    y = (
        rng.uniform(10, 100, (n_series, 1))
        + 5 * np.sin(2 * np.pi * t / SEASON)
        + rng.normal(0, 1, (n_series, n_points))
    )
    names = [f"series-{s:08d}" for s in range(first, first + n_series)]
    times = pd.date_range("2017-01-01", periods=n_points, freq=FREQ)
    return pd.DataFrame({"unique_id": np.repeat(names, n_points), "ds": np.tile(times, n_series), "y": y.ravel()})


def made(numbers: pd.DataFrame, size: int, n_points: int) -> pd.DataFrame:
    """Make the series of the partitions with some numbers."""
    return pd.concat([monthly(int(k) * size, size, n_points) for k in numbers["id"]], ignore_index=True)


class Watch:
    """Processor time of this process and its children since it began, and the most memory that a child held."""

    def __init__(self) -> None:
        self.most, self.own = 0, 0.0
        self.before, self.began = self._times(), time.perf_counter()
        self.own_before = time.process_time()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _times(self) -> dict[int, float]:
        found = {}
        for child in psutil.Process().children(recursive=True):
            try:
                spent = child.cpu_times()
                found[child.pid] = spent.user + spent.system
                # Java is no worker of Python
                self.most = max(self.most, 0 if "java" in child.name() else child.memory_info().rss)
            except psutil.Error:
                continue
        return found

    def _look(self) -> None:
        while not self.is_over.wait(0.5):
            self._times()
        # looking is no work of the engine
        self.own = time.thread_time()

    def stop(self) -> dict[str, float]:
        """Return seconds of processor time, those on the clock, and megabytes."""
        clock = time.perf_counter() - self.began
        self.is_over.set()
        self.thread.join()
        own = time.process_time() - self.own_before - self.own
        spent = sum(seconds - self.before.get(pid, 0.0) for pid, seconds in self._times().items())
        return {"processor_seconds": spent + own, "clock_seconds": clock, "worker_megabytes": self.most / 1e6}


@contextmanager
def on_dask(size: int, n_parts: int, n_points: int):
    import dask.dataframe
    from distributed import Client, LocalCluster, wait

    options = {"n_workers": N_WORKERS, "threads_per_worker": 1, "dashboard_address": None}
    # workers keep what they freed, and need not ask the system for it in each partition
    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**27})
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        make = partial(_one, size=size, n_points=n_points)
        table = dask.dataframe.from_map(make, range(n_parts)).persist()
        wait(table)
        client.run(_warm_up)
        yield table, lambda forecast: len(forecast)


@contextmanager
def on_spark(size: int, n_parts: int, n_points: int):
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    options = {"spark.ui.enabled": "false", "spark.driver.memory": "3g", "spark.sql.session.timeZone": "UTC"}
    spark = SparkSession.builder.master(f"local[{N_WORKERS}]").config(map=options).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    numbers = spark.range(n_parts).repartition(n_parts)
    make = partial(_batches, size=size, n_points=n_points)
    table = numbers.mapInPandas(make, "unique_id string, ds timestamp, y double").cache()
    table.count()
    yield table, lambda forecast: forecast.count()
    spark.stop()


@contextmanager
def on_ray(size: int, n_parts: int, n_points: int):
    import ray

    # its workers would give way to all other work of the machine
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  as Ray spells it
    ray.init(num_cpus=N_WORKERS, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    make = partial(made, size=size, n_points=n_points)
    table = ray.data.range(n_parts, override_num_blocks=n_parts).map_batches(make, batch_format="pandas").materialize()
    yield table, lambda forecast: forecast.materialize().count()
    ray.shutdown()


def _one(number: int, size: int, n_points: int) -> pd.DataFrame:
    return monthly(number * size, size, n_points)


def _batches(batches, size: int, n_points: int):
    for batch in batches:
        yield made(batch, size, n_points)


def _warm_up() -> None:
    """Load the libraries and the networks, which each process does once."""
    gatecast.forecast(monthly(0, 2, 30), HORIZON, level=LEVEL, season_length=SEASON)


ENGINES = {"dask": on_dask, "spark": on_spark, "ray": on_ray}


def on_one_machine(frame: pd.DataFrame) -> float:
    """Return series per second of processor time of `gatecast.forecast` on as many threads as there are workers."""
    began = time.process_time()
    gatecast.forecast(frame, HORIZON, level=LEVEL, season_length=SEASON, freq=FREQ, n_threads=N_WORKERS)
    return frame["unique_id"].nunique() / (time.process_time() - began)


def measure(engine: str, n_series: int, n_points: int, n_parts: int, *, is_whole: bool) -> dict[str, object]:
    """Measure one machine, the cluster, and one machine again."""
    size = n_series // n_parts
    frame = made(pd.DataFrame({"id": range(n_parts)}), size, n_points)
    _warm_up()
    alone = [on_one_machine(frame)]
    with ENGINES[engine](size, n_parts, n_points) as (table, count):
        how = {"is_whole": True} if is_whole else {"n_partitions": n_parts}
        run = partial(distributed.forecast, model=MODEL, level=LEVEL, freq=FREQ, **how)
        watch = Watch()
        n_rows = count(run(table))
        found = watch.stop()
    alone.append(on_one_machine(frame))
    assert n_rows == size * n_parts * HORIZON
    per_core = size * n_parts / found["processor_seconds"]
    return {
        "engine": engine,
        "series": size * n_parts,
        "points": n_points,
        "partitions": n_parts,
        "is_whole": is_whole,
        "load": os.getloadavg()[0],
        "series_per_core_second": per_core,
        "alone": alone,
        "share_of_alone": per_core / float(np.mean(alone)),
        **found,
    }


def told(found: dict[str, object]) -> str:
    return (
        f"{found['engine']}: {found['series']:,} series of {found['points']} points, {found['partitions']} partitions: "
        f"{found['series_per_core_second']:,.0f} series per core and second, {found['share_of_alone']:.0%} of "
        f"gatecast.forecast on one machine ({np.mean(found['alone']):,.0f}); {found['worker_megabytes']:,.0f} MB in "
        f"the largest worker; {found['clock_seconds']:.1f} s on the clock"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--whole", action="store_true", help="partitions hold whole series, so nothing is shuffled")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = measure(options.engine, options.series, options.points, options.partitions, is_whole=options.whole)
    print(told(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
