"""Do pictures of a fit show its numbers: predictions, intervals, learning curves, errors, and a search?"""

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import ConfigError, DataError, charts
from gatecast.charts.fits import autocorrelation
from gatecast.diagnosis.findings import Diagnosis, Finding, part_of
from gatecast.tuning.tuned import Tuned

from .drawn import overlaps
from .small_models import monthly

HISTORY = {
    "rmse": [9.0, 5.0],
    "validation_epoch": [1.0, 2.0, 3.0],
    "validation_rmse": [4.0, 2.0, 3.0],
    "validation_loss": [0.4, 0.3, 0.2],
    "train_rmse": [4.0, 2.5, 1.5],
}


def line(axes, label):
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return found


def test_predictions_are_those_of_the_model(model, parts):
    train, test = parts
    figure = charts.plot_predictions(model, train, test)
    (axes,) = figure.axes
    expected = model.predict_insample(pd.concat(parts, ignore_index=True))
    drawn = line(axes, "test prediction (1 step ahead)")
    assert (np.asarray(drawn.get_xdata(orig=True)) == test["month"].to_numpy()).all()
    # float32 arithmetic in another order
    np.testing.assert_allclose(drawn.get_ydata(), expected["LSTM"].to_numpy()[-len(test) :], rtol=1e-4)
    error = np.sqrt(np.mean((drawn.get_ydata() - test["sales"].to_numpy()) ** 2))
    assert f"RMSE {error:.4g} (test part)" in figure.get_suptitle()


def test_intervals_show_forecast_and_newest_points(model, parts):
    forecast = model.predict(level=80)
    figure = charts.plot_intervals(model, parts[0], forecast, newest=20)
    (axes,) = figure.axes
    assert line(axes, "forecast").get_ydata() == pytest.approx(forecast["LSTM"].to_numpy())
    assert line(axes, "data").get_ydata() == pytest.approx(parts[0]["sales"].to_numpy()[-20:])
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(forecast["LSTM-hi-80"].max())


def test_intervals_are_made_where_no_forecast_is_passed(model, parts):
    labels = charts.plot_intervals(model, parts[0]).axes[0].get_legend_handles_labels()[1]
    assert labels == ["data", "95 % interval", "80 % interval", "forecast"]


@pytest.mark.parametrize("several", [False, True])
def test_forecasts_of_other_models_are_drawn_with_their_intervals(parts, several):
    models = [gatecast.SeasonalNaive(12), gatecast.LinearAR(12)]
    model = gatecast.Combination(models) if several else models[0]
    model.fit(parts[0])
    for figure in (charts.plot_forecast(model, parts[0]), charts.plot_intervals(model, parts[0])):
        (axes,) = figure.axes
        assert axes.get_legend_handles_labels()[1] == ["data", "95 % interval", "80 % interval", "forecast"]
        expected = model.predict(level=[80, 95])
        assert line(axes, "forecast").get_ydata() == pytest.approx(expected[model.name].to_numpy())
        lowest = axes.collections[0].get_paths()[0].vertices[:, 1].min()
        assert lowest == pytest.approx(expected[f"{model.name}-lo-95"].min())
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("month (monthly)", "sales")
    assert charts.plot_forecast(model, parts[0]).axes[0].get_title(loc="left") == "Data and forecast"


def test_the_best_of_several_series_is_drawn_behind_a_test_part(parts):
    tables = [pd.concat([part.assign(shop=k) for k in "ab"]) for part in parts]
    models = {"Naive": gatecast.Naive(3), "Drift": gatecast.Drift(3)}
    found = gatecast.backtest(tables[0], 3, models, id_col="shop", n_windows=5, progress=False)
    best = gatecast.Best(found, models).fit(tables[0], id_col="shop")
    table = best.predict(data=pd.concat(tables), level=80)
    figure = charts.plot_forecast(best, *tables, forecast=table, unique_id="b")
    (axes,) = figure.axes
    assert line(axes, "forecast").get_ydata() == pytest.approx(table.loc[table["shop"] == "b", "Best"].to_numpy())
    assert len(line(axes, "data").get_ydata()) == sum(map(len, parts))
    assert line(axes, "split").get_xdata()[0] > parts[0]["month"].iloc[-1]


