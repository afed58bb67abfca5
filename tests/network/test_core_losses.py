"""Are the losses what their formulas say, and the parameters of the forecasts what they should be?

Gradients through a whole network are in `test_core_gradients.py`; here are values by hand, edges and properties.
"""

import math

import numpy as np
import pytest
from core_problems import (
    LOSSES,
    assert_agrees_with_reference,
    assert_native_gradients,
    make_problem,
    native_gradients,
    reference_gradients,
)

from gatecast.network import inputs, wrapper
from gatecast.network.origins import digamma, loss_and_slopes
from gatecast.network.spec import NetworkSpec


def said_of(loss, raw, target, dtype=np.float64):
    """Loss, parameters and gradients of the raw outputs (P,), which are the head's biases."""
    spec = NetworkSpec.plain(1, (1,), 1)
    spec = NetworkSpec(1, spec.stack, 1, n_parameters_of_step=loss.n_parameters)
    flat = np.zeros(spec.n_parameters, dtype)
    spec.views(flat)["head.bias"][:] = raw
    trainer = wrapper.make_trainer(spec, flat, loss, wrapper.OptimizerSettings(), 1)
    x, y = np.zeros((1, 1, 1, 1), dtype), np.full((1, 1, 1, 1), target, dtype)
    value, predictions, gradient, _ = trainer.gradient(wrapper.array_source(x, y), False)
    return value, predictions.ravel(), spec.views(gradient)["head.bias"]


@pytest.mark.parametrize(
    ("loss", "error", "value"), [("mse", 3.0, 9.0), ("mae", -3.0, 3.0), ("huber", 3.0, 2.5), ("huber", 0.5, 0.125)]
)
def test_point_losses_by_hand(loss, error, value, each_isa):
    # Huber (1964) with delta 1: e**2 / 2 inside, |e| - 1/2 outside
    assert said_of(LOSSES[loss], [error + 2.0], 2.0)[0] == pytest.approx(value, rel=1e-14)


def squareplus(x):
    return (x + math.sqrt(x * x + 4)) / 2


@pytest.mark.parametrize("target", [-3.0, 0.4, 1.1, 9.0])
def test_quantile_loss_by_hand(target, each_isa):
    levels = (0.1, 0.5, 0.8)
    at = [0.5 - squareplus(-1.0), 0.5, 0.5 + squareplus(2.0)]
    value, parameters, _ = said_of(inputs.LossSettings("quantile", quantiles=levels), [-1.0, 0.5, 2.0], target)
    np.testing.assert_allclose(parameters, at, rtol=1e-14)
    # Koenker and Bassett (1978), twice, and the mean over the quantiles
    pinball = [2 * max(q * (target - p), (q - 1) * (target - p)) for q, p in zip(levels, at, strict=True)]
    assert value == pytest.approx(np.mean(pinball), rel=1e-14)


def test_median_loss_is_the_absolute_one():
    median = inputs.LossSettings("quantile", quantiles=(0.5,))
    for target in (-2.0, 0.7, 5.0):
        one, other = said_of(median, [0.3], target), said_of(LOSSES["mae"], [0.3], target)
        assert one[0] == pytest.approx(other[0], rel=1e-15)
        np.testing.assert_allclose(one[2], other[2], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1.0, 100.0, 1e4])
def test_quantiles_never_cross(scale, dtype, each_isa):
    rng = np.random.default_rng(0)
    for Q in (1, 2, 3, 9, 32):
        loss = inputs.LossSettings("quantile", quantiles=tuple(np.linspace(0.01, 0.99, Q)))
        spec = NetworkSpec(2, NetworkSpec.plain(1, (6,), 1).stack, 20, n_parameters_of_step=Q)
        flat = (rng.normal(size=spec.n_parameters) * scale).astype(dtype)
        trainer = wrapper.make_trainer(spec, flat, loss, wrapper.OptimizerSettings(), 1)
        x, y = rng.normal(size=(1, 9, 5, 2)).astype(dtype), np.full((1, 9, 5, 20), np.nan, dtype)
        predictions = trainer.gradient(wrapper.array_source(x, y), False)[1]
        assert np.isfinite(predictions).all()
        assert (np.diff(predictions, axis=2) >= 0).all()


