"""Do weights of targets count in the loss and in errors, from a table to a fit, an evaluation and a file?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, PretrainedLSTM, Training
from gatecast.data import to_panel
from gatecast.metrics.errors import score
from gatecast.network.inputs import LossSettings
from gatecast.network.losses import mean_loss
from made_series import forecaster, table

H = 4
SMALL: dict[str, Any] = {"hidden_size": 8, "epochs": 3, "ensemble": 1, "lookback": 12, "season_length": 7}


def data(n: int = 120, weight: object = 1.0) -> pd.DataFrame:
    return table(n).assign(w=weight)


def fitted(frame: pd.DataFrame, weight_col: str | None = "w", **settings: Any) -> LSTMForecaster:
    return forecaster(H, **SMALL | settings).fit(frame, weight_col=weight_col)


def drawn(n: int) -> np.ndarray:
    return np.random.default_rng(0).choice([0.0, 0.5, 1.0, 3.0], n)


def test_column_of_weights_becomes_part_of_the_panel() -> None:
    frame = data().assign(w=np.arange(240.0))
    panel = to_panel(frame.sample(frac=1, random_state=0), weight_col="w")
    assert panel.columns.weight == "w"
    for s, name in enumerate(panel.ids):
        expected = frame.loc[frame["unique_id"] == name, "w"]
        np.testing.assert_array_equal(panel.weights[panel.offsets[s] : panel.offsets[s + 1]], expected)
    # a row that lacks has none, and neither has one without a target
    less = frame.drop(index=[5]).assign(y=lambda d: d["y"].mask(d.index == 7))
    found = to_panel(less, weight_col="w").weights
    assert np.isnan(found[[5, 7]]).all()
    assert np.isfinite(np.delete(found, [5, 7])).all()
    # series side by side share the weights of their rows
    wide = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=9), "A": 1.0, "B": 2.0, "w": np.arange(9.0)})
    wide.loc[0, "A"] = 3.0
    panel = to_panel(wide, target_col=["A", "B"], weight_col="w")
    np.testing.assert_array_equal(panel.weights, np.tile(np.arange(9.0), 2))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-1.0, "holds the weight -1 in row 1, and numbers from 0 on were expected"),
        (np.nan, "'w' has no weight in row 1, and one was expected for each target"),
        (0.0, "All weights in column 'w' are 0"),
        (np.inf, "finite numbers were expected"),
        ("much", "finite numbers were expected"),
    ],
)
def test_wrong_weights_are_refused(weights: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fitted(data(weight=weights))


@pytest.mark.parametrize(
    ("frame", "name", "message"),
    [
        (data(), "weight", "weight_col"),
        (data(), "y", "is the target, the time or the name of the series too"),
        (data(), ["w"], "`weight_col` must be the name of one column"),
        (np.arange(99.0), "w", "An array was passed with `weight_col='w'`"),
    ],
)
def test_wrong_names_are_answered(frame: object, name: Any, message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        forecaster(H, **SMALL).fit(frame, weight_col=name)


@pytest.mark.parametrize("settings", [{}, {"mode": "windows"}, {"loss": "quantile"}], ids=str)
def test_weights_that_are_all_the_same_change_nothing(settings: dict[str, Any]) -> None:
    plain, weighted = fitted(data(), None, **settings), fitted(data(weight=4.0), **settings)
    np.testing.assert_array_equal(weighted.fitted_.ensemble.first.weights, plain.fitted_.ensemble.first.weights)
    assert weighted.history_ == plain.history_
    pd.testing.assert_frame_equal(weighted.predict(level=80), plain.predict(level=80))


def test_what_weighs_little_is_hardly_learned() -> None:
    """Of two values that come by chance, a mean squared error learns the weighted mean."""
    y = np.random.default_rng(1).choice([0.0, 10.0], 400)
    frame = pd.DataFrame({"ds": pd.date_range("2023-01-01", periods=400), "y": y, "w": np.where(y > 0, 1.0, 0.05)})
    settings = {"loss": "mse", "epochs": 15, "learning_rate": 0.02, "transform": "none", "lower": None}
    means = {}
    for name in (None, "w"):
        model = fitted(frame, name, **settings)
        means[name] = model.predict_insample()["LSTM"].mean()
        assert any("column 'w'" in told for told in model.decisions_) == (name is not None)
    # 5 and 9.5, as far as so short a training gets
    assert means[None] < 6
    assert means["w"] > 8


def test_validation_and_reported_errors_are_weighted(tmp_path: Path) -> None:
    frame = data()
    frame["w"] = drawn(len(frame))
    train = frame.groupby("unique_id").head(112)
    model = fitted(train)
    panel = to_panel(frame, weight_col="w")
    found = model.evaluate(frame)
    # the same forecasts, judged by hand
    predicted, actual, weights = [], [], []
    for name, rows in frame.groupby("unique_id"):
        rows = rows.reset_index(drop=True)
        for at in range(112, 120):
            made = model.predict(data=frame[frame["ds"] < rows["ds"][at]])
            ahead = rows.iloc[at : at + H]
            predicted.append(made.loc[made["unique_id"] == name, "LSTM"].to_numpy()[: len(ahead)])
            actual.append(ahead["y"].to_numpy())
            weights.append(ahead["w"].to_numpy())
    errors, w = np.concatenate(predicted) - np.concatenate(actual), np.concatenate(weights)
    assert found.rmse == pytest.approx(np.sqrt(np.average(errors**2, weights=w)), rel=1e-5)
    assert found.mae == pytest.approx(np.average(np.abs(errors), weights=w), rel=1e-5)
    assert panel.columns.weight == "w"
    # a table without the column counts all alike, and the file keeps its name
    model.save(tmp_path / "m")
    loaded = LSTMForecaster.load(tmp_path / "m")
    assert loaded.evaluate(frame).rmse == found.rmse
    assert loaded.evaluate(frame.drop(columns="w")).rmse == model.evaluate(frame.assign(w=1.0)).rmse != found.rmse
    with pytest.raises(DataError, match="holds the weight -1"):
        loaded.evaluate(frame.assign(w=-1.0))


def test_scores_with_weights_by_hand() -> None:
    forecasts, actual = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, np.nan], [3.0, 2.0]])
    weights = np.array([[1.0, 7.0], [2.0, 0.5]])
    found = score(forecasts, actual, np.array([0, 1]), np.array([1.0, 2.0]), weights)
    assert found.mae == pytest.approx((1 * 1 + 2 * 0 + 0.5 * 3) / 3.5)
    assert found.rmse == pytest.approx(np.sqrt((1 + 0.5 * 9) / 3.5))
    assert found.mase == pytest.approx((1 / 1 + (0.5 * 3 / 2.5) / 2) / 2)
    np.testing.assert_allclose(found.rmse_by_step, [np.sqrt(1 / 3), 3.0])


def test_mean_loss_with_weights_by_hand() -> None:
    parameters, actual = np.array([[[1.0, 2.0, 9.0]]]), np.array([[3.0, np.nan, 8.0]])
    assert mean_loss(LossSettings("mse"), parameters, actual, np.array([[3.0, 1.0, 1.0]])) == pytest.approx(13 / 4)
    assert np.isnan(mean_loss(LossSettings("mse"), parameters, actual, np.array([[0.0, 1.0, 0.0]])))


def test_nothing_is_held_out_where_that_or_the_rest_weighs_nothing() -> None:
    frame = data()
    # nothing of the newest part counts: nothing can be held out
    late = frame.groupby("unique_id").cumcount() >= 80
    assert fitted(frame.assign(w=~late * 1.0)).fitted_.record.n_held_out == 0
    # and neither where nothing else would be learned from
    newest = frame.groupby("unique_id").cumcount() >= 110
    assert fitted(frame.assign(w=newest * 1.0)).fitted_.record.n_held_out == 0


def test_weights_have_networks_trained_and_pretrained_ones_are_told() -> None:
    short = data(60)
    assert not LSTMForecaster(H, progress=False).fit(short).fitted_.record.is_trained
    told = PretrainedLSTM(H).fit(short, weight_col="w").decisions_
    assert any("forecasts do not depend on it" in each for each in told)


def test_checkpoint_is_of_its_weights(tmp_path: Path) -> None:
    from gatecast.model.fit import make_checkpoint

    settings = LSTMForecaster(H, training=Training(checkpoint=str(tmp_path / "c"))).settings
    panels = [to_panel(data(weight=weight), weight_col="w") for weight in (1.0, drawn(240) + 1)]
    first, other = (vars(make_checkpoint(settings, panel, None))["_fingerprint"] for panel in panels)
    assert first != other
