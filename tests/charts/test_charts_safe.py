"""Are names only text, files equal and small, and does nothing stay behind?"""

import gc
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure

import gatecast.charts
from gatecast import charts
from gatecast.charts.fonts import fonts
from gatecast.charts.names import distinct, for_matplotlib, for_plotly, shorten
from gatecast.comparison.board import leaderboard

from .drawn import texts_in_svg
from .made_backtests import HOSTILE, hostile_backtest, made_backtest, made_board
from .small_models import monthly, small


def test_public_names_are_these():
    assert gatecast.charts.__all__ == [
        "error_by_step",
        "gates_heatmap",
        "half_lives",
        "interval_calibration",
        "lag_importance",
        "leaderboard",
        "learning_curves",
        "plot_anomalies",
        "plot_attributions",
        "plot_forecast",
        "plot_intervals",
        "plot_predictions",
        "render",
        "residuals",
        "significance",
        "tuning_history",
        "tuning_importance",
    ]
    assert all(callable(getattr(gatecast.charts, name)) for name in gatecast.charts.__all__)


@pytest.mark.parametrize("n_series", [1, 12])
def test_model_names_are_drawn_as_text(n_series):
    record = hostile_backtest(n_series=n_series, seed=0)
    board = leaderboard(record, n_draws=50)
    figures = [charts.error_by_step(record), charts.interval_calibration(record)]
    figures += [charts.leaderboard(board), charts.significance(board)]
    for figure in figures:
        texts = texts_in_svg(figure)
        for name in HOSTILE[:4]:
            # pictures have room for names of different lengths
            seen = {shorten(name, width) for width in (18, 20, 22, 24, 28)}
            assert any(each in text for text in texts for each in seen), name
        assert max(len(text) for text in texts) < 700


def test_names_of_columns_and_series_are_drawn_as_text():
    data = monthly(name="price $x_1$ and $y$").assign(shop="<b>$a$ $b$</b>")
    model = small(horizon=3).fit(data, id_col="shop", time_col="month", target_col="price $x_1$ and $y$")
    for figure in (charts.plot_forecast(model, data), charts.plot_intervals(model, data)):
        texts = texts_in_svg(figure)
        assert any("price $x_1$ and $y$" in text for text in texts)
        assert any("<b>$a$ $b$</b>" in text for text in texts)


def test_names_of_gates_and_units_are_drawn_as_text():
    texts = texts_in_svg(charts.gates_heatmap(np.arange(9), np.full((9, 2), 0.5), "$f_t$ and $g$", value_name="a"))
    assert "$f_t$ and $g$" in texts
    texts = texts_in_svg(charts.half_lives([1.0, 5.0], "$h$ours and $"))
    assert any("$h$ours and $" in text for text in texts)


@pytest.mark.parametrize("name", ["", "\n\t", "\u202e", None, 7, "a" * 10_000, "中" * 400, "🦊" * 99])
def test_names_of_any_kind_are_short_lines(name):
    text = shorten(name)
    assert 0 < len(text) <= 28
    assert "\n" not in text
    assert for_matplotlib(text)
    assert for_plotly(text)


def test_long_names_stay_different():
    names = [f"{'a' * 50}{n}{'b' * 50}" for n in range(12)]
    assert len(set(distinct(names, 20))) == 12
    assert max(map(len, distinct(names, 20))) <= 20


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_the_same_picture_is_the_same_file(file_format):
    board = made_board(seed=1, n_series=12)
    first, second = (charts.render(charts.significance(board), file_format)[0] for _ in range(2))
    assert first == second
    first, second = (charts.render(charts.error_by_step(made_backtest(seed=1)), file_format)[0] for _ in range(2))
    assert first == second


def test_no_figure_stays_behind():
    board, record = made_board(), made_backtest()

    def alive():
        gc.collect()
        return sum(isinstance(thing, Figure) for thing in gc.get_objects())

    before = alive()
    for _ in range(3):
        charts.render(charts.leaderboard(board), dpi=40)
        charts.render(charts.interval_calibration(record), dpi=40)
    assert alive() == before


def test_chinese_names_are_drawn_or_reported():
    record = made_backtest(
        slopes={"长短期记忆网络": 1.0, "SeasonalNaive": 2.0, "差模型": 3.0}, n_series=1, n_origins=12
    )
    figures = [charts.error_by_step(record), charts.leaderboard(leaderboard(record, n_draws=50))]
    figures += [charts.significance(leaderboard(record, n_draws=50)), charts.interval_calibration(record)]
    figures += [
        charts.gates_heatmap(np.arange(9), np.full((9, 2), 0.5), "遗忘门", values=np.ones(9), value_name="销量")
    ]
    figures += [charts.lag_importance(np.ones((2, 2)), ["昨天", "前天"]), charts.half_lives([1.0], "小时")]
    for figure in figures:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _, missing = charts.render(figure, dpi=50)
        assert bool(missing) == (len(fonts()) == 1)
