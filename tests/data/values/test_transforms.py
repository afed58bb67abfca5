"""Do transforms find what SciPy finds, and do forecasts come back to what they were?"""

import numpy as np
import pytest

from gatecast.data.panel.arrays import BLOCK
from gatecast.data.values.boxcox import BoxCoxRows, fit_box_cox
from gatecast.data.values.transforms import (
    TRANSFORMS,
    Log1p,
    SeasonalDifference,
    fit_transform_named,
    transform_from_arrays,
)
from gatecast.exceptions import ConfigError, DataError

RNG = np.random.default_rng(0)
NAMES = list(TRANSFORMS)


def panel(parts):
    return np.concatenate(parts), np.concatenate(([0], np.cumsum([len(p) for p in parts]))).astype(np.int64)


def gamma_parts(n_series=20):
    shapes = RNG.uniform(0.5, 10, n_series)
    return [RNG.gamma(k, size=int(RNG.integers(30, 90))) * 10 ** RNG.uniform(-3, 6) for k in shapes]


def test_names_are_these():
    assert NAMES == ["none", "log1p", "box-cox", "difference", "seasonal-difference", "fourth-root"]


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(ConfigError, match=r"'fourth-root', got 'boxcox'. Did you mean `transform='box-cox'`"):
        fit_transform_named("boxcox", np.ones(3), np.array([0, 3]))


@pytest.mark.parametrize("name", NAMES)
def test_forecasts_that_are_the_truth_come_back_as_the_truth(name):
    parts = gamma_parts(8)
    values, offsets = panel(parts)
    transform = fit_transform_named(name, values, offsets, 7)
    origins = offsets[1:] - 11
    horizon = 10
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    forecasts = transform.forward(values, offsets)[ahead]
    restored = transform.inverse(forecasts, transform.anchors(values, offsets, origins))
    # a few roundings of numbers of the size of the series
    np.testing.assert_allclose(restored, values[ahead], rtol=1e-9, atol=1e-9 * np.abs(values[ahead]).max())


@pytest.mark.parametrize("name", NAMES)
def test_paths_come_back_one_by_one(name):
    values, offsets = panel(gamma_parts(3))
    transform = fit_transform_named(name, values, offsets, 4)
    anchors = transform.anchors(values, offsets)
    paths = RNG.normal(size=(3, 9, 5)) / 10
    together = transform.inverse(paths, anchors)
    single = np.stack([transform.inverse(paths[:, :, q], anchors) for q in range(5)], axis=2)
    np.testing.assert_array_equal(together, single)


@pytest.mark.parametrize("name", NAMES)
def test_stored_and_loaded_transform_is_the_same(name):
    values, offsets = panel(gamma_parts(4))
    transform = fit_transform_named(name, values, offsets, 7)
    loaded = transform_from_arrays(transform.name, transform.to_arrays())
    np.testing.assert_array_equal(loaded.forward(values, offsets), transform.forward(values, offsets))


@pytest.mark.parametrize("name", NAMES)
def test_missing_values_stay_missing(name):
    values, offsets = panel(gamma_parts(4))
    values[[5, 17, offsets[2] + 20]] = np.nan
    transformed = fit_transform_named(name, values, offsets, 3).forward(values, offsets)
    assert np.isnan(transformed[[5, 17, offsets[2] + 20]]).all()
    lag = {"difference": 1, "seasonal-difference": 3}.get(name, 0)
    position = np.arange(len(values)) - np.repeat(offsets[:-1], np.diff(offsets))
    np.testing.assert_array_equal(np.isnan(transformed), np.isnan(values) | (position < lag))


def test_rows_take_series():
    parts = gamma_parts(5)
    transform = fit_transform_named("box-cox", *panel(parts))
    some = transform.rows(np.array([3, 1]))
    expected = [transform.forward(*panel(parts))[slice(*panel(parts)[1][s : s + 2])] for s in (3, 1)]
    np.testing.assert_array_equal(some.forward(*panel([parts[3], parts[1]])), np.concatenate(expected))
    forecasts = RNG.normal(size=(2, 3))
    np.testing.assert_array_equal(some.inverse(forecasts), transform.inverse(forecasts, series=np.array([3, 1])))


