"""Is each series forecast by its winner, also after a save?"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from comparison.made_backtests import made_backtest
from gatecast import (
    SARIMA,
    AutoETS,
    Combination,
    GatecastError,
    LSTMForecaster,
    ModelFileError,
    Naive,
    SeasonalNaive,
    backtest,
)
from gatecast.backtesting.record import Backtest
from gatecast.comparison.best import Best
from gatecast.comparison.board import leaderboard
from gatecast.exceptions import ConfigError
from made_series import SMALL, forecaster, table


@dataclass
class LastValue:
    """Repeats the last value, plus a number."""

    horizon: int = 4
    plus: float = 0.0
    last: Any = field(default=None, init=False, repr=False, compare=False)

    def fit(self, data: Any, **columns: str) -> "LastValue":
        frame = data.to_pandas() if isinstance(data, pl.DataFrame) else data
        object.__setattr__(self, "frame", frame)
        return self

    def predict(self, level: Any = None) -> Any:
        ends = self.frame.groupby("unique_id").tail(1)
        steps = range(1, self.horizon + 1)
        parts = [ends.assign(ds=ends["ds"] + pd.Timedelta(days=k), Last=ends["y"] + self.plus) for k in steps]
        found = pd.concat(parts).sort_values(["unique_id", "ds"])[["unique_id", "ds", "Last"]]
        for number in level or ():
            found[f"Last-lo-{number}"], found[f"Last-hi-{number}"] = found["Last"] - 1, found["Last"] + 1
        return found


def backtest_of(names: tuple[str, ...]) -> Backtest:
    """The first model wins series a and the second b."""
    one, two = np.full((2, 4), 1.0), np.full((2, 4), 1.0)
    one[1], two[0] = 3.0, 3.1
    made = made_backtest(dict(zip(names, (one, two), strict=True)))
    named = made.forecasts["unique_id"].map({"s000": "a", "s001": "b"})
    return Backtest(made.forecasts.assign(unique_id=named), made.runs, names, 1, 1, (), {"a": 1.0, "b": 1.0})


@pytest.fixture(scope="module")
def fitted() -> tuple[Best, pd.DataFrame]:
    models = [forecaster(horizon=4, **SMALL), LastValue(plus=2.0)]
    data = table(120)
    return Best(backtest_of(("LSTM", "Last")), models).fit(data), data


def test_each_series_is_forecast_by_its_winner(fitted: tuple[Best, pd.DataFrame]) -> None:
    best, data = fitted
    found = best.predict(level=[80])
    assert found["unique_id"].tolist() == ["a"] * 4 + ["b"] * 4
    assert found["model"].tolist() == ["LSTM"] * 4 + ["Last"] * 4
    lstm = best.models["LSTM"].predict(level=[80])
    np.testing.assert_array_equal(found["Best"][:4], lstm["LSTM"][:4])
    np.testing.assert_array_equal(found["Best-hi-80"][:4], lstm["LSTM-hi-80"][:4])
    np.testing.assert_array_equal(found["Best"][4:], data["y"].iloc[-1] + 2)
    assert found["ds"].tolist() == list(pd.date_range("2024-04-30", periods=4)) * 2


def test_a_folder_brings_the_same_forecasts_back(fitted: tuple[Best, pd.DataFrame], tmp_path: Path) -> None:
    best, _ = fitted
    best.save(tmp_path / "best")
    assert sorted(path.name for path in (tmp_path / "best").iterdir()) == [
        "best.json",
        "model-0.safetensors",
        "series.safetensors",
    ]
    again = Best.load(tmp_path / "best", kinds={"LastValue": LastValue})
    pd.testing.assert_frame_equal(again.predict(level=[80]), best.predict(level=[80]), check_exact=True)
    assert repr(again) == "Best(LSTM: 1 series, Last: 1 series)"


def test_classes_that_are_not_known_are_not_looked_for(fitted: tuple[Best, pd.DataFrame], tmp_path: Path) -> None:
    fitted[0].save(tmp_path)
    with pytest.raises(ModelFileError, match="Pass its class"):
        Best.load(tmp_path)


@pytest.mark.parametrize("name", ["best.json", "model-0.safetensors", "series.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"\x80\x04"])
def test_damaged_folders_are_refused(fitted, tmp_path: Path, name: str, content: bytes | None) -> None:
    fitted[0].save(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError):
        Best.load(tmp_path, kinds={"LastValue": LastValue})


@pytest.mark.parametrize("key", ["overall", "choices", "parts", "models", "columns"])
def test_folders_without_a_part_are_refused(fitted, tmp_path: Path, key: str) -> None:
    fitted[0].save(tmp_path)
    facts = json.loads((tmp_path / "best.json").read_text())
    facts[key] = 3
    (tmp_path / "best.json").write_text(json.dumps(facts))
    with pytest.raises(ModelFileError):
        Best.load(tmp_path, kinds={"LastValue": LastValue})


def test_series_with_another_bit_are_refused(fitted: tuple[Best, pd.DataFrame], tmp_path: Path) -> None:
    fitted[0].save(tmp_path)
    file = tmp_path / "series.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelFileError):
        Best.load(tmp_path, kinds={"LastValue": LastValue})


def test_only_models_that_serve_are_fitted_and_new_series_get_the_best_of_all() -> None:
    one, two = LastValue(plus=1.0), LastValue(plus=2.0)
    board = leaderboard(made_backtest({"Last": np.full((2, 3), 1.0), "Other": np.full((2, 3), 2.0)}))
    best = Best(board, {"Last": one, "Other": two}).fit(table(40))
    assert list(best.models) == ["Last"]
    assert not hasattr(one, "frame")
    assert best.predict()["model"].unique().tolist() == ["Last"]


def few(n_windows: int, **behind: float) -> Backtest:
    """Two series, alike; models are behind the first one, whose error is 1, by a share in each window."""
    return made_backtest({name: np.full((2, n_windows), 1 + share) for name, share in behind.items()})


@pytest.mark.parametrize("n_windows", [1, 2, 4])
def test_few_windows_take_the_mean_of_those_that_are_close(n_windows: int) -> None:
    board = leaderboard(few(n_windows, Last=0.0, Second=0.24, Third=0.26))
    assert board.verdict.recommended == "Last"
    assert board.per_series["winner"].tolist() == ["Last"] * 2
    assert board.per_series["chosen"].tolist() == ["Mean(Last, Second)"] * 2
    assert board.chosen == ("Last", "Second")
    models = {"Last": LastValue(plus=1.0), "Second": LastValue(plus=2.0), "Third": LastValue(plus=9.0)}
    best = Best(board, models).fit(table(40))
    assert list(best.models) == ["Last", "Second"]
    assert best.overall == "Mean(Last, Second)"
    found = best.predict(level=[80])
    # none of the table's series was in the backtest
    assert found["model"].unique().tolist() == ["Mean(Last, Second)"]
    last = table(40).groupby("unique_id")["y"].last().repeat(4).to_numpy()
    # 1 more and 2 more than the last value, and a half-width of 1
    np.testing.assert_allclose(found["Best"], last + 1.5, rtol=1e-12)
    np.testing.assert_allclose(found["Best-lo-80"], last + 0.5, rtol=1e-12)


def test_five_windows_have_one_winner() -> None:
    board = leaderboard(few(5, Last=0.0, Second=0.05))
    assert board.per_series["chosen"].tolist() == ["Last"] * 2
    assert board.chosen == ("Last",)


def test_a_larger_error_within_its_standard_error_is_close() -> None:
    # mean differences of 0.5, of which the first has a standard error of 1.5 and the second of 0.1
    errors = {"A": [2.0, 1.0], "B": [1.0, 3.0], "C": [2.4, 1.6]}
    made = made_backtest({name: np.array([values]) for name, values in errors.items()})
    assert leaderboard(made).per_series["chosen"].tolist() == ["Mean(A, B)"]


def test_a_combination_that_wins_few_windows_stays_alone_and_is_no_part_of_another() -> None:
    made = few(2, A=0.1, B=0.2, Both=0.0)
    combined = replace(made, members={"Both": ("A", "B")})
    assert leaderboard(combined).chosen == ("Both",)
    behind = replace(few(2, A=0.0, B=0.2, Both=0.1), members={"Both": ("A", "B")})
    assert leaderboard(behind).per_series["chosen"].tolist() == ["Mean(A, B)"] * 2


def test_a_combination_is_saved_with_its_models_and_weights(tmp_path: Path) -> None:
    data = table(60)
    both = Combination(
        {"LSTM": forecaster(horizon=4, **SMALL), "Naive": Naive(4, time_limit=None)}, weights="backtest", label="Both"
    )
    best = Best(few(6, Both=0.0, Naive=1.0), {"Both": both, "Naive": Naive(4)}).fit(data)
    best.save(tmp_path / "best")
    again = Best.load(tmp_path / "best")
    pd.testing.assert_frame_equal(again.predict(), best.predict(), check_exact=True)
    assert again.models["Both"].weights_ == best.models["Both"].weights_  # type: ignore[attr-defined]


def test_it_says_what_was_not_judged_everywhere(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    late = np.where(np.arange(10) < 6, rng.uniform(1, 2, (3, 10)), np.nan)
    some = rng.uniform(3, 4, (3, 10))
    some[1] = np.nan
    errors = {"Naive": rng.uniform(2, 3, (3, 10)), "late": late, "some": some}
    made = made_backtest(errors, failures={"late": "It took too long."})
    models = {"Naive": Naive(4, time_limit=None), "late": LastValue(), "some": LastValue()}
    best = Best(made, models)
    said = [str(note) for note in best.notes]
    assert said[0].startswith("late has complete forecasts of 18 of 30 windows, and is compared with each other model")
    assert said[0].endswith("It took too long.")
    assert (
        said[-1]
        == "some has no complete forecast of 1 of 3 series, the first is 's001', and is chosen for none of them."
    )
    # it is compared where it has forecasts, and is the best there
    assert best.overall == "late"
    assert repr(best).splitlines() == [f"Best({', '.join(served(best))})", *said]
    assert "some" not in best.models


def served(best: Best) -> list[str]:
    counts = {name: list(best.choices.values()).count(name) for name in dict.fromkeys([*best.choices.values()])}
    return [f"{name}: {n} series" for name, n in counts.items()]


def test_it_says_which_series_a_model_left_to_a_naive_forecast(tmp_path: Path) -> None:
    long, short = table(60, ids="a"), table(6, ids="b")
    data = pd.concat([long, short])
    models = {"Naive": Naive(2, time_limit=None), "AutoETS": AutoETS(2, time_limit=None, season_length=1)}
    errors = {"Naive": np.full((1, 6), 2.0), "AutoETS": np.full((1, 6), 1.0)}
    best = Best(made_backtest(errors), models)
    assert best.notes == ()
    best.fit(data)
    (note,) = best.notes
    assert str(note) == "AutoETS leaves series 'b' to a naive forecast: Its 6 values are too few for AutoETS."
    best.save(tmp_path / "best")
    assert Best.load(tmp_path / "best").notes == best.notes


def test_polars_comes_back_as_polars() -> None:
    board = backtest_of(("LSTM", "LSTM-wide"))
    best = Best(board, {"LSTM": forecaster(horizon=2, **SMALL), "LSTM-wide": forecaster(horizon=2, **SMALL)})
    best.choices["b"] = "LSTM"
    found = best.fit(pl.from_pandas(table(60))).predict()
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["unique_id", "ds", "Best", "model"]


def test_what_cannot_be_used_is_told(fitted: tuple[Best, pd.DataFrame], tmp_path: Path) -> None:
    backtest = backtest_of(("LSTM", "Last"))
    with pytest.raises(ConfigError, match="'Last'"):
        Best(backtest, {"LSTM": LSTMForecaster(horizon=4)})
    with pytest.raises(ConfigError, match="has 1 models"):
        Best(backtest, [LSTMForecaster(horizon=4)])
    with pytest.raises(ConfigError, match="by name"):
        Best(leaderboard(backtest), [LastValue(), LastValue()])
    with pytest.raises(ConfigError, match="ranks no model"):
        Best(made_backtest({"A": np.full((1, 2), np.nan)}), [LastValue()])
    with pytest.raises(GatecastError, match="fit"):
        Best(backtest, [LastValue(), LastValue()]).predict()
    with pytest.raises(GatecastError, match="not fitted"):
        Best(backtest, [LastValue(), LastValue()]).save(tmp_path)
    odd = Best(backtest, [LastValue(), LastValue(plus=np.float32(1))])  # type: ignore[arg-type]
    odd._panel = fitted[0]._panel
    with pytest.raises(ModelFileError, match="dataclass of numbers"):
        odd.save(tmp_path / "odd")


def test_baselines_of_a_real_backtest_serve_their_series_and_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    waves = 10 * np.sin(2 * np.pi * np.arange(120) / 12) + rng.normal(0, 0.3, 120)
    walks = rng.normal(0, 1, 120).cumsum()[:60]
    months = pd.date_range("2015-01-01", periods=60, freq="MS")
    data = pd.concat(
        [pd.DataFrame({"unique_id": name, "ds": months, "y": y}) for name, y in (("wave", waves[:60]), ("walk", walks))]
    )
    # without a limit they need no process of their own
    seasonal = SeasonalNaive(3, season_length=12, time_limit=None)
    models = {"Naive": Naive(3, time_limit=None), "SeasonalNaive": seasonal, "SARIMA": SARIMA(3, time_limit=None)}
    found = backtest(data, 3, models, n_windows=3, progress=False)
    best = Best(found, models).fit(data)
    # SARIMA calls itself SARIMA(1,1,1)
    assert best.choices == {"wave": "SeasonalNaive", "walk": "Mean(Naive, SARIMA)"}
    table = best.predict(level=[80])
    # each series is forecast as the model that serves it does
    own = seasonal.fit(data).predict(level=[80])
    np.testing.assert_array_equal(
        table.loc[table["unique_id"] == "wave", "Best"], own.loc[own["unique_id"] == "wave", "SeasonalNaive"]
    )
    best.save(tmp_path / "best")
    pd.testing.assert_frame_equal(Best.load(tmp_path / "best").predict(level=[80]), table)
