"""Are the gates those of the forecast's own way through the network, and are bad wishes answered?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, GatecastError, LSTMForecaster
from gatecast.network import reference
from gatecast.network.ensemble import Ensemble
from gatecast.network.spec import LayerSpec, NetworkSpec

from .hand_set import fitted, forget_bias, hourly, set_weights

# float32 in the core against float64 here, over states that forget
TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def data():
    return hourly()


@pytest.fixture(scope="module")
def model(data):
    return fitted(data)


def reference_traces(model, data, start, length):
    """Gates and states of the LSTM layers by NumPy, from a zero state, `(length, trace_size)`."""
    panel = model.panel_of("gates", data)
    network = model.fitted_.ensemble.first
    arrays, spec, flat = model.fitted_.preparation.arrays(panel), network.spec, network.weights.astype(np.float64)
    x = reference.batch_of(arrays, network.value_inputs, [(0, start)], length, length - 1, spec.horizon).x.astype(
        np.float64
    )
    found = []
    for n, layer in enumerate(spec.layers[: len(spec.stack)]):
        at = layer.trace(x, spec.weights_of(flat, n))
        named = {"input": at.i, "forget": at.f, "candidate": at.g, "output": at.o}
        named |= {"cell": at.c[:, layer.dilation :], "hidden": at.h[:, layer.dilation :]}
        found.append({name: part[0] for name, part in named.items()})
        x = x + named["hidden"] if spec.is_residual(n) else named["hidden"]
    return found


@pytest.mark.parametrize("settings", [{}, {"dilations": (1, 3), "residual": True}, {"n_layers": 1}])
def test_gates_equal_the_reference(data, settings):
    model = fitted(data, **({"n_layers": None} if "dilations" in settings else {}), **settings)
    gates = model.gates()
    expected = reference_traces(model, data, 0, len(data))
    assert len(gates.layers) == len(expected)
    for layer, named in zip(gates.layers, expected, strict=True):
        assert list(layer.parts) == ["input", "forget", "candidate", "output", "cell", "hidden"]
        for name, part in named.items():
            assert layer[name].shape == (len(data), 5)
            np.testing.assert_allclose(layer[name], part, rtol=0, atol=TOLERANCE, err_msg=name)


def test_states_follow_from_gates(model):
    for layer in model.gates().layers:
        before = np.vstack([np.zeros((1, layer.n_units), np.float32), layer["cell"][:-1]])
        cell = layer["forget"] * before + layer["input"] * layer["candidate"]
        # one rounding of float32 each
        np.testing.assert_allclose(layer["cell"], cell, rtol=0, atol=1e-6)
        np.testing.assert_allclose(layer["hidden"], layer["output"] * np.tanh(layer["cell"]), rtol=0, atol=1e-6)


def test_gates_are_those_of_the_forecast(model):
    # the state that forecasts begin with is that before the newest point
    gates, state, at = model.gates(), model.fitted_.memories[0].state[0], 0
    for layer in gates.layers:
        for name in ("hidden", "cell"):
            np.testing.assert_array_equal(layer[name][-2], state[at : at + layer.n_units])
            at += layer.n_units
    assert at == len(state)


def test_newer_data_go_on_from_the_training_part(data):
    model = fitted(data[:300])
    newer, whole = model.gates(data[300:]), model.gates(data)
    assert newer.times.equals(whole.times[300:])
    for new, old in zip(newer.layers, whole.layers, strict=True):
        np.testing.assert_array_equal(new["hidden"], old["hidden"][300:])


@pytest.mark.parametrize("settings", [{}, {"bidirectional": True}, {"attention": True}, {"skip": "none"}])
def test_windows_are_told_by_their_last_step(data, settings):
    model = fitted(data, mode="windows", lookback=12, **settings)
    gates = model.gates()
    assert gates.window == 12
    assert gates.n_steps == len(data)
    assert {layer.direction for layer in gates.layers} == (
        {"forward", "backward"} if "bidirectional" in settings else {"forward"}
    )
    if settings in ({}, {"skip": "none"}):
        for t in (11, 200, 399):
            for layer, named in zip(gates.layers, reference_traces(model, data, t - 11, 12), strict=True):
                for name, part in named.items():
                    np.testing.assert_allclose(layer[name][t], part[-1], rtol=0, atol=TOLERANCE)
    frame = gates.half_lives().to_frame()
    assert ("direction" in frame) == ("bidirectional" in settings)


def test_gru_has_gates_of_its_own(data):
    layer = fitted(data, cell="gru", n_layers=1).gates().layers[0]
    assert list(layer.parts) == ["update", "reset", "candidate", "hidden"]
    before = np.vstack([np.zeros((1, 5), np.float32), layer["hidden"][:-1]])
    hidden = layer["update"] * before + (1 - layer["update"]) * layer["candidate"]
    np.testing.assert_allclose(layer["hidden"], hidden, rtol=0, atol=1e-6)
    assert layer.retention is layer["update"]
    with pytest.raises(ConfigError, match="kind 'gru' has no 'forget', and one of 'update', 'reset'"):
        layer["forget"]


def test_frame_is_long_and_labelled(model, data):
    gates = model.gates()
    frame = gates.to_frame()
    assert list(frame) == [
        "unique_id", "ds", "layer", "unit", "input", "forget", "candidate", "output", "cell", "hidden",
    ]  # fmt: skip
    assert len(frame) == len(data) * 10
    row = frame[(frame["ds"] == data["ds"][7]) & (frame["layer"] == 2) & (frame["unit"] == 3)]
    assert row["cell"].item() == gates.layers[1]["cell"][7, 3]


def test_frame_speaks_the_users_library_and_names():
    pl = pytest.importorskip("polars")
    frame = pl.from_pandas(hourly(name="load").rename(columns={"ds": "when"}))
    table = fitted(frame).gates().to_frame()
    assert isinstance(table, pl.DataFrame)
    assert table.columns[:2] == ["unique_id", "when"]


def test_gaps_are_read_as_in_a_forecast(data):
    holes = data.copy()
    holes.loc[[50, 51, 399], "y"] = np.nan
    model = fitted(holes)
    gates, state = model.gates(), model.fitted_.memories[0].state[0]
    assert gates.n_steps == len(data)
    np.testing.assert_array_equal(gates.layers[0]["hidden"][-2], state[:5])


def test_arrays_without_times():
    y = np.sin(np.arange(300) / 4)
    gates = fitted(y, season_length=1).gates(y)
    assert gates.times[0] == 0
    assert gates.half_lives().texts[0].endswith("steps")


def test_members_are_told_apart(data):
    model = fitted(data, ensemble=2)
    first, second = model.gates(), model.gates(member=1)
    assert (first.layers[0]["hidden"] != second.layers[0]["hidden"]).any()
    for member in (2, -1, True, "a"):
        with pytest.raises(ConfigError, match="`member` must be the number of one of 2 networks, 0 to 1"):
            model.gates(member=member)


def test_series_are_asked_for_by_name():
    shops = [hourly(seed=k).assign(unique_id=name) for k, name in enumerate(("north", "south"))]
    model = fitted(pd.concat(shops))
    one = model.gates(unique_id="south")
    assert one.unique_id == "south"
    alone = model.gates(shops[1], unique_id="south")
    np.testing.assert_array_equal(one.layers[1]["cell"], alone.layers[1]["cell"])
    with pytest.raises(ConfigError, match="one of 2 series \\('north', 'south'\\), got None. Pass one of them."):
        model.gates()
    with pytest.raises(ConfigError, match="got 'souht'. Did you mean `unique_id='south'`"):
        model.gates(unique_id="souht")


def test_what_cannot_be_told(model, data, tmp_path):
    with pytest.raises(GatecastError, match="not fitted"):
        LSTMForecaster(horizon=1).gates(data)
    with pytest.raises(DataError, match="lookback of 24 points was expected"):
        model.gates(data[:10])
    model.save(tmp_path / "m.safetensors")
    loaded = LSTMForecaster.load(tmp_path / "m.safetensors")
    with pytest.raises(DataError, match="Pass them: `gates\\(data\\)`"):
        loaded.gates()
    np.testing.assert_array_equal(loaded.gates(data).layers[0]["cell"], model.gates().layers[0]["cell"])


def test_units_are_named(data):
    model = set_weights(fitted(data, n_layers=1), layers__0__bias=forget_bias([0.5] * 5))
    units = model.gates().units
    assert units.names[3] == "unit 3"
    assert len(units) == 5


def test_a_network_without_recurrent_layers_has_no_gates(data):
    model = fitted(data)
    spec = NetworkSpec(4, (LayerSpec("dense", 3),), 2)
    network = replace(model.fitted_.ensemble.first, spec=spec)
    model._fitted = replace(model.fitted_, ensemble=Ensemble((network,)))
    with pytest.raises(ConfigError, match="no recurrent layer, and gates belong to LSTM and GRU layers"):
        model.gates()