def test_log1p_names_series_and_value():
    with pytest.raises(DataError, match=r"above -1, got -2.0 in series number 1 \(point 1, both.*transform=\"none\""):
        fit_transform_named("log1p", np.array([1.0, 2.0, 3.0, -2.0]), np.array([0, 2, 4]))


def test_log1p_reads_later_values_that_are_too_low_as_the_lowest():
    """As low as 0, or as the smallest training value where that is below 0."""
    for training, lowest in (([3.0, np.nan, 1.0], 0.0), ([3.0, -0.5], -0.5)):
        transform = fit_transform_named("log1p", np.array(training), np.array([0, len(training)]))
        later = np.array([-7.0, -1.0, -0.7, np.nan, 2.0])
        expected = np.log1p([lowest, lowest, lowest, np.nan, 2.0])
        np.testing.assert_array_equal(transform.forward(later, np.array([0, 5])), expected)


def test_log1p_of_huge_forecasts_is_a_number():
    restored = Log1p().inverse(np.array([[1e6, -1e6, 0.0]]))
    assert np.isfinite(restored).all()
    np.testing.assert_array_equal(restored[0, 1:], [-1.0, 0.0])


def test_box_cox_power_is_the_one_scipy_finds():
    stats = pytest.importorskip("scipy.stats")
    parts = gamma_parts(40)
    rows = fit_box_cox(*panel(parts))
    expected = [np.clip(stats.boxcox_normmax(part, method="mle"), -1, 2) for part in parts]
    # the search ends when the power is known to 0.0014
    np.testing.assert_allclose(rows.power, expected, atol=0.0014)
    for s, part in enumerate(parts):
        unit = np.exp(np.log(part).mean())
        ours = rows.take(np.full(len(part), s)).forward(part)
        np.testing.assert_allclose(ours, stats.boxcox(part / unit, lmbda=rows.power[s]), rtol=1e-9, atol=1e-12)


def test_box_cox_does_not_depend_on_other_series_or_blocks():
    parts = [*gamma_parts(3), RNG.lognormal(size=BLOCK + 10), *gamma_parts(3)]
    together = fit_box_cox(*panel(parts))
    alone = [fit_box_cox(*panel([part])) for part in parts]
    for name in vars(together):
        np.testing.assert_allclose(getattr(together, name), [getattr(one, name)[0] for one in alone], rtol=1e-12)


def test_box_cox_learns_from_what_is_seen():
    part = RNG.lognormal(size=50)
    with_gaps = np.insert(part, [0, 10, 10, 50], np.nan)
    for name, array in vars(fit_box_cox(*panel([part]))).items():
        np.testing.assert_array_equal(getattr(fit_box_cox(*panel([with_gaps])), name), array)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [4.0, 4.0, 4.0, 4.0], [0.0, 0.0, 0.0], [-1.0, 3.0], [-5.0]])
def test_box_cox_leaves_series_that_teach_nothing(values):
    values, offsets = panel([np.array(values), np.array([1.0, 2.0, 9.0])])
    transform = fit_transform_named("box-cox", values, offsets)
    np.testing.assert_array_equal(transform.forward(values, offsets)[:-3], values[:-3])
    np.testing.assert_array_equal(transform.inverse(np.array([[-7.0], [0.0]]))[0], [-7.0])


def test_box_cox_shifts_counts_with_zeros():
    counts = RNG.poisson(1.0, 200).astype(float)
    values, offsets = panel([counts, counts - 50])
    transform = fit_transform_named("box-cox", values, offsets)
    assert transform.to_arrays()["shift"][0] == pytest.approx(counts.mean() / 10)
    forward = transform.forward(values, offsets)
    # the same shape at another level has the same power
    np.testing.assert_allclose(forward[:200], forward[200:], rtol=1e-9)
    np.testing.assert_allclose(
        transform.inverse(forward[:, None], series=np.repeat([0, 1], 200))[:, 0], values, atol=1e-9
    )


