"""Is the picture complete, readable, and made without side effects?"""

import logging
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import ConfigError, DataError, GatecastError
from gatecast.charts import plot_forecast, render
from gatecast.charts.fonts import fonts
from gatecast.charts.thinning import envelope
from gatecast.texts.frequency import frequency_words

from .small_models import monthly, small


def two_series():
    return pd.concat(
        [monthly().assign(shop=name, sales=lambda d, k=k: d["sales"] * k) for k, name in ((1, "甲"), (2, "乙"))]
    )


def fit_two():
    train, test = gatecast.train_test_split(two_series(), id_col="shop")
    return small().fit(train, id_col="shop"), train, test


def test_labels_and_legend(model, parts):
    figure = plot_forecast(model, *parts)
    left, curve = figure.axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("month (monthly)", "sales")
    assert (curve.get_xlabel(), curve.get_ylabel()) == ("epoch", "RMSE (sales)")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [
        "data",
        "training prediction (1 step ahead)",
        "test prediction (1 step ahead)",
        "split",
        "95 % interval",
        "80 % interval",
        "forecast",
    ]
    assert figure.get_suptitle() == "sales: LSTM forecast"


def test_learning_curve_is_the_history(parts):
    model = small(epochs=4).fit(parts[0])
    curve = plot_forecast(model, *parts, noise_floor=1.0).axes[-1]
    assert curve.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert curve.lines[0].get_ydata() == pytest.approx(model.history_["rmse"])
    assert any("noise floor 1" in text.get_text() for text in curve.texts)
    assert curve.lines[1].get_xdata().tolist() == model.history_["validation_epoch"]
    assert curve.lines[1].get_ydata() == pytest.approx(model.history_["validation_rmse"])


def test_learning_curve_of_a_transform_is_in_units_of_the_data(parts):
    model = small(transform="log1p", epochs=4).fit(parts[0])
    curve = plot_forecast(model, *parts, noise_floor=1.0).axes[-1]
    assert curve.get_ylabel() == "RMSE (sales)"
    assert curve.lines[0].get_ydata() == pytest.approx(model.history_["train_rmse"])
    assert curve.lines[1].get_ydata() == pytest.approx(model.history_["validation_rmse"])
    best = int(np.argmin(model.history_["validation_loss"]))
    assert curve.get_title(loc="left") == f"Learning curve (kept: epoch {model.history_['validation_epoch'][best]:.4g})"
    kept = f"validation: {model.history_['validation_rmse'][best]:.4g}"
    assert kept in [text.get_text() for text in curve.texts]
    assert any("noise floor 1" in text.get_text() for text in curve.texts)


def test_learning_curve_of_a_transform_without_a_validation_set_says_so(parts):
    model = small(transform="log1p", validation_size=0).fit(parts[0])
    curve = plot_forecast(model, *parts, noise_floor=1.0).axes[-1]
    assert curve.get_ylabel() == "RMSE (log1p of sales)"
    assert len(curve.lines) == 1
    # a floor in the data's units has no place there
    assert not any("noise floor" in text.get_text() for text in curve.texts)


def bands_of(axes):
    found = [c for c in axes.collections if c.get_label().endswith("interval")]
    return {band.get_label(): band for band in found}


def test_intervals_are_bands_the_widest_lightest(model, parts):
    forecast = model.predict(4, level=[50, 80, 95])
    figure = plot_forecast(model, parts[0], forecast=forecast)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[-4:] == ["95 % interval", "80 % interval", "50 % interval", "forecast"]
    bands = bands_of(figure.axes[0])
    for level in (50, 80, 95):
        heights = bands[f"{level} % interval"].get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(forecast[f"LSTM-lo-{level}"].min())
        assert heights.max() == pytest.approx(forecast[f"LSTM-hi-{level}"].max())
    lightness = [bands[f"{level} % interval"].get_facecolor()[0][:3].sum() for level in (95, 80, 50)]
    assert lightness == sorted(lightness, reverse=True)


def test_interval_of_one_step_is_seen(parts):
    model = small(horizon=1).fit(parts[0])
    forecast = model.predict(level=80)
    line = bands_of(plot_forecast(model, parts[0], forecast=forecast).axes[0])["80 % interval"]
    assert line.get_segments()[0][:, 1].tolist() == pytest.approx([*forecast["LSTM-lo-80"], *forecast["LSTM-hi-80"]])


def test_intervals_of_the_series_that_is_drawn():
    model, train, _ = fit_two()
    forecast = model.predict(level=80)
    second = forecast[forecast["shop"] == "乙"]
    with warnings.catch_warnings():
        # a machine without Chinese fonts
        warnings.simplefilter("ignore")
        figure = plot_forecast(model, train, forecast=forecast, unique_id="乙")
    line = bands_of(figure.axes[0])["80 % interval"]
    assert line.get_segments()[0][:, 1].max() == pytest.approx(second["LSTM-hi-80"].max())


def test_without_test_part(model, parts):
    figure = plot_forecast(model, parts[0])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["data", "training prediction (1 step ahead)", "95 % interval", "80 % interval", "forecast"]


