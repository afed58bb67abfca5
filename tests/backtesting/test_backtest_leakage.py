"""Does a backtest keep the future from models, and does changing the future change nothing?"""

import numpy as np
import pandas as pd
import pytest

from backtesting.planted import Mean, Peeks, Remembers
from gatecast import (
    MSTL,
    SARIMA,
    AutoARIMA,
    AutoETS,
    AutoTheta,
    Drift,
    LinearAR,
    Naive,
    SeasonalNaive,
    WindowAverage,
    backtest,
)
from made_series import COVARIATES, SMALL, forecaster, table, with_covariates

H, N_WINDOWS = 3, 2


def with_other_future(data: pd.DataFrame, begin: int) -> pd.DataFrame:
    """Change all that is not known ahead from some day on."""
    changed = data.copy()
    later = changed["ds"] >= changed["ds"].unique()[begin]
    changed.loc[later, "y"] = changed.loc[later, "y"].to_numpy()[::-1] * 3 + 50
    if "visitors" in changed:
        changed.loc[later, "visitors"] = 999
    return changed


def future_reaches(make, data: pd.DataFrame) -> bool:
    """Tell whether forecasts from the first origins change with what comes behind each origin.

    Args:
        make: Makes the model; a user who gives it the table does so with each table.
        data: Whole days of all series.
    """
    n = data["ds"].nunique()
    settings = {"horizon": H, "n_windows": N_WINDOWS, "level": None, "progress": False}
    as_it_was = backtest(data, models={"m": make(data)}, **settings)
    for window in range(N_WINDOWS):
        origin = n - H * (N_WINDOWS - window)
        other = with_other_future(data, origin)
        found = [as_it_was, backtest(other, models={"m": make(other)}, **settings)]
        assert all((f.runs["error"] == "").all() for f in found)
        cutoff = data["ds"].unique()[origin - 1]
        before, after = (f.forecasts.loc[f.forecasts["cutoff"] <= cutoff, "m"] for f in found)
        if not np.array_equal(before, after):
            return True
    return False


OURS = {
    "LSTM": forecaster(H, **SMALL, transform="none"),
    "Naive": Naive(H),
    "SeasonalNaive": SeasonalNaive(H, season_length=7),
    "Drift": Drift(H),
    "WindowAverage": WindowAverage(H),
    "AutoARIMA": AutoARIMA(H, season_length=1),
    "SARIMA": SARIMA(H, order=(1, 0, 0), season_length=1),
    "AutoETS": AutoETS(H, season_length=7),
    "AutoTheta": AutoTheta(H),
    "MSTL": MSTL(H, season_length=7),
    "LinearAR": LinearAR(H),
    "mean": Mean(H),
}


@pytest.mark.parametrize("model", OURS.values(), ids=OURS)
def test_future_reaches_none_of_our_models(model):
    assert not future_reaches(lambda data: model, table(48))


def test_future_reaches_no_model_with_covariates():
    model = forecaster(H, **SMALL, **COVARIATES, transform="none")
    assert not future_reaches(lambda data: model, with_covariates(60))


def test_planted_leak_is_caught():
    assert future_reaches(lambda data: Peeks(data, H), table(48, ids=("a",)))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_model_finds_nothing_of_the_future_in_what_it_is_given(n_jobs):
    data = table(48, ids=("a",))
    whole, model = data.copy(), Remembers(H)
    found = backtest(data, H, {"m": model}, n_windows=4, step_size=1, level=None, n_jobs=n_jobs, progress=False)
    assert (found.runs["error"] == "").all()
    # one fit, an array as long as the training part, no more values seen than its own
    assert found.forecasts["m"].unique().tolist() == [1.0]
    assert model.seen == {}
    pd.testing.assert_frame_equal(data, whole)


def test_model_that_leaves_something_behind_would_have_been_seen():
    data, model = table(48, ids=("a",)), Remembers(H)
    model.fit(data.iloc[:40].copy())
    model.fit(data.iloc[:20].copy())
    assert model.predict()["Mean"].iloc[0] > 1.0
