"""Does the core forecast along sequences as the reference does, whatever their lengths, and one point at a time?"""

import functools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gatecast.network import reference, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.network.wrapper import Stretches

H = 5
# the core works in blocks of 256 steps and in groups of 16 sequences: lengths on both sides of each
LENGTHS = np.array([0, 700, 1, 256, 255, 257, 512, 3, 0, 256, 17, 100, 2, 700, 300, 31, 8, 1, 513, 64])
STARTS = np.random.default_rng(1).integers(0, 50, len(LENGTHS))
# float64 against float64: the order of sums differs (1e-16 each) and the states are contractive
TOLERANCE = 1e-12
STACKS = {
    "lstm": (LayerSpec("lstm", 9), LayerSpec("lstm", 6)),
    "gru": (LayerSpec("gru", 9), LayerSpec("gru", 6)),
    "dilated": (LayerSpec("lstm", 7, 3), LayerSpec("gru", 6, 5), LayerSpec("lstm", 4, 2)),
    "residual": (LayerSpec("lstm", 6), LayerSpec("lstm", 6, 4, residual=True), LayerSpec("gru", 6, residual=True)),
    "norm": (LayerSpec("norm"), LayerSpec("lstm", 6, 2), LayerSpec("norm"), LayerSpec("dense", 5), LayerSpec("gru", 4)),
}
VALUE_INPUTS = ValueInputs((1, 3), (1, 4, -5))


def panel(dtype=np.float64):
    """Three series: each of the stretches lies within one of them."""
    rng = np.random.default_rng(2)
    values = np.cumsum(rng.normal(size=3 * 800) * 0.3).astype(dtype)
    targets = values.copy()
    targets[rng.random(len(values)) < 0.1] = np.nan
    numbers = rng.normal(size=(len(values), 2)).astype(dtype)
    return PanelArrays(
        values, targets, 800 * np.arange(4), np.ones(3), np.full(3, 4.0, dtype), numbers, n_ahead_numbers=1
    )


def spec_of(name, loss="mse"):
    P = LossSettings(loss).n_parameters
    shape = {"n_skip_forecasts": 3, "n_parameters_of_step": P, "n_ahead_numbers": 1, "n_contexts": 2, "future_units": 3}
    return NetworkSpec(6, STACKS[name], H, decoder=(LayerSpec("dense", 8),), **shape)


def weights(spec, dtype=np.float64):
    return (np.random.default_rng(3).normal(size=spec.n_parameters) * 0.4).astype(dtype)


def run(name, starts, lengths, dtype=np.float64, loss="mse", **options):
    spec = spec_of(name, loss)
    stretches = Stretches(np.arange(len(starts)) % 3, starts, lengths)
    return wrapper.run_sequences(
        spec, weights(spec, dtype), LossSettings(loss), VALUE_INPUTS, panel(dtype), stretches, **options
    )


CHOSEN = [10, 11, 12, 15, 3, 4, 5]


@functools.cache
def expected_forecasts(name, loss):
    """What the reference forecasts along the chosen sequences, one array for each."""
    spec, settings = spec_of(name, loss), LossSettings(loss)
    batches = [
        reference.batch_of(panel(), VALUE_INPUTS, [(i % 3, STARTS[k])], int(LENGTHS[k]), 0, H)
        for i, k in enumerate(CHOSEN)
    ]
    return [reference.gradients(spec, weights(spec), batch, settings).predictions[0] for batch in batches]


@pytest.mark.parametrize("loss", ["mse", "student"])
@pytest.mark.parametrize("width", [0, 1, 5])
@pytest.mark.parametrize("name", STACKS)
def test_sequences_equal_the_reference(name, width, loss, each_isa):
    result = run(name, STARTS[CHOSEN], LENGTHS[CHOSEN], width=width, n_threads=2, loss=loss)
    ends = np.cumsum(LENGTHS[CHOSEN])
    assert result.every.shape == (ends[-1] if width else 0, LossSettings(loss).n_parameters, width)
    for i, (k, expected) in enumerate(zip(CHOSEN, expected_forecasts(name, loss), strict=True)):
        np.testing.assert_allclose(result.last[i], expected[-1], rtol=0, atol=TOLERANCE * 100)
        if width:
            every = result.every[ends[i] - LENGTHS[k] : ends[i]]
            np.testing.assert_allclose(every, expected[:, :, :width], rtol=0, atol=TOLERANCE * 100)


