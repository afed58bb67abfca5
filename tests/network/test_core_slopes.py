"""Are the core's gradients of single forecasts right? Against differences of what the NumPy reference forecasts."""

from dataclasses import replace

import numpy as np
import pytest

from gatecast.network import reference, wrapper
from gatecast.network.inputs import LossSettings, PanelArrays, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec

# more steps than the 16 rows that the core works on together
H, T, LENGTH = 17, 4, 40
VALUE_INPUTS = ValueInputs((1, 3), (1, 4, -5), drifts=(2, 90))
STACKS = {
    "lstm": (LayerSpec("lstm", 5), LayerSpec("lstm", 4)),
    "gru": (LayerSpec("gru", 5, 2), LayerSpec("gru", 5, residual=True)),
    "norm": (LayerSpec("norm"), LayerSpec("lstm", 4, 3), LayerSpec("dropout", dropout=0.5), LayerSpec("dense", 5)),
    "whole": (LayerSpec("bidirectional", 4), LayerSpec("attention", 3)),
}
LOSSES = [LossSettings(), LossSettings("quantile", quantiles=(0.1, 0.5, 0.9)), LossSettings("zero-inflated")]
# (series, origin): with all steps known ahead, with two of them, with none
PLACES = [(0, 12), (1, LENGTH - 3), (0, LENGTH - 1)]
# differences of fourth order are exact to 1e-9 where slopes are about 1, see `differences` in core_problems
TOLERANCE = 1e-8


def problem(name, loss):
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=2 * LENGTH)) * 0.3
    numbers, codes = rng.normal(size=(2 * LENGTH, 2)), rng.integers(0, 3, (2 * LENGTH, 1)).astype(np.int32)
    panel = PanelArrays(
        values, values, LENGTH * np.arange(3), np.ones(2), np.full(2, 4.0), numbers, codes,
        n_ahead_numbers=1, n_ahead_codes=1,
    )  # fmt: skip
    ahead = {"n_ahead_numbers": 1, "n_ahead_codes": 1, "n_contexts": 2, "future_units": 3}
    shape = {"n_skip_forecasts": 5, "n_parameters_of_step": loss.n_parameters, "embeddings": ((3, 2),), **ahead}
    spec = NetworkSpec(6, STACKS[name], H, decoder=(LayerSpec("dense", 4),), **shape)
    return spec, rng.normal(size=spec.n_parameters) * 0.5, panel


def jacobian(function, at, step=2e-3):
    """Slopes of several numbers with respect to `at`, `(n, *at.shape)`, as `differences` does for one."""
    columns = []
    for k in np.ndindex(at.shape):
        before, values = at[k], {}
        for side in (-2, -1, 1, 2):
            at[k] = before + side * step
            values[side] = function()
        at[k] = before
        columns.append((8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * step))
    return np.stack(columns, axis=1).reshape(-1, *at.shape)


@pytest.mark.parametrize(
    ("name", "loss"), [*((name, LOSSES[0]) for name in STACKS), *(("lstm", loss) for loss in LOSSES[1:])]
)
def test_slopes_equal_differences_of_the_reference(name, loss):
    spec, flat, panel = problem(name, loss)
    places = tuple(np.array(part) for part in zip(*PLACES, strict=True))
    slopes = wrapper.forecast_slopes(spec, flat, loss, VALUE_INPUTS, panel, places, T, n_threads=2)
    # the one in the middle has steps of both kinds
    batch = reference.batch_of(panel, VALUE_INPUTS, [(PLACES[1][0], PLACES[1][1] + 1 - T)], T, T - 1, H)
    step = np.arange(H)

    def forecast():
        return reference.gradients(spec, flat, batch, loss).predictions[0, -1, loss.middle]

    pairs = {
        "inputs": (slopes.inputs[1], jacobian(forecast, batch.x)[:, 0]),
        "candidates": (slopes.candidates[1], jacobian(forecast, batch.candidates)[step, 0, 0, :, step]),
        "ahead": (slopes.ahead[1], jacobian(forecast, batch.ahead.numbers)[step, 0, 0, step]),
    }
    for what, (actual, expected) in pairs.items():
        np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE, err_msg=what)
    assert not slopes.ahead[2].any()


def test_slopes_are_the_same_on_each_instruction_set(each_isa):
    spec, flat, panel = problem("lstm", LOSSES[0])
    where = (np.array([0]), np.array([12]))
    here = wrapper.forecast_slopes(spec, flat, LOSSES[0], VALUE_INPUTS, panel, where, T)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GATECAST_ISA", wrapper.available_isas()[0])
        first = wrapper.forecast_slopes(spec, flat, LOSSES[0], VALUE_INPUTS, panel, where, T)
    # float64: sums in another order
    np.testing.assert_allclose(here.inputs, first.inputs, rtol=0, atol=1e-13)


def test_slopes_do_not_depend_on_threads_or_each_other():
    spec, flat, panel = problem("lstm", LOSSES[0])
    panel = replace(panel, values=panel.values.astype(np.float32), targets=panel.targets.astype(np.float32))
    series, origins = np.repeat([0, 1], 20), np.tile(np.arange(10, 30), 2)

    def run(rows, threads):
        return wrapper.forecast_slopes(
            spec,
            flat.astype(np.float32),
            LOSSES[0],
            VALUE_INPUTS,
            panel,
            (series[rows], origins[rows]),
            T,
            n_threads=threads,
        )

    whole, part = run(slice(None), 3), run(slice(7, 9), 1)
    for what in ("inputs", "candidates", "ahead"):
        np.testing.assert_array_equal(getattr(whole, what)[7:9], getattr(part, what))
