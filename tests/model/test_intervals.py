"""Do intervals hold as often as they say, stay in order, and come back through every transform?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gatecast import ConfigError, DataError
from made_series import SMALL, forecaster, table, wave

LOSSES = ["mae", "mse", "huber", "quantile", "normal", "student"]
TRANSFORMS = ["none", "log1p", "box-cox", "difference", "seasonal-difference"]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("loss", LOSSES)
def test_intervals_and_quantiles_are_in_order(loss: str, transform: str) -> None:
    settings = SMALL | {"loss": loss, "transform": transform, "season_length": 7}
    model = forecaster(horizon=4, **settings).fit(table(200))
    found = model.predict(9, level=[50, 80, 95], quantiles=[0.025, 0.1, 0.5, 0.9, 0.975])
    lower, upper = ([found[f"LSTM-{end}-{level}"].to_numpy() for level in (50, 80, 95)] for end in ("lo", "hi"))
    inside_out = np.stack([*lower[::-1], found["LSTM"], *upper])
    assert np.isfinite(inside_out).all()
    assert (np.diff(inside_out, axis=0) >= 0).all()
    quantiles = found.filter(like="-ql").to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    if model.fitted_.ensemble.first.loss.loss in ("quantile", "normal", "student") and transform in TRANSFORMS[:3]:
        # a central interval of a distribution lies between its quantiles
        np.testing.assert_allclose(found["LSTM-lo-80"], found["LSTM-ql0.1"], rtol=1e-9)
        np.testing.assert_allclose(found["LSTM-hi-95"], found["LSTM-ql0.975"], rtol=1e-9)


def noise(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 5, n)


@pytest.mark.parametrize("settings", [{}, {"transform": "log1p"}, {"transform": "difference"}, {"mode": "windows"}])
def test_conformal_intervals_hold_as_often_as_they_say(settings: dict[str, Any]) -> None:
    # of exchangeable values every error is like any other
    data = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(20), 400),
            "ds": np.tile(np.arange(400), 20),
            "y": np.concatenate([noise(400, seed) for seed in range(20)]),
        }
    )
    made = {"transform": "none", "season_length": 1} | SMALL | settings
    model = forecaster(horizon=2, **made).fit(data[data["ds"] < 300])
    found = model.evaluate(data).coverage
    # forecasts of 2,000 origins, of which neighbours share their errors, and a few hundred calibration errors
    for level in (80.0, 95.0):
        share = level / 100
        few = stats.binom.std(200, share) / 200
        assert abs(found[level] - share) < 4 * few


@pytest.mark.parametrize("loss", ["quantile", "normal", "student"])
def test_learned_intervals_hold_nearly_as_often_as_they_say(loss: str) -> None:
    y = noise(3000, 0)
    settings = {"hidden_size": 8, "lookback": 12, "epochs": 40, "progress": False, "transform": "none"}
    model = forecaster(horizon=1, loss=loss, **settings).fit(y[:2500])
    found = model.evaluate(y).coverage
    # nothing guarantees it; 500 origins have a standard error of 0.018 at 80 %
    assert found[80.0] == pytest.approx(0.8, abs=0.08)
    assert found[95.0] == pytest.approx(0.95, abs=0.05)
    width = model.predict(level=80)
    assert float(width["LSTM-hi-80"][0] - width["LSTM-lo-80"][0]) == pytest.approx(2 * 1.28 * 5, rel=0.25)


def test_intervals_are_in_the_units_of_each_series() -> None:
    data = table(200)
    data.loc[data["unique_id"] == "b", "y"] = 1000 * data.loc[data["unique_id"] == "a", "y"].to_numpy()
    model = forecaster(horizon=3, **SMALL | {"transform": "none"}).fit(data)
    found = model.predict(level=[80])
    width = (found["LSTM-hi-80"] - found["LSTM-lo-80"]).to_numpy()
    np.testing.assert_allclose(width[3:], 1000 * width[:3], rtol=1e-5)


def test_forecasts_of_amounts_that_grow_by_factors_have_wider_intervals_above() -> None:
    y = np.exp(0.01 * np.arange(300) + np.random.default_rng(0).normal(0, 0.2, 300))
    model = forecaster(horizon=3, **SMALL | {"transform": "log1p"}).fit(100 * y)
    found = model.predict(level=90)
    above, below = found["LSTM-hi-90"] - found["LSTM"], found["LSTM"] - found["LSTM-lo-90"]
    assert (above > below).all()
    assert (found["LSTM-lo-90"] > 0).all()


@pytest.mark.parametrize(("transform", "lag"), [("difference", 1), ("seasonal-difference", 7)])
def test_differences_come_back_as_by_hand(transform: str, lag: int) -> None:
    y = wave(200)
    settings = SMALL | {"season_length": 7, "validation_size": 0}
    model = forecaster(horizon=10, transform=transform, **settings).fit(y)
    fitted = model.fitted_
    scaled = fitted.ensemble.forecast(fitted.memories)[0, 0].astype(float)
    changes = scaled * fitted.preparation.scaling.scale[0] + fitted.preparation.scaling.center[0]
    known = y.tolist()
    for change in changes:
        known.append(known[-lag] + change)
    np.testing.assert_allclose(model.predict()["LSTM"], known[200:], rtol=1e-9)


@pytest.mark.parametrize("transform", ["log1p", "box-cox"])
def test_series_that_grows_by_factors_is_forecast_better_bent(transform: str) -> None:
    t = np.arange(360)
    y = np.exp(0.012 * t + 0.5 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(0).normal(0, 0.02, 360)) * 50
    settings = {"hidden_size": 16, "lookback": 24, "epochs": 150, "progress": False, "season_length": 12}
    errors = {
        name: forecaster(horizon=6, transform=name, **settings).fit(y[:300]).evaluate(y).mae
        for name in ("none", transform)
    }
    assert errors[transform] < errors["none"]


def test_paths_have_the_shape_the_times_and_the_margins_of_the_forecast() -> None:
    model = forecaster(horizon=4, **SMALL).fit(table(250))
    paths = model.simulate(2000, seed=1)
    assert list(paths.columns) == ["unique_id", "ds", "path", "LSTM"]
    assert len(paths) == 2 * 2000 * 4
    table_ = model.predict(quantiles=[0.1, 0.5, 0.9])
    found = paths.groupby(["unique_id", "ds"])["LSTM"].quantile([0.1, 0.9]).unstack()  # noqa: PD010  levels of quantile() are no pivot
    spread = (table_["LSTM-ql0.9"] - table_["LSTM-ql0.1"]).to_numpy()
    # quantiles of 2,000 draws, and finite-sample corrections of the conformal ones
    np.testing.assert_allclose(found[0.1], table_["LSTM-ql0.1"], atol=0.1 * spread.max())
    np.testing.assert_allclose(found[0.9], table_["LSTM-ql0.9"], atol=0.1 * spread.max())
    pd.testing.assert_frame_equal(paths, model.simulate(2000, seed=1))
    assert (model.simulate(2000, seed=2)["LSTM"] != paths["LSTM"]).any()


@pytest.mark.parametrize("settings", [{}, {"loss": "normal"}, {"transform": "difference"}])
def test_steps_of_a_path_hang_together(settings: dict[str, Any]) -> None:
    """On a random walk an error stays, so that a sum of steps is less sure than independent steps would have it."""
    walks = np.random.default_rng(0).normal(size=(10, 300)).cumsum(axis=1)
    data = pd.DataFrame(
        {"unique_id": np.repeat(np.arange(10), 300), "ds": np.tile(np.arange(300), 10), "y": walks.ravel()}
    )
    made = {"transform": "none", "season_length": 1} | SMALL | settings
    model = forecaster(horizon=6, **made).fit(data)
    paths = model.simulate(1000)["LSTM"].to_numpy().reshape(10, 1000, 6)
    together = paths.sum(axis=2).var(axis=1)
    independent = paths.var(axis=1).sum(axis=1)
    # var(sum) over sum(var) of a random walk of six steps is 91 / 21
    assert (together / independent).mean() > 2.5


def test_what_was_not_measured_is_not_made_up() -> None:
    model = forecaster(horizon=3, **SMALL, validation_size=0).fit(wave())
    remedy = r"held nothing back to measure errors on.*validation_size=0.2"
    for call in (lambda: model.predict(level=80), lambda: model.predict(quantiles=0.5), model.simulate):
        with pytest.raises(DataError, match=remedy):
            call()
    assert model.evaluate(wave(320)).coverage == {}


def test_learned_intervals_need_nothing_held_back() -> None:
    model = forecaster(horizon=3, **SMALL | {"transform": "none"}, validation_size=0, loss="quantile").fit(wave())
    assert np.isfinite(model.predict(level=80)["LSTM-lo-80"]).all()
    # the quantiles of a sum of changes are not the sums of their quantiles, so these have to be measured
    sums = forecaster(horizon=3, **SMALL, transform="difference", validation_size=0, loss="quantile").fit(wave())
    with pytest.raises(DataError, match="held nothing back"):
        sums.predict(level=80)


@pytest.mark.parametrize("level", [0, 100, 0.95, "80", [80, None], [], True])
def test_levels_that_make_no_sense_are_refused(level: object) -> None:
    model = forecaster(horizon=3, **SMALL).fit(wave(100))
    with pytest.raises(ConfigError, match="`level` must be"):
        model.predict(level=level)


@pytest.mark.parametrize("n_paths", [0, -1, 2.5, "many"])
def test_impossible_numbers_of_paths_are_refused(n_paths: object) -> None:
    model = forecaster(horizon=3, **SMALL).fit(wave(100))
    with pytest.raises(ConfigError, match="`n_paths` must be a positive integer"):
        model.simulate(n_paths)


def test_constant_series_has_intervals_of_no_width() -> None:
    data = pd.concat([table(200), table(200, ("c",)).assign(y=3.0)])
    found = forecaster(horizon=3, **SMALL).fit(data).predict(level=[80, 95])
    constant = found[found["unique_id"] == "c"].iloc[:, 2:].to_numpy(float)
    # a logarithm and back costs the last digits
    np.testing.assert_allclose(constant, 3.0, rtol=1e-12)