def test_box_cox_outside_its_domain_is_the_limit():
    rows = BoxCoxRows(
        np.array([0.5, -0.5, 0.0]), np.array([0.0, 1.0, 0.0]), np.full(3, 2.0), np.full(3, 0.1), np.full(3, 100.0)
    )
    restored = rows.inverse(np.array([[-5.0, 1e308], [-1e308, 5.0], [-1e308, 1e308]]))
    np.testing.assert_allclose(restored, [[0.0, 200.0], [-1.0, 199.0], [0.0, 200.0]], rtol=1e-12, atol=1e-12)


def test_box_cox_reads_values_that_have_no_power_as_the_floor():
    part = np.array([1.0, 2.0, 4.0, 9.0, 3.0])
    transform = fit_transform_named("box-cox", *panel([part]))
    low = transform.forward(np.array([-3.0, 0.0, 0.1, 0.05]), np.array([0, 4]))
    np.testing.assert_array_equal(low, np.full(4, low[0]))
    np.testing.assert_allclose(transform.inverse(low[None])[0], 0.1, rtol=1e-9)


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_box_cox_of_extreme_sizes(size):
    part = RNG.lognormal(size=30)
    plain = fit_transform_named("box-cox", *panel([part]))
    extreme = fit_transform_named("box-cox", *panel([part * size]))
    np.testing.assert_allclose(
        extreme.forward(part * size, np.array([0, 30])), plain.forward(part, np.array([0, 30])), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("lag", [1, 3])
def test_differences_carry_the_last_known_value_of_the_phase(lag):
    parts = [RNG.normal(size=13), RNG.normal(size=2), RNG.normal(size=8)]
    parts[0][[4, 7, 8]] = np.nan
    parts[2][[0, 1, 3]] = np.nan
    transform = SeasonalDifference(lag)
    result = transform.forward(*panel(parts))
    expected = np.concatenate([slow_differences(part, lag) for part in parts])
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def slow_fill(part, lag):
    filled = part.copy()
    for t in range(len(part)):
        if np.isnan(filled[t]) and t >= lag:
            filled[t] = filled[t - lag] if not np.isnan(by_phase(part, t, lag)) else np.nan
        if np.isnan(filled[t]):
            seen = part[: t + 1][~np.isnan(part[: t + 1])]
            filled[t] = seen[-1] if len(seen) else np.nan
    return filled


def by_phase(part, t, lag):
    seen = [part[i] for i in range(t % lag, t + 1, lag) if not np.isnan(part[i])]
    return seen[-1] if seen else np.nan


def slow_differences(part, lag):
    result = np.full(len(part), np.nan)
    for t in range(lag, len(part)):
        known = by_phase(part, t - lag, lag)
        if np.isnan(known):
            known = slow_fill(part, 1)[t - lag]
        result[t] = part[t] - known
    return result


def test_anchors_of_a_young_series_are_its_newest_value():
    transform = SeasonalDifference(4)
    values, offsets = panel([np.array([9.0, 9.0]), np.array([1.0, 2.0, np.nan])])
    np.testing.assert_array_equal(transform.anchors(values, offsets), [[9, 9, 9, 9], [2, 1, 2, 2]])


def test_difference_asks_for_anchors():
    transform = fit_transform_named("difference", np.ones(3), np.array([0, 3]))
    with pytest.raises(ConfigError, match=r"shape \(1, 1\), got None. Pass `anchors=transform.anchors"):
        transform.inverse(np.ones((1, 2)))


def test_seasonal_difference_needs_a_season():
    with pytest.raises(ConfigError, match="at least 2 steps, got season_length=1"):
        fit_transform_named("seasonal-difference", np.ones(3), np.array([0, 3]))


@pytest.mark.parametrize("seed", range(10))
def test_values_of_600_orders_of_magnitude_have_a_power(seed):
    rng = np.random.default_rng(seed)
    # the more of them are huge, the farther below the middle is the least one
    y = 10.0 ** np.append(rng.uniform(200, 300, 60), -300.0 - seed)
    learned = fit_box_cox(y, np.array([0, len(y)]))
    bent = learned.forward(y[None])
    assert np.isfinite(bent).all()
    assert np.isfinite(learned.inverse(bent)).all()
