"""Do pictures of gates show the arrays that they are given?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import DataError, charts

from .drawn import overlaps

HOURS = pd.date_range("2024-01-01", periods=48, freq="h").to_numpy()


def gates(n=48, units=5, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, units))


def test_heatmap_shows_the_matrix_sorted_by_mean():
    matrix = gates()
    mesh = charts.gates_heatmap(HOURS, matrix, "forget gate").axes[0].collections[0]
    order = sorted(range(5), key=lambda unit: matrix[:, unit].sum())
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(5, 48), matrix.T[order])
    assert mesh.get_clim() == (0, 1)


def test_heatmap_of_signed_values_is_symmetric():
    matrix = 4 * gates() - 1
    low, high = charts.gates_heatmap(HOURS, matrix, "cell").axes[0].collections[0].get_clim()
    assert low == -high
    assert high == pytest.approx(np.abs(matrix).max())


def test_heatmap_has_the_series_above_at_the_same_times():
    figure = charts.gates_heatmap(HOURS, gates(), "forget gate", values=np.arange(48.0), value_name="load")
    above, heat = figure.axes[:2]
    assert above.lines[0].get_ydata().tolist() == list(range(48))
    assert above.get_xlim() == heat.get_xlim()
    assert above.get_ylabel() == "load"


def test_heatmap_of_many_times_keeps_the_means():
    matrix = gates(30_000, 3)
    mesh = charts.gates_heatmap(np.arange(30_000), matrix, "gate").axes[0].collections[0]
    drawn = np.asarray(mesh.get_array()).reshape(3, -1)
    assert drawn.shape[1] <= 1200
    np.testing.assert_allclose(drawn.mean(axis=1), np.sort(matrix.mean(axis=0)))


def test_half_lives_are_counted():
    figure = charts.half_lives([1, 2, 2.1, 50, np.inf], "hours", marks=[24])
    axes = figure.axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == 4
    assert axes.get_title(loc="left") == "Median 2.1 hours; 1 of 5 units never forgets"
    assert axes.lines[0].get_xdata()[0] == 24


@pytest.mark.parametrize("lives", [[np.inf, np.inf], [3.0], [1e-9, 1e9]])
def test_half_lives_at_the_edge(lives):
    axes = charts.half_lives(lives).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == np.isfinite(lives).sum()


def test_lag_importance_shows_shares_and_rows():
    matrix = np.array([[4.0, 2.0, 2.0], [4.0, 4.0, 0.0]])
    bars, heat = charts.lag_importance(matrix, ["t", "t-1", "t-24"]).axes[:2]
    assert [bar.get_height() for bar in bars.patches] == pytest.approx([0.5, 0.375, 0.125])
    np.testing.assert_array_equal(heat.images[0].get_array(), matrix)
    assert [tick.get_text() for tick in heat.get_xticklabels()] == ["t", "t-1", "t-24"]


def test_lag_importance_of_a_week_names_whole_days():
    axes = charts.lag_importance(np.ones((24, 168))).axes[1]
    named = [int(tick.get_text()) for tick in axes.get_xticklabels()]
    assert {24, 48, 168} <= set(named)
    assert len(named) <= 17


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: charts.gates_heatmap(HOURS[:5], gates(), "g"), "`times` has 5 entries, and 48 were expected"),
        (lambda: charts.gates_heatmap(HOURS, gates(), "g", values=np.ones(7)), "`values` has 7 entries"),
        (lambda: charts.gates_heatmap(HOURS, np.ones(48), "g"), r"the shape \(T, D\), got the shape \(48,\)"),
        (lambda: charts.half_lives([1.0, -2.0]), "must be positive, got -2"),
        (lambda: charts.half_lives([]), "got no finite number"),
        (lambda: charts.lag_importance(np.ones((2, 3)), ["a"]), "`lags` has 1 entries, and 3 were expected"),
        (lambda: charts.lag_importance("x"), "got a str of something else"),
    ],
)
def test_wrong_arrays_are_refused(draw, message):
    with pytest.raises(DataError, match=message):
        draw()


def test_texts_do_not_lie_on_each_other():
    figures = [
        charts.gates_heatmap(HOURS, gates(), "forget gate", values=np.arange(48.0)),
        charts.half_lives(np.geomspace(0.5, 500, 40), marks=[24, 168]),
        charts.lag_importance(np.ones((24, 168))),
        charts.lag_importance(np.ones((30, 40)), [f"a_long_name_of_a_lag_{n}" for n in range(40)]),
    ]
    for figure in figures:
        assert overlaps(figure) == []
