"""Does the core forecast along sequences as the reference does, whatever their lengths, and one point at a time?"""

import numpy as np
import pytest

from gatecast.network import native, reference
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec

SPEC = NetworkSpec(2, (9, 6), 5)
# the core works in blocks of 256 steps and in groups of 16 sequences: lengths on both sides of each
LENGTHS = np.array([0, 700, 1, 256, 255, 257, 512, 3, 0, 256, 17, 100, 2, 700, 300, 31, 8, 1, 513, 64])
STARTS = np.random.default_rng(1).integers(0, 50, len(LENGTHS))
INPUTS = np.random.default_rng(2).normal(size=(760, 2))
# float64 against float64: the order of sums differs (1e-16 each) and the states are contractive
TOLERANCE = 1e-12


def weights(dtype=np.float64, spec=SPEC):
    rng = np.random.default_rng(3)
    return (rng.normal(size=spec.n_parameters) * 0.4).astype(dtype)


def run(starts, lengths, dtype=np.float64, **options):
    return native.run_sequences(SPEC, weights(dtype), INPUTS.astype(dtype), starts, lengths, **options)


def expected_of(start, length):
    """Outputs after each step, and the states behind the last one, of the reference."""
    outputs, traces = reference.forward(SPEC, weights(), INPUTS[None, start : start + length])
    h, c = (np.concatenate([getattr(trace, name)[0, -1] for trace in traces]) for name in "hc")
    return outputs[0], h, c


@pytest.fixture(scope="module")
def expected():
    return {i: expected_of(STARTS[i], LENGTHS[i]) for i in np.flatnonzero(LENGTHS)}


