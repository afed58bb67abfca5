"""Does nothing of the future reach a forecast, and nothing that is held out reach what is learned?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster
from made_series import COVARIATES, SMALL, forecaster, with_covariates

KINDS: dict[str, dict[str, Any]] = {
    "sequence": {},
    "windows": {"mode": "windows"},
    "attention": {"mode": "windows", "attention": True, "bidirectional": True},
    "dilated": {"dilations": (1, 3), "residual": True},
    "ensemble": {"ensemble": 2},
    "log1p": {"transform": "log1p"},
    "box-cox": {"transform": "box-cox"},
    "difference": {"transform": "difference"},
    "seasonal difference": {"transform": "seasonal-difference", "season_length": 7},
    "quantiles": {"loss": "quantile"},
    "plain": {"skip": "none"},
}
DATA = with_covariates(220)
DAYS = sorted(DATA["ds"].unique())
END, LATER = DAYS[180], DAYS[200]


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest) -> LSTMForecaster:
    made = forecaster(horizon=4, **{"transform": "none"} | SMALL | COVARIATES | KINDS[request.param])
    return made.fit(DATA[DATA["ds"] < END])


def changed(columns: list[str], begin: Any) -> pd.DataFrame:
    """The data with other values of some columns from a day on."""
    data = DATA.copy()
    rows = data["ds"] >= begin
    for name in columns:
        data.loc[rows, name] = data.loc[rows, name].to_numpy()[::-1]
        if name == "y":
            data.loc[rows, name] = 50.0
        if name == "visitors":
            data.loc[rows, name] = 999
    return data


def insample(model: LSTMForecaster, data: pd.DataFrame) -> np.ndarray:
    return model.predict_insample(data)["LSTM"].to_numpy()


def test_forecast_of_a_point_depends_on_nothing_behind_its_origin(model: LSTMForecaster) -> None:
    before, after = insample(model, DATA), insample(model, changed(["y", "visitors", "mood"], LATER))
    until = (DATA["ds"] <= LATER).to_numpy()
    np.testing.assert_array_equal(before[until], after[until])
    assert (before[~until] != after[~until]).mean() > 0.9


def test_forecast_knows_what_is_known_ahead_for_its_own_steps(model: LSTMForecaster) -> None:
    """Of what is known ahead the steps to be forecast count, and none behind them."""
    before, after = insample(model, DATA), insample(model, changed(["price", "weather"], LATER))
    until = (DATA["ds"] < LATER).to_numpy()
    np.testing.assert_array_equal(before[until], after[until])
    assert (before[~until] != after[~until]).any()


def test_every_step_reacts_to_the_newest_observation(model: LSTMForecaster) -> None:
    data = DATA[DATA["ds"] < LATER]
    newest = data["ds"] == DAYS[199]
    other = data.assign(y=np.where(newest, data["y"] + 1.0, data["y"]))
    one, two = (model.predict(data=d, future=DATA)["LSTM"].to_numpy() for d in (data, other))
    assert (one != two).all()


def test_held_out_rows_do_not_change_the_forecasts_before_them(model: LSTMForecaster) -> None:
    """The first forecasts of `evaluate` are those of `predict`, whatever comes later."""
    one = model.evaluate(DATA)
    only = DATA[DATA["ds"] <= END]
    first = model.evaluate(only)
    forecast = model.predict(horizon=1, future=DATA)["LSTM"].to_numpy()
    actual = only.loc[only["ds"] == END, "y"].to_numpy()
    # one origin with one point of each of the two series
    assert first.n_origins == 2
    assert first.mae == pytest.approx(np.abs(forecast - actual).mean(), rel=1e-5)
    assert one.n_origins == 2 * 40


@pytest.mark.parametrize("transform", ["none", "box-cox", "difference", "log1p"])
@pytest.mark.parametrize("scaling", ["season", "standard", "minmax"])
def test_hold_out_is_not_learned_from(transform: str, scaling: str) -> None:
    settings = SMALL | COVARIATES | {"transform": transform, "scaling": scaling, "season_length": 7}
    train = DATA[DATA["ds"] < END]
    rows = train["ds"] >= DAYS[180 - 36]
    other = train.copy()
    other.loc[rows, "y"] = 100 + other.loc[rows, "y"] * 3
    other.loc[rows, "visitors"] = 7
    other.loc[rows, "price"] *= -2
    # a category that was never seen in what is learned from
    other.loc[rows, "weather"] = "hail"
    # one step and so one validation check, which cannot say which weights are best
    single = {"epochs": 1, "batch_size": 64}
    one, two = (forecaster(horizon=4, **settings | single).fit(data) for data in (train, other))
    assert one.fitted_.record.hold_out == (36, 36)
    assert one.fitted_.record.n_steps == 1
    np.testing.assert_array_equal(one.fitted_.ensemble.first.weights, two.fitted_.ensemble.first.weights)
    first, second = one.fitted_.preparation, two.fitted_.preparation
    assert first.encoder == second.encoder
    np.testing.assert_array_equal(first.scaling.center, second.scaling.center)
    np.testing.assert_array_equal(first.scaling.scale, second.scaling.scale)
    np.testing.assert_array_equal(first.spreads, second.spreads)
    for name, array in first.transform.to_arrays().items():
        np.testing.assert_array_equal(array, second.transform.to_arrays()[name])
    # but both know it when they forecast
    assert (one.predict(future=DATA)["LSTM"] != two.predict(future=DATA)["LSTM"]).all()
    # each later step depends on all weights before it
    one, two = (forecaster(horizon=4, **settings, patience=0).fit(data) for data in (train, other))
    assert len(one.history_["loss"]) == 3
    assert one.history_["loss"] == two.history_["loss"]


def test_seasons_are_found_in_what_is_learned_from_alone() -> None:
    y = np.random.default_rng(0).normal(size=400)
    y[-80:] += 50 * np.sin(2 * np.pi * np.arange(80) / 10)
    assert forecaster(**SMALL, validation_size=80).fit(y).fitted_.season_length == 1
