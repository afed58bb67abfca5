"""Does scaling learn what scikit-learn's scalers learn, and survive constants, gaps and huge numbers?"""

import numpy as np
import pytest

from gatecast.data import fit_scaling
from gatecast.exceptions import ConfigError

OFFSETS = np.array([0, 5, 9])
VALUES = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 10.0, 30.0, 20.0, 60.0])


def test_minmax_maps_to_unit_interval():
    scaled = fit_scaling(VALUES, OFFSETS, "minmax").transform(VALUES, OFFSETS)
    expected = np.concatenate([(x - x.min()) / (x.max() - x.min()) for x in (VALUES[:5], VALUES[5:])])
    np.testing.assert_allclose(scaled, expected, rtol=1e-15)


def test_standard_is_population_deviation():
    scaling = fit_scaling(VALUES, OFFSETS, "standard")
    # scikit-learn's StandardScaler divides by n, as np.std does; one ulp for the other order of sums.
    np.testing.assert_allclose(scaling.center, [VALUES[:5].mean(), VALUES[5:].mean()], rtol=1e-15)
    np.testing.assert_allclose(scaling.scale, [VALUES[:5].std(), VALUES[5:].std()], rtol=1e-14)


def test_none_changes_nothing():
    np.testing.assert_array_equal(fit_scaling(VALUES, OFFSETS, "none").transform(VALUES, OFFSETS), VALUES)


@pytest.mark.parametrize("kind", ["minmax", "standard", "mean", "none"])
@pytest.mark.parametrize("offsets", [OFFSETS, np.array([0, 9])])
def test_inverse_undoes_transform(kind, offsets):
    scaling = fit_scaling(VALUES, offsets, kind)
    restored = scaling.inverse(scaling.transform(VALUES, offsets), offsets)
    np.testing.assert_allclose(restored, VALUES, rtol=1e-14)
    many = np.stack([VALUES, 2 * VALUES], axis=1)
    np.testing.assert_allclose(scaling.inverse(scaling.transform(many, offsets), offsets), many, rtol=1e-14)


@pytest.mark.parametrize("kind", ["minmax", "standard", "mean"])
@pytest.mark.parametrize("level", [0.0, 0.1, -7.3, 1e30, -1e300])
def test_constant_series_gets_scale_one(kind, level):
    values = np.full(1000, level)
    scaling = fit_scaling(values, np.array([0, 1000]), kind)
    assert scaling.scale[0] == 1.0
    assert not scaling.transform(values, np.array([0, 1000])).any()


@pytest.mark.parametrize("kind", ["minmax", "standard", "mean"])
@pytest.mark.parametrize("size", [1e30, 1e-30, 1e200])
def test_extreme_sizes_neither_overflow_nor_vanish(kind, size):
    values = np.array([-1.0, 0.5, 1.0]) * size
    scaled = fit_scaling(values, np.array([0, 3]), kind).transform(values, np.array([0, 3]))
    plain = fit_scaling(values / size, np.array([0, 3]), kind).transform(values / size, np.array([0, 3]))
    np.testing.assert_allclose(scaled, plain, rtol=1e-12, atol=1e-12)


def test_gaps_are_skipped_and_stay():
    values = np.array([1.0, np.nan, 3.0, np.nan, np.nan])
    scaling = fit_scaling(values, np.array([0, 3, 5]), "minmax")
    np.testing.assert_array_equal(scaling.center, [1.0, 0.0])
    np.testing.assert_array_equal(scaling.scale, [2.0, 1.0])
    np.testing.assert_array_equal(scaling.transform(values, np.array([0, 3, 5])), [0, np.nan, 1, np.nan, np.nan])


def test_mean_size_is_one_and_zero_stays_zero():
    values, offsets = np.array([0.0, 3.0, np.nan, 6.0, -2.0, 2.0, 5.0, 5.0]), np.array([0, 4, 6, 8])
    scaling = fit_scaling(values, offsets, "mean")
    # by hand: (0 + 3 + 6) / 3 and (2 + 2) / 2; a series that never changed is its value
    np.testing.assert_allclose(scaling.scale, [3.0, 2.0, 1.0], rtol=1e-15)
    np.testing.assert_array_equal(scaling.center, [0.0, 0.0, 5.0])


def test_float32_is_scaled_in_float64():
    assert fit_scaling(VALUES, OFFSETS).transform(VALUES.astype(np.float32), OFFSETS).dtype == np.float64


def test_unknown_kind_names_the_known():
    with pytest.raises(ConfigError, match=r"season, standard, minmax, mean, none, got 'robust'"):
        fit_scaling(VALUES, OFFSETS, "robust")
