"""Are gaps neither learned nor invented, wherever they lie?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import to_panel
from gatecast.model.inputs import prepare
from gatecast.network.inputs import ValueInputs
from made_series import SMALL, forecaster, wave

HOLES = {
    "scattered": np.arange(5, 240, 17),
    "leading": np.arange(30),
    "trailing": np.arange(225, 240),
    "long": np.arange(80, 140),
    "most": np.flatnonzero(np.arange(240) % 5),
    "all but two": np.setdiff1d(np.arange(240), [100, 200]),
    "held out": np.arange(192, 239),
}
KINDS: dict[str, dict[str, Any]] = {
    "none": {},
    "log1p": {"transform": "log1p"},
    "box-cox": {"transform": "box-cox"},
    "difference": {"transform": "difference"},
    "seasonal difference": {"transform": "seasonal-difference"},
    "windows": {"mode": "windows"},
    "plain": {"skip": "none"},
    "student": {"loss": "student"},
}


def with_holes(name: str, n: int = 240) -> np.ndarray:
    y = wave(n)
    y[HOLES[name]] = np.nan
    return y


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hole", HOLES)
def test_forecast_is_a_number(hole: str, kind: str) -> None:
    settings = {"transform": "none", "season_length": 7} | SMALL | KINDS[kind]
    y = with_holes(hole)
    model = forecaster(horizon=3, **settings).fit(y)
    assert np.isfinite(model.predict(7)["LSTM"]).all()
    if model.fitted_.calibration is not None:
        assert np.isfinite(model.predict(7, level=[80, 95]).iloc[:, 2:].to_numpy(float)).all()
    after = np.append(y, [np.nan, 11.0, np.nan, 12.0])
    assert np.isfinite(model.predict(data=after)["LSTM"]).all()
    assert np.isfinite(model.evaluate(after).mae)
    insample = model.predict_insample()
    # a forecast of every point that the lookback allows and before which something was observed
    known = np.maximum(12, np.flatnonzero(~np.isnan(y))[0] + 1)
    assert insample["LSTM"][known:].notna().all()
    np.testing.assert_array_equal(insample["y"], y)


def test_missing_points_are_no_targets() -> None:
    y = with_holes("scattered")
    panel = to_panel(y)
    preparation = prepare(panel, "none", "standard", 1, ValueInputs((1,), (1, 0)))
    arrays = preparation.arrays(panel)
    assert np.isnan(arrays.targets[HOLES["scattered"]]).all()
    assert np.isfinite(arrays.values).all()
    # the last value stands in, so that the change is zero
    np.testing.assert_array_equal(arrays.values[HOLES["scattered"]], arrays.values[HOLES["scattered"] - 1])


def test_gap_rows_and_empty_cells_and_holes_in_time_are_the_same() -> None:
    days = pd.date_range("2024-01-01", periods=240)
    rows = pd.DataFrame({"unique_id": "a", "ds": days, "y": with_holes("scattered")})
    found = [forecaster(horizon=3, **SMALL).fit(data).predict() for data in (rows, rows.dropna())]
    pd.testing.assert_frame_equal(found[0], found[1])


def test_gaps_do_not_change_scaling_or_seasons() -> None:
    y = with_holes("scattered")
    observed = y[~np.isnan(y)]
    model = forecaster(horizon=3, **SMALL, scaling="standard", transform="none", validation_size=0).fit(y)
    scaling = model.fitted_.preparation.scaling
    assert scaling.center[0] == pytest.approx(observed.mean())
    assert scaling.scale[0] == pytest.approx(observed.std())


def test_network_is_told_of_gaps() -> None:
    """Two histories with equal inputs but for the mark of a gap get different forecasts."""
    y = wave(240)
    model = forecaster(horizon=3, **SMALL | {"epochs": 30}, transform="none").fit(with_holes("scattered"))
    repeated, missing = y[:200].copy(), y[:200].copy()
    repeated[150:155] = repeated[149]
    missing[150:155] = np.nan
    one, two = (model.predict_insample(data)["LSTM"].to_numpy()[150:160] for data in (repeated, missing))
    assert (one != two).any()
    assert np.isfinite(two).all()


def test_naive_forecasts_do_not_know_what_was_not_observed() -> None:
    y = wave(260)
    model = forecaster(horizon=1, **SMALL, season_length=1).fit(y[:240])
    newer = y[240:].copy()
    newer[5:8] = np.nan
    found = model.evaluate(newer)
    filled = np.append(y[239], newer)
    for t in range(1, len(filled)):
        filled[t] = filled[t - 1] if np.isnan(filled[t]) else filled[t]
    errors = np.abs(filled[:-1] - newer)
    assert found.scores["Naive"].mae == pytest.approx(np.nanmean(errors))


def test_new_series_that_begins_with_a_gap_knows_nothing_of_others() -> None:
    days = pd.date_range("2024-01-01", periods=120)
    train = pd.DataFrame({"unique_id": "z", "ds": days, "y": wave(120) * 1000})
    model = forecaster(horizon=2, **SMALL, season_length=1).fit(train)
    late = wave(60)
    late[:30] = np.nan
    # a second one, so that the first is not taken for the series of training
    new = pd.concat(
        [
            pd.DataFrame({"unique_id": "late", "ds": days[:60], "y": late}),
            pd.DataFrame({"unique_id": "other", "ds": days[:60], "y": wave(60, seed=1)}),
        ]
    )
    found = model.evaluate(new)
    # the last value of another series, 10,000, would be an error of as much
    assert found.scores["Naive"].mae < 5
