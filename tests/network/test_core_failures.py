"""What happens when numbers stop being finite, or arrays are not what they should be?"""

import gc
from dataclasses import replace

import numpy as np
import pytest

from gatecast.network import _native, inputs, wrapper
from gatecast.network.initial import initial_weights
from gatecast.network.layers import LAYERS
from gatecast.network.origins import COUNTS, LOSSES
from gatecast.network.spec import LayerSpec, NetworkSpec

SPEC = NetworkSpec.plain(2, (5,), 3)
SETTINGS = inputs.LossSettings(), wrapper.OptimizerSettings()
N, B, T = 6, 7, 4
BAD_STEP = 3


def batches(dtype=np.float32):
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, B, T, 2)).astype(dtype), rng.normal(size=(N, B, T, 3)).astype(dtype)


def trainer(threads=2, spec=SPEC, loss="mse"):
    settings = inputs.LossSettings(loss), wrapper.OptimizerSettings()
    return wrapper.make_trainer(spec, initial_weights(spec, 0), *settings, threads)


def assert_stops_at_the_bad_step(x, y, loss="mse"):
    at, reference = trainer(loss=loss), trainer(loss=loss)
    outcome, steps, _ = at.run(wrapper.array_source(x, y), 0, np.full(N, 1e-2))
    assert (outcome, steps, at.adam_steps) == (wrapper.NOT_FINITE, BAD_STEP, BAD_STEP)
    reference.run(wrapper.array_source(*batches()), 0, np.full(BAD_STEP, 1e-2))
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
    spec = NetworkSpec.plain(2, (1,), 3)
    flat = initial_weights(spec, 0)
    views = spec.views(flat)
    views["layers.0.kernel"][:] = 0.0
    at = wrapper.make_trainer(spec, flat, inputs.LossSettings("mae"), wrapper.OptimizerSettings(), 2)
    outcome, steps, _ = at.run(wrapper.array_source(x[BAD_STEP:], y[BAD_STEP:]), 0, np.full(2, 1e-2))
    assert (outcome, steps) == (wrapper.NOT_FINITE, 0)
    np.testing.assert_array_equal(at.weights(), flat)


def test_trainer_works_on_after_not_finite():
    x, y = batches()
    x[BAD_STEP] = np.nan
    at, reference, good = trainer(), trainer(), wrapper.array_source(*batches())
    at.run(wrapper.array_source(x, y), 0, np.full(N, 1e-2))
    at.run(good, BAD_STEP, np.full(N - BAD_STEP, 1e-2))
    reference.run(good, 0, np.full(N, 1e-2))
    np.testing.assert_array_equal(at.weights(), reference.weights())


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_nan_in_one_sequence_does_not_reach_others(kind, each_isa):
    spec = NetworkSpec(1, (LayerSpec(kind, 5), LayerSpec("norm"), LayerSpec("dense", 4)), 3)
    values = np.random.default_rng(0).normal(size=40).astype(np.float32)
    bad = values.copy()
    bad[15] = np.nan
    flat, where = initial_weights(spec, 0), wrapper.Stretches(np.arange(4), np.zeros(4, np.int64), np.full(4, 10))
    panels = (inputs.PanelArrays(x, x, np.arange(5) * 10, np.ones(4)) for x in (values, bad))
    clean, dirty = (
        wrapper.run_sequences(spec, flat, SETTINGS[0], inputs.ValueInputs(), panel, where, width=3) for panel in panels
    )
    assert np.isnan(dirty.last[1]).all()
    np.testing.assert_array_equal(dirty.last[[0, 2, 3]], clean.last[[0, 2, 3]])
    np.testing.assert_array_equal(dirty.every[:15], clean.every[:15])


