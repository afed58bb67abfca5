"""Does one call give the backtest, its leaderboard and the facts, without looking behind the first origin?"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import Best, ConfigError, Drift, LSTMForecaster, Naive, PretrainedLSTM, SeasonalNaive
from gatecast.backtesting.backtest import backtest
from gatecast.charts.backtests import coverages, step_errors
from gatecast.comparison import compare
from gatecast.comparison.board import leaderboard
from gatecast.comparison.comparison import USUAL
from made_series import SMALL, forecaster


def wave(n: int = 120) -> np.ndarray:
    return np.sin(np.arange(n) / 2) + np.random.default_rng(0).normal(0, 0.1, n)


def test_board_is_that_of_the_backtest() -> None:
    found = compare(wave(), 3, [Naive(3), Drift(3), "LinearAR"], n_windows=3, progress=False)
    assert found.backtest.models == ("Naive", "Drift", "LinearAR")
    assert found.to_dict()["models"] == leaderboard(found.backtest).to_dict()["models"]
    assert found.board.verdict.best == "LinearAR"
    assert str(found.board.verdict) in repr(found)


def test_facts_are_of_what_came_before_the_first_origin() -> None:
    y = wave()
    changed = y.copy()
    # 3 windows of 3 steps are the newest 9 points
    changed[-9:] = 100.0
    one, two = (compare(data, 3, ["Naive"], n_windows=3, progress=False).facts.to_dict() for data in (y, changed))
    assert one == two


def test_libraries_of_baselines_are_imported_in_one_process_only() -> None:
    program = (
        "import sys, numpy as np; from gatecast.comparison import compare; "
        "compare(np.sin(np.arange(90.0)), 3, ['Naive'], n_windows=2, progress=False); "
        "print({'scipy.stats', 'statsmodels', 'statsforecast'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_names_of_models_are_read_in_any_case_and_unknown_ones_are_named() -> None:
    assert compare(wave(), 2, "naive", n_windows=2, progress=False).backtest.models == ("Naive",)
    with pytest.raises(ConfigError, match="There is no model 'Prophet'"):
        compare(wave(), 2, ["Prophet"], progress=False)


def test_rows_about_the_future_are_no_part_of_any_window() -> None:
    days, known = pd.date_range("2024-01-01", periods=123), wave(123)
    known[120:] = np.nan
    changed = known.copy()
    # 3 windows of 3 steps are the newest 9 points that have a target
    changed[111:120] = 100.0
    model = forecaster(**SMALL | {"horizon": 3, "future": ["x"]})
    one, two = (
        compare(pd.DataFrame({"ds": days, "y": y, "x": 1.0 * days.day}), 3, [model], n_windows=3, progress=False)
        for y in (known, changed)
    )
    assert one.facts.to_dict() == two.facts.to_dict()
    assert one.facts.n_points == 111


def test_the_pretrained_lstm_stands_beside_the_one_that_trains() -> None:
    t = np.arange(96)
    y = 40 + t / 4 + 8 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(1).normal(0, 1, 96)
    models = {"LSTM": forecaster(**SMALL | {"horizon": 6}), "LSTM (pretrained)": PretrainedLSTM(6)}
    found = compare(y, 6, models, n_windows=2, progress=False)
    assert found.board.table["model"].tolist()[0] == "LSTM (pretrained)"
    newest = found.backtest.forecasts.tail(6)
    expected = gatecast.forecast(y[:90], 6, level=80)
    np.testing.assert_allclose(newest["LSTM (pretrained)"], expected["LSTM"])
    np.testing.assert_allclose(newest["LSTM (pretrained)-lo-80"], expected["LSTM-lo-80"])


@pytest.mark.parametrize("name", ["LSTM (pretrained)", "lstm (pretrained)", "LSTM(pretrained)"])
def test_the_pretrained_lstm_is_had_by_its_name_and_is_a_usual_model(name: str) -> None:
    found = compare(wave(60), 3, name, n_windows=2, progress=False)
    assert found.backtest.models == ("LSTM (pretrained)",)
    assert "LSTM (pretrained)" in USUAL
    assert "LSTM (pretrained)" in backtest(wave(60), 3, PretrainedLSTM(3), n_windows=1, progress=False).models


def test_an_lstm_that_trained_nothing_is_one_row_with_the_pretrained_one() -> None:
    t = np.arange(60)
    y = 40 + 8 * np.sin(2 * np.pi * t / 12) + np.random.default_rng(1).normal(0, 1, 60)
    models = [LSTMForecaster(6, progress=False), PretrainedLSTM(6), Naive(6)]
    found = compare(y, 6, models, n_windows=2, progress=False)
    board = found.board
    assert found.backtest.same == {"LSTM": "LSTM (pretrained)"}
    assert board.table["model"].tolist() == ["LSTM (pretrained)", "Naive"]
    assert board.chosen == ("LSTM (pretrained)",)
    assert set(board.pairs["model"]) | set(board.pairs["other"]) == {"LSTM (pretrained)", "Naive"}
    assert str(board.notes[0]).startswith("LSTM forecasts what LSTM (pretrained) does in all windows")
    # each forecast is kept, and drawn once
    assert "LSTM" in found.backtest.forecasts
    assert step_errors(found.backtest).models == ("LSTM (pretrained)", "Naive")
    assert list(coverages(found.backtest).measured) == ["LSTM (pretrained)", "Naive"]
    best = Best(found.backtest, models).fit(y)
    np.testing.assert_array_equal(best.predict()["Best"], gatecast.forecast(y, 6)["LSTM"])


def test_lstms_that_differ_somewhere_are_two_rows() -> None:
    y = wave(60)
    models = {"LSTM": forecaster(**SMALL | {"horizon": 3}), "LSTM (pretrained)": PretrainedLSTM(3)}
    found = compare(y, 3, models, n_windows=2, progress=False)
    assert found.backtest.same == {}
    assert len(found.board.table) == 2


def test_models_of_other_kinds_stay_rows_of_their_own_where_they_agree() -> None:
    # a constant is forecast alike by all
    found = compare(np.full(40, 5.0), 3, [PretrainedLSTM(3), Naive(3), SeasonalNaive(3)], n_windows=2, progress=False)
    assert len(found.board.table) == 3
