"""Do the pictures for the browser show the same numbers, in few bytes, with names as text?"""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, GatecastError
from gatecast.comparison.board import leaderboard

from .made_backtests import HOSTILE, SLOPES, hostile_backtest, made_backtest, made_board
from .small_models import monthly, small

pytest.importorskip("plotly")

from gatecast.charts import interactive


def trace(figure, name):
    (found,) = [each for each in figure.data if each.name == name]
    return found


def test_forecast_and_intervals_are_those_of_the_table(model, parts):
    forecast = model.predict(level=[80, 95])
    figure = interactive.forecast(model, parts[0], forecast, newest=30)
    # six digits are kept
    np.testing.assert_allclose(trace(figure, "forecast").y, forecast["LSTM"], rtol=1e-5)
    assert (pd.to_datetime(trace(figure, "forecast").x) == forecast["month"]).all()
    np.testing.assert_allclose(trace(figure, "data").y, parts[0]["sales"].to_numpy()[-30:], rtol=1e-5)
    np.testing.assert_allclose(trace(figure, "80 % interval").y, forecast["LSTM-lo-80"], rtol=1e-5)
    np.testing.assert_allclose(trace(figure, "upper end, 95 % interval").y, forecast["LSTM-hi-95"], rtol=1e-5)


def test_error_by_step_is_the_mean_over_series_and_origins():
    figure = interactive.error_by_step(made_backtest())
    assert [each.name for each in figure.data] == list(SLOPES)
    for each, slope in zip(figure.data, SLOPES.values(), strict=True):
        np.testing.assert_allclose(each.y, slope * np.array([1, 2, 3]) * 2.5 / 2)


def test_leaderboard_shows_skill_and_interval():
    board = made_board(seed=5, n_series=6)
    (points,) = interactive.leaderboard(board).data
    np.testing.assert_allclose(points.x, board.table["skill"])
    np.testing.assert_allclose(points.x + points.error_x.array, board.table["skill_upper"])
    np.testing.assert_allclose(points.x - points.error_x.arrayminus, board.table["skill_lower"])
    assert [row[0] for row in points.customdata] == board.table["model"].tolist()


def test_leaderboard_without_seasonal_naive_is_refused():
    with pytest.raises(ConfigError, match="There is no SeasonalNaive among A, B"):
        interactive.leaderboard(made_board(slopes={"A": 1.0, "B": 2.0}))


def test_gates_are_the_matrix_sorted_by_mean():
    matrix = np.random.default_rng(0).uniform(size=(48, 5))
    figure = interactive.gates_heatmap(np.arange(48), matrix, "forget gate", values=np.arange(48.0))
    # three digits are kept
    np.testing.assert_allclose(figure.data[1].z, matrix.T[np.argsort(matrix.sum(axis=0))], atol=6e-4)
    assert figure.data[0].y.tolist() == list(range(48))


@pytest.mark.parametrize("wrong", [{"times": np.arange(3)}, {"values": np.ones(3)}])
def test_gates_of_other_lengths_are_refused(wrong):
    arguments = {"times": np.arange(9), "matrix": np.ones((9, 2)), "label_of": "gate"} | wrong
    with pytest.raises(DataError, match="has 3 entries, and 9 were expected"):
        interactive.gates_heatmap(**arguments)


def figures_with_hostile_names():
    record = hostile_backtest(seed=0)
    name = "<img src=x onerror=alert(1)> $a$"
    data = monthly(name=name).assign(shop="<script>alert(2)</script>")
    model = small(horizon=3).fit(data, id_col="shop", time_col="month", target_col=name)
    yield interactive.error_by_step(record)
    yield interactive.leaderboard(leaderboard(record, n_draws=50))
    yield interactive.forecast(model, data)
    yield interactive.gates_heatmap(np.arange(9), np.full((9, 2), 0.5), HOSTILE[1], values=np.ones(9), value_name=name)


def texts_of(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts_of(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


def test_names_are_text_for_plotly():
    for figure in figures_with_hostile_names():
        for text in texts_of(json.loads(figure.to_json())):
            for tag in ("<script", "<img", "<b>"):
                assert tag not in text
            assert "$" not in text
            assert len(text) < 5000


def test_names_cannot_end_the_script_of_a_page():
    for figure in figures_with_hostile_names():
        html = interactive.to_html(figure, "one")
        assert html.count("<script") == html.count("</script>")
        assert "<script>alert" not in html
        assert "<img" not in html


def test_files_are_small_and_without_the_library():
    matrix = np.random.default_rng(0).uniform(size=(50_000, 64))
    sizes = [
        len(interactive.to_html(interactive.error_by_step(made_backtest(seed=1)), "a")),
        len(interactive.to_html(interactive.leaderboard(made_board()), "b")),
    ]
    assert max(sizes) < 12_000
    # 600 columns of 64 units, four bytes each and a third for base64
    heat = interactive.gates_heatmap(np.arange(50_000), matrix, "gate", values=matrix[:, 0])
    assert len(interactive.to_html(heat, "c")) < 500_000


def test_the_same_figure_is_the_same_text():
    first, second = (interactive.to_html(interactive.error_by_step(made_backtest(seed=1)), "a") for _ in range(2))
    assert first == second


def test_long_series_are_thinned():
    y = np.random.default_rng(0).normal(size=60_000)
    model = small(horizon=2, batch_size=256).fit(y)
    figure = interactive.forecast(model, y, newest=60_000)
    assert len(trace(figure, "data").x) <= 20_000
    assert max(trace(figure, "data").y) == pytest.approx(y.max(), rel=1e-5)


@pytest.mark.parametrize("name", ["", "a b", "x' onload='", "é"])
def test_names_of_elements_are_plain(name):
    with pytest.raises(ConfigError, match="`name` must be letters, digits"):
        interactive.to_html(None, name)


def test_plotly_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(GatecastError, match=r"pip install 'gatecast\[interactive\]'"):
        interactive.error_by_step(made_backtest())


def test_plotly_waits_until_something_is_drawn():
    code = "import sys, gatecast.charts.interactive; assert not {'plotly', 'matplotlib', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