@pytest.mark.parametrize("loss", inputs.LOSSES)
def test_nan_in_the_panel_stops_training(loss, each_isa):
    settings = inputs.LossSettings(loss, quantiles=(0.2, 0.5, 0.8))
    spec = NetworkSpec(4, (LayerSpec("lstm", 5),), 3, n_skip_forecasts=2, n_parameters_of_step=settings.n_parameters)
    values = np.random.default_rng(0).normal(size=40).astype(np.float32)
    values[20] = np.nan
    panel = inputs.PanelArrays(values, values, np.array([0, 40]), np.ones(1))
    source = wrapper.segment_source(panel, inputs.ValueInputs((1, 2), (1, 3)), 2, 40, 2, 0)
    at = wrapper.make_trainer(spec, initial_weights(spec, 0), settings, wrapper.OptimizerSettings(), 1)
    assert at.run(source, 0, np.full(2, 1e-2))[:2] == (wrapper.NOT_FINITE, 0)
    assert np.isfinite(at.weights()).all()


def test_step_without_targets_does_no_harm():
    x, y = batches()
    y[0] = np.nan
    at = trainer()
    outcome, steps, records = at.run(wrapper.array_source(x, y), 0, np.full(1, 1e-2))
    assert (outcome, steps) == (wrapper.FINISHED, 1)
    assert records[0, 0] == records[0, 4] == 0.0
    np.testing.assert_array_equal(at.weights(), initial_weights(SPEC, 0))
    _, _, weights, inputs = at.gradient(wrapper.array_source(x, y), False)
    assert not weights.any()
    assert not inputs.any()


WRONG = {
    "dtype": (lambda a: a.astype(np.float64), "wrong dtype"),
    "order": (lambda a: np.asfortranarray(a), "not C-contiguous"),
    "strided": (lambda a: np.repeat(a, 2, axis=-1)[..., ::2], "not C-contiguous"),
    "dimensions": (lambda a: a[None], "wrong shape: expected .*any.*, got .1, 6"),
}


# of targets that count all the same
ALIKE = np.zeros(0, np.float32)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", ["x", "y", "target_weights"])
def test_array_source_names_the_wrong_array(name, wrong):
    change, message = WRONG[wrong]
    arrays = dict(zip("xy", batches(), strict=True))
    arrays["target_weights"] = np.ones_like(arrays["y"])
    arrays[name] = change(arrays[name])
    if name == "x" and wrong == "dtype":
        # the type is that of the class
        arrays["y"] = arrays["y"].astype(np.float64)
    # weights have the shape of targets
    message = message.replace("any", "6") if name == "target_weights" else message
    with pytest.raises(ValueError, match=f"`{name}` .*{message}"):
        _native.ArraySource_float32(**arrays, first=0)


def test_array_source_shapes():
    x, y = batches()
    for bad in (y[1:], y[:, 1:].copy(), y[:, :, 1:].copy()):
        with pytest.raises(ValueError, match="`y` has the wrong shape"):
            _native.ArraySource_float32(x=x, y=bad, target_weights=ALIKE, first=0)
    for first in (-1, T):
        with pytest.raises(ValueError, match="`first` must be a step"):
            _native.ArraySource_float32(x=x, y=y, target_weights=ALIKE, first=first)
    with pytest.raises(ValueError, match="`x` holds no batch"):
        _native.ArraySource_float32(x=x[:0], y=y[:0], target_weights=ALIKE, first=0)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_array_source_refuses_wrong_weights(wrong):
    x, y = batches()
    weights = np.ones_like(y)
    weights[-1, -1, -1, -1] = wrong
    with pytest.raises(ValueError, match="`target_weights` must be finite and not negative, got"):
        _native.ArraySource_float32(x=x, y=y, target_weights=weights, first=0)


@pytest.mark.parametrize(("F", "H", "what"), [(3, 3, "inputs"), (1, 3, "inputs"), (2, 4, "outputs"), (2, 1, "outputs")])
def test_source_of_another_shape_than_the_network(F, H, what):
    source = wrapper.array_source(np.zeros((1, 40, 9, F), np.float32), np.zeros((1, 40, 9, H), np.float32))
    for use in (lambda: trainer().run(source, 0, np.ones(1)), lambda: trainer().gradient(source, False)):
        with pytest.raises(ValueError, match=f"differ in the number of {what}"):
            use()