def test_intervals_refuse_no_points(model, parts):
    with pytest.raises(ConfigError, match="`newest` must be a positive number of points, got 0"):
        charts.plot_intervals(model, parts[0], newest=0)


def test_learning_curves_mark_the_weights_that_were_kept():
    axes = charts.learning_curves(HISTORY, unit="kg").axes[0]
    assert line(axes, "validation set").get_ydata().tolist() == HISTORY["validation_rmse"]
    assert line(axes, "learned points").get_ydata().tolist() == HISTORY["train_rmse"]
    # the smallest loss decides, not the smallest RMSE
    assert line(axes, "kept: epoch 3").get_xdata()[0] == 3
    assert axes.get_ylabel() == "RMSE (kg)"


def test_learning_curves_without_validation_show_training():
    axes = charts.learning_curves({"rmse": [9.0, 5.0]}, noise_floor=4.5).axes[0]
    assert line(axes, "training part").get_ydata().tolist() == [9.0, 5.0]
    assert line(axes, "noise floor 4.5").get_ydata()[0] == 4.5


def test_learning_curves_of_a_model(model):
    assert charts.learning_curves(model).axes[0].get_xlabel() == "epoch"


def test_learning_curves_say_what_the_diagnosis_says_of_training():
    other = Finding("data-too-short", "warning", {"n_parameters": 900.0, "n_learned": 90.0, "ratio": 10.0})
    learning = Finding("still-learning", "warning", {"gain": 0.05}, {"curve": part_of("training part")}, {"epochs": 24})
    text = " ".join(charts.learning_curves(HISTORY, Diagnosis((other, learning))).get_supxlabel().split())
    assert text.startswith("It was still learning: the loss on the training part fell until the end")
    assert text.endswith("would lower it by another 5.0%. Try training=Training(epochs=24).")


def test_learning_curves_that_fall_far_are_in_logarithms():
    assert charts.learning_curves({"rmse": [900.0, 5.0]}).axes[0].get_yscale() == "log"


@pytest.mark.parametrize(("fit", "message"), [({"loss": [1]}, "`rmse` of at least one epoch"), (7, "has the type int")])
def test_learning_curves_of_something_else(fit, message):
    with pytest.raises(ConfigError, match=message):
        charts.learning_curves(fit)


def test_residuals_show_errors_and_their_autocorrelation():
    acf = pytest.importorskip("statsmodels.tsa.stattools").acf
    errors = np.random.default_rng(0).normal(size=300).cumsum()
    over_time, histogram, correlation, quantiles = charts.residuals(errors, season_length=12).axes
    assert over_time.lines[1].get_ydata().tolist() == errors.tolist()
    drawn = correlation.lines[-2].get_ydata()
    np.testing.assert_allclose(drawn, acf(errors, nlags=len(drawn))[1:], atol=1e-12)
    areas = sum(bar.get_width() * bar.get_height() for bar in histogram.patches)
    assert areas == pytest.approx(1)
    assert quantiles.lines[1].get_ydata().tolist() == sorted(errors)


def test_residuals_keep_to_their_times_and_leave_out_gaps():
    data = monthly()
    errors = np.where(np.arange(120) < 6, np.nan, 1.0 * np.arange(120))
    over_time = charts.residuals(errors, data["month"].to_numpy()).axes[0]
    assert (np.asarray(over_time.lines[1].get_xdata(orig=True)) == data["month"].to_numpy()).all()


def test_residuals_of_many_points_are_thinned_and_keep_the_extremes():
    errors = np.random.default_rng(0).normal(size=100_000)
    errors[[40_000, 60_000]] = 30, -30
    for axes in charts.residuals(errors).axes:
        assert max((len(line.get_xdata()) for line in axes.lines), default=0) <= 20_000
    drawn = charts.residuals(errors).axes[0].lines[1].get_ydata()
    assert {30.0, -30.0} <= set(drawn.tolist())


