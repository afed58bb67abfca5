"""Is everything drawn at the time that it is for? The tutorials' pictures are shifted; these must not be."""

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import DataError
from gatecast.charts import plot_forecast

from .small_models import monthly, small


def line_of(figure, label, axes=0):
    (line,) = [line for line in figure.axes[axes].lines if str(line.get_label()).startswith(label)]
    return line


def drawn(figure, label, axes=0):
    line = line_of(figure, label, axes)
    return np.asarray(line.get_xdata(orig=True)), np.asarray(line.get_ydata(orig=True))


def test_test_prediction_is_what_the_model_says_right_before_each_time(model, parts):
    train, test = parts
    times, values = drawn(plot_forecast(model, train, test), "test prediction")
    assert (times == test["month"].to_numpy()).all()
    # the oracle goes another way: forecast the next step from the first k test points
    assert values[0] == pytest.approx(model.predict(1)["LSTM"].item(), rel=1e-5)
    for k in (1, 2, len(test) - 1):
        expected = model.predict(1, data=test.head(k))
        assert expected["month"].to_numpy()[0] == times[k]
        # float32 arithmetic in another order
        assert values[k] == pytest.approx(expected["LSTM"].item(), rel=1e-5)


def test_training_prediction_is_predict_insample(model, parts):
    train, test = parts
    times, values = drawn(plot_forecast(model, train, test), "training prediction")
    expected = model.predict_insample()
    assert (times == expected["month"].to_numpy()).all()
    np.testing.assert_allclose(values, expected["LSTM"], rtol=1e-5)
    assert np.isnan(values[:6]).all()
    assert np.isfinite(values[6:]).all()


def test_predictions_of_a_ramp_stand_on_the_ramp(monkeypatch):
    # steps 7, 8, 9, ... whose prediction is stubbed to be the step itself: any shift leaves the diagonal
    data = pd.DataFrame({"t": np.arange(7, 107), "y": np.arange(7.0, 107.0)})
    train, test = gatecast.train_test_split(data)
    model = small().fit(train)
    ramp = pd.DataFrame({"t": data["t"], "y": data["y"], "LSTM": data["t"].astype(float)})
    monkeypatch.setattr(type(model), "predict_insample", lambda self, data=None: ramp)
    figure = plot_forecast(model, train, test)
    for label in ("training prediction", "test prediction", "data"):
        times, values = drawn(figure, label)
        assert (times == values).all()
    assert drawn(figure, "training prediction")[0][-1] == train["t"].iloc[-1]
    assert drawn(figure, "test prediction")[0][0] == test["t"].iloc[0]


def test_data_is_drawn_at_its_times(model, parts):
    times, values = drawn(plot_forecast(model, *parts), "data")
    data = monthly()
    assert (times == data["month"].to_numpy()).all()
    assert (values == data["sales"]).all()


def test_split_lies_between_the_parts(model, parts):
    train, test = parts
    (x, _), _ = drawn(plot_forecast(model, train, test), "split")
    assert train["month"].iloc[-1] < x < test["month"].iloc[0]


def test_forecast_lies_behind_the_test_part(model, parts):
    train, test = parts
    times, values = drawn(plot_forecast(model, train, test), "forecast")
    expected = model.predict(data=test)
    assert (times == expected["month"].to_numpy()).all()
    assert times[0] > test["month"].iloc[-1]
    np.testing.assert_allclose(values, expected["LSTM"], rtol=1e-5)


def test_forecast_table_of_another_model(parts):
    train, test = parts
    final = small(horizon=5).fit(monthly()).predict()
    times, values = drawn(plot_forecast(small().fit(train), train, test, final), "forecast")
    assert (times == final["month"].to_numpy()).all()
    assert (values == final["LSTM"]).all()


def test_forecast_steps_beyond_the_horizon_are_said_to_be_recursive(model, parts):
    figure = plot_forecast(model, *parts, forecast=8)
    assert len(drawn(figure, "forecast")[0]) == 8
    assert line_of(figure, "forecast").get_label() == "forecast (each step from those before)"
    assert line_of(plot_forecast(model, *parts, forecast=3), "forecast").get_label() == "forecast"


def test_forecast_zero_is_left_out(model, parts):
    labels = [line.get_label() for line in plot_forecast(model, *parts, forecast=0).axes[0].lines]
    assert not [label for label in labels if label.startswith("forecast")]


def test_long_series_is_at_its_own_time_in_each_close_view():
    data = gatecast.datasets.sine(2000)
    train, test = gatecast.train_test_split(data[["ds", "y"]])
    model = small(epochs=1).fit(train)
    figure = plot_forecast(model, train, test, forecast=20)
    _, split, end, curve = figure.axes
    assert [axes.get_title(loc="left")[:10] for axes in (split, end, curve)] == [
        "Close view",
        "Close view",
        "Learning c",
    ]
    whole = model.predict_insample(data[["ds", "y"]]).set_index("ds")["LSTM"]
    for axes, label in ((1, "training"), (1, "test prediction"), (2, "test prediction")):
        times, values = drawn(figure, label, axes)
        np.testing.assert_allclose(values, whole.loc[times], rtol=1e-5)
    assert drawn(figure, "test prediction", 1)[0][0] == test["ds"].iloc[0]
    assert drawn(figure, "forecast", 2)[0].tolist() == list(range(2000, 2020))


def test_test_part_after_a_hole_keeps_its_times(model, parts):
    train, test = parts
    later = test.iloc[4:]
    times, _ = drawn(plot_forecast(model, train, later), "test prediction")
    assert times[-1] == later["month"].iloc[-1]
    _, values = drawn(plot_forecast(model, train, later), "data")
    assert np.isnan(values).sum() == 4


def test_test_part_that_overlaps_is_refused(model, parts):
    train, test = parts
    with pytest.raises(DataError, match="begins 10 steps before the training part ends.*train_test_split"):
        plot_forecast(model, train, pd.concat([train.tail(10), test]))


def test_arrays_follow_each_other():
    y = np.sin(np.arange(100) * 0.3)
    model = small().fit(y[:80])
    times, _ = drawn(plot_forecast(model, y[:80], y[80:]), "test prediction")
    assert times.tolist() == list(range(80, 100))


def test_times_with_a_zone_are_drawn_as_local_clock():
    data = monthly()
    data["month"] = data["month"].dt.tz_localize("Asia/Shanghai")
    train, test = gatecast.train_test_split(data)
    times, _ = drawn(plot_forecast(small().fit(train), train, test), "test prediction")
    assert (times == test["month"].dt.tz_localize(None).to_numpy()).all()


def test_polars_tables():
    import polars as pl

    train, test = gatecast.train_test_split(pl.from_pandas(monthly()))
    model = small().fit(train)
    times, _ = drawn(plot_forecast(model, train, test, model.predict(data=test)), "test prediction")
    assert (times == test["month"].to_numpy()).all()


def test_a_number_of_steps_is_drawn_with_the_intervals_that_predict_gives(model, parts):
    train, test = parts
    figure = plot_forecast(model, train, test, 6)
    expected = model.predict(6, data=test, level=[80, 95])
    drawn_bands = figure.axes[0].collections
    assert len(drawn_bands) == 2
    # the widest lies below
    for band, level in zip(drawn_bands, (95, 80), strict=True):
        (path,) = band.get_paths()
        ends = np.unique(path.vertices[:, 1])
        sides = expected[[f"LSTM-lo-{level}", f"LSTM-hi-{level}"]].to_numpy().ravel()
        np.testing.assert_allclose(ends, np.unique(sides), rtol=1e-6)
