"""Does Ray forecast as one machine does, on two processors? Run by `make test-cluster`."""

import os
import sys

import pytest
import ray
from ray.util.joblib import register_ray

from cluster.checks import FRAME, ZERO_SHOT, check_forecasts, check_joblib
from gatecast import distributed


@pytest.fixture(scope="module", autouse=True)
def cluster():
    # workers are to have the paths of the tests
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    # Ray has its workers give way to all other work of the machine
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  as Ray spells it
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def table():
    return ray.data.from_pandas([FRAME.iloc[::2], FRAME.iloc[1::2]])


def test_forecasts_on_two_processors():
    check_forecasts(table(), lambda made: made.to_pandas())


def test_blocks_that_hold_whole_series_stay_where_they_are():
    whole = ray.data.from_pandas([rows for _, rows in FRAME.groupby("region")])
    made = distributed.forecast(whole, ZERO_SHOT, is_whole=True).to_pandas()
    assert made.groupby("unique_id").size().tolist() == [3] * 12


def test_backtests_over_joblib():
    register_ray()
    check_joblib("ray")