def test_loaded_model(model, parts, tmp_path):
    model.save(tmp_path / "m.safetensors")
    loaded = gatecast.LSTMForecaster.load(tmp_path / "m.safetensors")
    before, after = (plot_forecast(m, *parts).axes[0].lines[2].get_ydata() for m in (model, loaded))
    assert (before == after).all()


def test_series_of_a_panel_is_chosen():
    model, train, test = fit_two()
    figure = plot_forecast(model, train, test, unique_id="乙")
    data = figure.axes[0].lines[0].get_ydata()
    assert (data == monthly()["sales"] * 2).all()
    assert figure.get_suptitle().startswith("乙")
    # a table of all series: only the rows of this one are drawn
    whole = plot_forecast(model, train, test, model.predict(4, data=test), unique_id="乙")
    (forecast,) = [line for line in whole.axes[0].lines if str(line.get_label()).startswith("forecast")]
    assert len(forecast.get_xdata()) == 4


@pytest.mark.parametrize("unique_id", [None, "丙"])
def test_unknown_series_is_named(unique_id):
    model, train, test = fit_two()
    with pytest.raises(ConfigError, match="`unique_id` must be one of 2 series \\('甲', '乙'\\)"):
        plot_forecast(model, train, test, unique_id=unique_id)


def test_test_part_without_the_series():
    model, train, test = fit_two()
    with pytest.raises(DataError, match="holds 1 series but not '甲'"):
        plot_forecast(model, train, test[test["shop"] == "乙"], unique_id="甲")


def test_forecast_that_is_no_forecast(model, parts):
    with pytest.raises(DataError, match="`forecast` must be a table made by `predict`"):
        plot_forecast(model, *parts, forecast=parts[1])


def test_model_that_is_not_fitted(parts):
    with pytest.raises(GatecastError, match="not fitted"):
        plot_forecast(small(), *parts)


def test_long_series_draws_few_points():
    y = np.sin(np.arange(60_000) * 0.01)
    model = small(epochs=1, batch_size=256).fit(y[:50_000])
    figure = plot_forecast(model, y[:50_000], y[50_000:])
    assert len(figure.axes) == 4
    assert max(len(line.get_xdata()) for axes in figure.axes for line in axes.lines) < 4000


def test_envelope_keeps_the_extremes():
    values = np.random.default_rng(0).normal(size=10_007)
    values[[17, 5000]] = 50, -50
    values[100:300] = np.nan
    keep = envelope(values, 100)
    assert {17, 5000, 10_006} <= set(keep.tolist())
    assert len(keep) < 320
    assert (np.diff(keep) > 0).all()


@pytest.mark.parametrize(("file_format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_render_formats(model, parts, file_format, magic):
    content, missing = render(plot_forecast(model, *parts), file_format, dpi=50)
    assert content.startswith(magic)
    assert missing == ""


def test_render_unknown_format(model, parts):
    with pytest.raises(ConfigError, match="must be one of png, svg, pdf, jpg, webp, got 'bmp'"):
        render(plot_forecast(model, *parts), "bmp")


def test_chinese_names_are_drawn_or_reported(caplog):
    data = monthly(name="销量")
    train, test = gatecast.train_test_split(data)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        _, missing = render(plot_forecast(small().fit(train), train, test), dpi=50)
    assert set(missing) <= set("销量")
    assert bool(missing) == (len(fonts()) == 1)
    # matplotlib logs fonts that it looks for in vain
    assert not caplog.records


def test_fonts_are_the_installed_ones(monkeypatch):
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager, "get_font_names", lambda: ["DejaVu Sans", "SimHei", "Noto Sans CJK SC"])
    assert fonts() == ["DejaVu Sans", "Noto Sans CJK SC", "SimHei"]


def test_chinese_texts_fall_back_on_installed_fonts_in_their_one_weight(monkeypatch, parts, model):
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager, "get_font_names", lambda: ["DejaVu Sans", "SimHei"])
    figure = plot_forecast(model, *parts, title="预测")
    assert figure._suptitle.get_fontfamily() == ["DejaVu Sans", "SimHei"]
    assert figure._suptitle.get_fontweight() == "normal"
    # fonts that lack a weight are not even looked at for other texts
    assert "SimHei" not in figure.axes[0].xaxis.label.get_fontfamily()


def test_matplotlib_missing(monkeypatch, model, parts):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(GatecastError, match=r"pip install 'gatecast\[plots\]'"):
        plot_forecast(model, *parts)


def test_no_pyplot_and_no_matplotlib_before_drawing():
    code = """
import sys, numpy as np, gatecast
from gatecast.charts import plot_forecast, render
assert "matplotlib" not in sys.modules
y = np.sin(np.arange(60.0))
model = gatecast.LSTMForecaster(hidden_size=2, training=gatecast.Training(epochs=1), progress=False).fit(y)
render(plot_forecast(model, y))
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.parametrize(
    ("freq", "words"), [("h", "hourly"), ("QE-DEC", "quarterly"), ("2D", "every 2 days"), ("C", "C"), (5, "steps of 5")]
)
def test_frequency_words(freq, words):
    assert frequency_words(freq) == words