def test_run_arguments():
    source = wrapper.array_source(*batches())
    with pytest.raises(ValueError, match="`rates` has the wrong dtype"):
        trainer().run(source, 0, np.ones(3, np.float32))
    for first_step in (-1, 2**63 - 1):
        with pytest.raises(ValueError, match="`first_step` must be between 0 and"):
            trainer().run(source, first_step, np.ones(3))
    for rate in (np.nan, np.inf):
        with pytest.raises(ValueError, match="`rates` must be finite, got .* at step 1"):
            trainer().run(source, 0, np.array([1e-3, rate]))
    assert trainer().run(source, 0, np.ones(0))[:2] == (wrapper.FINISHED, 0)


@pytest.mark.parametrize("threads", [0, -1])
def test_threads_must_be_positive(threads):
    with pytest.raises(ValueError, match="`n_threads` must be between 1 and 4096"):
        trainer(threads)
    with pytest.raises(ValueError, match="`n_threads` must be between 1 and 4096"):
        wrapper.run_sequences(*run_arguments(), n_threads=threads)


def test_trainer_weights_and_moments():
    at = trainer()
    size = SPEC.n_parameters
    with pytest.raises(ValueError, match="`weights` has the wrong shape"):
        at.set_weights(np.zeros(size + 1, np.float32))
    with pytest.raises(ValueError, match="`weights` has the wrong dtype"):
        at.set_weights(np.zeros(size))
    with pytest.raises(ValueError, match="`moments` has the wrong shape"):
        at.set_moments(np.zeros((2, size - 1), np.float32), 1)


def test_trainer_without_a_mean_of_the_weights():
    for use in (lambda at: at.mean_weights(), lambda at: at.set_mean_weights(initial_weights(SPEC, 0))):
        with pytest.raises(ValueError, match="keeps no mean"):
            use(trainer())


# --- networks that cannot be -----------------------------------------------------------------------------------------


def layers(*kinds):
    return tuple(LayerSpec(kind, 4) for kind in kinds)


