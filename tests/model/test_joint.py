"""Do several targets that are forecast jointly see each other's past, and nothing else of each other?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, LSTMForecaster, backtest, partition
from gatecast.data import to_panel
from gatecast.data.panel.joint import joint_again, roles_of_table, with_others
from made_series import forecaster, table

QUICK: dict[str, Any] = {"hidden_size": 12, "lookback": 4, "epochs": 60, "season_length": 1, "progress": False}
QUICK |= {"learning_rate": 0.01, "validation_size": 0.2}
TARGETS = ["temp", "load"]


def followed(n: int = 400, lag: int = 2) -> pd.DataFrame:
    """Noise, and what follows it some days later: nothing but the past of the one tells what comes of the other."""
    rng = np.random.default_rng(0)
    lead = rng.normal(size=n)
    follows = np.concatenate([np.zeros(lag), lead[:-lag]]) + 0.1 * rng.normal(size=n)
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=n), "temp": lead, "load": follows})


def joint(**settings: Any) -> LSTMForecaster:
    return forecaster(2, **{**QUICK, "joint": True, **settings})


@pytest.fixture(scope="module")
def fitted() -> LSTMForecaster:
    return joint().fit(followed()[:320], target_col=TARGETS)


def test_a_series_is_forecast_from_the_past_of_another(fitted: LSTMForecaster) -> None:
    data = followed()
    alone = forecaster(2, **QUICK).fit(data[:320], target_col=TARGETS)
    errors = []
    for model in (alone, fitted):
        forecasts = pd.concat([model.predict(data=data[:n]) for n in range(320, 398, 2)])
        actual = data.melt("ds", TARGETS, "unique_id", "y")
        both = forecasts.merge(actual, on=["unique_id", "ds"])
        both = both[both["unique_id"] == "load"]
        errors.append(float(np.sqrt(((both["LSTM"] - both["y"]) ** 2).mean())))
    # noise alone is 1, known to a tenth from 80 values, and cannot be forecast; what follows it is known but for .1
    assert errors[0] > 0.8
    assert errors[1] < 0.5


def test_no_forecast_knows_what_comes_later(fitted: LSTMForecaster) -> None:
    data = followed()
    changed = data.copy()
    changed.loc[350:, TARGETS] = 50.0
    seen = [model_data.iloc[:350] for model_data in (data, changed)]
    pd.testing.assert_frame_equal(*(fitted.predict(data=one) for one in seen))
    # and one step later it counts
    moved = fitted.predict(data=changed.iloc[:351])["LSTM"] - fitted.predict(data=data.iloc[:351])["LSTM"]
    assert moved.abs().max() > 0.1


def test_columns_are_those_of_the_same_times() -> None:
    long = table(30)
    long = long[~((long["unique_id"] == "b") & (long["ds"] < "2024-01-11"))]
    panel = with_others(to_panel(long))
    wide = long.pivot_table(index="ds", columns="unique_id", values="y")
    for row, name in enumerate(panel.ids):
        times = panel.times(row)
        for other in ("a", "b"):
            column = panel.past[f"past of {other}"][panel.offsets[row] : panel.offsets[row + 1]]
            np.testing.assert_array_equal(column, wide.loc[times, other].to_numpy(), err_msg=f"{other} beside {name}")
    assert panel.static["unique_id"].tolist() == ["a", "b"]
    assert roles_of_table(panel) == to_panel(long).roles


def test_newer_data_without_one_of_the_series_know_nothing_of_it() -> None:
    like = with_others(to_panel(table(30)))
    newer = joint_again(to_panel(table(30).query("unique_id == 'b'")), like)
    assert np.isnan(newer.past["past of a"]).all()
    np.testing.assert_array_equal(newer.past["past of b"], newer.values)


def test_saved_and_updated_models_are_joint_still(fitted: LSTMForecaster, tmp_path: Any) -> None:
    data = followed()
    fitted.save(tmp_path / "model.safetensors")
    again = LSTMForecaster.load(tmp_path / "model.safetensors")
    assert again.settings_.joint
    pd.testing.assert_frame_equal(again.predict(data=data[320:]), fitted.predict(data=data[320:]))
    went_on = LSTMForecaster(2, joint=True, progress=False).fit(data, target_col=TARGETS, start=fitted)
    assert list(went_on.fitted_.after.past) == ["past of temp", "past of load"]


def test_a_validation_set_of_ones_own_is_joint() -> None:
    data = followed(200)
    model = joint(validation_size=None, epochs=1).fit(data[:160], target_col=TARGETS, validation_data=data[160:])
    held = joint(validation_size=40, epochs=1).fit(data, target_col=TARGETS)
    pd.testing.assert_frame_equal(model.predict(), held.predict())


def test_a_model_whose_series_need_each_other_goes_to_no_partition(fitted: LSTMForecaster) -> None:
    with pytest.raises(ConfigError, match="`joint=True`, and one of series that need no others was expected"):
        partition.model_bytes(fitted)


def test_series_and_covariates_of_ones_own_stand_beside() -> None:
    data = table(120).assign(visitors=np.arange(240.0) % 7)
    model = joint(past=["visitors"], epochs=1).fit(data)
    assert list(model.fitted_.after.past) == ["visitors", "past of a", "past of b"]
    assert np.isfinite(model.predict(data=data)["LSTM"]).all()


def test_backtests_are_joint(fitted: LSTMForecaster) -> None:
    found = backtest(to_panel(followed(120), target_col=TARGETS), 2, [joint(epochs=1)], n_windows=2)
    assert not found.failures
    assert set(found.forecasts["unique_id"]) == set(TARGETS)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (table(60, ("a",)), "`joint=True` was passed with 1 series, and 2 to 100 were expected, which see"),
        (table(4, tuple(map(str, range(101)))), "`joint=True` was passed with 101 series, and 2 to 100"),
    ],
)
def test_too_few_or_many_series_are_refused(data: pd.DataFrame, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        joint().fit(data)
