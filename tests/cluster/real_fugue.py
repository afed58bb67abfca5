"""Does Fugue forecast as one machine does, on its own engine and on Dask? Run by `make test-cluster`."""

import fugue.api as fa
import pytest
from distributed import Client, LocalCluster

from cluster.checks import FRAME, check_forecasts


def test_forecasts_on_the_native_engine():
    check_forecasts(FRAME, fa.as_pandas, engine="native")


def test_forecasts_of_a_table_of_fugue():
    check_forecasts(fa.as_fugue_df(FRAME), fa.as_pandas)


@pytest.mark.filterwarnings("default")
def test_forecasts_on_dask():
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster):
        check_forecasts(FRAME, fa.as_pandas, engine="dask")