@pytest.mark.parametrize("step", [1, 3, 300])
@pytest.mark.parametrize("name", STACKS)
def test_forecasts_that_are_asked_for_are_some_of_all_bit_for_bit(name, step, each_isa):
    # behind the end, at it, at the edges of blocks of 256 steps, and another place for each sequence
    first = np.array([0, 699, 0, 256, 5, 255, 256, 2, 1, 254, *np.random.default_rng(6).integers(0, 40, 10)])
    whole = run(name, STARTS, LENGTHS, np.float32, width=H)
    for threads in (1, 3):
        some = run(name, STARTS, LENGTHS, np.float32, width=2, every_from=first, every_step=step, n_threads=threads)
        begins = np.cumsum(LENGTHS) - LENGTHS
        rows = [np.arange(f, n, step) + begin for f, n, begin in zip(first, LENGTHS, begins, strict=True)]
        np.testing.assert_array_equal(some.every, whole.every[np.concatenate(rows), :, :2])
        np.testing.assert_array_equal(some.last, whole.last)
        np.testing.assert_array_equal(some.state, whole.state)


def test_states_equal_the_reference(each_isa):
    spec = NetworkSpec(6, (LayerSpec("lstm", 7, 3),), H)
    stretches = Stretches(np.array([1]), np.array([20]), np.array([31]))
    flat = weights(spec)
    state = wrapper.run_sequences(
        spec, flat, LossSettings(), ValueInputs(VALUE_INPUTS.lags), replace(panel(), n_ahead_numbers=0), stretches
    ).state
    x = reference.batch_of(panel(), VALUE_INPUTS, [(1, 20)], 31, 30, H).x
    trace = spec.layers[0].trace(x, spec.weights_of(flat, 0))
    # h and c of the last three steps, the oldest first
    expected = np.concatenate([trace.h[0, -3:].ravel(), trace.c[0, -3:].ravel()])
    np.testing.assert_allclose(state[0], expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", STACKS)
def test_sequence_of_length_zero_keeps_its_state_and_has_no_forecast(name):
    rng = np.random.default_rng(0)
    state = rng.normal(size=(len(LENGTHS), spec_of(name).state_size))
    result, empty = run(name, STARTS, LENGTHS, state=state), LENGTHS == 0
    np.testing.assert_array_equal(result.state[empty], state[empty])
    assert np.isnan(result.last[empty]).all()
    assert np.isfinite(result.last[~empty]).all()
    assert not run(name, STARTS, LENGTHS).state[empty].any()


def test_empty_sequences_behind_others_keep_zero_states():
    # more groups than threads: the room of the last group still holds states of earlier ones
    lengths = np.concatenate([np.full(40, 9), np.zeros(20, np.int64)])
    result = run("dilated", np.zeros(60, np.int64), lengths)
    assert result.state[:40].all()
    assert not result.state[40:].any()


def test_no_sequences_at_all():
    result = run("lstm", np.zeros(0, np.int64), np.zeros(0, np.int64), width=2, n_threads=2)
    assert result.last.shape == (0, 1, H)
    assert result.every.shape == (0, 1, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cut", [1, 2, 100, 257])
@pytest.mark.parametrize("name", STACKS)
def test_two_halves_equal_the_whole_bit_for_bit(name, cut, dtype, each_isa):
    first = np.minimum(LENGTHS, cut)
    whole = run(name, STARTS, LENGTHS, dtype, width=H)
    left = run(name, STARTS, first, dtype, width=H)
    given = left.state.copy()
    right = run(name, STARTS + first, LENGTHS - first, dtype, state=given, width=H)
    np.testing.assert_array_equal(given, left.state)
    np.testing.assert_array_equal(right.state, whole.state)
    longer = cut < LENGTHS
    np.testing.assert_array_equal(right.last[longer], whole.last[longer])
    at = np.flatnonzero(LENGTHS == 700)[0]
    whole_end, right_end, rest = np.cumsum(LENGTHS)[at], np.cumsum(LENGTHS - first)[at], 700 - cut
    np.testing.assert_array_equal(right.every[right_end - rest : right_end], whole.every[whole_end - rest : whole_end])


@pytest.mark.parametrize("name", STACKS)
def test_any_pieces_equal_one_run_bit_for_bit(name, each_isa):
    # pieces of every size on both sides of the dilations, other ones for each row
    rng, n = np.random.default_rng(4), 9
    lengths = rng.integers(40, 90, n)
    whole = run(name, np.zeros(n, np.int64), lengths, np.float32)
    done, state = np.zeros(n, np.int64), None
    while (done < lengths).any():
        piece = np.minimum(rng.integers(0, 8, n), lengths - done)
        result = run(name, done, piece, np.float32, state=state)
        done, state = done + piece, result.state
        ended = (piece > 0) & (done == lengths)
        np.testing.assert_array_equal(result.last[ended], whole.last[ended])
    np.testing.assert_array_equal(state, whole.state)


@pytest.mark.parametrize("name", STACKS)
def test_sequences_do_not_depend_on_each_other_or_on_threads(name, each_isa):
    together = run(name, STARTS, LENGTHS, np.float32, width=H)
    ends = np.cumsum(LENGTHS)
    for i in range(0, len(LENGTHS), 3):
        # the first three series come in turn
        one = run(name, STARTS[i : i + 1], LENGTHS[i : i + 1], np.float32, width=H)
        np.testing.assert_array_equal(one.last[0], together.last[i])
        np.testing.assert_array_equal(one.state[0], together.state[i])
        np.testing.assert_array_equal(one.every, together.every[ends[i] - LENGTHS[i] : ends[i]])
    for threads in (2, 3, 5):
        other = run(name, STARTS, LENGTHS, np.float32, width=H, n_threads=threads)
        for what in ("state", "last", "every"):
            np.testing.assert_array_equal(getattr(other, what), getattr(together, what))


@pytest.mark.parametrize("name", STACKS)
def test_sequences_equal_the_trainers_outputs(name, each_isa):
    # training and forecasting go through different loops: they must say the same
    spec, dtype = spec_of(name), np.float32
    whole = panel(dtype)
    part = replace(
        whole, values=whole.values[:60], targets=whole.targets[:60], numbers=whole.numbers[:60], units=np.ones(1),
        spreads=whole.spreads[:1], offsets=np.array([0, 60]),
    )  # fmt: skip
    source = wrapper.segment_source(part, VALUE_INPUTS, 0, 100, 1, 0)
    trainer = wrapper.make_trainer(spec, weights(spec, dtype), LossSettings(), wrapper.OptimizerSettings(), 1)
    predictions = trainer.gradient(source, False)[1]
    # near the end of the shorter series less is known ahead
    np.testing.assert_array_equal(run(name, np.array([0]), np.array([50]), dtype, width=H).every, predictions[0, :50])


# --- what reads a window as a whole ----------------------------------------------------------------------------------

WHOLE = {
    "bidirectional": (LayerSpec("bidirectional", 5), LayerSpec("bidirectional", 4)),
    "attention": (LayerSpec("lstm", 5), LayerSpec("attention", 3)),
}


# other lengths in one group, and windows of more than one block of 256 steps
WINDOWS = np.array([7, 300, 12, 7, 1, 300, 257, *[30] * 17, 29])


def whole_panel():
    values = panel().values
    return PanelArrays(values, values, 800 * np.arange(4), np.ones(3))


@functools.cache
def expected_of_windows(name):
    spec = NetworkSpec(4, WHOLE[name], H)
    expected = []
    for i, length in enumerate(WINDOWS.tolist()):
        batch = reference.batch_of(whole_panel(), ValueInputs((1, 3)), [(i % 3, i)], length, length - 1, H)
        expected.append(reference.forward(spec, weights(spec), batch.x, length - 1)[0, 0])
    return np.array(expected)


@pytest.mark.parametrize("name", WHOLE)
def test_windows_of_any_lengths_are_read_as_a_whole(name, each_isa):
    spec = NetworkSpec(4, WHOLE[name], H)
    stretches = Stretches(np.arange(len(WINDOWS)) % 3, np.arange(len(WINDOWS)), WINDOWS)
    asked = spec, weights(spec), LossSettings(), ValueInputs((1, 3)), whole_panel(), stretches
    for threads in (1, 3):
        last = wrapper.run_sequences(*asked, n_threads=threads).last[:, 0]
        np.testing.assert_allclose(last, expected_of_windows(name), rtol=0, atol=TOLERANCE)


# --- one point at a time ---------------------------------------------------------------------------------------------

CENTER, UNIT, SPREAD = 120.0, 25.0, 4.0
N = 90


def stream_case(name, dtype, loss="mse"):
    """A network without covariates, values in the data's units, and the panel that holds them in scaled units."""
    settings = LossSettings(loss, quantiles=(0.1, 0.5, 0.9))
    spec = NetworkSpec(4, STACKS[name], H, n_skip_forecasts=3, n_parameters_of_step=settings.n_parameters)
    rng = np.random.default_rng(5)
    values = CENTER + UNIT * np.cumsum(rng.normal(size=N)) * 0.3
    observed = rng.random(N) > 0.1
    scaled = ((values - CENTER) / UNIT).astype(dtype)
    targets = np.where(observed, scaled, np.nan).astype(dtype)
    arrays = PanelArrays(scaled, targets, np.array([0, N]), np.ones(1), np.full(1, SPREAD, dtype))
    return spec, initial_weights(spec, 2, dtype), settings, values, observed.tolist(), arrays


def stream_of(case, window=0):
    spec, flat, settings, *_ = case
    return wrapper.make_stream(spec, flat, settings, VALUE_INPUTS, window, (CENTER, UNIT, SPREAD))


def stretch(*numbers):
    return Stretches(*(np.array(n) for n in numbers))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", ["mse", "quantile", "student"])
@pytest.mark.parametrize("name", STACKS)
def test_stream_equals_the_sequence_bit_for_bit(name, loss, dtype, each_isa):
    case = stream_case(name, dtype, loss)
    spec, flat, settings, values, observed, arrays = case
    every = wrapper.run_sequences(spec, flat, settings, VALUE_INPUTS, arrays, stretch([0], [0], [N]), width=H).every
    stream = stream_of(case)
    streamed = np.array([stream.update(*point) for point in zip(values, observed, strict=True)])
    assert streamed.dtype == dtype
    np.testing.assert_array_equal(streamed, every)


def run_alone(case, values):
    stream = stream_of(case)
    return [stream.update(value, True) for value in values]


def test_streams_of_equal_weights_go_their_own_way():
    spec, flat, settings, values, *_ = case = stream_case("lstm", np.float64)
    other = spec, np.where(np.arange(len(flat)) == 3, flat + 1.0, flat), settings
    sides = [(case, values[:9]), ((spec, flat.copy(), settings), values[9:18]), (other, values[:9])]
    streams = [stream_of(own) for own, _ in sides]
    in_turn = [[stream.update(own[n], True) for stream, (_, own) in zip(streams, sides, strict=True)] for n in range(9)]
    for one, side in zip(zip(*in_turn, strict=True), sides, strict=True):
        np.testing.assert_array_equal(one, run_alone(*side))
    assert (in_turn[-1][0] != in_turn[-1][2]).any()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_streams_of_equal_weights_keep_them_once():
    spec = NetworkSpec(4, (LayerSpec("lstm", 256),), H, n_skip_forecasts=3)
    flat = initial_weights(spec, 2, np.float64)

    def resident():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))

    held = [stream_of((spec, flat, LossSettings()))]
    before = resident()
    held += [stream_of((spec, flat.copy(), LossSettings())) for _ in range(40)]
    # 2 MB of weights each, which the packed copies double; a quarter for all is far more than their states take
    assert resident() - before < 40 * flat.nbytes / 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("window", [1, 7])
