"""Do forecasts of several models stay within bounds: those found, those given, and those of their models?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comparison.made_backtests import made_backtest
from gatecast import Best, ConfigError, DataError, LSTMForecaster, Naive
from gatecast.backtesting.combination import Combination
from gatecast.backtesting.held import hold_within
from gatecast.data.values.bounds import AUTO, Limits

H = 6


def falling(least: float = 0.0) -> pd.DataFrame:
    """Two series of which lines go on below zero; the first has zeros, and the second `least`."""
    n = 40
    first = np.r_[0.0, 0.0, 0.0, np.linspace(30, 1, n - 3)]
    second = np.r_[np.full(3, least), np.linspace(40, 2, n - 3)]
    days = pd.date_range("2024-01-01", periods=n)
    return pd.concat([pd.DataFrame({"unique_id": s, "ds": days, "y": y}) for s, y in (("a", first), ("b", second))])


class Falls:
    """Goes down by ten in each step, whatever was."""

    horizon = H

    def fit(self, data: pd.DataFrame) -> "Falls":
        self.ends = data.groupby("unique_id").tail(1)
        return self

    def predict(self, data: pd.DataFrame | None = None, level: Any = None) -> pd.DataFrame:
        ends = self.ends if data is None else data.groupby("unique_id").tail(1)
        steps = [ends.assign(ds=ends["ds"] + pd.Timedelta(days=k), Falls=ends["y"] - 10.0 * k) for k in range(1, H + 1)]
        found = pd.concat(steps).sort_values(["unique_id", "ds"])[["unique_id", "ds", "Falls"]]
        for number in level or ():
            found[f"Falls-lo-{number}"], found[f"Falls-hi-{number}"] = found["Falls"] - 1, found["Falls"] + 1
        return found.reset_index(drop=True)


def both(**bounds: Any) -> Combination:
    return Combination({"one": Falls(), "two": Falls()}, label="both", **bounds)


def test_bounds_are_found_for_each_series() -> None:
    found = both().fit(falling(least=-1.0)).predict(level=[80]).set_index("unique_id")
    ends = ["both", "both-lo-80", "both-hi-80"]
    assert found.loc["a", ends].to_numpy().min() == 0
    assert found.loc["b", ends].to_numpy().min() < -50
    # what comes later tells that there is none
    newer = falling().groupby("unique_id").tail(1).assign(ds=pd.Timestamp("2024-02-10"), y=-1.0)
    fitted = both().fit(falling())
    assert (fitted.predict()["both"] >= 0).all()
    assert (fitted.predict(data=newer)["both"] < 0).all()


def test_bounds_are_given_or_switched_off() -> None:
    data = falling(1.0)
    assert both(lower=None).fit(data).predict()["both"].min() < 0
    found = both(lower=0, upper=0.5).fit(data.assign(y=data["y"].clip(upper=0.5))).predict()
    assert found["both"].between(0, 0.5).all()
    with pytest.raises(DataError, match="values lie beyond `upper=0.5`"):
        both(upper=0.5).fit(data)
    with pytest.raises(ConfigError, match="leave nothing between them"):
        both(lower=3, upper=3).fit(data)


def test_bounds_are_those_of_the_models_where_none_are_given() -> None:
    models = [LSTMForecaster(H, lower=0), LSTMForecaster(H, lower=-2, upper=9), Naive(H)]
    assert hold_within(AUTO, None, models) == Limits(0, 9)
    assert hold_within(-5, 20, models) == Limits(-5, 20)
    assert hold_within(AUTO, None, [Naive(H)]) == Limits(AUTO, None)
    assert hold_within(AUTO, None, [LSTMForecaster(H, lower=None), Naive(H)]) == Limits(None, None)


@pytest.mark.parametrize("is_mean", [False, True], ids=["model", "mean"])
def test_best_stays_within_bounds_and_so_does_its_folder(is_mean: bool, tmp_path: Path) -> None:
    naive = Naive(2 * H, time_limit=None)
    models = {"one": Combination([naive], label="one") if is_mean else naive}
    made = made_backtest({"one": np.full((1, 4), 1.0)})
    best = Best(made, models).fit(falling())
    found = best.predict(level=[99])
    assert found["Best-lo-99"].min() == 0
    assert any(note.code == "decision.bounded" for note in best.notes)
    best.save(tmp_path)
    pd.testing.assert_frame_equal(Best.load(tmp_path).predict(level=[99]), found)
    given = Best(made, models, upper=50).fit(falling()).predict(level=[99])
    assert (given["Best-lo-99"].min(), given["Best-hi-99"].max()) == (0, 50)
    if not is_mean:
        assert Best(made, models, lower=None).fit(falling()).predict(level=[99])["Best-lo-99"].min() < 0
