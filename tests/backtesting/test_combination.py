"""Is a combination the mean of its models, are weights those of the literature, and is it a model like others?"""

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.optimize import minimize
from sklearn.base import clone

from comparison.made_backtests import made_backtest
from gatecast import (
    ConfigError,
    DataError,
    Drift,
    Forecaster,
    GatecastError,
    LSTMForecaster,
    Naive,
    PretrainedLSTM,
    SeasonalNaive,
    backtest,
)
from gatecast.backtesting.combination import Combination, inverse_error_weights
from gatecast.backtesting.models import Entry
from gatecast.comparison.comparison import model_named
from made_series import SMALL, forecaster, table

RNG = np.random.default_rng(0)


def naive(horizon: int = 3) -> Naive:
    return Naive(horizon, time_limit=None)


def drift(horizon: int = 3) -> Drift:
    return Drift(horizon, time_limit=None)


def test_forecasts_and_ends_of_intervals_are_means() -> None:
    data = table(60)
    found = Combination([naive(), drift()]).fit(data).predict(level=[80, 95])
    one, two = (model.fit(data).predict(level=[80, 95]) for model in (naive(), drift()))
    assert found["ds"].tolist() == one["ds"].tolist()
    for end in ("", "-lo-80", "-hi-80", "-lo-95", "-hi-95"):
        expected = (one[f"Naive{end}"] + two[f"Drift{end}"]) / 2
        # a sum of halves, in another order
        np.testing.assert_allclose(found[f"Mean(Naive, Drift){end}"], expected, rtol=1e-14)


def test_an_lstm_takes_part_with_what_is_known_ahead() -> None:
    data = table(60).assign(x=1.0)
    lstm = forecaster(**SMALL | {"horizon": 3, "future": ["x"]})
    both = Combination({"net": lstm, "Naive": naive()}, label="both").fit(data)
    ends = data.groupby("unique_id")["ds"].max()
    ahead = pd.DataFrame(
        [(s, end + pd.Timedelta(days=k), 1.0) for s, end in ends.items() for k in (1, 2, 3)],
        columns=["unique_id", "ds", "x"],
    )
    found = both.predict(future=ahead)
    parts = [both.models_["net"].predict(future=ahead)["LSTM"], both.models_["Naive"].predict()["Naive"]]
    np.testing.assert_allclose(found["both"], np.mean(parts, axis=0), rtol=1e-14)
    # the model that was passed is not fitted
    with pytest.raises(GatecastError, match="fit"):
        lstm.predict()


def test_weights_minimise_the_variance_of_independent_errors() -> None:
    errors = {name: RNG.normal(0, spread, (4, 50)) for name, spread in (("A", 1.0), ("B", 2.0), ("C", 0.5))}
    found = inverse_error_weights(made_backtest(errors))
    variances = np.array([np.mean(e**2) for e in errors.values()])

    def variance(weights: np.ndarray) -> float:
        return float(weights**2 @ variances)

    best = minimize(variance, np.full(3, 1 / 3), constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, tol=1e-12)
    # the optimiser's tolerance
    np.testing.assert_allclose(found, best.x, atol=1e-4)


def test_weights_are_those_of_bates_and_granger_by_pencil() -> None:
    # mean squared errors 1 and 4: weights 4/5 and 1/5
    made = made_backtest({"A": np.array([[1.0, 1.0]]), "B": np.array([[2.0, 2.0]])})
    assert inverse_error_weights(made).tolist() == [0.8, 0.2]


def test_errors_are_over_scales_and_at_steps_that_all_have() -> None:
    # the second series is a hundred times larger; B lacks the window in which A is bad
    a, b = np.array([[1.0, 50.0], [200.0, 100.0]]), np.array([[2.0, np.nan], [100.0, 100.0]])
    made = replace(made_backtest({"A": a, "B": b}), scales={"s000": 1.0, "s001": 100.0})
    squares = np.array([np.mean([1, 4, 1]), np.mean([4, 1, 1])])
    np.testing.assert_allclose(inverse_error_weights(made), 1 / squares / (1 / squares).sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({"A": [0.0, 0.0], "B": [1.0, 1.0]}, [1.0, 0.0]),
        ({"A": [0.0, 0.0], "B": [0.0, 0.0]}, [0.5, 0.5]),
        ({"A": [1.0, 1.0], "B": [np.nan, np.nan]}, [1.0, 0.0]),
        ({"A": [np.nan, np.nan], "B": [np.nan, np.nan]}, [0.5, 0.5]),
        ({"A": [np.nan, 1.0], "B": [2.0, np.nan]}, [0.8, 0.2]),
    ],
)
def test_weights_at_their_ends(errors: dict[str, list[float]], expected: list[float]) -> None:
    made = made_backtest({name: np.array([e]) for name, e in errors.items()})
    np.testing.assert_allclose(inverse_error_weights(made), expected, rtol=1e-12)