IMPOSSIBLE = {
    "no layer": ({"stack": ()}, "`number of layers` must be between 1 and 1024, got 0"),
    "no inputs": ({"dense_inputs": 0}, "`dense_inputs` must be between 1 and"),
    "no horizon": ({"horizon": 0}, "`horizon` must be between 1 and"),
    "no units": ({"stack": (LayerSpec("lstm", 0),)}, "`units` must be between 1 and"),
    "no dilation": ({"stack": (LayerSpec("lstm", 4, 0),)}, "`dilation` must be between 1 and"),
    "all dropped": ({"stack": (LayerSpec("dropout", dropout=1.0),)}, "`dropout` must be at least 0 and below 1, got 1"),
    "candidates": ({"n_skip_forecasts": 17}, "`n_skip_forecasts` must be between 0 and 16, got 17"),
    "parameters": ({"n_parameters_of_step": 33}, "`n_parameters_of_step` must be between 1 and 32, got 33"),
    "embedding": ({"embeddings": ((0, 3),)}, "`embedding categories` must be at least 1, got 0"),
    "ahead": ({"n_ahead_numbers": 3}, "`n_ahead_numbers` must be between 0 and 2, got 3"),
    "ahead codes": ({"n_ahead_codes": 1}, "`n_ahead_codes` must be between 0 and 0, got 1"),
    "contexts": ({"n_contexts": 2}, "contexts and hidden units, got 2 and 0"),
    "negative": ({"future_units": -1, "n_contexts": 0}, "`future_units` must be between 0 and"),
    "too wide": ({"stack": (LayerSpec("lstm", 2**20), LayerSpec("lstm", 1))}, "`units of all layers` must be"),
    "too long a memory": ({"stack": (LayerSpec("lstm", 2**10, 2**15),)}, "`units times dilation of all layers`"),
    "too many outputs": ({"horizon": 2**20, "n_parameters_of_step": 5}, "`outputs of the head`"),
    "recurrent decoder": ({"decoder": layers("lstm")}, "must take each step by itself"),
    "attentive decoder": ({"decoder": layers("attention")}, "must take each step by itself"),
    "above attention": ({"stack": layers("lstm", "attention", "gru")}, "must take each step by itself"),
    "twice attention": ({"stack": layers("lstm", "attention", "attention")}, "must take each step by itself"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_impossible_network(what):
    change, message = IMPOSSIBLE[what]
    spec = replace(NetworkSpec(2, layers("lstm"), 3), **change)
    with pytest.raises(ValueError, match=message):
        wrapper.native_shape(spec)


def test_layers_of_unknown_kind():
    with pytest.raises(ValueError, match="no layer of the kind 'lsmt': use one of lstm, gru,"):
        _native.Layer(kind="lsmt", units=4, dilation=1, residual=False, ends_stack=True, dropout=0.0)
    with pytest.raises(ValueError, match="no loss of the kind 'rmse': use one of mse, mae,"):
        _native.Loss(kind="rmse", huber_delta=1.0, quantiles=[])


def test_python_knows_the_layers_and_losses_of_the_core():
    assert list(LAYERS) == _native.layer_kinds()
    assert [*LOSSES, *COUNTS] == _native.loss_kinds() == list(inputs.LOSSES)


@pytest.mark.parametrize("name", ["beta1", "beta2", "ema_decay"])
@pytest.mark.parametrize("value", [-0.1, 1.0, np.nan])
def test_shares_of_the_optimizer(name, value):
    optimizer = replace(wrapper.OptimizerSettings(), **{name: value})
    with pytest.raises(ValueError, match="must be at least 0 and below 1"):
        wrapper.make_trainer(SPEC, initial_weights(SPEC, 0), inputs.LossSettings(), optimizer, 1)


@pytest.mark.parametrize("name", ["epsilon", "clip_norm", "weight_decay"])
@pytest.mark.parametrize("value", [-0.1, np.inf, np.nan])
def test_sizes_of_the_optimizer(name, value):
    optimizer = replace(wrapper.OptimizerSettings(), **{name: value})
    with pytest.raises(ValueError, match=f"`{name}` must be between 0 and"):
        wrapper.make_trainer(SPEC, initial_weights(SPEC, 0), inputs.LossSettings(), optimizer, 1)


@pytest.mark.parametrize(
    ("loss", "P", "what"), [("quantile", 3, "quantiles"), ("mse", 2, "parameters"), ("student", 1, "parameters")]
)
def test_loss_and_network_of_other_parameters(loss, P, what):
    settings = inputs.LossSettings(loss, quantiles=(0.2, 0.8))
    spec = NetworkSpec(1, layers("lstm"), 3, n_parameters_of_step=P)
    flat = initial_weights(spec, 0)
    with pytest.raises(ValueError, match=f"differ in .*{what}"):
        wrapper.make_trainer(spec, flat, settings, wrapper.OptimizerSettings(), 1)
    with pytest.raises(ValueError, match=f"differ in .*{what}"):
        wrapper.make_stream(spec, flat, settings, inputs.ValueInputs(), 0, (0.0, 1.0, 1.0))
    with pytest.raises(ValueError, match=f"differ in .*{what}"):
        wrapper.run_sequences(spec, flat, settings, inputs.ValueInputs(), panel_of_floats(), stretches())


# --- panels and sources ----------------------------------------------------------------------------------------------


def panel_of_floats(**changes):
    values = np.arange(30, dtype=np.float32)
    return inputs.PanelArrays(
        **{"values": values, "targets": values, "offsets": np.array([0, 12, 30]), "units": np.ones(2)} | changes
    )


FULL = {
    "spreads": np.ones(2, np.float32),
    "target_weights": np.ones(30, np.float32),
    "numbers": np.ones((30, 3), np.float32),
    "codes": np.ones((30, 2), np.int32),
    "static_numbers": np.ones((2, 2), np.float32),
    "static_codes": np.ones((2, 2), np.int32),
}
ORDER = ("values", "targets", "offsets", "units", *FULL)
CHANGES = {
    "dtype": lambda a: a.astype(np.int16),
    "dimensions": lambda a: a[None],
    "contiguity": lambda a: np.repeat(a, 2, axis=0)[::2],
    "rows": lambda a: np.concatenate([a, a]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ORDER)
def test_panel_names_the_wrong_array(name, change):
    whole = vars(panel_of_floats(**FULL))
    arrays = {each: CHANGES[change](whole[each]) if each == name else whole[each] for each in ORDER}
    # more values than targets: it is the targets that do not fit
    wrong = {("values", "rows"): "targets", ("units", "rows"): "offsets"}.get((name, change), name)
    with pytest.raises(ValueError, match=f"array `{wrong}`"):
        _native.Panel_float32(**arrays, n_ahead_numbers=0, n_ahead_codes=0)
    assert _native.Panel_float32(**{each: whole[each] for each in ORDER}, n_ahead_numbers=3, n_ahead_codes=2)


@pytest.mark.parametrize(("numbers", "codes"), [(4, 0), (-1, 0), (0, 3), (0, -1)])
def test_panel_with_more_ahead_than_columns(numbers, codes):
    with pytest.raises(ValueError, match="columns, of which .* cannot be known ahead"):
        panel_of_floats(**FULL, n_ahead_numbers=numbers, n_ahead_codes=codes).native()


def test_lens_numbers():
    for lags in ((0,), (1, -2)):
        with pytest.raises(ValueError, match="`lags` must be between 1 and"):
            inputs.ValueInputs(lags).native()
    with pytest.raises(
        ValueError, match="`number of skip forecasts, drifts and averages` must be between 0 and 16, got 17"
    ):
        inputs.ValueInputs((), tuple(range(17))).native()
    with pytest.raises(ValueError, match="`skip_forecasts` must be between"):
        inputs.ValueInputs((), (-(2**31),)).native()
    for average, told in (((0, 1, 1, 0), "season of"), ((7, 0, 1, 0), "seasons of"), ((7, 1, 2**30, 0), "newest")):
        with pytest.raises(ValueError, match=f"`{told}.*` must be between 1 and"):
            inputs.ValueInputs((1,), averages=(average,)).native()


# a network that fits `panel_of_floats(**FULL)` with two numbers and one code ahead, seen through VALUE_INPUTS
VALUE_INPUTS = inputs.ValueInputs((1, 2), (1, 3))
FITTING = NetworkSpec(
    9,
    layers("lstm"),
    3,
    n_skip_forecasts=2,
    embeddings=((2, 2),) * 4,
    n_ahead_numbers=2,
    n_ahead_codes=1,
    n_contexts=2,
    future_units=4,
)
AHEAD = {"n_ahead_numbers": 2, "n_ahead_codes": 1}
UNFIT = {
    "inputs": ({"dense_inputs": 8}, "inputs"),
    "codes": ({"embeddings": ((2, 2),) * 3}, "codes|inputs"),
    "candidates": ({"n_skip_forecasts": 3}, "skip forecasts"),
    "ahead": ({"n_ahead_numbers": 1}, "known ahead"),
    "codes ahead": ({"n_ahead_codes": 2}, "known ahead"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_network_that_does_not_fit_the_panel(what):
    change, message = UNFIT[what]
    panel = panel_of_floats(**FULL, **AHEAD)
    source = wrapper.segment_source(panel, VALUE_INPUTS, 1, 5, 2, 0)
    assert trainer(spec=FITTING).run(source, 0, np.ones(1))[0] == wrapper.FINISHED
    spec = replace(FITTING, **change)
    for use in (lambda at: at.run(source, 0, np.ones(1)), lambda at: at.gradient(source, False)):
        with pytest.raises(ValueError, match=f"differ in .*({message})"):
            use(trainer(spec=spec))
    flat = initial_weights(spec, 0)
    with pytest.raises(ValueError, match=f"differ in .*({message})"):
        wrapper.run_sequences(spec, flat, SETTINGS[0], VALUE_INPUTS, panel, stretches())


def test_candidates_need_a_panel():
    x, y = batches()
    for spec in (replace(SPEC, n_skip_forecasts=1), replace(SPEC, n_contexts=1, future_units=2)):
        with pytest.raises(ValueError, match="needs a panel"):
            trainer(spec=spec).run(wrapper.array_source(x, y), 0, np.ones(1))


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if LAYERS[kind].sees_ahead])
def test_layers_that_see_ahead_are_for_windows_alone(kind):
    spec = NetworkSpec(1, layers(kind), 3)
    assert spec.sees_ahead
    flat, panel, windows = initial_weights(spec, 0), panel_of_floats(), stretches()
    source = wrapper.segment_source(panel, inputs.ValueInputs(), 2, 5, 2, 0)
    for use in (
        lambda: trainer(spec=spec).run(source, 0, np.ones(1)),
        lambda: trainer(spec=spec).gradient(source, False),
    ):
        with pytest.raises(ValueError, match="as a whole"):
            use()
    run = (spec, flat, SETTINGS[0], inputs.ValueInputs(), panel, windows)
    for options in ({"width": 1}, {"state": np.zeros((2, spec.state_size), np.float32)}):
        with pytest.raises(ValueError, match="as a whole"):
            wrapper.run_sequences(*run, **options)
    with pytest.raises(ValueError, match="as a whole needs a window"):
        wrapper.make_stream(spec, flat, SETTINGS[0], inputs.ValueInputs(), 0, (0.0, 1.0, 1.0))
    assert np.isfinite(wrapper.run_sequences(*run).last).all()


# --- sequences and streams -------------------------------------------------------------------------------------------

PLAIN = NetworkSpec.plain(1, (5,), 3)


def stretches():
    return wrapper.Stretches(np.array([0, 1]), np.array([2, 0]), np.array([10, 18]))


def run_arguments():
    return PLAIN, initial_weights(PLAIN, 0), SETTINGS[0], inputs.ValueInputs(), panel_of_floats(), stretches()


def records():
    return {
        "shape": wrapper.native_shape(PLAIN),
        "loss": SETTINGS[0].native(),
        "value_inputs": inputs.ValueInputs().native(),
        "panel": panel_of_floats().native(),
        "n_threads": 1,
        "isa": "baseline",
    }


def run_natively(arrays, results):
    _native.run_sequences_float32(
        **records(),
        **dict(zip(("weights", "series", "starts", "lengths"), arrays, strict=True)),
        **dict(zip(("state", "last", "every", "trace"), results, strict=True)),
        every_from=np.zeros(2, np.int64),
        every_step=1,
        zero_state=True,
        trace_each=True,
    )


def results():
    shapes = ((2, 10), (2, 1, 3), (28, 1, 3), (28, 30))
    return [np.zeros(shape, np.float32) for shape in shapes]


def arrays_of_a_run():
    return [initial_weights(PLAIN, 0), *vars(stretches()).values()]


@pytest.mark.parametrize(("name", "position"), [("weights", 0), ("series", 1), ("starts", 2), ("lengths", 3)])
def test_run_sequences_names_the_wrong_array(name, position):
    run_natively(arrays_of_a_run(), results())
    for change in (lambda a: a.astype(np.int16), lambda a: np.repeat(a, 2, 0)[::2], lambda a: a[..., None]):
        wrong = arrays_of_a_run()
        wrong[position] = change(wrong[position])
        with pytest.raises(ValueError, match=f"array `{name}`"):
            run_natively(wrong, results())


@pytest.mark.parametrize(("name", "position"), [("state", 0), ("last", 1), ("every", 2), ("trace", 3)])
def test_run_sequences_names_the_wrong_result(name, position):
    for change in (lambda a: a.astype(np.float64), lambda a: np.asfortranarray(a), lambda a: a[:-1], lambda a: a[0]):
        wrong = results()
        wrong[position] = change(wrong[position])
        with pytest.raises(ValueError, match=f"array `{name}`"):
            run_natively(arrays_of_a_run(), wrong)
    with pytest.raises(ValueError, match="array `every` is wider"):
        run_natively(arrays_of_a_run(), [*results()[:2], np.zeros((28, 1, 4), np.float32), results()[3]])


def slopes_natively(arrays, results, n_steps=4, middle=0):
    _native.forecast_slopes_float32(
        **records(),
        **dict(zip(("weights", "series", "origins"), arrays, strict=True)),
        **dict(zip(("inputs", "shares", "ahead"), results, strict=True)),
        n_steps=n_steps,
        middle=middle,
    )


def slope_results():
    return [np.zeros(shape, np.float32) for shape in ((2, 3, 4, 1), (2, 3, 0), (2, 3, 0))]


def arrays_of_slopes():
    return [initial_weights(PLAIN, 0), np.array([0, 1]), np.array([3, 17])]


def test_forecast_slopes_names_what_is_wrong():
    slopes_natively(arrays_of_slopes(), slope_results())
    changes = (lambda a: a.astype(np.int16), lambda a: np.repeat(a, 2, 0)[::2], lambda a: a[..., None])
    for position, name in enumerate(("weights", "series", "origins")):
        for change in changes:
            wrong = arrays_of_slopes()
            wrong[position] = change(wrong[position])
            with pytest.raises(ValueError, match=f"array `{name}`"):
                slopes_natively(wrong, slope_results())
    for position, name in enumerate(("inputs", "shares", "ahead")):
        wrong = slope_results()
        wrong[position] = wrong[position].astype(np.float64)
        with pytest.raises(ValueError, match=f"array `{name}`"):
            slopes_natively(arrays_of_slopes(), wrong)
    with pytest.raises(ValueError, match="`middle` must be between 0 and 0, got 1"):
        slopes_natively(arrays_of_slopes(), slope_results(), middle=1)
    with pytest.raises(ValueError, match="`n_steps` must be between 1 and"):
        slopes_natively(arrays_of_slopes(), slope_results(), n_steps=0)


@pytest.mark.parametrize(("series", "origin"), [(0, 2), (0, 12), (1, 19), (2, 5), (-1, 5), (0, 2**62), (0, -1)])
def test_slopes_of_a_sequence_that_leaves_its_series(series, origin):
    arrays = [initial_weights(PLAIN, 0), np.array([0, series]), np.array([3, origin])]
    with pytest.raises(ValueError, match="sequence 1 (leaves its|is of no) series"):
        slopes_natively(arrays, slope_results())


@pytest.mark.parametrize(
    ("series", "start", "length"),
    [(0, -1, 3), (0, 0, 13), (0, 12, 1), (1, 19, 0), (1, 5, -1), (1, 2**62, 2**62), (1, 1, 2**63 - 1)],
)
def test_sequence_that_leaves_its_series(series, start, length):
    with pytest.raises(ValueError, match="leaves its series"):
        run_natively([initial_weights(PLAIN, 0), *(np.array([n, n]) for n in (series, start, length))], results())


@pytest.mark.parametrize("series", [-1, 2, 2**40])
def test_sequence_of_no_series(series):
    with pytest.raises(ValueError, match="of no series"):
        run_natively(
            [initial_weights(PLAIN, 0), np.array([0, series]), np.zeros(2, np.int64), np.ones(2, np.int64)], results()
        )


def make_stream(spec=PLAIN, value_inputs=None, window=0, scale=(0.0, 1.0, 1.0)):
    flat = initial_weights(spec, 0)
    return wrapper.make_stream(spec, flat, SETTINGS[0], value_inputs or inputs.ValueInputs(), window, scale)


def test_stream_arguments():
    for spec, value_inputs in (
        (SPEC, inputs.ValueInputs()),
        (FITTING, VALUE_INPUTS),
        (PLAIN, inputs.ValueInputs((1,))),
    ):
        with pytest.raises(ValueError, match="without covariates"):
            make_stream(spec, value_inputs)
    for value_inputs in (inputs.ValueInputs((), (1,)), inputs.ValueInputs((), (1, 2, 3))):
        with pytest.raises(ValueError, match="differ in their skip forecasts"):
            make_stream(replace(PLAIN, n_skip_forecasts=2), value_inputs)
    with pytest.raises(ValueError, match="`window` must be between 0 and"):
        make_stream(window=-1)
    for scale in ((np.nan, 1.0, 1.0), (0.0, 0.0, 1.0), (0.0, np.inf, 1.0), (0.0, 1.0, np.nan), (0.0, 1.0, -1.0)):
        with pytest.raises(ValueError, match="`(center|unit|spread)` must be"):
            make_stream(scale=scale)
    with pytest.raises(ValueError, match="`state` has the wrong shape"):
        make_stream().set_state(np.zeros(9, np.float32))
    for values, targets in ((4, 5), (5, 4)):
        with pytest.raises(ValueError, match=rf"`targets` has the wrong shape: expected .{values},., got .{targets},."):
            make_stream().remember(np.zeros(values, np.float32), np.zeros(targets, np.float32))
    with pytest.raises(ValueError, match="`values` has the wrong dtype"):
        make_stream().remember(np.zeros(3), np.zeros(3, np.float32))


def test_read_only_inputs_are_accepted():
    x, y = batches()
    flat, rates = initial_weights(SPEC, 0), np.full(2, 1e-3)
    panel, where = panel_of_floats(**FULL, **AHEAD), stretches()
    for array in (x, y, flat, rates, *(getattr(panel, name) for name in ORDER), *vars(where).values()):
        array.flags.writeable = False
    at = wrapper.make_trainer(SPEC, flat, *SETTINGS, 1)
    assert at.run(wrapper.array_source(x, y), 0, rates)[0] == wrapper.FINISHED
    wrapper.run_sequences(FITTING, initial_weights(FITTING, 0), SETTINGS[0], VALUE_INPUTS, panel, where)
    source = wrapper.window_source(panel, VALUE_INPUTS, 2, 1, 1, shuffle=False, n_dropped=0, seed=0)
    assert source.windows == 10 + 16
    for name in ORDER:
        getattr(panel, name).flags.writeable = True


def test_arrays_live_as_long_as_their_source():
    x, y = batches()
    source = wrapper.array_source(x.copy(), y.copy())
    junk = [np.full_like(x, np.nan) for _ in range(20)]
    assert trainer().run(source, 0, np.full(N, 1e-3))[0] == wrapper.FINISHED
    del junk


def test_panels_live_as_long_as_their_source():
    copies = {name: array.copy() for name, array in vars(panel_of_floats(**FULL, **AHEAD)).items() if name in ORDER}
    source = wrapper.segment_source(inputs.PanelArrays(**copies, **AHEAD), VALUE_INPUTS, 1, 5, 2, 0)
    expected = trainer(spec=FITTING).gradient(source, False)[2]
    shapes = [array.shape for array in copies.values()]
    del copies
    gc.collect()
    junk = [np.full(shape, np.nan) for shape in shapes for _ in range(20)]
    np.testing.assert_array_equal(trainer(spec=FITTING).gradient(source, False)[2], expected)
    del junk
