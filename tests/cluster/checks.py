"""What is asked of every real engine: the same forecasts as those of the functions for partitions on plain tables."""

import joblib
import pandas as pd

from cluster.made_frames import monthly, sorted_rows
from gatecast import (
    LSTMForecaster,
    Naive,
    PretrainedLSTM,
    SeasonalNaive,
    Training,
    backtest,
    distributed,
    partition,
    tune,
)

FRAME = monthly(12)
ZERO_SHOT = PretrainedLSTM(horizon=3, season_length=12)
QUICK = LSTMForecaster(
    3, hidden_size=4, lookback=24, pretrained="none", ensemble=1, training=Training(epochs=1), progress=False
)
POINTS = ["unique_id", "ds", "LSTM"]
# sums over the series of a partition are not added in the order of the table
SAME = 1e-6


def alike(made, expected, by=("unique_id", "ds")):
    """Compare two tables whatever the order of their rows, and what an engine makes of texts and numbers."""
    expected = sorted_rows(expected, by)
    pd.testing.assert_frame_equal(sorted_rows(made, by).astype(expected.dtypes), expected, rtol=SAME)


def check_forecasts(table, to_pandas, engine=None):
    """Check the three kinds of forecasts of a table that holds the rows of `FRAME`."""
    made = to_pandas(distributed.forecast(table, ZERO_SHOT, level=80, freq="MS", n_partitions=2, engine=engine))
    assert list(made) == list(partition.schema(FRAME.dtypes, 80).dtypes)
    alike(made[POINTS], partition.forecast(FRAME, 3, season_length=12, freq="MS"))
    model = distributed.fit(table, QUICK, sample=6, strata=["region"], engine=engine)
    told = "The model learned from 6 of 12 series, as many of each value of 'region', drawn by the hash of their names"
    assert model.decisions_[-1].startswith(told)
    made = to_pandas(distributed.forecast(table, model, level=80, n_partitions=2, engine=engine))
    alike(made, partition.predict_with(partition.model_bytes(model), FRAME, 80))
    made = to_pandas(distributed.forecast(table, ZERO_SHOT, by="region", n_partitions=2, engine=engine))
    alike(made, partition.fit_predict(FRAME, ZERO_SHOT, by="region"), ("region", "unique_id", "ds"))


def check_joblib(backend):
    """Check that a backtest and a search on a backend of joblib find what they find in one process."""
    models = [Naive(), SeasonalNaive(season_length=12), ZERO_SHOT]
    options = {"n_windows": 2, "season_length": 12, "target_col": "y", "progress": False}
    search = {"space": {"lookback": (12, 24)}, "n_trials": 2, "n_windows": 2, "target_col": "y"}
    alone = tune(FRAME, QUICK, **search)
    expected = backtest(FRAME, 3, models, **options)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        found = backtest(FRAME, 3, models, **options)
        tuned = tune(FRAME, QUICK, **search)
    pd.testing.assert_frame_equal(found.forecasts, expected.forecasts, rtol=SAME)
    assert found.failures == {}
    assert tuned.settings == alone.settings
    pd.testing.assert_frame_equal(tuned.model.predict(), alone.model.predict())