@pytest.mark.parametrize("name", ["lstm", "dilated"])
def test_stream_over_windows_equals_the_sequences_bit_for_bit(name, window, dtype, each_isa):
    case = stream_case(name, dtype)
    spec, flat, settings, values, observed, arrays = case
    n = N - window + 1
    stretches = stretch(np.zeros(n, np.int64), np.arange(n), np.full(n, window))
    last = wrapper.run_sequences(spec, flat, settings, VALUE_INPUTS, arrays, stretches).last
    stream = stream_of(case, window)
    streamed = np.array([stream.update(*point) for point in zip(values, observed, strict=True)])
    np.testing.assert_array_equal(streamed[window - 1 :], last)


@pytest.mark.parametrize("name", STACKS)
def test_stream_continues_from_a_state_and_remembers(name):
    case = stream_case(name, np.float32)
    spec, flat, settings, values, observed, arrays = case
    whole, second = stream_of(case), stream_of(case)
    for point in zip(values[:30], observed[:30], strict=True):
        whole.update(*point)
    second.set_state(
        wrapper.run_sequences(spec, flat, settings, VALUE_INPUTS, arrays, stretch([0], [0], [30])).state[0]
    )
    second.remember(arrays.values[:30], arrays.targets[:30])
    for k in range(30, N):
        at = (values[k], observed[k])
        np.testing.assert_array_equal(second.update(*at), whole.update(*at))


