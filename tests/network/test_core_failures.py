"""What happens when numbers stop being finite, or arrays are not what they should be?"""

import numpy as np
import pytest

from gatecast import _native
from gatecast.network import native
from gatecast.network.initial import initial_weights
from gatecast.network.spec import NetworkSpec

SPEC = NetworkSpec(2, (5,), 3)
N, B, T = 6, 7, 4
BAD_STEP = 3


def batches(dtype=np.float32):
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, B, T, 2)).astype(dtype), rng.normal(size=(N, B, T, 3)).astype(dtype)


def trainer(threads=2, spec=SPEC, loss="mse"):
    return native.make_trainer(spec, initial_weights(spec, 0), native.LossSettings(loss), threads)


def assert_stops_at_the_bad_step(x, y, loss="mse"):
    at, reference = trainer(loss=loss), trainer(loss=loss)
    outcome, steps, _ = at.run(native.array_source(x, y), 0, np.full(N, 1e-2))
    assert (outcome, steps, at.adam_steps) == (native.NOT_FINITE, BAD_STEP, BAD_STEP)
    reference.run(native.array_source(*batches()), 0, np.full(BAD_STEP, 1e-2))
    np.testing.assert_array_equal(at.weights(), reference.weights())
    np.testing.assert_array_equal(at.moments(), reference.moments())
    assert np.isfinite(at.weights()).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("step", [0, T - 1], ids=["first-point", "last-point"])
def test_not_finite_input_stops_with_the_last_good_weights(step, value, each_isa):
    x, y = batches()
    # the last row stands alone in its chunk of 4 + 3 rows, far from the first one
    x[BAD_STEP, B - 1, step, 1] = value
    assert_stops_at_the_bad_step(x, y)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_infinite_target_stops(loss, each_isa):
    x, y = batches()
    y[BAD_STEP, 2, 1, 1] = np.inf
    assert_stops_at_the_bad_step(x, y, loss)


def test_infinite_gradient_of_a_finite_loss_stops(each_isa):
    # mae of 1 and inputs of 1e30: the loss is finite, the square of the gradient is not
    x, y = batches()
    x[BAD_STEP] = 1e30 * np.sign(x[BAD_STEP])
    spec = NetworkSpec(2, (1,), 3)
    flat = initial_weights(spec, 0)
    views = spec.views(flat)
    views["layers.0.kernel"][:] = 0.0
    at = native.make_trainer(spec, flat, native.LossSettings("mae"), 2)
    outcome, steps, _ = at.run(native.array_source(x[BAD_STEP:], y[BAD_STEP:]), 0, np.full(2, 1e-2))
    assert (outcome, steps) == (native.NOT_FINITE, 0)
    np.testing.assert_array_equal(at.weights(), flat)


def test_trainer_works_on_after_not_finite():
    x, y = batches()
    x[BAD_STEP] = np.nan
    at, reference, good = trainer(), trainer(), native.array_source(*batches())
    at.run(native.array_source(x, y), 0, np.full(N, 1e-2))
    at.run(good, BAD_STEP, np.full(N - BAD_STEP, 1e-2))
    reference.run(good, 0, np.full(N, 1e-2))
    np.testing.assert_array_equal(at.weights(), reference.weights())


def test_nan_in_one_sequence_does_not_reach_others(each_isa):
    inputs = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    bad = inputs.copy()
    bad[15] = np.nan
    starts, lengths = np.arange(0, 40, 10), np.full(4, 10)
    flat = initial_weights(SPEC, 0)
    clean, dirty = (native.run_sequences(SPEC, flat, x, starts, lengths, width=3) for x in (inputs, bad))
    assert np.isnan(dirty.last[1]).all()
    np.testing.assert_array_equal(dirty.last[[0, 2, 3]], clean.last[[0, 2, 3]])
    np.testing.assert_array_equal(dirty.every[:15], clean.every[:15])


