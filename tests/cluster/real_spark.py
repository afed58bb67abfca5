"""Does Spark forecast as one machine does, in local mode with two threads? Run by `make test-cluster`."""

import os
import sys

import pytest
from joblibspark import register_spark
from pyspark.sql import SparkSession

from cluster.checks import FRAME, ZERO_SHOT, check_forecasts, check_joblib
from gatecast import distributed


@pytest.fixture(scope="module")
def spark():
    # workers are to have the Python that runs the tests, and its paths
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    options = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "UTC"}
    session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()
    yield session
    session.stop()


def test_forecasts_on_two_threads(spark):
    check_forecasts(spark.createDataFrame(FRAME), lambda made: made.toPandas())


@pytest.mark.parametrize("type_", ["date", "timestamp_ntz"])
def test_times_keep_their_type(spark, type_):
    table = spark.createDataFrame(FRAME)
    table = table.withColumn("ds", table["ds"].cast(type_))
    made = distributed.forecast(table, ZERO_SHOT, freq="MS")
    assert dict(made.dtypes)["ds"] == type_
    # the last month of the data is December 2022
    first = made.orderBy("unique_id", "ds").first()
    assert str(first["ds"])[:10] == "2023-01-01"
    assert made.join(table, ["unique_id", "ds"], "left_anti").count() == 36


def test_functions_of_partitions_by_hand(spark):
    from gatecast import partition

    made = partition.schema(dict(spark.createDataFrame(FRAME).dtypes), 80)
    call = (
        spark.createDataFrame(FRAME)
        .groupBy("region")
        .applyInPandas(lambda rows: partition.forecast(rows, 3, 80, season_length=12), made.ddl)
    )
    assert call.columns == list(made.dtypes)
    assert call.count() == 36


def test_backtests_over_joblib(spark):
    register_spark()
    check_joblib("spark")
