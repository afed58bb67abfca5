"""Do metrics that are asked for say what their formulas do, and does a function of one's own get what it should?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gatecast import Backtest, ConfigError, LSTMForecaster, PretrainedLSTM, backtest
from gatecast.comparison.board import leaderboard
from gatecast.metrics.choice import NAMED, Compared, chosen_metrics, measured

ACTUAL = np.array([2.0, 0.0, 4.0, 10.0])
FORECAST = np.array([1.0, 1.0, 6.0, 8.0])
SERIES = np.array([0, 0, 0, 1])


def compared(**changed):
    known = {"scales": np.array([2.0, 4.0]), "square_scales": np.array([1.0, 8.0]), "quantiles": {0.9: FORECAST + 1}}
    return Compared(ACTUAL, FORECAST, SERIES, **{**known, **changed})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", 6 / 4),
        ("mse", 10 / 4),
        ("rmse", np.sqrt(10 / 4)),
        ("mase", np.mean([(4 / 3) / 2, 2 / 4])),
        ("rmsse", np.mean([np.sqrt(6 / 3) / 1, 2 / 8])),
        ("mape", 100 * np.mean([1 / 2, 2 / 4, 2 / 10])),
        ("smape", 200 * np.mean([1 / 3, 1 / 1, 2 / 10, 2 / 18])),
        ("wape", 6 / 16),
        ("bias", 0 / 16),
        # at 2, 2, 7, 9 for 2, 0, 4, 10
        ("quantile_loss", np.mean([0, 0.1 * 2, 0.1 * 3, 0.9 * 1])),
    ],
)
def test_formulas(name, expected):
    assert measured({name: name}, compared())[name] == pytest.approx(expected)


def test_weights_say_what_each_error_counts():
    given = compared(weights=np.array([1.0, 0.0, 3.0, 0.0]))
    found = measured(chosen_metrics([*NAMED, len_of]), given)
    assert found["mae"] == pytest.approx((1 + 3 * 2) / 4)
    assert found["rmse"] == pytest.approx(np.sqrt((1 + 3 * 4) / 4))
    assert found["wape"] == pytest.approx(7 / 14)
    assert found["mase"] == pytest.approx(7 / 4 / 2)
    assert found["len_of"] == 2


def len_of(actual, forecast):
    return len(actual) if len(actual) == len(forecast) else -1


def test_what_cannot_be_known_is_nan():
    nothing = Compared(np.empty(0), np.empty(0), np.empty(0, int), np.ones(1), np.ones(1))
    assert np.isnan(list(measured(chosen_metrics(["wape", max]), nothing).values())).all()
    zeros = Compared(np.zeros(3), np.ones(3), np.zeros(3, int), np.array([np.nan]), np.array([0.0]))
    found = measured(chosen_metrics(list(NAMED)), zeros)
    assert [name for name, value in found.items() if np.isnan(value)] == [
        "mase",
        "rmsse",
        "mape",
        "wape",
        "bias",
        "quantile_loss",
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("wap", 'metrics=\\["wape"\\]'), ([3], "got 3"), (["mae", "mae"], "each needs a name"), ({"a": None}, "got None")],
)
def test_wrong_metrics_are_answered(wrong, said):
    with pytest.raises(ConfigError, match=said):
        chosen_metrics(wrong)


def test_a_function_that_returns_no_number_is_named():
    with pytest.raises(ConfigError, match="'absolute' returned ndarray"):
        measured(chosen_metrics([np.subtract, np.absolute][1:]), compared())
    assert measured({"own": lambda a, f: np.abs(a - f).max()}, compared()) == {"own": 2.0}
    assert measured({"own": lambda a, f: np.array(a.sum() - f.sum())}, compared()) == {"own": 0.0}


def wave(n):
    return 5 + np.sin(np.arange(n) * np.pi / 3) + np.random.default_rng(0).normal(0, 0.1, n)


def biased(actual, forecast):
    return (forecast - actual).sum()


def test_evaluate_measures_what_was_asked_for():
    y = wave(120)
    model = PretrainedLSTM(horizon=1, season_length=6).fit(y[:100])
    found = model.evaluate(y, metrics=["wape", "rmsse", "mae", "quantile_loss", biased], level=80)
    lstm, naive = found.scores["LSTM"], found.scores["Naive"]
    actual = y[100:]
    error = model.predict_insample(y)["LSTM"].to_numpy()[100:] - actual
    assert lstm.chosen["mae"] == pytest.approx(lstm.mae)
    assert lstm.chosen["wape"] == pytest.approx(np.abs(error).sum() / actual.sum(), rel=1e-4)
    assert naive.chosen["biased"] == pytest.approx((y[99:119] - actual).sum())
    scale = np.sqrt(np.mean((y[6:100] - y[:94]) ** 2))
    assert lstm.chosen["rmsse"] == pytest.approx(lstm.rmse / scale)
    # the newer rows alone: the training part is at hand
    assert model.evaluate(y[100:], metrics="rmsse").scores["LSTM"].chosen["rmsse"] == pytest.approx(lstm.rmse / scale)
    assert lstm.chosen["quantile_loss"] > 0
    assert np.isnan(naive.chosen["quantile_loss"])
    assert list(found.to_frame())[4:] == ["wape", "rmsse", "quantile_loss", "biased"]
    with pytest.raises(ConfigError, match="metrics"):
        model.evaluate(y, metrics="mapee")


def test_a_loaded_model_does_not_know_the_scale_of_rmsse(tmp_path):
    y = wave(120)
    PretrainedLSTM(horizon=1, season_length=6).fit(y[:100]).save(tmp_path / "model")
    loaded = LSTMForecaster.load(tmp_path / "model")
    assert np.isnan(loaded.evaluate(y[100:], metrics="rmsse").scores["LSTM"].chosen["rmsse"])


class Last:
    """The last value, plus a step each."""

    def __init__(self, step):
        self.step = step

    def fit(self, data):
        self.end = data
        return self

    def predict(self):
        last = self.end.tail(1)
        ahead = np.arange(1, 3)
        times, values = last["ds"].iloc[0] + ahead, last["y"].iloc[0] + self.step * ahead
        return pd.DataFrame({"unique_id": "y", "ds": times, "m": values})


def test_a_backtest_and_its_board_measure_what_was_asked_for():
    y = pd.DataFrame({"ds": np.arange(60), "y": wave(60)})
    models = {"still": Last(0), "rising": Last(0.3)}
    found = backtest(y, 2, models, n_windows=3, level=None, metrics={"mae": "mae", "sum": biased}, progress=False)
    rows, errors = found.forecasts, found.errors()
    assert list(errors) == ["model", "n_points", "mae", "sum"]
    assert errors["n_points"].tolist() == [6, 6]
    assert errors["mae"][0] == pytest.approx((rows["still"] - rows["y"]).abs().mean())
    assert errors["sum"][1] == pytest.approx((rows["rising"] - rows["y"]).sum())
    usual = replace(found, metrics={}).errors()
    assert list(usual)[2:] == ["wape", "bias", "mase", "rmsse"]
    before = y["y"][:54].to_numpy()
    scale = np.sqrt(np.mean((before[found.season_length :] - before[: -found.season_length]) ** 2))
    assert usual["rmsse"][0] == pytest.approx(np.sqrt(((rows["still"] - rows["y"]) ** 2).mean()) / scale)
    assert np.isnan(found.errors("quantile_loss")["quantile_loss"]).all()
    board = leaderboard(found)
    assert board.asked == ("sum",)
    assert "sum" in repr(board)
    assert board.table.set_index("model")["sum"]["rising"] == pytest.approx(errors["sum"][1])


def test_quantile_losses_of_a_backtest_are_of_the_ends_of_intervals():
    table = pd.DataFrame({"unique_id": "a", "ds": [1, 2], "cutoff": 0, "y": [1.0, 2.0], "m": [1.0, 1.0]})
    table = table.assign(**{"m-lo-80": 0.0, "m-hi-80": 3.0})
    found = Backtest(table, pd.DataFrame(), ("m",), 2, 1, (80.0,), {"a": 1.0}).errors("quantile_loss")
    each = [0.5 * np.array([0, 1]), 0.1 * np.array([1, 2]), 0.1 * np.array([2, 1])]
    assert found["quantile_loss"][0] == pytest.approx(np.mean(each))