def test_normal_loss_by_hand(each_isa):
    sigma = squareplus(-0.3) + 1e-3
    value, parameters, _ = said_of(LOSSES["normal"], [0.5, -0.3], 2.0)
    np.testing.assert_allclose(parameters, [0.5, sigma], rtol=1e-14)
    density = math.exp(-(((2.0 - 0.5) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
    assert value == pytest.approx(-math.log(density), rel=1e-13)


def student_density(z, nu):
    constant = math.gamma((nu + 1) / 2) / (math.sqrt(nu * math.pi) * math.gamma(nu / 2))
    return constant * (1 + z * z / nu) ** (-(nu + 1) / 2)


@pytest.mark.parametrize("tail", [-50.0, -1.0, 3.0, 60.0])
def test_student_loss_by_hand(tail, each_isa):
    sigma, nu = squareplus(0.4) + 1e-3, 2 + squareplus(tail)
    value, parameters, _ = said_of(LOSSES["student"], [0.5, 0.4, tail], 2.0)
    np.testing.assert_allclose(parameters, [0.5, sigma, nu], rtol=1e-12)
    assert parameters[2] > 2
    assert value == pytest.approx(-math.log(student_density((2.0 - 0.5) / sigma, nu) / sigma), rel=1e-12)


def test_student_with_many_degrees_of_freedom_is_normal(each_isa):
    # the two densities differ by terms of 1 / nu
    for tail in (1e4, 9.9e4, 1.1e5, 1e6):
        student, normal = said_of(LOSSES["student"], [0.5, 0.4, tail], 2.0), said_of(LOSSES["normal"], [0.5, 0.4], 2.0)
        assert student[0] == pytest.approx(normal[0], abs=2 / tail)
        assert student[2][:2] == pytest.approx(normal[2], abs=5 / tail)
    # where the series takes over from sums of log gamma, nothing jumps: d loss / d nu is about 1e-11 there
    below, above = (said_of(LOSSES["student"], [0.5, 0.4, 1e5 - 2 + side], 2.0) for side in (-0.01, 0.01))
    assert below[0] == pytest.approx(above[0], abs=2e-9)
    assert below[2][2] == pytest.approx(above[2][2], rel=1e-2, abs=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("raw", [-1e4, -300.0, -20.0, 0.0, 20.0, 1e4])
def test_spreads_are_exact_and_positive_for_any_output(raw, dtype, each_isa):
    parameters = said_of(LOSSES["student"], [0.0, raw, raw], 0.1, dtype)[1]
    # x + sqrt(x**2 + 4) below zero, without its difference of large numbers
    positive = 2 / (math.sqrt(raw * raw + 4) - raw) if raw < 0 else squareplus(raw)
    np.testing.assert_allclose(
        parameters[1:], [positive + 1e-3, positive + 2], rtol=1e-14 if dtype == np.float64 else 3e-7
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("H", [1, 5, 16, 17])
def test_loss_gradients_each_width(loss, H, each_isa):
    assert_native_gradients(make_problem((3,), B=3, T=2, H=H, loss=loss, seed=H))


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_in_single_precision(loss, each_isa):
    # float32 with its 6e-8, through 20 steps, logarithms and a division by the spread
    assert_agrees_with_reference(make_problem((17,), B=19, T=20, first=3, H=7, loss=loss), 2e-5, np.float32)


@pytest.mark.parametrize("loss", LOSSES)
def test_missing_targets_count_for_nothing(loss, each_isa):
    problem = make_problem((4,), B=3, T=4, loss=loss, ragged=False)
    problem.y[:, 1] = problem.y[0, 3] = np.nan
    actual, expected = native_gradients(problem), reference_gradients(problem)
    assert actual.loss == pytest.approx(expected.loss, rel=1e-13)
    # what was never asked for has no gradient: each target is on its own
    problem.y[:] = np.nan
    nothing = native_gradients(problem)
    assert nothing.loss == 0.0
    assert not nothing.weights.any()
    np.testing.assert_allclose(nothing.predictions, actual.predictions, rtol=0, atol=0)


def test_digamma_by_known_values():
    # Abramowitz and Stegun 6.3.2 and 6.3.3: -gamma, -gamma - 2 log 2, and 1 - gamma
    euler = 0.57721566490153286
    np.testing.assert_allclose(
        digamma(np.array([1.0, 0.5, 2.0])), [-euler, -euler - 2 * math.log(2), 1 - euler], rtol=1e-12
    )


def test_reference_loss_of_missing_targets_is_zero():
    at = np.ones((1, 3))
    values, slopes = loss_and_slopes(LOSSES["mse"], at, np.array([np.nan, 0.0, 3.0]))
    assert values.tolist() == [0.0, 1.0, 4.0]
    assert slopes.tolist() == [[0.0, 2.0, -4.0]]
