"""What becomes of values that the logarithm of a fit cannot read? They count as the lowest, with one warning."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, LSTMForecaster
from made_series import SMALL, forecaster

SETTINGS = SMALL | {"horizon": 3, "epochs": 20, "season_length": 1}
WARNING = r"below 0, .*the first one is -40 of series 'y' at 2024-10-29: it counts as 0. Fit with `transform=\"none\"`"


def growing(n: int = 300) -> np.ndarray:
    """Amounts that grow by factors, for which the logarithm is taken."""
    return np.exp(0.02 * np.arange(n) + np.random.default_rng(0).normal(0, 0.05, n)) * 5


def daily(y: np.ndarray, start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.date_range(start, periods=len(y)), "y": y})


@pytest.fixture(scope="module")
def model() -> LSTMForecaster:
    return forecaster(**SETTINGS, transform="log1p").fit(daily(growing()))


def newer(low: float) -> pd.DataFrame:
    return daily(np.array([2000.0, 2050.0, low, 2100.0]), "2024-10-27")


def test_low_value_is_forecast_from_as_the_lowest(model: LSTMForecaster) -> None:
    with pytest.warns(UserWarning, match=WARNING) as caught:
        found = model.predict(data=newer(-40.0))
    assert len(caught) == 1
    pd.testing.assert_frame_equal(found, model.predict(data=newer(0.0)))


def test_errors_are_those_of_the_values_as_they_came(model: LSTMForecaster) -> None:
    with pytest.warns(UserWarning, match=WARNING):
        found = model.evaluate(newer(-40.0))
    other = model.evaluate(newer(0.0))
    # three of its forecasts lie above it, and each is 40 further away from -40 than from 0
    n_targets = 3 * 4 - 3
    assert found.mae - other.mae == pytest.approx(3 * 40 / n_targets, rel=1e-6)


def test_stream_goes_on_with_one_warning(model: LSTMForecaster) -> None:
    stream, other = model.stream(), model.stream()
    with pytest.warns(UserWarning, match=r"A value is below 0.*-40 of series 'y': it counts as 0"):
        found = stream.update(-40.0)
    np.testing.assert_array_equal(found, other.update(0.0))
    np.testing.assert_array_equal(stream.update(-1.0), other.update(0.0))


def test_new_series_with_low_values_is_forecast(model: LSTMForecaster) -> None:
    parts = [daily(growing(60)).assign(unique_id="new"), daily(growing(60)).assign(unique_id="other")]
    parts[0].loc[30, "y"] = -40.0
    with pytest.warns(UserWarning, match="-40 of series 'new' at 2024-01-31"):
        found = model.predict(data=pd.concat(parts))
    assert np.isfinite(found["LSTM"]).all()


def test_loaded_model_does_the_same(model: LSTMForecaster, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded, expected = (
            LSTMForecaster.load(tmp_path / "m").predict(data=newer(-40.0)),
            model.predict(data=newer(-40.0)),
        )
    pd.testing.assert_frame_equal(loaded, expected)


def test_no_logarithm_is_taken_where_the_part_held_back_has_none() -> None:
    y = growing()
    y[-5] = -40.0
    model = forecaster(**SETTINGS).fit(y)
    assert model.fitted_.preparation.transform.name == "none"
    assert all("log1p" not in reason for reason in model.decisions_)


@pytest.mark.parametrize("place", [30, 295])
def test_logarithm_that_was_asked_for_names_the_value(place: int) -> None:
    data = daily(growing())
    data.loc[place, "y"] = -40.0
    day = f"{data['ds'][place]:%Y-%m-%d}"
    with pytest.raises(DataError, match=f"above -1, got -40 of series 'y' at {day}. Use `transform=\"none\"`"):
        forecaster(**SETTINGS | {"transform": "log1p"}).fit(data)
