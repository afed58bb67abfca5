"""Do networks come from Keras and PyTorch, and go back, with the same outputs? Against kept values and doubles.

Tolerance: float32 in both, summed in other orders: a few roundings of numbers near 1 (6e-8 each), so 1e-6.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gatecast
import gatecast.mlflow
from exchange.doubles import GRU, LSTM, Bidirectional, Dense, Dropout, Layer, Module, Sequential, golden, torch_part
from gatecast import ConfigError, GatecastError, LSTMForecaster, Network, Training
from gatecast.exchange.keras import keras_layers, network_of
from gatecast.exchange.plain import plain_network
from gatecast.exchange.torch import torch_weights
from gatecast.network import reference
from made_series import forecaster, wave

RNG = np.random.default_rng(0)
SAME = 1e-6
Y = wave(120, 12)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(0, 0.5, shape).astype(np.float32)


def lstm(F: int, D: int, **config: Any) -> LSTM:
    return LSTM(drawn(F, 4 * D), drawn(D, 4 * D), drawn(4 * D), units=D, **config)


def gru(F: int, D: int, **config: Any) -> GRU:
    return GRU(drawn(F, 3 * D), drawn(D, 3 * D), drawn(2, 3 * D), units=D, **config)


def dense(F: int, D: int, activation: str = "linear") -> Dense:
    return Dense(drawn(F, D), drawn(D), units=D, activation=activation)


def both_ways(D: int, **config: Any) -> Bidirectional:
    weights = [*lstm(1, D).weights, *lstm(1, D).weights]
    inner = {"class_name": "LSTM", "config": {"units": D, **config}}
    return Bidirectional(*weights, layer=inner, merge_mode="concat")


def scaled_windows(y: np.ndarray, steps: int) -> np.ndarray:
    scaled = (y - y.min()) / (y.max() - y.min())
    return np.lib.stride_tricks.sliding_window_view(scaled, steps)[..., None]


@pytest.mark.parametrize("name", ["tutorial", "lstm", "stacked", "sequence", "bidirectional", "gru"])
def test_kept_values_of_keras(name: str) -> None:
    values, layers = golden(name)
    network = network_of(layers)
    x = values["x"][0]
    out = reference.forward(network.spec, network.flat.astype(np.float64), x.astype(np.float64))
    expected = values["prediction_after"]
    # after tens of steps of training outputs of Keras carry its own roundings
    np.testing.assert_allclose(out if name == "sequence" else out[:, -1], expected, rtol=0, atol=SAME)
    back = [weight for layer in keras_layers(network) for weight in layer.weights]
    for ours, theirs in zip(back, [weight for layer in layers for weight in layer.weights], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_tutorials_model_of_keras_becomes_a_forecaster() -> None:
    _, layers = golden("tutorial")
    keras = Sequential(*layers, steps=3)
    table = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=120), "y": Y})
    model = gatecast.from_keras(keras, table)
    spread = Y.max() - Y.min()
    expected = Y.min() + spread * keras.predict(scaled_windows(Y, 3), verbose=0)[:, 0]
    # forecasts are in the data's units, a float32 unit of the scaled ones is `spread` times larger
    insample = model.predict_insample()["LSTM"].to_numpy()
    np.testing.assert_allclose(insample[3:], expected[:-1], rtol=0, atol=SAME * spread)
    np.testing.assert_allclose(model.predict()["LSTM"], expected[-1:], rtol=0, atol=SAME * spread)
    assert model.decisions_ == (
        "The network comes from Keras with its weights: values are scaled by these data, and nothing was trained.",
    )
    assert "trained elsewhere" in model.stop_reason_.remedy


@pytest.mark.parametrize(
    "layers",
    [
        [lstm(1, 5, return_sequences=True), Dropout(rate=0.2), gru(5, 4), dense(4, 6, "tanh"), dense(6, 3)],
        [both_ways(3), dense(6, 2)],
        [gru(1, 6, reset_after=True), dense(6, 1)],
    ],
    ids=["mixed", "bidirectional", "gru"],
)
def test_stacks_of_keras_there_and_back(layers: list[Layer]) -> None:
    keras = Sequential(*layers)
    model = gatecast.from_keras(keras, Y, lookback=7)
    spread = Y.max() - Y.min()
    expected = Y.min() + spread * keras.predict(scaled_windows(Y, 7)[-1:], verbose=0)[0]
    np.testing.assert_allclose(model.predict()["LSTM"], expected, rtol=0, atol=SAME * spread)
    described = keras_layers(plain_network(model.fitted_, 0))
    weighted = [layer for layer in layers if layer.weights]
    assert [layer.kind for layer in described] == [type(layer).__name__ for layer in weighted]
    for ours, theirs in zip(described, weighted, strict=True):
        for one, other in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_array_equal(one, other)


def module(kind: str, *, batch_first: bool = True) -> Module:
    gates = 4 if kind == "LSTM" else 3
    names = {"weight_ih": (gates * 5,), "weight_hh": (gates * 5, 5), "bias_ih": (gates * 5,), "bias_hh": (gates * 5,)}
    state = {}
    for layer, width in enumerate((1, 5)):
        shapes = names | {"weight_ih": (gates * 5, width)}
        state |= {f"{name}_l{layer}": drawn(*shape) for name, shape in shapes.items()}
    facts = {"hidden_size": 5, "num_layers": 2, "batch_first": batch_first, "bidirectional": False, "proj_size": 0}
    hidden, head = ({"weight": drawn(n, 5), "bias": drawn(n)} for n in (5, 2))
    linear = [torch_part("Linear", one, out_features=len(one["bias"])) for one in (hidden, head)]
    return Module(torch_part(kind, state, **facts), *linear)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_modules_of_torch_there_and_back(kind: str, batch_first: bool) -> None:
    torch = module(kind, batch_first=batch_first)
    model = gatecast.from_torch(torch, Y, lookback=9, scaling="minmax")
    assert torch.training, "the module was left in another mode"
    spread, x = Y.max() - Y.min(), scaled_windows(Y, 9)[-1:]
    torch.eval()
    expected = Y.min() + spread * np.asarray(torch(x if batch_first else x.swapaxes(0, 1)))[0]
    np.testing.assert_allclose(model.predict()["LSTM"], expected, rtol=0, atol=SAME * spread)
    state = torch_weights(plain_network(model.fitted_, 0))
    own = torch.parts[0].state
    for layer in range(2):
        np.testing.assert_array_equal(state[f"recurrent.{layer}.weight_ih_l0"], own[f"weight_ih_l{layer}"])
        np.testing.assert_array_equal(state[f"recurrent.{layer}.weight_hh_l0"], own[f"weight_hh_l{layer}"])
        biases = [state[f"recurrent.{layer}.bias_{name}_l0"] for name in ("ih", "hh")]
        theirs = [np.asarray(own[f"bias_{name}_l{layer}"]) for name in ("ih", "hh")]
        if kind == "LSTM":
            # gates have one bias here, which is the sum
            biases, theirs = [sum(biases)], [sum(theirs)]
        np.testing.assert_array_equal(biases, theirs)
    np.testing.assert_array_equal(state["linear.0.weight"], torch.parts[1].state["weight"])
    np.testing.assert_array_equal(state["linear.1.bias"], torch.parts[2].state["bias"])


def test_an_imported_model_is_asked_all_that_others_are(tmp_path: Path) -> None:
    _, layers = golden("tutorial")
    model = gatecast.from_keras(Sequential(*layers, steps=3), Y, validation_size=30, season_length=12)
    forecast = model.predict(3, level=80)
    assert (forecast["LSTM-lo-80"] < forecast["LSTM-hi-80"]).all()
    assert gatecast.diagnose(model).part == "validation set"
    assert model.gates().layers[0]["forget"].shape == (120, 50)
    assert len(model.lag_importance().to_frame())
    assert model.stream().update(12.0).shape == (1,)
    assert "Keras" in model._repr_html_()
    model.save(tmp_path / "model.safetensors")
    again = LSTMForecaster.load(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(again.predict(3, level=80), forecast)
    # a fit of its settings trains a network of the same shape
    settings = replace(again.settings_, epochs=1, progress=False)
    assert LSTMForecaster.from_settings(settings).fit(Y).fitted_.ensemble.spec == again.fitted_.ensemble.spec


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([lstm(1, 3), dense(3, 2, "relu")], "must be a Dense layer without an activation"),
        ([lstm(1, 3), dense(3, 4, "relu"), dense(4, 2)], r"a layer Dense \(relu\) that gatecast does not have"),
        ([dense(1, 4, "tanh"), lstm(4, 3), dense(3, 2)], "a layer LSTM"),
        ([dense(1, 2)], "no recurrent layer"),
        ([lstm(1, 3, activation="relu"), dense(3, 2)], "activation='relu', and activation='tanh' was expected"),
        ([gru(1, 3, reset_after=False), dense(3, 2)], "reset_after=False"),
        ([lstm(2, 3), dense(3, 2)], "reads 2 numbers at each step, and one was expected"),
        ([lstm(1, 3), dense(4, 2)], r"'head.kernel' have shape \(4, 2\), and \(3, 2\) was expected"),
    ],
)
def test_other_models_of_keras_are_refused(layers: list[Layer], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        gatecast.from_keras(Sequential(*layers), Y, lookback=3)


def test_what_is_passed_wrongly_is_told() -> None:
    keras = Sequential(lstm(1, 3), dense(3, 2), steps=4)
    with pytest.raises(ConfigError, match="`lookback=5` was passed, and the windows of the Keras network have 4 steps"):
        gatecast.from_keras(keras, Y, lookback=5)
    with pytest.raises(ConfigError, match="windows of any length, and `lookback` was expected"):
        gatecast.from_keras(Sequential(*keras.layers), Y)
    with pytest.raises(ConfigError, match="`lookback` must be"):
        gatecast.from_keras(Sequential(*keras.layers), Y, lookback=0)
    with pytest.raises(ConfigError, match="has the type str, and a Keras model was expected"):
        gatecast.from_keras("model.keras", Y)
    with pytest.raises(ConfigError, match="`scaling` must be one of"):
        gatecast.from_keras(keras, Y, scaling="robust")
    keras.input_shape = (None, 4, 3)
    with pytest.raises(ConfigError, match=r"windows of shape \(None, 4, 3\)"):
        gatecast.from_keras(keras, Y)

    class Other(Sequential):
        def predict(self, x, verbose):
            return super().predict(x, verbose) + 1

    with pytest.raises(ConfigError, match="outputs of the Keras network differ by 1 from"):
        gatecast.from_keras(Other(*keras.layers), Y, lookback=4)


def test_modules_that_are_no_stack_are_refused() -> None:
    torch = module("LSTM")
    recurrent, *linear = torch.parts
    with pytest.raises(ConfigError, match="holds Linear, Linear, LSTM, and LSTM or GRU layers followed by"):
        gatecast.from_torch(Module(*linear, recurrent), Y, lookback=3)
    recurrent.bidirectional = True
    with pytest.raises(ConfigError, match="has bidirectional=True, and bidirectional=False was expected"):
        gatecast.from_torch(torch, Y, lookback=3)


def test_models_that_no_framework_has_stay_here() -> None:
    with pytest.raises(ConfigError, match=r"naive forecasts or covariates.*`to_onnx`"):
        gatecast.PretrainedLSTM(season_length=12).fit(Y).to_torch()
    plain = {"skip": "none", "hidden_size": 4, "epochs": 1, "progress": False, "lookback": 12}
    with pytest.raises(ConfigError, match="dilations or residual connections"):
        forecaster(2, **plain, dilations=(2,)).fit(Y).to_keras()
    with pytest.raises(ConfigError, match=r"layers \['norm'\]"):
        forecaster(2, **plain, layer_norm=True).fit(Y).to_keras()
    with pytest.raises(ConfigError, match="the loss 'normal'"):
        forecaster(2, **plain, loss="normal").fit(Y).to_keras()
    model = LSTMForecaster(2, network=Network(skip="none"), training=Training(epochs=1), progress=False).fit(Y)
    with pytest.raises(ConfigError, match="0 to 0, got 1"):
        model.to_keras(member=1)


def test_frameworks_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("keras", "torch", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
    model = gatecast.from_keras(Sequential(lstm(1, 3), dense(3, 2), steps=4), Y)
    with pytest.raises(GatecastError, match="`pip install keras`"):
        model.to_keras()
    with pytest.raises(GatecastError, match="`pip install torch`"):
        model.to_torch()
    with pytest.raises(GatecastError, match="`pip install mlflow-skinny`"):
        gatecast.mlflow.load_model("model")


def test_no_framework_is_imported_before_it_is_used() -> None:
    names = ["keras", "torch", "mlflow", "sktime", "onnx"]
    program = f"import sys, gatecast.mlflow; gatecast.from_keras; print([m for m in sys.modules if m in {names}])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
