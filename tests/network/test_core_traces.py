"""Does the core tell of its recurrent layers what the NumPy reference computes, whatever stands around them?"""

import numpy as np
import pytest

from gatecast.network import reference, wrapper
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.network.wrapper import Stretches

H = 2
# float64 against float64: the order of sums differs (1e-16 each) and the states are contractive
TOLERANCE = 1e-12
STACKS = {
    "lstm": (LayerSpec("lstm", 9), LayerSpec("lstm", 6)),
    "gru": (LayerSpec("gru", 9), LayerSpec("gru", 6)),
    "dilated": (LayerSpec("lstm", 7, 3), LayerSpec("gru", 6, 5), LayerSpec("lstm", 4, 2)),
    "residual": (LayerSpec("lstm", 6), LayerSpec("lstm", 6, 4, residual=True), LayerSpec("gru", 6, residual=True)),
    "between": (LayerSpec("norm"), LayerSpec("lstm", 6, 2), LayerSpec("dropout", dropout=0.5), LayerSpec("gru", 4)),
}
WHOLE = {
    "bidirectional": (LayerSpec("bidirectional", 5), LayerSpec("bidirectional", 4)),
    "attention": (LayerSpec("lstm", 5), LayerSpec("attention", 3)),
}
# the core works in blocks of 256 steps: lengths on both sides
LENGTHS = np.array([300, 1, 256, 17, 512, 3])
VALUES = np.cumsum(np.random.default_rng(2).normal(size=2 * 600) * 0.3)
PANEL = PanelArrays(VALUES, VALUES, 600 * np.arange(3), np.ones(2))
VALUE_INPUTS = ValueInputs((1, 3))


def weights(spec):
    return np.random.default_rng(3).normal(size=spec.n_parameters) * 0.4


def run(spec, lengths, panel=PANEL, dtype=np.float64, **options):
    stretches = Stretches(np.arange(len(lengths)) % 2, np.arange(len(lengths)), lengths)
    return wrapper.run_sequences(
        spec, weights(spec).astype(dtype), LossSettings(), VALUE_INPUTS, panel, stretches, **options
    )


def cells(kind, layer, x, named):
    """Gates and states `(T, ...)` of one layer over x `(1, T, F)`, in the core's order."""
    if kind == "bidirectional":
        ways = [
            {n.removeprefix(f"{way}."): a for n, a in named.items() if n.startswith(way)}
            for way in ("forward", "backward")
        ]
        ahead, back = cells("lstm", layer._one, x, ways[0]), cells("lstm", layer._one, x[:, ::-1], ways[1])[::-1].copy()
        if layer.ends_stack:
            back[-1] = back[0]
        return np.concatenate([ahead, back], axis=1)
    at = layer.trace(x, named)
    parts = [at.i, at.f, at.g, at.o, at.c[:, layer.dilation :]] if kind == "lstm" else [at.z, at.r, at.g]
    return np.concatenate([*parts, at.h[:, layer.dilation :]], axis=2)[0]


def expected_trace(spec, s, start, length):
    flat = weights(spec)
    x = reference.batch_of(PANEL, VALUE_INPUTS, [(s, start)], int(length), int(length) - 1, H).x
    rows = []
    for n, layer in enumerate(spec.layers):
        named = spec.weights_of(flat, n)
        if layer.traced:
            rows.append(cells(spec.stack[n].kind, layer, x, named))
        y = layer.forward(x, named)
        x = x + y if spec.is_residual(n) else y
    return np.concatenate(rows, axis=1)


@pytest.mark.parametrize("name", STACKS)
def test_traces_equal_the_reference(name, each_isa):
    spec = NetworkSpec(4, STACKS[name], H)
    each, last = (run(spec, LENGTHS, trace=trace, n_threads=2).trace for trace in ("each", "last"))
    assert each.shape == (LENGTHS.sum(), spec.trace_size)
    ends = np.cumsum(LENGTHS)
    for i, length in enumerate(LENGTHS):
        expected = expected_trace(spec, i % 2, i, length)
        np.testing.assert_allclose(each[ends[i] - length : ends[i]], expected, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(last[i], expected[-1], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", WHOLE)
def test_traces_of_whole_windows_equal_the_reference(name, each_isa):
    spec = NetworkSpec(4, WHOLE[name], H)
    each, last = (run(spec, LENGTHS, trace=trace).trace for trace in ("each", "last"))
    ends = np.cumsum(LENGTHS)
    for i, length in enumerate(LENGTHS):
        expected = expected_trace(spec, i % 2, i, length)
        np.testing.assert_allclose(each[ends[i] - length : ends[i]], expected, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(last[i], expected[-1], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", STACKS)
def test_traces_change_nothing_else(name):
    spec = NetworkSpec(4, STACKS[name], H)
    plain, traced = run(spec, LENGTHS, width=1), run(spec, LENGTHS, width=1, trace="each")
    assert plain.trace.size == 0
    for what in ("state", "last", "every"):
        np.testing.assert_array_equal(getattr(plain, what), getattr(traced, what))


def test_no_steps_and_no_recurrent_layers():
    spec = NetworkSpec(4, STACKS["lstm"], H)
    assert run(spec, np.array([0, 0]), trace="each").trace.shape == (0, spec.trace_size)
    assert not run(spec, np.array([0, 0]), trace="last").trace.any()
    assert run(NetworkSpec(4, (LayerSpec("dense", 3),), H), LENGTHS, trace="each").trace.shape[1] == 0