@pytest.mark.parametrize("width", [0, 1, 5])
def test_sequences_equal_the_reference(width, expected, each_isa):
    result = run(STARTS, LENGTHS, width=width, n_threads=2)
    ends = np.cumsum(LENGTHS)
    assert result.every.shape == (ends[-1] if width else 0, width)
    for i, (outputs, h, c) in expected.items():
        np.testing.assert_allclose(result.last[i], outputs[-1], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(result.h[i], h, rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(result.c[i], c, rtol=0, atol=TOLERANCE)
        if width:
            every = result.every[ends[i] - LENGTHS[i] : ends[i]]
            np.testing.assert_allclose(every, outputs[:, :width], rtol=0, atol=TOLERANCE)


def test_sequence_of_length_zero_keeps_its_state():
    rng = np.random.default_rng(0)
    h, c = rng.normal(size=(2, len(LENGTHS), SPEC.state_size))
    result = run(STARTS, LENGTHS, state=(h, c))
    empty = LENGTHS == 0
    np.testing.assert_array_equal(result.h[empty], h[empty])
    np.testing.assert_array_equal(result.c[empty], c[empty])
    head = SPEC.views(weights())
    np.testing.assert_allclose(
        result.last[empty], h[empty, 9:] @ head["head.kernel"] + head["head.bias"], rtol=0, atol=TOLERANCE
    )
    zero = run(STARTS, LENGTHS)
    assert not zero.h[empty].any()
    np.testing.assert_allclose(zero.last[empty], np.tile(head["head.bias"], (2, 1)), rtol=0, atol=TOLERANCE)


def test_no_sequences_at_all():
    result = run(np.zeros(0, np.int64), np.zeros(0, np.int64), width=2, n_threads=2)
    assert result.last.shape == (0, 5)
    assert result.every.shape == (0, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cut", [1, 100, 256, 257])
def test_two_halves_equal_the_whole_bit_for_bit(cut, dtype, each_isa):
    first = np.minimum(LENGTHS, cut)
    whole = run(STARTS, LENGTHS, dtype, width=5)
    left = run(STARTS, first, dtype, width=5)
    given = left.h.copy(), left.c.copy()
    right = run(STARTS + first, LENGTHS - first, dtype, state=given, width=5)
    for name in ("h", "c", "last"):
        np.testing.assert_array_equal(getattr(right, name), getattr(whole, name))
    np.testing.assert_array_equal(given[0], left.h)
    at = np.flatnonzero(LENGTHS == 700)[0]
    whole_end, right_end = np.cumsum(LENGTHS)[at], np.cumsum(LENGTHS - first)[at]
    rest = 700 - cut
    np.testing.assert_array_equal(right.every[right_end - rest : right_end], whole.every[whole_end - rest : whole_end])


def test_sequences_do_not_depend_on_each_other_or_on_threads(each_isa):
    together = run(STARTS, LENGTHS, np.float32, width=5)
    alone = [run(STARTS[i : i + 1], LENGTHS[i : i + 1], np.float32, width=5) for i in range(len(LENGTHS))]
    for name in ("h", "c", "last", "every"):
        np.testing.assert_array_equal(np.concatenate([getattr(a, name) for a in alone]), getattr(together, name))
    for threads in (2, 3, 5):
        other = run(STARTS, LENGTHS, np.float32, width=5, n_threads=threads)
        for name in ("h", "c", "last", "every"):
            np.testing.assert_array_equal(getattr(other, name), getattr(together, name))


def test_sequences_equal_the_trainers_outputs(each_isa):
    # training and forecasting go through different loops: they must say the same
    x = INPUTS[None, None, :40].astype(np.float32)
    flat = weights(np.float32)
    source = native.array_source(x, np.zeros((1, 1, 40, 5), np.float32))
    predictions = native.make_trainer(SPEC, flat, native.LossSettings(), 1).gradient(source)[1]
    np.testing.assert_array_equal(run(np.array([0]), np.array([40]), np.float32, width=5).every, predictions[0])


CENTER, UNIT = 120.0, 25.0
VALUES = CENTER + UNIT * np.random.default_rng(5).normal(size=60)


def stream_case(dtype):
    spec = NetworkSpec(1, (9, 6), 4)
    flat = initial_weights(spec, 2, dtype)
    return spec, flat, ((VALUES - CENTER) / UNIT).astype(dtype)[:, None]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stream_carries_its_state(dtype, each_isa):
    spec, flat, scaled = stream_case(dtype)
    every = native.run_sequences(spec, flat, scaled, np.array([0]), np.array([60]), width=4).every
    stream = native.make_stream(spec, flat, 0, CENTER, UNIT)
    streamed = np.array([stream.update(value) for value in VALUES])
    assert streamed.dtype == np.float64
    # the core works in `dtype`, the stream converts to units of the data in float64: bit for bit
    np.testing.assert_array_equal(streamed, CENTER + UNIT * every.astype(np.float64))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("window", [1, 7])
def test_stream_over_windows(window, dtype, each_isa):
    spec, flat, scaled = stream_case(dtype)
    starts = np.arange(60 - window + 1)
    last = native.run_sequences(spec, flat, scaled, starts, np.full(len(starts), window)).last
    stream = native.make_stream(spec, flat, window, CENTER, UNIT)
    streamed = np.array([stream.update(value) for value in VALUES])[window - 1 :]
    np.testing.assert_array_equal(streamed, CENTER + UNIT * last.astype(np.float64))


@pytest.mark.parametrize("window", [0, 5])
def test_stream_skip_takes_the_value_in(window):
    spec, flat, _ = stream_case(np.float32)
    one, other = (native.make_stream(spec, flat, window, CENTER, UNIT) for _ in range(2))
    for value in VALUES[:-1]:
        one.update(value)
        assert other.skip(value) is None
    np.testing.assert_array_equal(one.update(VALUES[-1]), other.update(VALUES[-1]))


def test_stream_continues_from_a_state():
    spec, flat, scaled = stream_case(np.float32)
    half = native.run_sequences(spec, flat, scaled, np.array([0]), np.array([30]))
    whole, second = (native.make_stream(spec, flat, 0, CENTER, UNIT) for _ in range(2))
    for value in VALUES[:30]:
        whole.skip(value)
    second.set_state(half.h[0], half.c[0])
    np.testing.assert_array_equal(second.update(VALUES[30]), whole.update(VALUES[30]))


def test_streams_forecast_does_not_change_later():
    spec, flat, _ = stream_case(np.float32)
    stream = native.make_stream(spec, flat, 0, CENTER, UNIT)
    first = stream.update(100.0)
    kept = first.copy()
    stream.update(200.0)
    np.testing.assert_array_equal(first, kept)