def test_residuals_with_one_far_value_have_few_bins():
    errors = np.append(np.random.default_rng(0).normal(size=500), 1e9)
    assert len(charts.residuals(errors).axes[1].patches) <= 60


def test_residuals_that_are_all_equal():
    assert charts.residuals(np.zeros(50)).axes
    assert autocorrelation(np.zeros(5), 2).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("errors", "times", "message"),
    [
        (np.zeros(3), None, "holds 3 numbers, and at least 8"),
        (np.zeros(20), np.arange(19), "`times` has 19 entries for 20 errors"),
        (np.zeros((5, 5)), None, r"must be numbers of the shape \(N\), got the shape \(5, 5\)"),
        (["a"] * 20, None, r"must be numbers of the shape \(N\), got a list"),
        (np.full(20, np.nan), None, "got no finite number"),
    ],
)
def test_residuals_refuse_what_cannot_be_drawn(errors, times, message):
    with pytest.raises(DataError, match=message):
        charts.residuals(errors, times)


def tuned(errors, importance=None):
    n = len(errors)
    states = ["pruned" if np.isnan(error) else "complete" for error in errors]
    trials = pd.DataFrame({"trial": range(n), "start": ["model", *[""] * (n - 1)], "state": states, "error": errors})
    best = int(np.nanargmin(errors))
    shares = {"lookback": 0.7, "hidden_size": 0.3} if importance is None else importance
    return Tuned(None, {}, trials, shares, "done", best, {}, "mase", 1, {}, 1.0)


def test_tuning_history_shows_each_trial_and_the_best_so_far():
    axes = charts.tuning_history(tuned([1.0, np.nan, 0.8, 0.9])).axes[0]
    trials = line(axes, "trial").get_ydata()
    np.testing.assert_array_equal(trials, [1.0, np.nan, 0.8, 0.9])
    assert line(axes, "best so far").get_ydata().tolist() == [1.0, 1.0, 0.8, 0.8]
    assert line(axes, "ended early").get_xdata().tolist() == [1]
    assert (line(axes, "taken: trial 2").get_xdata()[0], line(axes, "taken: trial 2").get_ydata()[0]) == (2, 0.8)
    assert line(axes, "the model as it was").get_ydata()[0] == 1.0


def test_tuning_history_is_not_flattened_by_one_bad_trial():
    axes = charts.tuning_history(tuned([1.0, 0.9, 1.1, 1e6, 0.95])).axes[0]
    assert axes.get_ylim()[1] < 10
    assert line(axes, "above").get_xdata().tolist() == [3]


def test_tuning_importance_shows_the_shares():
    axes = charts.tuning_importance(tuned([1.0, 0.9])).axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([70, 30])
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["lookback", "hidden_size"]


def test_tuning_importance_of_few_trials():
    with pytest.raises(DataError, match="2 trials with an error are too few"):
        charts.tuning_importance(tuned([1.0, 0.9], importance={}))


@pytest.mark.parametrize("draw", [charts.tuning_history, charts.tuning_importance])
def test_tuning_of_something_else(draw):
    with pytest.raises(ConfigError, match="has the type dict, and a Tuned was expected"):
        draw({})


def test_texts_do_not_lie_on_each_other(model, parts):
    finding = Finding("past-its-best", "info", {"best_epoch": 12.0, "rise": 0.25})
    figures = [
        charts.plot_predictions(model, *parts),
        charts.plot_intervals(model, parts[0]),
        charts.learning_curves(HISTORY, Diagnosis((finding,)), noise_floor=1.0),
        charts.residuals(np.random.default_rng(0).normal(size=200), season_length=24),
        charts.tuning_history(tuned([1.0, np.nan, 0.8, 9.0])),
        charts.tuning_importance(tuned([1.0, 0.9])),
    ]
    for figure in figures:
        assert overlaps(figure) == []