def test_stream_needs_to_remember_its_history_alone():
    case = stream_case("lstm", np.float32)
    spec, flat, settings, values, observed, arrays = case
    long, short = stream_of(case), stream_of(case)
    state = wrapper.run_sequences(spec, flat, settings, VALUE_INPUTS, arrays, stretch([0], [0], [60])).state[0]
    for stream, first in ((long, 0), (short, 60 - VALUE_INPUTS.history)):
        stream.set_state(state)
        stream.remember(arrays.values[first:60].copy(), arrays.targets[first:60].copy())
    for k in range(60, N):
        at = (values[k], observed[k])
        np.testing.assert_array_equal(long.update(*at), short.update(*at))


def test_streams_forecast_does_not_change_later():
    stream = stream_of(stream_case("lstm", np.float32))
    first = stream.update(100.0, True)
    kept = first.copy()
    stream.update(200.0, True)
    np.testing.assert_array_equal(first, kept)


def test_networks_that_are_kept_are_not_taken_for_others():
    # twelve networks are more than are kept, and a number that changed in place is another network
    spec = NetworkSpec(6, (LayerSpec("lstm", 3),), H, n_skip_forecasts=3)
    stretches = Stretches(np.zeros(1, np.int64), np.zeros(1, np.int64), np.full(1, 20))
    arrays = replace(panel(), n_ahead_numbers=0)

    def forecast(flat):
        return wrapper.run_sequences(spec, flat, LossSettings(), VALUE_INPUTS, arrays, stretches).last[0, 0]

    flats = [initial_weights(spec, seed, np.float64) for seed in range(12)]
    first = [forecast(flat) for flat in flats]
    assert len({tuple(forecast) for forecast in first}) == 12
    # in the order in which the oldest ones are given up, and in that in which the newest are found again
    for order in (range(12), range(11, -1, -1)):
        for k in order:
            np.testing.assert_array_equal(forecast(flats[k]), first[k])
    changed = flats[11]
    changed[-1] += 0.5
    np.testing.assert_allclose(forecast(changed)[-1] - first[11][-1], 0.5, rtol=1e-12)
    changed[-1] -= 0.5
    np.testing.assert_allclose(forecast(changed), first[11], rtol=1e-12)
