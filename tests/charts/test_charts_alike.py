"""Do matplotlib, plotly and the report draw the same numbers and texts? Read back from what each of them made."""

from html import unescape

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import charts
from gatecast.charts import backtests, comparisons, fits, forecasts, gates
from gatecast.charts.backtests import coverages, step_errors
from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.plotly_backend import figure_of
from gatecast.charts.timeline import make_timeline
from gatecast.comparison.board import leaderboard
from gatecast.reporting.figures import charts_of, figures_of
from gatecast.reporting.words import Words
from gatecast.texts import Texts
from reporting.made_reports import small_report

from .made_backtests import hostile_backtest, made_backtest, made_board
from .read_back import of_matplotlib, of_plotly
from .small_models import monthly, small
from .test_charts_fits import HISTORY, tuned

pytest.importorskip("plotly")

from gatecast.charts import interactive

HOURS = pd.date_range("2024-01-01", periods=48, freq="h").to_numpy()


def fitted():
    train, test = gatecast.train_test_split(monthly())
    model = small(horizon=12).fit(train)
    return make_timeline(model, train, test, model.predict(data=test, level=[50, 95]), None)


def all_charts(t):
    line, random = fitted(), np.random.default_rng(0)
    for record in (made_backtest(seed=1), hostile_backtest(seed=0)):
        board = leaderboard(record, n_draws=50)
        yield "steps", backtests.steps_chart(step_errors(record), t)
        yield "steps by model", backtests.steps_by_model(step_errors(record), t)
        yield "calibration", backtests.calibration_chart(coverages(record), t)
        yield "calibration by model", backtests.calibration_by_model(coverages(record), t)
        yield "skill", comparisons.skill_chart(comparisons.board_rows(board), board.metric, t)
        yield "pairs", comparisons.significance_chart(board, None, t)
    yield "ranks", comparisons.significance_chart(made_board(n_series=12, seed=2), None, t)
    yield "forecast", forecasts.forecast_chart(line, 20, t)
    yield "whole", forecasts._chart(line, "", t)
    yield "training", fits.training_chart(fits.training_of(HISTORY), t, "kg $x$", 1.0)
    yield "residuals", fits.residuals_chart(random.normal(size=200), None, 12, "kg", None, t)
    yield "heat", gates.heatmap_chart(HOURS, random.uniform(size=(48, 5)), "<b>", np.arange(48.0), "$y$", None, 40, t)
    yield "lives", gates.lives_chart([0.5, 3, 40, np.inf], "hours", [24], None, t)
    yield "lags", gates.lags_chart(np.array([0.6, 0.3, 0.1]), ["t", "t-1", "$t$"], None, t, 1.5)
    yield "search", fits.history_chart(tuned([1.0, np.nan, 0.8, 9.0, 0.9]), None, t)
    yield "importance", fits.importance_chart(tuned([1.0, 0.9]), None, t)


def compare(drawn, plotly):
    """Compare what was read back, in any order."""

    def ordered(several):
        return sorted(several, key=lambda one: (len(one), np.nan_to_num(np.array(one, float)).tolist()))

    for kind, mine in drawn.items():
        assert len(mine) == len(plotly[kind]), kind
        for a, b in zip(ordered(mine), ordered(plotly[kind]), strict=True):
            # six digits are kept for the browser, three in a cell
            np.testing.assert_allclose(
                np.array(a, float), np.array(b, float), rtol=1e-5, atol=6e-4 if kind == "cells" else 1e-9, err_msg=kind
            )


def check(chart, made):
    picture = draw(chart)
    panels = [axes for axes in picture.axes if axes.get_label() != "<colorbar>"]
    assert len(panels) == len(chart.panels)
    for n, (axes, panel) in enumerate(zip(panels, chart.panels, strict=True)):
        (drawn, texts), (read, others) = of_matplotlib(axes), of_plotly(made, n)
        compare(drawn, read)
        if len(chart.panels) > 1 and panel.title:
            others["texts"].remove(panel.title)
        assert texts == others
        for letter, axis, ticks in (("x", panel.x, axes.get_xticklabels()), ("y", panel.y, axes.get_yticklabels())):
            if axis.names and axis.is_named:
                assert [tick.get_text().replace("\\$", "$").strip() for tick in ticks] == list(axis.names)
                named = made["layout"][f"{letter}axis{n + 1 if n else ''}"]["ticktext"]
                assert [unescape(name) for name in named] == list(axis.names)
    return sum(map(len, drawn.values())) + len(texts["texts"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_both_libraries_draw_the_same_numbers_and_texts(lang):
    for _, chart in all_charts(Texts(lang)):
        assert check(chart, figure_of(chart)) >= 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_holds_what_matplotlib_draws(lang):
    facts, words = small_report().facts, Words(lang)
    told, drawn = charts_of(facts, words), figures_of(facts, words)
    assert len(told) == len(drawn) == 8
    for name, (chart, message) in told.items():
        assert check(chart, drawn[name]) >= 1
        assert drawn[name]["message"] == message


def test_every_panel_names_its_axes():
    for name, chart in all_charts(Texts("en")):
        for panel in chart.panels:
            # names of models and settings speak for themselves
            for axis in (panel.x, panel.y) if panel.has_axes else ():
                assert axis.label or axis.names or axis.group, name


def test_pictures_and_interactive_pictures_of_a_comparison_hold_the_same_numbers():
    record = made_backtest(seed=1)
    board = leaderboard(record, n_draws=50)
    picture = of_matplotlib(charts.leaderboard(board).axes[0])[0]["curves"]
    (points,) = interactive.leaderboard(board).data
    assert [one[0] for one in picture if len(one) == 2] == pytest.approx(points.x.tolist())
    ends = np.array([one[:2] for one in picture if len(one) == 4])
    low, high = points.x - points.error_x.arrayminus, points.x + points.error_x.array
    np.testing.assert_allclose(ends, np.column_stack([low, high])[high > low])
    browser = {tuple(np.round(each.y, 4)) for each in interactive.error_by_step(record).data}
    panels = {tuple(np.round(axes.lines[-1].get_ydata(), 4)) for axes in charts.error_by_step(record).axes}
    assert browser == panels
