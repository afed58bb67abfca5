"""Is a forecast beyond the trained horizon what comes out when forecasts are taken for observations?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_series import COVARIATES, SMALL, forecaster, with_covariates

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
    model = forecaster(horizon=4, **settings).fit(TRAIN)
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
    model = forecaster(horizon=4, **SMALL).fit(TRAIN)
    table = model.predict(11, level=[50, 90])
    assert np.isfinite(table.iloc[:, 2:].to_numpy(float)).all()
    assert (table["LSTM-lo-90"] <= table["LSTM-lo-50"]).all()
    paths = model.simulate(7, horizon=11)
    assert len(paths) == 2 * 7 * 11
    assert np.isfinite(paths["LSTM"]).all()


def walks(share: float, n_series: int = 40, n: int = 260) -> np.ndarray:
    """Random walks that keep `share` of the last value, with noise of 1, `(n_series, n)`."""
    steps = np.random.default_rng(0).normal(size=(n_series, n))
    for t in range(1, n):
        steps[:, t] += share * steps[:, t - 1]
    return 100 + steps


@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("loss", ["mae", "normal"])
def test_intervals_of_a_random_walk_hold_beyond_the_trained_horizon(horizon: int, loss: str) -> None:
    y = walks(1.0)
    times, ids = np.tile(np.arange(260), 40), np.repeat(np.arange(40), 260)
    data = pd.DataFrame({"unique_id": ids, "ds": times, "y": y.ravel()})
    made = SMALL | {"transform": "none", "season_length": 1, "loss": loss, "epochs": 10, "learning_rate": 0.003}
    model = forecaster(horizon, **made).fit(data[data["ds"] < 240])
    found = model.predict(20, level=80)
    lower, upper = (found[f"LSTM-{end}-80"].to_numpy().reshape(40, 20) for end in ("lo", "hi"))
    width = (upper - lower).mean(axis=0)
    # the error of h steps has h times the variance of one
    np.testing.assert_allclose(width[[10, 19]] / width[0], np.sqrt([11, 20]), rtol=0.25)
    inside = ((lower <= y[:, 240:]) & (y[:, 240:] <= upper))[:, 8:].mean()
    # 40 walks of 12 steps that hang together are worth about 60 independent ones: three of their standard errors
    assert inside == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 60))
    paths = model.simulate(200, 20)["LSTM"].to_numpy().reshape(40, 200, 20)
    assert paths[:, :, 19].std(axis=1).mean() / paths[:, :, 0].std(axis=1).mean() == pytest.approx(20**0.5, rel=0.25)


def test_intervals_of_noise_stay_as_wide_as_they_were() -> None:
    data = pd.DataFrame({"unique_id": np.repeat(np.arange(40), 260), "ds": np.tile(np.arange(260), 40)})
    data["y"] = walks(0.0).ravel()
    made = SMALL | {"transform": "none", "season_length": 1, "epochs": 20, "learning_rate": 0.01, "validation_size": 60}
    found = forecaster(horizon=6, **made).fit(data).predict(24, level=80)
    width = (found["LSTM-hi-80"] - found["LSTM-lo-80"]).to_numpy().reshape(40, 24).mean(axis=0)
    # the slope of a line through six widths, measured on 2,200 windows, is not quite zero
    assert width[23] / width[:6].mean() < 1.3


def test_learned_intervals_without_measured_errors_grow_as_on_a_random_walk() -> None:
    model = forecaster(horizon=2, **SMALL, transform="none", validation_size=0, loss="normal").fit(TRAIN)
    found = model.predict(2, level=80), model.predict(6, level=80)
    width = [(f["LSTM-hi-80"] - f["LSTM-lo-80"]).to_numpy().reshape(2, -1) for f in found]
    np.testing.assert_array_equal(width[1][:, :2], width[0])
    assert (width[1][:, 4:] > 1.2 * width[0]).all()
