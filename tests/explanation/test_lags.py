"""Do gradients with respect to past values equal differences, and is a known lag found again?"""

from dataclasses import replace

import numpy as np
import pytest

from gatecast import ConfigError
from gatecast.explanation.importance import slopes_of_values
from gatecast.network import wrapper
from gatecast.network.inputs import LossSettings, PanelArrays, SeasonalAverage, ValueInputs
from gatecast.network.spec import LayerSpec, NetworkSpec
from gatecast.network.wrapper import Stretches

from .hand_set import fitted, hourly, set_weights

H, N, STEP = 3, 60, 1e-4
EACH_VALUE_INPUTS = [
    ValueInputs((1, 4, 7), (1, 4, -5, 0, 8), drifts=(3, 11)),
    ValueInputs(
        (1, 4),
        (1, -5),
        drifts=(3,),
        averages=(
            SeasonalAverage(4, 3, 1),
            SeasonalAverage(4, 2, 3, follows=True),
            SeasonalAverage(5, 9, 9),
            SeasonalAverage(1, 6, 2, follows=True),
            SeasonalAverage(5, 2, -4),
        ),
    ),
    ValueInputs((), (1,), averages=(SeasonalAverage(3, 4, 2, follows=True),)),
    ValueInputs((2,), (), level=False),
    ValueInputs(),
]


def problem(value_inputs):
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.normal(size=N)) * 0.4
    arrays = PanelArrays(values, values, np.array([0, N]), np.ones(1), np.full(1, 1.3))
    stack = (LayerSpec("lstm", 4), LayerSpec("lstm", 4, 2, residual=True))
    spec = NetworkSpec(value_inputs.n_inputs, stack, H, n_skip_forecasts=value_inputs.n_candidates)
    return spec, rng.normal(size=spec.n_parameters) * 0.5, arrays


@pytest.mark.parametrize("value_inputs", EACH_VALUE_INPUTS, ids=str)
def test_slopes_of_values_equal_differences(value_inputs):
    spec, flat, arrays = problem(value_inputs)
    T, origins = 9, np.array([8, 13, 40, N - 1])

    def forecasts(values):
        moved = replace(arrays, values=values, targets=values)
        where = Stretches(np.zeros(4, np.int64), origins + 1 - T, np.full(4, T))
        return wrapper.run_sequences(spec, flat, LossSettings(), value_inputs, moved, where).last[:, 0]

    found = wrapper.forecast_slopes(
        spec, flat, LossSettings(), value_inputs, arrays, (np.zeros(4, np.int64), origins), T
    )
    slopes = slopes_of_values(found, value_inputs, arrays, origins)
    assert slopes.shape == (4, H, T + value_inputs.history)
    for lag in range(T + value_inputs.history):
        at = origins - lag
        for i in np.flatnonzero(at >= 0):
            up, down = arrays.values.copy(), arrays.values.copy()
            up[at[i]] += STEP
            down[at[i]] -= STEP
            expected = (forecasts(up)[i] - forecasts(down)[i]) / (2 * STEP)
            # central differences: the third derivative times 1e-8, and rounding of 1e-16 / 1e-4
            np.testing.assert_allclose(slopes[i, :, lag], expected, rtol=0, atol=1e-7, err_msg=f"{lag} {i}")
        assert not slopes[at < 0, :, lag].any()


def seasonal(horizon=1):
    """A model that forecasts the value of 24 steps before, and nothing else."""
    model = fitted(hourly(), horizon=horizon)
    value_inputs = model.fitted_.preparation.value_inputs
    logits = np.where(np.array(value_inputs.skip_forecasts) == 24, 100.0, 0.0)
    head = np.zeros(model.fitted_.ensemble.spec.output_size)
    head[: len(logits) * horizon] = np.repeat(logits, horizon)
    return set_weights(model, head__bias=head)


def test_a_forecast_of_lag_24_depends_on_lag_24():
    found = seasonal().lag_importance()
    assert found.top(1) == [(24, pytest.approx(1.0))]
    assert found.effective_lookback == 24
    assert found.text == "1 day"
    assert found.sentence() == (
        "90% of what moves the forecasts lies within the newest 1 day (looked for within 2 days); "
        "the value 1 day before counts most (100%)."
    )
    np.testing.assert_allclose(found.signed[0, 23], 1.0, rtol=1e-6)


def test_each_step_of_the_forecast_has_its_own_lags():
    found = seasonal(3).lag_importance(n_origins=7)
    assert found.absolute.argmax(axis=1).tolist() == [23, 22, 21]
    assert found.effective_lookbacks.tolist() == [24, 23, 22]
    assert found.n_origins == 7
    frame = found.to_frame()
    assert frame.loc[frame["absolute"].idxmax(), "lag"] in (22, 23, 24)


def test_a_learned_lag_is_found():
    # each value is that of 24 steps before, nearly
    rng, n = np.random.default_rng(0), 1500
    y = rng.normal(size=n)
    for t in range(24, n):
        y[t] = 0.98 * y[t - 24] + 0.2 * rng.normal()
    model = fitted(y, horizon=1, mode="windows", lookback=24, skip="none", hidden_size=24, n_layers=1, epochs=40,
                   batch_size=16, learning_rate=5e-3, validation_size=0)  # fmt: skip
    found = model.lag_importance()
    assert found.is_whole
    assert found.top(1)[0][0] == 24
    assert found.effective_lookback == 24


def test_forecasts_that_depend_on_nothing():
    found = set_weights(fitted(hourly(), skip="none")).lag_importance()
    assert found.effective_lookback == 0
    assert "do not depend" in found.sentence()
    assert not found.importance.any()


def test_importance_is_a_share():
    found = fitted(hourly(), mode="windows", bidirectional=True).lag_importance()
    assert found.importance.sum() == pytest.approx(1)
    assert found.lags[0] == 1
    assert found.absolute.shape == (2, len(found.lags))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_lags": 0}, "`n_lags`"),
        ({"n_origins": 1.5}, "`n_origins`"),
        ({"share": 1}, "`share`"),
        ({"member": 3}, "`member`"),
    ],
)
def test_options_that_make_no_sense(options, said):
    with pytest.raises(ConfigError, match=said):
        fitted(hourly()).lag_importance(**options)