def test_step_without_targets_does_no_harm():
    x, y = batches()
    y[0] = np.nan
    at = trainer()
    outcome, steps, records = at.run(native.array_source(x, y), 0, np.full(1, 1e-2))
    assert (outcome, steps) == (native.FINISHED, 1)
    assert records[0, 0] == records[0, 4] == 0.0
    np.testing.assert_array_equal(at.weights(), initial_weights(SPEC, 0))
    _, _, weights, inputs = at.gradient(native.array_source(x, y))
    assert not weights.any()
    assert not inputs.any()


WRONG = {
    "dtype": (lambda a: a.astype(np.float64), "wrong dtype"),
    "order": (lambda a: np.asfortranarray(a), "not contiguous"),
    "strided": (lambda a: np.repeat(a, 2, axis=-1)[..., ::2], "not contiguous"),
    "dimensions": (lambda a: a[None], "wrong number of dimensions"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["x", "y"])
def test_array_source_names_the_wrong_array(name, wrong):
    change, message = WRONG[wrong]
    arrays = dict(zip("xy", batches(), strict=True))
    arrays[name] = change(arrays[name])
    if name == "x" and wrong == "dtype":
        # the type is that of the class
        arrays["y"] = arrays["y"].astype(np.float64)
    with pytest.raises(ValueError, match=f"`{name}` .*{message}"):
        _native.ArraySource_float32(arrays["x"], arrays["y"], 0)


def test_array_source_shapes():
    x, y = batches()
    for bad in (y[1:], y[:, 1:].copy(), y[:, :, 1:].copy()):
        with pytest.raises(ValueError, match="`y` has the wrong shape"):
            _native.ArraySource_float32(x, bad, 0)
    for first in (-1, T):
        with pytest.raises(ValueError, match="`first` must be a step"):
            _native.ArraySource_float32(x, y, first)
    with pytest.raises(ValueError, match="`x` holds no batch"):
        _native.ArraySource_float32(x[:0], y[:0], 0)


@pytest.mark.parametrize(("F", "H", "what"), [(3, 3, "inputs"), (1, 3, "inputs"), (2, 4, "outputs"), (2, 1, "outputs")])
def test_source_of_another_shape_than_the_network(F, H, what):
    source = native.array_source(np.zeros((1, 40, 9, F), np.float32), np.zeros((1, 40, 9, H), np.float32))
    for use in (lambda: trainer().run(source, 0, np.ones(1)), lambda: trainer().gradient(source)):
        with pytest.raises(ValueError, match=f"differ in the number of {what}"):
            use()


def test_run_arguments():
    source = native.array_source(*batches())
    with pytest.raises(ValueError, match="`rates` has the wrong dtype"):
        trainer().run(source, 0, np.ones(3, np.float32))
    with pytest.raises(ValueError, match="first_step"):
        trainer().run(source, -1, np.ones(3))
    assert trainer().run(source, 0, np.ones(0))[:2] == (native.FINISHED, 0)


@pytest.mark.parametrize("hidden", [(), (0,), (4, -1)])
def test_network_without_units(hidden):
    with pytest.raises(ValueError, match="layer"):
        _native.Trainer_float32(1, list(hidden), 1, 0, 1.0, 0.9, 0.999, 1e-7, 0.0, 1, "baseline")


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_must_be_positive(threads):
    with pytest.raises(ValueError, match="threads must be positive"):
        trainer(threads)
    with pytest.raises(ValueError, match="threads must be positive"):
        native.run_sequences(SPEC, initial_weights(SPEC, 0), *sequences(), n_threads=threads)


def test_trainer_weights_and_moments():
    at = trainer()
    size = SPEC.n_parameters
    with pytest.raises(ValueError, match="`weights` has the wrong shape"):
        at.set_weights(np.zeros(size + 1, np.float32))
    with pytest.raises(ValueError, match="`weights` has the wrong dtype"):
        at.set_weights(np.zeros(size))
    with pytest.raises(ValueError, match="`moments` has the wrong shape"):
        at.set_moments(np.zeros((2, size - 1), np.float32), 1)


def sequences():
    return np.zeros((30, 2), np.float32), np.array([0, 10]), np.array([10, 20])


@pytest.mark.parametrize(("name", "position"), [("weights", 0), ("inputs", 1), ("starts", 2), ("lengths", 3)])
def test_run_sequences_names_the_wrong_array(name, position):
    arguments = [initial_weights(SPEC, 0), *sequences()]
    for change in (lambda a: a.astype(np.int16), lambda a: np.repeat(a, 2, 0)[::2], lambda a: a[..., None]):
        wrong = [*arguments[:position], change(arguments[position]), *arguments[position + 1 :]]
        with pytest.raises(ValueError, match=f"array `{name}`"):
            _native.run_sequences_float32(2, [5], 3, *wrong, True, *results(), 1, "baseline")


def results(n=2):
    return (*(np.zeros((n, size), np.float32) for size in (5, 5, 3)), np.zeros((30, 3), np.float32))


@pytest.mark.parametrize(("name", "position"), [("h", 0), ("c", 1), ("last", 2), ("every", 3)])
def test_run_sequences_names_the_wrong_result(name, position):
    for change in (lambda a: a.astype(np.float64), lambda a: np.asfortranarray(a), lambda a: a[:-1], lambda a: a[0]):
        wrong = list(results())
        wrong[position] = change(wrong[position])
        with pytest.raises(ValueError, match=f"array `{name}`"):
            _native.run_sequences_float32(
                2, [5], 3, initial_weights(SPEC, 0), *sequences(), True, *wrong, 1, "baseline"
            )


@pytest.mark.parametrize(
    ("start", "length"), [(-1, 3), (0, 31), (30, 1), (31, 0), (5, -1), (2**62, 2**62), (1, 2**63 - 1)]
)
def test_sequence_that_leaves_the_inputs(start, length):
    with pytest.raises(ValueError, match="leaves array `inputs`"):
        _native.run_sequences_float32(
            2, [5], 3, initial_weights(SPEC, 0), sequences()[0], np.array([0, start]), np.array([1, length]), True,
            *results(), 1, "baseline",
        )  # fmt: skip


def test_stream_arguments():
    with pytest.raises(ValueError, match="one input"):
        native.make_stream(SPEC, initial_weights(SPEC, 0), 0, 0.0, 1.0)
    spec = NetworkSpec(1, (5,), 3)
    flat = initial_weights(spec, 0)
    with pytest.raises(ValueError, match="window"):
        native.make_stream(spec, flat, -1, 0.0, 1.0)
    stream = native.make_stream(spec, flat, 0, 0.0, 1.0)
    for h, c, name in ((4, 5, "h"), (5, 6, "c")):
        with pytest.raises(ValueError, match=f"`{name}` has the wrong shape"):
            stream.set_state(np.zeros(h, np.float32), np.zeros(c, np.float32))


def test_read_only_inputs_are_accepted():
    x, y = batches()
    flat, rates = initial_weights(SPEC, 0), np.full(2, 1e-3)
    arrays = (*sequences(), x, y, flat, rates)
    for array in arrays:
        array.flags.writeable = False
    at = native.make_trainer(SPEC, flat, native.LossSettings(), 1)
    assert at.run(native.array_source(x, y), 0, rates)[0] == native.FINISHED
    native.run_sequences(SPEC, flat, *arrays[:3])
    values, offsets, units = np.arange(9, dtype=np.float32), np.array([0, 9]), np.ones(1)
    for array in (values, offsets, units):
        array.flags.writeable = False
    panel = native.PanelArrays(values, values, offsets, units)
    assert native.window_source(panel, 2, 1, 1, shuffle=False, n_dropped=0, seed=0).windows == 7


def test_arrays_live_as_long_as_their_source():
    x, y = batches()
    source = native.array_source(x.copy(), y.copy())
    junk = [np.full_like(x, np.nan) for _ in range(20)]
    assert trainer().run(source, 0, np.full(N, 1e-3))[0] == native.FINISHED
    del junk
