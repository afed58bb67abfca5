"""Does an ONNX graph forecast what `predict` does, in onnxruntime?

Tolerance: 1e-5 of a standard deviation of the series. Networks compute in float32 in both (1e-7 of numbers near 1), in
other orders.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, LSTMForecaster, ModelFileError, NotFittedError, PretrainedLSTM
from gatecast.network.ensemble import Ensemble
from made_series import COVARIATES, forecaster, wave, with_covariates

RNG = np.random.default_rng(0)
PROBABILITIES = (0.05, 0.5, 0.8)
TOLERANCE = 1e-5
Y = wave(150, 12)
FAST: dict[str, Any] = {"hidden_size": 6, "epochs": 1, "lookback": 12, "season_length": 12, "progress": False}


def with_random_weights(model: LSTMForecaster) -> LSTMForecaster:
    """Let all parts of the networks count, which a short training leaves near where they began."""
    fitted = model.fitted_
    networks = tuple(
        replace(one, weights=RNG.normal(0, 0.4, len(one.weights)).astype(np.float32))
        for one in fitted.ensemble.networks
    )
    model._fitted = replace(fitted, ensemble=Ensemble(networks))
    return model


def session_of(model: LSTMForecaster, path: Path, **settings: Any) -> ort.InferenceSession:
    model.to_onnx(path / "model.onnx", **settings)
    return ort.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])


def table_of(series: dict[str, np.ndarray]) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=max(map(len, series.values())))
    parts = [pd.DataFrame({"unique_id": name, "ds": days[: len(y)], "y": y}) for name, y in series.items()]
    return pd.concat(parts, ignore_index=True)


def check_alike(model: LSTMForecaster, path: Path, histories: dict[str, np.ndarray], **feed: Any) -> None:
    """Compare graph and `predict` for histories of one length, with quantiles where the model has them."""
    has_quantiles = model.fitted_.has_intervals
    graph = session_of(model, path, quantiles=PROBABILITIES if has_quantiles else ())
    made = graph.run(None, {"history": np.stack(list(histories.values())), **feed})
    wanted = PROBABILITIES if has_quantiles else None
    table = model.predict(data=table_of(histories), quantiles=wanted)
    columns = [table[name].to_numpy().reshape(len(histories), -1) for name in table.columns[2:]]
    scale = np.stack([y.std() for y in histories.values()])[:, None]
    assert np.abs((made[0] - columns[0]) / scale).max() < TOLERANCE
    if has_quantiles:
        assert np.abs((made[1] - np.stack(columns[1:], axis=2)) / scale[:, None]).max() < TOLERANCE


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cell": "gru", "scaling": "standard"},
        {"dilations": (1, 5), "scaling": "none"},
        {"n_layers": 2, "residual": True, "layer_norm": True, "decoder_sizes": (5,), "dropout": 0.2},
        {"mode": "windows", "lookback": 20},
        {"mode": "windows", "bidirectional": True, "attention": True},
        {"mode": "windows", "bidirectional": True, "n_layers": 2, "layer_norm": True, "residual": True},
        {"mode": "windows", "cell": "gru", "skip": "none", "scaling": "minmax"},
        {"loss": "quantile", "transform": "log1p"},
        {"loss": "normal", "transform": "fourth-root"},
        {"transform": "box-cox", "ensemble": 2},
        {"transform": "difference", "ensemble": 3},
        {"transform": "seasonal-difference", "loss": "quantile"},
        {"skip": "none", "validation_size": 0},
    ],
    ids=lambda settings: "-".join(str(value) for value in settings.values()) or "plain",
)
def test_graph_forecasts_as_predict(settings: dict[str, Any], tmp_path: Path) -> None:
    model = with_random_weights(forecaster(4, **{**FAST, **settings}).fit(table_of({"a": Y})))
    check_alike(model, tmp_path, {"a": Y})
    check_alike(model, tmp_path, {"a": np.append(Y, wave(23, 12, seed=2))})


@pytest.mark.parametrize(("season", "n"), [(1, 40), (4, 131), (7, 40), (24, 131)])
def test_pretrained_networks_read_any_series(season: int, n: int, tmp_path: Path) -> None:
    model = PretrainedLSTM(8, season_length=season).fit(table_of({"a": Y, "b": Y + 1}))
    others = {"c": np.maximum(wave(n, season + 1, seed=3) * 40 - 300, 0), "d": wave(n, season + 1, seed=4) - 8}
    check_alike(model, tmp_path, others, series=np.array([-1, -1]))


def test_one_pretrained_model_scales_each_history_by_itself(tmp_path: Path) -> None:
    model = PretrainedLSTM(6, season_length=12).fit(table_of({"a": Y}))
    check_alike(model, tmp_path, {"a": Y})
    graph = session_of(model, tmp_path)
    one, two = graph.run(None, {"history": np.stack([Y, 1000 * Y])})[0]
    np.testing.assert_allclose(two, 1000 * one, rtol=1e-6)


def test_steps_beyond_the_trained_horizon(tmp_path: Path) -> None:
    # networks of no season forecast 12 steps at once
    model = PretrainedLSTM(30, season_length=1).fit(table_of({"a": Y, "b": Y}))
    check_alike(model, tmp_path, {"a": Y}, series=np.array([0]))
    with_gap = with_random_weights(forecaster(5, **FAST, transform="difference").fit(Y))
    graph = session_of(with_gap, tmp_path, horizon=13, quantiles=())
    np.testing.assert_allclose(
        graph.run(None, {"history": Y[None]})[0][0], with_gap.predict(13, data=Y)["LSTM"], rtol=0, atol=TOLERANCE
    )


@pytest.mark.parametrize("transform", ["none", "log1p", "fourth-root", "box-cox"])
@pytest.mark.parametrize("scaling", ["season", "minmax"])
def test_known_and_new_series_of_a_panel(transform: str, scaling: str, tmp_path: Path) -> None:
    learned = {"a": Y, "b": 30 * Y, "constant": np.full(150, 7.0)}
    model = forecaster(3, **{**FAST, "transform": transform, "scaling": scaling}).fit(table_of(learned))
    new = RNG.poisson(0.3, 150).astype(float)
    histories = {"b": 30 * Y, "new": wave(150, 12, seed=5) * 3, "counts": new, "a": Y}
    check_alike(with_random_weights(model), tmp_path, histories, series=np.array([1, -1, -1, 0]))
    # a series that never changed and does now
    check_alike(model, tmp_path, {"constant": Y}, series=np.array([2]))
    check_alike(model, tmp_path, {"constant": np.append(np.full(149, 7.0), 8.0)}, series=np.array([2]))


def test_counts_with_many_zeros_have_means(tmp_path: Path) -> None:
    counts = RNG.poisson(0.4, 120).astype(float)
    model = PretrainedLSTM(4, season_length=7).fit(table_of({"a": counts, "b": Y[:120]}))
    assert model.fitted_.preparation.is_sparse.tolist() == [True, False]
    check_alike(model, tmp_path, {"a": counts, "b": Y[:120]}, series=np.array([0, 1]))
    check_alike(model, tmp_path, {"c": counts[::-1].copy()}, series=np.array([-1]))


@pytest.mark.parametrize("loss", ["poisson", "zero-inflated"])
def test_likelihoods_of_counts_have_their_means(loss: str, tmp_path: Path) -> None:
    learned = {"a": RNG.poisson(0.4, 120).astype(float), "b": RNG.poisson(9, 120).astype(float), "c": np.full(120, 2.0)}
    model = with_random_weights(forecaster(4, **FAST, loss=loss).fit(table_of(learned)))
    graph = session_of(model, tmp_path, horizon=6)
    new = np.stack([learned["b"], learned["c"], learned["a"][::-1]])
    (forecast,) = graph.run(None, {"history": new, "series": np.array([1, 2, -1])})
    known = model.predict(6, data=table_of({"b": new[0], "c": new[1], "new": new[2]}))["LSTM"]
    np.testing.assert_allclose(forecast.ravel(), known, rtol=0, atol=9 * TOLERANCE)
    with pytest.raises(ConfigError, match=loss):
        model.to_onnx(tmp_path / "a.onnx", quantiles=0.9)


def test_float32_graphs_read_and_say_float32(tmp_path: Path) -> None:
    model = forecaster(3, **FAST).fit(Y)
    forecast = session_of(model, tmp_path, dtype="float32").run(None, {"history": Y[None].astype(np.float32)})[0]
    assert forecast.dtype == np.float32
    # values near 10 have float32 neighbours 1e-6 away
    np.testing.assert_allclose(forecast[0], model.predict(data=Y)["LSTM"], rtol=0, atol=1e-5)


def test_a_file_says_what_it_takes(tmp_path: Path) -> None:
    forecaster(3, **FAST).fit(table_of({"a": Y, "b": Y})).to_onnx(tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    facts = {one.key: one.value for one in model.metadata_props}
    assert facts == {
        "horizon": "3",
        "quantiles": "[0.1, 0.5, 0.9]",
        "least_length": "12",
        "season_length": "12",
        "frequency": '"D"',
        "series": '["a", "b"]',
    }
    assert [one.name for one in model.graph.input] == ["history", "series"]
    assert [one.name for one in model.graph.output] == ["forecast", "quantiles"]


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        LSTMForecaster().to_onnx(tmp_path / "a.onnx")
    model = forecaster(2, **FAST, **COVARIATES).fit(with_covariates(100))
    with pytest.raises(ConfigError, match="takes the history of the target alone"):
        model.to_onnx(tmp_path / "a.onnx")
    student = forecaster(2, **FAST, loss="student").fit(Y)
    with pytest.raises(ConfigError, match=r"student.* `quantiles=\(\)`"):
        student.to_onnx(tmp_path / "a.onnx", quantiles=0.9)
    forecast = session_of(student, tmp_path).run(None, {"history": Y[None]})
    np.testing.assert_allclose(forecast[0][0], student.predict(data=Y)["LSTM"], rtol=0, atol=TOLERANCE)
    with pytest.raises(ConfigError, match=r"float32, float64, got 'half'"):
        student.to_onnx(tmp_path / "a.onnx", dtype="half")
    with pytest.raises(ModelFileError, match="ONNX model"):
        student.to_onnx(tmp_path / "no" / "a.onnx")
    nothing_held = forecaster(2, **FAST, validation_size=0).fit(Y)
    with pytest.raises(DataError):
        nothing_held.to_onnx(tmp_path / "a.onnx", quantiles=(0.1,))
