"""Do pictures of a comparison show its numbers? Against errors that are known by construction."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from gatecast import ConfigError, DataError, charts
from gatecast.charts.comparisons import groups
from gatecast.comparison.board import leaderboard
from gatecast.comparison.significance import Ranks

from .drawn import overlaps, texts_in_svg
from .made_backtests import SLOPES, made_backtest, made_board

OF_COMPARISONS = [charts.error_by_step, charts.interval_calibration, charts.leaderboard, charts.significance]


def lines_of(axes, color="#0072B2"):
    return [line for line in axes.lines if to_rgba(line.get_color()) == to_rgba(color)]


def test_error_by_step_is_the_mean_over_series_and_origins():
    figure = charts.error_by_step(made_backtest())
    assert [axes.get_title(loc="left").split(":")[0] for axes in figure.axes] == list(SLOPES)
    for axes, slope in zip(figure.axes, SLOPES.values(), strict=True):
        (line,) = lines_of(axes)
        assert line.get_xdata().tolist() == [1, 2, 3]
        # origins count 1, 2, 3, 4 times: 2.5 in the mean, over a scale of 2
        assert line.get_ydata() == pytest.approx(slope * np.array([1, 2, 3]) * 2.5 / 2)
        heights = axes.collections[0].get_paths()[0].vertices[:, 1]
        # 10 and 90 % of 1, 2, 3, 4 are 1.3 and 3.7
        assert heights.min() == pytest.approx(slope * 1.3 / 2)
        assert heights.max() == pytest.approx(slope * 3 * 3.7 / 2)
    assert figure.axes[0].get_ylabel() == "MASE"


def test_error_by_step_without_scales_is_in_the_datas_units():
    figure = charts.error_by_step(replace(made_backtest(), scales={}), models="Good")
    (line,) = lines_of(figure.axes[0])
    assert line.get_ydata() == pytest.approx([2.5, 5.0, 7.5])
    assert figure.axes[0].get_ylabel() == "MAE"


def test_error_by_step_keeps_steps_where_targets_are_missing():
    record = made_backtest()
    table = record.forecasts.copy()
    table.loc[(table["ds"] - table["cutoff"] == 1) & (table["unique_id"] == "s0"), "y"] = np.nan
    (line,) = lines_of(charts.error_by_step(replace(record, forecasts=table)).axes[0])
    assert line.get_ydata() == pytest.approx(np.array([1, 2, 3]) * 2.5 / 2)


def test_error_by_step_leaves_out_who_has_few_forecasts():
    record = made_backtest()
    table = record.forecasts.copy()
    table.loc[table["cutoff"] > 100, "Bad"] = np.nan
    figure = charts.error_by_step(replace(record, forecasts=table))
    assert len(figure.axes) == 2
    assert "Left out, as forecasts are missing: Bad." in figure.get_supxlabel().replace("\n", " ")


def test_error_by_step_cuts_off_what_would_flatten_the_others():
    figure = charts.error_by_step(made_backtest(slopes={"A": 1.0, "B": 1.1, "C": 500.0}))
    assert figure.axes[0].get_ylim()[1] < 100
    assert "Cut off above" in figure.get_supxlabel().replace("\n", " ")
    assert charts.error_by_step(made_backtest()).axes[0].get_ylim()[1] >= 4 * 3 * 3.7 / 2


def test_interval_calibration_counts_targets_inside():
    figure = charts.interval_calibration(made_backtest())
    assert len(figure.axes) == 3
    for axes in figure.axes:
        (line,) = lines_of(axes)
        assert line.get_xdata().tolist() == [50, 90]
        # one of four origins, three of four
        assert line.get_ydata() == pytest.approx([25, 75])


def test_interval_calibration_is_utilsforecasts_coverage():
    losses = pytest.importorskip("utilsforecast.losses")
    record = made_backtest(seed=3)
    expected = losses.coverage(record.forecasts, ["Bad"], level=90)["Bad"].mean()
    (line,) = lines_of(charts.interval_calibration(record, models=["Bad"]).axes[0])
    assert line.get_ydata()[1] == pytest.approx(100 * expected)


def test_interval_calibration_without_intervals():
    with pytest.raises(DataError, match=r"no intervals of Good.*`level=\[80, 95\]`"):
        charts.interval_calibration(replace(made_backtest(), levels=()))


def test_leaderboard_shows_skill_and_interval():
    board = made_board()
    axes = charts.leaderboard(board).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == board.table["model"].tolist()
    points = {int(line.get_ydata()[0]): line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 1}
    # half and twice the errors of the seasonal naive, in every window
    assert [points[0], points[1], points[2]] == pytest.approx([0.5, 0.0, -1.0])
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_leaderboard_writes_errors_and_seconds():
    board = made_board()
    texts = texts_in_svg(charts.leaderboard(board))
    for error in board.table["mase"]:
        assert f"{error:.3f}" in texts
    assert texts.count("2") == 3


def test_leaderboard_interval_ends_are_those_of_the_table():
    board = made_board(seed=5, n_series=6)
    axes = charts.leaderboard(board).axes[0]
    drawn = {tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2}
    low, _ = axes.get_xlim()
    for row in board.table.to_dict("records"):
        if row["model"] != "SeasonalNaive":
            assert (row["skill_lower"], row["skill_upper"]) in drawn
    assert low >= -1.2


def test_leaderboard_without_seasonal_naive_shows_errors():
    board = made_board(slopes={"A": 1.0, "B": 2.0})
    figure = charts.leaderboard(board)
    assert figure.axes[0].get_xlabel() == "MASE"
    assert figure.axes[0].lines[0].get_xdata() == pytest.approx(board.table["mase"].tolist())


def test_leaderboard_names_who_is_not_ranked():
    record = made_backtest()
    table = record.forecasts.copy()
    table.loc[table["cutoff"] > 100, "Bad"] = np.nan
    board = leaderboard(replace(record, forecasts=table), n_draws=100)
    assert "Bad (not ranked)" in texts_in_svg(charts.leaderboard(board))


def test_significance_of_one_series_is_a_matrix_of_p_values():
    board = made_board(seed=1, n_series=1, n_origins=12)
    figure = charts.significance(board)
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == board.table["model"].tolist()
    cells = {tuple(text.get_position()): text.get_text() for text in figure.axes[0].texts}
    assert len(cells) == 6
    for pair in board.pairs.to_dict("records"):
        a, b = names.index(pair["model"]), names.index(pair["other"])
        assert cells[a, b] == cells[b, a]
        shown = cells[a, b]
        assert pair["p_holm"] < 0.001 if shown == "<.001" else abs(float(shown) - pair["p_holm"]) <= 0.005


def test_significance_colors_the_better_row_blue():
    board = made_board(n_series=1, n_origins=12)
    image = charts.significance(board).axes[0].images[0].get_array()
    # Good has smaller errors than Bad: more blue than red, and the other way round
    assert image[0, 2, 2] > image[0, 2, 0]
    assert image[2, 0, 2] < image[2, 0, 0]


def test_significance_of_many_series_is_a_critical_difference_diagram():
    board = made_board(n_series=12, seed=2)
    figure = charts.significance(board)
    texts = texts_in_svg(figure)
    for name, rank in board.ranks.mean.items():
        assert any(name in text and f"{rank:.2f}" in text for text in texts)
    dots = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert sorted(dots) == pytest.approx(sorted(board.ranks.mean.values()))


def test_groups_join_models_that_do_not_differ():
    ranks = Ranks(dict(zip("ABCD", (1.0, 1.8, 2.6, 4.6), strict=True)), 9.0, 0.01, 1.0, 20, "")
    assert groups(ranks, list("ABCD")) == [(1.0, 1.8), (1.8, 2.6)]


def test_comparison_is_taken_as_its_parts():
    from gatecast.comparison import compare

    y = np.sin(np.arange(60) * 0.5) + np.random.default_rng(0).normal(0, 0.1, 60)
    found = compare(y, 3, ["Naive", "LinearAR", "SeasonalNaive"], n_windows=3, level=[80], progress=False)
    for draw in OF_COMPARISONS:
        assert draw(found).axes


@pytest.mark.parametrize(
    "draw", [charts.error_by_step, charts.interval_calibration, charts.leaderboard, charts.significance]
)
def test_something_else_is_refused(draw):
    with pytest.raises(ConfigError, match="has the type DataFrame, and a .* was expected"):
        draw(pd.DataFrame())


@pytest.mark.parametrize("draw", [charts.error_by_step, charts.interval_calibration])
@pytest.mark.parametrize("models", ["Best", []])
def test_unknown_or_no_model_is_refused(draw, models):
    with pytest.raises(ConfigError, match="Good, SeasonalNaive, Bad was expected"):
        draw(made_backtest(), models=models)


def test_backtest_without_forecasts():
    record = made_backtest()
    with pytest.raises(DataError, match="None of 3 models has forecasts"):
        charts.error_by_step(replace(record, forecasts=record.forecasts.assign(y=np.nan)))


def test_significance_of_one_model():
    with pytest.raises(DataError, match="ranks fewer than two of 1 models"):
        charts.significance(made_board(slopes={"SeasonalNaive": 1.0}))


@pytest.mark.parametrize("n_models", [2, 7, 13])
@pytest.mark.parametrize("n_series", [1, 12])
def test_texts_do_not_lie_on_each_other(n_models, n_series):
    slopes = {"SeasonalNaive": 2.0} | {f"AModelWithALongName{n}": 1 + 0.3 * n for n in range(n_models - 1)}
    record = made_backtest(n_series=n_series, slopes=slopes, seed=4)
    board = leaderboard(record, n_draws=50)
    figures = [charts.leaderboard(board), charts.significance(board)]
    # these are laid out alike however many series there are
    figures += [charts.error_by_step(record), charts.interval_calibration(record)] if n_series == 1 else []
    for figure in figures:
        assert overlaps(figure) == []
