"""Are the likelihoods of counts those of their distributions? SciPy knows these, and differences know the slopes."""

import numpy as np
import pytest
from core_problems import Problem, assert_agrees_with_reference, assert_native_gradients, differences, problem_of
from scipy import stats

from gatecast.network import reference, wrapper
from gatecast.network.inputs import COUNT_LOSSES, LossSettings, PanelArrays, ValueInputs
from gatecast.network.losses import mean_loss
from gatecast.network.origins import loss_and_slopes
from gatecast.network.spec import LayerSpec, NetworkSpec

ALL = {"shuffle": False, "n_dropped": 0, "seed": 0}
LEAST, BEND, MOST_ZEROS = 1e-3, 10.0, 0.99


def squareplus(x):
    return (x + np.sqrt(x * x + 4)) / 2


def named(raw):
    """What raw outputs (P,) stand for, by the formulas of docs/design/network.md."""
    made = [squareplus(BEND * raw[0]) / BEND, squareplus(raw[1]) + LEAST if len(raw) > 1 else 0.0, 0.0]
    if len(raw) > 2:
        made[2] = MOST_ZEROS * (1 + raw[2] / np.sqrt(raw[2] ** 2 + 4)) / 2
    return made


def log_probability(loss, count, mean, dispersion, zeros):
    """By SciPy, of a mean in pieces."""
    if loss == "poisson":
        return stats.poisson.logpmf(count, mean)
    mu, r = mean / (1 - zeros), 1 / dispersion
    rest = np.log1p(-zeros) + stats.nbinom.logpmf(count, r, r / (r + mu))
    return rest if count else np.log(zeros + np.exp(rest))


def said_of(loss, raw, target, unit, dtype=np.float64):
    """Loss, parameters and gradient of the head's bias (P,) at the only target of a panel, scaled by `unit`."""
    settings = LossSettings(loss)
    spec = NetworkSpec(1, (LayerSpec("lstm", 1),), 1, n_parameters_of_step=len(raw))
    flat = np.zeros(spec.n_parameters, dtype)
    spec.views(flat)["head.bias"][:] = raw
    values = np.array([0.0, target / unit], dtype)
    panel = PanelArrays(values, values, np.array([0, 2]), np.array([unit]))
    trainer = wrapper.make_trainer(spec, flat, settings, wrapper.OptimizerSettings(), 1)
    source = wrapper.window_source(panel, ValueInputs(), lookback=1, horizon=1, batch_size=1, **ALL)
    value, predictions, gradient, _ = trainer.gradient(source, False)
    return value, predictions.ravel(), spec.views(gradient)["head.bias"]


RAWS = [(0.3, -0.4, 0.2), (-0.7, 3.0, -4.0), (4.0, -30.0, 5.0), (-20.0, -1.0, 0.0)]


@pytest.mark.parametrize("loss", COUNT_LOSSES)
@pytest.mark.parametrize("raw", RAWS)
def test_values_and_slopes_by_scipy(loss, raw, each_isa):
    raw = np.array(raw[: LossSettings(loss).n_parameters])
    for target, unit in [(0, 0.4), (1, 1.0), (3, 0.25), (7, 12.5), (250, 40.0)]:
        value, parameters, slopes = said_of(loss, raw, target, unit)
        mean, dispersion, zeros = named(raw)
        np.testing.assert_allclose(parameters, [mean, dispersion, zeros][: len(raw)], rtol=1e-12)

        def exact(target=target, unit=unit):
            mean, dispersion, zeros = named(raw)
            return -log_probability(loss, target, mean * unit, dispersion, zeros)

        # SciPy's own distribution has about 1e-11 for a dispersion of a thousandth
        assert value == pytest.approx(exact(), rel=1e-9, abs=1e-10)
        expected = differences(exact, raw, 1e-4)
        np.testing.assert_allclose(slopes, expected, rtol=2e-6, atol=2e-6 * np.abs(expected).max() + 1e-7)


@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_single_precision_counts_whole_pieces(loss, each_isa):
    raw = np.array([0.8, 0.1, -0.5][: LossSettings(loss).n_parameters])
    for target, unit in [(1, 0.3), (7, 3.3), (1234, 977.7)]:
        single, double = said_of(loss, raw, target, unit, np.float32), said_of(loss, raw, target, unit)
        # the mean has seven digits, and its logarithm counts `target` times
        assert single[0] == pytest.approx(double[0], rel=1e-4)
        np.testing.assert_allclose(single[2], double[2], rtol=1e-3, atol=1e-5 * unit)


@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_gradients_of_series_of_different_scales(loss, each_isa):
    rng = np.random.default_rng(1)
    units = np.array([0.3, 1.0, 55.0])
    counts = rng.poisson(np.repeat([0.5, 2.0, 90.0], 30)).astype(float)
    scaled = counts / np.repeat(units, 30)
    panel = PanelArrays(scaled, scaled, 30 * np.arange(4), units)
    value_inputs = ValueInputs((1,), (1, -4, 0))
    n_parameters = LossSettings(loss).n_parameters
    spec = NetworkSpec(3, (LayerSpec("lstm", 4),), 3, n_skip_forecasts=3, n_parameters_of_step=n_parameters)
    flat = rng.normal(size=spec.n_parameters) * 0.4
    places = [(s, start) for s in range(3) for start in (2, 17)]
    batch = reference.batch_of(panel, value_inputs, places, 8, 5, 3)
    problem = Problem(spec, flat, batch, LossSettings(loss), panel, segments_of)
    assert_native_gradients(problem, step=4e-4)


def segments_of(panel):
    return wrapper.segment_source(panel, ValueInputs((1,), (1, -4, 0)), burn_in=4, n_targets=3, batch_size=5, seed=2)


@pytest.mark.parametrize("loss", COUNT_LOSSES)
def test_core_agrees_through_layers_and_widths(loss, each_isa):
    stack = (LayerSpec("lstm", 5), LayerSpec("gru", 4))
    for H in (1, 17):
        spec = NetworkSpec(2, stack, H, n_parameters_of_step=LossSettings(loss).n_parameters)
        problem = problem_of(spec, loss, seed=H)
        assert_agrees_with_reference(problem, 1e-11)
        assert_native_gradients(problem, step=4e-4)


def test_mean_loss_of_rows_is_that_of_their_pieces():
    loss = LossSettings("negative-binomial")
    parameters = np.array([[[0.5, 1.5], [0.7, 0.2]], [[2.0, 1.0], [0.1, 0.4]]])
    counts, units = np.array([[2.0, np.nan], [9.0, 4.0]]), np.array([[2.0], [4.5]])
    found = mean_loss(loss, parameters, counts / units, units=units)
    known = [(2, 1.0, 0.7), (9, 9.0, 0.1), (4, 4.5, 0.4)]
    assert found == pytest.approx(-np.mean([log_probability("", y, m, a, 0.0) for y, m, a in known]), rel=1e-12)


def test_many_zeros_beside_none_change_nothing():
    # a share of zeros near 0 leaves the negative binomial distribution
    at, y = np.array([[1.7, 4.0], [0.4, 0.9], [1e-13, 1e-13]]), np.array([3.0, 0.0])
    inflated, slopes = loss_and_slopes(LossSettings("zero-inflated"), at, y)
    plain, without = loss_and_slopes(LossSettings("negative-binomial"), at[:2], y)
    np.testing.assert_allclose(inflated, plain, rtol=1e-11)
    np.testing.assert_allclose(slopes[:2], without, rtol=1e-10)
