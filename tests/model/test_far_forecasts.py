"""Does every forecast stay within 100 times the range of its history, and is arithmetic right on the way there?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster
from gatecast.data.values.transforms import fit_transform_named
from made_series import forecaster, wave

# from few values to a level far away, along which pretrained networks go on for ever
STEP = np.r_[np.ones(4), np.full(3, 1e5)]
LIMIT = 1 + 100 * (1e5 - 1)
FEW_STEPS: dict[str, Any] = {"hidden_size": 4, "batch_size": 4, "epochs": 2, "ensemble": 1, "progress": False}


def values_of(forecast: pd.DataFrame) -> np.ndarray:
    return forecast.drop(columns=["unique_id", "ds", "path"], errors="ignore").to_numpy()


@pytest.fixture(scope="module")
def step() -> LSTMForecaster:
    return LSTMForecaster(60, pretrained="only", progress=False).fit(STEP)


def test_a_forecast_that_goes_too_far_is_cut_off_with_a_warning(step: LSTMForecaster) -> None:
    with pytest.warns(UserWarning, match=r"of 1 of 1 series go more than 100 times .* 'y' from step \d+ on"):
        forecast = step.predict(level=(80, 99))
    assert forecast["LSTM"].max() == LIMIT
    assert values_of(forecast).max() <= LIMIT


def test_only_series_that_are_cut_are_told() -> None:
    calm = pd.DataFrame({"unique_id": "calm", "ds": range(40), "y": wave(40)})
    both = pd.concat([calm, pd.DataFrame({"unique_id": "step", "ds": range(33, 40), "y": STEP})])
    model = LSTMForecaster(60, pretrained="only", progress=False).fit(both)
    with pytest.warns(UserWarning, match=r"of 1 of 2 series .* series 'step'"):
        forecast = model.predict()
    assert forecast.loc[forecast["unique_id"] == "calm", "LSTM"].between(0, 20).all()


def test_a_file_and_a_stream_know_how_far_a_forecast_may_go(step: LSTMForecaster, tmp_path: Path) -> None:
    step.save(tmp_path / "model")
    np.testing.assert_array_equal(LSTMForecaster.load(tmp_path / "model").fitted_.preparation.observed, [[1, 1e5]])
    stream = step.stream()
    # the range is that of all that came until now
    stream.update(3e5)
    stream.update(np.nan)
    stream.save(tmp_path / "stream")
    np.testing.assert_array_equal(LSTMForecaster.load(tmp_path / "stream").fitted_.preparation.observed, [[1, 3e5]])
    model = forecaster(1, **FEW_STEPS, lookback=1).fit(wave(60))
    model.fitted_.ensemble.first.weights[:] = 1e6
    low, high = model.fitted_.preparation.observed[0]
    assert model.stream().update(10.0)[0] == pytest.approx(low + 100 * (high - low), rel=1e-12)


def test_newer_rows_at_another_level_are_followed() -> None:
    model = forecaster(2, **FEW_STEPS, lookback=5).fit(wave(100))
    assert model.predict(data=1e6 + wave(100))["LSTM"].between(0.99e6, 1.01e6).all()
    assert model.stream().update(1e6).min() > 1e5


def test_a_logarithm_that_was_learned_badly_is_cut_off() -> None:
    settings = {"transform": "log1p", "scaling": "standard", "loss": "quantile", "lookback": 1, "season_length": 1}
    y = np.where(np.arange(45) % 2, 1e9, 0.0)
    model = forecaster(1, **FEW_STEPS, **settings, learning_rate=0.3).fit(y)
    with pytest.warns(UserWarning, match="cut off"):
        forecast = model.predict(quantiles=(0.01, 0.5, 0.9))
    assert values_of(forecast).max() == 100e9
    assert values_of(model.simulate(20)).max() <= 100e9


def test_a_constant_without_scaling_is_forecast_as_it_is() -> None:
    model = forecaster(3, **FEW_STEPS, scaling="none").fit(np.full(60, 5.0))
    assert model.predict()["LSTM"].tolist() == [5.0] * 3
    assert model.fitted_.preparation.restore(np.ones((1, 3))).tolist() == [[5.0] * 3]


def test_values_too_large_for_their_scale_are_named() -> None:
    huge = 1e298 * wave(60)
    with pytest.raises(DataError, match=r"hold [\d.]+e\+29\d of series 'y' at step \d+, .* with `scaling=\"season\"`"):
        forecaster(2, **FEW_STEPS, scaling="none").fit(huge)
    assert np.isfinite(values_of(forecaster(2, **FEW_STEPS).fit(huge).predict())).all()
    model = forecaster(2, **FEW_STEPS, lookback=5).fit(1e-290 * wave(60))
    with pytest.raises(DataError, match="The data hold 1e-200 of series 'y' at step 60, .* 1e\\+30 times the scale"):
        model.predict(data=np.r_[1e-290 * wave(60), 1e-200])
    with pytest.raises(DataError, match="The data hold 1e-200 of series 'y', which is more than 1e\\+30 times"):
        model.stream().update(1e-200)


@pytest.mark.parametrize("y", [5e-324 * (np.arange(30) % 7), -1e6 + 1e-10 * wave(30)], ids=["subnormal", "rounded"])
def test_a_power_needs_room_above_zero(y: np.ndarray) -> None:
    offsets = np.array([0, len(y)])
    transform = fit_transform_named("box-cox", y, offsets)
    np.testing.assert_array_equal(transform.forward(y, offsets), y)


@pytest.mark.parametrize("name", ["box-cox", "fourth-root"])
def test_a_power_of_values_of_all_sizes_is_a_number(name: str) -> None:
    y = np.r_[10.0 ** np.arange(-299, 299, 13), 1e299]
    offsets = np.array([0, len(y)])
    for part in (y, y[:-10], 1e-299 * y[20:]):
        offsets = np.array([0, len(part)])
        transform = fit_transform_named(name, part, offsets)
        bent = transform.forward(part, offsets)
        assert np.isfinite(bent).all()
        assert np.isfinite(transform.inverse(np.r_[bent, -1e300, 1e300][None])).all()


@pytest.mark.parametrize(
    ("y", "settings"),
    [
        (1e-310 * np.random.default_rng(0).normal(size=22), {"scaling": "none", "loss": "normal", "lookback": 5}),
        (10.0 ** np.random.default_rng(0).integers(-300, 300, 60), {"loss": "student", "scaling": "minmax"}),
        (1e299 * np.cumsum(np.random.default_rng(0).normal(size=60)) / 20, {"transform": "auto"}),
    ],
    ids=["errors in units of a tiny change", "squares of huge errors", "variance of huge values"],
)
def test_errors_of_any_size_are_numbers(y: np.ndarray, settings: dict[str, Any]) -> None:
    model = forecaster(1, **FEW_STEPS, **settings).fit(y)
    assert np.isfinite(model.history_["validation_rmse"]).all()