def test_weights_come_from_a_backtest_inside_the_data() -> None:
    y = np.arange(40.0) + RNG.normal(0, 0.5, 40)
    both = Combination([naive(), drift()], weights="backtest").fit(y)
    inside = backtest(y, 3, [naive(), drift()], level=None, progress=False)
    np.testing.assert_array_equal(list(both.weights_.values()), inverse_error_weights(inside))
    assert both.weights_["Drift"] > 0.7
    one, two = (model.predict().iloc[:, 2] for model in both.models_.values())
    expected = both.weights_["Naive"] * one + both.weights_["Drift"] * two
    np.testing.assert_allclose(both.predict()["Weighted(Naive, Drift)"], expected, rtol=1e-14)


def test_series_that_are_too_short_for_a_backtest_weigh_all_alike() -> None:
    both = Combination([naive(), drift()], weights="backtest").fit([1.0, 2.0])
    assert both.weights_ == {"Naive": 0.5, "Drift": 0.5}


def test_it_is_cloned_copied_and_pickled_as_others() -> None:
    both = Combination([naive(), drift()], weights="mean")
    assert isinstance(both, Forecaster)
    assert list(both.get_params(deep=False)) == ["models", "weights", "label", "lower", "upper"]
    cloned = clone(both)
    assert cloned.name == both.name
    assert cloned.members["Naive"] is not both.members["Naive"]
    fitted = both.fit([1.0, 2.0, 4.0])
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        pd.testing.assert_frame_equal(again.predict(level=80), fitted.predict(level=80), check_exact=True)
    with pytest.raises(GatecastError, match="Combination"):
        clone(fitted).predict()
    assert both.set_params(label="mine").name == "mine"


def test_polars_comes_back_as_polars() -> None:
    found = Combination([naive(), drift()]).fit(pl.from_pandas(table(40))).predict()
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["unique_id", "ds", "Mean(Naive, Drift)"]


def test_a_backtest_has_a_row_for_it_that_is_the_mean_of_its_models() -> None:
    both = Combination([naive(), drift()])
    found = backtest(RNG.normal(size=40), 3, [naive(), drift(), both], n_windows=2, progress=False)
    table = found.forecasts
    assert found.models == ("Naive", "Drift", "Mean(Naive, Drift)")
    assert found.members == {"Mean(Naive, Drift)": ("Naive", "Drift")}
    for end in ("", "-lo-80", "-hi-95"):
        mean = (table[f"Naive{end}"] + table[f"Drift{end}"]) / 2
        np.testing.assert_allclose(table[f"Mean(Naive, Drift){end}"], mean, rtol=1e-12)


def test_its_models_share_the_processors_and_time_limits() -> None:
    lstm = forecaster(**SMALL | {"past": ["a"], "future": ["x"]})
    entry = Entry("both", Combination({"LSTM": lstm, "Naive": Naive(3)}))
    fresh: Any = entry.fresh(1, 7.0)
    assert (fresh.members["LSTM"].n_threads, fresh.members["Naive"].time_limit) == (1, 7.0)
    assert entry.role("future") == ("x",)
    assert entry.covariates == ("a", "x")
    assert entry.facts() == Entry("both", Combination({"LSTM": clone(lstm), "Naive": Naive(3)})).facts()
    assert entry.facts() != Entry("both", Combination({"LSTM": lstm, "Naive": Naive(4)})).facts()


def test_names_make_one() -> None:
    made: Any = model_named("Mean(SeasonalNaive, SARIMA(1,0,0)(0,1,1)12)", 3)
    assert [type(model).__name__ for model in made.members.values()] == ["SeasonalNaive", "SARIMA"]
    assert model_named("weighted(Naive, Drift)", 3).weights == "backtest"  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="There is no model 'ETSX'"):
        model_named("Mean(Naive, ETSX)", 3)


def test_what_cannot_be_combined_is_told() -> None:
    with pytest.raises(ConfigError, match="two|2 models called 'Naive'"):
        Combination([naive(), naive()]).fit([1.0, 2.0])
    with pytest.raises(ConfigError, match="at least one model"):
        Combination([]).fit([1.0, 2.0])
    with pytest.raises(ConfigError, match='"mean" or "backtest", got \'best\''):
        Combination([naive()], weights="best").fit([1.0, 2.0])
    with pytest.raises(DataError, match="Drift has no forecast of series"):
        Combination([naive(3), drift(2)]).fit([1.0, 2.0, 4.0]).predict()
    with pytest.raises(ConfigError, match="quantiles"):
        Combination([SeasonalNaive(1)]).fit([1.0, 2.0]).predict(quantiles=0.5)


def test_lstms_that_read_with_the_same_pretrained_networks_count_once() -> None:
    data = table(60)
    models = [LSTMForecaster(3, progress=False), PretrainedLSTM(3), naive()]
    both = Combination(models).fit(data)
    assert both.weights_ == {"LSTM": 0.5, "LSTM (pretrained)": 0.0, "Naive": 0.5}
    expected = Combination([PretrainedLSTM(3), naive()]).fit(data).predict()
    np.testing.assert_allclose(both.predict().iloc[:, 2], expected.iloc[:, 2], rtol=1e-14)


def test_pretrained_networks_of_other_seasons_count_each() -> None:
    models = {"a": PretrainedLSTM(3, season_length=7), "b": PretrainedLSTM(3, season_length=1)}
    both = Combination(models).fit(table(60))
    assert both.weights_ == {"a": 0.5, "b": 0.5}
