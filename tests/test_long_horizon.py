"""Is a forecast beyond the trained horizon what comes out when forecasts are taken for observations?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from made_series import COVARIATES, SMALL, with_covariates

DATA = with_covariates(200)
TRAIN, DAYS = DATA[DATA["ds"] < "2024-06-01"], pd.date_range("2024-06-01", periods=12)
KINDS: dict[str, dict[str, Any]] = {
    "sequence": {},
    "windows": {"mode": "windows"},
    "log1p": {"transform": "log1p"},
    "difference": {"transform": "difference"},
    "quantiles": {"loss": "quantile"},
    "normal": {"loss": "normal"},
}


@pytest.mark.parametrize("covariates", [{}, COVARIATES, {"calendar": True}], ids=["none", "all", "calendar"])
@pytest.mark.parametrize("kind", KINDS)
def test_block_by_block_as_by_hand(kind: str, covariates: dict[str, Any]) -> None:
    settings = {"transform": "none", "season_length": 7} | SMALL | covariates | KINDS[kind]
    model = LSTMForecaster(horizon=4, **settings).fit(TRAIN)
    future = {"future": DATA} if covariates.get("future") else {}
    long = model.predict(horizon=11, **future)
    short = model.predict(**future)
    assert len(long) == 2 * 11
    head = long.groupby("unique_id").head(4).reset_index(drop=True)
    pd.testing.assert_frame_equal(head, short)
    # what is known ahead is read, what is known of the past alone stays as it was: the steps are not observed
    fed = TRAIN
    expected = [short]
    for begin in (4, 8):
        # the middle of the paths is what the network itself goes on from
        block = expected[-1].rename(columns={"LSTM": "y"})[["unique_id", "ds", "y"]]
        known = DATA.drop(columns="y").merge(block, on=["unique_id", "ds"])
        last = fed.groupby("unique_id")[["visitors", "mood"]].last()
        known[["visitors", "mood"]] = last.loc[known["unique_id"]].to_numpy()
        known["visitors"] = known["visitors"].astype(int)
        fed = pd.concat([fed, known], ignore_index=True)
        expected.append(model.predict(horizon=min(4, 11 - begin), data=fed, **future))
    by_hand = pd.concat(expected).sort_values(["unique_id", "ds"])["LSTM"].to_numpy()
    # values fed back are rounded to single precision once more; differences and logarithms add to that
    np.testing.assert_allclose(long["LSTM"], by_hand, rtol=2e-5)


def test_intervals_and_paths_go_on_beyond_the_trained_horizon() -> None:
    model = LSTMForecaster(horizon=4, **SMALL).fit(TRAIN)
    table = model.predict(11, level=[50, 90])
    assert np.isfinite(table.iloc[:, 2:].to_numpy(float)).all()
    assert (table["LSTM-lo-90"] <= table["LSTM-lo-50"]).all()
    paths = model.simulate(7, horizon=11)
    assert len(paths) == 2 * 7 * 11
    assert np.isfinite(paths["LSTM"]).all()
